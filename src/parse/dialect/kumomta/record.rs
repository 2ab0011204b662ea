//! The members of a log record.

use crate::parse::frame::{flat_json, json_time};
use crate::parse::kinds::{Enhanced, Stamp};
use crate::parse::reply;
use crate::parse::scan::number;

/// The kind of a record, from its member `type`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Reception,
    Delivery,
    TransientFailure,
    Bounce,
    Expiration,
    AdminBounce,
    Rejection,
    Delayed,
    /// `OOB` and `Feedback`: a report about an earlier message was received.
    Report,
    /// The message changed its queue or its node.
    Moved,
}

impl Kind {
    fn of(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"Reception" => Kind::Reception,
            b"Delivery" => Kind::Delivery,
            b"TransientFailure" => Kind::TransientFailure,
            b"Bounce" => Kind::Bounce,
            b"Expiration" => Kind::Expiration,
            b"AdminBounce" => Kind::AdminBounce,
            b"Rejection" => Kind::Rejection,
            b"Delayed" => Kind::Delayed,
            b"OOB" | b"Feedback" => Kind::Report,
            b"AdminRebind" | b"DeferredInjectionRebind" | b"XferOut" | b"XferIn" => Kind::Moved,
            _ => return None,
        })
    }

    /// The kind of the record in a flat list; `None` if it is no record of KumoMTA, which has a recipient and, unless it is
    /// a report, a reply.
    pub(super) fn of_record(text: &[u8]) -> Option<Self> {
        // The first member; a template may have written another order.
        let kind = match flat_json::members(text).next()? {
            (b"type", name) => Kind::of(name)?,
            _ => Kind::of(flat_json::member(text, b"type")?)?,
        };
        let has = |name: &[u8]| flat_json::member(text, name).is_some();
        let is_record = has(b"recipient") && (kind == Kind::Report || has(b"response.code"));
        is_record.then_some(kind)
    }
}

/// A record. Missing texts are empty.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogRecord<'a> {
    pub kind: Kind,
    pub id: &'a [u8],
    pub sender: &'a [u8],
    /// The first recipient.
    pub recipient: &'a [u8],
    /// The number of recipients.
    pub recipients: u32,
    pub size: Option<u64>,
    pub code: Option<u16>,
    /// The enhanced code of the reply, which the log has apart from its text; in the text only if that was not done.
    pub enhanced: Option<Enhanced>,
    pub content: &'a [u8],
    pub command: &'a [u8],
    /// `delivery_protocol`: `ESMTP`, `LMTP`, `Maildir`, `Lua`.
    pub protocol: &'a [u8],
    pub tls: &'a [u8],
    peer_name: &'a [u8],
    peer_address: &'a [u8],
    created: &'a [u8],
}

impl<'a> LogRecord<'a> {
    /// Whether the peer is a socket in the file system, which is for LMTP.
    pub(super) fn is_over_socket(&self) -> bool {
        self.peer_address.starts_with(b"/")
    }

    /// The record of a flat list; `None` if it is none of KumoMTA.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let kind = Kind::of_record(text)?;
        let mut log = LogRecord {
            kind,
            id: b"",
            sender: b"",
            recipient: b"",
            recipients: 0,
            size: None,
            code: None,
            enhanced: None,
            content: b"",
            command: b"",
            protocol: b"",
            tls: b"",
            peer_name: b"",
            peer_address: b"",
            created: b"",
        };
        let (mut class, mut subject, mut detail) = (None, None, None);
        for (name, value) in flat_json::members(text) {
            match name {
                b"id" => log.id = value,
                b"sender" => log.sender = value,
                b"recipient" => {
                    if log.recipients == 0 {
                        log.recipient = value;
                    }
                    log.recipients += u32::from(!value.is_empty());
                }
                b"size" => log.size = whole(value),
                b"response.code" => {
                    log.code = whole(value)
                        .and_then(|code| u16::try_from(code).ok())
                        .filter(|code| (200..600).contains(code));
                }
                b"response.enhanced_code.class" => class = whole(value),
                b"response.enhanced_code.subject" => subject = whole(value),
                b"response.enhanced_code.detail" => detail = whole(value),
                b"response.content" => log.content = value,
                b"response.command" => log.command = value,
                b"peer_address.name" => log.peer_name = value,
                b"peer_address.addr" => log.peer_address = value,
                b"created" if log.created.is_empty() => log.created = value,
                b"created_time" => log.created = value,
                b"delivery_protocol" => log.protocol = value,
                b"tls_protocol_version" => log.tls = value,
                _ => {}
            }
        }
        let parts = class.zip(subject).zip(detail);
        log.enhanced = parts
            .and_then(|((class, subject), detail)| enhanced(class, subject, detail))
            .or_else(|| match reply::parse(log.content) {
                Some(reply) if Some(reply.code) == log.code => reply.enhanced,
                _ => reply::text_enhanced(log.content),
            });
        Some(log)
    }

    /// Writes the peer as `name[address]` to `buffer`; nothing if there is none.
    pub(super) fn write_peer(&self, buffer: &mut Vec<u8>) {
        buffer.clear();
        let name = self.peer_name.strip_suffix(b".").unwrap_or(self.peer_name);
        buffer.extend_from_slice(name);
        if !self.peer_address.is_empty() {
            buffer.push(b'[');
            buffer.extend_from_slice(self.peer_address);
            buffer.push(b']');
        }
    }

    /// The reply with its codes in front, put together in `buffer`.
    pub(super) fn reply_text<'b>(&self, buffer: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        let has_code = reply::parse(self.content).is_some_and(|it| Some(it.code) == self.code);
        let Some(code) = self.code.filter(|_| !has_code) else {
            return self.content;
        };
        buffer.clear();
        push_number(buffer, code);
        if let Some(enhanced) = self.enhanced
            && reply::text_enhanced(self.content).is_none()
        {
            buffer.push(b' ');
            push_number(buffer, enhanced.class.into());
            buffer.push(b'.');
            push_number(buffer, enhanced.subject);
            buffer.push(b'.');
            push_number(buffer, enhanced.detail);
        }
        if !self.content.is_empty() {
            buffer.push(b' ');
            buffer.extend_from_slice(self.content);
        }
        buffer
    }

    /// The time since the message was received, in microseconds.
    pub(super) fn age(&self, time: Option<Stamp>) -> Option<u64> {
        let micros = |it: Stamp| i128::from(it.seconds) * 1_000_000 + i128::from(it.nanos / 1000);
        let age = micros(time?) - micros(json_time::stamp(self.created)?);
        u64::try_from(age).ok()
    }
}

/// A whole number that is the entire value.
fn whole(value: &[u8]) -> Option<u64> {
    number(value)
        .filter(|(_, rest)| rest.is_empty())
        .map(|(value, _)| value)
}

fn enhanced(class: u64, subject: u64, detail: u64) -> Option<Enhanced> {
    let part = |value: u64| u16::try_from(value).ok().filter(|&it| it < 1000);
    Some(Enhanced {
        class: u8::try_from(class)
            .ok()
            .filter(|it| matches!(it, 2 | 4 | 5))?,
        subject: part(subject)?,
        detail: part(detail)?,
    })
}

/// Appends a number below 1000.
fn push_number(buffer: &mut Vec<u8>, number: u16) {
    let digits = [number / 100, number / 10 % 10, number % 10].map(|digit| b'0' + digit as u8);
    let zeros = usize::from(number < 100) + usize::from(number < 10);
    buffer.extend_from_slice(&digits[zeros..]);
}
