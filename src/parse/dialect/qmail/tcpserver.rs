//! The programs of ucspi-tcp and ucspi-ssl: tcpserver, which accepts connections, rblsmtpd, which refuses listed clients,
//! and recordio, which logs sessions.

use super::SMTPD;
use super::smtpd::{first_word, rejected};
use crate::parse::dialect::Mta;
use crate::parse::reply;
use crate::parse::scan::{number, split_on};
use crate::parse::{Event, Fact, Level, Line, Stage};

/// The text after `tcpserver: ` or the name of a program that replaces it.
pub(super) fn server(text: &[u8]) -> Option<&[u8]> {
    text.strip_prefix(b"tcpserver: ")
        .or_else(|| text.strip_prefix(b"sslserver: "))
}

/// Whether a line of tcpserver is about a connection to a port of SMTP.
pub(super) fn is_mail_connection(text: &[u8]) -> bool {
    let is_connection = text.starts_with(b"ok ") || text.starts_with(b"deny ");
    is_connection && matches!(local_port(text), Some(b"25" | b"465" | b"587"))
}

/// Whether a line begins as those that tcpserver and sslserver write with `-v` and that do not name the port:
/// `status: 1/40`, `pid 4389 from 192.0.2.7`, `ssl 4389 accept`, `end 4389 status 0`, or is a complaint of theirs.
pub(super) fn is_progress(text: &[u8]) -> bool {
    let numbers = |prefix: &[u8], next: &[u8]| {
        let rest = text.strip_prefix(prefix).and_then(number);
        rest.is_some_and(|(_, rest)| rest.starts_with(next))
    };
    numbers(b"status: ", b"/")
        || numbers(b"pid ", b" from ")
        || numbers(b"ssl ", b" accept")
        || numbers(b"end ", b" status ")
        || complaint(text).is_some()
}

/// Whether the local port of a connection is that of a service other than SMTP, such as POP3, HTTP or DNS.
fn is_other_service(text: &[u8]) -> bool {
    const PORTS: [&[u8]; 9] = [
        b"21", b"53", b"79", b"80", b"110", b"143", b"443", b"993", b"995",
    ];
    local_port(text).is_some_and(|port| PORTS.contains(&port))
}

/// The port in `ok 4389 mail.example.org:198.51.100.1:25 client.example.net:192.0.2.7::54949`.
fn local_port(text: &[u8]) -> Option<&[u8]> {
    let mut words = text.split(|&b| b == b' ');
    let local = words.nth(2)?;
    local.rsplit(|&b| b == b':').next()
}

/// tcpserver and sslserver (ucspi-tcp, ucspi-ssl).
pub(super) fn connection<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let is_connection = text.starts_with(b"ok ") || text.starts_with(b"deny ");
    if is_connection && is_other_service(text) {
        return Line::Noise(None);
    }
    if text.starts_with(b"ok ") {
        return Line::Noise(Some(Fact::Connected(SMTPD)));
    }
    if text.starts_with(b"deny ") {
        let client = text.split(|&b| b == b' ').nth(3).unwrap_or_default();
        return Line::Event(slot.insert(Event {
            text,
            ..rejected(Stage::Connect, client_address(client), b"")
        }));
    }
    if let Some(line) = complaint(text) {
        return line;
    }
    const NOISE: [&[u8]; 10] = [
        b"status: ",
        b"pid ",
        b"end ",
        b"exit ",
        b"usage: ",
        b"ssl ",
        b"cafile ",
        b"ccafile ",
        b"cadir ",
        b"cert ",
    ];
    const MORE: [&[u8]; 6] = [
        b"key ",
        b"dhparam ",
        b"param ",
        b"ciphers ",
        b"logging ",
        b"tls ",
    ];
    let is_noise = NOISE.iter().chain(&MORE).any(|it| text.starts_with(it));
    match is_noise {
        true => Line::Noise(None),
        false => Line::Unmatched,
    }
}

/// `warning: …` and `fatal: …`, as all of these programs write.
fn complaint<'a, 'e>(text: &[u8]) -> Option<Line<'a, 'e>> {
    let level = if text.starts_with(b"warning: ") {
        Level::Warning
    } else if text.starts_with(b"fatal: ") {
        Level::Fatal
    } else {
        return None;
    };
    Some(Line::Noise(Some(Fact::Diagnostic(Mta::Qmail, level))))
}

/// The address in `client.example.net:192.0.2.7:user:54949`, in which the name or the user may be empty.
fn client_address(client: &[u8]) -> &[u8] {
    let after_name = split_on(client, b":").map_or(client, |(_, rest)| rest);
    let end = after_name
        .iter()
        .position(|&b| !(b.is_ascii_digit() || b == b'.'))
        .unwrap_or(after_name.len());
    &after_name[..end]
}

/// `192.0.2.7 pid 19597: 451 …`, `192.0.2.7 pid 19597 bl.example.net: 451 …`, and `bl.example.net blocked 192.0.2.7
/// name -` of a patch.
pub(super) fn rblsmtpd<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    if let Some((_, rest)) = split_on(text, b" blocked ") {
        let host = first_word(rest);
        return Line::Event(slot.insert(Event {
            text,
            ..rejected(Stage::Connect, host, b"")
        }));
    }
    if let Some((host, rest)) = split_on(text, b" pid ")
        && let Some((_, rest)) = number(rest)
        && let Some((_, reply)) = split_on(rest, b": ")
    {
        if reply.starts_with(b"greylisted") || reply::parse(reply).is_some() {
            return Line::Event(slot.insert(Event {
                // With the name of the blocklist, if there is one.
                text: rest.strip_prefix(b" ").unwrap_or(reply),
                ..rejected(Stage::Connect, host, reply)
            }));
        }
        return Line::Noise(None);
    }
    complaint(text).unwrap_or(Line::Unmatched)
}

/// recordio: `1234 > 550 sorry, no mailbox here by that name (#5.1.1)` is a line that our server sent, and `<` one of
/// the client. Of a reply of several lines only the last counts.
pub(super) fn recorded<'a, 'e>(
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Option<Line<'a, 'e>> {
    let (_, rest) = number(text)?;
    let text = match rest {
        [b' ', b'<', ..] => return Some(Line::Noise(None)),
        [b' ', b'>', b' ', text @ ..] => text,
        _ => return None,
    };
    let is_last = text.get(3) == Some(&b' ');
    Some(
        match reply::parse(text).filter(|reply| reply.code >= 400 && is_last) {
            Some(_) => Line::Event(slot.insert(rejected(Stage::Other, b"", text))),
            None => Line::Noise(None),
        },
    )
}
