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
mod spans;

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
use postfix::{Outline, Program, Take};
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

/// What takes the lines that were read, each as one of the three that it can be. `time` is the line's
/// own.
pub trait Sink {
    /// A reply, a delivery or a failed attempt.
    fn event(&mut self, time: Option<Stamp>, event: &Event<'_>);

    /// Known, and neither a reply nor a delivery.
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>);

    /// A mail server's line of a form we do not know, or no log line at all.
    fn unmatched(&mut self, time: Option<Stamp>);
}

/// Reads lines. Remembers the last hour, because the next line mostly has the same, and the last
/// attempts, because a server may log a reply twice.
pub struct LineParser {
    conditions: Conditions,
    providers: Providers,
    framer: Framer,
    repeats: Repeats,
    known: KnownHosts,
    /// Of the lines being read: kept, so that nothing is allocated for them.
    outlines: Vec<Outline>,
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
            outlines: Vec::new(),
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

    /// Reads many lines, each without its newline, and hands what they say to `sink`, in their order.
    /// Some hundred at a time are read fastest.
    #[inline]
    pub fn read(&mut self, lines: &[&[u8]], sink: &mut impl Sink) {
        let mut outlines = std::mem::take(&mut self.outlines);
        outlines.resize(lines.len(), Outline::UNSEEN);
        for (outline, line) in outlines.iter_mut().zip(lines) {
            *outline = self.see(line);
        }
        let (parser, time) = (&mut *self, None);
        let mut finish = Finish { parser, time, sink };
        for (outline, line) in outlines.iter().zip(lines) {
            if outline.is_unseen() {
                finish.parser.read_slowly(line, finish.sink);
            } else {
                finish.time = Some(outline.time());
                postfix::read(outline, line, &mut finish);
            }
        }
        self.outlines = outlines;
    }

    /// Reads one line, without its newline, for whoever wants to look at it. If it tells of an event,
    /// that is put into `slot`, and [`Line::Event`] leads to it.
    pub fn parse<'a, 'e>(
        &mut self,
        line: &'a [u8],
        slot: &'e mut Option<Event<'a>>,
    ) -> Parsed<'a, 'e> {
        let outline = self.see(line);
        *slot = None;
        let said = Line::Unmatched;
        let mut kept = Kept { slot, said };
        let (time, host) = if outline.is_unseen() {
            let envelope = self.framer.envelope(line);
            body(&envelope, &mut kept);
            (envelope.time, envelope.host)
        } else {
            postfix::read(&outline, line, &mut kept);
            (Some(outline.time()), outline.host(line))
        };
        let Kept { slot, said } = kept;
        let line = match slot {
            Some(event) => {
                self.complete(event, time);
                Line::Event(event)
            }
            None => said,
        };
        Parsed { time, host, line }
    }

    /// Sees what there is to see of a line at a look.
    #[inline(always)]
    fn see(&mut self, line: &[u8]) -> Outline {
        // No closure: the compiler would make a call of it.
        let Some(beginning) = self.framer.beginning(line) else {
            return Outline::UNSEEN;
        };
        match Outline::see(line, beginning) {
            Some(outline) => outline,
            None => Outline::UNSEEN,
        }
    }

    #[inline(never)]
    fn read_slowly(&mut self, line: &[u8], sink: &mut impl Sink) {
        let envelope = self.framer.envelope(line);
        let time = envelope.time;
        let parser = self;
        body(&envelope, &mut Finish { parser, time, sink });
    }

    /// Adds what the line alone does not say.
    #[inline(always)]
    fn complete(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        let went_wrong = event.outcome != Outcome::Sent;
        if went_wrong {
            self.repeats.settle(event, time);
        }
        if event.direction == Direction::Outbound {
            event.provider = self.known.provider(event.peer(), &self.providers);
        }
        if went_wrong {
            event.condition = self.conditions.of(event);
        }
    }
}

/// Takes what was read of a line, completes it and hands it on.
struct Finish<'p, S> {
    parser: &'p mut LineParser,
    time: Option<Stamp>,
    sink: &'p mut S,
}

impl<'a, S: Sink> Take<'a> for Finish<'_, S> {
    #[inline(always)]
    fn take(&mut self, line: Line<'a, '_>) {
        match line {
            Line::Event(event) => {
                self.parser.complete(event, self.time);
                self.sink.event(self.time, event);
            }
            Line::Noise(fact) => self.sink.noise(self.time, fact.as_ref()),
            Line::Unmatched => self.sink.unmatched(self.time),
        }
    }
}

/// Keeps it.
struct Kept<'a, 'e> {
    slot: &'e mut Option<Event<'a>>,
    said: Line<'a, 'e>,
}

impl<'a> Take<'a> for Kept<'a, '_> {
    fn take(&mut self, line: Line<'a, '_>) {
        match line {
            Line::Event(event) => *self.slot = Some(*event),
            Line::Noise(fact) => self.said = Line::Noise(fact),
            Line::Unmatched => self.said = Line::Unmatched,
        }
    }
}

/// Hands the body to the parser of the server that wrote it.
fn body<'a>(envelope: &Envelope<'a>, out: &mut impl Take<'a>) {
    let mut slot = None;
    out.take(match Program::of(envelope.tag) {
        Program::Daemon(service) => postfix::parse_any(service, envelope.body, &mut slot),
        // rsyslog writes RFC 5424 with the name up to the slash only, unless it is told otherwise.
        Program::Helper if envelope.tag == b"postfix" => {
            postfix::parse_headless(envelope.body, &mut slot)
        }
        Program::Helper => postfix::parse_helper(envelope.body, &mut slot),
        Program::Unknown => Line::Unmatched,
        Program::Foreign if envelope.tag.is_empty() => {
            postfix::parse_headless(envelope.body, &mut slot)
        }
        Program::Foreign if OTHER_SERVERS.contains(&envelope.tag) => Line::Unmatched,
        Program::Foreign => Line::Noise(None),
    });
}

/// The names of the log formats that a source can be given.
pub fn format_names() -> &'static [&'static str] {
    &["auto", "syslog", "postfix"]
}
