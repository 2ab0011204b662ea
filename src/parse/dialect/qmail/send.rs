//! The lines of qmail-send (qmail-log(5)): messages, deliveries, status, warnings.
//!
//! IndiMail runs a qmail-send for each of several queues, all of which write to one log: the name of the queue ends their
//! lines (`delivery 4: success: …/ queue1`), in some versions also the number of a delivery (`delivery 4.1: …`).

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

use super::report::{self, Report};
use super::{LOCAL, QmailState, REMOTE, SEND};
use crate::parse::correlate::kept;
use crate::parse::dialect::Mta;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{number, rsplit_on, split_on};
use crate::parse::{Direction, Event, Fact, Level, Line, Outcome};

/// A delivery that has started.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Delivery {
    is_remote: bool,
    message: Box<[u8]>,
    recipient: Box<[u8]>,
    sender: Box<[u8]>,
}

/// The results of a delivery, as written after its number.
const RESULTS: [(&[u8], Outcome); 5] = [
    (b"success: ", Outcome::Sent),
    (b"deferral: ", Outcome::Deferred),
    (b"failure: ", Outcome::Bounced),
    (b"report mangled, will defer:", Outcome::Deferred),
    (b"report mangled, will defer", Outcome::Deferred),
];

/// Whether only qmail-send writes a text that begins so.
pub(super) fn is_own_text(text: &[u8]) -> bool {
    let Some(&first) = text.first() else {
        return false;
    };
    match first {
        b'n' => numbered(text, b"new msg ").is_some_and(|(_, rest)| rest.is_empty()),
        b'e' => numbered(text, b"end msg ").is_some_and(|(_, rest)| split_queue(rest).0.is_empty()),
        b'i' => numbered(text, b"info msg ").is_some_and(|(_, rest)| rest.starts_with(b": bytes ")),
        b'b' => numbered(text, b"bounce msg ").is_some_and(|(_, rest)| rest.starts_with(b" qp ")),
        b's' => {
            text.starts_with(b"status: local ")
                || text == b"status: exiting"
                || delivery(text, b"starting delivery ")
                    .is_some_and(|(_, rest)| rest.starts_with(b": msg "))
        }
        b'd' => {
            text.starts_with(b"double bounce: discarding ")
                || delivery(text, b"delivery ").is_some_and(|(_, rest)| result(rest).is_some())
        }
        b't' => text.starts_with(b"triple bounce: discarding "),
        _ => false,
    }
}

/// Whether qmail-send complains with a text, if it has a time stamp of qmail's log tools.
pub(super) fn is_complaint(text: &[u8]) -> bool {
    const ALERTS: [&[u8]; 7] = [
        b"cannot start: ",
        b"oh no! lost ",
        b"out of memory",
        b"unable to append to bounce message",
        b"unable to opendir",
        b"unable to reread ",
        b"unable to switch ",
    ];
    const WARNINGS: [&[u8]; 8] = [
        b"internal error: delivery report",
        b"qmail-clean unable ",
        b"qmail-send unable ",
        b"trouble ",
        b"unable to stat ",
        b"unable to start qmail-queue",
        b"unable to unlink ",
        b"unknown record type in ",
    ];
    let (words, texts): (_, &[&[u8]]) = match text.first() {
        Some(b'a') => (text.strip_prefix(b"alert: "), &ALERTS),
        Some(b'w') => (text.strip_prefix(b"warning: "), &WARNINGS),
        Some(b'i') => return text.starts_with(b"info: qmail-send: "),
        _ => return false,
    };
    let Some(words) = words else {
        return false;
    };
    let begins = |words: &[u8]| texts.iter().any(|it| words.starts_with(it));
    begins(words)
        || split_on(words, b": ").is_some_and(|(queue, rest)| is_name(queue) && begins(rest))
}

/// Parses a line.
pub(super) fn parse<'a, 'e>(
    state: &'a mut QmailState,
    time: Option<Stamp>,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some((id, rest)) = delivery(text, b"delivery ") {
        let Some((outcome, text)) = result(rest) else {
            return Line::Unmatched;
        };
        let (text, queue) = split_queue(text);
        let key = Key::new(id, queue);
        return Line::Event(slot.insert(delivered(state, key.bytes(), outcome, text)));
    }
    if let Some((id, rest)) = delivery(text, b"starting delivery ") {
        return match rest.strip_prefix(b": msg ") {
            Some(rest) => {
                let (rest, queue) = split_queue(rest);
                started(state, time, Key::new(id, queue).bytes(), rest)
            }
            None => Line::Unmatched,
        };
    }
    if let Some((id, rest)) = numbered(text, b"info msg ") {
        return match rest.strip_prefix(b": bytes ") {
            Some(rest) => received(state, time, id, rest),
            None => Line::Unmatched,
        };
    }
    if let Some((id, _)) = numbered(text, b"end msg ") {
        state.senders.remove(id);
        return Line::Noise(None);
    }
    if text.starts_with(b"warning: ") {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Qmail, Level::Warning)));
    }
    if text.starts_with(b"alert: ") {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Qmail, Level::Error)));
    }
    const NOISE: [&[u8]; 12] = [
        b"new msg ",
        b"info: ",
        b"loglock: ",
        b"bounce processor sender ",
        b"delete bounce: discarding ",
        b"bounce msg ",
        b"status: ",
        b"triple bounce: discarding ",
        b"double bounce: discarding ",
        b"number of deliveries left before exiting: ",
        b"running",
        b"qmail-todo stop processing",
    ];
    match NOISE.iter().any(|it| text.starts_with(it)) || text.is_empty() {
        true => Line::Noise(None),
        false => Line::Unmatched,
    }
}

/// The number after `words`, as written, and the rest.
fn numbered<'a>(text: &'a [u8], words: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let after = text.strip_prefix(words)?;
    let (_, rest) = number(after)?;
    Some((&after[..after.len() - rest.len()], rest))
}

/// The number of a delivery after `words`, with that of the queue if there is one (`4.1`), and the rest.
fn delivery<'a>(text: &'a [u8], words: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let (id, rest) = numbered(text, words)?;
    let Some((_, after)) = rest.strip_prefix(b".").and_then(number) else {
        return Some((id, rest));
    };
    let from = words.len();
    Some((&text[from..text.len() - after.len()], after))
}

/// A report or recipient, and the name of the queue after it; empty if there is none. Neither contains spaces, which
/// qmail-send writes as underscores.
fn split_queue(text: &[u8]) -> (&[u8], &[u8]) {
    let (before, queue) = rsplit_on(text, b" ").unwrap_or((text, b""));
    // `161214 to local root` ends with the recipient.
    let is_after = before.last().is_none_or(|&b| b == b'/')
        || !before.ends_with(b" local") && !before.ends_with(b" remote") && is_started(before);
    match is_name(queue) && is_after {
        true => (before, queue),
        false => (text, b""),
    }
}

/// Whether a word may be the name of a queue.
fn is_name(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_alphabetic)
        && word
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

/// Whether a text is `161214 to local …`.
fn is_started(text: &[u8]) -> bool {
    numbered(text, b"").is_some_and(|(_, rest)| rest.starts_with(b" to "))
}

/// What identifies a delivery: its number and the queue.
struct Key {
    bytes: [u8; 48],
    length: usize,
}

impl Key {
    fn new(id: &[u8], queue: &[u8]) -> Self {
        let mut key = Key {
            bytes: [0; 48],
            length: 0,
        };
        let parts = id.iter().chain(queue.iter());
        for (to, from) in key.bytes.iter_mut().zip(parts) {
            *to = *from;
            key.length += 1;
        }
        key
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The result and the report after the number of a delivery.
fn result(rest: &[u8]) -> Option<(Outcome, &[u8])> {
    let rest = rest.strip_prefix(b": ")?;
    RESULTS
        .iter()
        .find_map(|(words, outcome)| Some((*outcome, rest.strip_prefix(*words)?)))
}

/// `830 from <a@example.net> qp 6190 uid 1000`.
fn received<'a, 'e>(
    state: &mut QmailState,
    time: Option<Stamp>,
    id: &[u8],
    rest: &[u8],
) -> Line<'a, 'e> {
    let size = number(rest).map_or(0, |(size, _)| size);
    if let Some((_, rest)) = split_on(rest, b" from <")
        && let Some((sender, _)) = rsplit_on(rest, b"> qp ")
        && !sender.is_empty()
    {
        state.senders.insert(id, time, kept(sender));
    }
    Line::Noise(Some(Fact::Accepted {
        service: SEND,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: NonZeroU64::new(size),
        recipients: None,
        tls: None,
    }))
}

/// `161214 to remote a@example.net`.
fn started<'a, 'e>(
    state: &mut QmailState,
    time: Option<Stamp>,
    id: &[u8],
    rest: &[u8],
) -> Line<'a, 'e> {
    let Some((message, rest)) = numbered(rest, b"") else {
        return Line::Unmatched;
    };
    let (is_remote, recipient) = match rest {
        [
            b' ',
            b't',
            b'o',
            b' ',
            b'r',
            b'e',
            b'm',
            b'o',
            b't',
            b'e',
            b' ',
            recipient @ ..,
        ] => (true, recipient),
        [
            b' ',
            b't',
            b'o',
            b' ',
            b'l',
            b'o',
            b'c',
            b'a',
            b'l',
            b' ',
            recipient @ ..,
        ] => (false, recipient),
        _ => return Line::Unmatched,
    };
    let delivery = Delivery {
        is_remote,
        message: kept(message),
        recipient: kept(recipient),
        sender: state.senders.get(message).cloned().unwrap_or_default(),
    };
    state.deliveries.insert(id, time, delivery);
    Line::Noise(None)
}

/// The event of a result.
fn delivered<'a>(state: &'a mut QmailState, id: &[u8], outcome: Outcome, text: &[u8]) -> Event<'a> {
    state.current = state.deliveries.remove(id);
    let known = state.current.as_ref().map(|it| it.is_remote);
    report::decode(text, &mut state.text);
    let report = Report::parse(&state.text, known);
    // The address of the host is written once more, in the brackets that mark an address.
    let end = state.text.len();
    if !report.host.is_empty() {
        state.text.push(b'[');
        state.text.extend_from_within(report.host.clone());
        state.text.push(b']');
    }
    let (service, direction) = match report.is_remote {
        true => (REMOTE, Direction::Outbound),
        false => (LOCAL, Direction::Local),
    };
    let outcome = match report.is_expired {
        true => Outcome::Expired,
        false => outcome,
    };
    // The words of a patch about a connection that did not fail.
    let has_failed = outcome != Outcome::Sent;
    let mut event = Event {
        code: report.code.filter(|&code| has_failed || code != 101),
        enhanced: report.enhanced,
        dsn: report.dsn,
        connect_error: report.connect_error.filter(|_| has_failed),
        host: &state.text[end..],
        text: &state.text[report.text],
        ..Event::new(service, direction, outcome)
    };
    if let Some(delivery) = &state.current {
        event.queue_id = &delivery.message;
        event.recipient = &delivery.recipient;
        event.sender = &delivery.sender;
    }
    event
}
