//! Clients: `started,ip=[::ffff:192.0.2.1],port=[1234]`, and our replies to their errors:
//! `error,relay=::ffff:192.0.2.1,port=1234,from=<a@example.net>,to=<b@example.com>: 550 User unknown.`,
//! `error,relay=::ffff:192.0.2.1,port=1234,msg="535 Authentication failed.",cmd: AUTH PLAIN`.

use super::{ESMTPD, Found};
use crate::parse::reply;
use crate::parse::scan::{self, find, position, split_on};
use crate::parse::{Direction, Event, Fact, Outcome, Stage};

/// Parses a line; `None` for all other forms.
pub(super) fn parse(text: &[u8]) -> Option<Found<'_>> {
    if text.starts_with(b"started,ip=[") {
        return Some(Found::Noise(Some(Fact::Connected(ESMTPD))));
    }
    let rest = text.strip_prefix(b"error,relay=")?;
    // The address may have colons, but no comma.
    let (host, rest) = rest.split_at(position(rest, b',')?);
    if let Some((_, message)) = split_on(rest, b",msg=\"")
        && let Some((message, command)) = split_on(message, b"\",cmd: ")
    {
        return Some(to_command(host, message, command));
    }
    let (sender, rest) = address(rest, b",from=");
    let (recipient, rest) = address(rest, b",to=");
    let (_, reason) = split_on(rest, b": ")?;
    let reply = reply::parse(reason);
    let stage = match (sender, recipient) {
        (_, Some(_)) => Stage::Rcpt,
        // After the content, or by a filter.
        (Some(_), None) if is_about_content(reason) => Stage::EndOfMessage,
        (Some(_), None) => Stage::Mail,
        (None, None) => Stage::Other,
    };
    let mut event = rejected(stage, host, reason);
    if reply.is_none_or(|reply| reply.code < 400) || reason.get(3) == Some(&b'-') {
        // A line of a reply that is not its last one.
        return Some(Found::Noise(None));
    }
    event.sender = sender.unwrap_or(b"");
    event.recipient = recipient.unwrap_or(b"");
    Some(Found::Event(event))
}

/// The address after a key, and the text after it. Courier writes spaces in place of brackets and colons within it.
fn address<'a>(text: &'a [u8], key: &[u8]) -> (Option<&'a [u8]>, &'a [u8]) {
    let found = find(text, key).and_then(|at| scan::address(&text[at + key.len()..]));
    match found {
        Some((address, rest)) => (Some(address), rest),
        None => (None, text),
    }
}

fn is_about_content(reason: &[u8]) -> bool {
    [
        &b"523 Message length "[..],
        b"550 Spam refused",
        b"534 Message header size",
        b"546 ",
        b"571 ",
    ]
    .iter()
    .any(|it| reason.starts_with(it))
}

/// Our reply to a command, which is logged in upper case.
fn to_command<'a>(host: &'a [u8], message: &'a [u8], command: &'a [u8]) -> Found<'a> {
    let Some(reply) = reply::parse(message) else {
        // `writev: Broken pipe`: the client is gone.
        return Found::Noise(Some(Fact::ConnectionLost(ESMTPD, Stage::Other)));
    };
    if reply.code < 400 {
        return Found::Noise(None);
    }
    let is = |verb: &[u8]| {
        command
            .get(..verb.len())
            .is_some_and(|it| it.eq_ignore_ascii_case(verb))
    };
    let stage = match () {
        // A response to a challenge is no command.
        () if is(b"AUTH") || reply.code == 535 => Stage::Auth,
        () if is(b"MAIL") => Stage::Mail,
        () if is(b"RCPT") => Stage::Rcpt,
        () if is(b"DATA") || is(b"BDAT") => Stage::Data,
        () if is(b"EHLO") || is(b"HELO") => Stage::Helo,
        () if is(b"STARTTLS") => Stage::StartTls,
        () if is(b"VRFY") || is(b"EXPN") => Stage::Vrfy,
        () if is(b"ETRN") => Stage::Etrn,
        () => Stage::Other,
    };
    let mut event = rejected(stage, host, message);
    let address = position(command, b'<').and_then(|at| scan::address(&command[at..]));
    match (stage, address) {
        (Stage::Mail, Some((address, _))) => event.sender = address,
        (Stage::Rcpt, Some((address, _))) => event.recipient = address,
        _ => {}
    }
    Found::Event(event)
}

fn rejected<'a>(stage: Stage, host: &'a [u8], text: &'a [u8]) -> Event<'a> {
    let reply = reply::parse(text);
    Event {
        code: reply.map(|it| it.code),
        enhanced: reply.and_then(|it| it.enhanced),
        host,
        text,
        stage: Some(stage),
        ..Event::new(ESMTPD, Direction::Inbound, Outcome::Rejected)
    }
}
