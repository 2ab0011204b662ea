//! The values of records: `key=value`, separated by spaces or, before 6.0, by commas and spaces.

use crate::parse::scan::{self, number, position, split, split_on};

/// The field at the beginning of `text`: its key, its value without quotes or brackets, and the text after it.
///
/// An address may contain anything in quotes. `stat=` is the last field, and its value may contain quotes itself.
pub(super) fn next(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let start = text.iter().position(|byte| !matches!(byte, b' ' | b','))?;
    let text = &text[start..];
    let equals = position(text, b'=')?;
    let (key, value) = (&text[..equals], &text[equals + 1..]);
    let (value, rest) = match value.first() {
        _ if key == b"stat" => (unquoted(value), &b""[..]),
        Some(b'<') => scan::address(value)?,
        Some(b'"') => split(&value[1..], b'"').unwrap_or((&value[1..], b"")),
        // `relay=192.0.2.1 (mx.example.net) delay=1s`
        _ if key == b"relay" => {
            let end = split_on(value, b" delay=").map_or(value.len(), |(relay, _)| relay.len());
            value.split_at(end)
        }
        _ => value.split_at(position(value, b' ').unwrap_or(value.len())),
    };
    Some((key, value.strip_suffix(b",").unwrap_or(value), rest))
}

/// The value of the field `key`; empty if there is none.
pub(super) fn value<'a>(text: &'a [u8], key: &[u8]) -> &'a [u8] {
    let mut rest = text;
    while let Some((found, value, after)) = next(rest) {
        if found == key {
            return value;
        }
        rest = after;
    }
    b""
}

/// A text without the quotes around it. The closing one may have been cut off.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    match text.strip_prefix(b"\"") {
        Some(quoted) => quoted.strip_suffix(b"\"").unwrap_or(quoted),
        None => text,
    }
}

/// The version of TLS in `ciphers=TLSv1.3:…`, in 6.0 `ciphers=version=TLSv1.2, …`.
pub(super) fn tls_version(text: &[u8]) -> &[u8] {
    let version = value(text, b"ciphers");
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
