//! The `key=value` pairs of records, separated by a comma and a space, and the values of some keys.

use super::fortimail;
use crate::parse::scan::{self, find, number, position, split_on};

/// The next field at the beginning of `text`, which begins with a comma: its key, its value, and the text after it. An
/// address in angle brackets may contain commas; any other value ends at the next comma.
#[inline]
pub(super) fn next(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let Some(text) = text.strip_prefix(b", ") else {
        return fortimail::next(text);
    };
    let equals = position(text, b'=')?;
    let (key, value) = (&text[..equals], &text[equals + 1..]);
    let inside = match value.first() {
        Some(b'<') => scan::address(value).map_or(0, |(_, rest)| value.len() - rest.len()),
        _ => 0,
    };
    let end = split_on(&value[inside..], b", ").map_or(value.len(), |(it, _)| inside + it.len());
    Some((key, &value[..end], &value[end..]))
}

/// The first of the recipients in `<a@example.net>,<b@example.net>`, `alice` or `"|/usr/bin/filter -x"`, and the text
/// after the last one.
pub(super) fn recipients(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, mut rest) = recipient(text)?;
    loop {
        match rest {
            // A list that is too long for one record ends so: `<a@example.net>, [more], delay=…`.
            [b',', b' ', b'[', ..] | [b' ', b'[', ..] => {
                rest = &rest[position(rest, b']')? + 1..];
            }
            [b',', b' ', ..] | [] => return Some((first, rest)),
            _ if fortimail::next(rest).is_some() => return Some((first, rest)),
            [b',', ..] if rest.len() > 1 => (_, rest) = recipient(&rest[1..])?,
            [b',', ..] => rest = &rest[1..],
            _ => {
                // A command without quotes, or a comment: the next field follows.
                let end = [&b", ctladdr="[..], b", delay="]
                    .iter()
                    .find_map(|it| find(rest, it))?;
                return Some((first, &rest[end..]));
            }
        }
    }
}

/// One recipient, and the text after it.
fn recipient(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(inner) = text.strip_prefix(b"\"") {
        let end = memchr::memchr(b'"', inner)?;
        // A quoted local part.
        let after = &inner[end + 1..];
        let rest = match after.first() {
            Some(b'@') => scan::address(after)?.1,
            _ => after,
        };
        let whole = &text[..text.len() - rest.len()];
        return Some((
            if after.first() == Some(&b'@') {
                whole
            } else {
                b""
            },
            rest,
        ));
    }
    let (address, rest) = scan::address(text)?;
    // A file or a command is no address.
    let is_address = !matches!(address.first(), Some(b'/' | b'|'));
    Some((if is_address { address } else { b"" }, rest))
}

/// The host in `mx.example.net. [192.0.2.1]`, `user@mx.example.net [192.0.2.1] (may be forged)` or `[192.0.2.1]`, as
/// events have it. A name with a dot at its end is given without its address, because both are one text.
pub(super) fn host(relay: &[u8]) -> &[u8] {
    let start = position(relay, b'[').unwrap_or(relay.len());
    let named = match memchr::memrchr(b'@', &relay[..start]) {
        Some(at) => &relay[at + 1..],
        None => relay,
    };
    let Some(open) = position(named, b'[') else {
        let end = position(named, b' ').unwrap_or(named.len());
        return without_dot(&named[..end]);
    };
    let Some(close) = position(&named[open..], b']').map(|at| open + at) else {
        return without_dot(named[..open].trim_ascii_end());
    };
    let (name, address) = (named[..open].trim_ascii_end(), &named[open + 1..close]);
    match name {
        [] => address.strip_prefix(b"IPv6:").unwrap_or(&named[..=close]),
        [.., b'.'] if address.starts_with(b"127.") || address.starts_with(b"::1") => {
            &named[open..=close]
        }
        [name @ .., b'.'] => name,
        _ => &named[..=close],
    }
}

fn without_dot(name: &[u8]) -> &[u8] {
    name.strip_suffix(b".").unwrap_or(name)
}

/// Parses a duration, `00:00:01` or `8+03:40:15`, in microseconds.
pub(super) fn microseconds(text: &[u8]) -> Option<u64> {
    let (first, rest) = number(text)?;
    let (days, (hours, rest)) = match rest.strip_prefix(b"+") {
        Some(rest) => (first, number(rest)?),
        None => (0, (first, rest)),
    };
    let (minutes, rest) = number(rest.strip_prefix(b":")?)?;
    let (seconds, _) = number(rest.strip_prefix(b":")?)?;
    let parts = [(days, 86_400), (hours, 3600), (minutes, 60), (seconds, 1)];
    let total = parts.iter().fold(0u64, |sum, &(count, unit)| {
        sum.saturating_add(count.saturating_mul(unit))
    });
    Some(total.saturating_mul(1_000_000))
}
