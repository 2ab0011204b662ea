//! Stalwart Mail Server, versions 0.9 to 0.15: its log file or standard output, `2026-11-23T10:00:00Z INFO Message delivered
//! (delivery.delivered) queueId = 1, …`, and the same events as JSON objects; and the text of versions 0.1 to 0.8 and of
//! Stalwart SMTP, `2026-11-23T10:00:00.123456Z  INFO delivery{id=1 …}: smtp::outbound::session: context="rcpt" …`.
//!
//! `entry` splits a record into its event and fields, `delivery` has the events of deliveries, `inbound` those of
//! clients, `story` what earlier events said about the same message. `spans` reads the older form.
//!
//! Source of the forms: the events in Stalwart's crate `trc`, and where its crate `smtp` emits them; before 0.9, the calls of
//! `tracing` in its crate `smtp`. The log has no codes for rejects of Stalwart itself, and from 0.9 of replies the enhanced
//! code only where a notification quotes the whole reply.

mod delivery;
mod entry;
mod inbound;
mod spans;
mod story;

use serde::{Deserialize, Serialize};

use entry::Entry;
use spans::SpanRecord;
use story::Stories;

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{compose_prefix, flat_json, json_time};
use crate::parse::kinds::Stamp;
use crate::parse::scan::split;
use crate::parse::{Fact, Level, Line, Service};

/// The dialect.
pub(in crate::parse) struct Stalwart;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct StalwartState {
    stories: Stories,
    /// Whether the last record was one of a version before 0.9, whose replies may go on in the next line.
    may_continue: bool,
    /// A record without its colors.
    #[serde(skip)]
    plain: Vec<u8>,
}

/// SMTP sessions of clients, and the messages accepted from them.
const SMTP: Service<'static> = Service::of(Agent::new(Mta::Stalwart, 0));
/// Deliveries from the queue.
const DELIVERY: Service<'static> = Service::of(Agent::new(Mta::Stalwart, 1));

impl Dialect for Stalwart {
    const NAME: &'static str = "stalwart";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "smtp",
            accepts_clients: true,
            authenticates: true,
            delivers: false,
        },
        AgentDef {
            name: "delivery",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 2;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = StalwartState;

    fn claims(tag: &[u8], _: &[u8]) -> bool {
        matches!(tag, b"stalwart" | b"stalwart-mail" | b"stalwart-smtp")
    }

    fn probe(line: &[u8]) -> Confidence {
        let is_own = match line.first() {
            Some(_) if flat_json::is_flat(line) => Entry::of(line).is_some_and(|it| it.is_own()),
            Some(b'\x1b') => stamp_in_color(line).is_some(),
            Some(_) => {
                let line = compose_prefix::strip(line);
                let line = match line {
                    [b'2', _, _, _, b'-', ..] => split(line, b' ').map_or(line, |(_, rest)| rest),
                    _ => line,
                };
                Entry::of(line).is_some() || SpanRecord::of(line.trim_ascii_start()).is_some()
            }
            None => false,
        };
        match is_own {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut StalwartState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        if flat_json::is_flat(line) {
            let time = flat_json::member(line, b"createdAt")
                .or_else(|| flat_json::member(line, b"timestamp"));
            return (time.and_then(json_time::stamp), line);
        }
        let line = compose_prefix::strip(line);
        match stamp_in_color(line) {
            Some((time, rest)) => (Some(time), rest),
            None => headers.dated_or_none(line),
        }
    }

    fn read<'a>(state: &'a mut StalwartState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let StalwartState {
            stories,
            may_continue,
            plain,
        } = state;
        let mut body = record.body;
        if memchr::memchr(b'\x1b', body).is_some() {
            without_colors(body, plain);
            body = plain;
        }
        // Through syslog, the record has its own time stamp still.
        if let [b'2', _, _, _, b'-', ..] = body {
            body = split(body, b' ').map_or(body, |(_, rest)| rest);
        }
        let mut slot = None;
        let is_rest = std::mem::take(may_continue) && record.time.is_none();
        let line = if let Some(entry) = Entry::of(body) {
            parse(stories, &entry, record.time, &mut slot)
        } else if let Some(spans) = SpanRecord::of(body.trim_ascii_start()) {
            *may_continue = record.tag.is_empty();
            spans.parse(stories, record.time, &mut slot)
        } else if is_rest {
            *may_continue = true;
            Line::Noise(None)
        } else if is_continuation(body) {
            Line::Noise(None)
        } else {
            Line::Unmatched
        };
        visitor.visit(record.time, line);
    }
}

fn parse<'a, 'e>(
    stories: &mut Stories,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<crate::parse::Event<'a>>,
) -> Line<'a, 'e> {
    let found = match entry.group {
        b"delivery" | b"queue" => delivery::parse(stories, entry, time, slot),
        b"smtp" | b"auth" | b"tls" => inbound::parse(entry, slot),
        _ => None,
    };
    found.unwrap_or_else(|| entry.noise())
}

impl Entry<'_> {
    /// Noise, with its level if it is a diagnostic.
    fn noise<'l, 'e>(&self) -> Line<'l, 'e> {
        Line::Noise(diagnostic(self.level))
    }
}

/// The diagnostic that a record of this level is.
fn diagnostic<'a>(level: &[u8]) -> Option<Fact<'a>> {
    match level {
        b"WARN" => Some(Fact::Diagnostic(Mta::Stalwart, Level::Warning)),
        b"ERROR" => Some(Fact::Diagnostic(Mta::Stalwart, Level::Error)),
        _ => None,
    }
}

/// Whether a line is a field of a record with several lines, or the rest of a text.
fn is_continuation(body: &[u8]) -> bool {
    body.is_empty() || body.starts_with(b"\t") || body.starts_with(b"    ")
}

/// The time in `ESC[37m2026-11-23T10:00:00Z ESC[0m `, and the rest after it.
fn stamp_in_color(line: &[u8]) -> Option<(Stamp, &[u8])> {
    let (_, rest) = split(line.strip_prefix(b"\x1b[")?, b'm')?;
    let (stamp, rest) = split(rest, b'\x1b')?;
    let (_, rest) = split(rest, b'm')?;
    Some((json_time::stamp(stamp)?, rest.strip_prefix(b" ")?))
}

/// Writes a text without its color codes to `plain`.
fn without_colors(text: &[u8], plain: &mut Vec<u8>) {
    plain.clear();
    let mut rest = text;
    while let Some(at) = memchr::memchr(b'\x1b', rest) {
        plain.extend_from_slice(&rest[..at]);
        rest = memchr::memchr(b'm', &rest[at..]).map_or(&b""[..], |end| &rest[at + end + 1..]);
    }
    plain.extend_from_slice(rest);
}
