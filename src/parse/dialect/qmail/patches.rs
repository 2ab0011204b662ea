//! Lines that patches of qmail-smtpd write: chkuser, badmailfrom and others, qlog, and s/qmail.

use super::smtpd::{first_word, rejected};
use super::{SMTPD, indimail};
use crate::parse::reply;
use crate::parse::scan::{find, number, rsplit_on, split_on};
use crate::parse::{Event, Fact, Level, Line, Stage};

/// `rejected rcpt: from <sender:user:name> remote <helo:host:192.0.2.7> rcpt <b@y> : not existing recipient`.
pub(super) fn chkuser<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let verdict = split_on(text, b":").map_or(text, |(verdict, _)| verdict);
    let stage = match verdict {
        b"accepted sender"
        | b"accepted rcpt"
        | b"accepted any rcpt"
        | b"accepted null sender"
        | b"accepted any sender"
        | b"relaying rcpt"
        | b"accepted doublebounce" => return Line::Noise(None),
        b"rejected sender" | b"must auth" => Stage::Mail,
        b"intrusion threshold" | b"no auth resource" | b"mbx overquota" => Stage::Rcpt,
        _ if verdict.starts_with(b"rejected ") => Stage::Rcpt,
        _ if verdict.starts_with(b"accepted ") => return Line::Noise(None),
        _ => return Line::Unmatched,
    };
    let bracketed = |name: &[u8]| {
        let at = find(text, name)?;
        let inner = &text[at + name.len()..];
        split_on(inner, b">").map(|(inner, _)| inner)
    };
    let first = |inner: &'a [u8]| split_on(inner, b":").map_or(inner, |(first, _)| first);
    let last = |inner: &'a [u8]| rsplit_on(inner, b":").map_or(inner, |(_, last)| last);
    Line::Event(slot.insert(Event {
        sender: bracketed(b"from <").map_or(&b""[..], first),
        recipient: bracketed(b"rcpt <").unwrap_or_default(),
        text: rsplit_on(text, b" : ").map_or(text, |(_, words)| words),
        ..rejected(stage, bracketed(b"remote <").map_or(&b""[..], last), b"")
    }))
}

/// `Reject::RCPT::Failed_Rcptto: P:ESMTP S:192.0.2.7:client H:helo F:a@x T:b@y 'why'` (s/qmail, spamcontrol).
pub(super) fn verdict<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let Some(rest) = text.strip_prefix(b"Reject::") else {
        return Line::Noise(None);
    };
    if rest.starts_with(b"AUTH::") || rest.starts_with(b"ORIG::Failed_Auth") {
        return Line::Noise(Some(Fact::AuthFailed(SMTPD, Level::Warning)));
    }
    let (kind, condition) = split_on(rest, b"::").unwrap_or((rest, b""));
    let stage = match kind {
        b"SNDR" if condition.starts_with(b"Bad_Helo") || condition.starts_with(b"DNS") => {
            Stage::Helo
        }
        b"SNDR" if condition.starts_with(b"Missing_TLS") => Stage::StartTls,
        b"SNDR" | b"RCPT" => Stage::Rcpt,
        b"ORIG" => Stage::Mail,
        b"DATA" => Stage::EndOfMessage,
        _ => Stage::Other,
    };
    let field = |name: &[u8]| {
        let at = find(rest, name)?;
        Some(first_word(&rest[at + name.len()..]))
    };
    let client = field(b" S:").unwrap_or_default();
    // Host and address in either order.
    let address = client.split(|&b| b == b':').find(|part| {
        part.iter().filter(|&&b| b == b'.').count() == 3
            && part.iter().all(|b| b.is_ascii_digit() || *b == b'.')
    });
    Line::Event(slot.insert(Event {
        sender: unbracketed(field(b" F:").unwrap_or_default()),
        recipient: unbracketed(field(b" T:").unwrap_or_default()),
        text: split_on(rest, b": ").map_or(rest, |(words, _)| words),
        ..rejected(stage, address.unwrap_or(client), b"")
    }))
}

fn unbracketed(address: &[u8]) -> &[u8] {
    address
        .strip_prefix(b"<")
        .and_then(|it| it.strip_suffix(b">"))
        .unwrap_or(address)
}

/// `qmail-smtpd: TEXT`, also with a process id, and the lines of the qlog patch.
pub(super) fn qmail_smtpd<'a, 'e>(
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Option<Line<'a, 'e>> {
    if text.starts_with(b"qlog") {
        return Some(qlog(text, slot));
    }
    let rest = text.strip_prefix(b"qmail-smtpd")?;
    let text = match rest.strip_prefix(b": ") {
        Some(text) => text,
        None => split_on(rest, b": ")?.1,
    };
    Some(of_qmail_smtpd(text, slot))
}

/// What follows the name of the program, in the text or as the tag of syslog.
pub(super) fn of_qmail_smtpd<'a, 'e>(
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let text = match text.strip_prefix(b"pid ").and_then(number) {
        Some((_, rest)) => rest.strip_prefix(b" ").unwrap_or(rest),
        None => text,
    };
    if text.starts_with(b"Reject::") || text.starts_with(b"Accept::") {
        return verdict(text, slot);
    }
    if text.starts_with(b"qlog") {
        return qlog(text, slot);
    }
    if let Some(rest) = text.strip_prefix(b"CHKUSER ") {
        return chkuser(rest, slot);
    }
    // IndiMail, of an accepted message: `from 192.0.2.1 HELO <…> MAIL from <…> RCPT <…> AUTH <…> Size: 123`.
    if text.starts_with(b"from ")
        && split_on(text, b" MAIL from <").is_some_and(|(client, _)| client.ends_with(b">"))
    {
        return Line::Noise(None);
    }
    if let Some((client, words)) = indimail::client(text) {
        return indimail::parse(client, words, slot);
    }
    if text.starts_with(b"AUTH failed") || text.starts_with(b"auth: auth-failed") {
        return Line::Noise(Some(Fact::AuthFailed(SMTPD, Level::Warning)));
    }
    if let Some(reply) = reply::parse(text) {
        return match reply.code >= 400 {
            true => Line::Event(slot.insert(rejected(stage_in(text), client_in(text), text))),
            false => Line::Noise(None),
        };
    }
    const REJECTS: [&[u8]; 13] = [
        b"badmailfrom",
        b"badmailto",
        b"badrcptto",
        b"badhelo",
        b"badip",
        b"badloadertype",
        b"bad",
        b"invalid ",
        b"message rejected",
        b"rejected",
        b"rejecting",
        b"denied",
        b"spf",
    ];
    if REJECTS.iter().any(|it| text.starts_with(it)) {
        return Line::Event(slot.insert(Event {
            text,
            ..rejected(stage_in(text), client_in(text), b"")
        }));
    }
    const NOISE: [&[u8]; 21] = [
        b"AUTH ",
        b"GREETDELAY",
        b"MAIL FROM:",
        b"RCPT TO:",
        b"Received-SPF: ",
        b"auth: auth-success ",
        b"before greeting: ",
        b"rcptcheck: ",
        b"validrcptto: ",
        b"message accepted",
        b"accepted",
        b"mail recv",
        b"connection from",
        b"read failed",
        b"write failed",
        b"message queued",
        b"enabled options",
        b"mail from",
        b"rcpt to",
        b"remote ehlo",
        b"quit",
    ];
    match NOISE.iter().any(|it| text.starts_with(it)) {
        true => Line::Noise(None),
        false => Line::Unmatched,
    }
}

/// The stage that a patch's words are about.
fn stage_in(text: &[u8]) -> Stage {
    const STAGES: [(&[u8], Stage); 8] = [
        (b"badmailfrom", Stage::Mail),
        (b"mailfrom", Stage::Mail),
        (b"badrcptto", Stage::Rcpt),
        (b"badmailto", Stage::Rcpt),
        (b"rcpt", Stage::Rcpt),
        (b"RCPT", Stage::Rcpt),
        (b"helo", Stage::Helo),
        (b"badip", Stage::Connect),
    ];
    let found = STAGES.iter().find(|(words, _)| find(text, words).is_some());
    found.map_or(Stage::Other, |&(_, stage)| stage)
}

/// The address after `ip `, `at ` or `from `, as patches write it.
fn client_in(text: &[u8]) -> &[u8] {
    for words in [&b" ip "[..], b" at ", b" from "] {
        if let Some(at) = find(text, words) {
            let word = first_word(&text[at + words.len()..]);
            let end = word
                .iter()
                .position(|&b| !(b.is_ascii_hexdigit() || matches!(b, b'.' | b':')))
                .unwrap_or(word.len());
            if word[..end].iter().any(|b| matches!(b, b'.' | b':')) {
                return &word[..end];
            }
        }
    }
    b""
}

/// `qlogenvelope: result=rejected code=553 reason=nogateway detail= helo=x mailfrom=a@x rcptto=b@y … remoteip=192.0.2.7`.
fn qlog<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let field = |name: &[u8]| {
        let at = find(text, name)?;
        Some(first_word(&text[at + name.len()..]))
    };
    let code = field(b" code=").unwrap_or_default();
    if code.len() != 3 || reply::parse(code).is_none_or(|reply| reply.code < 400) {
        let is_received = text.starts_with(b"qlogreceived: ");
        return Line::Noise(is_received.then(|| {
            Fact::Accepted {
                service: SMTPD,
                queue_id: b"",
                sender: b"",
                client: b"",
                user: b"",
                size: field(b" size=")
                    .and_then(number)
                    .and_then(|(size, _)| std::num::NonZeroU64::new(size)),
                recipients: None,
                tls: None,
            }
        }));
    }
    let stage = match text.starts_with(b"qlogreceived: ") {
        true => Stage::EndOfMessage,
        false => Stage::Rcpt,
    };
    Line::Event(slot.insert(Event {
        sender: field(b" mailfrom=").unwrap_or_default(),
        recipient: field(b" rcptto=").unwrap_or_default(),
        text: reason(text).unwrap_or_default(),
        ..rejected(stage, field(b" remoteip=").unwrap_or_default(), code)
    }))
}

/// The reason with its detail: `chkuser detail=nomailbox`.
fn reason(text: &[u8]) -> Option<&[u8]> {
    let (_, rest) = split_on(text, b" reason=")?;
    let end = find(rest, b" helo=").unwrap_or(rest.len());
    let reason = &rest[..end];
    Some(reason.strip_suffix(b" detail=").unwrap_or(reason))
}
