//! OpenSMTPD, 5.3 to 7.8, through syslog (tag `smtpd`) or on standard error (`smtpd -d`), where lines have no header.
//!
//! Since 6.0, a record begins with a session id and the part of the server: `smtp` (clients), `mta` (other servers) or
//! `mda` (stores of this host), followed by a word for the event, in 6.0 as `event=WORD`. Before, records began with
//! `smtp-in:`, `smtp-out:`, `relay:` or `delivery:`, and some still do. `client` parses the records about clients,
//! `server` those about connections to other servers, `delivery` the delivery records of all versions, and `fields` the
//! values in them.
//!
//! Source of the forms: the calls of `log_info` and `log_warnx` in `mta.c`, `mta_session.c`, `smtp_session.c`, `mda.c`
//! and `queue.c` of the versions 5.3 to 7.8, and the log of 6.8.
//!
//! Not in the log: a 421 to EHLO after which the remote server closed the connection; the recipients of a message whose
//! session was refused by the banner; the host of a client's reject, except in its session's first record; before 5.4
//! the replies to a greeting.

mod client;
mod delivery;
mod fields;
mod server;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::compose_prefix;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::split;
use crate::parse::{Direction, Event, Fact, Level, Line, Service};

/// The dialect.
pub(in crate::parse) struct OpenSmtpd;

/// What is known of a session, by its id.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Session {
    /// The other side, `name [address]`.
    host: Box<[u8]>,
    /// Whether the server speaks LMTP.
    is_lmtp: bool,
    /// Whether the connection was opened.
    is_connected: bool,
    /// Whether a failure of the session was already logged: a server that answers 421 closes the connection.
    has_failed: bool,
}

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct OpenSmtpdState {
    sessions: Correlated<Session, 1024>,
}

/// Connections of clients, and rejects.
const SMTP: Service<'static> = Service::of(Agent::new(Mta::OpenSmtpd, 0));
/// Deliveries to other servers.
const MTA: Service<'static> = Service::of(Agent::new(Mta::OpenSmtpd, 1));
/// Deliveries on this host.
const MDA: Service<'static> = Service::of(Agent::new(Mta::OpenSmtpd, 2));

impl Dialect for OpenSmtpd {
    const NAME: &'static str = "opensmtpd";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("smtp")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("mta")
        },
        AgentDef::named("mda"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = OpenSmtpdState;

    fn owns(tag: &[u8]) -> bool {
        tag == b"opensmtpd"
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        match tag {
            // Other servers have a program of this name.
            b"smtpd" => is_own_text(body) || is_diagnostic(body),
            // Before 5.4, each process writes its own name.
            b"transfer" => body.starts_with(b"smtp-out: ") || delivery::is_beginning(body),
            _ => Self::owns(tag),
        }
    }

    fn probe(line: &[u8]) -> Confidence {
        match is_own_text(compose_prefix::strip(line)) {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut OpenSmtpdState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        compose_prefix::split(headers, line)
    }

    fn read<'a>(
        state: &'a mut OpenSmtpdState,
        record: &Record<'a>,
        visitor: &mut impl Visitor<'a>,
    ) {
        let mut slot = None;
        let line = parse(state, record.time, record.body.trim_ascii_end(), &mut slot);
        visitor.visit(record.time, line);
    }
}

/// Whether a text has a form that only OpenSMTPD writes.
fn is_own_text(text: &[u8]) -> bool {
    match text.first() {
        Some(b'0'..=b'9' | b'a'..=b'f') => {
            split_session(text).is_some() || delivery::is_beginning(text)
        }
        Some(b's') => text.starts_with(b"smtp-in: ") || text.starts_with(b"smtp-out: "),
        Some(b'r') => delivery::is_beginning(text),
        Some(b'i') => text.starts_with(b"info: OpenSMTPD "),
        _ => false,
    }
}

/// Beginnings of the server's own messages, with their level. They are too general to identify the server.
const DIAGNOSTICS: &[(&[u8], Option<Level>)] = &[
    (b"info: ", None),
    (b"debug: ", None),
    (b"warn: ", Some(Level::Warning)),
    (b"error: ", Some(Level::Error)),
    (b"fatal: ", Some(Level::Fatal)),
    (b"version: ", None),
    (b"startup", None),
    (b"Exiting", None),
    (b"queue: ", None),
    (b"commands executed from aliases run with ", None),
    (b"mta: ", None),
    (b"smtp: ", None),
    // Traces (`smtpd -T filters`).
    (b"filter: ", None),
    (b"filter-api:", None),
    (b"filters ", None),
    (b"mproc: ", None),
    (b"ramstat: ", None),
    (b"smtpd: ", Some(Level::Warning)),
    (b"getnameinfo: ", None),
    (b"getaddrinfo: ", None),
    (b"SRS failed to decode: ", Some(Level::Warning)),
    (b"failed to push dataline", Some(Level::Warning)),
];

fn diagnostic(text: &[u8]) -> Option<Option<Level>> {
    DIAGNOSTICS
        .iter()
        .find(|(beginning, _)| text.starts_with(beginning))
        .map(|&(_, level)| level)
}

fn is_diagnostic(text: &[u8]) -> bool {
    diagnostic(text).is_some()
}

/// A record of a session, split.
struct SessionRecord<'a> {
    id: &'a [u8],
    /// `smtp`, `mta` or `mda`.
    part: &'a [u8],
    event: &'a [u8],
    rest: &'a [u8],
}

fn split_session(text: &[u8]) -> Option<SessionRecord<'_>> {
    let (id, rest) = text.split_at_checked(16)?;
    let rest = rest.strip_prefix(b" ")?;
    let is_id = id
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let (part, rest) = split(rest, b' ')?;
    if !is_id || !matches!(part, b"smtp" | b"mta" | b"mda") {
        return None;
    }
    let rest = rest.strip_prefix(b"event=").unwrap_or(rest);
    let (event, rest) = split(rest, b' ').unwrap_or((rest, b""));
    Some(SessionRecord {
        id,
        part,
        event,
        rest,
    })
}

/// Parses a record.
fn parse<'a, 'e>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some(SessionRecord {
        id,
        part,
        event,
        rest,
    }) = split_session(text)
    {
        let found = match (part, event) {
            (b"smtp", _) => client::parse(state, time, id, event, rest),
            (b"mta", b"delivery") => delivery::to_server(state, time, id, rest),
            (b"mda", b"delivery") => delivery::to_store(rest),
            (b"mta", _) => server::parse(state, time, id, event, rest),
            _ => None,
        };
        return line(found, slot);
    }
    if let Some(rest) = text.strip_prefix(b"smtp-in: ") {
        return line(client::parse_old(state, time, rest), slot);
    }
    if let Some(rest) = text.strip_prefix(b"smtp-out: ") {
        return line(server::parse_old(state, time, rest), slot);
    }
    if delivery::is_beginning(text) {
        return line(delivery::parse_old(state, time, text), slot);
    }
    match diagnostic(text) {
        Some(level) => Line::Noise(level.map(|level| Fact::Diagnostic(Mta::OpenSmtpd, level))),
        None => Line::Unmatched,
    }
}

fn line<'a, 'e>(found: Option<Found<'a>>, slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    match found {
        Some(Found::Event(event)) => Line::Event(slot.insert(event)),
        Some(Found::Noise(fact)) => Line::Noise(fact),
        None => Line::Unmatched,
    }
}

/// A parsed record.
enum Found<'a> {
    Event(Event<'a>),
    Noise(Option<Fact<'a>>),
}

/// The agent that delivers to other servers, or by LMTP to a store.
fn delivering(is_lmtp: bool) -> (Service<'static>, Direction) {
    match is_lmtp {
        true => (MTA, Direction::Local),
        false => (MTA, Direction::Outbound),
    }
}
