//! Microsoft Exchange Server 2007 to 2019 and Subscription Edition, on premises.
//!
//! Exchange writes several logs, each as comma-separated values below a header with `#Log-type:` and `#Fields:`; `log`
//! tells them apart. `protocol` reads the SMTP send and receive protocol logs, the transcripts of sessions: every reply
//! is counted there, by the direction of the log. `tracking` reads the message tracking log, which says what became of a
//! message: it counts the deliveries. Where its record quotes a reply that the send protocol log has too, the reply is
//! counted once ([`Event::logged_again`]). `connectivity` reads failed connections and lookups of the connectivity log;
//! `winsock` parses their words.
//!
//! Source of the forms: the pages "Protocol logging", "Message tracking" and "Connectivity logging" of the
//! documentation of Exchange Server. What the logs do not record: the protocol log is off by default for most
//! connectors, and no log says the name by which the remote host was looked up; the one in its banner is used.

mod connectivity;
mod endpoint;
mod log;
mod protocol;
mod tracking;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use log::{Form, Header};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::csv;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::transcript::Transcript;
use crate::parse::{Event, Line, Service};

/// The dialect.
pub(in crate::parse) struct Exchange;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct ExchangeState {
    /// Which log it is.
    header: Header,
    /// The sessions in a protocol log, by their id.
    sessions: Correlated<Transcript, 512>,
}

/// SMTP sessions of clients: the receive connectors.
const RECEIVE: Service<'static> = Service::of(Agent::new(Mta::Exchange, 0));
/// Deliveries to other servers: the send connectors.
const SEND: Service<'static> = Service::of(Agent::new(Mta::Exchange, 1));
/// Deliveries to mailboxes: the store driver.
const STORE: Service<'static> = Service::of(Agent::new(Mta::Exchange, 2));
/// Everything in between: routing, agents and queues.
const TRANSPORT: Service<'static> = Service::of(Agent::new(Mta::Exchange, 3));

impl Dialect for Exchange {
    const NAME: &'static str = "exchange";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("receive")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("send")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("store")
        },
        AgentDef::named("transport"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = ExchangeState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        log::probe(line)
    }

    fn frame<'a>(
        _: &mut ExchangeState,
        _: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let line = log::without_bom(line);
        (log::stamp(line), line)
    }

    fn read<'a>(state: &'a mut ExchangeState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let line = record.body;
        let mut slot = None;
        let parsed = match line.first() {
            None => Line::Noise(None),
            Some(b'#') => {
                state.header.read(line);
                Line::Noise(None)
            }
            // Every record begins with its time; anything else is a part of a record, or no record.
            Some(_) if record.time.is_none() => Line::Unmatched,
            Some(_) => parse(state, record.time, line, &mut slot),
        };
        visitor.visit(record.time, parsed);
    }
}

fn parse<'a, 'e>(
    state: &'a mut ExchangeState,
    time: Option<Stamp>,
    line: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let ExchangeState { header, sessions } = state;
    let side = header.side();
    let Some((form, columns)) = header.columns(line) else {
        return Line::Unmatched;
    };
    let values = csv::values(line, b',');
    match form {
        Form::Protocol => protocol::parse(side, sessions, time, columns.read(values), slot),
        Form::Tracking => tracking::parse(columns.read(values), slot),
        Form::Connectivity => connectivity::parse(columns.read(values), slot),
        Form::Other => Line::Noise(None),
    }
}
