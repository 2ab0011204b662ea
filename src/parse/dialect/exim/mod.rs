//! Exim, from 4.60 on.
//!
//! `prefix` splits the prefix of a record from its text: Exim's own time stamp, the process id, the number of a part
//! of a long syslog record, and the message id. The text decides which file parses it: `delivery` the delivery records
//! (`=>`, `==`, `**` and others), `arrival` accepted messages (`<=`), `attempt` failures of one host
//! (`H=… Connection refused`), `reject` rejects by our server, `session` connections of clients, and `noise` all other
//! forms. `protocol`, `callout` and `rejection` are parts of `reject`; `reason` parses why a delivery failed, and
//! `fields` the `H=… T=… C="…"` of all records. `copies` finds rejects that are twice in one syslog stream.
//!
//! Source of the forms: the chapter "Log files" of Exim's specification, and its calls of `log_write`.

mod arrival;
mod attempt;
mod callout;
mod copies;
mod delivery;
mod fields;
mod noise;
mod prefix;
mod protocol;
mod reason;
mod reject;
mod rejection;
mod session;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use copies::CopyFilter;
use fields::Fields;
use prefix::Message;

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::compose_prefix;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::scan::split_on;
use crate::parse::{Direction, Event, Fact, Level, Line, Service};

/// The dialect.
pub(in crate::parse) struct Exim;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct EximState {
    copies: CopyFilter,
}

/// Messages accepted from clients, and rejects.
const RECEIVE: Service<'static> = Service::of(Agent::new(Mta::Exim, 0));
/// Deliveries to other servers: transports with the driver `smtp`.
const SMTP: Service<'static> = Service::of(Agent::new(Mta::Exim, 1));
/// Deliveries on this host: the drivers `appendfile`, `pipe`, `lmtp` and `autoreply`.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::Exim, 2));
/// Routers and the queue runner: failures before a transport was selected.
const QUEUE: Service<'static> = Service::of(Agent::new(Mta::Exim, 3));

impl Dialect for Exim {
    const NAME: &'static str = "exim";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("receive")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("smtp")
        },
        AgentDef::named("local"),
        AgentDef::named("queue"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[
        "/var/log/exim4/mainlog",
        "/var/log/exim4/rejectlog",
        "/var/log/exim/main.log",
        "/var/log/exim/reject.log",
        "/var/log/exim/mainlog",
        "/var/log/exim/rejectlog",
        "/var/log/exim_mainlog",
        "/var/log/exim_rejectlog",
    ];

    type State = EximState;

    fn owns(tag: &[u8]) -> bool {
        match tag.strip_prefix(b"exim") {
            // `exim4`, and names as `syslog_processname` gives them: `exim4-out`.
            Some([]) => true,
            Some([next, ..]) => !next.is_ascii_alphabetic(),
            None => false,
        }
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        Self::owns(tag) || (!tag.starts_with(b"exim") && own_line(body) == Some(true))
    }

    fn probe(line: &[u8]) -> Confidence {
        match own_line(line) {
            Some(true) => Confidence::Certain,
            Some(false) => Confidence::Possible,
            None => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut EximState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        match headers.dated(line) {
            Some((time, text)) => (Some(time), text),
            None => headers.dated_or_none(compose_prefix::strip(line)),
        }
    }

    #[inline]
    fn read_certain<'a>(
        _: &mut EximState,
        time: Stamp,
        text: &'a [u8],
        visitor: &mut impl Visitor<'a>,
    ) -> bool {
        let text = prefix::after_pid(text);
        let message = match prefix::split_id(text) {
            Some((id, text)) => Message { id, text },
            // The number of a part, which has to be split from the text.
            None if text.first() == Some(&b'[') => return false,
            None if is_own_text(text) => Message { id: b"", text },
            None => return false,
        };
        let mut slot = None;
        let line = parse(&message, &mut slot);
        visitor.visit(Some(time), line);
        true
    }

    fn read<'a>(state: &'a mut EximState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let is_syslog = !record.tag.is_empty();
        let mut slot = None;
        let line = match Message::of(record.body, is_syslog || record.time.is_some()) {
            Some(message) => parse(&message, &mut slot),
            // A header line below a reject, or a further line of a remote server's reply.
            None => Line::Noise(None),
        };
        let line = match line {
            Line::Event(event) if is_syslog => {
                event.text = comparable(event.text);
                let copied = event.mirrored && state.copies.is_copy(record.pid, event);
                match copied {
                    true => Line::Noise(None),
                    false => Line::Event(event),
                }
            }
            line => line,
        };
        visitor.visit(record.time, line);
    }
}

/// Bytes of a text that survive in syslog however long the record is: Exim splits records at 980 bytes or so,
/// and one record of a failure has more before the text than the other.
const COMPARABLE: usize = 400;

/// The part of a text that two syslog records of one failure have in common.
fn comparable(text: &[u8]) -> &[u8] {
    &text[..text.len().min(COMPARABLE)]
}

/// Whether something that only Exim writes follows the time stamp of a line; `None` if it has no stamp in
/// Exim's form.
fn own_line(line: &[u8]) -> Option<bool> {
    let after_stamp = match prefix::after_stamp(line) {
        Some(text) => text,
        None => prefix::after_stamp(compose_prefix::strip(line))?,
    };
    let rest = prefix::after_pid(after_stamp);
    Some(prefix::split_id(rest).is_some() || is_own_text(rest))
}

/// Whether a text that is about no message begins as only Exim's do.
fn is_own_text(text: &[u8]) -> bool {
    noise::is_beginning(text)
        || reject::is_beginning(text)
        || session::is_beginning(text)
        || attempt::refused_authenticator(text).is_some()
}

/// Parses the text of a record.
#[inline]
fn parse<'a, 'e>(message: &Message<'a>, slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let Message { id, text } = *message;
    if !id.is_empty() {
        if let [
            flag @ (b'=' | b'-' | b'>' | b'*' | b'<' | b'('),
            second,
            b' ',
            rest @ ..,
        ] = text
        {
            match (flag, second) {
                (b'<' | b'(', b'=') => return arrival::parse(id, rest),
                _ => {
                    if let Some(flag) = delivery::Flag::of(*flag, *second) {
                        return delivery::parse(flag, id, rest, slot);
                    }
                }
            }
        }
        if text.starts_with(b"Completed") {
            return Line::Noise(Some(Fact::Removed { queue_id: id }));
        }
        if text == b"Message is frozen" {
            return Line::Noise(None);
        }
    }
    if let Some(named) = text.strip_prefix(b"H=") {
        return match after_host(id, named) {
            Some(event) => Line::Event(slot.insert(event)),
            None => noise_or_unmatched(id, text),
        };
    }
    if let Some(event) = reject::parse(id, text) {
        return Line::Event(slot.insert(event));
    }
    if let Some(line) = session::parse(text) {
        return line;
    }
    if let Some(event) = attempt::parse(id, text) {
        return Line::Event(slot.insert(event));
    }
    if text.starts_with(b"TLS error on connection from ") {
        return Line::Noise(Some(Fact::TlsFailed(Mta::Exim, Direction::Inbound)));
    }
    if text.starts_with(b"Warning: ") {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Exim, Level::Warning)));
    }
    noise_or_unmatched(id, text)
}

/// Parses the text after `H=`: rejects have a verb after the fields, and failures of a host a reason.
fn after_host<'a>(id: &'a [u8], text: &'a [u8]) -> Option<Event<'a>> {
    let (host, port, rest) = fields::host(text);
    let mut fields = Fields {
        host,
        port,
        any: true,
        ..Fields::default()
    };
    let (words, _) = fields.read(rest);
    reject::after_host(id, &fields, words).or_else(|| attempt::after_host(id, host, port, words))
}

fn noise_or_unmatched<'a, 'e>(id: &[u8], text: &[u8]) -> Line<'a, 'e> {
    match noise::is_noise(id, text) {
        true => Line::Noise(None),
        false => Line::Unmatched,
    }
}

/// Whether a text contains `words`, a few bytes.
#[inline]
fn contains<const N: usize>(text: &[u8], words: &[u8; N]) -> bool {
    split_on(text, words).is_some()
}

/// Whether the text begins with one of these. Comparing the first byte excludes nearly all of them.
fn begins_with(text: &[u8], beginnings: &[&[u8]]) -> bool {
    beginnings
        .iter()
        .any(|words| words.first() == text.first() && text.starts_with(words))
}

/// The text after the first of these prefixes that it has.
fn strip_any<'a>(text: &'a [u8], beginnings: &[&[u8]]) -> Option<&'a [u8]> {
    beginnings
        .iter()
        .find_map(|words| text.strip_prefix(*words))
}
