//! KumoMTA, from 2023 on: its delivery log, JSON objects one per line.
//!
//! `record` has the members of a log record, `internal` the failures that KumoMTA found itself, whose code it made up.
//!
//! Source of the forms: the pages "Log Record" and `configure_local_logs` of KumoMTA's reference manual, and its
//! calls of `log_disposition` and `log_rejection`. Records that a template of `configure_local_logs` writes in another form are
//! not read. The log does not have the replies of hosts that were tried before another one took the message, nor
//! failed authentication without a reply.

mod internal;
mod record;

use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};

use internal::Failure;
use record::{Kind, LogRecord};

use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::{Delays, StageDelays, Visitor};
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::frame::{flat_json, json_time};
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::{Direction, Event, Fact, Line, Outcome, Service, Stage};

/// The dialect.
pub(in crate::parse) struct KumoMta;

/// Buffers for texts that a record has in parts.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct KumoMtaState {
    /// `name[address]` of the peer.
    #[serde(skip)]
    host: Vec<u8>,
    /// The reply as one text.
    #[serde(skip)]
    text: Vec<u8>,
}

/// The listener: messages accepted from clients, and rejects.
const LISTENER: Service<'static> = Service::of(Agent::new(Mta::KumoMta, 0));
/// Deliveries to other servers by SMTP or LMTP, and failures before a protocol was selected.
const SMTP: Service<'static> = Service::of(Agent::new(Mta::KumoMta, 1));
/// Deliveries into a Maildir, by a Lua script, or by LMTP through a socket in the file system.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::KumoMta, 2));

impl Dialect for KumoMta {
    const NAME: &'static str = "kumomta";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef::named("listener"),
        AgentDef {
            delivers: true,
            ..AgentDef::named("smtp")
        },
        AgentDef::named("local"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = KumoMtaState;

    fn claims(_: &[u8], _: &[u8]) -> bool {
        false
    }

    fn probe(line: &[u8]) -> Confidence {
        match flat_json::is_flat(line) && Kind::of_record(line).is_some() {
            true => Confidence::Certain,
            false => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut KumoMtaState,
        _: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let time = || {
            let event_time = flat_json::member(line, b"event_time").and_then(json_time::stamp);
            event_time.or_else(|| json_time::stamp(flat_json::member(line, b"timestamp")?))
        };
        match flat_json::is_flat(line) {
            true => (time(), line),
            false => (None, line),
        }
    }

    fn read<'a>(state: &'a mut KumoMtaState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = match LogRecord::of(record.body) {
            Some(log) => parse(state, &log, record.time, &mut slot),
            None => Line::Unmatched,
        };
        visitor.visit(record.time, line);
    }
}

fn parse<'a, 'e>(
    state: &'a mut KumoMtaState,
    log: &LogRecord<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let outcome = match log.kind {
        Kind::Reception => return Line::Noise(Some(accepted(log))),
        // A report about a message that was delivered before, or a message that changed its queue or node.
        Kind::Report | Kind::Moved => return Line::Noise(None),
        Kind::Rejection => {
            let event = slot.insert(rejection(log));
            log.write_peer(&mut state.host);
            event.host = &state.host;
            event.text = log.reply_text(&mut state.text);
            return Line::Event(event);
        }
        Kind::Delivery => Outcome::Sent,
        Kind::TransientFailure | Kind::Delayed => Outcome::Deferred,
        Kind::Bounce | Kind::AdminBounce => Outcome::Bounced,
        Kind::Expiration => Outcome::Expired,
    };
    let has_replies = !matches!(log.protocol, b"Maildir" | b"Lua");
    let (service, direction) = match has_replies && !log.is_over_socket() {
        true => (SMTP, Direction::Outbound),
        false => (LOCAL, Direction::Local),
    };
    let mut event = Event {
        queue_id: log.id,
        sender: log.sender,
        recipient: log.recipient,
        delays: Delays {
            total: log.age(time),
            stages: StageDelays::None,
        },
        ..Event::new(service, direction, outcome)
    };
    let is_attempt = matches!(
        log.kind,
        Kind::Delivery | Kind::TransientFailure | Kind::Bounce
    );
    let failure = match is_attempt && has_replies {
        true => internal::failure(log.content),
        false => Failure::Other,
    };
    match failure {
        Failure::Reply => (event.code, event.enhanced) = (log.code, log.enhanced),
        Failure::Quoted(reply, _) => {
            (event.code, event.enhanced) = (Some(reply.code), reply.enhanced);
        }
        Failure::Connection(error, code) => {
            (event.connect_error, event.code) = (Some(error), code);
        }
        Failure::Other => {}
    }
    log.write_peer(&mut state.host);
    if state.host.is_empty() {
        internal::write_host(log.content, &mut state.host);
    }
    event.host = &state.host;
    event.text = match failure {
        Failure::Reply => log.reply_text(&mut state.text),
        Failure::Quoted(_, words) => words,
        _ => {
            event.dsn = log.enhanced;
            log.content
        }
    };
    Line::Event(slot.insert(event))
}

/// A reply of our own server that refuses a command.
fn rejection<'a>(log: &LogRecord<'a>) -> Event<'a> {
    Event {
        code: log.code,
        enhanced: log.enhanced,
        sender: log.sender,
        recipient: log.recipient,
        stage: Some(stage(log.command)),
        ..Event::new(LISTENER, Direction::Inbound, Outcome::Rejected)
    }
}

/// The stage of a command as the log has it: `RCPT TO:<a@example.com>`, and `.` for the end of the content.
fn stage(command: &[u8]) -> Stage {
    let end = command.iter().position(|&byte| !byte.is_ascii_alphabetic());
    let verb = &command[..end.unwrap_or(command.len())];
    let stages: [(&[u8], Stage); 10] = [
        (b"EHLO", Stage::Helo),
        (b"HELO", Stage::Helo),
        (b"LHLO", Stage::Helo),
        (b"STARTTLS", Stage::StartTls),
        (b"AUTH", Stage::Auth),
        (b"MAIL", Stage::Mail),
        (b"RCPT", Stage::Rcpt),
        (b"DATA", Stage::Data),
        (b"BDAT", Stage::Data),
        (b"VRFY", Stage::Vrfy),
    ];
    if command.starts_with(b".") {
        return Stage::EndOfMessage;
    }
    stages
        .into_iter()
        .find(|(it, _)| verb.eq_ignore_ascii_case(it))
        .map_or(Stage::Other, |(_, stage)| stage)
}

fn accepted<'a>(log: &LogRecord<'a>) -> Fact<'a> {
    Fact::Accepted {
        service: LISTENER,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: log.size.and_then(NonZeroU64::new),
        recipients: NonZeroU32::new(log.recipients),
        tls: (!log.tls.is_empty()).then(|| TlsSession {
            trust: TlsTrust::Unknown,
            protocol: TlsProtocol::leading(log.tls),
        }),
    }
}
