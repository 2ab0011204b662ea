//! Cisco Secure Email Gateway (IronPort, ESA), AsyncOS 3.8 to 16: its text mail logs (`mail_logs`), as a file of its own
//! or through syslog with a tag of the administrator's choice, and its bounce logs.
//!
//! A delivery is spread over several lines, which have numbers in common: the injection connection (ICID), the message
//! (MID), its recipients (RID) and the delivery connection (DCID). `state` keeps what earlier lines said about them.
//! `stamp` computes the time of the date, `injection` lines about clients and messages, `delivery` lines about deliveries, `reply` a
//! quoted reply, `network` the words for a failed connection, and `noise` knows all other forms.
//!
//! Source of the forms: the chapter "Logging" of the AsyncOS user guides, and Cisco's troubleshooting notes.
//!
//! Not in the log: the codes of its own rejections, and the code of the reply to an accepted message.

mod delivery;
mod injection;
mod network;
mod noise;
mod reply;
mod stamp;
mod state;

#[cfg(test)]
mod tests;

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::asctime;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::find;
use crate::parse::{Fact, Level, Line, Service};

use state::IronPortState;

/// The dialect.
pub(in crate::parse) struct IronPort;

/// Listeners: connections of clients, and their messages.
const INJECTION: Service<'static> = Service::of(Agent::new(Mta::IronPort, 0));
/// Deliveries to other servers.
const DELIVERY: Service<'static> = Service::of(Agent::new(Mta::IronPort, 1));

impl Dialect for IronPort {
    const NAME: &'static str = "ironport";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("injection")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("delivery")
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    // Larger than the states of other servers.
    type State = Box<IronPortState>;

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        match after_level(asctime::split(body).map_or(body, |(_, text)| text)) {
            Some((_, text)) => is_own_text(text) || is_usual_tag(tag),
            None => is_own_text(body),
        }
    }

    fn probe(line: &[u8]) -> Confidence {
        let Some((_, text)) = asctime::split(line) else {
            return match is_own_text(after_level(line).map_or(line, |(_, text)| text)) {
                true => Confidence::Certain,
                false => Confidence::No,
            };
        };
        match after_level(text) {
            Some((_, text)) if is_own_text(text) => Confidence::Certain,
            Some(_) => Confidence::Possible,
            None => Confidence::No,
        }
    }

    fn frame<'a>(
        state: &mut Box<IronPortState>,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        match asctime::split(line) {
            Some((stamp, text)) => (state.stamps.time(headers, stamp), text),
            None => (None, line),
        }
    }

    fn read<'a>(
        state: &'a mut Box<IronPortState>,
        record: &Record<'a>,
        visitor: &mut impl Visitor<'a>,
    ) {
        let text = asctime::split(record.body).map_or(record.body, |(_, text)| text);
        let mut slot = None;
        let line = match after_level(text) {
            Some((Severity::Info, text)) => parse(state, record.time, text, &mut slot),
            Some((Severity::Debug, _)) => Line::Noise(None),
            Some((Severity::Diagnostic(level), text)) => {
                match delivery::of_own_message(state, level, text) {
                    Some(event) => Line::Event(slot.insert(event)),
                    None => Line::Noise(Some(Fact::Diagnostic(Mta::IronPort, level))),
                }
            }
            None => parse(state, record.time, text, &mut slot),
        };
        visitor.visit(record.time, line);
    }
}

/// The word before the text of a record.
#[derive(Clone, Copy)]
enum Severity {
    Info,
    Debug,
    Diagnostic(Level),
}

/// Splits the severity from the text: `Info: text`.
fn after_level(text: &[u8]) -> Option<(Severity, &[u8])> {
    let (severity, rest) = match text.first()? {
        b'I' => (Severity::Info, text.strip_prefix(b"Info:")?),
        b'W' => (
            Severity::Diagnostic(Level::Warning),
            text.strip_prefix(b"Warning:")?,
        ),
        b'C' => (
            Severity::Diagnostic(Level::Error),
            text.strip_prefix(b"Critical:")?,
        ),
        b'E' => (
            Severity::Diagnostic(Level::Error),
            text.strip_prefix(b"Error:")?,
        ),
        b'D' => (Severity::Debug, text.strip_prefix(b"Debug:")?),
        b'T' => (Severity::Debug, text.strip_prefix(b"Trace:")?),
        _ => return None,
    };
    Some((severity, rest.strip_prefix(b" ")?))
}

/// Whether a syslog tag is the usual name of a log subscription for mail.
fn is_usual_tag(tag: &[u8]) -> bool {
    tag.ends_with(b"mail_logs") || tag.ends_with(b"bounce_logs")
}

/// Whether a text begins as only the records of this server do.
fn is_own_text(text: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"Bounced: DCID",
        b"Connection Error: DCID",
        b"DCID ",
        b"Delayed: DCID",
        b"Delivery start DCID ",
        b"ICID ",
        b"MID ",
        b"Message aborted MID ",
        b"Message done DCID ",
        b"Message finished MID ",
        b"New SMTP DCID ",
        b"New SMTP ICID ",
        b"RPC Delivery start RCID ",
        b"RPC Message done RCID ",
        b"Start MID ",
    ];
    // Bounce logs: `Bounced: 4711:0 From:<a@example.com> …`.
    let result = match text.first() {
        Some(b'B') => text.strip_prefix(b"Bounced: "),
        Some(b'D') => text.strip_prefix(b"Delayed: "),
        _ => None,
    };
    if let Some((_, rest)) = result.and_then(number) {
        let rid = rest.strip_prefix(b":").and_then(number);
        return rid.is_some_and(|(_, rest)| rest.starts_with(b" From:<"));
    }
    let found = BEGINNINGS
        .iter()
        .find(|it| it.first() == text.first() && text.starts_with(it));
    // Before version 4, `Connection Error: connection timed out DCID: 4711 IP: 192.0.2.1 …`.
    if found.is_none() && text.starts_with(b"Connection Error: ") {
        return find(text, b" DCID: ").is_some();
    }
    found.is_some_and(|it| {
        let rest = &text[it.len()..];
        let rest = rest.strip_prefix(b":").unwrap_or(rest);
        rest.trim_ascii_start()
            .first()
            .is_some_and(u8::is_ascii_digit)
    })
}

/// Parses the text of a record.
fn parse<'a, 'e>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
    slot: &'e mut Option<crate::parse::Event<'a>>,
) -> Line<'a, 'e> {
    let parsed = match text.first() {
        Some(b'B') => delivery::bounced(state, time, text),
        Some(b'C') => delivery::connection_error(state, time, text),
        Some(b'D') => delivery::connection(state, time, text),
        Some(b'I') => injection::connection(state, time, text),
        Some(b'L') => injection::directory(state, text),
        Some(b'M') => injection::message(state, time, text),
        Some(b'N') => injection::opened(state, time, text),
        Some(b'S') => injection::started(state, time, text),
        _ => None,
    };
    match parsed {
        Some(Parsed::Event(event)) => Line::Event(slot.insert(event)),
        Some(Parsed::Noise(fact)) => Line::Noise(fact),
        None if noise::is_noise(text) => Line::Noise(noise::fact(text)),
        None => Line::Unmatched,
    }
}

/// A parsed text; the parts of this dialect return `None` for a text that they do not know.
enum Parsed<'a> {
    Event(crate::parse::Event<'a>),
    Noise(Option<Fact<'a>>),
}

/// Splits a number at the beginning of a text, with a colon before it in old versions: `: 42 rest`, `42 rest`.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.strip_prefix(b":").unwrap_or(text);
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let end = text
        .iter()
        .position(|byte| !byte.is_ascii_digit())
        .unwrap_or(text.len());
    (1..=20).contains(&end).then(|| text.split_at(end))
}
