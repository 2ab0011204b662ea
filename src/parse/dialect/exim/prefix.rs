//! What stands before the text of a record: Exim's own time stamp (in syslog too, unless `syslog_timestamp`
//! is off), the process id (`+pid`), the mark of a part of a long syslog record, and the message id.

use crate::parse::scan::{number, position2};

/// A record's text, and the message it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message<'a> {
    /// Empty if the record is about no message.
    pub id: &'a [u8],
    pub text: &'a [u8],
}

impl<'a> Message<'a> {
    /// Takes a record apart. `framed` is whether something has told that a record begins here. `None` for
    /// lines that belong to the record before them.
    #[inline]
    pub(super) fn of(body: &'a [u8], framed: bool) -> Option<Self> {
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

/// Takes off `[2/3] ` or `[1\12] `, and tells whether a record begins here: the parts of a long record are
/// numbered, with a backslash where the split is at a newline or is not the last.
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

/// What follows `2026-11-23 15:17:00 `, also with a fraction and an offset.
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

/// What follows `[1234] `.
#[inline]
pub(super) fn after_pid(text: &[u8]) -> &[u8] {
    let parsed = || {
        let (_, rest) = number(text.strip_prefix(b"[")?)?;
        rest.strip_prefix(b"] ")
    };
    parsed().unwrap_or(text)
}

/// Splits a message id off: `1abcDE-0001Fg-2H `, or since 4.97 `1abcDE-000000001Fg-2Hij `.
#[inline]
pub(super) fn split_id(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if text.get(6) != Some(&b'-') {
        return None;
    }
    let end = [16, 23]
        .into_iter()
        .find(|&end| matches!(text.get(end), None | Some(b' ')) && text.len() >= end)?;
    let dash = if end == 16 { 13 } else { 18 };
    let id = &text[..end];
    let fits = id.iter().enumerate().all(|(at, byte)| match at {
        6 => *byte == b'-',
        _ if at == dash => *byte == b'-',
        _ => byte.is_ascii_alphanumeric(),
    });
    let rest = text.get(end + 1..).unwrap_or_default();
    fits.then_some((id, rest))
}

/// Splits at the first `: `, or before a colon at the end.
pub(super) fn split_colon(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let at = from + position2(text.get(from..)?, b':', b':')?;
        match text.get(at + 1) {
            None => return Some((&text[..at], b"")),
            Some(b' ') => return Some((&text[..at], &text[at + 2..])),
            Some(_) => from = at + 1,
        }
    }
}
