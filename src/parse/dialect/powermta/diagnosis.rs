//! Parses why a delivery failed, or what the remote server said of a success: the columns `dsnDiag` and `dsnStatus`.

use super::account::Account;
use crate::parse::reply;
use crate::parse::scan::{enhanced, find, split};
use crate::parse::{ConnectError, Event, Outcome};

/// Words in a diagnosis that PowerMTA wrote itself.
const OWN: [&[u8]; 2] = [b"[internal]", b"[from "];

/// Adds reply and status to the event of a record.
pub(super) fn add<'a>(event: &mut Event<'a>, account: &Account<'a>) {
    let Account {
        diagnosis, status, ..
    } = *account;
    event.dsn = enhanced(status).map(|(code, _)| code);
    let words = words(diagnosis);
    event.text = if words.is_empty() { status } else { words };
    let is_own = OWN.iter().any(|it| find(words, it).is_some());
    if event.outcome == Outcome::Bounced && is_expiry(event, words) {
        event.outcome = Outcome::Expired;
    }
    // A diagnosis that is cut off may be of either kind.
    let said = remote_words(diagnosis).filter(|_| !is_own && account.is_whole);
    if let Some(reply) = said.and_then(reply::parse) {
        event.code = Some(reply.code);
        event.enhanced = reply.enhanced;
        return;
    }
    // Without a reply, the status says why there was none.
    let failed = !matches!(event.outcome, Outcome::Sent | Outcome::Expired);
    if failed && (words.is_empty() || is_own) {
        event.connect_error = connect_error(event, words);
        event.code = event.connect_error.and_then(ConnectError::code);
    }
}

/// The text after the type of a diagnosis, `smtp;550 5.1.1 No`.
fn words(diagnosis: &[u8]) -> &[u8] {
    let is_kind = |kind: &[u8]| {
        kind.len() <= 12
            && kind
                .iter()
                .all(|it| it.is_ascii_alphabetic() || *it == b'-')
    };
    match split(diagnosis, b';') {
        Some((kind, words)) if is_kind(kind) => words.trim_ascii_start(),
        _ => diagnosis,
    }
}

/// The words of the remote server: a diagnosis of the type `smtp`, or without a type.
fn remote_words(diagnosis: &[u8]) -> Option<&[u8]> {
    let words = words(diagnosis);
    let kind = diagnosis.len() - words.len();
    let is_smtp = kind == 0
        || diagnosis
            .get(..5)
            .is_some_and(|it| it.eq_ignore_ascii_case(b"smtp;"));
    is_smtp.then_some(words)
}

/// Whether the message was given up after too long a time in the queue.
fn is_expiry(event: &Event<'_>, words: &[u8]) -> bool {
    let is_status = event
        .dsn
        .is_some_and(|it| it.subject == 4 && it.detail == 7);
    let has = |it: &[u8]| find(words, it).is_some();
    is_status || has(b"[internal]") && (has(b"expired") || has(b"max time") || has(b"exceeded max"))
}

/// Why there was no connection, by PowerMTA's words, or else by its status.
fn connect_error(event: &Event<'_>, words: &[u8]) -> Option<ConnectError> {
    let has = |it: &[u8]| find(words, it).is_some();
    if has(b"refused") {
        return Some(ConnectError::Refused);
    }
    if has(b"unreachable") || has(b"no route") || has(b"No route") {
        return Some(ConnectError::Unreachable);
    }
    match event.dsn.map(|it| (it.subject, it.detail)) {
        // No answer from the host.
        Some((4, 1)) => Some(ConnectError::TimedOut),
        // The connection was lost.
        Some((4, 2)) => Some(ConnectError::Reset),
        // No such domain; the lookup failed; no route.
        Some((1, 2) | (4, 3) | (4, 4)) => Some(ConnectError::Dns),
        _ => None,
    }
}
