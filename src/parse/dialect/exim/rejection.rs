//! What all rejects by Exim have in common: the event, and the client that was rejected.

use super::RECEIVE;
use super::fields::{self, Fields};
use crate::parse::reply;
use crate::parse::{Direction, Event, Outcome, Stage};

/// A reject with this reason: the code counts only if the reason begins with it.
pub(super) fn rejected<'a>(stage: Stage, host: &'a [u8], text: &'a [u8]) -> Event<'a> {
    let reply = reply::parse(text);
    Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        host,
        text,
        stage: Some(stage),
        ..Event::new(RECEIVE, Direction::Inbound, Outcome::Rejected)
    }
}

/// The host at the beginning of a text, with or without `H=`, and the reason after its fields.
pub(super) fn peer(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    let (host, rest) = match is_field(text) {
        true => (&b""[..], text),
        false => {
            let (host, _, rest) = fields::host(text);
            // The name of a local user is no host.
            let is_host = host.iter().any(|b| matches!(b, b'[' | b'.'));
            (if is_host { host } else { b"" }, rest)
        }
    };
    let mut found = Fields::default();
    let (rest, _) = found.read(rest);
    (if host.is_empty() { found.host } else { host }, rest)
}

pub(super) fn is_field(text: &[u8]) -> bool {
    matches!(text, [_, b'=', ..] | [_, _, b'=', ..])
}
