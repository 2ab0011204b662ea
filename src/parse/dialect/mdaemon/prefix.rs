//! What precedes the text of a line: the time, `Mon 2026-11-23 10:00:00: ` or `Mon 2026-11-23 10:00:00.123: `, the number
//! of a color, `05: `, and the number of the session, `[1234:2] `.

use jiff::civil::DateTime;

use crate::parse::dialect::api::Confidence;
use crate::parse::scan::{find, split};

/// The time at the beginning of a line, and the rest after it.
pub(super) fn stamp(line: &[u8]) -> Option<(DateTime, &[u8])> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let (stamp, rest) = after_weekday(line)?.split_first_chunk::<19>()?;
    if stamp[4] != b'-' || stamp[10] != b' ' || stamp[13] != b':' {
        return None;
    }
    let date = std::str::from_utf8(stamp).ok()?.parse().ok()?;
    let rest = match rest {
        [b'.', a, b, c, rest @ ..] if [a, b, c].iter().all(|it| it.is_ascii_digit()) => rest,
        _ => rest,
    };
    let rest = rest.strip_prefix(b":")?;
    Some((date, rest.strip_prefix(b" ").unwrap_or(rest)))
}

/// The line after `Mon `, if it has a day.
fn after_weekday(line: &[u8]) -> Option<&[u8]> {
    const DAYS: [&[u8; 4]; 7] = [
        b"Mon ", b"Tue ", b"Wed ", b"Thu ", b"Fri ", b"Sat ", b"Sun ",
    ];
    match line.split_first_chunk::<4>()? {
        (day, rest) if DAYS.contains(&day) => Some(rest),
        (digits, _) if digits.iter().all(u8::is_ascii_digit) => Some(line),
        _ => None,
    }
}

/// The number of the session, empty if there is none, and the text.
pub(super) fn session(text: &[u8]) -> (&[u8], &[u8]) {
    let text = match text {
        [a, b, b':', b' ', rest @ ..] if a.is_ascii_digit() && b.is_ascii_digit() => rest,
        _ => text,
    };
    if let Some(rest) = text.strip_prefix(b"[")
        && let Some((number, rest)) = split(rest, b']')
        && number.len() <= 20
        && number.iter().all(|it| it.is_ascii_digit() || *it == b':')
    {
        return (number, rest.strip_prefix(b" ").unwrap_or(rest));
    }
    (b"", text)
}

/// What a log begins with.
const START: &[u8] = b"START Event Log / MDaemon";

/// Whether a line is of the heading of a log, a separator, or empty:
///
/// ```text
/// START Event Log / MDaemon PRO v24.0.0, SMTP (in) log information
/// ----------------------------------------------------------------
/// Event Time/Date             Event Description
/// ```
pub(super) fn is_heading(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    line.is_empty()
        || line.starts_with(b"--")
        || line.starts_with(START)
        || line.starts_with(b"END Event Log")
        || line.starts_with(b"Event Time/Date ")
}

/// How certain it is that MDaemon wrote a line.
pub(super) fn probe(line: &[u8]) -> Confidence {
    if is_heading(line) && find(line, START).is_some() {
        return Confidence::Certain;
    }
    let Some((_, rest)) = stamp(line) else {
        return Confidence::No;
    };
    let has_day = line.first().is_some_and(u8::is_ascii_uppercase);
    let has_color = matches!(rest, [b'0'..=b'9', b'0'..=b'9', b':', b' ', ..]);
    let (number, text) = session(rest);
    let is_dialog = text.starts_with(b"--> ") || text.starts_with(b"<-- ");
    match has_day || has_color || is_dialog || !number.is_empty() {
        true => Confidence::Certain,
        false => Confidence::Possible,
    }
}
