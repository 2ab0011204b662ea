//! Sessions of clients: accepted messages, refused commands, authentication, TLS, lost connections.

use std::num::{NonZeroU32, NonZeroU64};

use super::server::host_of;
use super::{Found, OpenSmtpdState, SMTP, Session, fields};
use crate::parse::dialect::Mta;
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{self, number, rsplit_on, split, split_on};
use crate::parse::{Direction, Event, Fact, Level, Outcome, Stage};

/// Parses the record of a session about this event.
pub(super) fn parse<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    id: &'a [u8],
    event: &[u8],
    rest: &'a [u8],
) -> Option<Found<'a>> {
    match event {
        b"failed-command" => {
            let (client, command) = split_on(rest, b"command=\"")?;
            // Both may contain quotes; the reply is ours.
            let (command, result) = rsplit_on(command, b"\" result=")?;
            let event = refused(state, id, command, fields::unquoted(result));
            Some(Found::Event(of_client(event, client)))
        }
        b"bad-input" => {
            let (client, result) = split_on(rest, b"result=")?;
            let event = refused(state, id, b"", fields::unquoted(result));
            Some(Found::Event(of_client(event, client)))
        }
        b"connected" => {
            let address = fields::value(rest, b"address");
            new_session(state, time, id, fields::value(rest, b"host"), address);
            Some(Found::Noise(Some(Fact::Connected(SMTP))))
        }
        b"message" => Some(accepted(rest)),
        b"authentication" => {
            let has_failed = rest.ends_with(b"result=permfail");
            let fact = Fact::AuthFailed(SMTP, Level::Warning);
            Some(Found::Noise(has_failed.then_some(fact)))
        }
        b"tls" | b"starttls" => {
            let protocol = TlsProtocol::leading(fields::tls_version(rest));
            Some(established(protocol))
        }
        b"disconnected" | b"closed" => {
            let (_, reason) = split_on(rest, b"reason=")?;
            Some(Found::Noise(closed(fields::unquoted(reason))))
        }
        b"envelope" | b"proxy" | b"cert-check" | b"client-cert-check" | b"report" => {
            Some(Found::Noise(None))
        }
        _ => None,
    }
}

/// Parses the text after `smtp-in: `.
pub(super) fn parse_old<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Found<'a>> {
    if let Some(rest) = text.strip_prefix(b"Failed command on session ") {
        let (id, rest) = rest.split_at_checked(16)?;
        let (command, result) = rsplit_on(rest.strip_prefix(b": \"")?, b"\" => ")?;
        return Some(Found::Event(refused(state, id, command, result)));
    }
    if let Some(rest) = text.strip_prefix(b"Bad input on session ") {
        let (id, rest) = rest.split_at_checked(16)?;
        let result = rest.strip_prefix(b": ")?;
        return Some(Found::Event(refused(state, id, b"", result)));
    }
    if let Some(rest) = text.strip_prefix(b"New session ") {
        let (id, rest) = split_on(rest, b" from host ")?;
        old_session(state, time, id, rest);
        return Some(Found::Noise(Some(Fact::Connected(SMTP))));
    }
    if let Some(rest) = text.strip_prefix(b"Accepted message ") {
        return Some(accepted(rest));
    }
    if let Some(rest) = text.strip_prefix(b"session ") {
        // 5.7.
        let (id, rest) = split_on(rest, b": ")?;
        return of_session(state, time, id, rest);
    }
    if let Some(rest) = text.strip_prefix(b"Started TLS on session ") {
        let version = split_on(rest, b"version=").map_or(&b""[..], |(_, version)| version);
        return Some(established(TlsProtocol::leading(version)));
    }
    if text.starts_with(b"Authentication failed for user ") {
        return Some(Found::Noise(Some(Fact::AuthFailed(SMTP, Level::Warning))));
    }
    if text.starts_with(b"Received disconnect from session ") {
        return Some(Found::Noise(closed(b"disconnect")));
    }
    if let Some(rest) = text.strip_prefix(b"Disconnecting session ") {
        let (_, reason) = split_on(rest, b": ")?;
        return Some(Found::Noise(closed(reason)));
    }
    const OTHERS: &[&[u8]] = &[
        b"Closing session ",
        b"Ending session ",
        b"Accepted authentication ",
        b"Authentication temporarily failed ",
        b"Client certificate verification ",
    ];
    OTHERS
        .iter()
        .any(|it| text.starts_with(it))
        .then_some(Found::Noise(None))
}

/// A record of 5.7 after `session ID: `.
fn of_session<'a>(
    state: &'a mut OpenSmtpdState,
    time: Option<Stamp>,
    id: &'a [u8],
    text: &'a [u8],
) -> Option<Found<'a>> {
    if let Some(result) = text.strip_prefix(b"received invalid input: ") {
        return Some(Found::Event(refused(state, id, b"", result)));
    }
    if let Some(rest) = text.strip_prefix(b"connection from host ") {
        if let Some((host, _)) = rsplit_on(rest, b" established") {
            old_session(state, time, id, host);
            return Some(Found::Noise(Some(Fact::Connected(SMTP))));
        }
        let (_, reason) = rsplit_on(rest, b" closed (")?;
        return Some(Found::Noise(closed(
            reason.strip_suffix(b")").unwrap_or(reason),
        )));
    }
    if text.starts_with(b"msgid=") {
        return Some(accepted(text));
    }
    if text.starts_with(b"authentication failure ") {
        return Some(Found::Noise(Some(Fact::AuthFailed(SMTP, Level::Warning))));
    }
    if let Some(rest) = text.strip_prefix(b"TLS started ") {
        let version = split_on(rest, b"version=").map_or(&b""[..], |(_, version)| version);
        return Some(established(TlsProtocol::leading(version)));
    }
    const OTHERS: &[&[u8]] = &[
        b"authentication ",
        b"client certificate verification ",
        b"closing, ",
        // Its reply is not logged.
        b"received invalid command: ",
    ];
    OTHERS
        .iter()
        .any(|it| text.starts_with(it))
        .then_some(Found::Noise(None))
}

/// Keeps the client of a session: `mail.example.org [192.0.2.1]`.
fn old_session(state: &mut OpenSmtpdState, time: Option<Stamp>, id: &[u8], host: &[u8]) {
    let (name, address) = rsplit_on(host, b" [").unwrap_or((host, b""));
    let address = address.strip_suffix(b"]").unwrap_or(address);
    new_session(state, time, id, name, address);
}

fn new_session(
    state: &mut OpenSmtpdState,
    time: Option<Stamp>,
    id: &[u8],
    name: &[u8],
    address: &[u8],
) {
    let session = Session {
        host: host_of(name, address),
        ..Session::default()
    };
    state.sessions.insert(id, time, session);
}

/// Our reply to a command.
fn refused<'a>(
    state: &'a OpenSmtpdState,
    id: &[u8],
    command: &'a [u8],
    result: &'a [u8],
) -> Event<'a> {
    let reply = reply::parse(result).filter(|reply| reply.code >= 400);
    let (stage, address) = stage(command);
    let mut event = Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        host: state.sessions.get(id).map_or(&b""[..], |it| &it.host),
        text: result,
        stage: Some(stage),
        ..Event::new(SMTP, Direction::Inbound, Outcome::Rejected)
    };
    match stage {
        Stage::Mail => event.sender = address,
        Stage::Rcpt => event.recipient = address,
        _ => {}
    }
    event
}

/// The event with the client that the record itself names (`address=… host=…`, 6.4), if that of the session is unknown.
fn of_client<'a>(mut event: Event<'a>, fields: &'a [u8]) -> Event<'a> {
    if event.host.is_empty() {
        event.host = match fields::value(fields, b"host") {
            b"" | b"<unknown>" | b"unknown" => fields::value(fields, b"address"),
            name => name,
        };
    }
    event
}

/// The stage of a command, and the address in it.
fn stage(command: &[u8]) -> (Stage, &[u8]) {
    let is = |verb: &[u8]| {
        command
            .get(..verb.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(verb))
    };
    let address = || {
        let (_, text) = split(command, b'<')?;
        let at = command.len() - text.len() - 1;
        Some(scan::address(&command[at..])?.0)
    };
    match () {
        () if is(b"RCPT TO:") => (Stage::Rcpt, address().unwrap_or(b"")),
        () if is(b"MAIL FROM:") => (Stage::Mail, address().unwrap_or(b"")),
        () if is(b"DATA") => (Stage::Data, b""),
        () if is(b"EHLO") || is(b"HELO") => (Stage::Helo, b""),
        () if is(b"AUTH") => (Stage::Auth, b""),
        () if is(b"STARTTLS") => (Stage::StartTls, b""),
        () if is(b"VRFY") || is(b"EXPN") => (Stage::Vrfy, b""),
        () if is(b"ETRN") => (Stage::Etrn, b""),
        // The end of the content, in some versions.
        () if command == b"." => (Stage::EndOfMessage, b""),
        () => (Stage::Other, b""),
    }
}

/// `msgid=4715ec99 size=279 nrcpt=2 proto=ESMTP`, before 6.6 with addresses, and `ndest=` for each of them.
fn accepted<'a>(text: &[u8]) -> Found<'a> {
    let size = number(fields::value(text, b"size")).map(|(size, _)| size);
    let recipients = [&b"nrcpt"[..], b"nrcpts"]
        .iter()
        .find_map(|key| number(fields::value(text, key)));
    let recipients = recipients.and_then(|(count, _)| NonZeroU32::new(u32::try_from(count).ok()?));
    Found::Noise(Some(Fact::Accepted {
        service: SMTP,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: size.and_then(NonZeroU64::new),
        recipients,
        tls: None,
    }))
}

fn established<'a>(protocol: TlsProtocol) -> Found<'a> {
    let session = TlsSession {
        trust: TlsTrust::Unknown,
        protocol,
    };
    Found::Noise(Some(Fact::TlsEstablished(
        SMTP,
        Direction::Inbound,
        session,
    )))
}

/// The fact in the reason for which a session ended.
fn closed<'a>(reason: &[u8]) -> Option<Fact<'a>> {
    let is_lost = [
        "disconnect",
        "timeout",
        "io-error",
        "session timeout",
        "IO error",
        "client disconnected",
    ]
    .iter()
    .any(|it| reason.starts_with(it.as_bytes()));
    if is_lost {
        return Some(Fact::ConnectionLost(SMTP, Stage::Other));
    }
    let is_tls = reason.starts_with(b"tls-") || reason.starts_with(b"TLS failure");
    is_tls.then_some(Fact::TlsFailed(Mta::OpenSmtpd, Direction::Inbound))
}
