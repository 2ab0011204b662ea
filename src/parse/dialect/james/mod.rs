//! Apache James 3.0 to 3.9: `james.log`, the files per component of its Spring application (`mailetcontainer.log`,
//! `smtpserver.log`), and JSON, as Logback's `JsonEncoder`, Jackson's and Logstash's layouts write it.
//!
//! `frame` splits a line into level, logger and message, in the layouts of the configurations that James comes with.
//! `delivery` reads messages of remote and local delivery, `session` those of the SMTP server, and `repeats` finds replies
//! that are logged several times.
//!
//! Source of the forms: the calls of the loggers in `mailets/remote/delivery`, `mailets/delivery`, `protocols/smtp` and
//! `smtpserver`, and the messages of Jakarta Mail's exceptions.
//!
//! Not in the log: replies to accepted messages. Replies to failed ones are only logged with `<debug>true</debug>` in the
//! configuration of `RemoteDelivery`, at the level DEBUG, or in JSON. The files of Logback have no date.

mod delivery;
mod frame;
mod repeats;
mod session;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::{Event, Visitor};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{compose_prefix, flat_json};
use crate::parse::kinds::Stamp;
use crate::parse::{Fact, Level, Line, Service};

use frame::{Framed, Severity};
use repeats::Repeats;

/// The dialect.
pub(in crate::parse) struct James;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct JamesState {
    repeats: Repeats,
}

/// The servers for SMTP and LMTP.
const SERVER: Service<'static> = Service::of(Agent::new(Mta::James, 0));
/// The mailet `RemoteDelivery`.
const REMOTE: Service<'static> = Service::of(Agent::new(Mta::James, 1));
/// The mailet `LocalDelivery`.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::James, 2));

impl Dialect for James {
    const NAME: &'static str = "james";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "smtpserver",
            accepts_clients: true,
            authenticates: true,
            delivers: false,
        },
        AgentDef {
            name: "RemoteDelivery",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
        AgentDef {
            name: "LocalDelivery",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[
        "/var/log/james/james.log",
        "/var/log/james/mailetcontainer.log",
        "/var/log/james/smtpserver.log",
        "/opt/james/log/mailetcontainer.log",
        "/opt/james/log/smtpserver.log",
    ];

    type State = JamesState;

    fn claims(_tag: &[u8], body: &[u8]) -> bool {
        Self::probe(body) == Confidence::Certain
    }

    fn probe(line: &[u8]) -> Confidence {
        let line = frame::without_wrapper(compose_prefix::strip(line));
        let logger = match flat_json::is_flat(line) {
            true => frame::members(line).logger,
            false => match frame::split(line) {
                Some((_, framed)) => framed.logger,
                None => return Confidence::No,
            },
        };
        match frame::is_own_logger(logger) {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _state: &mut JamesState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (time, line) = compose_prefix::split(headers, line);
        let line = frame::without_wrapper(line);
        (frame::time(headers, line).or(time), line)
    }

    fn read<'a>(state: &'a mut JamesState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let is_json = flat_json::is_flat(record.body);
        let framed = match is_json {
            true => Some(frame::members(record.body)),
            false => frame::split(record.body).map(|(_, framed)| framed),
        };
        let line = match framed {
            Some(framed) => {
                state.repeats.begin_record();
                parse(&mut state.repeats, &framed, &mut slot)
            }
            // The rest of a message of several lines, or a stack trace.
            None => match delivery::exception(&mut state.repeats, record.body) {
                Some(event) => Line::Event(slot.insert(event)),
                None => Line::Noise(None),
            },
        };
        visitor.visit(record.time, line);
    }
}

/// Parses a message.
fn parse<'a, 'e>(
    repeats: &mut Repeats,
    framed: &Framed<'a>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    // Libraries, and the mailets of the administrator.
    let parsed = match frame::is_own_logger(framed.logger) {
        true => delivery::parse(repeats, framed).or_else(|| session::parse(framed)),
        false => return Line::Noise(None),
    };
    match parsed {
        Some(Parsed::Event(event)) => return Line::Event(slot.insert(event)),
        Some(Parsed::Noise(fact)) => return Line::Noise(fact),
        None => {}
    }
    match framed.severity {
        Severity::Error => Line::Noise(Some(Fact::Diagnostic(Mta::James, Level::Error))),
        Severity::Warning => Line::Noise(Some(Fact::Diagnostic(Mta::James, Level::Warning))),
        // Messages of the loggers whose forms are known completely.
        Severity::Info if delivery::is_logger(framed.logger) => Line::Unmatched,
        Severity::Info | Severity::Debug => Line::Noise(None),
    }
}

/// A parsed message; the parts of this dialect return `None` for a message that they do not know.
enum Parsed<'a> {
    Event(Event<'a>),
    Noise(Option<Fact<'a>>),
}
