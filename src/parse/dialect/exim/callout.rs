//! Servers that ours asked while a client was waiting: callouts, which verify an address, and deliveries that
//! begin before the message was accepted.

use super::fields::{self, Fields};
use super::{SMTP, reason, strip_any};
use crate::parse::reply;
use crate::parse::scan::split_on;
use crate::parse::{Direction, Event, Outcome};

/// `sender verify fail for <a@x>: mx.example.net [192.0.2.1] : SMTP error from remote mail server after RCPT
/// TO:<a@x>: 550 …`: a server answered when ours asked whether it knows an address. The reject of our own
/// follows on a line of its own.
pub(super) fn sender_verify(behind: &[u8]) -> Option<Event<'_>> {
    let (_, text) = split_on(behind, b">: ")?;
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
    let mut inner = Fields::default();
    let (rest, _) = inner.read(rest);
    let rest = strip_any(
        rest,
        &[
            b"tmp-reject from cutthrough after DATA:",
            b"rejected from cutthrough after DATA:",
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
