//! spamdyke and jgreylist, which sit between a client and qmail-smtpd; simscan, which scans messages; vpopmail, which
//! checks passwords.

use super::SMTPD;
use super::smtpd::{first_word, rejected};
use crate::parse::dialect::Mta;
use crate::parse::scan::{self, find, rsplit_on, split_on};
use crate::parse::{Action, Enhanced, Event, Fact, Level, Line, Stage};

pub(super) fn is_spamdyke(text: &[u8]) -> bool {
    let word = first_word(text);
    let is_result = word.starts_with(b"DENIED_")
        || word.starts_with(b"ALLOWED")
        || word.starts_with(b"FILTER_")
        || word == b"TIMEOUT"
        || word.starts_with(b"FAILED");
    is_result && (text[word.len()..].starts_with(b" from: ") || word.starts_with(b"FILTER_"))
}

/// `DENIED_RBL_MATCH from: a@x to: b@y origin_ip: 192.0.2.7 origin_rdns: … auth: … encryption: … reason: …`. The reason
/// of `DENIED_OTHER` is the reply of qmail-smtpd, with underscores.
pub(super) fn spamdyke<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let word = first_word(text);
    if text.starts_with(b"ERROR") {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Qmail, Level::Error)));
    }
    if text.starts_with(b"WARNING") {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Qmail, Level::Warning)));
    }
    if word == b"TIMEOUT" {
        return Line::Noise(Some(Fact::ConnectionLost(SMTPD, Stage::Other)));
    }
    if word.starts_with(b"FAILED_AUTH") || word == b"DENIED_AUTH_FAILED" {
        return Line::Noise(Some(Fact::AuthFailed(SMTPD, Level::Warning)));
    }
    let is_denied = word.starts_with(b"DENIED_");
    let field = |name: &[u8]| {
        let at = find(text, name)?;
        Some(first_word(&text[at + name.len()..]))
    };
    if !is_denied {
        return Line::Noise(None);
    }
    let stage = match word {
        b"DENIED_EARLYTALKER"
        | b"DENIED_RBL_MATCH"
        | b"DENIED_BLACKLIST_IP"
        | b"DENIED_BLACKLIST_NAME" => Stage::Connect,
        b"DENIED_SENDER_NO_MX" | b"DENIED_SENDER_BLACKLISTED" | b"DENIED_RHSBL_MATCH" => {
            Stage::Mail
        }
        b"DENIED_HEADER_BLACKLISTED" => Stage::EndOfMessage,
        _ => Stage::Rcpt,
    };
    let known = |value: &&[u8]| !value.starts_with(b"(");
    let reason = split_on(text, b" reason: ").map_or(&b""[..], |(_, reason)| reason);
    let event = rejected(stage, field(b" origin_ip: ").unwrap_or_default(), reason);
    Line::Event(slot.insert(Event {
        enhanced: event.enhanced.or_else(|| underscored_code(reason)),
        sender: field(b" from: ").filter(known).unwrap_or_default(),
        recipient: field(b" to: ").filter(known).unwrap_or_default(),
        text: match reason {
            b"" | b"(empty)" => word,
            _ if word == b"DENIED_GRAYLISTED" => word,
            _ => event.text,
        },
        ..event
    }))
}

/// The enhanced code at the end of `550_sorry_(#5.1.1_-_chkuser)`.
fn underscored_code(reason: &[u8]) -> Option<Enhanced> {
    let (_, inside) = rsplit_on(reason, b"(#")?;
    let (code, rest) = scan::enhanced(inside)?;
    matches!(rest.first(), Some(b')' | b'_')).then_some(code)
}

/// `1234]: 192.0.2.7 GREY first time`, `1234]: 192.0.2.7 DENY no reverse DNS`.
pub(super) fn jgreylist<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let Some((client, verdict)) = split_on(text, b"]: ").and_then(|(_, rest)| split_on(rest, b" "))
    else {
        return Line::Unmatched;
    };
    let words = match verdict {
        [b'G', b'R', b'E', b'Y', b' ', ..] => b"greylisted",
        [b'D', b'E', b'N', b'Y', b' ', ..] => verdict,
        _ => return Line::Noise(None),
    };
    Line::Event(slot.insert(Event {
        text: words,
        ..rejected(Stage::Connect, client, b"")
    }))
}

/// `simscan:[1234]:SPAM REJECT (12.3/5.0):0.2s:subject:192.0.2.7:a@x:b@y`.
pub(super) fn simscan<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let Some(verdict) = text
        .strip_prefix(b"simscan:[")
        .and_then(|rest| Some(split_on(rest, b"]:")?.1))
    else {
        return Line::Noise(None);
    };
    if verdict.starts_with(b"SPAM DROP") || verdict.starts_with(b"VIRUS DROP") {
        return Line::Noise(Some(Fact::Action(Mta::Qmail, Action::Discard)));
    }
    if verdict.starts_with(b"SPAM QUARANTINE") {
        return Line::Noise(Some(Fact::Action(Mta::Qmail, Action::Quarantine)));
    }
    const REJECTS: [&[u8]; 5] = [b"SPAM REJECT", b"VIRUS:", b"ATTACH:", b"REGEX:", b"SPAM:"];
    match REJECTS.iter().any(|it| verdict.starts_with(it)) {
        true => Line::Event(slot.insert(Event {
            text: verdict,
            ..rejected(Stage::EndOfMessage, b"", b"")
        })),
        false => Line::Noise(None),
    }
}

/// `vchkpw-smtp: password fail (pass: '…') a@x:192.0.2.7`; other services than SMTP are not counted.
pub(super) fn vpopmail<'a, 'e>(text: &[u8]) -> Line<'a, 'e> {
    let is_smtp = [
        &b"vchkpw-smtp"[..],
        b"vchkpw-submission",
        b"vchkpw-25:",
        b"vchkpw-465:",
        b"vchkpw-587:",
    ]
    .iter()
    .any(|it| text.starts_with(it));
    const FAILURES: [&[u8]; 5] = [
        b" fail",
        b" not found",
        b" null password",
        b" no auth",
        b" disabled",
    ];
    let failed = FAILURES.iter().any(|it| find(text, it).is_some());
    Line::Noise((is_smtp && failed).then_some(Fact::AuthFailed(SMTPD, Level::Warning)))
}
