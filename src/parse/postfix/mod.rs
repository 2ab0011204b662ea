//! Postfix, from 2.2 on.
//!
//! Every daemon has its own way of speaking, so the daemon decides who reads the line: `record`
//! delivery records (any daemon may write one), `client` what smtp and lmtp say while they try,
//! `server` what smtpd, postscreen and cleanup answer, `noise` the rest, each form by its name.
//! `reason` reads why a delivery failed, wherever that is quoted.

mod client;
mod noise;
mod reason;
mod record;
mod server;

use crate::parse::scan::{hexadecimal_name, position, position2, position3, short_tag_and_body};
use crate::parse::{Direction, Event, Fact, Line, Service};

/// The program that wrote a line, by the last part of its tag: `postfix/smtps/smtpd` is smtpd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Program {
    /// A daemon that takes part in receiving or delivering mail.
    Daemon(Service),
    /// A daemon or command that only serves the others.
    Helper,
    /// No program of Postfix.
    Foreign,
    /// Postfix by its first part, but a program we do not know.
    Unknown,
}

impl Program {
    /// Reads a tag. Any `syslog_name` may stand before the slash; without a slash only Postfix's
    /// own name is taken for Postfix.
    #[inline]
    pub(crate) fn of(tag: &[u8]) -> Self {
        let (name, daemon) = match tag.strip_prefix(b"postfix/") {
            // The common case: one slash, and nothing before it but Postfix's own name.
            Some(daemon) if !daemon.contains(&b'/') => (&b"postfix"[..], daemon),
            _ => match tag.iter().rposition(|&b| b == b'/') {
                Some(slash) => (&tag[..slash], &tag[slash + 1..]),
                None if tag == b"postfix" => return Program::Helper,
                None => return Program::Foreign,
            },
        };
        match daemon {
            b"smtpd" => Program::Daemon(Service::Smtpd),
            b"smtp" => Program::Daemon(Service::Smtp),
            b"qmgr" => Program::Daemon(Service::Qmgr),
            b"cleanup" => Program::Daemon(Service::Cleanup),
            _ => Self::uncommon(name, daemon),
        }
    }

    fn uncommon(name: &[u8], daemon: &[u8]) -> Self {
        Program::Daemon(match daemon {
            b"nqmgr" | b"oqmgr" => Service::Qmgr,
            b"lmtp" => Service::Lmtp,
            b"postscreen" => Service::Postscreen,
            b"local" => Service::Local,
            b"virtual" => Service::Virtual,
            b"pipe" => Service::Pipe,
            b"error" => Service::Error,
            b"retry" => Service::Retry,
            b"discard" => Service::Discard,
            b"tlsproxy" => Service::Tlsproxy,
            b"bounce" | b"defer" | b"trace" | b"verify" | b"pickup" | b"anvil" | b"scache"
            | b"dnsblog" | b"trivial-rewrite" | b"tlsmgr" | b"master" | b"proxymap"
            | b"proxywrite" | b"flush" | b"showq" | b"spawn" | b"postlogd" | b"postsuper"
            | b"postqueue" | b"postdrop" | b"sendmail" | b"postfix-script" | b"postmulti"
            | b"postalias" | b"postmap" | b"postcat" | b"postkick" | b"postlock" | b"postconf"
            | b"postfix" | b"post-install" | b"qmqpd" | b"nbdb_reindexd" => {
                return Program::Helper;
            }
            // Writes what a script tells it to.
            b"postlog" => return Program::Foreign,
            _ if name.starts_with(b"postfix") => return Program::Unknown,
            _ => return Program::Foreign,
        })
    }
}

/// Splits `postfix/submission/smtpd[1234]: body` into the tag and the body: the frame of nearly every
/// line, in one step. `envelope` knows all others.
#[inline(always)]
pub(crate) fn tag_and_body(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    // Solaris' message number is `envelope`'s to take off.
    short_tag_and_body(rest)
        .or_else(|| long_tag_and_body(rest))
        .filter(|(_, body)| body.first() != Some(&b'['))
}

#[inline(never)]
fn long_tag_and_body(rest: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = position3(rest, b'[', b':', b' ')?;
    let [b'[', pid @ ..] = &rest[end..] else {
        return None;
    };
    match &pid[position(pid, b']')?..] {
        [b']', b':', b' ', body @ ..] => Some((&rest[..end], body)),
        _ => None,
    }
}

/// The daemons that write nearly all lines.
pub(crate) enum Usual {
    Smtpd,
    Qmgr,
    Smtp,
    Cleanup,
}

impl Usual {
    /// Reads a tag; `None` for all other daemons, which [`Program::of`] knows.
    #[inline(always)]
    pub(crate) fn of(tag: &[u8]) -> Option<Self> {
        Some(match tag {
            [.., b'/', b's', b'm', b't', b'p', b'd'] => Usual::Smtpd,
            [.., b'/', b'q', b'm', b'g', b'r'] => Usual::Qmgr,
            [.., b'/', b's', b'm', b't', b'p'] => Usual::Smtp,
            [.., b'/', b'c', b'l', b'e', b'a', b'n', b'u', b'p'] => Usual::Cleanup,
            _ => return None,
        })
    }

    /// Reads a line of this daemon. Each has its own copy of [`parse`], in which the daemon is
    /// known: who wrote a line is decided once, and not again for every question about it.
    #[inline(always)]
    pub(crate) fn parse<'a, 'e>(
        self,
        body: &'a [u8],
        slot: &'e mut Option<Event<'a>>,
    ) -> Line<'a, 'e> {
        match self {
            Usual::Smtpd => parse(Service::Smtpd, body, slot),
            Usual::Qmgr => parse(Service::Qmgr, body, slot),
            Usual::Smtp => parse(Service::Smtp, body, slot),
            Usual::Cleanup => parse(Service::Cleanup, body, slot),
        }
    }
}

/// Reads the text of any daemon's line.
pub(crate) fn parse_any<'a, 'e>(
    service: Service,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    parse(service, body, slot)
}

#[inline(always)]
fn parse<'a, 'e>(
    service: Service,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if service == Service::Smtpd
        && let Some(line) = server::connection(body)
    {
        return line;
    }
    let (queue_id, text) = queue_id(body);
    if queue_id.is_empty() {
        return match service {
            Service::Smtpd => server::smtpd(body, slot),
            Service::Postscreen => server::postscreen(body, slot),
            Service::Smtp | Service::Lmtp | Service::Tlsproxy => {
                client::without_queue_id(service, body, slot)
            }
            _ => noise::without_queue_id(body),
        };
    }
    if let Some(record) = text.strip_prefix(b"to=") {
        return record::parse(service, queue_id, record, slot);
    }
    match service {
        Service::Qmgr => record::qmgr(queue_id, text, slot),
        Service::Smtpd => server::smtpd_message(queue_id, text, slot),
        Service::Cleanup => server::cleanup(queue_id, text, slot),
        Service::Postscreen => server::postscreen_message(text, slot),
        Service::Smtp | Service::Lmtp => client::attempt(service, queue_id, text, slot),
        _ => noise::with_queue_id(text),
    }
}

/// Reads a line of one of the programs that only serve the others.
pub(crate) fn parse_helper<'a, 'e>(
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (queue_id, text) = queue_id(body);
    if queue_id.is_empty() {
        return noise::without_queue_id(body);
    }
    match text.strip_prefix(b"to=") {
        Some(record) => record::parse(Service::Unknown, queue_id, record, slot),
        None => noise::with_queue_id(text),
    }
}

/// Reads a body whose program is not known, because it came without a frame: the forms are
/// distinct enough to tell the daemon.
pub(crate) fn parse_headless<'a, 'e>(
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (queue_id, text) = queue_id(body);
    if !queue_id.is_empty()
        && let Some(record) = text.strip_prefix(b"to=")
    {
        return record::parse(Service::Unknown, queue_id, record, slot);
    }
    for service in [
        Service::Smtp,
        Service::Smtpd,
        Service::Cleanup,
        Service::Qmgr,
        Service::Postscreen,
    ] {
        let mut found = None;
        match parse_any(service, body, &mut found) {
            Line::Unmatched => {}
            Line::Noise(fact) => return Line::Noise(fact),
            Line::Event(event) => return Line::Event(slot.insert(*event)),
        }
    }
    Line::Unmatched
}

/// Takes the queue id off: `4F9D195432C: `, `3mPVKl0Mhjz7sXv: `, `NOQUEUE: `. Short ids are
/// hexadecimal in upper case; long ones have digits and consonants of both cases, no vowels
/// (postconf(5), `enable_long_queue_ids`). So no word of a message is taken for one.
#[inline]
fn queue_id(body: &[u8]) -> (&[u8], &[u8]) {
    if let Some(length) = hexadecimal_name(body)
        && length >= 5
        && let [b':', b' ', text @ ..] = &body[length..]
    {
        return (&body[..length], text);
    }
    let head = &body[..body.len().min(LONGEST_QUEUE_ID + 1)];
    let Some(length) = position2(head, b':', b' ') else {
        return (b"", body);
    };
    let (id, rest) = body.split_at(length);
    let [b':', b' ', text @ ..] = rest else {
        return (b"", body);
    };
    let classes = id.iter().fold(HEXADECIMAL | CONSONANT, |classes, &byte| {
        classes & QUEUE_ID[usize::from(byte)]
    });
    let short = classes & HEXADECIMAL != 0 && length >= 5;
    let long = classes & CONSONANT != 0 && length >= 10;
    if short || long || id == b"NOQUEUE" {
        (id, text)
    } else {
        (b"", body)
    }
}

/// Postfix's long queue ids have 12 to 17 characters, and are free to grow.
const LONGEST_QUEUE_ID: usize = 24;

const HEXADECIMAL: u8 = 1;
const CONSONANT: u8 = 2;

/// What a byte may be part of.
static QUEUE_ID: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0usize;
    while byte < 256 {
        let b = byte as u8;
        if b.is_ascii_alphanumeric() {
            if b.is_ascii_digit() || matches!(b, b'A'..=b'F') {
                classes[byte] |= HEXADECIMAL;
            }
            if !matches!(
                b,
                b'a' | b'e' | b'i' | b'o' | b'u' | b'A' | b'E' | b'I' | b'O' | b'U'
            ) {
                classes[byte] |= CONSONANT;
            }
        }
        byte += 1;
    }
    classes
};

/// `NOQUEUE` stands where there is no message yet.
fn real(queue_id: &[u8]) -> &[u8] {
    if queue_id == b"NOQUEUE" {
        b""
    } else {
        queue_id
    }
}

/// `name[address]` without the `:port` that may follow.
#[inline]
fn without_port(host: &[u8]) -> &[u8] {
    position(host, b']').map_or(host, |close| &host[..=close])
}

/// `Untrusted TLS connection established to …`, `… TLS connection reused to …`.
fn tls_connection<'a, 'e>(service: Service, body: &[u8]) -> Option<Line<'a, 'e>> {
    let rest = [&b"Anonymous "[..], b"Untrusted ", b"Trusted ", b"Verified "]
        .into_iter()
        .find_map(|trust| body.strip_prefix(trust))?
        .strip_prefix(b"TLS connection ")?;
    if rest.starts_with(b"reused ") {
        return Some(Line::Noise(None));
    }
    let rest = rest.strip_prefix(b"established ")?;
    let direction = if rest.starts_with(b"from ") {
        Direction::Inbound
    } else {
        Direction::Outbound
    };
    Some(Line::Noise(Some(Fact::TlsEstablished(service, direction))))
}
