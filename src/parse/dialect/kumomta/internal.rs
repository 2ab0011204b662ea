//! Failures that KumoMTA found itself. The response in their records is its own, not that of another server; but it
//! quotes the reply of a host that refused the session.

use crate::parse::ConnectError;
use crate::parse::kinds::Enhanced;
use crate::parse::reply::Reply;
use crate::parse::scan::{find, number, rsplit_on, split_on};

/// What the response of a record stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure<'a> {
    /// The other server's own words.
    Reply,
    /// A reply in the text of another failure, and its words.
    Quoted(Reply, &'a [u8]),
    /// The connection, and the code to count for it.
    Connection(ConnectError, Option<u16>),
    /// Nothing that concerns another server.
    Other,
}

/// Beginnings of responses that KumoMTA makes up; versions before 2023.11 write some of them without `PREFIX`.
const OWN: [&[u8]; 12] = [
    b"failed to connect to any candidate hosts",
    b"failed to send message",
    b"failed to resolve queue ",
    b"error in deliver_message",
    b"MX didn't resolve to any hosts",
    b"MX consisted solely of hosts on the skip_hosts list",
    b"Recipient address has a null MX",
    b"no sources for ",
    b"ready queue throttled",
    b"scheduled queue is suspended",
    b"returning message to scheduled queue",
    b"bulk delay of ready queue",
];

const PREFIX: &[u8] = b"KumoMTA internal: ";

/// What the content of the response of a failed attempt, or of a delivery, stands for.
pub(super) fn failure(content: &[u8]) -> Failure<'_> {
    let own = content.strip_prefix(PREFIX);
    let text = own.unwrap_or(content);
    let is_own = own.is_some()
        || OWN.iter().any(|words| text.starts_with(words))
        || contains(text, b" is on the list of prohibited_hosts ")
        || contains(text, b" throttled message rate, ");
    if !is_own {
        return Failure::Reply;
    }
    if text.starts_with(b"MX didn't resolve to any hosts") {
        return Failure::Connection(ConnectError::Dns, Some(101));
    }
    // The first of several hosts decides: the text of a reply cannot come before it.
    let quoted = split_on(text, b" rejected Response { code: ");
    let system = split_on(text, b"(os error ");
    match (quoted, system) {
        (Some((before, rest)), system) if system.is_none_or(|it| before.len() < it.0.len()) => {
            match quoted_reply(rest) {
                Some((reply, words)) => Failure::Quoted(reply, words),
                None => Failure::Other,
            }
        }
        (_, Some((_, rest))) => {
            let connects = contains(text, b" and read initial banner");
            match number(rest) {
                Some((error, _)) => system_error(error, connects),
                None => Failure::Other,
            }
        }
        _ => in_words(text),
    }
}

/// The reply in `421, enhanced_code: Some(EnhancedStatusCode { class: 4, subject: 7, detail: 0 }), content: "…"`.
fn quoted_reply(text: &[u8]) -> Option<(Reply, &[u8])> {
    let (code, rest) = number(text)?;
    let code = u16::try_from(code)
        .ok()
        .filter(|it| (200..600).contains(it))?;
    let rest = rest.strip_prefix(b", enhanced_code: ")?;
    let enhanced = || {
        let rest = rest.strip_prefix(b"Some(EnhancedStatusCode { class: ")?;
        let (class, rest) = number(rest)?;
        let (subject, rest) = number(rest.strip_prefix(b", subject: ")?)?;
        let (detail, _) = number(rest.strip_prefix(b", detail: ")?)?;
        Some(Enhanced {
            class: u8::try_from(class).ok()?,
            subject: u16::try_from(subject).ok()?,
            detail: u16::try_from(detail).ok()?,
        })
    };
    let words = split_on(rest, b"content: \"").map_or(rest, |(_, words)| words);
    let words = rsplit_on(words, b"\", command: ").map_or(words, |(words, _)| words);
    let reply = Reply {
        code,
        enhanced: enhanced(),
    };
    Some((reply, words))
}

/// An error number of Linux. `connects` if it may be from connect(2).
fn system_error(error: u64, connects: bool) -> Failure<'static> {
    let counted = |code| connects.then_some(code);
    match error {
        111 => Failure::Connection(ConnectError::Refused, counted(111)),
        101 | 113 => Failure::Connection(ConnectError::Unreachable, counted(101)),
        110 => Failure::Connection(ConnectError::TimedOut, counted(101)),
        32 | 103 | 104 => Failure::Connection(ConnectError::Reset, None),
        _ => Failure::Connection(ConnectError::Other, None),
    }
}

/// A failure that is described in words only.
fn in_words(text: &[u8]) -> Failure<'static> {
    let has = |words: &[&[u8]]| words.iter().any(|it| find(text, it).is_some());
    if has(&[b"TLS", b"tls policy", b"DANE", b"SSL Error"]) {
        return Failure::Connection(ConnectError::Tls, None);
    }
    // `MX lookup for x failed after 5s: DNS: proto error: request timed out`
    if has(&[b"MX lookup ", b": DNS: "]) {
        return Failure::Connection(ConnectError::Dns, Some(101));
    }
    if has(&[
        b"Timed Out",
        b"timed out",
        b"deadline has elapsed",
        b"timeout",
    ]) {
        let is_connecting =
            has(&[b" and read initial banner"]) && !has(&[b"reading banner", b"for response to"]);
        return Failure::Connection(ConnectError::TimedOut, is_connecting.then_some(101));
    }
    if has(&[b"Connection refused"]) {
        return Failure::Connection(ConnectError::Refused, Some(111));
    }
    if has(&[b"No route to host", b"unreachable"]) {
        return Failure::Connection(ConnectError::Unreachable, Some(101));
    }
    if has(&[b"failed to resolve", b"resolving ", b"DNS", b"NXDOMAIN"]) {
        return Failure::Connection(ConnectError::Dns, Some(101));
    }
    if has(&[
        b"onnection reset",
        b"unexpected EOF",
        b"Not connected",
        b"early eof",
    ]) {
        return Failure::Connection(ConnectError::Reset, None);
    }
    Failure::Other
}

/// The host in `connect to mx.example.net./192.0.2.1:25 and read initial banner: …`, as `name[address]` appended to
/// `buffer`.
pub(super) fn write_host(content: &[u8], buffer: &mut Vec<u8>) {
    let mut rest = content;
    while let Some((_, after)) = split_on(rest, b"connect to ") {
        rest = after;
        if let Some((target, _)) = split_on(rest, b" ")
            && let Some((name, after)) = split_on(target, b"/")
            && let Some((address, _)) = rsplit_on(after, b":")
        {
            buffer.extend_from_slice(name.strip_suffix(b".").unwrap_or(name));
            buffer.push(b'[');
            buffer.extend_from_slice(address);
            buffer.push(b']');
            return;
        }
    }
}

fn contains<const N: usize>(text: &[u8], words: &[u8; N]) -> bool {
    split_on(text, words).is_some()
}
