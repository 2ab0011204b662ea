//! What the qmail-smtpd of IndiMail writes about clients: `192.0.2.7 Invalid RELAY client: MAIL from <a@x> RCPT <b@y>`,
//! after the name of the program and the process id.
//!
//! Source of the forms: qmail-smtpd.c of indimail-mta.

use super::smtpd::rejected;
use crate::parse::dialect::Mta;
use crate::parse::scan::{find, split_on};
use crate::parse::{Action, Event, Fact, Level, Line, Stage};

/// What a reject begins with.
const REJECTS: [(&[u8], Stage); 16] = [
    (b"Invalid RELAY client", Stage::Rcpt),
    (b"Invalid SENDER host", Stage::Mail),
    (b"Invalid SENDER address", Stage::Mail),
    (b"Invalid RECIPIENT address", Stage::Rcpt),
    (b"Invalid HELO greeting", Stage::Helo),
    (b"non-FQDN HELO", Stage::Helo),
    (b"Non-existing DNS_MX: HELO", Stage::Helo),
    (b"Non-existing DNS_MX", Stage::Mail),
    (b"Too many RECIPIENTS", Stage::Rcpt),
    (b"Too many Invalid RECIPIENTS", Stage::Rcpt),
    (b"virus/banned content", Stage::EndOfMessage),
    (b"command t00 long", Stage::Other),
    (b"OPEN RELAY client", Stage::Connect),
    (b"PTR (reverse DNS) record ", Stage::Connect),
    (b"unable to obain PTR ", Stage::Connect),
    (b"unable to obtain PTR ", Stage::Connect),
];

/// The address of the client at the beginning of the text after the process id, and the words after it; `None` if the
/// text is of another form.
pub(super) fn client(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (client, words) = split_on(text, b" ")?;
    let mark = |b: &u8| matches!(b, b'.' | b':');
    let is_address = client.iter().all(|b| b.is_ascii_hexdigit() || mark(b));
    (is_address && client.iter().any(mark)).then_some((client, words))
}

/// Parses the words after the address of the client.
pub(super) fn parse<'a, 'e>(
    client: &'a [u8],
    words: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some((begin, stage)) = REJECTS.iter().find(|(begin, _)| words.starts_with(begin)) {
        let end = find(&words[begin.len()..], b": MAIL").map_or(words.len(), |at| begin.len() + at);
        return reject(client, words, &words[..end], *stage, slot);
    }
    if words.starts_with(b"Blackholed ") {
        // With a reason, the client was told so.
        return match split_on(words, b" Reason ") {
            Some((_, reason)) => reject(client, words, reason, Stage::Mail, slot),
            None => Line::Noise(Some(Fact::Action(Mta::Qmail, Action::Discard))),
        };
    }
    // The only lines without words of their own are those of greylisting.
    if words.starts_with(b"HELO <") && find(words, b"> MAIL from <").is_some() {
        return reject(client, words, b"greylisted", Stage::Rcpt, slot);
    }
    const DIAGNOSTICS: [&[u8]; 4] = [
        b"Timeout (no response from greylisting server)",
        b"greylisting temporary failure",
        b"address_match: ",
        b"unable create temporary files",
    ];
    if DIAGNOSTICS.iter().any(|it| words.starts_with(it)) {
        return Line::Noise(Some(Fact::Diagnostic(Mta::Qmail, Level::Error)));
    }
    match words.starts_with(b"Setting Rule No ") {
        true => Line::Noise(None),
        false => Line::Unmatched,
    }
}

fn reject<'a, 'e>(
    client: &'a [u8],
    words: &'a [u8],
    reason: &'a [u8],
    stage: Stage,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let bracketed = |name: &[u8]| {
        let rest = &words[find(words, name)? + name.len()..];
        split_on(rest, b">").map(|(address, _)| address)
    };
    Line::Event(slot.insert(Event {
        sender: bracketed(b" from <").unwrap_or_default(),
        recipient: bracketed(b" RCPT <").unwrap_or_default(),
        text: reason,
        ..rejected(stage, client, b"")
    }))
}
