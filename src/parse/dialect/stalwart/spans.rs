//! The log of versions before 0.9, which Rust's `tracing` writes: `LEVEL span{key=value}:span{key=value}: target: Message
//! key="value" key=value`. The target is the module that wrote the record, and the spans are the message, the attempt
//! and the session that it is about. Lines of a reply after the first one are lines of the log, without a time.

use super::delivery::{accepted, connection, protocol, quoted};
use super::entry::{LEVELS, whole};
use super::story::Stories;
use super::{DELIVERY, SMTP, diagnostic};
use crate::parse::dialect::Mta;
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::scan::{split, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Level, Line, Outcome, Stage};

/// The crates whose records are logged, each the beginning of a target.
const CRATES: [&[u8]; 12] = [
    b"smtp",
    b"stalwart_smtp",
    b"imap",
    b"jmap",
    b"pop3",
    b"managesieve",
    b"common",
    b"utils",
    b"directory",
    b"store",
    b"se_common",
    b"mail_server",
];

/// A record.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpanRecord<'a> {
    level: &'a [u8],
    spans: &'a [u8],
    /// The target after the name of the crate: `outbound::session`.
    module: &'a [u8],
    fields: &'a [u8],
}

/// The fields of a record and its spans. Missing texts are empty.
#[derive(Clone, Copy, Debug, Default)]
struct Fields<'a> {
    context: &'a [u8],
    event: &'a [u8],
    message: &'a [u8],
    /// The words of a reply or of a failure.
    reason: &'a [u8],
    queue_id: &'a [u8],
    sender: &'a [u8],
    recipient: &'a [u8],
    host: &'a [u8],
    remote: &'a [u8],
    result: &'a [u8],
    protocol: &'a [u8],
    recipients: u32,
    size: u64,
}

impl<'a> SpanRecord<'a> {
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        // The server's pages for its administrator show time and level apart from the rest.
        let (level, rest) = match split(text, b' ') {
            Some((level, rest)) if LEVELS.contains(&level) => (level, rest),
            _ => (&b""[..], text),
        };
        let spans = rest;
        let mut rest = rest;
        while rest[word(rest)..].first() == Some(&b'{') {
            (_, rest) = split_on(rest, b"}:")?;
        }
        let spans = &spans[..spans.len() - rest.len()];
        let (target, fields) = split_on(rest.trim_ascii_start(), b": ")?;
        let (name, module) = split_on(target, b"::").unwrap_or((target, b""));
        let is_module = |byte: &u8| word(&[*byte]) == 1 || *byte == b':';
        let has_name = CRATES.contains(&name) && !(level.is_empty() && module.is_empty());
        let is_own = has_name && module.iter().all(is_module);
        is_own.then_some(SpanRecord {
            level,
            spans,
            module,
            fields,
        })
    }

    /// Parses the record.
    pub(super) fn parse<'e>(
        &self,
        stories: &mut Stories,
        time: Option<Stamp>,
        slot: &'e mut Option<Event<'a>>,
    ) -> Line<'a, 'e> {
        let mut fields = Fields::default();
        let mut spans = self.spans;
        while let Some((span, rest)) = split_on(spans, b"}:") {
            fields.read(split(span, b'{').map_or(span, |(_, inner)| inner));
            spans = rest;
        }
        fields.read(self.fields);
        let found = match split_on(self.module, b"::").map_or(self.module, |it| it.0) {
            b"outbound" => outbound(stories, &fields, time, slot),
            b"queue" if fields.event == b"scheduled" => {
                let fact = accepted(fields.size, fields.recipients);
                Some(Line::Noise(Some(fact)))
            }
            b"queue" => None,
            _ => inbound(&fields, slot),
        };
        found.unwrap_or_else(|| Line::Noise(diagnostic(self.level)))
    }
}

impl<'a> Fields<'a> {
    /// Reads `Message key=value key="value"`.
    fn read(&mut self, text: &'a [u8]) {
        let mut rest = text;
        while let Some((before, after)) = split(rest, b'=') {
            let at = memchr::memrchr(b' ', before).map_or(0, |at| at + 1);
            if at > 0 && self.message.is_empty() {
                self.message = before[..at].trim_ascii();
            }
            let name = &before[at..];
            let (value, after) = value(name, after);
            match name {
                b"context" => self.context = value,
                b"event" => self.event = value,
                b"reason" | b"response" | b"status" | b"error" => self.reason = value,
                b"id" if value.iter().all(u8::is_ascii_digit) => self.queue_id = value,
                b"return_path" | b"from" if value != b"<>" => self.sender = value,
                b"rcpt" | b"address" => self.recipient = value,
                b"mx" => self.host = value,
                b"remote.ip" => self.remote = value,
                b"result" => self.result = value,
                b"protocol" | b"version" => {
                    let inner = value.strip_prefix(b"Some(").unwrap_or(value);
                    self.protocol = inner.strip_suffix(b")").unwrap_or(inner);
                }
                b"nrcpt" | b"nrcpts" => {
                    let number = whole(value).and_then(|it| u32::try_from(it).ok());
                    self.recipients = number.unwrap_or_default();
                }
                b"size" => self.size = whole(value).unwrap_or_default(),
                _ => {}
            }
            rest = after;
        }
    }
}

/// Deliveries; `None` if the record is noise.
fn outbound<'a, 'e>(
    stories: &mut Stories,
    fields: &Fields<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Option<Line<'a, 'e>> {
    let id = fields.queue_id;
    let mut story = stories.get(id);
    let is_local = fields.context == b"deliver_local";
    let is_permanent = fields.reason.starts_with(b"Permanent Failure");
    let direction = match is_local {
        true => Direction::Local,
        false => Direction::Outbound,
    };
    let mut event = Event {
        queue_id: id,
        sender: fields.sender,
        recipient: fields.recipient,
        host: fields.host,
        text: fields.reason,
        ..Event::new(DELIVERY, direction, Outcome::Attempt)
    };
    if let Some((reply, words)) = quoted(fields.reason) {
        (event.code, event.enhanced, event.text) = (Some(reply.code), reply.enhanced, words);
    } else if !is_local {
        (event.connect_error, event.code) = connection(fields.reason);
    }
    match (fields.context, fields.event) {
        (_, b"delivered") => {
            story.failed = false;
            story.set_error(None);
            event.outcome = Outcome::Sent;
        }
        (b"deliver_local", b"deferred") => {
            story.deferred = true;
            event.outcome = Outcome::Deferred;
        }
        (b"deliver_local", b"rejected") => event.outcome = Outcome::Bounced,
        (b"rcpt" | b"sender" | b"message", b"rejected") => {
            event.outcome = match event.code {
                Some(400..500) => Outcome::Deferred,
                Some(500..600) => Outcome::Bounced,
                _ => Outcome::Attempt,
            };
            story.deferred |= event.outcome == Outcome::Deferred;
            story.failed = false;
            story.set_error(event.connect_error);
        }
        (b"dns", b"null-mx") => event.outcome = Outcome::Bounced,
        (b"dns", b"mx-lookup-failed" | b"ip-lookup-failed") => {
            (event.connect_error, event.code) = (Some(ConnectError::Dns), Some(101));
            if is_permanent && fields.event == b"mx-lookup-failed" {
                event.outcome = Outcome::Bounced;
            }
            story.set_error(event.connect_error);
        }
        (b"connect" | b"auth" | b"rcpt" | b"message" | b"tls", b"failed")
        | (b"greeting", b"invalid")
        | (b"ehlo", b"rejected") => {
            match (fields.context, event.connect_error) {
                // Before the connection was established.
                (b"connect", Some(ConnectError::TimedOut)) => event.code = Some(101),
                (b"tls", _) if event.code.is_none() => {
                    event.connect_error = Some(ConnectError::Tls);
                }
                _ => {}
            }
            // The next host is tried after it; of the last one, nothing else is logged.
            story.failed = is_permanent;
            story.set_error(event.connect_error);
        }
        (_, b"delivery-expired") => {
            event.outcome = Outcome::Expired;
            repeat(&mut event);
        }
        (b"queue", b"requeue") if fields.reason != b"concurrency-limited" => {
            stories.set(id, time, Default::default());
            if story.deferred {
                return None;
            }
            event.outcome = Outcome::Deferred;
            event.text = b"";
            event.connect_error = story.error();
            repeat(&mut event);
            return Some(Line::Event(slot.insert(event)));
        }
        (b"queue", b"completed") if story.failed => {
            stories.set(id, time, Default::default());
            event.outcome = Outcome::Bounced;
            event.connect_error = story.error();
            repeat(&mut event);
            return Some(Line::Event(slot.insert(event)));
        }
        (b"tls", b"success") => {
            let session = TlsSession {
                trust: TlsTrust::Unknown,
                protocol: protocol(fields.protocol),
            };
            let fact = Fact::TlsEstablished(DELIVERY, Direction::Outbound, session);
            return Some(Line::Noise(Some(fact)));
        }
        _ => return None,
    }
    stories.set(id, time, story);
    Some(Line::Event(slot.insert(event)))
}

/// Takes the code off an event whose connection failure is counted already.
fn repeat(event: &mut Event<'_>) {
    event.code = None;
    event.enhanced = None;
    event.duplicate = event.connect_error.is_some();
}

/// Sessions of clients; `None` if the record is noise.
fn inbound<'a, 'e>(fields: &Fields<'a>, slot: &'e mut Option<Event<'a>>) -> Option<Line<'a, 'e>> {
    // Listeners of other protocols write records of the same form.
    if !matches!(fields.protocol, b"" | b"Smtp" | b"Lmtp") && fields.context != b"tls" {
        return None;
    }
    let stage = match (fields.context, fields.event) {
        (b"auth", b"authenticate") => {
            let is_failed = matches!(fields.result, b"failed" | b"banned" | b"missing-totp");
            let fact = Fact::AuthFailed(SMTP, Level::Warning);
            return is_failed.then_some(Line::Noise(Some(fact)));
        }
        (b"tls", b"handshake") => {
            let session = TlsSession {
                trust: TlsTrust::Unknown,
                protocol: protocol(fields.protocol),
            };
            let fact = Fact::TlsEstablished(SMTP, Direction::Inbound, session);
            return Some(Line::Noise(Some(fact)));
        }
        (b"tls", b"error") => {
            let fact = Fact::TlsFailed(Mta::Stalwart, Direction::Inbound);
            return Some(Line::Noise(Some(fact)));
        }
        (b"throttle", b"too-many-requests")
        | (b"connect", b"sieve-reject" | b"milter-reject" | b"mta_hook-reject") => Stage::Connect,
        (b"throttle", b"rate-limit-exceeded") | (b"rcpt", b"error") => Stage::Rcpt,
        (b"ehlo", b"reject") => Stage::Helo,
        (b"data", b"too-many-messages") => Stage::Data,
        (b"sieve" | b"milter" | b"mta_hook", b"reject") if fields.reason.is_empty() => return None,
        (b"sieve" | b"milter" | b"mta_hook", b"reject")
        | (b"data", b"parse-failed" | b"loop-detected" | b"too-large")
        | (b"dkim", b"failed")
        | (b"arc" | b"dmarc", b"auth-failed")
        | (b"queue", b"quota-exceeded") => Stage::EndOfMessage,
        _ => return None,
    };
    let event = slot.insert(Event::new(SMTP, Direction::Inbound, Outcome::Rejected));
    event.stage = Some(stage);
    event.host = fields.remote;
    event.sender = fields.sender;
    event.recipient = fields.recipient;
    event.text = match (fields.context, fields.event, fields.message) {
        (b"dmarc", _, b"") => b"Email rejected per DMARC policy.",
        (b"data", b"loop-detected", b"") => b"Possible loop detected.",
        (b"data", b"parse-failed", b"") => b"Failed to parse message.",
        (_, _, b"") => fields.reason,
        (_, _, message) => message,
    };
    // A script or filter gives the whole reply.
    if fields.event.ends_with(b"reject")
        && let Some(reply) = reply::parse(event.text)
    {
        (event.code, event.enhanced) = (Some(reply.code), reply.enhanced);
    }
    Some(Line::Event(event))
}

/// The value of a field and the text after it. What a reply, an error or a result displays has no quotes and ends the record.
fn value<'a>(name: &[u8], text: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let Some(text) = text.strip_prefix(b"\"") else {
        return match name {
            b"reason" | b"response" | b"status" | b"error" => (text, b""),
            _ => split(text, b' ').unwrap_or((text, b"")),
        };
    };
    let mut from = 0;
    while let Some(at) = memchr::memchr2(b'"', b'\\', &text[from..]).map(|at| from + at) {
        if text[at] == b'"' {
            return (&text[..at], &text[at + 1..]);
        }
        from = (at + 2).min(text.len());
    }
    (text, b"")
}

/// The length of the word at the beginning of a text.
fn word(text: &[u8]) -> usize {
    let is_word = |byte: &u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-')
    };
    text.iter().take_while(|byte| is_word(byte)).count()
}
