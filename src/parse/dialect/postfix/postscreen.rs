//! Parses the lines of postscreen: rejects, and the results of its tests (Postfix's `POSTSCREEN_README`).

use super::program::Origin;
use super::server::{is_command_log, reject};
use super::{noise, tls};
use crate::parse::event::{Event, Fact, Line};
use crate::parse::notices::PostscreenResult;

/// The prefixes of results.
const RESULTS: &[(&[u8], PostscreenResult)] = &[
    (b"PASS OLD ", PostscreenResult::PassOld),
    (b"PASS NEW ", PostscreenResult::PassNew),
    (b"DNSBL rank ", PostscreenResult::Dnsbl),
    (b"PREGREET ", PostscreenResult::Pregreet),
    (b"HANGUP ", PostscreenResult::Hangup),
    (b"ALLOWLISTED ", PostscreenResult::Allowlisted),
    (b"WHITELISTED ", PostscreenResult::Allowlisted),
    (b"DENYLISTED ", PostscreenResult::Denylisted),
    (b"BLACKLISTED ", PostscreenResult::Denylisted),
    (b"ALLOWLIST VETO ", PostscreenResult::AllowlistVeto),
    (b"WHITELIST VETO ", PostscreenResult::AllowlistVeto),
    (b"BARE NEWLINE ", PostscreenResult::BareNewline),
    (b"NON-SMTP COMMAND ", PostscreenResult::NonSmtpCommand),
    (b"COMMAND PIPELINING ", PostscreenResult::CommandPipelining),
    (b"COMMAND COUNT LIMIT ", PostscreenResult::CommandCountLimit),
    (
        b"COMMAND LENGTH LIMIT ",
        PostscreenResult::CommandLengthLimit,
    ),
    (b"COMMAND TIME LIMIT ", PostscreenResult::CommandTimeLimit),
    (
        b"BDAT without valid RCPT ",
        PostscreenResult::ContentWithoutRecipient,
    ),
    (
        b"DATA without valid RCPT ",
        PostscreenResult::ContentWithoutRecipient,
    ),
];

/// The prefixes of other lines.
const NOTICES: &[&[u8]] = &[
    b"DISCONNECT ",
    b"entering STRESS mode ",
    b"leaving STRESS mode ",
    b"closing connection ",
    b"creating connection ",
    b"retrieving connection ",
    b"PENALTY ",
];

/// Parses a line without `NOQUEUE`.
pub(super) fn without_queue_id<'a, 'e>(
    origin: Origin<'a>,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if body.starts_with(b"CONNECT from ") {
        return Line::Noise(Some(Fact::Connected(origin.service())));
    }
    if let Some(verdict) = body.strip_prefix(b"reject: ") {
        return reject(origin, b"", verdict, slot);
    }
    let result = RESULTS.iter().find(|(prefix, _)| body.starts_with(prefix));
    if let Some(&(_, result)) = result {
        return Line::Noise(Some(Fact::Postscreen(origin.service(), result)));
    }
    if NOTICES.iter().any(|prefix| body.starts_with(prefix)) || is_command_log(body) {
        return Line::Noise(None);
    }
    if let Some(line) = tls::connection(origin, body) {
        return line;
    }
    noise::without_queue_id(body)
}

/// Parses a line with `NOQUEUE`.
pub(super) fn with_queue_id<'a, 'e>(
    origin: Origin<'a>,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    match text.strip_prefix(b"reject: ") {
        Some(verdict) => reject(origin, b"", verdict, slot),
        None => noise::with_queue_id(text),
    }
}
