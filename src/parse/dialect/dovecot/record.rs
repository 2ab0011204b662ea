//! Splits a record: `lmtp(a@example.org)<349><3LBMBn6BDGtdAQAAf1oZPw>: Error: text` (2.3), `lmtp(349, a@example.org): text`
//! (2.2), `imap-login: Info: text`, and versions before 2.0: `Info: imap-login: text`.

use crate::parse::frame::tai64;
use crate::parse::notices::Level;
use crate::parse::scan::split_on;

/// The parts of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Entry<'a> {
    pub service: &'a [u8],
    /// The user; empty if the record names none.
    pub user: &'a [u8],
    /// The level, above `Info`. Through syslog, `Info` is not written.
    pub level: Option<Level>,
    pub text: &'a [u8],
    is_debug: bool,
}

/// The services whose lines occur in a log file.
const SERVICES: [&[u8]; 28] = [
    b"lmtp",
    b"lda",
    b"deliver",
    b"submission",
    b"submission-login",
    b"imap",
    b"imap-login",
    b"pop3",
    b"pop3-login",
    b"managesieve",
    b"managesieve-login",
    b"auth",
    b"auth-worker",
    b"master",
    b"log",
    b"config",
    b"anvil",
    b"stats",
    b"indexer",
    b"indexer-worker",
    b"doveadm",
    b"dict",
    b"director",
    b"quota-status",
    b"replicator",
    b"ssl-params",
    b"imap-hibernate",
    b"dovecot",
];

impl<'a> Entry<'a> {
    /// Splits a record; `None` if it does not begin with a service. Service and user in the tag stand for missing ones.
    pub(super) fn split(body: &'a [u8], of_tag: Tag<'a>) -> Option<Self> {
        let body = body.strip_prefix(b"dovecot: ").unwrap_or(body);
        // Before 2.0, the level is first.
        let (level, body) = level(body);
        let (service, user, rest) = match service(body) {
            Some(parts) => parts,
            None if !of_tag.service.is_empty() => (of_tag.service, of_tag.user, body),
            // A failure of the master process before 2.0: `Fatal: Auth process died too early`.
            None if matches!(level, Severity::Above(_)) => (&b"master"[..], &b""[..], body),
            None => return None,
        };
        // The delivery agent of 1.2 writes its own date after its name.
        let rest = match rest {
            [b'2', b'0', _, _, b'-', _, _, b'-', _, _, b' ', clock @ ..] if clock.len() > 9 => {
                &clock[9..]
            }
            _ => rest,
        };
        let (own_level, text) = self::level(rest);
        let level = match own_level {
            Severity::None => level,
            own => own,
        };
        Some(Entry {
            service,
            user,
            level: match level {
                Severity::Above(level) => Some(level),
                Severity::None | Severity::Info | Severity::Debug => None,
            },
            text,
            is_debug: level == Severity::Debug,
        })
    }

    /// Whether a text that no parser knows is worth reporting. The delivery agent before 2.0 writes errors of every kind
    /// without a level.
    pub(super) fn is_unknown(&self) -> bool {
        let is_delivery = matches!(self.service, b"lmtp" | b"lda" | b"submission");
        is_delivery && !self.is_debug
    }
}

/// What the tag of a record says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    service: &'a [u8],
    user: &'a [u8],
}

impl<'a> Tag<'a> {
    /// Reads `dovecot`, `dovecot/lmtp`, `dovecot-lda`, and `deliver(a@example.org)` of versions before 2.0; `None` for the
    /// tags of other programs.
    pub(super) fn of(tag: &'a [u8]) -> Option<Self> {
        if let Some(named) = tag.strip_prefix(b"deliver(") {
            return Some(Tag {
                service: b"deliver",
                user: named.strip_suffix(b")")?,
            });
        }
        let service = match tag.strip_prefix(b"dovecot")? {
            [b'/' | b'-', service @ ..] => service,
            [next, ..] if next.is_ascii_alphanumeric() => return None,
            _ => b"",
        };
        Some(Tag { service, user: b"" })
    }
}

/// What the word before the text says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Severity {
    None,
    Debug,
    Info,
    Above(Level),
}

/// The level at the beginning of a text, and the rest.
fn level(text: &[u8]) -> (Severity, &[u8]) {
    const LEVELS: [(&[u8], Severity); 7] = [
        (b"Info: ", Severity::Info),
        (b"Error: ", Severity::Above(Level::Error)),
        (b"Warning: ", Severity::Above(Level::Warning)),
        (b"Warn: ", Severity::Above(Level::Warning)),
        (b"Fatal: ", Severity::Above(Level::Fatal)),
        (b"Panic: ", Severity::Above(Level::Panic)),
        (b"Debug: ", Severity::Debug),
    ];
    for (word, level) in LEVELS {
        if let Some(rest) = text.strip_prefix(word) {
            return (level, rest);
        }
    }
    (Severity::None, text)
}

/// The service, the user, and the text after them.
fn service(body: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let end = body
        .iter()
        .position(|&b| !(b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))?;
    let (service, rest) = body.split_at(end);
    if service.is_empty() || !SERVICES.contains(&service) {
        return None;
    }
    match rest {
        [b':', b' ', text @ ..] => Some((service, b"", text)),
        [b'(', named @ ..] => {
            let (user, mut rest) = user(named)?;
            while let Some(inner) = rest.strip_prefix(b"<") {
                (_, rest) = split_on(inner, b">")?;
            }
            Some((service, user, rest.strip_prefix(b": ")?))
        }
        _ => None,
    }
}

/// The user in `a@example.org)<349>…`, `349)…`, `349, a@example.org)…`, and the text after the parenthesis.
fn user(named: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = (0..named.len())
        .find(|&at| named[at] == b')' && matches!(named.get(at + 1..), Some([b':' | b'<', ..])))?;
    let (inner, rest) = (&named[..at], &named[at + 1..]);
    let user = match split_on(inner, b", ") {
        Some((pid, user)) if pid.iter().all(u8::is_ascii_digit) => user,
        // The address of the client follows the user.
        Some((user, _)) => user,
        None => inner,
    };
    let is_pid = user.iter().all(u8::is_ascii_digit);
    let user = user
        .strip_prefix(b"<")
        .and_then(|it| it.strip_suffix(b">"))
        .unwrap_or(user);
    Some((if is_pid { b"" } else { user }, rest))
}

/// Whether a line is of Dovecot's own log file: a time stamp, a service and a level.
pub(super) fn own_line(line: &[u8]) -> bool {
    let text = match line {
        [b'@', ..] => match tai64::stamp(line) {
            Some((_, text)) => text,
            None => return false,
        },
        // `Nov 23 10:00:00 `
        [
            b'A'..=b'Z',
            _,
            _,
            b' ',
            _,
            _,
            b' ',
            _,
            _,
            b':',
            _,
            _,
            b':',
            _,
            _,
            b' ',
            text @ ..,
        ] => text,
        // `2026-11-23 10:00:00 `
        [
            b'2',
            _,
            _,
            _,
            b'-',
            _,
            _,
            b'-',
            _,
            _,
            b' ' | b'T',
            _,
            _,
            b':',
            _,
            _,
            b':',
            _,
            _,
            rest @ ..,
        ] => match memchr::memchr(b' ', rest) {
            Some(blank) if blank < 16 => &rest[blank + 1..],
            _ => return false,
        },
        // `dovecot: Nov 23 10:00:00 Info: imap-login: `, without a time `lda(a): Info: `.
        [b'd' | b'l', ..] => match line.strip_prefix(b"dovecot: ") {
            Some(
                [
                    b'A'..=b'Z',
                    _,
                    _,
                    b' ',
                    _,
                    _,
                    b' ',
                    _,
                    _,
                    b':',
                    _,
                    _,
                    b':',
                    _,
                    _,
                    b' ',
                    text @ ..,
                ],
            ) => text,
            _ => line,
        },
        _ => return false,
    };
    let has_level = |text| level(text).0 != Severity::None;
    if let Some((_, _, rest)) = service(text) {
        let rest = match rest {
            [b'2', b'0', _, _, b'-', _, _, b'-', _, _, b' ', clock @ ..] if clock.len() > 9 => {
                &clock[9..]
            }
            _ => rest,
        };
        return has_level(rest);
    }
    has_level(text) && service(level(text).1).is_some()
}
