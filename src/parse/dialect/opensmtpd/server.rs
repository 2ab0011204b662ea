//! Connections to other servers: opened, refused by their greeting, failed, closed.

use super::fields;
use super::{Found, MTA, OpenSmtpdState, Session, delivering, delivery};
use crate::parse::correlate::kept;
use crate::parse::dialect::Mta;
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{rsplit_on, split, split_on};
use crate::parse::system_error::connect_error;
use crate::parse::{ConnectError, Direction, Event, Fact, Outcome};

/// Why a session or a lookup failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// The connection could not be opened, or was interrupted.
    Connection(ConnectError),
    /// No server of the destination could be used; the lines about each of them come before.
    Earlier,
}

impl Cause {
    pub(super) fn connect_error(self) -> Option<ConnectError> {
        match self {
            Cause::Connection(error) => Some(error),
            Cause::Earlier => None,
        }
    }
}

/// The cause that OpenSMTPD's own words for a failure name.
pub(super) fn cause(text: &[u8]) -> Option<Cause> {
    const WORDS: &[(&[u8], Cause)] = &[
        (
            b"Connection closed unexpectedly",
            Cause::Connection(ConnectError::Reset),
        ),
        (
            b"Connection timeout",
            Cause::Connection(ConnectError::TimedOut),
        ),
        (
            b"Domain does not exist",
            Cause::Connection(ConnectError::Dns),
        ),
        (b"Host not found", Cause::Connection(ConnectError::Dns)),
        (
            b"No MX found for domain",
            Cause::Connection(ConnectError::Dns),
        ),
        (
            b"Temporary failure in MX lookup",
            Cause::Connection(ConnectError::Dns),
        ),
        (b"Invalid domain name", Cause::Connection(ConnectError::Dns)),
        (b"Domain does not accept mail", Cause::Earlier),
        (b"Network error on destination MX", Cause::Earlier),
        (b"Destination seem to reject all mails", Cause::Earlier),
        (b"No MX found for destination", Cause::Earlier),
        (b"Address family mismatch on destination MX", Cause::Earlier),
        (b"All routes to destination blocked", Cause::Earlier),
        (b"No valid route to ", Cause::Earlier),
        (
            b"TLS required but not supported",
            Cause::Connection(ConnectError::Tls),
        ),
        (b"TLS ", Cause::Connection(ConnectError::Tls)),
        (b"CA failure", Cause::Connection(ConnectError::Tls)),
    ];
    if let Some(&(_, cause)) = WORDS.iter().find(|(words, _)| text.starts_with(words)) {
        return Some(cause);
    }
    let error = text
        .strip_prefix(b"IO Error: ")
        .or_else(|| text.strip_prefix(b"IO error: "))
        .or_else(|| text.strip_prefix(b"Connection failed: "))?;
    Some(Cause::Connection(system_error(error)))
}

/// The connection error for a message of `strerror` or of the TLS library.
fn system_error(text: &[u8]) -> ConnectError {
    if let Some(error) = connect_error(text) {
        return error;
    }
    let lower = |words: &[u8]| {
        text.windows(words.len())
            .any(|it| it.eq_ignore_ascii_case(words))
    };
    match lower(b"ssl") || lower(b"tls") || lower(b"handshake") || lower(b"certificate") {
        true => ConnectError::Tls,
        false => ConnectError::Other,
    }
}

/// Parses the record of a session about this event.
pub(super) fn parse<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    id: &'a [u8],
    event: &[u8],
    rest: &'a [u8],
) -> Option<Found<'a>> {
    match event {
        b"connecting" => {
            let address = fields::value(rest, b"address");
            connecting(state, time, id, address, fields::value(rest, b"host"));
        }
        b"connected" => connected(state, id),
        b"error" => return failed(state, id, rest.strip_prefix(b"reason=")?),
        b"tls" | b"starttls" => {
            let protocol = TlsProtocol::leading(fields::tls_version(rest));
            return Some(established(protocol));
        }
        b"closing" if fields::value(rest, b"reason").starts_with(b"tls-") => {
            return Some(Found::Noise(Some(Fact::TlsFailed(
                Mta::OpenSmtpd,
                Direction::Outbound,
            ))));
        }
        b"closing"
        | b"closed"
        | b"disconnected"
        | b"host-rejects-all-mails"
        | b"cert-check"
        | b"server-cert-check" => {}
        _ => return None,
    }
    Some(Found::Noise(None))
}

/// Parses the text after `smtp-out: `.
pub(super) fn parse_old<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Found<'a>> {
    let text = text.strip_prefix(b"routing: ").unwrap_or(text);
    if let Some(rest) = text.strip_prefix(b"session ") {
        // 5.7.
        let (id, rest) = split(rest, b':')?;
        let rest = rest.strip_prefix(b" ").unwrap_or(rest);
        if rest.starts_with(b"evpid=") {
            return delivery::of_session(state, time, id, rest);
        }
        if let Some(rest) = rest.strip_prefix(b"error") {
            let (_, reason) = split_on(rest, b": ")?;
            return failed(state, id, reason);
        }
        if let Some(rest) = rest.strip_prefix(b"connecting to ") {
            old_connecting(state, time, id, rest);
        }
        return Some(Found::Noise(None));
    }
    if let Some(rest) = text.strip_prefix(b"Error on session ") {
        let (id, rest) = rest.split_at_checked(16)?;
        let (_, reason) = split_on(rest, b": ")?;
        if reason.ends_with(b"downgrading to plain") {
            return Some(Found::Noise(Some(Fact::TlsFailed(
                Mta::OpenSmtpd,
                Direction::Outbound,
            ))));
        }
        return failed(state, id, reason);
    }
    if let Some(rest) = text.strip_prefix(b"Failed to resolve MX for ") {
        return Some(lookup_failed(rest));
    }
    if let Some(rest) = text.strip_prefix(b"Connecting to ") {
        let (head, id) = rsplit_on(rest, b" on session ")?;
        old_connecting(state, time, id.get(..16)?, head);
        return Some(Found::Noise(None));
    }
    if let Some(rest) = text.strip_prefix(b"Connected on session ") {
        connected(state, rest.get(..16)?);
        return Some(Found::Noise(None));
    }
    if let Some(rest) = text.strip_prefix(b"Started TLS on session ") {
        let protocol = TlsProtocol::leading(split_on(rest, b"version=").map_or(b"", |it| it.1));
        return Some(established(protocol));
    }
    const OTHERS: &[&[u8]] = &[
        b"Enabling ",
        b"Disabling ",
        // Of a route or connector: repeats the error of the session.
        b"Error on ",
        b"Too many errors on ",
        b"TLS Error on session ",
        b"No MX found for ",
        b"No reachable MX ",
        b"No valid route for ",
        b"Address family mismatch on ",
        b"hiwat reached on ",
        b"back to lowat on ",
        b"Closing session ",
        b"Disconnecting session ",
        b"Server certificate verification ",
        b"Remote host seems to reject all mails",
    ];
    OTHERS
        .iter()
        .any(|it| text.starts_with(it))
        .then_some(Found::Noise(None))
}

fn established<'a>(protocol: TlsProtocol) -> Found<'a> {
    let session = TlsSession {
        trust: TlsTrust::Unknown,
        protocol,
    };
    Found::Noise(Some(Fact::TlsEstablished(
        MTA,
        Direction::Outbound,
        session,
    )))
}

/// `smtp://192.0.2.1:25 (mx.example.net)`, and dots after it.
fn old_connecting(state: &mut OpenSmtpdState, time: Option<Stamp>, id: &[u8], text: &[u8]) {
    let (address, rest) = split(text, b' ').unwrap_or((text, b""));
    let name = split(rest, b')').map_or(&b""[..], |(name, _)| name);
    connecting(
        state,
        time,
        id,
        address,
        name.strip_prefix(b"(").unwrap_or(name),
    );
}

/// Keeps the host of a session: `smtp+tls://192.0.2.1:25`, `smtp://[2001:db8::1]:25`.
fn connecting(state: &mut OpenSmtpdState, time: Option<Stamp>, id: &[u8], url: &[u8], name: &[u8]) {
    let (scheme, address) = split_on(url, b"://").unwrap_or((b"", url));
    let address = match address.strip_prefix(b"[") {
        Some(inner) => split(inner, b']').map_or(inner, |(address, _)| address),
        None => rsplit_on(address, b":").map_or(address, |(address, _)| address),
    };
    let session = Session {
        host: host_of(name, address),
        is_lmtp: scheme.starts_with(b"lmtp"),
        ..Session::default()
    };
    state.sessions.insert(id, time, session);
}

/// `name [address]`, or the address alone.
pub(super) fn host_of(name: &[u8], address: &[u8]) -> Box<[u8]> {
    let address = address.strip_prefix(b"IPv6:").unwrap_or(address);
    match name {
        b"" | b"<unknown>" | b"unknown" | b"-" => kept(&[b"[", address, b"]"].concat()),
        name => kept(&[name, b" [", address, b"]"].concat()),
    }
}

fn connected(state: &mut OpenSmtpdState, id: &[u8]) {
    if let Some(session) = state.sessions.get_mut(id) {
        session.is_connected = true;
    }
}

/// The failure of a session: `BANNER rejected: 421 …`, `IO Error: Connection refused`.
fn failed<'a>(state: &'a mut OpenSmtpdState, id: &[u8], reason: &'a [u8]) -> Option<Found<'a>> {
    const REJECTED: &[&[u8]] = &[
        b"BANNER rejected: ",
        b"EHLO rejected: ",
        b"HELO rejected: ",
        b"LHLO rejected: ",
        b"STARTTLS rejected: ",
        b"AUTH rejected: ",
    ];
    let (mut is_connected, mut has_failed) = (false, false);
    if let Some(session) = state.sessions.get_mut(id) {
        is_connected = session.is_connected;
        has_failed = std::mem::replace(&mut session.has_failed, true);
    }
    let session = state.sessions.get(id);
    let (service, direction) = delivering(session.is_some_and(|it| it.is_lmtp));
    let mut event = Event {
        host: session.map_or(&b""[..], |it| &it.host),
        text: reason,
        ..Event::new(service, direction, Outcome::Attempt)
    };
    if let Some(words) = REJECTED.iter().find_map(|it| reason.strip_prefix(*it)) {
        let reply = reply::parse(words);
        event.code = reply.map(|it| it.code);
        event.enhanced = reply.and_then(|it| it.enhanced);
        event.text = words;
        return Some(Found::Event(event));
    }
    let error = match cause(reason) {
        Some(Cause::Connection(error)) => error,
        // Credentials, limits: the delivery records have the consequence.
        _ => return Some(Found::Noise(None)),
    };
    if error == ConnectError::Reset && has_failed {
        return Some(Found::Noise(None));
    }
    event.connect_error = Some(error);
    // A connection that was open cannot have failed to open.
    let may_be_open = error == ConnectError::TimedOut && is_connected;
    event.code = error.code().filter(|_| !may_be_open);
    Some(Found::Event(event))
}

/// `[relay:nx.example,smtp]: Domain does not exist`.
fn lookup_failed(text: &[u8]) -> Found<'_> {
    let Some((relay, reason)) = rsplit_on(text, b": ") else {
        return Found::Noise(None);
    };
    let Some(Cause::Connection(error)) = cause(reason) else {
        return Found::Noise(None);
    };
    let name = relay.strip_prefix(b"[relay:").unwrap_or(relay);
    let end = name
        .iter()
        .position(|byte| matches!(byte, b',' | b']'))
        .unwrap_or(name.len());
    Found::Event(Event {
        code: Some(101),
        connect_error: Some(error),
        host: &name[..end],
        text: reason,
        ..Event::new(MTA, Direction::Outbound, Outcome::Attempt)
    })
}
