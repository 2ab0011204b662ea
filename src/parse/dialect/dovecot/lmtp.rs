//! The LMTP server, its proxy, and the delivery agent: `msgid=<a@b>: saved mail to INBOX`, `sieve: msgid=<a@b>: stored
//! mail into mailbox 'Spam'`, `… Sent message to <a@b> at 192.0.2.1:24: 250 … (1/1 at 1 ms)`.

use super::record::Entry;
use super::{Said, broken_connection, client_failure, without_port};
use crate::parse::dialect::Mta;
use crate::parse::scan::{address, find, rsplit_on, split_on};
use crate::parse::{Action, Direction, Event, Fact, Outcome, Service, reply};

/// Parses a text; `None` if its form is not known.
pub(super) fn parse<'a>(service: Service<'a>, entry: &Entry<'a>) -> Option<Said<'a>> {
    let text = entry.text;
    if let Some(said) = action(service, entry) {
        return Some(said);
    }
    if let Some(event) = proxied(service, text) {
        return Some(Said::Event(event));
    }
    if let Some(event) = client_failure(service, Direction::Local, text) {
        return Some(Said::Event(event));
    }
    if text.starts_with(b"Connect from ") {
        return Some(Said::Fact(Some(Fact::Connected(service))));
    }
    let is_noise = text.starts_with(b"Disconnect from ")
        || text.starts_with(b"sieve: ")
        || split_on(text, b": sieve: ").is_some();
    (is_noise && entry.level.is_none()).then_some(Said::Fact(None))
}

/// The actions of a delivery, as written after `msgid=…: `.
const ACTIONS: [(&[u8], Kind); 10] = [
    (b"saved mail to ", Kind::Stored),
    (b"stored mail into mailbox ", Kind::Stored),
    (b"save failed to open mailbox INBOX: ", Kind::Failed),
    (b"failed to store into mailbox 'INBOX'", Kind::Failed),
    (b"save failed to open mailbox ", Kind::NextMailbox),
    (b"failed to store into mailbox ", Kind::NextMailbox),
    (b"save failed to ", Kind::Failed),
    (b"forwarded to <", Kind::Forwarded),
    (b"discarded message", Kind::Discarded),
    (b"rejected message from <", Kind::Rejected),
];

#[derive(Clone, Copy)]
enum Kind {
    Stored,
    /// Not stored there; the message is stored in the inbox instead.
    NextMailbox,
    Failed,
    Forwarded,
    Discarded,
    /// By the user's Sieve script, with a message to the sender.
    Rejected,
}

/// What was done with a message. It is the last action in the text: a message id may contain any words.
fn action<'a>(service: Service<'a>, entry: &Entry<'a>) -> Option<Said<'a>> {
    const MAX_COLONS: usize = 8;
    let text = entry.text;
    let mut end = text.len();
    for _ in 0..MAX_COLONS {
        let before = rsplit_on(&text[..end], b": ");
        let from = before.map_or(0, |(before, _)| before.len() + 2);
        let words = &text[from..];
        if let Some(&(_, kind)) = ACTIONS.iter().find(|(it, _)| words.starts_with(it)) {
            return Some(acted(service, entry.user, kind, words));
        }
        end = before?.0.len();
    }
    None
}

fn acted<'a>(service: Service<'a>, user: &'a [u8], kind: Kind, words: &'a [u8]) -> Said<'a> {
    // The quota of Dovecot, or of the file system.
    let is_full = || {
        find(words, b"Quota exceeded").is_some() || find(words, b"Not enough disk quota").is_some()
    };
    let outcome = match kind {
        Kind::Stored => Outcome::Sent,
        Kind::NextMailbox => Outcome::Attempt,
        // A full mailbox is a permanent failure, unless `quota_full_tempfail` is set; all others are temporary.
        Kind::Failed if is_full() => Outcome::Bounced,
        Kind::Failed => Outcome::Deferred,
        Kind::Forwarded => {
            return Said::Fact(Some(Fact::Action(Mta::Dovecot, Action::Redirect)));
        }
        Kind::Discarded => return Said::Fact(Some(Fact::Action(Mta::Dovecot, Action::Discard))),
        Kind::Rejected => return Said::Fact(None),
    };
    Said::Event(Event {
        recipient: user,
        text: words,
        ..Event::new(service, Direction::Local, outcome)
    })
}

/// A message that was passed on to another server, by LMTP.
fn proxied<'a>(service: Service<'a>, text: &'a [u8]) -> Option<Event<'a>> {
    let (is_sent, named) = match find(text, b"Sent message to <") {
        Some(at) => (true, &text[at + b"Sent message to ".len()..]),
        None => {
            const FAILED: &[u8] = b"Failed to send message to <";
            let at = find(text, FAILED)?;
            (false, &text[at + FAILED.len() - 1..])
        }
    };
    let (recipient, rest) = address(named)?;
    let (host, words) = match rest.strip_prefix(b" at ") {
        Some(rest) => split_on(rest, b": ")?,
        None => (&b""[..], rest.strip_prefix(b": ")?),
    };
    let words = without_times(words);
    let reply = reply::parse(words);
    let outcome = match (is_sent, reply) {
        (true, _) => Outcome::Sent,
        (false, Some(reply)) if reply.code >= 500 => Outcome::Bounced,
        (false, _) => Outcome::Deferred,
    };
    // The line of the client side counts the code of a failed connection.
    let error = match reply {
        None if !is_sent => broken_connection(words),
        _ => None,
    };
    Some(Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        connect_error: error,
        host: without_port(host),
        recipient,
        text: words,
        ..Event::new(service, Direction::Local, outcome)
    })
}

/// The reply without ` (1/1 at 1 ms)`, the number of the recipient and the time it took.
fn without_times(words: &[u8]) -> &[u8] {
    match rsplit_on(words, b" (") {
        Some((reply, times)) if times.ends_with(b")") && split_on(times, b" at ").is_some() => {
            reply
        }
        _ => words,
    }
}
