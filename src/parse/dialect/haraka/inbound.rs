//! Connections of clients, rejects and accepted messages, and records of plugins.

use std::num::{NonZeroU32, NonZeroU64};

use super::entry::Entry;
use super::memory::{Memory, Message, Session, has_record};
use super::{SERVER, noise};
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{address, number, split, split_on};
use crate::parse::{Direction, Event, Fact, Line, Outcome, Stage};

/// Parses a record.
pub(super) fn parse<'a, 'e>(
    memory: &'a mut Memory,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if entry.origin() != b"core" {
        return of_plugin(entry);
    }
    let text = entry.message;
    let found = match text.first() {
        // A record without words is that of a hook in the formats logfmt and JSON.
        None => hook(entry),
        Some(b'c') => {
            if let Some(fields) = entry.after(b"connect") {
                let entry = entry.with_fields(fields);
                let session = Session::of(entry.field(b"ip"));
                memory.insert_session(entry.id, time, session);
                return Line::Noise(Some(Fact::Connected(SERVER)));
            }
            None
        }
        Some(b's') => {
            let Some(found) = envelope(memory, entry, time, b"sender ", Stage::Mail) else {
                return noise(entry);
            };
            found
        }
        Some(b'r') => {
            let Some(found) = envelope(memory, entry, time, b"recipient ", Stage::Rcpt) else {
                return noise(entry);
            };
            found
        }
        Some(b'm') => entry
            .after(b"message")
            .and_then(|fields| message(memory, &entry.with_fields(fields))),
        Some(b'q') => {
            if let Some(fields) = entry.after(b"queue") {
                let entry = entry.with_fields(fields);
                if entry.field(b"code") == b"OK" {
                    return Line::Noise(Some(accepted(memory, &entry)));
                }
                reject(&entry, Stage::EndOfMessage)
            } else {
                None
            }
        }
        Some(b'h') if text.starts_with(b"hook=") => hook(&entry.with_fields(text)),
        Some(b'd') => match entry.after(b"disconnect") {
            Some(fields) => disconnect(memory, &entry.with_fields(fields)),
            None => None,
        },
        _ => None,
    };
    let Some(mut event) = found else {
        return noise(entry);
    };
    event.queue_id = entry.id;
    if event.stage.is_some() && !text.starts_with(b"disconnect") {
        memory.note_reject(entry.id, time, event.text, event.code.is_some());
    }
    if let Some(session) = memory.session(entry.id) {
        event.host = &session.host;
    }
    if event.sender.is_empty()
        && let Some(message) = memory.message(entry.id)
    {
        event.sender = &message.sender;
    }
    Line::Event(slot.insert(event))
}

/// `sender <a@x> code=CONT msg=""`, `recipient <a@x> code=DENY msg="…" sender=…`. The outer `None` if it is neither, the
/// inner if it is no reject.
#[allow(clippy::option_option)]
fn envelope<'a>(
    memory: &mut Memory,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    words: &[u8],
    stage: Stage,
) -> Option<Option<Event<'a>>> {
    let (address, fields) = address(entry.message.strip_prefix(words)?)?;
    let entry = entry.with_fields(fields);
    let event = reject(&entry, stage);
    if stage == Stage::Mail {
        if event.is_none() {
            memory.insert_message(entry.id, time, Message::of(address));
        }
        return Some(event.map(|event| Event {
            sender: address,
            ..event
        }));
    }
    if event.is_none()
        && let Some(message) = memory.message_mut(entry.id)
    {
        message.add_recipient(address);
    }
    Some(event.map(|event| Event {
        recipient: address,
        sender: entry.field(b"sender"),
        ..event
    }))
}

/// The event of a record of a reject; `None` if its code word is that of another result.
fn reject<'a>(entry: &Entry<'a>, stage: Stage) -> Option<Event<'a>> {
    let word = match entry.field(b"code") {
        b"" => entry.field(b"retval"),
        word => word,
    };
    // DENY, DENYSOFT, DENYDISCONNECT, DENYSOFTDISCONNECT.
    if !word.starts_with(b"DENY") {
        return None;
    }
    let mut event = Event {
        text: entry.field(b"msg"),
        stage: Some(stage),
        ..Event::new(SERVER, Direction::Inbound, Outcome::Rejected)
    };
    // In the format JSON, the reply of some plugins is an object with its code.
    let code = number(entry.field(b"msg.code")).and_then(|(code, _)| u16::try_from(code).ok());
    if let Some(code) = code.filter(|it| (400..600).contains(it)) {
        event.code = Some(code);
        event.text = entry.field(b"msg.reply");
    }
    event.enhanced = reply::leading_enhanced(event.text);
    Some(event)
}

/// `hook=connect plugin=dnsbl function=… params="…" retval=DENY msg="…"`: what a plugin returned. Rejects of most
/// stages have another record.
fn hook<'a>(entry: &Entry<'a>) -> Option<Event<'a>> {
    let stage = match entry.field(b"hook") {
        b"" => return None,
        b"connect" | b"lookup_rdns" | b"connect_init" => Stage::Connect,
        b"helo" | b"ehlo" | b"lhlo" => Stage::Helo,
        b"mail" => Stage::Mail,
        b"rcpt" | b"rcpt_ok" => Stage::Rcpt,
        b"data" => Stage::Data,
        b"data_post" | b"queue" | b"queue_outbound" | b"queue_ok" => Stage::EndOfMessage,
        b"vrfy" => Stage::Vrfy,
        _ => Stage::Other,
    };
    match has_record(stage) {
        true => None,
        false => reject(entry, stage),
    }
}

/// `message mid="…" size=1234 rcpts=1/0/0 delay=0.1 code=CONT msg=""`.
fn message<'a>(memory: &mut Memory, entry: &Entry<'a>) -> Option<Event<'a>> {
    if let Some(message) = memory.message_mut(entry.id) {
        message.size = number(entry.field(b"size")).map_or(0, |it| it.0);
        let recipients = number(entry.field(b"rcpts")).map_or(0, |it| it.0);
        message.recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
    }
    reject(entry, Stage::EndOfMessage)
}

fn accepted<'a>(memory: &Memory, entry: &Entry<'a>) -> Fact<'a> {
    let message = memory.message(entry.id);
    Fact::Accepted {
        service: SERVER,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: message.and_then(|it| NonZeroU64::new(it.size)),
        recipients: message.and_then(|it| NonZeroU32::new(it.recipients)),
        tls: None,
    }
}

/// `disconnect ip=… rdns=… … lr="550 …" time=0.1`: the last reject, the only record of its code.
fn disconnect<'a>(memory: &Memory, entry: &Entry<'a>) -> Option<Event<'a>> {
    let text = entry.field(b"lr");
    let reply = reply::parse(text)?;
    let words = text.get(4..).unwrap_or_default();
    let rejected = memory.session(entry.id).and_then(|it| it.rejected.as_ref());
    // Without a text of the plugin, Haraka names the address: `550 recipient <a@x> denied`.
    let is_same =
        |it: &[u8]| words.starts_with(it) && (!it.is_empty() || words.ends_with(b"denied"));
    let rejected = rejected.filter(|(text, _)| is_same(text));
    let is_counted = rejected.is_some_and(|it| it.1);
    let stage = match reply.code {
        535 | 530 | 538 => Stage::Auth,
        _ if words.starts_with(b"I cannot deliver mail for ") => Stage::Rcpt,
        _ => Stage::Other,
    };
    Some(Event {
        code: Some(reply.code).filter(|_| !is_counted),
        enhanced: reply.enhanced.filter(|_| !is_counted),
        text,
        stage: Some(stage),
        duplicate: rejected.is_some(),
        ..Event::new(SERVER, Direction::Inbound, Outcome::Rejected)
    })
}

/// Records of plugins say nothing about replies; what a hook returned is a record of the core.
fn of_plugin<'a, 'e>(entry: &Entry<'a>) -> Line<'a, 'e> {
    if entry.origin() == b"tls"
        && let Some((_, fields)) = split(entry.message, b':')
        && entry.message.starts_with(b"secured:")
    {
        let version = split_on(fields, b"version=").map_or(&b""[..], |(_, version)| version);
        let session = TlsSession {
            trust: TlsTrust::Unknown,
            protocol: TlsProtocol::leading(version),
        };
        return Line::Noise(Some(Fact::TlsEstablished(
            SERVER,
            Direction::Inbound,
            session,
        )));
    }
    noise(entry)
}
