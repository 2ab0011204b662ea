//! Connections of clients: accepted messages, refused addresses and commands, lost connections, authentication, TLS.

use std::num::{NonZeroU32, NonZeroU64};

use super::{Found, MTA, SMTP, fields, rejected};
use crate::parse::dialect::Mta;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{self, find, number, position, rsplit_on, split_on};
use crate::parse::{Direction, Event, Fact, Level, Stage};

/// `<a@example.com>, size=1234, class=0, nrcpts=2, msgid=<…>, proto=ESMTP, daemon=MTA, relay=host [192.0.2.1]`. A
/// message that was not accepted has no recipients.
pub(super) fn accepted<'a>(id: &'a [u8], text: &'a [u8]) -> Option<Found<'a>> {
    let (mut size, mut recipients) = (None, None);
    let (sender, mut rest) = scan::address(text)?;
    if !rest.starts_with(b", ") {
        // The name of a local user with a space.
        rest = find(rest, b", size=").map_or(rest, |at| &rest[at..]);
    }
    while let Some((key, value, after)) = fields::next(rest) {
        match key {
            b"size" => size = number(value).map(|(size, _)| size),
            b"nrcpts" => recipients = number(value).map(|(count, _)| count),
            _ => {}
        }
        if size.is_some() && recipients.is_some() {
            break;
        }
        rest = after;
    }
    let recipients = recipients.and_then(|count| NonZeroU32::new(u32::try_from(count).ok()?));
    Some(Found::Noise(recipients.map(|recipients| Fact::Accepted {
        service: MTA,
        queue_id: id,
        sender,
        client: rsplit_on(text, b", relay=").map_or(b"", |(_, relay)| fields::host(relay)),
        user: b"",
        size: size.and_then(NonZeroU64::new),
        recipients: Some(recipients),
        tls: None,
    })))
}

/// `<a@example.net>... User unknown`: an address of MAIL or RCPT was refused. The code is not logged.
pub(super) fn refused_address<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    let (address, rest) = scan::address(text)?;
    let reason = rest.strip_prefix(b"... ")?;
    let mut event = rejected(Stage::Rcpt, b"", reason);
    (event.code, event.enhanced) = (None, None);
    event.recipient = address;
    Some(Found::Event(event))
}

/// `550 5.1.1 <a@example.net>... User unknown` after `--- `: our server's reply, at high log levels.
pub(super) fn transcript<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    let reply = reply::parse(text)?;
    // All lines of a reply are logged; the last one counts. A reply that is held back is not sent, or later as
    // `(held)`: what happens in deliveries is written in this form, too.
    let is_held = text.ends_with(b" (hold)");
    if reply.code < 400 || is_held || text.get(3) == Some(&b'-') {
        return Some(Found::Noise(None));
    }
    Some(Found::Event(rejected(Stage::Other, b"", text)))
}

/// Parses any other text; `None` if it is not about a client.
pub(super) fn parse<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    if let Some(rest) = text.strip_prefix(b"STARTTLS=") {
        return Some(Found::Noise(tls(rest)));
    }
    if let Some(event) = refusal(text) {
        return Some(Found::Event(event));
    }
    fact(text).map(Found::Noise)
}

/// Refusals for which no code is logged.
fn refusal(text: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = text.strip_prefix(b"rejecting ") {
        // `rejecting commands from host [192.0.2.1] due to pre-greeting traffic after 3 seconds`
        let (what, rest) = split_on(rest, b" from ")?;
        let (host, _) = split_on(rest, b" due to ")?;
        let stage = match what {
            b"commands" => Stage::Connect,
            b"EHLO" | b"HELO" | b"ehlo" | b"helo" => Stage::Helo,
            _ => Stage::Other,
        };
        return Some(rejected(stage, fields::host(host.trim_ascii_start()), text));
    }
    if let Some(rest) = text.strip_prefix(b"tcpwrappers (") {
        let (host, rest) = split_on(rest, b", ")?;
        rest.ends_with(b") rejection").then_some(())?;
        return Some(rejected(Stage::Connect, host, text));
    }
    if let Some(rest) = text.strip_prefix(b"SMTP ") {
        // `SMTP MAIL command (<a@example.com>) from host [192.0.2.1] tempfailed (due to previous checks)`
        let (verb, _) = split_on(rest, b" command (")?;
        let (head, _) = rsplit_on(rest, b" tempfailed (due to ")?;
        let (_, host) = rsplit_on(head, b") from ")?;
        return Some(rejected(stage_of(verb), fields::host(host), text));
    }
    // `host [192.0.2.1]: VRFY root [rejected]`
    let (head, _) = rsplit_on(text, b" [rejected]").filter(|(_, rest)| rest.is_empty())?;
    let (host, command) = split_on(head, b"]: ")?;
    let host = &head[..host.len() + 1];
    Some(rejected(stage_of(command), fields::host(host), text))
}

fn stage_of(command: &[u8]) -> Stage {
    let verb = command
        .split(|&byte| byte == b' ')
        .next()
        .unwrap_or_default();
    match verb.to_ascii_uppercase_array() {
        [b'V', b'R', b'F', b'Y'] | [b'E', b'X', b'P', b'N'] => Stage::Vrfy,
        [b'E', b'T', b'R', b'N'] => Stage::Etrn,
        [b'M', b'A', b'I', b'L'] => Stage::Mail,
        [b'R', b'C', b'P', b'T'] => Stage::Rcpt,
        [b'A', b'U', b'T', b'H'] => Stage::Auth,
        [b'S', b'T', b'A', b'R'] => Stage::StartTls,
        [b'E', b'H', b'L', b'O'] | [b'H', b'E', b'L', b'O'] => Stage::Helo,
        [b'D', b'A', b'T', b'A'] => Stage::Data,
        _ => Stage::Other,
    }
}

/// The first four bytes of a command in upper case.
trait Verb {
    fn to_ascii_uppercase_array(&self) -> [u8; 4];
}

impl Verb for [u8] {
    fn to_ascii_uppercase_array(&self) -> [u8; 4] {
        let mut first = [0; 4];
        for (to, from) in first.iter_mut().zip(self) {
            *to = from.to_ascii_uppercase();
        }
        first
    }
}

/// A countable fact; `Some(None)` for a known form without one.
fn fact<'a>(text: &'a [u8]) -> Option<Option<Fact<'a>>> {
    if let Some(rest) = text.strip_prefix(b"lost input channel from ") {
        let (_, stage) = rsplit_on(rest, b" after ").unwrap_or((rest, b""));
        return Some(Some(Fact::ConnectionLost(MTA, lost_stage(stage))));
    }
    if let Some(rest) = text.strip_prefix(b"collect: ") {
        // `premature EOM: …` precedes the line with the client.
        let is_lost = split_on(rest, b" on connection from ").is_some();
        return Some(is_lost.then_some(Fact::ConnectionLost(MTA, Stage::Data)));
    }
    if text.starts_with(b"AUTH failure (") {
        return Some(Some(Fact::AuthFailed(MTA, Level::Warning)));
    }
    if text.starts_with(b"connect from ") {
        return Some(Some(Fact::Connected(MTA)));
    }
    if text == b"discarded" {
        let action = crate::parse::notices::Action::Discard;
        return Some(Some(Fact::Action(Mta::Sendmail, action)));
    }
    if text.starts_with(b"quarantine=") {
        let action = crate::parse::notices::Action::Quarantine;
        return Some(Some(Fact::Action(Mta::Sendmail, action)));
    }
    None
}

/// The stage in which a client left: the last command, in lower case.
fn lost_stage(command: &[u8]) -> Stage {
    match command {
        b"startup" => Stage::Connect,
        _ => stage_of(command),
    }
}

/// `server, relay=host [192.0.2.1], version=TLSv1.3, verify=NO, cipher=…, bits=256/256`, and errors.
fn tls<'a>(text: &[u8]) -> Option<Fact<'a>> {
    let (side, rest) = text.split_at(position(text, b',')?);
    let (service, direction) = match side {
        b"server" => (MTA, Direction::Inbound),
        b"client" => (SMTP, Direction::Outbound),
        _ => return None,
    };
    if let Some(error) = rest.strip_prefix(b", error: ") {
        let is_handshake =
            error.starts_with(b"accept failed=") || error.starts_with(b"connect failed=");
        return is_handshake.then_some(Fact::TlsFailed(Mta::Sendmail, direction));
    }
    let (_, version) = split_on(rest, b", version=")?;
    let (_, verify) = split_on(version, b", verify=")?;
    let trust = match verify {
        _ if verify.starts_with(b"OK") => TlsTrust::Trusted,
        _ if verify.starts_with(b"TRUSTED") || verify.starts_with(b"DANE") => TlsTrust::Verified,
        _ if verify.starts_with(b"NOT") => TlsTrust::Unknown,
        _ if verify.starts_with(b"NO") => TlsTrust::Anonymous,
        _ if verify.starts_with(b"FAIL") => TlsTrust::Untrusted,
        _ => TlsTrust::Unknown,
    };
    let session = TlsSession {
        trust,
        protocol: TlsProtocol::leading(version),
    };
    Some(Fact::TlsEstablished(service, direction, session))
}
