//! ZoneMTA, versions 1 to 3: what npmlog writes (`info Sender/default/123[1] id=… …`), on standard output or through
//! syslog, and the GELF records of its log of messages.
//!
//! `sender` has the records of the processes that deliver, `reason` the failures that ZoneMTA found itself, `gelf` the
//! log of messages.
//!
//! Source of the forms: the log calls in ZoneMTA's lib/sender.js, lib/smtp-interface.js and lib/mail-drop.js, and the errors of
//! mx-connect. The log has no replies of ZoneMTA to its clients.

mod gelf;
mod reason;
mod sender;

use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{compose_prefix, flat_json, json_time};
use crate::parse::kinds::Stamp;
use crate::parse::scan::{split, split_on};
use crate::parse::{Direction, Event, Fact, Level, Line, Outcome, Service, Stage};

/// The dialect.
pub(in crate::parse) struct ZoneMta;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct ZoneMtaState {
    /// Deliveries with a failed connection that has a record of its own.
    failed: Correlated<(), 1024>,
}

/// The processes that accept messages, `SMTP/…` in the log.
const SMTP: Service<'static> = Service::of(Agent::new(Mta::ZoneMta, 0));
/// The processes that deliver, `Sender/…` in the log.
const SENDER: Service<'static> = Service::of(Agent::new(Mta::ZoneMta, 1));
/// The queue, `Queue/…` in the log.
const QUEUE: Service<'static> = Service::of(Agent::new(Mta::ZoneMta, 2));

impl Dialect for ZoneMta {
    const NAME: &'static str = "zone-mta";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("smtp")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("sender")
        },
        AgentDef::named("queue"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/zone-mta.log"];

    type State = ZoneMtaState;

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        matches!(tag, b"zone-mta" | b"zonemta")
            || Entry::of(body).is_some_and(|entry| entry.prefix.starts_with(b"Sender/"))
    }

    fn probe(line: &[u8]) -> Confidence {
        let is_own = match line.first() {
            Some(_) if flat_json::is_flat(line) => gelf::is_record(line),
            Some(_) => {
                let line = compose_prefix::strip(line);
                let line = match line {
                    [b'2', _, _, _, b'-', ..] => {
                        split(line, b' ').map_or(line, |(_, rest)| rest.trim_ascii_start())
                    }
                    _ => line,
                };
                Entry::of(line).is_some_and(|entry| entry.is_of_process())
            }
            None => false,
        };
        match is_own {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut ZoneMtaState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        if flat_json::is_flat(line) {
            let time = flat_json::member(line, b"timestamp").and_then(json_time::stamp);
            return (time, line);
        }
        let (read, line) = compose_prefix::split(headers, line);
        let (time, body) = headers.dated_or_none(line);
        (time.or(read), body)
    }

    fn read<'a>(state: &'a mut ZoneMtaState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = match Entry::of(record.body) {
            Some(entry) => parse(state, &entry, record.time, &mut slot),
            None if flat_json::is_flat(record.body) => gelf::parse(record.body, &mut slot),
            // The stack of an error.
            None if record.body.starts_with(b"    at ") => Line::Noise(None),
            None => Line::Unmatched,
        };
        visitor.visit(record.time, line);
    }
}

/// One line of npmlog: its level, the part of the server that wrote it, and the text.
struct Entry<'a> {
    level: &'a [u8],
    prefix: &'a [u8],
    text: &'a [u8],
}

impl<'a> Entry<'a> {
    /// The levels as npmlog displays them.
    const LEVELS: [&'static [u8]; 8] = [
        b"info", b"ERR!", b"verb", b"WARN", b"http", b"sill", b"notice", b"timing",
    ];

    fn of(line: &'a [u8]) -> Option<Self> {
        // What versions before 1.7.1 write to syslog themselves: `(Sender/default/123) text`.
        if let Some(rest) = line.strip_prefix(b"(") {
            let (prefix, text) = split_on(rest, b") ")?;
            return Some(Entry {
                level: b"info",
                prefix,
                text,
            });
        }
        let (level, rest) = split(line, b' ')?;
        if !Self::LEVELS.contains(&level) {
            return None;
        }
        let (prefix, text) = split(rest, b' ').unwrap_or((rest, b""));
        Some(Entry {
            level,
            prefix,
            text,
        })
    }

    /// Whether the prefix is that of a process of ZoneMTA: `Sender/default/123[1]`.
    fn is_of_process(&self) -> bool {
        let begins = |name: &[u8]| self.prefix.starts_with(name);
        let has_number = self.prefix.iter().any(u8::is_ascii_digit);
        has_number
            && (begins(b"Sender/") || begins(b"SMTP/") || begins(b"Queue/") || begins(b"Child/"))
    }

    /// Noise, with its level if it is a diagnostic.
    fn noise<'l, 'e>(&self) -> Line<'l, 'e> {
        Line::Noise(match self.level {
            b"ERR!" => Some(Fact::Diagnostic(Mta::ZoneMta, Level::Error)),
            b"WARN" => Some(Fact::Diagnostic(Mta::ZoneMta, Level::Warning)),
            _ => None,
        })
    }
}

fn parse<'a, 'e>(
    state: &mut ZoneMtaState,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if entry.prefix.starts_with(b"Sender/") {
        return sender::parse(&mut state.failed, entry, time, slot);
    }
    if entry.prefix.starts_with(b"SMTP/") {
        return match split(entry.text, b' ') {
            Some((b"CONNECTION", _)) => Line::Noise(Some(Fact::Connected(SMTP))),
            Some((b"AUTHFAIL", _)) => Line::Noise(Some(Fact::AuthFailed(SMTP, Level::Warning))),
            _ => entry.noise(),
        };
    }
    if entry.prefix.starts_with(b"Queue/") {
        return queue(entry, slot);
    }
    entry.noise()
}

/// `id=… ID QUEUED (message-id=… from=… to=a,b src=…)`, `id=… ID NOQUEUE store "reason" (…)`.
fn queue<'a, 'e>(entry: &Entry<'a>, slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let text = sender::after_session(entry.text);
    let Some((id, rest)) = split(text, b' ') else {
        return entry.noise();
    };
    if rest.starts_with(b"QUEUED (") {
        let to = split_on(rest, b" to=").map_or(&b""[..], |(_, to)| to);
        let to = split(to, b' ').map_or(to, |(to, _)| to);
        let recipients = to.split(|&byte| byte == b',').filter(|it| !it.is_empty());
        return Line::Noise(Some(Fact::Accepted {
            service: SMTP,
            queue_id: b"",
            sender: b"",
            client: b"",
            user: b"",
            size: None,
            recipients: NonZeroU32::new(u32::try_from(recipients.count()).unwrap_or(u32::MAX)),
            tls: None,
        }));
    }
    let Some(reason) = rest.strip_prefix(b"NOQUEUE ") else {
        return entry.noise();
    };
    let reason = split(reason, b'"').map_or(reason, |(_, reason)| reason);
    let event = slot.insert(Event::new(QUEUE, Direction::Inbound, Outcome::Rejected));
    event.queue_id = id;
    event.stage = Some(Stage::EndOfMessage);
    event.text = split_on(reason, b"\" (").map_or(reason, |(reason, _)| reason);
    Line::Event(event)
}
