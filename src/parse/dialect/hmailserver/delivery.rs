//! Records without a session: what becomes of a message (`APPLICATION`), connections (`TCPIP`, `DEBUG`) and errors.

use super::{DELIVERER, SMTPC, SMTPD};
use crate::parse::dialect::Mta;
use crate::parse::notices::{Level, TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::{find, split, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome};

/// What the records of TLS handshakes begin with.
const HANDSHAKE: &[u8] = b"TCPConnection - TLS/SSL handshake ";

/// The number of the session of which a record has the TLS handshake.
pub(super) fn session_of_handshake(text: &[u8]) -> Option<&[u8]> {
    let (_, session) = split_on(text.strip_prefix(HANDSHAKE)?, b"Session Id: ")?;
    split(session, b',').map(|(session, _)| session)
}

/// Parses a record of this kind. `is_client` is whether its session is one with another server.
pub(super) fn parse<'a, 'e>(
    kind: &[u8],
    text: &'a [u8],
    is_client: bool,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let event = match kind {
        b"APPLICATION" => message(text),
        b"DEBUG" => connection_failed(text),
        b"TCPIP" => return Line::Noise(connection(text, is_client)),
        _ => {
            let fact = Fact::Diagnostic(Mta::HMailServer, Level::Error);
            return Line::Noise(Some(fact));
        }
    };
    match event {
        Some(event) => Line::Event(slot.insert(event)),
        None => Line::Noise(None),
    }
}

/// `SMTPDeliverer - Message 42: Message could not be delivered. Returning error log to sender.`
fn message(text: &[u8]) -> Option<Event<'_>> {
    let (id, words) = split(text.strip_prefix(b"SMTPDeliverer - Message ")?, b':')?;
    let words = words.trim_ascii_start();
    let event = |outcome| Event {
        queue_id: id,
        text: words,
        ..Event::new(DELIVERER, Direction::Outbound, outcome)
    };
    if let Some(rest) = words.strip_prefix(b"Message could not be delivered. ") {
        return Some(event(match rest.starts_with(b"Returning error log") {
            true => Outcome::Bounced,
            false => Outcome::Deferred,
        }));
    }
    if let Some(rest) = words.strip_prefix(b"No mail servers could be found for the address ") {
        return Some(Event {
            code: Some(101),
            connect_error: Some(ConnectError::Dns),
            recipient: rest.strip_suffix(b".").unwrap_or(rest),
            ..event(Outcome::Attempt)
        });
    }
    let rest = words.strip_prefix(b"The message was not delivered to ")?;
    let recipient = split(rest, b' ').map_or(rest, |it| it.0);
    let reason = &rest[recipient.len()..];
    // A forward or a rule of the account took it instead.
    if reason.starts_with(b" because a forward") || split_on(reason, b"account rule").is_some() {
        return None;
    }
    Some(Event {
        direction: Direction::Local,
        recipient: recipient.strip_suffix(b".").unwrap_or(recipient),
        ..event(Outcome::Bounced)
    })
}

/// `SMTPDeliverer - Message 42 - Connection failed: Host name: 192.0.2.1, message: …`.
pub(super) fn connection_failed(text: &[u8]) -> Option<Event<'_>> {
    let rest = text.strip_prefix(b"SMTPDeliverer - Message ")?;
    let (_, words) = split_on(rest, b" - Connection failed: ")?;
    let has = |it: &[u8]| find(words, it).is_some();
    let (error, code) = if has(b"refused") {
        (ConnectError::Refused, Some(111))
    } else if has(b"timed out") || has(b"imeout") || has(b"did not properly respond") {
        (ConnectError::TimedOut, Some(101))
    } else if has(b"unreachable") {
        (ConnectError::Unreachable, Some(101))
    } else if has(b"reset") || has(b"aborted") {
        (ConnectError::Reset, None)
    } else {
        (ConnectError::Other, None)
    };
    let host = split_on(words, b"Host name: ").map_or(&b""[..], |it| it.1);
    Some(Event {
        code,
        connect_error: Some(error),
        host: split(host, b',').map_or(host, |it| it.0),
        text: words,
        ..Event::new(SMTPC, Direction::Outbound, Outcome::Attempt)
    })
}

/// `TCP - 192.0.2.1 connected to 192.0.2.9:25.`, `TCPConnection - TLS/SSL handshake completed. …`.
fn connection(text: &[u8], is_client: bool) -> Option<Fact<'_>> {
    if let Some(rest) = text.strip_prefix(HANDSHAKE) {
        let (service, direction) = match is_client {
            true => (SMTPC, Direction::Outbound),
            false => (SMTPD, Direction::Inbound),
        };
        if rest.starts_with(b"failed") {
            return Some(Fact::TlsFailed(Mta::HMailServer, direction));
        }
        let (_, version) = split_on(rest, b"Version: ")?;
        let session = TlsSession {
            trust: TlsTrust::Unknown,
            protocol: TlsProtocol::leading(version),
        };
        return Some(Fact::TlsEstablished(service, direction, session));
    }
    let (_, to) = split_on(text.strip_prefix(b"TCP - ")?, b" connected to ")?;
    let port = memchr::memrchr(b':', to).map(|at| &to[at + 1..])?;
    let port = port.strip_suffix(b".").unwrap_or(port);
    matches!(port, b"25" | b"465" | b"587").then_some(Fact::Connected(SMTPD))
}
