//! Parses why a delivery failed: `reply=`, which newer versions log, and `stat=`.
//!
//! `reply=` is the reply of the remote server, `stat=` Sendmail's words for the failure, with the reply after
//! `Deferred: `. Sendmail also invents replies, for its own bookkeeping; nobody said those.

use super::begins_with;
use crate::parse::reply::{self, Reply};
use crate::parse::scan::{rsplit_on, split_on};
use crate::parse::{ConnectError, Enhanced, Outcome};

/// A parsed failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason<'a> {
    /// The reply of the remote server.
    pub reply: Option<Reply>,
    pub connect_error: Option<ConnectError>,
    pub outcome: Outcome,
    /// The text of the reply, or Sendmail's words.
    pub words: &'a [u8],
}

/// Beginnings of replies that Sendmail invents. 403 is the code of its own rulesets for TLS.
const INVENTED: &[&[u8]] = &[
    b"421 4.4.1 Connection reset by ",
    b"421 4.4.1 Connection timed out with ",
    b"451 4.4.1 reply: read error from ",
    b"451 4.4.2 reply: read error from ",
    b"451 4.4.1 timeout writing message to ",
    b"450 occ_exceeded",
    b"403 ",
    b"403",
    b"554 5.4.6 Too many hops",
];

/// The words of Sendmail for the end of a message's time in the queue.
const EXPIRED: &[&[u8]] = &[
    b"Message could not be delivered for ",
    b"Cannot send message for ",
    b"Cannot send message within ",
    b"Message timed out",
];

/// Whether a text says that a message was in the queue for too long.
pub(super) fn is_expired(text: &[u8]) -> bool {
    begins_with(text, EXPIRED)
}

/// Parses `reply=`, which may be empty, and `stat=`, with the `dsn=` of the same record.
pub(super) fn parse<'a>(reply: &'a [u8], stat: &'a [u8], dsn: Option<Enhanced>) -> Reason<'a> {
    let detail = stat.strip_prefix(b"Deferred: ");
    let is_deferred = detail.is_some() || stat == b"Deferred" || stat == b"queued";
    let words = detail.unwrap_or(stat);
    let remote = remote_reply(reply).map(|found| (found, reply));
    // A reply to a later command stands in `reply=` at times: `reply=221 2.0.0 bye, stat=Deferred: 421 …`.
    let remote = remote.or_else(|| remote_reply(words).map(|found| (found, words)));
    if let Some((found, words)) = remote {
        let outcome = match is_deferred || found.code < 500 {
            true => Outcome::Deferred,
            false => Outcome::Bounced,
        };
        return Reason {
            reply: Some(found),
            connect_error: None,
            outcome: if is_expired(stat) {
                Outcome::Expired
            } else {
                outcome
            },
            words,
        };
    }
    let is_temporary = dsn.is_some_and(|dsn| dsn.class == 4)
        || stat.first() == Some(&b'4')
        || stat.starts_with(b"Warning: could not send ");
    let outcome = match stat {
        _ if is_expired(stat) => Outcome::Expired,
        _ if is_deferred || is_temporary => Outcome::Deferred,
        _ => Outcome::Bounced,
    };
    let is_lost = dsn.is_some_and(|dsn| (dsn.class, dsn.subject, dsn.detail) == (4, 4, 2));
    let error = connect_error(words)
        .or_else(|| connect_error(reply))
        .or_else(|| (stat == b"Deferred" && is_lost).then_some(ConnectError::Reset));
    Reason {
        reply: None,
        connect_error: error,
        outcome,
        words: if stat == b"Deferred" && !reply.is_empty() {
            reply
        } else {
            words
        },
    }
}

/// The failure reply at the beginning of a text, unless Sendmail invented it.
fn remote_reply(text: &[u8]) -> Option<Reply> {
    let reply = reply::parse(text).filter(|reply| reply.code >= 400)?;
    // The record may have been cut off within an invented reply.
    let invented = INVENTED
        .iter()
        .any(|it| text.starts_with(it) || it.starts_with(text));
    (!invented).then_some(reply)
}

/// The connection error in Sendmail's words: those of `strerror` with the host before or after them.
fn connect_error(text: &[u8]) -> Option<ConnectError> {
    const BEGINNINGS: &[(&[u8], ConnectError)] = &[
        (b"Connection refused", ConnectError::Refused),
        (b"Connection timed out", ConnectError::TimedOut),
        (b"Operation timed out", ConnectError::TimedOut),
        (b"Connection reset", ConnectError::Reset),
        (b"Broken pipe", ConnectError::Reset),
        (b"421 4.4.1 Connection reset by ", ConnectError::Reset),
        (
            b"421 4.4.1 Connection timed out with ",
            ConnectError::TimedOut,
        ),
        (b"451 4.4.1 reply: read error from ", ConnectError::Reset),
        (b"451 4.4.2 reply: read error from ", ConnectError::Reset),
        (
            b"451 4.4.1 timeout writing message to ",
            ConnectError::TimedOut,
        ),
        (b"reply: read error from ", ConnectError::Reset),
        (b"timeout writing message to ", ConnectError::TimedOut),
        (b"No route to host", ConnectError::Unreachable),
        (b"Network is unreachable", ConnectError::Unreachable),
        (b"Network is down", ConnectError::Unreachable),
        (b"Host is unreachable", ConnectError::Unreachable),
        (b"Host is down", ConnectError::Unreachable),
        (b"Can't assign requested address", ConnectError::Unreachable),
        (
            b"Cannot assign requested address",
            ConnectError::Unreachable,
        ),
        (b"Address family not supported", ConnectError::Unreachable),
        (b"Name server: ", ConnectError::Dns),
        (b"Name server timeout", ConnectError::Dns),
        (b"Host unknown", ConnectError::Dns),
        (b"host name lookup failure", ConnectError::Dns),
        (b"403 4.7.0 TLS", ConnectError::Tls),
        (b"403 4.7.0 encryption", ConnectError::Tls),
        (b"403 4.7.0 authentication", ConnectError::Tls),
        (b"403 4.7.0 not authenticated", ConnectError::Tls),
        (b"403 5.7.0 ", ConnectError::Tls),
        (b"403 4.7.", ConnectError::Tls),
        (b"TLS ", ConnectError::Tls),
        (b"STARTTLS", ConnectError::Tls),
    ];
    let find = |text: &[u8]| {
        BEGINNINGS
            .iter()
            .find(|(words, _)| text.starts_with(words))
            .map(|&(_, error)| error)
    };
    // `mx.example.net.: No route to host`.
    find(text)
        .or_else(|| find(rsplit_on(text, b": ")?.1))
        .or_else(|| {
            // `851 mx.example.net: Name server timeout` and the like.
            split_on(text, b"Name server").map(|_| ConnectError::Dns)
        })
}

/// The code to count for a connection that could not be opened. A timeout after the connection was opened has
/// `dsn=4.4.2`.
pub(super) fn connect_code(error: ConnectError, dsn: Option<Enhanced>) -> Option<u16> {
    let is_open = dsn.is_some_and(|dsn| (dsn.subject, dsn.detail) == (4, 2));
    error
        .code()
        .filter(|_| error != ConnectError::TimedOut || !is_open)
}
