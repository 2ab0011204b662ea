//! Halon MTA, versions 5 and 6: the records of smtpd through syslog, `[TRANSACTION] text` or `[TRANSACTION:QUEUE] text`, and delivery
//! results that its scripts write as JSON objects.
//!
//! `text` finds the reply in a record, `json` has the members of a result.
//!
//! Source of the forms: the chapters "Logging" and "SMTP queue" of Halon's manual, and the modules postmastery, emailconsul and
//! history-elastic of halon-extras. The manual does not list the texts of the records, and what scripts write is up to the operator; so a record is an
//! event only if it quotes a reply or names the failure of a connection. No log of a real server of these versions was
//! available; of versions 3 and 4, which have mailqueued and mailscand beside smtpd, a few excerpts were: there smtpd logs what was
//! said, `[SMTP] [EHLO] EHLO client.example` and `[SMTP] [___] 250-mail.example|250 SIZE`.

mod json;
mod text;

use serde::{Deserialize, Serialize};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{flat_json, json_time};
use crate::parse::kinds::Stamp;
use crate::parse::scan::{find, split_on};
use crate::parse::{ConnectError, Line, Service};

/// The dialect.
pub(in crate::parse) struct Halon;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct HalonState {
    #[serde(skip)]
    addresses: Addresses,
}

/// The addresses of a record that has them in parts.
#[derive(Debug, Default)]
struct Addresses {
    sender: Vec<u8>,
    recipient: Vec<u8>,
}

/// The server: connections of clients, and rejects.
const SERVER: Service<'static> = Service::of(Agent::new(Mta::Halon, 0));
/// Deliveries from the queue.
const QUEUE: Service<'static> = Service::of(Agent::new(Mta::Halon, 1));

impl Dialect for Halon {
    const NAME: &'static str = "halon";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "smtpd",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
        AgentDef {
            name: "queue",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 2;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = HalonState;

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        match tag {
            b"smtpd" | b"mailpolicyd" | b"queued" => text::split_id(body).is_some(),
            // Before version 5.
            b"mailqueued" | b"mailscand" => true,
            _ => matches!(tag, b"halon" | b"halon-smtpd" | b"halon/smtpd"),
        }
    }

    fn probe(line: &[u8]) -> Confidence {
        if flat_json::is_flat(line) {
            return match json::DeliveryResult::of(line) {
                Some(_) => Confidence::Certain,
                None => Confidence::No,
            };
        }
        // Other programs write ids in brackets too.
        let has_id = line.contains(&b'[') && text::split_id(after_stamp(line)).is_some();
        match has_id {
            true => Confidence::Possible,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut HalonState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        if flat_json::is_flat(line) {
            let time = [
                &b"timestamp"[..],
                b"time",
                b"ts_attempt",
                b"ts",
                b"@timestamp",
            ]
            .iter()
            .find_map(|name| flat_json::member(line, name));
            return (time.and_then(json_time::stamp), line);
        }
        headers.dated_or_none(line)
    }

    fn read<'a>(state: &'a mut HalonState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = if flat_json::is_flat(record.body) {
            match json::DeliveryResult::of(record.body) {
                Some(result) => json::parse(&result, &mut state.addresses, &mut slot),
                None if json::is_bulk_header(record.body) => Line::Noise(None),
                None => Line::Unmatched,
            }
        } else {
            match text::split_id(record.body) {
                Some((id, text)) if record.tag == b"smtpd" && text::is_transcript(text) => {
                    text::said(id, text, &mut slot)
                }
                Some((id, text)) => text::parse(id, text, &mut slot),
                // Records that are about no transaction.
                None if !record.tag.is_empty() => Line::Noise(None),
                None => Line::Unmatched,
            }
        };
        visitor.visit(record.time, line);
    }
}

/// The line after a time stamp.
fn after_stamp(line: &[u8]) -> &[u8] {
    match line {
        [b'2', _, _, _, b'-', ..] => {
            split_on(line, b" [").map_or(line, |(stamp, _)| &line[stamp.len() + 1..])
        }
        _ => line,
    }
}

/// The connection error in words, and the code to count for it.
fn connection(text: &[u8]) -> Option<(ConnectError, Option<u16>)> {
    let has = |words: &[u8]| find(text, words).is_some();
    let found = if has(b"onnection refused") {
        (ConnectError::Refused, Some(111))
    } else if has(b"o route to host") || has(b"nreachable") {
        (ConnectError::Unreachable, Some(101))
    } else if has(b"imed out") || has(b"imeout") {
        let is_connecting = has(b"onnect");
        (ConnectError::TimedOut, is_connecting.then_some(101))
    } else if has(b"NXDOMAIN") || has(b"omain not found") || has(b"ost not found") || has(b"DNS") {
        (ConnectError::Dns, Some(101))
    } else if has(b"onnection reset")
        || has(b"onnection closed")
        || has(b"onnection lost")
        || has(b"closed the connection")
        || has(b"disconnected")
    {
        (ConnectError::Reset, None)
    } else if has(b"TLS") || has(b"certificate") {
        (ConnectError::Tls, None)
    } else {
        return None;
    };
    Some(found)
}
