//! Delivery records: `=> address <original> R=router T=transport H=host [address] C="250 OK"`, `->` for a
//! further recipient of the same transaction, `>>` while the message was still being received, `*>` where
//! `-N` suppressed the delivery, `==` deferred, `**` failed.

use super::fields::{self, Fields};
use super::prefix::split_colon;
use super::reason::{self, Kind, Reason};
use super::{LOCAL, QUEUE, SMTP, contains};
use crate::parse::event::{Delays, StageDelays};
use crate::parse::reply;
use crate::parse::scan::{position, position2, rsplit_on};
use crate::parse::{ConnectError, Direction, Event, Line, Outcome};

/// The result of a delivery, by the two bytes before the recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Delivered,
    Deferred,
    Failed,
}

impl Flag {
    pub(super) fn of(first: u8, second: u8) -> Option<Self> {
        match (first, second) {
            (b'=' | b'-' | b'>' | b'*', b'>') => Some(Flag::Delivered),
            (b'=', b'=') => Some(Flag::Deferred),
            (b'*', b'*') => Some(Flag::Failed),
            _ => None,
        }
    }
}

/// Reads what follows the flag.
#[inline]
pub(super) fn parse<'a, 'e>(
    flag: Flag,
    id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    // A message that an ACL discarded has no recipient and was not delivered.
    if text.starts_with(b"blackhole (") {
        return Line::Noise(None);
    }
    let Some((recipient, rest)) = recipients(text) else {
        return Line::Unmatched;
    };
    let event = match flag {
        Flag::Delivered => delivered(rest, slot),
        Flag::Deferred => match deferred(rest, slot) {
            Some(event) => event,
            None => return Line::Unmatched,
        },
        Flag::Failed => failed(rest, slot),
    };
    event.queue_id = id;
    event.recipient = recipient;
    Line::Event(event)
}

/// The address that was delivered to, and the text after the addresses. If the message was delivered to something else
/// (a local part, a file, a command), the original address is returned.
#[inline]
fn recipients(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (last, rest) = match text.first()? {
        // A file or a command, which may contain any byte; a space ends it only before a field.
        b'|' | b'/' | b'>' => return Some(destination(text)),
        b'"' => {
            let (_, rest) = fields::quoted(text);
            let end = text.len() - rest.len() + position2(rest, b' ', b' ').unwrap_or(rest.len());
            text.split_at(end)
        }
        _ => text.split_at(position(text, b' ').unwrap_or(text.len())),
    };
    // `address: reason` has no fields, while `:blackhole:` is a router's special name.
    let (last, mut rest) = match last {
        [b':', ..] => (last, rest),
        [address @ .., b':'] => (address, &text[address.len()..]),
        _ => (last, rest),
    };
    // `+all_parents` names those between: `(parent) (parent) <original>`.
    while let Some(parent) = rest.strip_prefix(b" (") {
        let end = position(parent, b')')?;
        rest = &parent[end + 1..];
    }
    let mut original: &[u8] = b"";
    if let Some(inner) = rest.strip_prefix(b" ")
        && inner.starts_with(b"<")
    {
        (original, rest) = fields::address(inner)?;
    }
    // A file name with a space.
    if !is_end(rest) {
        return Some(destination(text));
    }
    let has_domain = original.is_empty() || position(last, b'@').is_some();
    Some((if has_domain { last } else { original }, rest))
}

/// Whether the addresses end before this text.
#[inline]
fn is_end(rest: &[u8]) -> bool {
    match rest {
        [] | [b':', ..] | [b' ', b':', ..] | [b' ', _, b'=', ..] | [b' ', _, _, b'=', ..] => true,
        _ => rest.starts_with(b" routing defer (") || rest.starts_with(b" defer ("),
    }
}

/// A file or a command, and its original address.
fn destination(text: &[u8]) -> (&[u8], &[u8]) {
    const FIELDS: &[&[u8]] = &[
        b" F=<",
        b" R=",
        b" T=",
        b" P=<",
        b" routing defer (",
        b" defer (",
    ];
    let end = first_of(text, FIELDS);
    let (name, rest) = text.split_at(end);
    let original = name
        .strip_suffix(b">")
        .and_then(|name| Some(rsplit_on(name, b" <")?.1));
    (original.unwrap_or(b""), rest)
}

/// `R=… T=… H=… C="250 OK" QT=3s DT=1s`.
#[inline]
fn delivered<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> &'e mut Event<'a> {
    let mut fields = Fields::default();
    fields.read(text);
    let is_local = fields.host.is_empty() || names_lmtp(fields.transport);
    let reply = reply::parse(fields.confirmation).filter(|reply| reply.code < 400);
    let (service, direction) = agent(is_local, &fields);
    let event = slot.insert(Event::new(service, direction, Outcome::Sent));
    event.code = reply.map(|reply| reply.code);
    event.enhanced = reply.and_then(|reply| reply.enhanced);
    event.host = fields.host;
    event.sender = fields.sender;
    event.text = fields.confirmation;
    event.delays = delays(&fields);
    event
}

/// `R=… T=… defer (111): Connection refused H=… DT=1s: reason`, `routing defer (-52): reason`.
fn deferred<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Option<&'e mut Event<'a>> {
    let mut fields = Fields::default();
    let (rest, _) = fields.read(text);
    let rest = rest.strip_prefix(b"routing ").unwrap_or(rest);
    let rest = rest.strip_prefix(b"defer (")?;
    let close = position(rest, b')')?;
    let (errno, rest) = (&rest[..close], &rest[close + 1..]);
    // Negative numbers are Exim's own; others are the system's, and followed by its words for them.
    let is_system = !matches!(errno, [b'-' | b'0', ..]);
    let (mut system, mut rest) = (&b""[..], rest);
    if is_system && let Some(words) = rest.strip_prefix(b": ") {
        let end = first_of(words, &[b" H=", b" DT=", b": "]);
        (system, rest) = words.split_at(end);
    }
    let (reason, _) = fields.read(rest);
    let reason = if reason.is_empty() { system } else { reason };
    let mut reason = reason::parse(reason);
    // The system's words begin the reason, unless they are about a connection.
    if reason.kind == Kind::Text && !system.is_empty() {
        let words = reason.words;
        reason = reason::parse(system);
        reason.words = if words.is_empty() { system } else { words };
    }
    Some(failure(Outcome::Deferred, &fields, &reason, slot))
}

/// The position of the first of these patterns, each of which begins with a space or a colon; otherwise the length of
/// the text.
fn first_of(text: &[u8], patterns: &[&[u8]]) -> usize {
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(|rest| position2(rest, b' ', b':')) {
        at += found;
        if patterns.iter().any(|it| text[at..].starts_with(it)) {
            return at;
        }
        at += 1;
    }
    text.len()
}

/// `R=… T=… H=…: reason`, or the reason alone.
fn failed<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> &'e mut Event<'a> {
    let mut fields = Fields::default();
    let (reason, found) = fields.read(text);
    let reason = match found {
        true => reason,
        false => split_colon(reason).map_or(reason, |(_, reason)| reason),
    };
    let reason = reason::parse(reason);
    let outcome = match reason.kind {
        Kind::Expired => Outcome::Expired,
        _ => Outcome::Bounced,
    };
    failure(outcome, &fields, &reason, slot)
}

fn failure<'a, 'e>(
    outcome: Outcome,
    fields: &Fields<'a>,
    reason: &Reason<'a>,
    slot: &'e mut Option<Event<'a>>,
) -> &'e mut Event<'a> {
    let transport = fields.transport;
    let is_local = reason.is_lmtp
        || names_lmtp(transport)
        || !transport.is_empty()
            && fields.host.is_empty()
            && reason.host.is_empty()
            && !is_remote(transport, reason);
    let (service, direction) = agent(is_local, fields);
    let event = slot.insert(Event::new(service, direction, outcome));
    event.code = reason.code;
    event.enhanced = reason.enhanced;
    event.connect_error = reason.connect_error;
    event.host = match reason.host {
        b"" => fields.host,
        host => host,
    };
    event.sender = fields.sender;
    event.text = reason.words;
    event.delays = delays(fields);
    match reason.kind {
        // The line of the host, which comes first, counts it; the host that is named here may be another.
        Kind::Connect => {
            event.duplicate = true;
            event.host = b"";
        }
        Kind::Cached | Kind::Expired => {
            (event.code, event.enhanced, event.connect_error) = (None, None, None);
        }
        Kind::Text | Kind::Remote => {}
    }
    event
}

/// Whether a transport without a host in its record delivers to other hosts: by the reason of the failure, or else by
/// the transport's name, which the administrator chose.
fn is_remote(transport: &[u8], reason: &Reason<'_>) -> bool {
    let words = reason.words;
    match reason.kind {
        Kind::Remote => reason.connect_error != Some(ConnectError::Other),
        Kind::Connect | Kind::Expired => true,
        Kind::Cached if words.starts_with(b"retry time not reached for any host") => true,
        Kind::Cached if words.starts_with(b"Retry time not yet reached") => false,
        Kind::Cached | Kind::Text => {
            contains(transport, b"smtp")
                || contains(transport, b"remote")
                || contains(transport, b"relay")
                || contains(transport, b"smart")
                || contains(transport, b"send")
                || contains(transport, b"mx")
                || contains(transport, b"server")
                || words.starts_with(b"authentication required but ")
        }
    }
}

/// Whether the name of a transport contains `lmtp`. Most names have no `l`.
#[inline]
fn names_lmtp(transport: &[u8]) -> bool {
    let at = position(transport, b'l').unwrap_or(transport.len());
    transport[at..].windows(4).any(|it| it == b"lmtp")
}

/// The agent that delivered. Without a transport, a router or the queue runner failed.
fn agent<'a>(is_local: bool, fields: &Fields<'_>) -> (crate::parse::Service<'a>, Direction) {
    match is_local {
        true => (LOCAL, Direction::Local),
        false if fields.transport.is_empty() && fields.host.is_empty() => {
            (QUEUE, Direction::Outbound)
        }
        false => (SMTP, Direction::Outbound),
    }
}

#[inline]
fn delays(fields: &Fields<'_>) -> Delays {
    Delays {
        total: fields::microseconds(fields.queue_time),
        stages: match fields::microseconds(fields.delivery_time) {
            Some(time) => StageDelays::Transmission(time),
            None => StageDelays::None,
        },
    }
}
