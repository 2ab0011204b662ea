//! Parses the reason of a failed delivery: the text in the parentheses of a delivery record, and the same text on
//! the line of an attempt (Postfix's `smtp_trouble.c`, `smtp_connect.c` and `smtp_proto.c`).
//!
//! The reason determines what is counted: a reply of the remote host, a connection error, or nothing if another
//! line already reported the failure.

use crate::parse::kinds::{ConnectError, Enhanced};
use crate::parse::reply;
use crate::parse::scan::{position, rsplit_on, split, split_on};

/// A parsed reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason<'a> {
    /// The reply code.
    pub code: Option<u16>,
    /// The enhanced code in the text of the reply.
    pub enhanced: Option<Enhanced>,
    pub connect_error: Option<ConnectError>,
    /// The host, `name[address]`; empty if there is none.
    pub host: &'a [u8],
    /// The text of the reply, or the whole reason.
    pub text: &'a [u8],
    pub reported: Reported,
}

/// Where a failure is reported, and so for which line it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reported {
    /// On this line only.
    Here,
    /// Also on the line of the attempt (`connect to …`, `SSL_connect error to …`), which always precedes the
    /// delivery record.
    AttemptLine,
    /// In the record of an earlier delivery; this delivery was not attempted.
    EarlierDelivery,
}

impl<'a> Reason<'a> {
    /// A reason that is free text.
    pub(super) fn new(text: &'a [u8]) -> Self {
        Reason {
            code: None,
            enhanced: None,
            connect_error: None,
            host: b"",
            text,
            reported: Reported::Here,
        }
    }

    /// Whether another line reports the same failure.
    pub(super) fn is_duplicate(&self) -> bool {
        self.reported != Reported::Here
    }

    fn reply(host: &'a [u8], text: &'a [u8]) -> Self {
        let text = without_command(text);
        let reply = reply::parse(text);
        Reason {
            code: reply.map(|reply| reply.code),
            enhanced: reply.and_then(|reply| reply.enhanced),
            host,
            ..Self::new(text)
        }
    }

    fn connect_error(host: &'a [u8], error: ConnectError, text: &'a [u8]) -> Self {
        Reason {
            host,
            connect_error: Some(error),
            ..Self::new(text)
        }
    }
}

/// The reply without ` (in reply to end of DATA command)`, which Postfix appends. The appended text contains no
/// further parentheses.
#[inline]
fn without_command(text: &[u8]) -> &[u8] {
    match memchr::memrchr(b'(', text) {
        Some(at) if text[at..].starts_with(b"(in reply to ") => {
            let reply = &text[..at];
            reply.strip_suffix(b" ").unwrap_or(reply)
        }
        _ => text,
    }
}

/// Parses a reason of the SMTP and LMTP clients; `None` for an unknown form.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<Reason<'_>> {
    if let Some(rest) = text.strip_prefix(b"host ") {
        return quoted_reply(rest);
    }
    if let Some(rest) = text.strip_prefix(b"connect to ") {
        return connect(text, rest);
    }
    if let Some(rest) = text.strip_prefix(b"delivery temporarily suspended: ") {
        // The quoted reply was received in an earlier delivery.
        let inner = parse(rest).unwrap_or_else(|| Reason::new(rest));
        return Some(Reason {
            code: None,
            enhanced: None,
            reported: Reported::EarlierDelivery,
            ..inner
        });
    }
    uncommon(text)
}

/// Parses `HOST said: REPLY (in reply to …)` and `HOST refused to talk to me: REPLY`.
#[inline]
fn quoted_reply(rest: &[u8]) -> Option<Reason<'_>> {
    // A host is `name[address]`; the address may be a path, which may contain spaces.
    let end = position(rest, b']').map_or(0, |close| close + 1);
    let (host, after) = rest.split_at(end);
    let verb = match after {
        // A port may follow.
        [b':', ..] => &after[position(after, b' ')?..],
        _ => after,
    };
    match words_of_reply(verb) {
        Some(text) => Some(Reason::reply(host, text)),
        None => reply_of_unknown_address(rest),
    }
}

/// The reply in ` said: REPLY` and ` refused to talk to me: REPLY`.
#[inline]
fn words_of_reply(verb: &[u8]) -> Option<&[u8]> {
    verb.strip_prefix(b" said: ")
        .or_else(|| verb.strip_prefix(b" refused to talk to me: "))
}

/// Parses the same with a host of which the address was removed, as logs that are published are.
#[inline(never)]
fn reply_of_unknown_address(rest: &[u8]) -> Option<Reason<'_>> {
    let (host, verb) = rest.split_at(position(rest, b' ')?);
    if host.contains(&b'[') {
        return None;
    }
    Some(Reason::reply(host, words_of_reply(verb)?))
}

/// Parses `connect to HOST[ADDRESS]:PORT: ERROR`, before Postfix 2.3 `connect to HOST[ADDRESS]: ERROR (port PORT)`.
/// If the address is a Unix-domain socket, there is no line of the attempt.
fn connect<'a>(text: &'a [u8], rest: &'a [u8]) -> Option<Reason<'a>> {
    if let Some((host, reply)) = split_on(rest, b": server refused to talk to me: ") {
        return Some(Reason {
            reported: Reported::AttemptLine,
            ..Reason::reply(host, reply)
        });
    }
    let (host, error) = rsplit_on(rest, b": ")?;
    let is_socket = match split(host, b'[') {
        Some((_, address)) => address.contains(&b'/'),
        None => false,
    };
    let mut reason = Reason::connect_error(host, connect_error(error), text);
    if !is_socket {
        reason.reported = Reported::AttemptLine;
    }
    Some(reason)
}

/// The connection error for a message of `strerror` or of a name lookup.
pub(super) fn connect_error(error: &[u8]) -> ConnectError {
    // Text in parentheses or a count may follow.
    let starts = |message: &[u8]| error.starts_with(message);
    if starts(b"Connection refused") {
        ConnectError::Refused
    } else if starts(b"Connection timed out")
        || starts(b"Operation timed out")
        || starts(b"read timeout")
    {
        ConnectError::TimedOut
    } else if [
        &b"No route to host"[..],
        b"Network is unreachable",
        // musl libc.
        b"Network unreachable",
        b"Host is unreachable",
        b"Network is down",
        b"Host is down",
        b"Cannot assign requested address",
        // BSD, musl libc.
        b"Can't assign requested address",
        b"Address not available",
        b"Address family not supported",
    ]
    .into_iter()
    .any(starts)
    {
        ConnectError::Unreachable
    } else if starts(b"Connection reset by peer")
        || starts(b"lost connection")
        || starts(b"Broken pipe")
        || starts(b"server dropped connection ")
    {
        ConnectError::Reset
    } else {
        ConnectError::Other
    }
}

/// Parses a failure of TLS: required and not available, or a handshake that failed.
fn tls_failure(text: &[u8]) -> Option<Reason<'_>> {
    let wanted = [
        &b"TLS is required, but "[..],
        b"Sender requested REQUIRETLS, but ",
    ]
    .into_iter()
    .find_map(|prefix| text.strip_prefix(prefix));
    if let Some(rest) = wanted {
        let refusal = rest
            .strip_prefix(b"host ")
            .and_then(|rest| split_on(rest, b" refused to start TLS: "));
        return Some(match refusal {
            Some((host, reply)) => Reason {
                connect_error: Some(ConnectError::Tls),
                ..Reason::reply(host, reply)
            },
            None => Reason::connect_error(b"", ConnectError::Tls, text),
        });
    }
    if text.starts_with(b"Cannot start TLS: ") {
        // An `SSL_connect error to …` line precedes it.
        let reason = Reason::connect_error(b"", ConnectError::Tls, text);
        return Some(Reason {
            reported: Reported::AttemptLine,
            ..reason
        });
    }
    [
        &b"Server certificate "[..],
        // Postfix before 2.4.
        b"TLS failure: ",
        // Of the security level `dane-only`, without a host.
        b"non DNSSEC destination",
        b"no TLSA records found",
        b"TLSA records unusable",
        b"Verification not possible, ",
        // Postfix 3.10.
        b"Sender requires verified TLS, ",
    ]
    .into_iter()
    .any(|prefix| text.starts_with(prefix))
    .then(|| Reason::connect_error(b"", ConnectError::Tls, text))
}

/// Parses the less frequent forms.
#[inline(never)]
fn uncommon(text: &[u8]) -> Option<Reason<'_>> {
    if let Some(rest) = text.strip_prefix(b"lost connection with ") {
        let (host, _) = split_on(rest, b" while ")?;
        return Some(Reason::connect_error(host, ConnectError::Reset, text));
    }
    if let Some(rest) = text.strip_prefix(b"conversation with ") {
        let (host, _) = split_on(rest, b" timed out while ")?;
        return Some(Reason::connect_error(host, ConnectError::TimedOut, text));
    }
    if [
        &b"Host or domain name not found"[..],
        b"Name service error for ",
        b"unable to look up host ",
        b"unable to find primary relay for ",
        b"TLSA lookup error for ",
        b"Name server loop for ",
        b"Error looking up name=",
    ]
    .into_iter()
    .any(|prefix| text.starts_with(prefix))
        || text.ends_with(b": host not found")
    {
        return Some(Reason {
            code: Some(101),
            ..Reason::connect_error(b"", ConnectError::Dns, text)
        });
    }
    if text.starts_with(b"SASL ") {
        if let Some((_, rest)) = split_on(text, b"authentication failed; server ")
            && let Some((host, reply)) = split_on(rest, b" said: ")
        {
            let mut reason = Reason::reply(host, reply);
            // The server was not contacted; this is its reply to an earlier authentication.
            if text.starts_with(b"SASL [CACHED] ") {
                (reason.code, reason.enhanced) = (None, None);
                reason.reported = Reported::EarlierDelivery;
            }
            return Some(reason);
        }
        return Some(Reason::new(text));
    }
    if let Some(reason) = tls_failure(text) {
        return Some(reason);
    }
    if let Some(rest) = text.strip_prefix(b"Protocol error: host ") {
        return quoted_reply(rest);
    }
    [
        &b"message size "[..],
        b"mail for ",
        b"SMTPUTF8 is required, ",
        b"REQUIRETLS ",
        b"Server configuration error",
        b"server unavailable or unable to receive mail",
        b"Temporary lookup error",
        b"all network protocols are disabled",
        b"client TLS configuration problem",
        b"local data error while talking to ",
        b"network address conversion failed: ",
        b"unreadable mail queue entry",
        b"message requires SMTPUTF8, ",
        b"unexpected server message",
        b"improper use of 8-bit data in message ",
        b"remote protocol error in reply from ",
        b"server configuration error",
        // Postfix before 2.4.
        b"Authentication failed: ",
        b"cannot SASL authenticate to server ",
        b"malformed SASL challenge from server ",
    ]
    .into_iter()
    .any(|prefix| text.starts_with(prefix))
    .then(|| Reason::new(text))
}
