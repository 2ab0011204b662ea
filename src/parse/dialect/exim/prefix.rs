//! Splits the prefix of a record from its text: Exim's own time stamp (in syslog too, unless `syslog_timestamp` is
//! off), the process id (`+pid`), the number of a part of a long syslog record, and the message id.

use crate::parse::scan::{number, position};
use crate::simd::{bitmask, digits, range};

/// The text of a record, and the id of its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// Empty if the record has none.
    pub id: &'a [u8],
    pub text: &'a [u8],
}

impl<'a> Message<'a> {
    /// Splits a record. `framed` is whether a syslog header or a time stamp precedes it. `None` for a line that
    /// continues the record before it.
    #[inline]
    pub(super) fn of(body: &'a [u8], framed: bool) -> Option<Self> {
        // The usual form; an id begins as neither a stamp nor the number of a part does.
        if let Some((id, text)) = split_id(body) {
            return Some(Message { id, text });
        }
        let (is_first, body) = after_part(body);
        if !is_first {
            return None;
        }
        let text = match after_stamp(body) {
            Some(text) => text,
            None if framed || split_id(body).is_some() => body,
            None => return None,
        };
        let text = after_pid(text);
        let (id, text) = split_id(text).unwrap_or((b"", text));
        Some(Message { id, text })
    }
}

/// The text after the number of a part of a long record, and whether it is the first part: `[2/3] `, or `[1\12] ` where
/// the record continues after a newline.
fn after_part(body: &[u8]) -> (bool, &[u8]) {
    let parsed = || {
        let (part, rest) = number(body.strip_prefix(b"[")?)?;
        let [b'/' | b'\\', rest @ ..] = rest else {
            return None;
        };
        let (_, rest) = number(rest)?;
        let rest = rest.strip_prefix(b"]")?;
        Some((part == 1, rest.strip_prefix(b" ").unwrap_or(rest)))
    };
    parsed().unwrap_or((true, body))
}

/// The text after `2026-11-23 15:17:00 `, optionally with a fraction and an offset; `None` without such a stamp.
#[inline]
pub(super) fn after_stamp(line: &[u8]) -> Option<&[u8]> {
    let (stamp, rest) = line.split_first_chunk::<19>()?;
    let separators = [stamp[4], stamp[7], stamp[10], stamp[13], stamp[16]];
    if separators != *b"-- ::" || !(stamp[0].is_ascii_digit() & stamp[18].is_ascii_digit()) {
        return None;
    }
    let rest = match rest {
        [b'.', digits @ ..] => number(digits)?.1,
        _ => rest,
    };
    let rest = rest.strip_prefix(b" ")?;
    match rest {
        [b'+' | b'-', a, b, c, d, b' ', after @ ..]
            if [a, b, c, d].into_iter().all(u8::is_ascii_digit) =>
        {
            Some(after)
        }
        _ => Some(rest),
    }
}

/// The text after the process id `[1234] `, if there is one.
#[inline]
pub(super) fn after_pid(text: &[u8]) -> &[u8] {
    let parsed = || {
        let (_, rest) = number(text.strip_prefix(b"[")?)?;
        rest.strip_prefix(b"] ")
    };
    parsed().unwrap_or(text)
}

/// Splits a message id from the text after it: `1abcDE-0001Fg-2H `, or since 4.97 `1abcDE-000000001Fg-2Hij `.
#[inline]
pub(super) fn split_id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.get(6) != Some(&b'-') {
        return None;
    }
    let ends_at = |end: usize| text.len() >= end && matches!(text.get(end), None | Some(b' '));
    let head = text.first_chunk()?;
    let end = if ends_at(16) {
        let dashes = 1 << 6 | 1 << 13;
        (text[13] == b'-' && alphanumeric(head) | dashes == 0xffff).then_some(16)
    } else if ends_at(23) {
        let tail = text[7..].first_chunk()?;
        let fits = alphanumeric(head) | 1 << 6 == 0xffff && alphanumeric(tail) | 1 << 11 == 0xffff;
        (text[18] == b'-' && fits).then_some(23)
    } else {
        None
    }?;
    Some((&text[..end], text.get(end + 1..).unwrap_or_default()))
}

/// One bit for each byte that is a letter or a digit.
#[inline]
fn alphanumeric(bytes: &[u8; 16]) -> u64 {
    bitmask(bytes, |bytes| {
        digits(bytes) | range(bytes, b'a', b'z') | range(bytes, b'A', b'Z')
    })
}

/// Splits at the first `: `, or before a colon at the end.
pub(super) fn split_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + position(text.get(from..)?, b':')?;
        match text.get(at + 1) {
            None => return Some((&text[..at], b"")),
            Some(b' ') => return Some((&text[..at], &text[at + 2..])),
            Some(_) => from = at + 1,
        }
    }
}
