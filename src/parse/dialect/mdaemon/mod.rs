//! MDaemon 6 to 24: the session logs SMTP-(in) and SMTP-(out), and the log that has them all.
//!
//! A line is the transcript of a session: `Mon 2026-11-23 10:00:00: <-- 250 ok`. `-->` is what MDaemon sent and `<--`
//! what it received, so that a reply after `<--` is of another server. Versions from 14 on write milliseconds and a number
//! for the color of the line; logs of concurrent sessions have the number of the session in brackets. `prefix` takes all of
//! that off the text.
//!
//! Source of the forms: the chapter "Logging" of MDaemon's manual, and published logs. What the logs do not record: what
//! becomes of a message that another server did not take.

mod prefix;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::{Correlated, kept};
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{split, split_on};
use crate::parse::transcript::Transcript;
use crate::parse::winsock;
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome, Service};

/// The dialect.
pub(in crate::parse) struct MDaemon;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct MDaemonState {
    /// The sessions, by their number; without one, sessions follow each other.
    sessions: Correlated<Session, 512>,
}

/// A session.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Session {
    side: Side,
    /// The address of the other side.
    address: Box<[u8]>,
    transcript: Transcript,
}

/// Who speaks with whom in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Side {
    /// Not logged yet.
    #[default]
    Unknown,
    /// A client with us.
    Client,
    /// We with another server.
    Server,
    /// Another protocol than SMTP.
    Other,
}

/// Sessions of clients.
const IN: Service<'static> = Service::of(Agent::new(Mta::MDaemon, 0));
/// Sessions with other servers.
const OUT: Service<'static> = Service::of(Agent::new(Mta::MDaemon, 1));

impl Dialect for MDaemon {
    const NAME: &'static str = "mdaemon";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "smtp-in",
            accepts_clients: true,
            authenticates: false,
            delivers: false,
        },
        AgentDef {
            name: "smtp-out",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = MDaemonState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        prefix::probe(line)
    }

    fn frame<'a>(
        _: &mut MDaemonState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        match prefix::stamp(line) {
            Some((date, rest)) => (headers.local(date), rest),
            None => (None, line),
        }
    }

    fn read<'a>(state: &'a mut MDaemonState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = match record.time {
            Some(_) => {
                let (session, text) = prefix::session(record.body);
                parse(&mut state.sessions, record.time, session, text, &mut slot)
            }
            None if prefix::is_heading(record.body) => Line::Noise(None),
            None => Line::Unmatched,
        };
        visitor.visit(record.time, line);
    }
}

fn parse<'a, 'e>(
    sessions: &'a mut Correlated<Session, 512>,
    time: Option<Stamp>,
    key: &[u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if text.starts_with(b"-----") || text.starts_with(b"Session ") {
        sessions.remove(key);
        return Line::Noise(None);
    }
    let session = sessions.get_or_default(key, time);
    if let Some(text) = text.strip_prefix(b"--> ") {
        return said(session, true, text, slot);
    }
    if let Some(text) = text.strip_prefix(b"<-- ") {
        return said(session, false, text, slot);
    }
    noted(session, text, slot)
}

/// A line that one side said.
fn said<'a, 'e>(
    session: &'a mut Session,
    is_sent: bool,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let Session {
        side,
        address,
        transcript,
    } = session;
    // Without the beginning of the session, a reply tells who is the server.
    if *side == Side::Unknown && reply::parse(text).is_some() {
        *side = if is_sent { Side::Client } else { Side::Server };
    }
    let is_reply = match side {
        Side::Unknown | Side::Other => return Line::Noise(None),
        Side::Client => is_sent,
        Side::Server => !is_sent,
    };
    if !is_reply {
        transcript.command(text);
        return Line::Noise(None);
    }
    let is_server = *side == Side::Server;
    if is_server {
        transcript.keep_host(text, address);
    }
    let Some(answer) = transcript.reply_line(text) else {
        return match reply::parse(text).is_some() {
            true => Line::Noise(None),
            false => Line::Unmatched,
        };
    };
    let (service, direction, outcome) = match is_server {
        true if answer.is_delivery() => (OUT, Direction::Outbound, Outcome::Sent),
        true => (OUT, Direction::Outbound, Outcome::Attempt),
        false if answer.is_refusal() => (IN, Direction::Inbound, Outcome::Rejected),
        false => (IN, Direction::Inbound, Outcome::Attempt),
    };
    Line::Event(slot.insert(Event {
        code: Some(answer.code),
        enhanced: answer.enhanced,
        host: match is_server && !answer.host.is_empty() {
            true => answer.host,
            false => address,
        },
        sender: answer.sender,
        recipient: answer.recipient,
        text,
        stage: (outcome == Outcome::Rejected).then_some(answer.stage),
        ..Event::new(service, direction, outcome)
    }))
}

/// A line in which MDaemon says what it does.
fn noted<'a, 'e>(
    session: &'a mut Session,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some(rest) = text.strip_prefix(b"Accepting ") {
        let is_smtp = rest.starts_with(b"SMTP ") || rest.starts_with(b"MSA ");
        *session = Session {
            side: if is_smtp { Side::Client } else { Side::Other },
            address: endpoint(split_on(rest, b" from ").map_or(rest, |it| it.1)),
            ..Session::default()
        };
        return Line::Noise(is_smtp.then_some(Fact::Connected(IN)));
    }
    if let Some(rest) = text.strip_prefix(b"Attempting SMTP connection to ") {
        // First to a domain, then to each of its hosts.
        *session = Session {
            side: Side::Server,
            address: endpoint(rest),
            ..Session::default()
        };
        return Line::Noise(None);
    }
    if text.starts_with(b"Attempting ") {
        session.side = Side::Other;
        return Line::Noise(None);
    }
    let words = text
        .strip_prefix(b"*")
        .map_or(text, <[u8]>::trim_ascii_start);
    if words.starts_with(b"SSL ") || words.starts_with(b"TLS ") {
        return tls(session, words, slot);
    }
    // Where the log begins in the middle of a session, only what a client cannot cause is known to be of a server.
    let is_of_server = |error: &ConnectError| match session.side {
        Side::Server => true,
        Side::Unknown => !matches!(error, ConnectError::Reset | ConnectError::Other),
        Side::Client | Side::Other => false,
    };
    let Some(error) = error(words).filter(is_of_server) else {
        return Line::Noise(None);
    };
    let Session { address, .. } = session;
    Line::Event(slot.insert(Event {
        code: error.code(),
        connect_error: Some(error),
        host: address,
        text: words,
        ..Event::new(OUT, Direction::Outbound, Outcome::Attempt)
    }))
}

/// `SSL negotiation successful (TLS 1.3, 256 bit key exchange, …)`.
fn tls<'a, 'e>(
    session: &'a mut Session,
    words: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (service, direction) = match session.side {
        Side::Server => (OUT, Direction::Outbound),
        Side::Client => (IN, Direction::Inbound),
        Side::Unknown | Side::Other => return Line::Noise(None),
    };
    let Some((_, result)) = split_on(words, b"negotiation ") else {
        return Line::Noise(None);
    };
    if result.starts_with(b"failed") {
        if direction == Direction::Inbound {
            return Line::Noise(Some(Fact::TlsFailed(Mta::MDaemon, direction)));
        }
        let Session { address, .. } = session;
        return Line::Event(slot.insert(Event {
            connect_error: Some(ConnectError::Tls),
            host: address,
            text: words,
            ..Event::new(OUT, Direction::Outbound, Outcome::Attempt)
        }));
    }
    let protocol = match split_on(result, b"TLS ") {
        Some((_, [b'1', b'.', b'3', ..])) => TlsProtocol::Tls13,
        Some((_, [b'1', b'.', b'2', ..])) => TlsProtocol::Tls12,
        Some((_, [b'1', b'.', b'1', ..])) => TlsProtocol::Tls11,
        Some((_, [b'1', ..])) => TlsProtocol::Tls10,
        _ => TlsProtocol::Other,
    };
    let session = TlsSession {
        trust: TlsTrust::Unknown,
        protocol,
    };
    Line::Noise(Some(Fact::TlsEstablished(service, direction, session)))
}

/// Why there is no connection, or none any more.
fn error(words: &[u8]) -> Option<ConnectError> {
    if words.starts_with(b"Winsock Error") || words.starts_with(b"Socket error") {
        return Some(winsock::of_text(words));
    }
    if words.starts_with(b"Connection refused") {
        return Some(ConnectError::Refused);
    }
    let is_lookup = words.starts_with(b"Name server reports domain name unknown")
        || words.starts_with(b"Name server reports DNS failure");
    is_lookup.then_some(ConnectError::Dns)
}

/// The address in `[192.0.2.1:25]`, or the domain in `[example.net]`; from version 14 on without brackets, and the first
/// word of the text.
fn endpoint(text: &[u8]) -> Box<[u8]> {
    let inner = split(text, b'[').and_then(|(_, rest)| split(rest, b']'));
    let first = || text.split(|&byte| byte == b' ').next().unwrap_or_default();
    let endpoint = inner.map_or_else(first, |it| it.0);
    // An IPv6 address has several colons, and the port is the last of its parts; version 9 writes `192.0.2.1 : 25`.
    let port = memchr::memrchr(b':', endpoint).filter(|&at| {
        let port = endpoint[at + 1..].trim_ascii_start();
        port.iter().all(u8::is_ascii_digit)
    });
    kept(endpoint[..port.unwrap_or(endpoint.len())].trim_ascii_end())
}
