//! The submission server, which passes messages on to a relay server: `Successfully relayed message: from=<a>,
//! size=18, id=…, nrcpt=2, reply=`250 2.0.0 …'`.

use super::record::Entry;
use super::{SUBMISSION, Said, broken_connection, client_failure};
use crate::parse::reply::{self, Reply};
use crate::parse::scan::{address, find, split_on};
use crate::parse::{ConnectError, Direction, Enhanced, Event, Fact, Level, Outcome};

/// Parses a text; `None` if its form is not known.
pub(super) fn parse<'a>(entry: &Entry<'a>) -> Option<Said<'a>> {
    let text = entry.text;
    for (words, is_sent) in [
        (&b"Successfully relayed message: "[..], true),
        (b"Failed to relay message: ", false),
    ] {
        if let Some(fields) = text.strip_prefix(words) {
            return Some(Said::Event(relayed(is_sent, fields)));
        }
    }
    if let Some(event) = client_failure(SUBMISSION, Direction::Outbound, text) {
        return Some(Said::Event(event));
    }
    if text.starts_with(b"Disconnected") {
        return Some(match disconnected(text) {
            Some(event) => Said::Event(event),
            None => Said::Fact(None),
        });
    }
    // `Lost connection to relay server: 421 …`, `Failed to establish relay connection: 554 …`; versions since 2.4 write
    // `relay: ` before it.
    if entry.level.is_some()
        && let cause = text.strip_prefix(b"relay: ").unwrap_or(text)
        && let Some((_, words)) = split_on(cause, b": ")
        && let Some(reply) = reply::parse(words).filter(|reply| reply.code >= 400)
    {
        return Some(Said::Event(Event {
            code: Some(reply.code),
            enhanced: said_enhanced(reply, words),
            text: words,
            ..Event::new(SUBMISSION, Direction::Outbound, Outcome::Attempt)
        }));
    }
    const NOISE: [&[u8]; 3] = [b"Connect from ", b"Logged out", b"Login: "];
    let is_noise = NOISE.iter().any(|it| text.starts_with(it));
    (is_noise && entry.level.is_none()).then_some(Said::Fact(None))
}

/// The enhanced code that the other server said. Dovecot writes X.0.0 before the text of a reply without one at its
/// beginning; of these, 2.0.0 is what most servers say.
fn said_enhanced(reply: Reply, words: &[u8]) -> Option<Enhanced> {
    let code = reply.enhanced?;
    if code.class == 2 || code.subject != 0 || code.detail != 0 {
        return Some(code);
    }
    // The text: `sorry, mailbox disabled. (#4.2.1)`.
    reply::text_enhanced(words.get(b"450 4.0.0 ".len()..)?)
}

/// `from=<a@x>, to=<b@y>, size=18, id=…, rcpt=1/2, reply=`250 2.0.0 Ok'`.
fn relayed(is_sent: bool, fields: &[u8]) -> Event<'_> {
    let words = match find(fields, b"reply=`") {
        Some(at) => {
            let words = &fields[at + b"reply=`".len()..];
            words.strip_suffix(b"'").unwrap_or(words)
        }
        None => b"",
    };
    let reply = reply::parse(words);
    let outcome = match (is_sent, reply) {
        (true, _) => Outcome::Sent,
        (false, Some(reply)) if reply.code >= 500 => Outcome::Bounced,
        (false, _) => Outcome::Deferred,
    };
    let error = match reply {
        None if !is_sent => broken_connection(words),
        _ => None,
    };
    let (sender, rest) = fields
        .strip_prefix(b"from=")
        .and_then(address)
        .unwrap_or((b"", fields));
    let recipient = rest.strip_prefix(b", to=").and_then(address);
    Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| said_enhanced(reply, words)),
        connect_error: error,
        sender,
        recipient: recipient.map_or(b"", |(recipient, _)| recipient),
        text: words,
        ..Event::new(SUBMISSION, Direction::Outbound, outcome)
    }
}

/// `Disconnected: Lost connection to relay server (connection lost) (state=DATA) in=124 out=150`. If a reply was the
/// cause, its words are there, and the line before counts it.
fn disconnected(text: &[u8]) -> Option<Event<'_>> {
    let (_, cause) = split_on(text, b" relay server (")?;
    let error = if cause.starts_with(b"connection lost)") {
        ConnectError::Reset
    } else if cause.starts_with(b"timed out)") {
        ConnectError::TimedOut
    } else {
        return None;
    };
    Some(Event {
        connect_error: Some(error),
        text,
        ..Event::new(SUBMISSION, Direction::Outbound, Outcome::Attempt)
    })
}

/// The login service: a failed login of a client, or a server that it passes the session on to and that refuses it
/// (`proxy(…): Invalid banner: 421 …`).
pub(super) fn login<'a>(entry: &Entry<'a>) -> Option<Said<'a>> {
    const BANNER: &[u8] = b"Invalid banner: ";
    if entry.level.is_some()
        && let Some(at) = find(entry.text, BANNER)
        && let words = &entry.text[at + BANNER.len()..]
        && let Some(reply) = reply::parse(words).filter(|reply| reply.code >= 400)
    {
        return Some(Said::Event(Event {
            code: Some(reply.code),
            enhanced: reply.enhanced,
            text: words,
            ..Event::new(SUBMISSION, Direction::Outbound, Outcome::Attempt)
        }));
    }
    let failed = find(entry.text, b"(auth failed, ").is_some();
    failed.then_some(Said::Fact(Some(Fact::AuthFailed(
        SUBMISSION,
        Level::Warning,
    ))))
}
