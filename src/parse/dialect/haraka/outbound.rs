//! Deliveries from the outbound queue. A recipient that is refused has a record of its own, and the record of the
//! message that follows repeats it; other failures are in the record of the message only.

use super::entry::Entry;
use super::memory::Memory;
use super::{OUTBOUND, noise};
use crate::parse::event::{Delays, StageDelays};
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{address, find, rsplit_on, split, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome, delays};

/// Parses a record.
pub(super) fn parse<'a, 'e>(
    memory: &'a mut Memory,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let text = entry.message;
    let found = match text.first() {
        // A record without words has only fields.
        None => delivered(entry),
        Some(b'd') if text.starts_with(b"delivered file=") => delivered(&entry.with_fields(text)),
        Some(b'r') => recipient(text),
        Some(b'b') => text.strip_prefix(b"bouncing mail: ").map(bounced),
        Some(b'B') => text.strip_prefix(b"Bouncing mail: ").map(bounced),
        Some(b'T') => text
            .strip_prefix(b"Temp failing ")
            .and_then(|rest| split_on(rest, b" seconds: "))
            .map(|(_, reason)| failed(Outcome::Deferred, reason)),
        Some(b'E') => text
            .strip_prefix(b"Error - but not processing mail: ")
            .map(|words| with_reply(Outcome::Attempt, words)),
        _ => attempt(text),
    };
    let Some(found) = found else {
        return other(entry);
    };
    let Found::Event(mut event) = found else {
        return Line::Noise(None);
    };
    event.queue_id = entry.id;
    if entry.id.is_empty() {
        return Line::Event(slot.insert(event));
    }
    let is_attempt = event.outcome == Outcome::Attempt;
    if let Some(message) = memory.message_mut(entry.id) {
        if is_attempt {
            message.set_error(event.connect_error);
        }
    } else if is_attempt && event.connect_error.is_some() {
        let mut message = super::memory::Message::default();
        message.set_error(event.connect_error);
        memory.insert_message(entry.id, time, message);
    }
    if let Some(message) = memory.message(entry.id) {
        event.sender = &message.sender;
        let domain = match event.outcome {
            Outcome::Sent => entry.with_fields(text).field(b"domain"),
            _ => b"",
        };
        if event.recipient.is_empty() && message.recipient.ends_with(domain) {
            event.recipient = &message.recipient;
        }
        let repeats = event.text.starts_with(TRIED_ALL)
            || event.text.starts_with(b"DNS lookup failure: ")
            || event.text.starts_with(b"No Such Domain: ");
        if repeats
            && !is_attempt
            && let Some(error) = message.error()
        {
            event.connect_error = Some(error);
            event.code = None;
            event.duplicate = true;
        }
    }
    Line::Event(slot.insert(event))
}

const TRIED_ALL: &[u8] = b"Tried all MXs";

/// What a record says.
enum Found<'a> {
    Event(Event<'a>),
    /// It repeats other records.
    Repetition,
}

fn event<'a>(outcome: Outcome, text: &'a [u8]) -> Event<'a> {
    Event {
        text,
        ..Event::new(OUTBOUND, Direction::Outbound, outcome)
    }
}

/// An event whose text begins with a reply.
fn with_reply<'a>(outcome: Outcome, words: &'a [u8]) -> Found<'a> {
    let reply = reply::parse(words);
    Found::Event(Event {
        code: reply.map(|it| it.code),
        enhanced: reply.and_then(|it| it.enhanced),
        ..event(outcome, words)
    })
}

/// `recipient <a@x> deferred: 450 …`, `recipient <a@x> rejected: 550 …`.
fn recipient(text: &[u8]) -> Option<Found<'_>> {
    let rest = text.strip_prefix(b"recipient ")?;
    let (recipient, rest) = address(rest)?;
    let (outcome, words) = if let Some(words) = rest.strip_prefix(b" deferred: ") {
        (Outcome::Deferred, words)
    } else {
        (Outcome::Bounced, rest.strip_prefix(b" rejected: ")?)
    };
    match with_reply(outcome, words) {
        Found::Event(event) => Some(Found::Event(Event { recipient, ..event })),
        other => Some(other),
    }
}

/// The reason after `bouncing mail: `.
fn bounced(reason: &[u8]) -> Found<'_> {
    match reason.strip_prefix(b"Too many failures (") {
        Some(inner) => match failed(Outcome::Expired, inner.strip_suffix(b")").unwrap_or(inner)) {
            Found::Repetition => Found::Event(event(Outcome::Expired, reason)),
            found => found,
        },
        None => failed(Outcome::Bounced, reason),
    }
}

/// The reason why a message was not delivered.
fn failed(outcome: Outcome, reason: &[u8]) -> Found<'_> {
    if reason.starts_with(b"Some recipients failed: ")
        || reason.starts_with(b"Some recipients temp failed: ")
    {
        return Found::Repetition;
    }
    if let Some(words) = reason.strip_prefix(b"Upstream error: ") {
        return with_reply(outcome, words);
    }
    if outcome == Outcome::Bounced && reply::parse(reason).is_some() {
        return with_reply(outcome, reason);
    }
    let is_dns = [
        &b"Nowhere to deliver mail to for domain: "[..],
        b"No Such Domain: ",
        b"No MX for ",
        b"DNS lookup failure: ",
        b"Temporary MX lookup error for ",
    ]
    .iter()
    .any(|words| reason.starts_with(words));
    let error = if is_dns {
        Some(ConnectError::Dns)
    } else if reason.starts_with(b"Host failed TLS verification") {
        Some(ConnectError::Tls)
    } else {
        None
    };
    Found::Event(Event {
        connect_error: error,
        code: is_dns.then_some(101),
        ..event(outcome, reason)
    })
}

/// `delivered file=… domain=… host=… ip=… port=25 mode=SMTP tls=Y auth=N response="…" delay=0.1 fails=0 rcpts=1/0/0`.
fn delivered<'a>(entry: &Entry<'a>) -> Option<Found<'a>> {
    if entry.field(b"delivered file").is_empty() {
        return None;
    }
    let direction = match entry.field(b"mode") {
        b"LMTP" => Direction::Local,
        _ => Direction::Outbound,
    };
    let response = entry.field(b"response");
    let host = entry.field(b"host");
    Some(Found::Event(Event {
        host: if host.is_empty() {
            entry.field(b"ip")
        } else {
            host
        },
        enhanced: reply::text_enhanced(response),
        delays: Delays {
            total: delays::microseconds(entry.field(b"delay")).map(|(micros, _)| micros),
            stages: StageDelays::None,
        },
        text: response,
        ..Event::new(OUTBOUND, direction, Outcome::Sent)
    }))
}

/// Failures of a connection, after which the next host is tried.
fn attempt(text: &[u8]) -> Option<Found<'_>> {
    let (host, error, code) = match text.first()? {
        b'F' => {
            let reason = text
                .strip_prefix(b"Failed to get socket: ")
                .or_else(|| text.strip_prefix(b"Failed to get pool entry: "))?;
            let (error, code) = socket_error(reason, true);
            (target(reason), error, code)
        }
        b'R' => {
            let rest = text.strip_prefix(b"Remote end ")?;
            let (host, _) = split_on(rest, b" closed connection ")?;
            (without_port(host), ConnectError::Reset, None)
        }
        b'O' => {
            if let Some(host) = text.strip_prefix(b"Outbound connection timed out to ") {
                (without_port(host), ConnectError::TimedOut, Some(101))
            } else {
                let rest = text.strip_prefix(b"Ongoing connection failed to ")?;
                let (host, reason) = split_on(rest, b" : ")?;
                let (error, code) = socket_error(reason, false);
                (without_port(host), error, code)
            }
        }
        b'M' => {
            let rest = text.strip_prefix(b"MX Lookup for ")?;
            split_on(rest, b" failed: ")?;
            (&b""[..], ConnectError::Dns, Some(101))
        }
        _ => return None,
    };
    Some(Found::Event(Event {
        host,
        connect_error: Some(error),
        code,
        ..event(Outcome::Attempt, text)
    }))
}

/// The error of a socket in the words of Node.js; `connects` if it could not be opened.
fn socket_error(reason: &[u8], connects: bool) -> (ConnectError, Option<u16>) {
    let has = |words: &[u8]| find(reason, words).is_some();
    let counted = |code| {
        let is_connect = connects || has(b"connect E");
        is_connect.then_some(code)
    };
    if has(b"ECONNREFUSED") {
        (ConnectError::Refused, counted(111))
    } else if has(b"EHOSTUNREACH") || has(b"ENETUNREACH") || has(b"EADDRNOTAVAIL") {
        (ConnectError::Unreachable, counted(101))
    } else if has(b"ETIMEDOUT") || has(b"timed out") || has(b"timeout") {
        (ConnectError::TimedOut, counted(101))
    } else if has(b"ENOTFOUND") || has(b"EAI_AGAIN") || has(b"queryA") {
        (ConnectError::Dns, counted(101))
    } else if has(b"ECONNRESET") || has(b"EPIPE") || has(b"socket hang up") {
        (ConnectError::Reset, None)
    } else if has(b"SSL") || has(b"TLS") || has(b"certificate") {
        (ConnectError::Tls, None)
    } else {
        (ConnectError::Other, None)
    }
}

/// The address in `connect ECONNREFUSED 192.0.2.1:25 - Local (…)`, or `connection timed out to mx.example.net:25`.
fn target(reason: &[u8]) -> &[u8] {
    // `outbound::{"port":25,"host":"192.0.2.1"}`, the name of a socket.
    if let Some((_, rest)) = split_on(reason, b"\"host\":\"") {
        return split(rest, b'"').map_or(rest, |(host, _)| host);
    }
    let rest = match split_on(reason, b"connect E").and_then(|(_, rest)| split(rest, b' ')) {
        Some((_, rest)) => rest,
        None => split_on(reason, b"timed out to ").map_or(&b""[..], |(_, rest)| rest),
    };
    let end = rest
        .iter()
        .position(|byte| matches!(byte, b' ' | b',' | b'{'));
    without_port(&rest[..end.unwrap_or(rest.len())])
}

fn without_port(host: &[u8]) -> &[u8] {
    match rsplit_on(host, b":") {
        Some((name, port)) if port.iter().all(u8::is_ascii_digit) => name,
        _ => host,
    }
}

/// Beginnings of the records that are neither a delivery nor an attempt.
const NOISE: [&[u8]; 33] = [
    b"secured",
    b"Double bounce: ",
    b"Unrecognized response from upstream server: ",
    b"Plugin responded with: ",
    b"plugin responded with: ",
    b"delivered plugin responded",
    b"MX ",
    b"DNS (",
    b"get_mx plugin returned DENY",
    b"Looking up ",
    b"Attempting ",
    b"Bounce response from plugins",
    b"TLS ",
    b"AUTH ",
    b"Unsupported authentication type ",
    b"notes.outbound_ip is deprecated",
    b"Socket writability went away",
    b"Socket write failed unexpectedly",
    b"Blocking attempt to send unencrypted data",
    b"Oops, TLS config not loaded",
    b"finish_processing_mail called multiple times",
    b"Reading from the data stream failed",
    b"Adding missing ",
    b"Replacing empty ",
    b"Transaction delivery for domain: ",
    b"Processing domain: ",
    b"Sending email ",
    b"Created transaction: ",
    b"Shutting down temp fail queue",
    b"Unable to ",
    b"Error ",
    b"Redis ",
    b"Queue ",
];

/// A record that is no event.
fn other<'a, 'e>(entry: &Entry<'a>) -> Line<'a, 'e> {
    let text = entry.message;
    if text.starts_with(b"secured") {
        let fields = entry.with_fields(text[7..].trim_ascii_start());
        let trust = match fields.field(b"verified") {
            b"true" => TlsTrust::Verified,
            b"false" => TlsTrust::Untrusted,
            _ => TlsTrust::Unknown,
        };
        let session = TlsSession {
            trust,
            protocol: TlsProtocol::leading(fields.field(b"version")),
        };
        let fact = Fact::TlsEstablished(OUTBOUND, Direction::Outbound, session);
        return Line::Noise(Some(fact));
    }
    // The files of the queue, its directory and its configuration have origins of their own: `outbound/queue`.
    let is_own = entry.origin() != b"outbound" || NOISE.iter().any(|it| text.starts_with(it));
    let is_queue = [
        &b"[pid: "[..],
        b"Loading ",
        b"Grabbing ",
        b"'Skipping' ",
        b"Failed to load ",
        b"Failed to move ",
        b"Removing left over ",
        b"Unrecognized file ",
        b"Done fixing ",
    ]
    .iter()
    .any(|it| text.starts_with(it))
        || text.ends_with(b" queue");
    match is_own || is_queue {
        true => noise(entry),
        false => Line::Unmatched,
    }
}
