//! Parses the reason of a failed delivery: the text after the colon of `==` and `**` records, and the same
//! text on the line of one host (Exim's `transports/smtp.c` and `transports/lmtp.c`).

use super::fields;
use super::prefix::split_colon;
use super::{begins_with, contains, strip_any};
use crate::parse::reply;
use crate::parse::scan::{find, split_on};
use crate::parse::{ConnectError, Enhanced};

/// A parsed failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason<'a> {
    /// The reply code.
    pub code: Option<u16>,
    /// The enhanced code in the reply's text.
    pub enhanced: Option<Enhanced>,
    pub connect_error: Option<ConnectError>,
    /// The host that is named in the text, as versions before 4.83 do.
    pub host: &'a [u8],
    /// The text of the reply, or the whole reason.
    pub words: &'a [u8],
    pub kind: Kind,
    /// Whether the other side speaks LMTP.
    pub is_lmtp: bool,
}

/// What caused a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Free text by a router or a transport.
    Text,
    /// A reply of the remote host, or a lost connection.
    Remote,
    /// No connection to the host could be opened; the line of the attempt counts it.
    Connect,
    /// The delivery was not attempted, because of an earlier failure.
    Cached,
    /// The message was in the queue for too long.
    Expired,
}

impl<'a> Reason<'a> {
    fn new(kind: Kind, words: &'a [u8]) -> Self {
        Reason {
            code: None,
            enhanced: None,
            connect_error: None,
            host: b"",
            words,
            kind,
            is_lmtp: false,
        }
    }

    fn broken(error: ConnectError, words: &'a [u8]) -> Self {
        Reason {
            connect_error: Some(error),
            ..Self::new(Kind::Remote, words)
        }
    }

    fn reply(words: &'a [u8]) -> Self {
        let reply = reply::parse(words);
        Reason {
            code: reply.map(|reply| reply.code),
            enhanced: reply.and_then(|reply| reply.enhanced),
            ..Self::new(Kind::Remote, words)
        }
    }
}

/// Reads a reason. Words of no known form are [`Kind::Text`].
#[inline]
pub(super) fn parse(text: &[u8]) -> Reason<'_> {
    let text = without_delivery_time(text);
    if let Some(rest) = text.strip_prefix(b"SMTP error from remote mail")
        && let Some(rest) = strip_any(rest, &[b"server after ", b" server after ", b"er after "])
    {
        return after_stage(text, rest);
    }
    uncommon(text)
}

/// The reason without the `DT=0.003s` after it in `**` records. A reply may end with such words too; all of them are
/// removed, so that the text equals that in the line of the host.
fn without_delivery_time(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while matches!(rest.last(), Some(b's' | b'm' | b'h' | b'd' | b'w'))
        && let Some(at) = memchr::memrchr(b' ', rest)
        && let Some(span) = rest[at..].strip_prefix(b" DT=")
        && fields::microseconds(span).is_some()
    {
        rest = &rest[..at];
    }
    rest
}

/// `STAGE: REPLY`, in older versions `STAGE: host NAME [ADDRESS]: REPLY`.
fn after_stage<'a>(text: &'a [u8], rest: &'a [u8]) -> Reason<'a> {
    let Some((stage, reply)) = split_stage(rest) else {
        return Reason::new(Kind::Remote, text);
    };
    let is_lmtp = stage.starts_with(b"LHLO ");
    if let Some(named) = reply.strip_prefix(b"host ") {
        let (host, _, rest) = fields::host(named);
        if let Some(reply) = rest.strip_prefix(b": ") {
            return Reason {
                host,
                is_lmtp,
                ..Reason::reply(reply)
            };
        }
    }
    Reason {
        is_lmtp,
        ..Reason::reply(reply)
    }
}

/// Splits a reply from the command that it answers: `RCPT TO:<a@b>`, `MAIL FROM:<a@b> SIZE=1234`,
/// `end of data`, `initial connection`. An address may hold a colon; Exim 3 writes a blank before it.
fn split_stage(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let command = text.strip_prefix(b"pipelined ").unwrap_or(text);
    let address = strip_any(command, &[b"RCPT TO:", b"MAIL FROM:"])
        .map(|it| it.strip_prefix(b" ").unwrap_or(it))
        .filter(|it| it.starts_with(b"<"));
    let after_address = match address {
        Some(address) => fields::address(address)?.1,
        None => command,
    };
    let (_, reply) = split_colon(after_address)?;
    Some((command, reply))
}

#[inline(never)]
fn uncommon(text: &[u8]) -> Reason<'_> {
    if let Some(b'L' | b'R' | b'S' | b's') = text.first()
        && let Some(reason) = of_connection(text)
    {
        return reason;
    }
    if let Some(kind) = waiting(text) {
        return Reason::new(kind, text);
    }
    if is_tls(text) {
        return Reason::broken(ConnectError::Tls, text);
    }
    if let Some(error) = connect_error(text) {
        return Reason {
            kind: Kind::Connect,
            ..Reason::broken(error, text)
        };
    }
    if is_lookup(text) {
        return Reason {
            code: Some(101),
            ..Reason::broken(ConnectError::Dns, text)
        };
    }
    if text.starts_with(b"Failed to connect to socket ") {
        let refused = text.ends_with(b": Connection refused");
        let error = if refused {
            ConnectError::Refused
        } else {
            ConnectError::Other
        };
        return Reason {
            code: error.code(),
            is_lmtp: true,
            ..Reason::broken(error, text)
        };
    }
    Reason::new(Kind::Text, text)
}

/// A lost connection, a timeout, or an LMTP error.
fn of_connection(text: &[u8]) -> Option<Reason<'_>> {
    if let Some(rest) = strip_any(
        text,
        &[
            b"LMTP error after ",
            b"LMTP error from remote mail server after ",
        ],
    ) {
        return Some(Reason {
            is_lmtp: true,
            ..after_stage(text, rest)
        });
    }
    if text.starts_with(b"smtp send to ") || text.starts_with(b"send() to ") {
        return find(text, b" failed: ").map(|_| Reason::broken(ConnectError::Reset, text));
    }
    if let Some(rest) = text.strip_prefix(b"Remote host closed connection in response to ") {
        return Some(closed(text, rest));
    }
    if text.starts_with(b"Remote host closed connection") {
        return Some(Reason::broken(ConnectError::Reset, text));
    }
    if let Some(reason) = of_older_version(text) {
        return Some(reason);
    }
    if text.starts_with(b"SMTP timeout ") {
        return Some(Reason::broken(
            ConnectError::TimedOut,
            without_system_words(text),
        ));
    }
    if let Some(rest) = text.strip_prefix(b"LMTP ") {
        let error = match rest {
            _ if rest.starts_with(b"timeout ") => Some(ConnectError::TimedOut),
            _ if rest.starts_with(b"connection closed ") => Some(ConnectError::Reset),
            _ => None,
        };
        return Some(Reason {
            is_lmtp: true,
            connect_error: error,
            ..Reason::new(Kind::Remote, text)
        });
    }
    None
}

/// `HELO name (EHLO response was: 421 …)`: the server refused our greeting and hung up.
fn closed<'a>(text: &'a [u8], rest: &'a [u8]) -> Reason<'a> {
    // Our own name follows; anything else quotes addresses.
    let is_greeting = [&b"HELO "[..], b"EHLO ", b"LHLO "]
        .iter()
        .any(|it| rest.starts_with(it));
    if is_greeting && let Some((_, reply)) = split_on(rest, b" (EHLO response was: ") {
        // Of a reply of several lines only the first: the line of the host has real newlines, and a delivery
        // record `\n`.
        let reply = split_on(reply, b"\\n").map_or(reply, |(first, _)| first);
        return Reason::reply(reply.strip_suffix(b")").unwrap_or(reply));
    }
    Reason::broken(ConnectError::Reset, text)
}

/// `Remote host NAME [ADDRESS] closed connection in response to …`, `SMTP timeout while connected to NAME
/// [ADDRESS] after …`: versions before 4.83 name the host in the text.
fn of_older_version(text: &[u8]) -> Option<Reason<'_>> {
    let (error, named) = match text.strip_prefix(b"Remote host ") {
        Some(named) => (ConnectError::Reset, named),
        None => {
            let named = text.strip_prefix(b"SMTP timeout while connected to ")?;
            (ConnectError::TimedOut, named)
        }
    };
    let (host, _, rest) = fields::host(named);
    if !rest.starts_with(b" closed connection") && !rest.starts_with(b" after ") {
        return None;
    }
    Some(Reason {
        host,
        ..Reason::broken(error, without_system_words(text))
    })
}

/// The text without the system's words for a timeout. Only the line of the host has them, not the delivery record.
fn without_system_words(text: &[u8]) -> &[u8] {
    [&b": Connection timed out"[..], b": Operation timed out"]
        .iter()
        .find_map(|words| text.strip_suffix(*words))
        .unwrap_or(text)
}

/// Failures without an attempt in this delivery.
fn waiting(text: &[u8]) -> Option<Kind> {
    let expired = text == b"retry timeout exceeded"
        || text == b"retry time not reached for any host after a long failure period"
        || text.ends_with(b": retry timeout exceeded")
        || text.starts_with(b"all hosts ") && contains(text, b" have been failing for a long time");
    if expired {
        return Some(Kind::Expired);
    }
    // The numbers of these errors differ between versions; the words do not.
    begins_with(
        text,
        &[b"retry time not reached", b"Retry time not yet reached"],
    )
    .then_some(Kind::Cached)
}

fn is_tls(text: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"TLS ",
        b"a TLS session is required",
        b"a TLS error ",
        b"DANE ",
        b"failure while setting up TLS session",
        b"certificate ",
        b"TLSA ",
    ];
    begins_with(text, BEGINNINGS)
}

/// The words of connect(2)'s errors (`strerror`).
pub(super) fn connect_error(text: &[u8]) -> Option<ConnectError> {
    const ERRORS: [(&[u8], ConnectError); 18] = [
        (b"Connection refused", ConnectError::Refused),
        (b"Connection timed out", ConnectError::TimedOut),
        (b"Operation timed out", ConnectError::TimedOut),
        (b"No route to host", ConnectError::Unreachable),
        (b"Network is unreachable", ConnectError::Unreachable),
        (b"Network unreachable", ConnectError::Unreachable),
        (b"Host is unreachable", ConnectError::Unreachable),
        (b"Network is down", ConnectError::Unreachable),
        (b"Host is down", ConnectError::Unreachable),
        (b"Connection reset by peer", ConnectError::Reset),
        (b"Broken pipe", ConnectError::Reset),
        (b"Software caused connection abort", ConnectError::Reset),
        (b"Address not available", ConnectError::Other),
        (b"Cannot assign requested address", ConnectError::Other),
        (b"Can't assign requested address", ConnectError::Other),
        (
            b"Address family not supported by protocol",
            ConnectError::Other,
        ),
        (b"Network Error", ConnectError::Other),
        (b"Netwk addr not available", ConnectError::Other),
    ];
    let found = ERRORS
        .iter()
        .find(|(words, _)| words.first() == text.first() && text.starts_with(words));
    found.map(|&(_, error)| error)
}

/// Whether a host name could not be looked up, or has no usable address.
fn is_lookup(text: &[u8]) -> bool {
    const BEGINNINGS: &[&[u8]] = &[
        b"host lookup did not complete",
        b"host lookup failed",
        b"all relevant MX records point to non-existent hosts",
        b"all host address lookups for ",
        b"lookup of host ",
        b"unable to find a host ",
        b"no IP address found for host ",
        b"no host found for existing SMTP connection",
    ];
    begins_with(text, BEGINNINGS)
}
