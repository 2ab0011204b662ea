//! The parts of a record: `[LEVEL] [UUID] [origin] message name=value`, `level=LEVEL uuid=UUID origin=origin
//! message="…" name=value`, or the same as a JSON object.

use crate::parse::frame::flat_json;
use crate::parse::scan::{split, split_on};

/// The levels of records, the most frequent first.
const LEVELS: [&[u8]; 10] = [
    b"NOTICE",
    b"INFO",
    b"WARN",
    b"ERROR",
    b"CRIT",
    b"DEBUG",
    b"PROTOCOL",
    b"DATA",
    b"ALERT",
    b"EMERG",
];

/// A record. Missing parts are empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub level: &'a [u8],
    /// The id of the connection, with the number of the transaction and, of a delivery, that of the queue file:
    /// `UUID.1.1`. Empty if the record concerns none.
    pub id: &'a [u8],
    origin: &'a [u8],
    /// The words of the record; in the default format, everything after the origin.
    pub message: &'a [u8],
    fields: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let mut entry = match text.first()? {
            b'[' => default(text)?,
            b'l' => logfmt(text)?,
            _ if flat_json::is_flat(text) => json(text)?,
            _ => return None,
        };
        if !LEVELS.contains(&entry.level) {
            return None;
        }
        if entry.id == b"-" {
            entry.id = b"";
        }
        entry.message = entry.message.trim_ascii_start();
        // Versions 3.0 and before write some records of the outbound queue as records of the core, and the client's
        // id after the origin.
        if let Some(rest) = entry.message.strip_prefix(b"[outbound] ") {
            (entry.origin, entry.message) = (b"outbound/core", rest);
        } else if entry.origin == b"outbound"
            && let Some(rest) = entry.message.strip_prefix(b"[")
            && let Some((id, rest)) = split_on(rest, b"] ")
            && is_id(id)
        {
            entry.message = rest.trim_ascii_start();
        }
        Some(entry)
    }

    /// Whether it is from the outbound queue.
    pub(super) fn is_outbound(&self) -> bool {
        self.origin.starts_with(b"outbound")
    }

    /// What wrote it: `core`, `outbound` or a part of it, or a plugin.
    pub(super) fn origin(&self) -> &'a [u8] {
        self.origin
    }

    /// Whether it is of a level at which Haraka logs what another record of a higher level says.
    pub(super) fn is_verbose(&self) -> bool {
        matches!(self.level, b"DEBUG" | b"PROTOCOL" | b"DATA")
    }

    /// The value of a field; empty if there is none. `fields` of the default format are given, because a message may
    /// contain anything.
    pub(super) fn field(&self, name: &[u8]) -> &'a [u8] {
        match flat_json::is_flat(self.fields) {
            true => flat_json::member(self.fields, name).unwrap_or_default(),
            false => field(self.fields, name),
        }
    }

    /// The record with the fields in this text, the end of its message.
    pub(super) fn with_fields(mut self, text: &'a [u8]) -> Self {
        if self.fields.is_empty() {
            self.fields = text;
        }
        self
    }

    /// The text after the beginning of the message, which ends with a space or nothing.
    pub(super) fn after(&self, words: &[u8]) -> Option<&'a [u8]> {
        let rest = self.message.strip_prefix(words)?;
        (rest.is_empty() || rest[0] == b' ').then_some(rest)
    }
}

fn default(text: &[u8]) -> Option<Entry<'_>> {
    let (level, rest) = split_on(&text[1..], b"] [")?;
    let (id, rest) = split_on(rest, b"] [")?;
    let (origin, message) = split(rest, b']')?;
    Some(Entry {
        level,
        id,
        origin,
        message,
        fields: b"",
    })
}

fn logfmt(text: &[u8]) -> Option<Entry<'_>> {
    let rest = text.strip_prefix(b"level=")?;
    let (level, rest) = split_on(rest, b" uuid=")?;
    let (id, rest) = split(rest, b' ')?;
    // Some versions name the program before the origin.
    let rest = rest.strip_prefix(b"source=haraka ").unwrap_or(rest);
    let (origin, rest) = split_on(rest.strip_prefix(b"origin=")?, b" message=")?;
    let (message, fields) = value(rest);
    Some(Entry {
        level,
        id,
        origin,
        message,
        // A record without words has its fields after an empty message.
        fields: fields.trim_ascii_start(),
    })
}

fn json(text: &[u8]) -> Option<Entry<'_>> {
    let mut entry = Entry {
        level: b"",
        id: b"",
        origin: b"",
        message: b"",
        fields: text,
    };
    let mut members = flat_json::members(text).take(6);
    for (name, part) in [
        (&b"level"[..], &mut entry.level),
        (b"uuid", &mut entry.id),
        (b"origin", &mut entry.origin),
        (b"message", &mut entry.message),
    ] {
        (_, *part) = members.find(|it| it.0 == name)?;
    }
    Some(entry)
}

/// Whether a line of Haraka's own log, after its time stamp, is a record.
pub(super) fn is_record(text: &[u8]) -> bool {
    let text = without_color(text);
    match text.first() {
        Some(b'[') => has_connection_id(text) || is_without_connection(text),
        Some(b'S') => text.starts_with(PLAIN[0]),
        Some(b'l') if text.starts_with(PLAIN[1]) => LEVELS.contains(&&text[PLAIN[1].len()..]),
        Some(b'l') => logfmt(text).is_some_and(|it| LEVELS.contains(&it.level) && is_id(it.id)),
        Some(b'{') => {
            text.starts_with(b"{\"level\":\"") && split_on(text, b",\"origin\":\"").is_some()
        }
        Some(_) if flat_json::is_flat(text) => {
            json(text).is_some_and(|it| LEVELS.contains(&it.level) && is_id(it.id))
        }
        _ => false,
    }
}

/// Whether a text is a record in the default format about a connection.
pub(super) fn has_connection_id(text: &[u8]) -> bool {
    matches!(text, [b'[', b'A'..=b'Z', b'A'..=b'Z', ..])
        && default(text)
            .is_some_and(|it| LEVELS.contains(&it.level) && it.id != b"-" && is_id(it.id))
}

fn is_without_connection(text: &[u8]) -> bool {
    default(text).is_some_and(|it| {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"/_-.".contains(byte);
        it.id == b"-"
            && LEVELS.contains(&it.level)
            && it.origin.iter().all(is_name)
            && it.message.first().is_none_or(|&byte| byte == b' ')
    })
}

/// Whether a text is a UUID in upper case, with numbers after it, or the hyphen in place of one.
fn is_id(text: &[u8]) -> bool {
    let Some((uuid, numbers)) = text.split_first_chunk::<36>() else {
        return text == b"-";
    };
    let is_uuid = uuid.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    });
    is_uuid
        && numbers
            .iter()
            .all(|byte| matches!(byte, b'.' | b'0'..=b'9'))
}

/// The text without the color of its level.
pub(super) fn without_color(text: &[u8]) -> &[u8] {
    let Some((_, rest)) = text.strip_prefix(b"\x1b[").and_then(|it| split(it, b'm')) else {
        return text;
    };
    rest.strip_suffix(b"\x1b[39m").unwrap_or(rest)
}

/// Beginnings of lines that Haraka writes without the form of a record, mostly when it starts.
const PLAIN: [&[u8]; 9] = [
    b"Starting up Haraka version ",
    b"loglevel: ",
    b"log format: ",
    b"loaded TLD files: ",
    b"loaded Public Suffixes: ",
    b"Using iconv-lite",
    b"Installing Haraka",
    b"WARNING: ",
    b"Error reading queue file: ",
];

/// Whether a line is one that Haraka or Node.js writes without the form of a record.
pub(super) fn is_plain(text: &[u8]) -> bool {
    let is_stack = text.starts_with(b"    at ") || text.starts_with(b"(node:");
    text.is_empty() || is_stack || PLAIN.iter().any(|words| text.starts_with(words))
}

/// The value of a field in `name=value name="value"`; empty if there is none.
fn field<'a>(mut text: &'a [u8], name: &[u8]) -> &'a [u8] {
    loop {
        text = text.trim_ascii_start();
        let Some((found, rest)) = split(text, b'=') else {
            return b"";
        };
        let (value, rest) = value(rest);
        if found == name {
            return value;
        }
        text = rest;
    }
}

/// The value at the beginning of a text, without its quotes, and the rest. In a value in quotes, a backslash is before
/// each quote and backslash.
fn value(text: &[u8]) -> (&[u8], &[u8]) {
    let Some(inner) = text.strip_prefix(b"\"") else {
        let end = memchr::memchr(b' ', text).unwrap_or(text.len());
        return text.split_at(end);
    };
    let mut at = 0;
    while let Some(found) = inner
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if inner[at] == b'"' {
            return (&inner[..at], &inner[at + 1..]);
        }
        at += 2;
    }
    (inner, b"")
}
