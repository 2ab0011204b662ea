//! The values of records: `key=value`, separated by spaces or, before 6.0, by commas and spaces.

use crate::parse::scan::{self, number, position};

/// The text after the first `key`, which ends with `=`.
fn after<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    memchr::memmem::find(text, key).map(|at| &text[at + key.len()..])
}

/// The value after `key`, without its quotes: up to the next space, or the closing quote. Use it only for records
/// before the value of which the other side cannot write anything.
pub(super) fn value<'a>(text: &'a [u8], key: &[u8]) -> &'a [u8] {
    let Some(value) = after(text, key) else {
        return b"";
    };
    match value.strip_prefix(b"\"") {
        Some(quoted) => &quoted[..position(quoted, b'"').unwrap_or(quoted.len())],
        None => {
            let end = position(value, b' ').unwrap_or(value.len());
            value[..end].strip_suffix(b",").unwrap_or(&value[..end])
        }
    }
}

/// The text at the end of a record, in quotes or not. It may contain quotes itself.
pub(super) fn last<'a>(text: &'a [u8], key: &[u8]) -> Option<&'a [u8]> {
    after(text, key).map(unquoted)
}

/// A text without the quotes around it. The closing one may have been cut off.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"\"") {
        Some(quoted) => quoted.strip_suffix(b"\"").unwrap_or(quoted),
        None => text,
    }
}

/// The address after `key`, which ends with `<`, and the text after it. An address may contain anything in quotes.
pub(super) fn address<'a>(text: &'a [u8], key: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = memchr::memmem::find(text, key)?;
    scan::address(&text[at + key.len() - 1..])
}

/// The value between two keys, without quotes: that of `relay=` may contain spaces.
pub(super) fn between<'a>(text: &'a [u8], key: &[u8], next: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let value = after(text, key)?;
    let end = memchr::memmem::find(value, next)?;
    let rest = &value[end + next.len()..];
    let value = &value[..end];
    Some((unquoted(value.strip_suffix(b",").unwrap_or(value)), rest))
}

/// The version of TLS in `ciphers=TLSv1.3:…`, in 6.0 `ciphers=version=TLSv1.2, …`.
pub(super) fn tls_version(text: &[u8]) -> &[u8] {
    let version = value(text, b"ciphers=");
    version.strip_prefix(b"version=").unwrap_or(version)
}

/// Parses a duration, `1d2h3m4s`, in microseconds.
pub(super) fn microseconds(text: &[u8]) -> Option<u64> {
    let (mut total, mut rest) = (0u64, text);
    while let Some((count, after)) = number(rest) {
        let (unit, after) = after.split_first()?;
        let unit = match unit {
            b'd' => 86_400,
            b'h' => 3600,
            b'm' => 60,
            b's' => 1,
            _ => return None,
        };
        total = total.saturating_add(count.saturating_mul(unit * 1_000_000));
        rest = after;
    }
    (rest.len() < text.len()).then_some(total)
}

/// The name in `192.0.2.1 (mx.example.net)`, or else the address.
pub(super) fn host(relay: &[u8]) -> &[u8] {
    let Some(open) = position(relay, b'(') else {
        return if relay == b"-" { b"" } else { relay };
    };
    let name = relay[open + 1..]
        .strip_suffix(b")")
        .unwrap_or(&relay[open + 1..]);
    match name {
        b"" | b"-" | b"<unknown>" | b"unknown" => relay[..open].trim_ascii_end(),
        name => name,
    }
}
