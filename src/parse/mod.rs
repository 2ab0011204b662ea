//! From the bytes of a line to what it says. Pure: no I/O, no metrics, and no error. A line is an
//! [`Event`], known noise, or unmatched.
//!
//! `envelope` takes a line out of its frame with the help of `clock`; a parser per mail server
//! reads the body; `reply` and `scan` are what the parsers share; `repeat` settles what one server
//! logs twice, `condition` says why.

mod clock;
mod condition;
mod envelope;
pub mod event;
mod known_hosts;
mod postfix;
mod repeat;
mod reply;
mod scan;

pub use event::{
    ConnectError, Delays, Direction, Enhanced, Event, Fact, Line, Mta, Outcome, Service, Stage,
    Stamp,
};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catalog::{Catalog, Providers};
use clock::Clock;
use condition::Conditions;
use envelope::{Envelope, Framer};
use known_hosts::KnownHosts;
use postfix::Program;
pub use repeat::Memory;
use repeat::Repeats;

/// Programs that are mail transfer agents of a kind no parser here reads.
const OTHER_SERVERS: &[&[u8]] = &[
    b"exim",
    b"exim4",
    b"sendmail",
    b"sm-mta",
    b"sm-msp-queue",
    b"sm-acceptingconnections",
    b"smtpd",
    b"opensmtpd",
    b"qmail",
    b"haraka",
    b"courieresmtp",
    b"courieresmtpd",
];

/// One line, understood.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed<'a, 'e> {
    /// When, by the line's own clock; `None` if it has none.
    pub time: Option<Stamp>,
    /// The host that wrote it; empty if the line does not say.
    pub host: &'a [u8],
    /// What it says.
    pub line: Line<'a, 'e>,
}

/// Reads lines. Remembers the last hour, because the next line mostly has the same, and the last
/// attempts, because a server may log a reply twice.
pub struct LineParser {
    conditions: Conditions,
    providers: Providers,
    framer: Framer,
    repeats: Repeats,
    known: KnownHosts,
}

impl LineParser {
    /// A parser that classifies with the given catalog and knows the given providers. `reference`
    /// is the newest instant a line without a year can come from; `zone` is the time zone of
    /// stamps without an offset.
    pub fn new(
        catalog: &'static Catalog,
        providers: Providers,
        zone: TimeZone,
        reference: Timestamp,
    ) -> Self {
        LineParser {
            conditions: Conditions::new(catalog),
            providers,
            framer: Framer::new(Clock::new(zone, reference)),
            repeats: Repeats::new(),
            known: KnownHosts::new(),
        }
    }

    /// Sets the newest instant a line without a year can come from.
    pub fn set_reference(&mut self, reference: Timestamp) {
        self.framer.set_reference(reference);
    }

    /// What of the last lines has to be known to judge the next ones, in another process.
    pub fn memory(&self) -> Memory {
        self.repeats.memory()
    }

    /// Goes on with what another parser remembered.
    pub fn remember(&mut self, memory: &Memory) {
        self.repeats.remember(memory);
    }

    /// Reads one line, without its newline. If it tells of an event, that is put into `slot`, and
    /// [`Line::Event`] leads to it.
    #[inline]
    pub fn parse<'a, 'e>(
        &mut self,
        line: &'a [u8],
        slot: &'e mut Option<Event<'a>>,
    ) -> Parsed<'a, 'e> {
        // Nearly every line of a mail log goes in one step from the host to the body.
        if let Some((time, host, rest)) = self.framer.beginning(line)
            && let Some((tag, body)) = postfix::tag_and_body(rest)
            && let Some(daemon) = postfix::Usual::of(tag)
        {
            return self.finish(Some(time), host, daemon.parse(body, slot));
        }
        let envelope = self.framer.envelope(line);
        let line = body(&envelope, slot);
        self.finish(envelope.time, envelope.host, line)
    }

    #[inline(always)]
    fn finish<'a, 'e>(
        &mut self,
        time: Option<Stamp>,
        host: &'a [u8],
        line: Line<'a, 'e>,
    ) -> Parsed<'a, 'e> {
        match line {
            Line::Event(event) => {
                self.complete(event, time);
                Parsed {
                    time,
                    host,
                    line: Line::Event(event),
                }
            }
            line => Parsed { time, host, line },
        }
    }

    /// Adds what the line alone does not say.
    fn complete(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        if event.outcome != Outcome::Sent {
            self.repeats.settle(event, time);
        }
        if event.direction == Direction::Outbound {
            event.provider = self.known.provider(event.peer(), &self.providers);
        }
        event.condition = self.conditions.of(event);
    }
}

/// Hands the body to the parser of the server that wrote it.
fn body<'a, 'e>(envelope: &Envelope<'a>, slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    match Program::of(envelope.tag) {
        Program::Daemon(service) => postfix::parse_any(service, envelope.body, slot),
        // rsyslog writes RFC 5424 with the name up to the slash only, unless it is told otherwise.
        Program::Helper if envelope.tag == b"postfix" => {
            postfix::parse_headless(envelope.body, slot)
        }
        Program::Helper => postfix::parse_helper(envelope.body, slot),
        Program::Unknown => Line::Unmatched,
        Program::Foreign if envelope.tag.is_empty() => postfix::parse_headless(envelope.body, slot),
        Program::Foreign if OTHER_SERVERS.contains(&envelope.tag) => Line::Unmatched,
        Program::Foreign => Line::Noise(None),
    }
}
