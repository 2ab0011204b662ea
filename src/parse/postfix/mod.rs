//! Postfix, from 2.2 on.
//!
//! Every daemon has its own way of speaking, so the daemon decides who reads the line: `record`
//! delivery records (any daemon may write one), `client` what smtp and lmtp say while they try,
//! `server` what smtpd, postscreen and cleanup answer, `noise` the rest, each form by its name.
//! `reason` reads why a delivery failed, wherever that is quoted.

mod client;
mod noise;
mod outline;
mod program;
mod reason;
mod record;
mod server;

use outline::Form;
pub(crate) use outline::Outline;
pub(crate) use program::Program;

use crate::parse::scan::{position, position2, short_queue_id};
use crate::parse::{Direction, Event, Fact, Line, Service};

/// What takes a line that was read.
pub(crate) trait Take<'a> {
    /// Takes it. An event may be completed by whoever takes it.
    fn take(&mut self, line: Line<'a, '_>);
}

/// Reads a line by its outline.
#[inline(always)]
pub(crate) fn read<'a>(outline: &Outline, line: &'a [u8], out: &mut impl Take<'a>) {
    let text = outline.text(line);
    let named = outline.has_queue_id();
    let queue_id = || outline.queue_id(line);
    match (outline.form, outline.program) {
        (Form::Connect, SMTPD) if text.starts_with(b"connect from ") => {
            return out.take(Line::Noise(Some(Fact::Connected(Service::Smtpd))));
        }
        (Form::Disconnect, SMTPD) if text.starts_with(b"disconnect from ") => {
            return out.take(Line::Noise(None));
        }
        (Form::Client, SMTPD) if named && text.starts_with(b"client=") => {
            return out.take(Line::Noise(None));
        }
        (Form::MessageId, Program::Daemon(Service::Cleanup))
            if named && text.starts_with(b"message-id=") =>
        {
            let queue_id = queue_id();
            return out.take(Line::Noise(Some(Fact::Received { queue_id })));
        }
        (Form::Removed, QMGR) if named && text == b"removed" => {
            return out.take(Line::Noise(None));
        }
        (Form::From, QMGR) if named => {
            let mut slot = None;
            return out.take(record::qmgr(queue_id(), text, &mut slot));
        }
        (Form::To, Program::Daemon(service)) if named => {
            let mut slot = None;
            return out.take(record::parse(service, queue_id(), &text[3..], &mut slot));
        }
        (Form::Tls, Program::Daemon(service)) => {
            if let Some(line) = tls_connection(service, text) {
                return out.take(line);
            }
        }
        (Form::Uid | Form::Notification, Program::Helper) if named => {
            return out.take(Line::Noise(None));
        }
        (Form::NoQueue, SMTPD) => {
            if let Some(text) = text.strip_prefix(b"NOQUEUE: ") {
                let mut slot = None;
                return out.take(server::smtpd_message(b"", text, &mut slot));
            }
        }
        (Form::Lost, SMTPD) => {
            if let Some(fact) = server::lost(text) {
                return out.take(Line::Noise(Some(fact)));
            }
        }
        (Form::Warning, SMTPD) => {
            if let Some(warning) = text.strip_prefix(b"warning: ") {
                return out.take(Line::Noise(server::auth_failure(warning)));
            }
        }
        (Form::Screened, Program::Daemon(Service::Postscreen))
            if text.starts_with(b"CONNECT from ") =>
        {
            return out.take(Line::Noise(Some(Fact::Connected(Service::Postscreen))));
        }
        _ => {}
    }
    read_rare(outline.program, outline.body(line), out);
}

const SMTPD: Program = Program::Daemon(Service::Smtpd);
const QMGR: Program = Program::Daemon(Service::Qmgr);

/// Reads the text of a line of any form.
#[inline(never)]
fn read_rare<'a>(program: Program, body: &'a [u8], out: &mut impl Take<'a>) {
    let mut slot = None;
    out.take(match program {
        Program::Daemon(service) => parse_any(service, body, &mut slot),
        _ => parse_helper(body, &mut slot),
    });
}

/// Reads the text of any daemon's line.
#[inline(never)]
pub(crate) fn parse_any<'a, 'e>(
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
    let client = if contains(body, b" TLS connection established from ") {
        Service::Smtpd
    } else {
        Service::Smtp
    };
    let mut said = Line::Unmatched;
    for service in [
        client,
        Service::Smtpd,
        Service::Cleanup,
        Service::Qmgr,
        Service::Postscreen,
    ] {
        let mut found = None;
        match (parse_any(service, body, &mut found), &said) {
            (Line::Event(event), _) => return Line::Event(slot.insert(*event)),
            // Whoever knows what it tells knows more than whoever has only heard of it.
            (Line::Noise(Some(fact)), Line::Noise(None) | Line::Unmatched) => {
                said = Line::Noise(Some(fact));
            }
            (Line::Noise(None), Line::Unmatched) => said = Line::Noise(None),
            _ => {}
        }
    }
    said
}

fn contains(text: &[u8], words: &[u8]) -> bool {
    memchr::memmem::find(text, words).is_some()
}

/// Takes the queue id off: `4F9D195432C: `, `3mPVKl0Mhjz7sXv: `, `NOQUEUE: `. Short ids are
/// hexadecimal in upper case; long ones have digits and consonants of both cases, no vowels
/// (postconf(5), `enable_long_queue_ids`). So no word of a message is taken for one.
#[inline]
fn queue_id(body: &[u8]) -> (&[u8], &[u8]) {
    if let Some(start) = body.first_chunk()
        && let Some(length) = short_queue_id(start).checked_sub(2)
    {
        return (&body[..length], &body[length + 2..]);
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
    let rest = match body.first()? {
        b'A' => body.strip_prefix(b"Anonymous ")?,
        b'U' => body.strip_prefix(b"Untrusted ")?,
        b'V' => body.strip_prefix(b"Verified ")?,
        // Postfix before 2.6 says nothing of trust.
        _ => body.strip_prefix(b"Trusted ").unwrap_or(body),
    };
    let rest = rest.strip_prefix(b"TLS connection ")?;
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
