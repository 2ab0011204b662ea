//! The times of the stamps that the log's own files begin with.

use crate::parse::frame::asctime::{self, Written};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::two_digits;

/// Computes the time of stamps. The start of the minute is cached, because a look into the time zone for each line
/// would cost more than parsing it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stamps {
    minute: [u8; 16],
    /// When it begins, in seconds since 1970; `None` if nothing is cached.
    start: Option<i64>,
}

impl Stamps {
    /// The time of a stamp; `None` if it is not valid.
    pub(super) fn time(
        &mut self,
        headers: &mut HeaderParser,
        written: Written<'_>,
    ) -> Option<Stamp> {
        let second = two_digits(written.second).filter(|&it| it <= 60)?;
        let mut minute = [0; 16];
        minute[..4].copy_from_slice(&written.year);
        minute
            .get_mut(4..4 + written.minute.len())?
            .copy_from_slice(written.minute);
        if self.start.is_none() || minute != self.minute {
            self.start = Some(headers.local(asctime::minute(written)?)?.seconds);
            self.minute = minute;
        }
        Some(Stamp {
            seconds: self.start? + i64::from(second),
            nanos: 0,
        })
    }
}
