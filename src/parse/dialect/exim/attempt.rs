//! Failures of one host, where the next host follows or a `==` or `**` record repeats it:
//! `ID H=mx.example.net [192.0.2.1] Connection refused`, `ID H=mx.example.net [192.0.2.1]: SMTP error from
//! remote mail server after end of data: 451 …`.

use super::fields;
use super::reason::{self, Kind, Reason};
use super::{LOCAL, SMTP};
use crate::parse::reply;
use crate::parse::scan::split_on;
use crate::parse::{ConnectError, Direction, Event, Outcome};

/// Parses the words after the fields of a text that begins with `H=`; `None` if they are not a failure.
#[inline]
pub(super) fn after_host<'a>(
    id: &'a [u8],
    host: &'a [u8],
    port: &[u8],
    words: &'a [u8],
) -> Option<Event<'a>> {
    let mut event = failure(host, port, words)?;
    event.queue_id = id;
    Some(event)
}

/// Parses a text that does not begin with `H=`; `None` if it is not about an attempt.
pub(super) fn parse<'a>(id: &'a [u8], text: &'a [u8]) -> Option<Event<'a>> {
    let mut event = match text.first()? {
        // Versions before 4.83 name the host in the text.
        b'S' | b'R' if !id.is_empty() => {
            let reason = reason::parse(text);
            match reason.kind {
                Kind::Remote if !reason.host.is_empty() || reason.code.is_some() => {
                    event(reason.host, b"", reason)
                }
                _ => return None,
            }
        }
        b'T' if !id.is_empty() => tls(text)?,
        // Exim 3, and the manual of later versions.
        b'F' if !id.is_empty() && text.starts_with(b"Failed to connect to ") => {
            of_host(&text[b"Failed to connect to ".len()..])?
        }
        _ => match authentication(text) {
            Some(event) => event,
            // Old versions write no `H=`.
            None if !id.is_empty() => of_host(text).filter(|event| event.host.ends_with(b"]"))?,
            None => return None,
        },
    };
    event.queue_id = id;
    Some(event)
}

/// `mx.example.net [192.0.2.1]:25: reason`, for errors of connect(2) without the colon.
fn of_host(text: &[u8]) -> Option<Event<'_>> {
    let (host, port, rest) = fields::host(text);
    let mut fields = fields::Fields::default();
    let (words, _) = fields.read(rest);
    failure(host, port, words)
}

/// The event of a failure with these words, if it is one of a connection to a host.
fn failure<'a>(host: &'a [u8], port: &[u8], words: &'a [u8]) -> Option<Event<'a>> {
    if is_unclean_end(words) {
        return None;
    }
    let reason = reason::parse(words);
    match reason.kind {
        Kind::Remote => Some(event(host, port, reason)),
        Kind::Connect => {
            let error = reason.connect_error?;
            let reason = Reason {
                code: error.code(),
                ..reason
            };
            Some(event(host, port, reason))
        }
        // A reply that is not in the form of SMTP.
        Kind::Text if words.starts_with(b"Malformed SMTP reply ") => {
            Some(event(host, port, reason))
        }
        Kind::Text | Kind::Cached | Kind::Expired => None,
    }
}

/// `TLS error on connection (recv): The TLS connection was non-properly terminated.`: GnuTLS says so of every server
/// that hangs up without taking leave, also after a message that it accepted. If a delivery failed by it, the record of
/// that delivery follows.
fn is_unclean_end(words: &[u8]) -> bool {
    words
        .strip_prefix(b"TLS error on connection (")
        .is_some_and(|rest| rest.starts_with(b"recv)") || rest.starts_with(b"send)"))
}

fn event<'a>(host: &'a [u8], port: &[u8], reason: Reason<'a>) -> Event<'a> {
    // LMTP usually has port 24; delivery records have the name of the transport instead.
    let (service, direction) = match reason.is_lmtp || port == b"24" {
        true => (LOCAL, Direction::Local),
        false => (SMTP, Direction::Outbound),
    };
    Event {
        code: reason.code,
        enhanced: reason.enhanced,
        connect_error: reason.connect_error,
        host,
        text: reason.words,
        ..Event::new(service, direction, Outcome::Attempt)
    }
}

/// `TLS session: (…): reason: delivering unencrypted to H=mx.example.net [192.0.2.1] (not in …)`, and
/// `TLS error on connection to mx.example.net [192.0.2.1] (…): reason`.
fn tls(text: &[u8]) -> Option<Event<'_>> {
    let named = match text.strip_prefix(b"TLS error on connection to ") {
        Some(named) => named,
        None => {
            let text = text.strip_prefix(b"TLS ")?;
            split_on(text, b": delivering unencrypted to H=")?.1
        }
    };
    let (host, port, _) = fields::host(named);
    let words = split_on(text, b": delivering ").map_or(text, |(words, _)| words);
    let reason = Reason {
        connect_error: Some(ConnectError::Tls),
        ..reason::parse(words)
    };
    Some(event(host, port, reason))
}

/// What follows `NAME authenticator failed H=`: the host and the reply.
pub(super) fn refused_authenticator(text: &[u8]) -> Option<&[u8]> {
    let name = text.iter().take(64).position(|&b| b == b' ')?;
    text[name..].strip_prefix(b" authenticator failed H=")
}

/// `plain_client authenticator failed H=mx.example.net [192.0.2.1] 535 5.7.8 No`: a server refused our
/// credentials. Of clients that ours refused, it is `failed for`.
fn authentication(text: &[u8]) -> Option<Event<'_>> {
    let (host, port, rest) = fields::host(refused_authenticator(text)?);
    let words = rest
        .strip_prefix(b": ")
        .or_else(|| rest.strip_prefix(b" "))?;
    let reply = reply::parse(words);
    let reason = Reason {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        kind: Kind::Remote,
        ..reason::parse(words)
    };
    Some(event(host, port, reason))
}
