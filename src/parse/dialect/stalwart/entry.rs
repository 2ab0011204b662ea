//! A record: `LEVEL Description (group.event) key = value, key = "value", key = ["value"]`. A value in quotes may have
//! quotes in it, and a value may be another event with its fields in braces. Keys may repeat: the fields of the session come
//! first.

use crate::parse::frame::flat_json;
use crate::parse::scan::{number, split, split_on};

pub(super) const LEVELS: [&[u8]; 5] = [b"INFO", b"WARN", b"ERROR", b"DEBUG", b"TRACE"];

/// The groups of events; those of the first line are enough to recognize a record in JSON.
const GROUPS: [&[u8]; 50] = [
    b"delivery",
    b"queue",
    b"smtp",
    b"message-ingest",
    b"incoming-report",
    b"outgoing-report",
    b"mta-sts",
    b"tls-rpt",
    b"auth",
    b"tls",
    b"security",
    b"network",
    b"server",
    b"dane",
    b"mail-auth",
    b"dkim",
    b"arc",
    b"dmarc",
    b"spf",
    b"iprev",
    b"spam",
    b"sieve",
    b"milter",
    b"mta-hook",
    b"http",
    b"imap",
    b"jmap",
    b"pop3",
    b"manage-sieve",
    b"store",
    b"config",
    b"cluster",
    b"housekeeper",
    b"task-queue",
    b"task-manager",
    b"telemetry",
    b"resource",
    b"limit",
    b"purge",
    b"eval",
    b"acme",
    b"manage",
    b"calendar",
    b"web-dav",
    b"push-subscription",
    b"fts-index",
    b"ai",
    b"dns",
    b"registry",
    b"tracing",
];

/// The number of groups that are enough to recognize a record in JSON.
const OWN_GROUPS: usize = 8;

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'a> {
    pub level: &'a [u8],
    /// The words for the event; empty in JSON.
    pub description: &'a [u8],
    pub group: &'a [u8],
    pub event: &'a [u8],
    fields: &'a [u8],
}

/// The fields of a record that events are made of. Missing texts are empty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Fields<'a> {
    pub queue_id: &'a [u8],
    pub queue_name: &'a [u8],
    pub sender: &'a [u8],
    /// The last recipient: that of the event, after those of the message.
    pub recipient: &'a [u8],
    /// The recipients of the message.
    pub recipients: u32,
    pub hostname: &'a [u8],
    pub remote: &'a [u8],
    pub code: Option<u16>,
    /// The words of the reply, or of the failure.
    pub details: &'a [u8],
    pub reason: &'a [u8],
    pub size: u64,
    pub version: &'a [u8],
}

impl<'a> Entry<'a> {
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        if flat_json::is_flat(text) {
            let (group, event) = name(flat_json::member(text, b"type")?)?;
            flat_json::member(text, b"createdAt")
                .or_else(|| flat_json::member(text, b"timestamp"))?;
            return Some(Entry {
                level: flat_json::member(text, b"level").unwrap_or_default(),
                description: b"",
                group,
                event,
                fields: text,
            });
        }
        let (level, rest) = split(text, b' ')?;
        if !LEVELS.contains(&level) {
            return None;
        }
        let (description, rest) = split_on(rest, b" (")?;
        let (event, fields) = split(rest, b')')?;
        let (group, event) = name(event)?;
        // `Message delivered`, `iTIP message error`.
        let is_description = description.iter().take(2).any(u8::is_ascii_uppercase);
        is_description.then_some(Entry {
            level,
            description,
            group,
            event,
            fields: fields.strip_prefix(b" ").unwrap_or(fields),
        })
    }

    /// Whether only Stalwart has this event, also in JSON.
    pub(super) fn is_own(&self) -> bool {
        !flat_json::is_flat(self.fields) || GROUPS[..OWN_GROUPS].contains(&self.group)
    }

    pub(super) fn fields(&self) -> Fields<'a> {
        let mut fields = Fields::default();
        if flat_json::is_flat(self.fields) {
            for (name, value) in flat_json::members(self.fields) {
                // `data.to`, `data.causedBy.code`.
                let name = memchr::memrchr(b'.', name).map_or(name, |at| &name[at + 1..]);
                fields.set(name, value, false);
            }
            return fields;
        }
        let mut rest = self.fields;
        while let Some((name, after)) = split_on(rest, b" = ") {
            let (value, after) = value(after);
            if let Some(list) = value.strip_prefix(b"[") {
                let mut list = list;
                while let Some((_, item)) = split(list, b'"') {
                    let (item, after) = split(item, b'"').unwrap_or((item, b""));
                    fields.set(name, item, true);
                    list = after;
                }
            } else {
                fields.set(name, value, false);
            }
            rest = after;
        }
        fields
    }
}

impl<'a> Fields<'a> {
    fn set(&mut self, name: &[u8], value: &'a [u8], in_list: bool) {
        let first = |field: &mut &'a [u8]| {
            if field.is_empty() {
                *field = value;
            }
        };
        match name {
            b"queueId" => first(&mut self.queue_id),
            b"queueName" => first(&mut self.queue_name),
            b"from" if value != b"<>" => first(&mut self.sender),
            b"to" => {
                self.recipient = value;
                self.recipients += u32::from(in_list || self.recipients == 0);
            }
            b"hostname" => first(&mut self.hostname),
            b"remoteIp" => first(&mut self.remote),
            b"code" if self.code.is_none() => {
                self.code = whole(value)
                    .and_then(|code| u16::try_from(code).ok())
                    .filter(|code| (200..600).contains(code));
            }
            // An inner event, whose fields follow.
            b"details" | b"reason" if value.ends_with(b".error)") => {}
            b"details" => first(&mut self.details),
            b"reason" => first(&mut self.reason),
            b"size" => self.size = whole(value).unwrap_or_default(),
            b"version" => first(&mut self.version),
            _ => {}
        }
    }
}

/// Group and name of an event: `delivery.rcpt-to-rejected`.
fn name(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (group, event) = split(text, b'.')?;
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    let is_known = GROUPS.contains(&group) && !event.is_empty() && event.iter().all(is_word);
    is_known.then_some((group, event))
}

/// The value at the beginning of a text, without its quotes, and the text after it, which begins with the next key.
fn value(text: &[u8]) -> (&[u8], &[u8]) {
    match text.first() {
        Some(b'"') => quoted(&text[1..]),
        Some(b'[') => {
            let end = match split_on(text, b"], ") {
                Some((list, _)) => list.len() + 1,
                None => text.len(),
            };
            let rest = &text[end..];
            (&text[..end], rest.strip_prefix(b", ").unwrap_or(rest))
        }
        _ => bare(text),
    }
}

/// A value in quotes, after the first one. It ends at a quote before the next key, a brace, or the end.
fn quoted(text: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b'"', &text[from..]).map(|at| from + at) {
        let rest = &text[at + 1..];
        let inner = rest.strip_prefix(b" }").unwrap_or(rest);
        if inner.is_empty() {
            return (&text[..at], b"");
        }
        if let Some(next) = inner.strip_prefix(b", ")
            && is_key(next)
        {
            return (&text[..at], next);
        }
        from = at + 1;
    }
    (text, b"")
}

/// A value without quotes, which may have commas: it ends before the next key. The fields of an inner event follow
/// as if they were fields of the outer one.
fn bare(text: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(at) = memchr::memchr2(b',', b'{', &text[from..]).map(|at| from + at) {
        if let Some(next) = text[at + 1..].strip_prefix(b" ")
            && is_key(next)
        {
            let value = text[..at].trim_ascii_end();
            return (value.strip_suffix(b" }").unwrap_or(value), next);
        }
        from = at + 1;
    }
    let value = text.trim_ascii_end();
    (value.strip_suffix(b" }").unwrap_or(value), b"")
}

/// Whether a text begins with a key: letters and ` = `.
fn is_key(text: &[u8]) -> bool {
    let end = text.iter().position(|byte| !byte.is_ascii_alphabetic());
    end.is_some_and(|end| end > 0 && text[end..].starts_with(b" = "))
}

pub(super) fn whole(value: &[u8]) -> Option<u64> {
    number(value)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(value, _)| value)
}
