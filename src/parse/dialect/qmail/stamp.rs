//! Time stamps before the lines of qmail's programs: TAI64N (multilog), seconds and microseconds since 1970 (splogger,
//! and qmail-send's own log of old versions), local time (tai64nlocal), or none.

use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::tai64;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{number, position};

/// The text after the stamp of any form, without reading the time; `None` if the line cannot be of qmail.
pub(super) fn text(line: &[u8]) -> Option<&[u8]> {
    match line.first()? {
        b'@' => tai64::stamp(line).map(|(_, text)| text),
        b'0'..=b'9' => match line {
            [_, _, _, _, b'-', _, _, b'-', _, _, b' ', clock @ ..] => {
                let end = position(clock, b' ')?;
                Some(&clock[end + 1..])
            }
            [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b'_', clock @ ..] => {
                let end = position(clock, b' ')?;
                Some(&clock[end + 1..])
            }
            _ => after_epoch(line).or(Some(line)),
        },
        b'A'..=b'Z' | b'a'..=b'z' => Some(line),
        _ => None,
    }
}

/// The time of a line, and the text after it.
pub(super) fn split<'a>(headers: &mut HeaderParser, line: &'a [u8]) -> (Option<Stamp>, &'a [u8]) {
    if let Some((time, text)) = tai64::stamp(line) {
        return (Some(time), text);
    }
    if let Some(text) = after_epoch(line)
        && let Some((seconds, rest)) = number(line)
        && let Ok(seconds) = i64::try_from(seconds)
        && seconds < 1 << 36
    {
        let micros = rest
            .get(1..7)
            .and_then(number)
            .map_or(0, |(value, _)| value);
        let nanos = micros.min(999_999) as u32 * 1000;
        return (Some(Stamp { seconds, nanos }), text);
    }
    headers.dated_or_none(line)
}

/// The text after `1157520813.485077 `. After a `+` instead of the space, which is kept, the line before continues.
pub(super) fn after_epoch(text: &[u8]) -> Option<&[u8]> {
    let (_, rest) = number(text)?;
    let (micros, rest) = rest.strip_prefix(b".")?.split_first_chunk::<6>()?;
    if !micros.iter().all(u8::is_ascii_digit) {
        return None;
    }
    match rest {
        [b' ', text @ ..] => Some(text),
        [b'+', ..] => Some(rest),
        _ => None,
    }
}
