//! Courier, 0.3x to 1.x, through syslog. The tag is the part of the server that wrote a line: `courierd`, `courieresmtp`,
//! `courieresmtpd`, `courierlocal` and others.
//!
//! A delivery has several lines with the same beginning, `id=ID,from=<a@example.com>,addr=<b@example.net>`: each line of
//! the remote server's reply, or why there was none (`: Connection refused`), and the outcome (`,status: deferred`;
//! `,success: delivered: mx.example.net [192.0.2.1]`). `delivery` parses them and keeps the reply until its outcome;
//! `client` parses the lines about clients.
//!
//! Source of the forms: `libs/comctlfile.c`, `module.esmtp/courieresmtpd.C`, `module.esmtp/libesmtp.C` and `cdmsgq.C` of
//! Courier's sources, and the log of 1.0.16.
//!
//! Not in the log: which of several hosts a failed delivery tried; how long it took; the end of a message's time in the
//! queue, after which its sender gets a notice; whether a client left without QUIT.

mod client;
mod delivery;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::reply;
use crate::parse::{Direction, Event, Fact, Level, Line, Service};

/// The dialect.
pub(in crate::parse) struct Courier;

/// What earlier lines said about the delivery of one message to one address.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Attempt {
    /// The lines of the reply, joined by spaces, or Courier's own words.
    text: Box<[u8]>,
    /// Whether the last line of the reply was seen.
    is_complete: bool,
    /// Whether a line with the outcome was seen.
    has_outcome: bool,
}

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct CourierState {
    /// By the beginning of the lines, up to the address.
    attempts: Correlated<Attempt, 1024>,
}

/// Connections of clients.
const ESMTPD: Service<'static> = Service::of(Agent::new(Mta::Courier, 0));
/// Deliveries to other servers.
const ESMTP: Service<'static> = Service::of(Agent::new(Mta::Courier, 1));
/// Deliveries on this host.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::Courier, 2));
/// The queue: addresses to which nothing delivers.
const COURIERD: Service<'static> = Service::of(Agent::new(Mta::Courier, 3));

impl Dialect for Courier {
    const NAME: &'static str = "courier";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("esmtpd")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("esmtp")
        },
        AgentDef::named("local"),
        AgentDef::named("courierd"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = CourierState;

    fn owns(tag: &[u8]) -> bool {
        part(tag).is_some()
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        Self::owns(tag) || tag == b"submit" && body.starts_with(b"id=")
    }

    fn probe(_: &[u8]) -> Confidence {
        Confidence::No
    }

    fn read<'a>(state: &'a mut CourierState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let part = part(record.tag).unwrap_or(Part::of_text(record.body));
        let line = match parse(state, part, record) {
            Some(Found::Event(event)) => Line::Event(slot.insert(event)),
            Some(Found::Noise(fact)) => Line::Noise(fact),
            None => Line::Unmatched,
        };
        visitor.visit(record.time, line);
    }
}

/// The part of the server that wrote a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Clients: `courieresmtpd`, `esmtpd`, `esmtpd-ssl`, `esmtpd-msa`.
    Server,
    /// Other servers.
    Client,
    /// Stores and programs of this host, and gateways to fax and UUCP.
    Local,
    /// The queue.
    Queue,
    /// Notices to senders, filters and other helpers.
    Other,
}

impl Part {
    /// The part that wrote a line without a tag.
    fn of_text(text: &[u8]) -> Self {
        match text {
            _ if text.starts_with(b"id=") => Part::Client,
            _ if text.starts_with(b"error,relay=") => Part::Server,
            _ => Part::Other,
        }
    }
}

fn part(tag: &[u8]) -> Option<Part> {
    Some(match tag {
        b"courieresmtpd" | b"esmtpd" | b"esmtpd-ssl" | b"esmtpd-msa" | b"courieresmtpd-ssl"
        | b"courieresmtpd-msa" => Part::Server,
        b"courieresmtp" => Part::Client,
        b"courierlocal" | b"courierfax" | b"courieruucp" => Part::Local,
        b"courierd" => Part::Queue,
        b"courierdsn" | b"courierfilter" | b"courier" => Part::Other,
        _ => return None,
    })
}

/// A parsed line.
enum Found<'a> {
    Event(Event<'a>),
    Noise(Option<Fact<'a>>),
}

fn parse<'a>(state: &'a mut CourierState, part: Part, record: &Record<'a>) -> Option<Found<'a>> {
    let text = record.body;
    if part == Part::Server
        && let Some(found) = client::parse(text)
    {
        return Some(found);
    }
    if text.starts_with(b"id=") && part != Part::Other {
        return delivery::parse(state, record.time, part, text);
    }
    if text.starts_with(b"newmsg,id=") {
        return Some(Found::Noise(Some(Fact::Accepted {
            service: ESMTPD,
            queue_id: b"",
            sender: b"",
            client: b"",
            user: b"",
            size: None,
            recipients: None,
            tls: None,
        })));
    }
    if text.starts_with(b"couriertls: ") {
        let direction = match part {
            Part::Server => Direction::Inbound,
            _ => Direction::Outbound,
        };
        return Some(Found::Noise(Some(Fact::TlsFailed(Mta::Courier, direction))));
    }
    let is_error = [
        &b"INTERNAL ERROR"[..],
        b"QUEUE FILE CORRUPTION",
        b"Low on disk space",
    ]
    .iter()
    .any(|it| text.starts_with(it));
    if is_error {
        let fact = Fact::Diagnostic(Mta::Courier, Level::Error);
        return Some(Found::Noise(Some(fact)));
    }
    // The queue and the helpers log no replies; other lines that may have one are of an unknown form.
    let is_noise = matches!(part, Part::Queue | Part::Other) || !has_reply(text);
    is_noise.then_some(Found::Noise(None))
}

/// Whether the text has a failure reply after a colon or in quotes.
fn has_reply(text: &[u8]) -> bool {
    let after = |separator: &[u8]| {
        memchr::memmem::find_iter(text, separator)
            .any(|at| reply::parse(&text[at + separator.len()..]).is_some_and(|it| it.code >= 400))
    };
    reply::parse(text).is_some_and(|it| it.code >= 400) || after(b": ") || after(b"\"")
}
