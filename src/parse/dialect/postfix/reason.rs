//! Why a delivery failed, in Postfix's words: the text in the parentheses of a delivery record, and
//! the same text on the line of an attempt (its `smtp_trouble.c`, `smtp_connect.c` and
//! `smtp_proto.c`).
//!
//! It stands apart because both kinds of line quote it, and because it decides what counts: a reply
//! that was said, a connection that failed here, or a failure that another line has told of.

use crate::parse::reply;
use crate::parse::scan::{position, rsplit_on, split_on};
use crate::parse::{ConnectError, Enhanced};

/// A failure, understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason<'a> {
    /// The reply code that was said.
    pub code: Option<u16>,
    /// The enhanced code in the reply's text.
    pub enhanced: Option<Enhanced>,
    pub connect_error: Option<ConnectError>,
    /// The host that is named, `name[address]`, or empty.
    pub host: &'a [u8],
    /// The words that tell why: the reply, or the whole reason.
    pub words: &'a [u8],
    pub kind: Kind,
}

/// Where else a failure is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nowhere: it counts where it is quoted.
    FirstHand,
    /// On the line of the attempt (`connect to …`, `SSL_connect error to …`), which always comes
    /// before the delivery record.
    OwnLine,
    /// In an earlier delivery; this one was not even tried.
    Cached,
}

impl<'a> Reason<'a> {
    /// Free text.
    pub(super) fn new(words: &'a [u8]) -> Self {
        Reason {
            code: None,
            enhanced: None,
            connect_error: None,
            host: b"",
            words,
            kind: Kind::FirstHand,
        }
    }

    fn reply(host: &'a [u8], text: &'a [u8]) -> Self {
        let words = without_command(text);
        let reply = reply::parse(words);
        Reason {
            code: reply.map(|reply| reply.code),
            enhanced: reply.and_then(|reply| reply.enhanced),
            host,
            ..Self::new(words)
        }
    }

    fn broken(host: &'a [u8], error: ConnectError, words: &'a [u8]) -> Self {
        Reason {
            host,
            connect_error: Some(error),
            ..Self::new(words)
        }
    }
}

/// Takes off ` (in reply to end of DATA command)`, which Postfix adds and which has no parentheses
/// of its own.
#[inline]
fn without_command(text: &[u8]) -> &[u8] {
    match memchr::memrchr(b'(', text) {
        Some(at) if text[at..].starts_with(b"(in reply to ") => {
            let words = &text[..at];
            words.strip_suffix(b" ").unwrap_or(words)
        }
        _ => text,
    }
}

/// Reads a reason of the SMTP and LMTP clients. `None` if it is none of their forms.
#[inline]
pub(super) fn parse(text: &[u8]) -> Option<Reason<'_>> {
    if let Some(rest) = text.strip_prefix(b"host ") {
        return said(rest);
    }
    if let Some(rest) = text.strip_prefix(b"connect to ") {
        return connect(text, rest);
    }
    if let Some(rest) = text.strip_prefix(b"delivery temporarily suspended: ") {
        // Not a reply: the words are those of an earlier delivery.
        let inner = parse(rest).unwrap_or_else(|| Reason::new(rest));
        return Some(Reason {
            code: None,
            enhanced: None,
            kind: Kind::Cached,
            ..inner
        });
    }
    uncommon(text)
}

/// `HOST said: REPLY (in reply to …)`, `HOST refused to talk to me: REPLY`.
#[inline]
fn said(rest: &[u8]) -> Option<Reason<'_>> {
    // A host is `name[address]`; the address may be a path, which may hold blanks.
    let close = position(rest, b']')?;
    let (host, after) = rest.split_at(close + 1);
    let verb = match after {
        // A port may follow.
        [b':', ..] => &after[position(after, b' ')?..],
        _ => after,
    };
    let text = verb
        .strip_prefix(b" said: ")
        .or_else(|| verb.strip_prefix(b" refused to talk to me: "))?;
    Some(Reason::reply(host, text))
}

/// `connect to HOST[ADDRESS]:PORT: ERROR`; without a port it is a Unix-domain socket, and then no
/// other line tells of the attempt.
fn connect<'a>(text: &'a [u8], rest: &'a [u8]) -> Option<Reason<'a>> {
    let (host, error) = rsplit_on(rest, b": ")?;
    let close = host.iter().rposition(|&b| b == b']');
    let has_port = match close {
        Some(close) => host[close + 1..].starts_with(b":"),
        // Postfix before 2.3: `connect to host: error`.
        None => true,
    };
    let mut reason = Reason::broken(host, connect_error(error), text);
    if has_port {
        reason.kind = Kind::OwnLine;
    }
    Some(reason)
}

/// The words of connect(2)'s errors (`strerror`), and of name look-ups.
pub(super) fn connect_error(error: &[u8]) -> ConnectError {
    // What follows in parentheses or a count at the end of the line is not part of the error.
    let starts = |words: &[u8]| error.starts_with(words);
    if starts(b"Connection refused") {
        ConnectError::Refused
    } else if starts(b"Connection timed out") || starts(b"Operation timed out") {
        ConnectError::TimedOut
    } else if [
        &b"No route to host"[..],
        b"Network is unreachable",
        // musl's words for it.
        b"Network unreachable",
        b"Host is unreachable",
        b"Network is down",
        b"Host is down",
    ]
    .into_iter()
    .any(starts)
    {
        ConnectError::Unreachable
    } else if starts(b"Connection reset by peer")
        || starts(b"lost connection")
        || starts(b"Broken pipe")
    {
        ConnectError::Reset
    } else {
        ConnectError::Other
    }
}

/// The code that stands for a connection that could not be opened: the document's 111 and 101.
pub(super) fn connect_code(error: ConnectError) -> Option<u16> {
    match error {
        ConnectError::Refused => Some(111),
        ConnectError::TimedOut | ConnectError::Unreachable | ConnectError::Dns => Some(101),
        ConnectError::Reset | ConnectError::Tls | ConnectError::Other => None,
    }
}

#[inline(never)]
fn uncommon(text: &[u8]) -> Option<Reason<'_>> {
    if let Some(rest) = text.strip_prefix(b"lost connection with ") {
        let (host, _) = split_on(rest, b" while ")?;
        return Some(Reason::broken(host, ConnectError::Reset, text));
    }
    if let Some(rest) = text.strip_prefix(b"conversation with ") {
        let (host, _) = split_on(rest, b" timed out while ")?;
        return Some(Reason::broken(host, ConnectError::TimedOut, text));
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
    .any(|words| text.starts_with(words))
        || text.ends_with(b": host not found")
    {
        return Some(Reason {
            code: Some(101),
            ..Reason::broken(b"", ConnectError::Dns, text)
        });
    }
    if text.starts_with(b"SASL ") {
        if let Some((_, rest)) = split_on(text, b"authentication failed; server ")
            && let Some((host, reply)) = split_on(rest, b" said: ")
        {
            let mut reason = Reason::reply(host, reply);
            // The server was not even asked: it said so some time ago.
            if text.starts_with(b"SASL [CACHED] ") {
                (reason.code, reason.enhanced) = (None, None);
                reason.kind = Kind::Cached;
            }
            return Some(reason);
        }
        return Some(Reason::new(text));
    }
    let wanted = [
        &b"TLS is required, but "[..],
        b"Sender requested REQUIRETLS, but ",
    ]
    .into_iter()
    .find_map(|words| text.strip_prefix(words));
    if let Some(rest) = wanted {
        let refusal = rest
            .strip_prefix(b"host ")
            .and_then(|rest| split_on(rest, b" refused to start TLS: "));
        return Some(match refusal {
            Some((host, reply)) => Reason {
                connect_error: Some(ConnectError::Tls),
                ..Reason::reply(host, reply)
            },
            None => Reason::broken(b"", ConnectError::Tls, text),
        });
    }
    if text.starts_with(b"Cannot start TLS: ") {
        // `SSL_connect error to …` has told of it.
        let reason = Reason::broken(b"", ConnectError::Tls, text);
        return Some(Reason {
            kind: Kind::OwnLine,
            ..reason
        });
    }
    if text.starts_with(b"Server certificate ") {
        return Some(Reason::broken(b"", ConnectError::Tls, text));
    }
    if let Some(rest) = text.strip_prefix(b"Protocol error: host ") {
        return said(rest);
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
    ]
    .into_iter()
    .any(|words| text.starts_with(words))
    .then(|| Reason::new(text))
}
