//! Parses the warnings of smtpd: failed authentication, and replies to clients that it logs in no other form: the
//! limits that anvil enforces, and replies of a before-queue content filter (Postfix's `smtpd.c`, `smtpd_proxy.c`).

use super::program::Origin;
use crate::parse::dialect::mta::Mta;
use crate::parse::event::{Event, Fact, Line};
use crate::parse::kinds::{Direction, Enhanced, Outcome, Stage};
use crate::parse::notices::Level;
use crate::parse::reply;
use crate::parse::scan::{address, number, position, split_on};

/// Parses the text after `warning: `.
#[inline]
pub(super) fn smtpd<'a, 'e>(
    origin: Origin<'a>,
    warning: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if is_auth_failure(warning) {
        return Line::Noise(Some(Fact::AuthFailed(origin.service(), Level::Warning)));
    }
    // Warnings are frequent; most begin in another way.
    let found = match warning.first() {
        Some(b'C' | b'M' | b'R' | b'N' | b'A') => limit(origin, warning),
        Some(b'p') => proxy(origin, warning),
        _ => None,
    };
    match found {
        Some(event) => Line::Event(slot.insert(event)),
        None => Line::Noise(Some(Fact::Diagnostic(Mta::Postfix, Level::Warning))),
    }
}

/// Whether a warning is `name[address]: SASL LOGIN authentication failed: …`. With `smtpd_client_port_logging`, a
/// port follows the address.
fn is_auth_failure(warning: &[u8]) -> bool {
    let failed = |warning: &[u8]| {
        let rest = &warning[position(warning, b']')? + 1..];
        let rest = rest.strip_prefix(b":")?;
        let rest = match number(rest) {
            Some((_, rest)) => rest.strip_prefix(b":")?,
            None => rest,
        };
        let (_mechanism, rest) = split_on(rest.strip_prefix(b" SASL ")?, b" ")?;
        Some(rest.starts_with(b"authentication failed"))
    };
    failed(warning) == Some(true)
}

/// The limits for each client, with the stage and the codes of the reply.
const LIMITS: &[(&[u8], Stage, u16, Enhanced)] = &[
    (b"Connection concurrency", Stage::Connect, 421, CLOSED),
    (b"Connection rate", Stage::Connect, 421, CLOSED),
    (b"New TLS session rate", Stage::StartTls, 421, CLOSED),
    (b"AUTH command rate", Stage::Auth, 450, REFUSED),
    (b"Message delivery request rate", Stage::Mail, 450, REFUSED),
    (b"Recipient address rate", Stage::Rcpt, 450, REFUSED),
];

const CLOSED: Enhanced = Enhanced {
    class: 4,
    subject: 7,
    detail: 0,
};

const REFUSED: Enhanced = Enhanced {
    class: 4,
    subject: 7,
    detail: 1,
};

/// Parses `Connection rate limit exceeded: 31 from name[address] for service smtp`. The reply is not logged.
#[cold]
fn limit<'a>(origin: Origin<'a>, warning: &'a [u8]) -> Option<Event<'a>> {
    let (stage, code, enhanced, rest) =
        LIMITS.iter().find_map(|&(name, stage, code, enhanced)| {
            let rest = warning.strip_prefix(name)?;
            Some((stage, code, enhanced, rest))
        })?;
    let rest = rest.strip_prefix(b" limit exceeded: ")?;
    let (_, client) = split_on(rest, b" from ")?;
    let (client, _) = split_on(client, b" for service ")?;
    Some(Event {
        stage: Some(stage),
        code: Some(code),
        enhanced: Some(enhanced),
        host: client,
        // The number of connections is no rate; the reply says so in words that the catalog knows.
        text: match warning.starts_with(b"Connection concurrency ") {
            true => b"Error: too many connections",
            false => warning,
        },
        level: Some(Level::Warning),
        ..Event::new(origin.service(), Direction::Inbound, Outcome::Rejected)
    })
}

/// Parses `proxy 127.0.0.1:10025 rejected "RCPT TO:<a@example.com>": "450 4.7.1 …"`: the client gets the filter's
/// reply. `None` where it gets a reply of smtpd instead: if the filter rejects the connection, EHLO or XFORWARD, or
/// if its reply is positive.
#[cold]
fn proxy<'a>(origin: Origin<'a>, warning: &'a [u8]) -> Option<Event<'a>> {
    let rest = warning.strip_prefix(b"proxy ")?;
    let (_, rest) = split_on(rest, b" rejected \"")?;
    let (command, text) = split_on(rest, b"\": \"")?;
    let text = text.strip_suffix(b"\"").unwrap_or(text);
    let (stage, recipient) = if command.starts_with(b"MAIL ") {
        (Stage::Mail, None)
    } else if let Some(recipient) = command.strip_prefix(b"RCPT TO:") {
        (Stage::Rcpt, address(recipient))
    } else if command == b"DATA" {
        (Stage::Data, None)
    } else {
        return None;
    };
    let reply = reply::parse(text).filter(|reply| reply.code >= 400)?;
    Some(Event {
        stage: Some(stage),
        code: Some(reply.code),
        enhanced: reply.enhanced,
        recipient: recipient.map_or(b"", |(recipient, _)| recipient),
        text,
        level: Some(Level::Warning),
        ..Event::new(origin.service(), Direction::Inbound, Outcome::Rejected)
    })
}
