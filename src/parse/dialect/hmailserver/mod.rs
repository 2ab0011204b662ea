//! hMailServer 4.3 to 6.
//!
//! A record is `"SMTPD"`, the number of the thread, that of the session, the time, the address of the other side and a
//! text, separated by tabs, the words in quotes. `SMTPD` has the sessions of clients, `SMTPC` those with other servers;
//! in both, `SENT:` and `RECEIVED:` tell commands from replies. A line break in a text is `[nl]`. The other records,
//! such as `APPLICATION` and `TCPIP`, have no session and no address: `delivery` reads those about deliveries. `awstats`
//! reads `hmailserver_awstats.log`, which has the result of each message in a form of its own.
//!
//! Source of the forms: `Logger.cpp`, `SMTPConnection.cpp`, `SMTPClientConnection.cpp`, `ExternalDelivery.cpp` and
//! `AWStats.cpp` of hMailServer. What the log does not record: deliveries to local mailboxes that succeed, and, unless debug messages are
//! logged, why a connection to another server failed. Each part of the log can be switched off.

mod awstats;
mod delivery;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::reply;
use crate::parse::scan::{find, split};
use crate::parse::transcript::Transcript;
use crate::parse::{Direction, Event, Line, Outcome, Service};

/// The dialect.
pub(in crate::parse) struct HMailServer;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct HMailServerState {
    /// The sessions with other servers, by their number.
    client: Correlated<Transcript, 512>,
    /// The sessions of clients, by their number.
    server: Correlated<Transcript, 512>,
}

/// Sessions of clients.
const SMTPD: Service<'static> = Service::of(Agent::new(Mta::HMailServer, 0));
/// Sessions with other servers.
const SMTPC: Service<'static> = Service::of(Agent::new(Mta::HMailServer, 1));
/// The queue.
const DELIVERER: Service<'static> = Service::of(Agent::new(Mta::HMailServer, 2));

impl Dialect for HMailServer {
    const NAME: &'static str = "hmailserver";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "smtpd",
            accepts_clients: true,
            authenticates: true,
            delivers: false,
        },
        AgentDef {
            name: "smtpc",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
        AgentDef {
            name: "deliverer",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = HMailServerState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let is_own = match line.first() {
            Some(b'"') => Entry::of(line).is_some(),
            Some(b'0'..=b'9') => awstats::Visit::of(line).is_some(),
            _ => false,
        };
        match is_own {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut HMailServerState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let time = match line.first() {
            Some(b'"') => Entry::of(line).map(|entry| entry.time),
            _ => awstats::Visit::of(line).map(|visit| visit.time),
        };
        let time = time.and_then(|time| {
            let time = std::str::from_utf8(time).ok()?;
            headers.local(time.parse().ok()?)
        });
        (time, line)
    }

    fn read<'a>(
        state: &'a mut HMailServerState,
        record: &Record<'a>,
        visitor: &mut impl Visitor<'a>,
    ) {
        let mut slot = None;
        let line = match Entry::of(record.body) {
            Some(entry) => parse(state, record.time, &entry, &mut slot),
            None if record.body.is_empty() => Line::Noise(None),
            None => match awstats::Visit::of(record.body) {
                Some(visit) => Line::Event(slot.insert(visit.event())),
                None => Line::Unmatched,
            },
        };
        visitor.visit(record.time, line);
    }
}

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry<'a> {
    kind: &'a [u8],
    /// The number of the session; empty if the record is of none.
    session: &'a [u8],
    time: &'a [u8],
    address: &'a [u8],
    text: &'a [u8],
}

impl<'a> Entry<'a> {
    fn of(line: &'a [u8]) -> Option<Self> {
        let (kind, rest) = split(line.strip_prefix(b"\"")?, b'"')?;
        let has_session = match kind {
            b"SMTPD" | b"SMTPC" | b"POP3D" | b"POP3C" | b"IMAPD" => true,
            b"TCPIP" | b"APPLICATION" | b"DEBUG" | b"ERROR" => false,
            _ => return None,
        };
        let (_, rest) = number(rest.strip_prefix(b"\t")?)?;
        let (session, rest) = match has_session {
            true => number(rest)?,
            false => (&b""[..], rest),
        };
        let (time, rest) = quoted(rest)?;
        let (address, rest) = match has_session {
            true => quoted(rest)?,
            false => (&b""[..], rest),
        };
        let text = rest.strip_prefix(b"\"")?;
        Some(Entry {
            kind,
            session,
            time,
            address,
            text: text.strip_suffix(b"\"").unwrap_or(text),
        })
    }
}

/// A number and a tab.
fn number(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (number, rest) = split(text, b'\t')?;
    let is_number =
        !number.is_empty() && number.iter().all(|it| it.is_ascii_digit() || *it == b'-');
    is_number.then_some((number, rest))
}

/// A text in quotes and a tab.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (text, rest) = split(text.strip_prefix(b"\"")?, b'"')?;
    Some((text, rest.strip_prefix(b"\t")?))
}

fn parse<'a, 'e>(
    state: &'a mut HMailServerState,
    time: Option<Stamp>,
    entry: &Entry<'a>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (sessions, is_client) = match entry.kind {
        b"SMTPC" => (&mut state.client, true),
        b"SMTPD" => (&mut state.server, false),
        b"POP3D" | b"POP3C" | b"IMAPD" => return Line::Noise(None),
        kind => {
            let is_client = delivery::session_of_handshake(entry.text)
                .is_some_and(|session| state.client.get(session).is_some());
            return delivery::parse(kind, entry.text, is_client, slot);
        }
    };
    let (is_sent, text) = match (
        entry.text.strip_prefix(b"SENT: "),
        entry.text.strip_prefix(b"RECEIVED: "),
    ) {
        (Some(text), _) => (true, text),
        (_, Some(text)) => (false, text),
        // What the server does, in words: version 5.3 and older have failed connections here.
        _ if is_client => {
            return match delivery::connection_failed(entry.text) {
                Some(event) => Line::Event(slot.insert(event)),
                None => Line::Noise(None),
            };
        }
        _ => return Line::Noise(None),
    };
    let transcript = sessions.get_or_default(entry.session, time);
    if is_sent == is_client {
        // The end of the content is no command: `[nl].`
        if !text.starts_with(b"[nl]") && text != b"." {
            transcript.command(text);
        }
        return Line::Noise(None);
    }
    if is_client {
        transcript.keep_host(text, entry.address);
    }
    match reply(transcript, is_client, entry.address, text) {
        Some(event) => Line::Event(slot.insert(event)),
        None if reply::parse(text).is_some() || text.is_empty() => Line::Noise(None),
        None => Line::Unmatched,
    }
}

/// A reply: of our server to a client, or of another server to us.
fn reply<'a>(
    transcript: &'a mut Transcript,
    is_client: bool,
    address: &'a [u8],
    text: &'a [u8],
) -> Option<Event<'a>> {
    // Some versions write each line of a reply by itself.
    let answer = match find(text, b"[nl]") {
        Some(_) => transcript.reply(text)?,
        None => transcript.reply_line(text)?,
    };
    let (service, direction, outcome) = match is_client {
        true if answer.is_delivery() => (SMTPC, Direction::Outbound, Outcome::Sent),
        true => (SMTPC, Direction::Outbound, Outcome::Attempt),
        false if answer.is_refusal() => (SMTPD, Direction::Inbound, Outcome::Rejected),
        false => (SMTPD, Direction::Inbound, Outcome::Attempt),
    };
    Some(Event {
        code: Some(answer.code),
        enhanced: answer.enhanced,
        host: match is_client && !answer.host.is_empty() {
            true => answer.host,
            false => address,
        },
        sender: answer.sender,
        recipient: answer.recipient,
        text,
        stage: (outcome == Outcome::Rejected).then_some(answer.stage),
        ..Event::new(service, direction, outcome)
    })
}
