//! Haraka, versions 2.8 to 3.3: its standard output, or the same records through syslog (haraka-plugin-syslog), in the
//! formats `default`, `logfmt` and `json` of log.ini, with or without time stamps.
//!
//! `entry` splits a record into its parts, `outbound` has the records of deliveries, `inbound` those of connections and
//! rejects, `memory` what earlier records said about the same connection or message.
//!
//! Source of the forms: Haraka's logger.js, connection.js, plugins.js and outbound/hmail.js, and logs of real runs. The
//! log has neither the code of a successful delivery nor the stage of a failed one; replies after DATA are logged at the level INFO
//! only. Of the replies of Haraka itself, it has the digits of the last reject of a connection only.

mod entry;
mod inbound;
mod memory;
mod outbound;

use serde::{Deserialize, Serialize};

use entry::Entry;
use memory::Memory;

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{compose_prefix, flat_json, tai64};
use crate::parse::kinds::Stamp;
use crate::parse::scan::position;
use crate::parse::{Fact, Level, Line, Service};

/// The dialect.
pub(in crate::parse) struct Haraka;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct HarakaState {
    memory: Memory,
    /// A record in JSON after a time stamp, as a flat list.
    #[serde(skip)]
    flat: Vec<u8>,
}

/// The server, `core` in its log: connections of clients, and rejects.
const SERVER: Service<'static> = Service::of(Agent::new(Mta::Haraka, 0));
/// Deliveries from the outbound queue.
const OUTBOUND: Service<'static> = Service::of(Agent::new(Mta::Haraka, 1));

impl Dialect for Haraka {
    const NAME: &'static str = "haraka";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "core",
            accepts_clients: true,
            authenticates: true,
            delivers: false,
        },
        AgentDef {
            name: "outbound",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &["/var/log/haraka.log"];

    type State = HarakaState;

    fn owns(tag: &[u8]) -> bool {
        tag == b"haraka"
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        Self::owns(tag) || entry::has_connection_id(body)
    }

    fn probe(line: &[u8]) -> Confidence {
        match entry::is_record(without_stamp(compose_prefix::strip(line))) {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut HarakaState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (read, line) = compose_prefix::split(headers, line);
        match headers.dated(line).or_else(|| tai64::stamp(line)) {
            Some((time, rest)) => (Some(time), rest.trim_ascii_start()),
            None => (read, line),
        }
    }

    fn read<'a>(state: &'a mut HarakaState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let HarakaState { memory, flat } = state;
        let mut body = entry::without_color(record.body);
        if body.first() == Some(&b'{') && flat_json::flatten(body, flat) {
            body = flat;
        }
        let mut slot = None;
        let line = match Entry::of(body) {
            Some(entry) if entry.is_verbose() => Line::Noise(None),
            Some(entry) => match entry.is_outbound() {
                true => outbound::parse(memory, &entry, record.time, &mut slot),
                false => inbound::parse(memory, &entry, record.time, &mut slot),
            },
            None if entry::is_plain(body) => Line::Noise(None),
            None => Line::Unmatched,
        };
        visitor.visit(record.time, line);
    }
}

/// The line after its time stamp: that of Haraka (`2026-11-23T10:00:00.000Z `), or of multilog and its tools
/// (`2026-11-23 10:00:00.000000000  `, `@4000000065a0…  `).
fn without_stamp(line: &[u8]) -> &[u8] {
    let end = match line {
        [b'@', b'4', ..] => position(line, b' '),
        [b'2', _, _, _, b'-', _, _, b'-', _, _, separator, ..] => {
            let from = 11 * usize::from(*separator == b' ');
            position(&line[from..], b' ').map(|at| from + at)
        }
        _ => None,
    };
    end.map_or(line, |end| line[end..].trim_ascii_start())
}

/// Noise, with its level if it is a diagnostic.
fn noise<'a, 'e>(entry: &Entry<'a>) -> Line<'a, 'e> {
    let level = match entry.level {
        b"WARN" => Level::Warning,
        b"ERROR" => Level::Error,
        b"CRIT" | b"ALERT" => Level::Fatal,
        b"EMERG" => Level::Panic,
        _ => return Line::Noise(None),
    };
    Line::Noise(Some(Fact::Diagnostic(Mta::Haraka, level)))
}
