//! The lines of the programs that accept mail, by the word that they begin with: `tcpserver` those of ucspi-tcp,
//! `filters` those of spamdyke, simscan and vpopmail, `patches` those of patches of qmail-smtpd. Plain qmail-smtpd writes
//! nothing.

use super::{SMTPD, filters, patches, tcpserver};
use crate::parse::reply;
use crate::parse::scan::split_on;
use crate::parse::{Direction, Event, Line, Outcome, Stage};

/// Whether only such a program writes a text that begins so.
pub(super) fn is_own_text(text: &[u8]) -> bool {
    match text.first() {
        Some(b't' | b's') => {
            tcpserver::server(text).is_some_and(|text| {
                tcpserver::is_progress(text) || tcpserver::is_mail_connection(text)
            }) || text.starts_with(b"simscan:[")
        }
        Some(b'r') => text.starts_with(b"rblsmtpd: "),
        Some(b'q') => {
            text.starts_with(b"qmail-smtpd: ")
                || text.starts_with(b"qmail-smtpd[")
                || text.starts_with(b"qlogenvelope: ")
                || text.starts_with(b"qlogreceived: ")
        }
        Some(b'j') => text.starts_with(b"jgreylist["),
        Some(b'C') => text.starts_with(b"CHKUSER "),
        Some(b'R') => text.starts_with(b"Reject::"),
        Some(b'A') => text.starts_with(b"Accept::"),
        Some(b'D') => text.starts_with(b"DENIED_") && split_on(text, b" origin_ip: ").is_some(),
        _ => false,
    }
}

/// Parses a line; `None` if it is of qmail-send.
pub(super) fn parse<'a, 'e>(
    tag: &[u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Option<Line<'a, 'e>> {
    let line = match tag {
        b"rblsmtpd" => return Some(tcpserver::rblsmtpd(text, slot)),
        b"spamdyke" => return Some(filters::spamdyke(text, slot)),
        b"vpopmail" => return Some(filters::vpopmail(text)),
        b"tcpserver" | b"sslserver" => return Some(tcpserver::connection(text, slot)),
        _ => text,
    };
    Some(match text.first()? {
        b'r' => tcpserver::rblsmtpd(text.strip_prefix(b"rblsmtpd: ")?, slot),
        b't' | b's' if tcpserver::server(text).is_some() => {
            tcpserver::connection(tcpserver::server(text)?, slot)
        }
        b's' if text.starts_with(b"simscan:") => filters::simscan(text, slot),
        b'j' => filters::jgreylist(text.strip_prefix(b"jgreylist[")?, slot),
        b's' if text.starts_with(b"spamdyke") => {
            let (_, text) = split_on(text, b": ")?;
            filters::spamdyke(text, slot)
        }
        b'D' | b'A' | b'T' | b'F' if filters::is_spamdyke(text) => filters::spamdyke(text, slot),
        b'C' => patches::chkuser(text.strip_prefix(b"CHKUSER ")?, slot),
        b'R' | b'A' if text.starts_with(b"Reject::") || text.starts_with(b"Accept::") => {
            patches::verdict(text, slot)
        }
        b'q' => patches::qmail_smtpd(text, slot)?,
        b'v' if text.starts_with(b"vchkpw") => filters::vpopmail(text),
        b'0'..=b'9' => tcpserver::recorded(text, slot)?,
        b'p' | b'm' if text.starts_with(b"policy_check: ") || text.starts_with(b"mail recv: ") => {
            Line::Noise(None)
        }
        b'D' | b'S' if is_library_notice(line) => Line::Noise(None),
        _ => return None,
    })
}

/// Notices of the libraries for DKIM, SPF and SURBL that patches use.
fn is_library_notice(text: &[u8]) -> bool {
    [&b"DKIM"[..], b"SPF ", b"SURBL"]
        .iter()
        .any(|it| text.starts_with(it))
}

/// A reject, with its code if the text begins with one.
pub(super) fn rejected<'a>(stage: Stage, host: &'a [u8], text: &'a [u8]) -> Event<'a> {
    let reply = reply::parse(text).filter(|reply| reply.code >= 400);
    Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        host,
        text,
        stage: Some(stage),
        ..Event::new(SMTPD, Direction::Inbound, Outcome::Rejected)
    }
}

pub(super) fn first_word(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|&b| b == b' ').unwrap_or(text.len());
    &text[..end]
}
