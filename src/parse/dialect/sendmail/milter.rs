//! Decisions of milters: `Milter: data, reject=451 4.3.2 Please try again later`, and at a higher log level before it
//! `milter=NAME, action=rcpt, reject=550 5.7.1 …`. Changes of messages are noise.

use super::{Found, begins_with, fields, rejected};
use crate::parse::dialect::Mta;
use crate::parse::notices::Action;
use crate::parse::reply;
use crate::parse::scan::{self, find, position, split_on};
use crate::parse::{Event, Fact, Level, Stage};

/// Parses a text; `None` if it is about no milter.
pub(super) fn parse<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    if let Some(rest) = text.strip_prefix(b"Milter: ") {
        return Some(match decision(rest) {
            Some(event) => Found::Event(event),
            None => Found::Noise(None),
        });
    }
    if let Some(rest) = text.strip_prefix(b"milter=") {
        return of_filter(rest);
    }
    if begins_with(
        text,
        &[
            b"Milter (",
            b"Milter read(",
            b"milter_",
            b"Milter accept",
            b"Milter delete",
            b"Milter add",
            b"Milter insert",
            b"Milter change",
            b"Milter message",
        ],
    ) {
        return Some(Found::Noise(trouble(text)));
    }
    None
}

/// `connect: host=NAME, addr=192.0.2.1, reject=…`, `helo=NAME, reject=…`, `from=<a@example.com>, reject=…`,
/// `to=<b@example.net>, reject=…`, `cmd=data, reject=…`, `data, reject=…`; `None` if nothing was rejected.
fn decision(text: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = text.strip_prefix(b"connect: host=") {
        return connection(rest);
    }
    if let Some(rest) = text.strip_prefix(b"data, ") {
        return refusal(Stage::EndOfMessage, rest);
    }
    if let Some(rest) = text.strip_prefix(b"cmd=data, ") {
        return refusal(Stage::Data, rest);
    }
    let at = position(text, b'=')?;
    let (name, value) = (&text[..at], &text[at + 1..]);
    let (address, rest) = match value.first() {
        Some(b'<') => scan::address(value)?,
        _ => value.split_at(split_on(value, b", ")?.0.len()),
    };
    let stage = match name {
        b"helo" => Stage::Helo,
        b"from" => Stage::Mail,
        b"to" => Stage::Rcpt,
        _ => return None,
    };
    // The parameters of MAIL and RCPT may follow the address.
    let (_, decision) = split_on(rest, b", ")
        .filter(|(_, it)| is_refusal(it))
        .or_else(|| {
            let (head, reason) = split_on(rest, b", reject=")?;
            Some((head, &rest[rest.len() - reason.len() - b"reject=".len()..]))
        })?;
    let mut event = refusal(stage, decision)?;
    match stage {
        Stage::Mail => event.sender = address,
        Stage::Rcpt => event.recipient = address,
        _ => {}
    }
    Some(event)
}

fn is_refusal(text: &[u8]) -> bool {
    text.starts_with(b"reject") || text.starts_with(b"tempfail")
}

/// `NAME, addr=192.0.2.1, reject=554 …`, `…, temp failing commands`, `…, shutdown=…`.
fn connection(text: &[u8]) -> Option<Event<'_>> {
    let (name, rest) = split_on(text, b", addr=")?;
    let (address, decision) = split_on(rest, b", ")?;
    let reason = match decision {
        _ if begins_with(decision, &[b"reject", b"shutdown", b"temp failing"]) => {
            split_on(decision, b"=").map_or(decision, |(_, reason)| reason)
        }
        _ => return None,
    };
    let host = if name.is_empty() {
        address
    } else {
        fields::host(name)
    };
    Some(rejected(Stage::Connect, host, reason))
}

/// `reject=550 5.7.1 …`, `reject=Command rejected`, `reject`, `tempfail`.
fn refusal(stage: Stage, text: &[u8]) -> Option<Event<'_>> {
    let reason = match text.strip_prefix(b"reject=") {
        Some(reason) => reason,
        None if text == b"reject" || text == b"tempfail" => text,
        None => return None,
    };
    Some(rejected(stage, b"", reason))
}

/// `NAME, action=rcpt, reject=550 …`, `NAME, reject=…` at the end of the message, `NAME, quarantine=…`.
fn of_filter<'a>(text: &'a [u8]) -> Option<Found<'a>> {
    let (_, rest) = split_on(text, b", ")?;
    let (stage, rest) = match rest.strip_prefix(b"action=") {
        Some(rest) => {
            let (action, rest) = split_on(rest, b", ").unwrap_or((rest, b""));
            let stage = match action {
                b"connect" => Stage::Connect,
                b"helo" => Stage::Helo,
                b"mail" => Stage::Mail,
                b"rcpt" => Stage::Rcpt,
                b"data" => Stage::Data,
                b"header" | b"eoh" | b"body" => Stage::EndOfMessage,
                _ => Stage::Other,
            };
            (stage, rest)
        }
        None => (Stage::EndOfMessage, rest),
    };
    if let Some(event) = refusal(stage, rest) {
        return Some(Found::Event(event));
    }
    if rest.starts_with(b"quarantine=") {
        return Some(Found::Noise(Some(Fact::Action(
            Mta::Sendmail,
            Action::Quarantine,
        ))));
    }
    let is_known = begins_with(rest, &[b"accepted", b"continue", b"skip", b"discard"]);
    (is_known || reply::parse(rest).is_none()).then_some(Found::Noise(None))
}

/// Errors between Sendmail and a milter.
fn trouble(text: &[u8]) -> Option<Fact<'static>> {
    let is_error = text.starts_with(b"milter_")
        || text.starts_with(b"Milter read(")
        || [
            &b"): to error state"[..],
            b"): error ",
            b"): timeout ",
            b"): init failed",
        ]
        .iter()
        .any(|it| find(text, it).is_some());
    is_error.then_some(Fact::Diagnostic(Mta::Sendmail, Level::Error))
}
