//! The time stamp of the log's own files: `Mon Nov 23 10:00:00 2026 `.

use jiff::civil::DateTime;

use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::two_digits;

/// The parts of a stamp: month, day of one or two digits, hour and minute (`Nov 23 10:00`), seconds, and year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written<'a> {
    minute: &'a [u8],
    second: [u8; 2],
    year: [u8; 4],
}

/// Splits the stamp from the text; `None` if the line has none.
#[inline]
pub(super) fn split(line: &[u8]) -> Option<(Written<'_>, &[u8])> {
    let (&[a, b, c, b' '], rest) = line.split_first_chunk()? else {
        return None;
    };
    if !matches!(
        &[a, b, c],
        b"Mon" | b"Tue" | b"Wed" | b"Thu" | b"Fri" | b"Sat" | b"Sun"
    ) {
        return None;
    }
    // Copies of logs have lost the second space before a day of one digit.
    let day_end = match rest.get(4..7)? {
        [_, b' ', _] => 5,
        [_, _, b' '] => 6,
        _ => return None,
    };
    let (minute, after) = rest.split_at_checked(day_end + 6)?;
    let (&[b':', s1, s2, b' ', y1, y2, y3, y4, b' '], text) = after.split_first_chunk()? else {
        return None;
    };
    let written = Written {
        minute,
        second: [s1, s2],
        year: [y1, y2, y3, y4],
    };
    Some((written, text))
}

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
            self.start = Some(headers.local(date(written)?)?.seconds);
            self.minute = minute;
        }
        Some(Stamp {
            seconds: self.start? + i64::from(second),
            nanos: 0,
        })
    }
}

/// The beginning of the minute.
fn date(written: Written<'_>) -> Option<DateTime> {
    const MONTHS: [&[u8]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let [y1, y2, y3, y4] = written.year;
    let year = i16::from(two_digits([y1, y2])?) * 100 + i16::from(two_digits([y3, y4])?);
    let (name, rest) = written.minute.split_at_checked(3)?;
    let month = MONTHS.iter().position(|it| *it == name)? as i8 + 1;
    let (day, hour, minute) = match *rest {
        [b' ', b' ', d, b' ', h1, h2, b':', m1, m2] | [b' ', d, b' ', h1, h2, b':', m1, m2] => {
            (two_digits([b'0', d])?, [h1, h2], [m1, m2])
        }
        [b' ', d1, d2, b' ', h1, h2, b':', m1, m2] => (two_digits([d1, d2])?, [h1, h2], [m1, m2]),
        _ => return None,
    };
    let (hour, minute) = (two_digits(hour)?, two_digits(minute)?);
    DateTime::new(year, month, day as i8, hour as i8, minute as i8, 0, 0).ok()
}
