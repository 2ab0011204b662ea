//! The files of Kiwi Syslog Server: `2026-11-23 10:00:00`, `Mail.Info`, the sender's address and its message, separated by
//! tabs. The message usually has a header of its own.

use crate::parse::frame::form;
use crate::parse::frame::timestamp::{self, Clock};
use crate::parse::kinds::Stamp;
use crate::parse::scan;

/// The parts of a line.
pub(super) struct Kiwi<'a> {
    /// When Kiwi received the message.
    pub time: Option<Stamp>,
    /// The address that it came from.
    pub host: &'a [u8],
    pub message: &'a [u8],
}

/// Splits a line; `None` if it has another form.
pub(super) fn split<'a>(clock: &mut Clock, line: &'a [u8]) -> Option<Kiwi<'a>> {
    let rest = form::strip(line, b"0000-00-00 00:00:00\t")?;
    let (priority, rest) = scan::split(rest, b'\t')?;
    let (host, message) = scan::split(rest, b'\t')?;
    let (facility, severity) = scan::split(priority, b'.')?;
    let is_word = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_alphanumeric);
    if !is_word(facility) || !is_word(severity) {
        return None;
    }
    let date = timestamp::date_time(&line[..10], &line[11..19]);
    Some(Kiwi {
        time: date.and_then(|date| clock.local(date)),
        host,
        message,
    })
}
