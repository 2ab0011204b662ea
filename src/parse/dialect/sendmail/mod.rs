//! Sendmail, 8.9 to 8.18, through syslog; it has no log file of its own.
//!
//! A record is a queue id, a colon and a text. The beginning of the text decides which file parses it: `delivery` the
//! delivery records (`to=…, stat=…`), `reason` why a delivery failed, `ruleset` and `milter` what a ruleset or a milter
//! decided about a client, `client` all else about connections of clients, `notice` notices to senders and diagnostics,
//! and `noise` the other forms. `fields` has the `key=value` pairs of all records.
//!
//! Source of the forms: the calls of `sm_syslog` in Sendmail's sources, `logdelivery` and `giveresponse` in `deliver.c`,
//! and the log of 8.17.
//!
//! Not in the log: the code and the text after the first line of a successful delivery's reply; the reply of a host
//! when a later one takes the message; the codes of refused addresses (`<a@example.net>... User unknown`), of messages
//! that are too large and of commands out of order. Before 8.17 there is no `reply=`; of permanent failures only
//! Sendmail's words for them are logged then.

mod client;
mod delivery;
mod fields;
mod fortimail;
mod milter;
mod noise;
mod notice;
mod reason;
mod ruleset;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::kinds::Stamp;
use crate::parse::scan::split_on;
use crate::parse::{Direction, Event, Fact, Line, Outcome, Service, Stage};

/// The dialect.
pub(in crate::parse) struct Sendmail;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct SendmailState {
    /// The last reject of each message: its code, and the record that logged it.
    rejected: Correlated<(Option<u16>, RejectRecord), 512>,
}

/// Connections of clients, and rejects.
const MTA: Service<'static> = Service::of(Agent::new(Mta::Sendmail, 0));
/// Mailers that deliver to other servers.
const SMTP: Service<'static> = Service::of(Agent::new(Mta::Sendmail, 1));
/// Mailers that deliver on this host: `local`, `prog`, `*file*` and others.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::Sendmail, 2));

impl Dialect for Sendmail {
    const NAME: &'static str = "sendmail";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("mta")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("smtp")
        },
        AgentDef::named("local"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = SendmailState;

    fn owns(tag: &[u8]) -> bool {
        match tag.strip_prefix(b"sendmail") {
            Some([]) => true,
            // Names of further daemons, as `-L` sets them: `sendmail-in`.
            Some([next, ..]) => !next.is_ascii_alphabetic(),
            // `sm-mta`, `sm-msp-queue`, `sm-acceptingconnections`, `sm-que`.
            None => tag.starts_with(b"sm-"),
        }
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        let is_fortimail = || may_be_fortimail(tag) && fortimail::message(body).is_some();
        Self::owns(tag)
            || !tag.starts_with(b"sendmail") && (is_delivery_record(body) || is_fortimail())
    }

    fn probe(_: &[u8]) -> Confidence {
        Confidence::No
    }

    fn read<'a>(state: &'a mut SendmailState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let message = match may_be_fortimail(record.tag) {
            true => fortimail::message(record.body),
            false => None,
        };
        let (id, text) = match message {
            None => split_id(record.body),
            Some(Some(message)) => message,
            Some(None) => return visitor.noise(record.time, None),
        };
        let line = parse(state, record.time, id, text, &mut slot);
        visitor.visit(record.time, line);
    }
}

/// Whether a line with this tag may be FortiMail's, whose time looks like a tag.
fn may_be_fortimail(tag: &[u8]) -> bool {
    tag.is_empty() || split_on(tag, b"time=").is_some()
}

/// Whether a text is a delivery record, whatever its tag: no other server writes `delay=` and `stat=`.
fn is_delivery_record(body: &[u8]) -> bool {
    let (id, text) = split_id(body);
    text.starts_with(b"to=")
        && split_on(text, b" delay=").is_some_and(|(_, rest)| {
            let has_mailer = || split_on(rest, b" mailer=").is_some();
            split_on(rest, b" stat=").is_some() && (!id.is_empty() || has_mailer())
        })
}

/// The queue id of a record, or nothing, and its text. Records about no message have `NOQUEUE` or nothing before their
/// text.
fn split_id(body: &[u8]) -> (&[u8], &[u8]) {
    let length = body
        .iter()
        .take(24)
        .position(|byte| !byte.is_ascii_alphanumeric())
        .unwrap_or(body.len().min(24));
    let (word, rest) = body.split_at(length);
    let Some(text) = rest.strip_prefix(b": ") else {
        return (b"", body);
    };
    match word {
        b"NOQUEUE" | b"" => (b"", text),
        // Queue ids contain a digit; a word before a colon is none.
        _ if length >= 6 && word.iter().any(u8::is_ascii_digit) => (word, text),
        _ => (b"", body),
    }
}

/// Parses the text of a record.
#[inline]
fn parse<'a, 'e>(
    state: &mut SendmailState,
    time: Option<Stamp>,
    id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let found = match text.first() {
        Some(b't') if text.starts_with(b"to=") => {
            return delivery::parse(state, id, &text[3..], slot);
        }
        Some(b'f') if text.starts_with(b"from=") => client::accepted(id, &text[5..]),
        Some(b'r') if text.starts_with(b"ruleset=") => ruleset::parse(&text[8..]),
        Some(b'M' | b'm') => milter::parse(text),
        Some(b'<') => client::refused_address(text),
        Some(b'-') if text.starts_with(b"--- ") => client::transcript(&text[4..]),
        _ => None,
    };
    let found = found
        .or_else(|| notice::parse(text))
        .or_else(|| client::parse(text));
    match found {
        Some(Found::Event(event)) => {
            let event = slot.insert(event);
            event.queue_id = id;
            if event.outcome == Outcome::Rejected && is_repeated(state, time, event, text) {
                return Line::Noise(None);
            }
            Line::Event(event)
        }
        Some(Found::Noise(fact)) => Line::Noise(fact),
        None if noise::is_noise(text) => Line::Noise(None),
        None => Line::Unmatched,
    }
}

/// A record that is no delivery record.
enum Found<'a> {
    Event(Event<'a>),
    Noise(Option<Fact<'a>>),
}

/// The kind of a record about a reject. One reject may have several of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum RejectRecord {
    /// `milter=NAME, action=rcpt, reject=…`.
    OfMilter,
    /// `--- 550 …`, the reply itself, at high log levels.
    Reply,
    /// Any other.
    Decision,
}

/// Whether a reject repeats that of the record before it: a milter's decision is logged as `milter=NAME, …` and then as
/// `Milter: …`, and at high log levels each reply once more.
fn is_repeated(
    state: &mut SendmailState,
    time: Option<Stamp>,
    event: &Event<'_>,
    text: &[u8],
) -> bool {
    if event.queue_id.is_empty() {
        return false;
    }
    let kind = match text {
        _ if text.starts_with(b"milter=") => RejectRecord::OfMilter,
        _ if text.starts_with(b"--- ") => RejectRecord::Reply,
        _ => RejectRecord::Decision,
    };
    let code = event.code;
    let repeated = match state.rejected.get(event.queue_id) {
        Some(&(before, RejectRecord::OfMilter)) => {
            kind == RejectRecord::Reply && before == code || text.starts_with(b"Milter: ")
        }
        Some(&(before, RejectRecord::Decision)) => kind == RejectRecord::Reply && before == code,
        Some(&(before, RejectRecord::Reply)) => {
            kind != RejectRecord::Reply && (code.is_none() || before == code)
        }
        None => false,
    };
    let kind = match repeated {
        true => RejectRecord::Decision,
        false => kind,
    };
    state.rejected.insert(event.queue_id, time, (code, kind));
    repeated
}

/// A reject by our server with this reason: the code counts if the reason begins with it.
fn rejected<'a>(stage: Stage, host: &'a [u8], reason: &'a [u8]) -> Event<'a> {
    let reply = crate::parse::reply::parse(reason).filter(|reply| reply.code >= 400);
    Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        host,
        text: reason,
        stage: Some(stage),
        ..Event::new(MTA, Direction::Inbound, Outcome::Rejected)
    }
}

/// Whether the text begins with one of these. Comparing the first byte excludes nearly all of them.
fn begins_with(text: &[u8], beginnings: &[&[u8]]) -> bool {
    beginnings
        .iter()
        .any(|words| words.first() == text.first() && text.starts_with(words))
}
