//! The text in parentheses at the end of a delivery record: a reply, or a failure that ZoneMTA or its library mx-connect
//! found itself. Old versions put a code of their own before such a failure.

use crate::parse::reply::{self, Reply};
use crate::parse::scan::find;
use crate::parse::{ConnectError, Event};

/// What a text stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Reply(Reply),
    /// A connection that failed, and the code to count for it.
    Connection(ConnectError, Option<u16>),
    Other,
}

/// Beginnings of failures that some versions write after a code of their own.
const OWN: [&[u8]; 7] = [
    b"Network error",
    b"DNS Error",
    b"DNS error",
    b"Policy error",
    b"Connection timed out when connecting to MX",
    b"Failed to resolve any IP addresses",
    b"Can't find an MX",
];

/// Parses the text. One that `is_cut` off may be the beginning of a failure.
fn parse(text: &[u8], is_cut: bool) -> Reason {
    let words = match reply::parse(text) {
        Some(_) => text[3..].trim_ascii_start(),
        None => text,
    };
    let is_own = OWN
        .iter()
        .any(|it| words.starts_with(it) || is_cut && it.starts_with(words));
    match reply::parse(text) {
        Some(reply) if !is_own => Reason::Reply(reply),
        _ => failure(words),
    }
}

/// A failure in words.
pub(super) fn failure(words: &[u8]) -> Reason {
    let has = |it: &[u8]| find(words, it).is_some();
    // A connection that was open: `Error connecting to 192.0.2.1. Connection timeout`.
    let is_open = has(b"Error connecting to ");
    let counted = |code| (!is_open).then_some(code);
    if has(b"DNS ")
        || has(b"No Mail Exchange")
        || has(b"find an MX")
        || has(b"Failed to resolve")
        || has(b"ENOTFOUND")
    {
        return Reason::Connection(ConnectError::Dns, Some(101));
    }
    if has(b"Connection refused") || has(b"ECONNREFUSED") {
        return Reason::Connection(ConnectError::Refused, Some(111));
    }
    if has(b"No route to host") || has(b"unreachable") || has(b"UNREACH") || has(b"Host is down") {
        return Reason::Connection(ConnectError::Unreachable, Some(101));
    }
    if has(b"timed out") || has(b"imeout") || has(b"ETIMEDOUT") || has(b"Greeting never received") {
        return Reason::Connection(ConnectError::TimedOut, counted(101));
    }
    if has(b"TLS") || has(b"SSL") || has(b"certificate") || has(b"MTA-STS") {
        return Reason::Connection(ConnectError::Tls, None);
    }
    if has(b"reset by peer")
        || has(b"ECONNRESET")
        || has(b"socket close")
        || has(b"losed")
        || has(b"socket hang up")
    {
        return Reason::Connection(ConnectError::Reset, None);
    }
    if has(b"Network error")
        || has(b"Connection to the Mail Exchange")
        || has(b"Unable to establish")
    {
        return Reason::Connection(ConnectError::Other, None);
    }
    Reason::Other
}

/// Sets the codes of an event from its text, which `is_cut` off if the record has no end.
pub(super) fn apply<'a>(event: &mut Event<'a>, text: &'a [u8], is_cut: bool) {
    event.text = text;
    match parse(text, is_cut) {
        Reason::Reply(reply) => {
            event.code = Some(reply.code);
            event.enhanced = reply.enhanced;
        }
        Reason::Connection(error, code) => {
            event.connect_error = Some(error);
            event.code = code;
        }
        Reason::Other => {}
    }
}
