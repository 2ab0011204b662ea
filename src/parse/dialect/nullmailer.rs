//! nullmailer 1.13 to 2.2: the output of nullmailer-send, in a file, through multilog or through syslog.
//!
//! The protocol program writes the reply (`smtp: Failed: 450-4.3.2 first line`), with its further lines as they are; it is
//! an attempt. nullmailer-send writes the result after it (`Sending failed: Temporary error in sending the message`). A
//! message that was accepted has one event, at the reply.
//!
//! Source of the forms: send.cc, protocol.cc, smtp.cc and errcodes.cc of nullmailer 2.2.
//!
//! Not in the log: which of several recipients a reply is about, and the stage.

use serde::{Deserialize, Serialize};

use crate::parse::correlate::kept;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::compose_prefix;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::tai64;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{find, number, split, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Level, Line, Outcome, Service, reply};

/// The dialect.
pub(in crate::parse) struct Nullmailer;

/// The state of one stream: nullmailer-send delivers one message at a time.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct NullmailerState {
    host: Box<[u8]>,
    file: Box<[u8]>,
    sender: Box<[u8]>,
    recipient: Box<[u8]>,
    /// What the protocol program said about the failure.
    failure: Option<Failure>,
    /// The code whose further lines may follow.
    open_reply: Option<u16>,
    /// Whether the last attempt was a temporary failure.
    is_deferred: bool,
}

/// A failure that the protocol program has reported.
#[derive(Debug, Serialize, Deserialize)]
struct Failure {
    text: Box<[u8]>,
    is_reply: bool,
    /// No reply: the connection was closed.
    is_lost: bool,
    is_tls: bool,
}

const SEND: Service<'static> = Service::of(Agent::new(Mta::Nullmailer, 0));

impl Dialect for Nullmailer {
    const NAME: &'static str = "nullmailer";
    const AGENTS: &'static [AgentDef] = &[AgentDef {
        name: "send",
        accepts_clients: false,
        authenticates: false,
        delivers: true,
    }];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] =
        &["/var/log/nullmailer/current", "/var/log/nullmailer.log"];

    type State = NullmailerState;

    fn owns(tag: &[u8]) -> bool {
        tag.starts_with(b"nullmailer")
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        Self::owns(tag) || (tag.is_empty() && is_own_text(body))
    }

    fn probe(line: &[u8]) -> Confidence {
        let line = compose_prefix::strip(line);
        let text = match line.first() {
            Some(b'@') => tai64::stamp(line).map(|(_, text)| text),
            Some(b'S' | b'D' | b'R' | b's' | b'q' | b'T') => Some(line),
            _ => None,
        };
        match text {
            Some(text) if is_own_text(text) => Confidence::Certain,
            _ => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut NullmailerState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (read, line) = compose_prefix::split(headers, line);
        match headers.dated(line).or_else(|| tai64::stamp(line)) {
            Some((time, text)) => (Some(time), text),
            None => (read, line),
        }
    }

    fn read<'a>(
        state: &'a mut NullmailerState,
        record: &Record<'a>,
        visitor: &mut impl Visitor<'a>,
    ) {
        let mut slot = None;
        let line = parse(state, record.body, &mut slot);
        visitor.visit(record.time, line);
    }
}

/// Whether only nullmailer-send or its protocol programs write a text like this.
fn is_own_text(text: &[u8]) -> bool {
    let counted = |before: &[u8], after: &[u8]| {
        let rest = text.strip_prefix(before).and_then(number);
        rest.is_some_and(|(_, rest)| rest == after)
    };
    text.starts_with(b"Starting delivery: host: ")
        || text.starts_with(b"Starting delivery: protocol: ")
        || text == b"Rescanning queue."
        || text == b"Trigger pulled."
        || counted(b"Starting delivery, ", b" message(s) in queue.")
        || counted(b"Delivery complete, ", b" message(s) remain.")
        || protocol(text).is_some()
}

/// The result and the text after it in `smtp: Failed: 421 …`, of the protocols that nullmailer has.
fn protocol(text: &[u8]) -> Option<(bool, &[u8])> {
    let rest = text
        .strip_prefix(b"smtp: ")
        .or_else(|| text.strip_prefix(b"qmqp: "))?;
    // An empty reply has no space after the colon once syslogd has removed it.
    if let Some(rest) = rest.strip_prefix(b"Failed:") {
        return Some((false, rest.strip_prefix(b" ").unwrap_or(rest)));
    }
    rest.strip_prefix(b"Succeeded: ").map(|rest| (true, rest))
}

fn parse<'a, 'e>(
    state: &'a mut NullmailerState,
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some(open) = state.open_reply.take()
        && reply::parse(text).is_some_and(|reply| reply.code == open)
    {
        // A further line of the reply; the last one has a space after its code.
        state.open_reply = (text.get(3) == Some(&b'-')).then_some(open);
        return Line::Noise(None);
    }
    if let Some((is_success, words)) = protocol(text) {
        if words == b"Connect failed" {
            // The next line says why.
            state.failure = None;
            return Line::Noise(None);
        }
        return Line::Event(slot.insert(replied(state, is_success, words)));
    }
    if let Some(rest) = text.strip_prefix(b"Starting delivery: ") {
        started(state, rest);
        return Line::Noise(None);
    }
    if let Some(rest) = text.strip_prefix(b"From: <") {
        if let Some((sender, rest)) = split_on(rest, b"> to: <") {
            state.sender = kept(sender);
            let first = split_on(rest, b">, <").map_or(rest, |(first, _)| first);
            state.recipient = kept(first.strip_suffix(b">").unwrap_or(first));
        }
        return Line::Noise(None);
    }
    if let Some(reason) = text.strip_prefix(b"Sending failed: ") {
        // Versions before 2.0 write two spaces.
        let reason = reason.trim_ascii_start();
        return Line::Event(slot.insert(failed(state, reason)));
    }
    if text.starts_with(b"Sending timed out") || text.starts_with(b"Sending process crashed") {
        let is_timeout = text.starts_with(b"Sending timed out");
        state.is_deferred = true;
        state.failure = None;
        return Line::Event(slot.insert(Event {
            connect_error: is_timeout.then_some(ConnectError::TimedOut),
            text,
            ..event(state, Outcome::Deferred)
        }));
    }
    if text.starts_with(b"Moving message ") && std::mem::take(&mut state.is_deferred) {
        return Line::Event(slot.insert(event(state, Outcome::Expired)));
    }
    other(text)
}

/// An event of the current delivery.
fn event<'a>(state: &'a NullmailerState, outcome: Outcome) -> Event<'a> {
    Event {
        queue_id: &state.file,
        host: &state.host,
        sender: &state.sender,
        recipient: &state.recipient,
        ..Event::new(SEND, Direction::Outbound, outcome)
    }
}

/// `host: mx.example.net protocol: smtp file: 1795428000.193`, before 2.0 with the protocol first.
fn started(state: &mut NullmailerState, rest: &[u8]) {
    let field = |name: &[u8]| {
        let at = find(rest, name)?;
        let value = &rest[at + name.len()..];
        Some(split(value, b' ').map_or(value, |(value, _)| value))
    };
    *state = NullmailerState {
        host: kept(field(b"host: ").unwrap_or_default()),
        file: kept(field(b"file: ").unwrap_or_default()),
        ..NullmailerState::default()
    };
}

/// The line of the protocol program.
fn replied<'a>(state: &'a mut NullmailerState, is_success: bool, words: &'a [u8]) -> Event<'a> {
    let reply = reply::parse(words);
    state.open_reply = match (reply, words.get(3)) {
        (Some(reply), Some(b'-')) => Some(reply.code),
        _ => None,
    };
    let outcome = match is_success {
        true => Outcome::Sent,
        false => Outcome::Attempt,
    };
    let is_tls = reply.is_none()
        && [&b"TLS"[..], b"certificate"]
            .iter()
            .any(|it| find(words, it).is_some());
    let is_lost = words.is_empty();
    if !is_success {
        state.failure = Some(Failure {
            text: kept(words),
            is_reply: reply.is_some(),
            is_lost,
            is_tls,
        });
    }
    state.is_deferred = false;
    Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        connect_error: match (is_success, is_tls, is_lost) {
            (true, ..) => None,
            (_, true, _) => Some(ConnectError::Tls),
            (_, _, true) => Some(ConnectError::Reset),
            _ => None,
        },
        text: words,
        ..event(state, outcome)
    }
}

/// The result that nullmailer-send reports (its `errorstr`).
fn failed<'a>(state: &'a mut NullmailerState, reason: &'a [u8]) -> Event<'a> {
    let is_permanent = matches!(
        reason,
        b"Permanent error in sending the message"
            | b"Server refused the message"
            | b"Fatal error in gethostbyname"
            | b"Unspecified permanent error"
    );
    let error = match reason {
        b"Host not found"
        | b"Host has no address"
        | b"Fatal error in gethostbyname"
        | b"Temporary error in gethostbyname" => Some(ConnectError::Dns),
        b"Connection refused" => Some(ConnectError::Refused),
        b"Connection timed out" => Some(ConnectError::TimedOut),
        b"Host or network unreachable" | b"Connection failed" => Some(ConnectError::Unreachable),
        b"Socket failed" | b"Failed to bind source address" => Some(ConnectError::Other),
        _ => None,
    };
    state.is_deferred = !is_permanent;
    let outcome = match is_permanent {
        true => Outcome::Bounced,
        false => Outcome::Deferred,
    };
    let code = error.and_then(ConnectError::code);
    let mut event = Event {
        code,
        connect_error: error,
        text: reason,
        ..event(state, outcome)
    };
    // The reply, or the loss of the connection, is counted for the line before.
    if let Some(failure) = &state.failure
        && error.is_none()
    {
        event.duplicate = failure.is_reply || failure.is_lost || failure.is_tls;
        event.connect_error = match failure {
            Failure { is_tls: true, .. } => Some(ConnectError::Tls),
            Failure { is_lost: true, .. } => Some(ConnectError::Reset),
            _ => None,
        };
        if !failure.text.is_empty() {
            event.text = &failure.text;
        }
    }
    event
}

/// All other lines.
fn other<'a, 'e>(text: &[u8]) -> Line<'a, 'e> {
    const NOISE: [&[u8]; 11] = [
        b"Rescanning queue",
        b"Trigger pulled",
        b"Starting delivery, ",
        b"Delivery complete, ",
        b"Sent file.",
        b"Moving message ",
        b"Generating bounce for ",
        b"Not generating double bounce ",
        b"Warning: On Debian systems",
        b"Starting nullmailer",
        b"Stopping nullmailer",
    ];
    const ERRORS: [&[u8]; 7] = [
        b"Can't ",
        b"Cannot ",
        b"Could not ",
        b"Error ",
        b"Internal error ",
        b"No remote hosts ",
        b"Fork failed",
    ];
    let is_message_id = text
        .get(..11)
        .is_some_and(|it| it.eq_ignore_ascii_case(b"message-id:"));
    match text {
        _ if text.is_empty() || is_message_id => Line::Noise(None),
        _ if NOISE.iter().any(|it| text.starts_with(it)) => Line::Noise(None),
        _ if text.starts_with(b"Warning: ") => {
            Line::Noise(Some(Fact::Diagnostic(Mta::Nullmailer, Level::Warning)))
        }
        _ if ERRORS.iter().any(|it| text.starts_with(it)) => {
            Line::Noise(Some(Fact::Diagnostic(Mta::Nullmailer, Level::Error)))
        }
        _ => Line::Unmatched,
    }
}
