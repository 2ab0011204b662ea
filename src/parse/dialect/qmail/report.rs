//! The report of qmail-remote or qmail-local on a delivery. qmail-send writes it with underscores instead of spaces and
//! slashes instead of newlines: `192.0.2.1_does_not_like_recipient./Remote_host_said:_550-5.1.1_No/550_such_user/`.

use std::ops::Range;

use memchr::memmem;

use crate::parse::reply;
use crate::parse::scan;
use crate::parse::scan::find;
use crate::parse::{ConnectError, Enhanced};

/// A parsed report. Ranges are of the decoded text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    /// The reply code of the remote host, or the code of a connection that could not be opened.
    pub code: Option<u16>,
    /// The enhanced code in the text.
    pub enhanced: Option<Enhanced>,
    /// The enhanced code of qmail's own text.
    pub dsn: Option<Enhanced>,
    pub connect_error: Option<ConnectError>,
    /// The address of the remote host; empty if none is named.
    pub host: Range<usize>,
    /// The reply, or qmail's own text.
    pub text: Range<usize>,
    pub is_remote: bool,
    /// Whether the message was in the queue for too long.
    pub is_expired: bool,
}

/// What qmail-remote writes before a reply.
const SAID: &[u8] = b"Remote host said: ";

/// What qmail-send adds to the report of the last attempt.
const EXPIRED: &[u8] = b"I'm not going to try again; this message has been in the queue too long.";

/// Replaces underscores by spaces, and by a space each slash that stands for a newline before a line of a reply.
pub(super) fn decode(report: &[u8], text: &mut Vec<u8>) {
    text.clear();
    text.extend_from_slice(report);
    for byte in text.iter_mut() {
        if *byte == b'_' {
            *byte = b' ';
        }
    }
    let Some(said) = find(text, SAID) else {
        return;
    };
    let at = said + SAID.len();
    let Some(code) = text
        .get(at..at + 3)
        .and_then(|it| <[u8; 3]>::try_from(it).ok())
    else {
        return;
    };
    if !code.iter().all(u8::is_ascii_digit) {
        return;
    }
    // Only a line that ends in a hyphen after its code is followed by another one.
    let mut line = at;
    while text.get(line + 3) == Some(&b'-') {
        let Some(next) = next_line(text, line, code) else {
            break;
        };
        text[next - 1] = b' ';
        line = next;
    }
}

/// The beginning of the next line of a reply with this code.
fn next_line(text: &[u8], from: usize, code: [u8; 3]) -> Option<usize> {
    memchr::memchr_iter(b'/', &text[from..])
        .map(|slash| from + slash + 1)
        .find(|&next| {
            text[next..].starts_with(&code)
                && matches!(text.get(next + 3), Some(b' ' | b'-' | b'/') | None)
        })
}

impl Report {
    /// Parses a decoded report. `is_remote` is whether the delivery is to another host, if that is known.
    pub(super) fn parse(text: &[u8], is_remote: Option<bool>) -> Self {
        let mut whole = text.strip_suffix(b"/").unwrap_or(text);
        let mut is_expired = false;
        if let Some(rest) = whole.strip_suffix(EXPIRED) {
            is_expired = true;
            whole = rest.strip_suffix(b"/").unwrap_or(rest);
        }
        let said = find(whole, SAID).filter(|_| is_remote != Some(false));
        let own = &whole[..said.unwrap_or(whole.len())];
        let own = own.strip_suffix(b"/").unwrap_or(own);
        let mut report = Report {
            is_remote: is_remote.unwrap_or_else(|| said.is_some() || is_of_remote(own)),
            is_expired,
            text: 0..own.len(),
            ..Report::default()
        };
        if report.is_remote {
            report.host = host(own);
        }
        if let Some(said) = said {
            let begin = said + SAID.len();
            let end = memmem::rfind(&whole[begin..], b"/Giving up on ")
                .map_or(whole.len(), |end| begin + end);
            if let Some(reply) = reply::parse(&whole[begin..end]) {
                report.code = Some(reply.code);
                report.enhanced = reply.enhanced;
                report.text = begin..end;
                return report;
            }
            report.text = 0..end;
        }
        report.dsn = own_code(own);
        report.enhanced = report.dsn;
        if report.is_remote {
            report.connect_error = connect_error(own);
            report.code = match report.connect_error {
                Some(ConnectError::Unreachable | ConnectError::Dns) => Some(101),
                _ => None,
            };
        }
        report
    }
}

/// What qmail-remote of IndiMail begins with.
const INDIMAIL: &[u8] = b"From: <";

/// The address of the host that qmail-remote names at the beginning of its text.
fn host(own: &[u8]) -> Range<usize> {
    let mut from = 0;
    // A patch writes sender and recipient first: `<From:a@example.net To:b@example.net> 192.0.2.1 accepted message.`
    // Another one the recipient: `(b@example.net) 192.0.2.1 accepted message.`
    let before: Option<&[u8]> = match own {
        [b'<', b'F', b'r', b'o', b'm', b':', ..] => Some(b"> "),
        [b'(', ..] => Some(b") "),
        _ => None,
    };
    if let Some(end) = before.and_then(|end| find(own, end)) {
        from = end + 2;
    }
    // IndiMail: `From: <a@example.net> RCPT: <b@example.net> 192.0.2.1 accepted message.`
    if own.starts_with(INDIMAIL)
        && let Some(recipient) = find(own, b"> RCPT: <")
        && let Some(end) = find(&own[recipient + 9..], b"> ")
    {
        from = recipient + 9 + end + 2;
    }
    const BEFORE: [&[u8]; 3] = [b"Connected to ", b"Giving up on ", b"TLS Connected to "];
    for words in BEFORE {
        if own[from..].starts_with(words) {
            from += words.len();
            break;
        }
    }
    let rest = &own[from..];
    let end = memchr::memchr(b' ', rest).unwrap_or(rest.len());
    let word = rest[..end].strip_suffix(b".").unwrap_or(&rest[..end]);
    let is_address = word
        .iter()
        .all(|b| b.is_ascii_hexdigit() || matches!(b, b'.' | b':'))
        && word.iter().any(|b| matches!(b, b'.' | b':'))
        && word.iter().any(u8::is_ascii_hexdigit);
    match is_address {
        true => from..from + word.len(),
        false => 0..0,
    }
}

/// The enhanced code at the end of qmail's own text: `… (#4.4.1)`.
fn own_code(own: &[u8]) -> Option<Enhanced> {
    let (_, inside) = scan::rsplit_on(own, b"(#")?;
    let (code, rest) = scan::enhanced(inside)?;
    (rest.first() == Some(&b')')).then_some(code)
}

/// Whether qmail-remote or a patch of it wrote a text, rather than qmail-local or a program that it started.
fn is_of_remote(own: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 23] = [
        INDIMAIL,
        b"Connected to ",
        b"Giving up on ",
        b"Sorry, I wasn't able to establish ",
        b"Sorry, I couldn't find ",
        b"Sorry. Although I'm listed ",
        b"Sorry but i don't understand SMTP",
        b"CNAME lookup failed ",
        b"DNS lookup failed ",
        b"TLS ",
        b"STARTTLS ",
        b"SMTP ",
        b"SSL ",
        b"DANE ",
        b"Unable to contact ",
        b"I (qmail-remote) ",
        b"qmail-remote ",
        b"Unable to run qmail-remote",
        b"User and password not set",
        b"Unable to authenticate",
        b"TLSA ",
        b"<From:",
        b"Unable to establish ",
    ];
    BEGINNINGS.iter().any(|it| own.starts_with(it)) || !host(own).is_empty()
}

/// The failure of a connection in qmail's own words. qmail-remote does not tell refused connections from others.
fn connect_error(own: &[u8]) -> Option<ConnectError> {
    const ERRORS: [(&[u8], ConnectError); 10] = [
        (b"connection died", ConnectError::Reset),
        (b"Possible duplicate!", ConnectError::Reset),
        (b"able to establish a", ConnectError::Unreachable),
        (b"couldn't find any host", ConnectError::Dns),
        (b"couldn't find a mail exchanger", ConnectError::Dns),
        (b"CNAME lookup failed", ConnectError::Dns),
        (b"DNS lookup failed", ConnectError::Dns),
        (b"TLS", ConnectError::Tls),
        (b"SSL ", ConnectError::Tls),
        (b"timed out", ConnectError::TimedOut),
    ];
    let found = ERRORS.iter().find(|(words, _)| find(own, words).is_some());
    found.map(|&(_, error)| error)
}
