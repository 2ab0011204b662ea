//! Delivery records:
//! `SESSION mta delivery evpid=ID from=<a@example.com> to=<b@example.net> rcpt=<-> source="198.51.100.1"
//! relay="192.0.2.1 (mx.example.net)" delay=1s result="Ok" stat="250 2.0.0 Ok"` since 6.0,
//! `relay: Ok for ID: session=SESSION, from=<…>, to=<…>, rcpt=<->, source=…, relay=…, delay=1s, stat=…` before.

use super::fields;
use super::server::{self, Cause};
use super::{Found, MDA, Session, State, delivering};
use crate::parse::event::{Delays, StageDelays};
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::split_on;
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
    state: &'a mut State,
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
        true => relayed(state, time, session, outcome, rest)?,
        false => stored(outcome, rest)?,
    };
    event.queue_id = id;
    Some(Found::Event(event))
}

/// Parses a record of 5.7: `evpid=ID, status=TempFail, from=<…>, …`.
pub(super) fn of_session<'a>(
    state: &'a mut State,
    time: Option<Stamp>,
    session: &'a [u8],
    text: &'a [u8],
) -> Option<Found<'a>> {
    let outcome = outcome(fields::value(text, b"status="))?;
    let mut event = relayed(state, time, session, outcome, text)?;
    event.queue_id = fields::value(text, b"evpid=");
    Some(Found::Event(event))
}

/// Parses the text after `mta delivery `.
pub(super) fn to_server<'a>(
    state: &'a mut State,
    time: Option<Stamp>,
    session: &'a [u8],
    text: &'a [u8],
) -> Option<Found<'a>> {
    // The result is only known after the addresses.
    let mut event = relayed(state, time, session, Outcome::Attempt, text)?;
    event.queue_id = fields::value(text, b"evpid=");
    Some(Found::Event(event))
}

/// Parses the text after `mda delivery `.
pub(super) fn to_store(text: &[u8]) -> Option<Found<'_>> {
    let mut event = stored(Outcome::Attempt, text)?;
    event.queue_id = fields::value(text, b"evpid=");
    Some(Found::Event(event))
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

/// What all records have: the addresses, the delay, the result and the reason.
struct Common<'a> {
    sender: &'a [u8],
    recipient: &'a [u8],
    relay: &'a [u8],
    delay: Option<u64>,
    outcome: Outcome,
    stat: &'a [u8],
}

/// Reads a record with this outcome; [`Outcome::Attempt`] if it is a field of the record.
fn common(text: &[u8], known: Outcome) -> Option<Common<'_>> {
    let (sender, rest) = fields::address(text, b"from=<")?;
    let (recipient, mut rest) = fields::address(rest, b"to=<")?;
    if let Some((_, after)) = fields::address(rest, b"rcpt=<") {
        rest = after;
    }
    // What comes before the delay is ours or from DNS; what comes after it is not.
    let (before, rest) = fields::between(rest, b"", b"delay=")?;
    let relay = match memchr::memmem::find(before, b"relay=") {
        Some(at) => {
            let relay = before[at + b"relay=".len()..].trim_ascii_end();
            fields::unquoted(relay.strip_suffix(b",").unwrap_or(relay))
        }
        None => b"",
    };
    let delay = fields::microseconds(rest.split(|byte| matches!(byte, b' ' | b',')).next()?);
    let outcome = match known {
        Outcome::Attempt => outcome(fields::value(rest, b"result="))?,
        known => known,
    };
    Some(Common {
        sender,
        recipient: without_brackets(recipient),
        relay,
        delay,
        outcome,
        stat: fields::last(rest, b"stat=")?,
    })
}

/// An address that was copied with brackets.
fn without_brackets(address: &[u8]) -> &[u8] {
    address.strip_prefix(b"<").unwrap_or(address)
}

fn relayed<'a>(
    state: &'a mut State,
    time: Option<Stamp>,
    session: &'a [u8],
    outcome: Outcome,
    text: &'a [u8],
) -> Option<Event<'a>> {
    let Common {
        sender,
        recipient,
        relay,
        delay,
        outcome,
        stat,
    } = common(text, outcome)?;
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
        sender,
        recipient,
        host: match session {
            Some(session) if !session.host.is_empty() => &session.host,
            _ => fields::host(relay),
        },
        text: stat,
        delays: Delays {
            total: delay,
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

fn stored(outcome: Outcome, text: &[u8]) -> Option<Event<'_>> {
    let Common {
        sender,
        recipient,
        delay,
        outcome,
        stat,
        ..
    } = common(text, outcome)?;
    Some(Event {
        sender,
        recipient,
        text: stat,
        delays: Delays {
            total: delay,
            stages: StageDelays::None,
        },
        ..Event::new(MDA, Direction::Local, outcome)
    })
}
