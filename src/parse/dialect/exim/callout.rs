//! Replies of other servers while a client is connected: to callouts, which verify an address, and to deliveries that
//! begin before the message is accepted (cutthrough).

use super::fields::{self, Fields};
use super::rejection::is_field;
use super::{SMTP, reason, strip_any};
use crate::parse::reply;
use crate::parse::scan::split_on;
use crate::parse::{Direction, Event, Outcome};

/// `sender verify fail for <a@x>: mx.example.net [192.0.2.1] : SMTP error from remote mail server after RCPT
/// TO:<a@x>: 550 …`: the reply to a callout for an address. The reject by our server is another record.
pub(super) fn sender_verify(rest: &[u8]) -> Option<Event<'_>> {
    let (_, text) = split_on(rest, b">: ")?;
    let text = strip_any(text, &[b"Could not complete sender verify callout: "]).unwrap_or(text);
    let (host, _, rest) = fields::host(text);
    let rest = rest.strip_prefix(b" : ")?;
    let said = match rest.strip_prefix(b"response to \"") {
        Some(command) => {
            let (_, words) = split_on(command, b"\" was: ")?;
            let reply = reply::parse(words)?;
            (Some(reply.code), reply.enhanced, words)
        }
        None => {
            let reason = reason::parse(rest);
            (Some(reason.code?), reason.enhanced, reason.words)
        }
    };
    let (code, enhanced, text) = said;
    Some(Event {
        code,
        enhanced,
        host,
        text,
        ..Event::new(SMTP, Direction::Outbound, Outcome::Attempt)
    })
}

/// `b@y F=<a@x> tmp-reject from cutthrough after DATA: R=… T=… H=… C="459 later"`: the next server refused
/// the message while ours was still receiving it.
pub(super) fn cutthrough(rest: &[u8]) -> Option<Event<'_>> {
    let (recipient, rest) = fields::address(rest)?;
    // Most other texts end here: a word that is neither a field nor one of the two verbs.
    if let [b' ', first @ b'a'..=b'z', ..] = rest
        && !matches!(first, b't' | b'r')
        && !is_field(&rest[1..])
    {
        return None;
    }
    let mut inner = Fields::default();
    let (rest, _) = inner.read(rest);
    let rest = strip_any(
        rest,
        &[
            b"tmp-reject from cutthrough after DATA:",
            b"rejected after DATA:",
        ],
    )?;
    let mut inner = Fields::default();
    inner.read(rest);
    let reply = reply::parse(inner.confirmation)?;
    Some(Event {
        code: Some(reply.code),
        enhanced: reply.enhanced,
        host: inner.host,
        recipient,
        text: inner.confirmation,
        ..Event::new(SMTP, Direction::Outbound, Outcome::Attempt)
    })
}
