//! Dovecot 1.0 to 2.4: its LMTP server and delivery agent, its LMTP proxy, and its submission server, through syslog or in
//! its own log file. Lines of the other services (IMAP, POP3, authentication) are known noise.
//!
//! `record` splits a line into service, user, level and text; `lmtp` and `submission` parse the texts.
//!
//! Source of the forms: src/lmtp, src/submission, src/lib-lda and src/lib-smtp of Dovecot 2.3 and 2.4, and the actions of
//! Pigeonhole (Sieve).
//!
//! Not in the log: rejects of recipients and senders, by itself and by the server that it relays to; the reply to a
//! message that could not be stored. The submission server writes an enhanced code X.0.0 where the other server gave none.

mod lmtp;
mod record;
mod submission;

#[cfg(test)]
mod tests;

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{compose_prefix, tai64};
use crate::parse::kinds::Stamp;
use crate::parse::scan::{find, rsplit_on, split_on};
use crate::parse::system_error::connect_error;
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome, Service};

use record::{Entry, Tag};

/// The dialect.
pub(in crate::parse) struct Dovecot;

/// The LMTP server, which stores messages or passes them on to another server.
const LMTP: Service<'static> = Service::of(Agent::new(Mta::Dovecot, 0));
/// The delivery agent that another mail server starts.
const LDA: Service<'static> = Service::of(Agent::new(Mta::Dovecot, 1));
/// The submission server and its login service.
const SUBMISSION: Service<'static> = Service::of(Agent::new(Mta::Dovecot, 2));

impl Dialect for Dovecot {
    const NAME: &'static str = "dovecot";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "lmtp",
            accepts_clients: true,
            authenticates: false,
            delivers: true,
        },
        AgentDef {
            name: "lda",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
        AgentDef {
            name: "submission",
            accepts_clients: false,
            authenticates: true,
            delivers: true,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[
        "/var/log/dovecot.log",
        "/var/log/dovecot/dovecot.log",
        "/var/log/dovecot-info.log",
    ];

    type State = ();

    fn owns(tag: &[u8]) -> bool {
        Tag::of(tag).is_some()
    }

    fn claims(tag: &[u8], _: &[u8]) -> bool {
        Self::owns(tag)
    }

    fn probe(line: &[u8]) -> Confidence {
        match record::own_line(compose_prefix::strip(line)) {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        (): &mut (),
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (read, line) = compose_prefix::split(headers, line);
        // Versions before 2.0 write their name first.
        let line = line.strip_prefix(b"dovecot: ").unwrap_or(line);
        let stamp = tai64::stamp(line)
            .or_else(|| headers.named(line))
            .or_else(|| headers.dated(line));
        match stamp {
            Some((time, text)) => (read.or(Some(time)), text),
            None => (read, line),
        }
    }

    fn read<'a>((): &'a mut (), record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = parse(record.tag, record.body, &mut slot);
        visitor.visit(record.time, line);
    }
}

fn parse<'a, 'e>(tag: &'a [u8], body: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let Some(entry) = Entry::split(body, Tag::of(tag).unwrap_or_default()) else {
        return Line::Noise(None);
    };
    let said = match entry.service {
        b"lmtp" => lmtp::parse(LMTP, &entry),
        b"lda" | b"deliver" => lmtp::parse(LDA, &entry),
        b"submission" => submission::parse(&entry),
        b"submission-login" => submission::login(&entry),
        b"master" | b"log" | b"config" | b"anvil" | b"ssl-params" | b"director" => None,
        _ => return Line::Noise(None),
    };
    match (said, entry.level) {
        (Some(Said::Event(event)), _) => Line::Event(slot.insert(event)),
        (Some(Said::Fact(fact)), _) => Line::Noise(fact),
        (None, Some(level)) => Line::Noise(Some(Fact::Diagnostic(Mta::Dovecot, level))),
        (None, None) if entry.is_unknown() => Line::Unmatched,
        (None, None) => Line::Noise(None),
    }
}

/// What a text of one of the services says.
enum Said<'a> {
    Event(Event<'a>),
    Fact(Option<Fact<'a>>),
}

/// A failure of the client side: `smtp-client: conn 192.0.2.1:25 [1]: connect(192.0.2.1:25) failed: Connection refused`.
fn client_failure<'a>(
    service: Service<'a>,
    direction: Direction,
    text: &'a [u8],
) -> Option<Event<'a>> {
    let rest = text
        .strip_prefix(b"smtp-client: ")
        .or_else(|| text.strip_prefix(b"lmtp-client: "))
        .or_else(|| text.strip_prefix(b"lmtp client: "))
        .unwrap_or(text);
    let reason = match rest.strip_prefix(b"conn ") {
        Some(named) => split_on(named, b"]: ").map_or(rest, |(_, reason)| reason),
        None => rest,
    };
    let (error, host) = if let Some(named) = reason.strip_prefix(b"connect(") {
        let (host, words) = split_on(named, b") failed: ")?;
        (connect_error(words).unwrap_or(ConnectError::Other), host)
    } else if reason.starts_with(b"Connect timed out")
        || reason.starts_with(b"Connection timed out")
    {
        (ConnectError::TimedOut, b"".as_slice())
    } else if reason.starts_with(b"dns_lookup(") || reason.starts_with(b"DNS lookup ") {
        (ConnectError::Dns, b"".as_slice())
    } else {
        return None;
    };
    Some(Event {
        code: error.code(),
        connect_error: Some(error),
        host: without_port(host),
        text: reason,
        ..Event::new(service, direction, Outcome::Attempt)
    })
}

/// The connection error that stands for the reply of the other server, in Dovecot's own words.
fn broken_connection(words: &[u8]) -> Option<ConnectError> {
    const WORDS: [(&[u8], ConnectError); 8] = [
        (b"timed out", ConnectError::TimedOut),
        (b"STARTTLS not supported", ConnectError::Tls),
        (b"SSL handshak", ConnectError::Tls),
        (b"Failed to lookup remote server", ConnectError::Dns),
        (b"dns_lookup(", ConnectError::Dns),
        (b"Lost connection", ConnectError::Reset),
        (b"closed connection", ConnectError::Reset),
        (b"Disconnected", ConnectError::Reset),
    ];
    if let Some(&(_, error)) = WORDS.iter().find(|(it, _)| find(words, it).is_some()) {
        return Some(error);
    }
    let (_, reason) = rsplit_on(words, b": ")?;
    connect_error(reason)
}

/// The host in `192.0.2.1:25`, `::1:24` and `192.0.2.1, 24`.
fn without_port(host: &[u8]) -> &[u8] {
    if let Some((host, _)) = rsplit_on(host, b", ") {
        return host;
    }
    match rsplit_on(host, b":") {
        Some((name, port)) if port.iter().all(u8::is_ascii_digit) => name,
        _ => host,
    }
}
