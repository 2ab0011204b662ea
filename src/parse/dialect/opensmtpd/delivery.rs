//! Delivery records:
//! `SESSION mta delivery evpid=ID from=<a@example.com> to=<b@example.net> rcpt=<-> source="198.51.100.1"
//! relay="192.0.2.1 (mx.example.net)" delay=1s result="Ok" stat="250 2.0.0 Ok"` since 6.0,
//! `relay: Ok for ID: session=SESSION, from=<…>, to=<…>, rcpt=<->, source=…, relay=…, delay=1s, stat=…` before.

use super::fields;
use super::server::{self, Cause};
use super::{Found, MDA, OpenSmtpdState, Session, delivering};
use crate::parse::event::{Delays, StageDelays};
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::split_on;
use crate::parse::system_error::connect_error;
use crate::parse::{Direction, Event, Outcome};

/// Beginnings of the records before 6.0, and of those about expired messages in all versions.
const OLD: &[&[u8]] = &[b"relay: ", b"delivery: "];

/// Whether a text is a delivery record of a version before 6.0.
pub(super) fn is_beginning(text: &[u8]) -> bool {
    split_old(text).is_some()
}

/// `relay: TempFail for ID: …`, split.
struct Old<'a> {
    /// Whether the delivery is to another server.
    is_relay: bool,
    result: &'a [u8],
    id: &'a [u8],
    /// The text after the envelope's id.
    rest: &'a [u8],
}

fn split_old(text: &[u8]) -> Option<Old<'_>> {
    let kind = OLD.iter().position(|it| text.starts_with(it))?;
    let (result, rest) = split_on(&text[OLD[kind].len()..], b" for ")?;
    let (id, rest) = rest.split_at_checked(16)?;
    let rest = rest.strip_prefix(b": ")?;
    let is_id = id.iter().all(u8::is_ascii_hexdigit);
    is_id.then_some(Old {
        is_relay: kind == 0,
        result,
        id,
        rest,
    })
}

/// Parses a record before 6.0.
pub(super) fn parse_old<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Found<'a>> {
    let Old {
        is_relay,
        result,
        id,
        rest,
    } = split_old(text)?;
    let Some(outcome) = outcome(result) else {
        // Removed by the administrator.
        return Some(Found::Noise(None));
    };
    let session = match rest.strip_prefix(b"session=") {
        Some(session) => session.get(..16).unwrap_or(b""),
        None => b"",
    };
    let mut event = match is_relay {
        true => relayed(state, time, session, Some(outcome), rest)?,
        false => stored(Some(outcome), rest)?,
    };
    event.queue_id = id;
    Some(Found::Event(event))
}

/// Parses a record of 5.7: `evpid=ID, status=TempFail, from=<…>, …`.
pub(super) fn of_session<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    session: &'a [u8],
    text: &'a [u8],
) -> Option<Found<'a>> {
    relayed(state, time, session, None, text).map(Found::Event)
}

/// Parses the text after `mta delivery `.
pub(super) fn to_server<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    session: &'a [u8],
    text: &'a [u8],
) -> Option<Found<'a>> {
    relayed(state, time, session, None, text).map(Found::Event)
}

/// Parses the text after `mda delivery `.
pub(super) fn to_store(text: &[u8]) -> Option<Found<'_>> {
    stored(None, text).map(Found::Event)
}

/// The outcome for the word of a result.
fn outcome(result: &[u8]) -> Option<Outcome> {
    Some(match result {
        b"Ok" => Outcome::Sent,
        b"TempFail" => Outcome::Deferred,
        b"PermFail" => Outcome::Bounced,
        b"Expire" => Outcome::Expired,
        _ => return None,
    })
}

/// The fields of a record. What it does not have is empty.
#[derive(Default)]
struct Fields<'a> {
    id: &'a [u8],
    sender: &'a [u8],
    recipient: &'a [u8],
    relay: &'a [u8],
    delay: Option<u64>,
    result: &'a [u8],
    stat: Option<&'a [u8]>,
}

/// Reads the fields of a record.
fn read(text: &[u8]) -> Fields<'_> {
    let (mut fields, mut rest) = (Fields::default(), text);
    while let Some((key, value, after)) = fields::next(rest) {
        match key {
            b"evpid" => fields.id = value,
            b"from" => fields.sender = value,
            b"to" => fields.recipient = value.strip_prefix(b"<").unwrap_or(value),
            b"relay" => fields.relay = value,
            b"delay" => fields.delay = fields::microseconds(value),
            b"result" | b"status" => fields.result = value,
            b"stat" => fields.stat = Some(value),
            _ => {}
        }
        rest = after;
    }
    fields
}

/// A delivery to another server. The outcome is `None` if it is a field of the record.
fn relayed<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    session: &'a [u8],
    outcome: Option<Outcome>,
    text: &'a [u8],
) -> Option<Event<'a>> {
    let fields = read(text);
    let stat = fields.stat?;
    let outcome = match outcome {
        Some(known) => known,
        None => self::outcome(fields.result)?,
    };
    let reply = reply::parse(stat).filter(|it| (it.code < 400) == (outcome == Outcome::Sent));
    if outcome != Outcome::Sent {
        match state.sessions.get_mut(session) {
            Some(session) => session.has_failed = true,
            None => {
                let failed = Session {
                    has_failed: true,
                    ..Session::default()
                };
                state.sessions.insert(session, time, failed);
            }
        }
    }
    let session = state.sessions.get(session);
    let (service, direction) = delivering(session.is_some_and(|it| it.is_lmtp));
    let mut event = Event {
        code: reply.map(|it| it.code),
        enhanced: reply.and_then(|it| it.enhanced),
        queue_id: fields.id,
        sender: fields.sender,
        recipient: fields.recipient,
        host: match session {
            Some(session) if !session.host.is_empty() => &session.host,
            _ => fields::host(fields.relay),
        },
        text: stat,
        delays: Delays {
            total: fields.delay,
            stages: StageDelays::None,
        },
        ..Event::new(service, direction, outcome)
    };
    if matches!(outcome, Outcome::Deferred | Outcome::Bounced) && reply.is_none() {
        // The line about the session, or about the lookup of its server, counts it.
        let cause = server::cause(stat);
        event.connect_error = cause.and_then(Cause::connect_error);
        event.duplicate = cause.is_some();
    }
    Some(event)
}

fn stored(outcome: Option<Outcome>, text: &[u8]) -> Option<Event<'_>> {
    let fields = read(text);
    let outcome = match outcome {
        Some(known) => known,
        None => self::outcome(fields.result)?,
    };
    let stat = fields.stat?;
    let mut event = Event {
        queue_id: fields.id,
        sender: fields.sender,
        recipient: fields.recipient,
        text: stat,
        delays: Delays {
            total: fields.delay,
            stages: StageDelays::None,
        },
        ..Event::new(MDA, Direction::Local, outcome)
    };
    if outcome != Outcome::Sent {
        lmtp_failure(&mut event);
    }
    Some(event)
}

/// Adds what the LMTP client `mail.lmtp` says of a failure:
/// `Error (temporary failure: "mail.lmtp: LMTP server error: 452 4.2.2 Over quota")`, `… mail.lmtp: connect: Connection refused")`.
fn lmtp_failure(event: &mut Event<'_>) {
    let Some((_, words)) = split_on(event.text, b"mail.lmtp: ") else {
        return;
    };
    let words = words.strip_suffix(b"\")").unwrap_or(words);
    if let Some(said) = words.strip_prefix(b"LMTP server error: ") {
        if let Some(reply) = reply::parse(said).filter(|reply| reply.code >= 400) {
            event.code = Some(reply.code);
            event.enhanced = reply.enhanced;
            event.text = said;
        }
    } else if let Some(error) = connect_error(words.strip_prefix(b"connect: ").unwrap_or(words)) {
        event.code = error.code();
        event.connect_error = Some(error);
    }
}
