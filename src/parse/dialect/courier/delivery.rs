//! Deliveries: `id=ID,from=<a@example.com>,addr=<b@example.net>: 450-4.3.2 first`, `…: 450 4.3.2 last`, `…,status: deferred`.
//!
//! The reply is counted at its last line, the delivery at its outcome.

use super::Attempt;
use super::{COURIERD, CourierState, ESMTP, Found, LOCAL, Part};
use crate::parse::correlate::kept;
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::{self, position};
use crate::parse::system_error;
use crate::parse::{ConnectError, Direction, Event, Outcome, Service};

/// The addresses at the beginning of a line.
#[derive(Clone, Copy)]
struct Envelope<'a> {
    /// The beginning of the line, up to the recipient.
    key: &'a [u8],
    id: &'a [u8],
    sender: &'a [u8],
    recipient: &'a [u8],
}

/// Splits the beginning of a line from what it says.
fn split(text: &[u8]) -> Option<(Envelope<'_>, &[u8])> {
    let rest = text.strip_prefix(b"id=")?;
    let (id, rest) = rest.split_at(position(rest, b',')?);
    let (sender, rest) = scan::address(rest.strip_prefix(b",from=")?)?;
    let (recipient, rest) = scan::address(rest.strip_prefix(b",addr=")?)?;
    let envelope = Envelope {
        key: &text[..text.len() - rest.len()],
        id,
        sender,
        recipient,
    };
    Some((envelope, rest))
}

/// Parses a line that begins with `id=`.
pub(super) fn parse<'a>(
    state: &'a mut CourierState,
    time: Option<Stamp>,
    part: Part,
    text: &'a [u8],
) -> Option<Found<'a>> {
    let Some((envelope, rest)) = split(text) else {
        // `id=ID,new rcpt list - module=…` and the like, or cut off.
        return (part == Part::Queue).then_some(Found::Noise(None));
    };
    let rest = match rest.strip_prefix(b",size=") {
        Some(size) => &size[position(size, b',')?..],
        None => rest,
    };
    if let Some(words) = rest.strip_prefix(b": ") {
        return Some(reason(state, time, part, envelope, words));
    }
    if let Some(words) = rest.strip_prefix(b",success: ") {
        let mut event = event(part, envelope, Outcome::Sent);
        let pending = state.attempts.get(envelope.key);
        if let Some(attempt) = pending.filter(|it| !it.is_complete && !it.has_outcome) {
            let reply = reply::parse(&attempt.text).filter(|it| it.code < 400);
            event.code = reply.map(|it| it.code);
            event.enhanced = reply.and_then(|it| it.enhanced);
        }
        let attempt = Attempt {
            has_outcome: true,
            ..Attempt::default()
        };
        state.attempts.insert(envelope.key, time, attempt);
        let named = words.strip_prefix(b"delivered: ");
        event.host = named.unwrap_or(b"");
        event.text = words;
        return Some(Found::Event(event));
    }
    let outcome = match rest.strip_prefix(b",status: ")? {
        b"success" => Outcome::Sent,
        b"deferred" => Outcome::Deferred,
        b"failure" => Outcome::Bounced,
        _ => return None,
    };
    status(state, part, envelope, outcome)
}

/// The outcome of a delivery, after its reply.
fn status<'a>(
    state: &'a mut CourierState,
    part: Part,
    envelope: Envelope<'a>,
    outcome: Outcome,
) -> Option<Found<'a>> {
    let mut event = event(part, envelope, outcome);
    let had_outcome = match state.attempts.get_mut(envelope.key) {
        Some(attempt) => std::mem::replace(&mut attempt.has_outcome, true),
        None => false,
    };
    if had_outcome && outcome == Outcome::Sent {
        // After `,success: delivered: …`.
        state.attempts.remove(envelope.key);
        return Some(Found::Noise(None));
    }
    if let Some(attempt) = state.attempts.get(envelope.key).filter(|_| !had_outcome)
        && outcome != Outcome::Sent
    {
        let is_reply = is_remote_reply(part, &attempt.text);
        event.text = &attempt.text;
        event.connect_error = connect_error(&attempt.text);
        event.duplicate = event.connect_error.is_some() || is_reply && attempt.is_complete;
        if is_reply && !attempt.is_complete {
            // The last line of the reply has no text after its code, or was lost.
            let reply = reply::parse(&attempt.text);
            event.code = reply.map(|it| it.code);
            event.enhanced = reply.and_then(|it| it.enhanced);
        }
    }
    Some(Found::Event(event))
}

/// One line of a reply, or Courier's words.
fn reason<'a>(
    state: &'a mut CourierState,
    time: Option<Stamp>,
    part: Part,
    envelope: Envelope<'a>,
    words: &'a [u8],
) -> Found<'a> {
    let is_reply = is_remote_reply(part, words);
    // A dash after the code: more lines follow. A code without a text may be a line that was cut off before the dash;
    // it counts with the outcome.
    let is_last = !is_reply || words.get(3).is_some_and(|&byte| byte != b'-');
    let is_first = state
        .attempts
        .get(envelope.key)
        .is_none_or(|it| it.is_complete || it.has_outcome);
    let is_usual = is_first && is_last && reply::parse(words).is_some_and(|it| it.code < 400);
    if is_usual {
        return Found::Event(replied(part, envelope, words));
    }
    let text = match state.attempts.get(envelope.key) {
        Some(attempt) if !is_first => kept(&[&attempt.text, words].join(&b' ')),
        _ => kept(words),
    };
    let attempt = Attempt {
        text,
        is_complete: is_last,
        has_outcome: false,
    };
    state.attempts.insert(envelope.key, time, attempt);
    if !is_last {
        return Found::Noise(None);
    }
    if is_reply {
        let text = match state.attempts.get(envelope.key) {
            Some(attempt) if !is_first => &attempt.text,
            _ => words,
        };
        return Found::Event(replied(part, envelope, text));
    }
    let Some(error) = connect_error(words) else {
        return Found::Noise(None);
    };
    let mut event = event(part, envelope, Outcome::Attempt);
    event.text = words;
    event.connect_error = Some(error);
    event.code = error.code();
    Found::Event(event)
}

/// A reply of the other side.
fn replied<'a>(part: Part, envelope: Envelope<'a>, text: &'a [u8]) -> Event<'a> {
    let reply = reply::parse(text);
    Event {
        code: reply.map(|it| it.code),
        enhanced: reply.and_then(|it| it.enhanced),
        text,
        ..event(part, envelope, Outcome::Attempt)
    }
}

/// Whether a text is a line of another server's reply, or of a program's. Courier has replies of its own, too.
fn is_remote_reply(part: Part, text: &[u8]) -> bool {
    const OWN: &[&[u8]] = &[
        b"500 Unable to set minimum security level",
        b"553-The recipient's mail server does not support",
        b"553-messages with international Unicode",
        b"553-E-mail messages in the international",
        b"553 Unable to deliver Unicode E-mail",
    ];
    // The record may have been cut off.
    let is_own = part == Part::Queue
        || OWN
            .iter()
            .any(|it| text.starts_with(it) || it.starts_with(text));
    !is_own && reply::parse(text).is_some()
}

/// The connection error in Courier's words.
fn connect_error(text: &[u8]) -> Option<ConnectError> {
    const WORDS: &[(&[u8], ConnectError)] = &[
        (
            b"Did not find a suitable MX for a connection",
            ConnectError::Unreachable,
        ),
        (
            b"Network connection shut down by the remote mail server",
            ConnectError::Reset,
        ),
        (b"Connection closed by remote host", ConnectError::Reset),
        (
            b"Connection unexpectedly closed by remote host",
            ConnectError::Reset,
        ),
        (b"No such domain", ConnectError::Dns),
        (b"DNS lookup failed", ConnectError::Dns),
        (b"This domain's DNS violates RFC 1035", ConnectError::Dns),
        (
            b"Remote mail server disconnected after receiving the STARTTLS command",
            ConnectError::Tls,
        ),
        (
            b"500 Unable to set minimum security level",
            ConnectError::Tls,
        ),
        (b"couriertls: ", ConnectError::Tls),
    ];
    WORDS
        .iter()
        .find(|(words, _)| text.starts_with(words))
        .map(|&(_, error)| error)
        // A local failure, such as `Permission denied`, is none of a connection.
        .or_else(|| system_error::connect_error(text).filter(|it| *it != ConnectError::Other))
}

fn event<'a>(part: Part, envelope: Envelope<'a>, outcome: Outcome) -> Event<'a> {
    let (service, direction) = agent(part);
    Event {
        queue_id: envelope.id,
        sender: envelope.sender,
        recipient: envelope.recipient,
        ..Event::new(service, direction, outcome)
    }
}

fn agent(part: Part) -> (Service<'static>, Direction) {
    match part {
        Part::Local => (LOCAL, Direction::Local),
        Part::Queue => (COURIERD, Direction::Local),
        Part::Client | Part::Server | Part::Other => (ESMTP, Direction::Outbound),
    }
}
