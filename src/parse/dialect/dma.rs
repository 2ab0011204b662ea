//! dma, the DragonFly Mail Agent, 0.9 to 0.14 (DragonFly BSD, FreeBSD, Debian), through syslog. The process id of its tag
//! is the queue id: `dma[3f.55ac34d8e8f0]: …`.
//!
//! Source of the forms: the calls of `syslog` in dma 0.13.
//!
//! Not in the log: the reply to a message that was accepted, a connection that was lost (but while connecting), and the
//! result of a delivery if no host could be connected; the recipient is only in the line before the delivery.

use serde::{Deserialize, Serialize};

use crate::parse::correlate::{Correlated, kept};
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::scan::split_on;
use crate::parse::system_error::connect_error;
use crate::parse::{ConnectError, Direction, Event, Fact, Level, Line, Outcome, Service, reply};

/// The dialect.
pub(in crate::parse) struct Dma;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct DmaState {
    /// Deliveries by queue id.
    deliveries: Correlated<Delivery, 1024>,
    /// The delivery of the current line.
    #[serde(skip)]
    current: Delivery,
}

/// What earlier lines said about a delivery.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Delivery {
    recipient: Box<[u8]>,
    /// The host that is being tried, `name [address]`; empty for a local delivery.
    host: Box<[u8]>,
    is_remote: bool,
    /// Whether a line has already said that it failed permanently.
    has_bounced: bool,
}

const REMOTE: Service<'static> = Service::of(Agent::new(Mta::Dma, 0));
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::Dma, 1));

impl Dialect for Dma {
    const NAME: &'static str = "dma";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            name: "remote",
            accepts_clients: false,
            authenticates: false,
            delivers: true,
        },
        AgentDef {
            name: "local",
            accepts_clients: false,
            authenticates: false,
            delivers: false,
        },
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[];

    type State = DmaState;

    fn owns(tag: &[u8]) -> bool {
        tag == b"dma"
    }

    fn claims(tag: &[u8], _: &[u8]) -> bool {
        Self::owns(tag)
    }

    fn probe(_: &[u8]) -> Confidence {
        Confidence::No
    }

    fn read<'a>(state: &'a mut DmaState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let (id, text) = queue_id(record.pid, record.body);
        let line = parse(state, record, id, text, &mut slot);
        visitor.visit(record.time, line);
    }
}

/// The queue id, and the text. Old versions write `ID: text`, and no id in the tag.
fn queue_id<'a>(pid: &'a [u8], body: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    if let Some((id, text)) = split_on(body, b": ")
        && (id.contains(&b'.') || text.starts_with(b"new mail from "))
        && id.iter().all(|b| b.is_ascii_hexdigit() || *b == b'.')
    {
        return (id, text);
    }
    (pid, body)
}

fn parse<'a, 'e>(
    state: &'a mut DmaState,
    record: &Record<'a>,
    id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let mut delivery = match state.deliveries.get(id) {
        Some(known) => known.clone(),
        None => Delivery::default(),
    };
    // Old versions name no recipient.
    if text == b"trying delivery" {
        state
            .deliveries
            .insert(id, record.time, Delivery::default());
        return Line::Noise(None);
    }
    if let Some(recipient) = address_before(text, b"> trying delivery") {
        delivery = Delivery {
            recipient: kept(recipient),
            ..Delivery::default()
        };
        state.deliveries.insert(id, record.time, delivery);
        return Line::Noise(None);
    }
    if let Some(host) = text.strip_prefix(b"trying remote delivery to ") {
        let host = split_on(host, b" pref ").map_or(host, |(host, _)| host);
        delivery.host = kept(host);
        delivery.is_remote = true;
        state.deliveries.insert(id, record.time, delivery);
        return Line::Noise(None);
    }
    let mut event = match failure(text) {
        Some(event) => event,
        None if address_before(text, b"> delivery successful").is_some() => {
            let (service, direction) = match delivery.is_remote {
                true => (REMOTE, Direction::Outbound),
                false => (LOCAL, Direction::Local),
            };
            Event::new(service, direction, Outcome::Sent)
        }
        None if text.starts_with(b"delivery failed, bouncing as ")
            || text == b"can not bounce a bounce message, discarding" =>
        {
            match ended(&delivery) {
                Some(event) => Event { text, ..event },
                None => return Line::Noise(None),
            }
        }
        None => return other(text),
    };
    if event.outcome == Outcome::Bounced && !delivery.has_bounced {
        delivery.has_bounced = true;
        state.deliveries.insert(id, record.time, delivery.clone());
    }
    state.current = delivery;
    if event.direction == Direction::Outbound && event.host.is_empty() {
        event.host = &state.current.host;
    }
    event.queue_id = id;
    event.recipient = match address_before(text, b"> delivery successful") {
        Some(recipient) => recipient,
        None => &state.current.recipient,
    };
    Line::Event(slot.insert(event))
}

/// The address in `<a@example.net> delivery successful`.
fn address_before<'a>(text: &'a [u8], words: &[u8]) -> Option<&'a [u8]> {
    text.strip_prefix(b"<")?.strip_suffix(words)
}

/// The end of a delivery of which no line has said that it failed: the message is too old, or a local error.
fn ended<'a>(delivery: &Delivery) -> Option<Event<'a>> {
    if delivery.has_bounced {
        return None;
    }
    Some(match (delivery.is_remote, delivery.recipient.is_empty()) {
        (true, _) => Event::new(REMOTE, Direction::Outbound, Outcome::Expired),
        (false, false) => Event::new(LOCAL, Direction::Local, Outcome::Bounced),
        // The lines before this one are not known.
        (false, true) => return None,
    })
}

/// A line that says why a delivery, or an attempt of one, failed.
fn failure(text: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = text.strip_prefix(b"remote delivery ") {
        return remote(rest);
    }
    if let Some(rest) = text.strip_prefix(b"connect to ") {
        let (host, words) = split_on(rest, b"] failed: ")?;
        let error = connect_error(words).unwrap_or(ConnectError::Other);
        return Some(Event {
            code: error.code(),
            connect_error: Some(error),
            host: with_bracket(rest, host),
            text: words,
            ..Event::new(REMOTE, Direction::Outbound, Outcome::Attempt)
        });
    }
    // A refused greeting is a permanent failure, whatever the reply.
    if let Some(rest) = text.strip_prefix(b"Could not perform server greeting at ") {
        let (host, words) = split_on(rest, b"]: ")?;
        return Some(Event {
            host: with_bracket(rest, host),
            ..said(Outcome::Bounced, words)
        });
    }
    // Without TLS, or by another way to authenticate, the delivery goes on.
    const REFUSED: [&[u8]; 2] = [
        b"in opportunistic TLS mode, STARTTLS not available: ",
        b"smarthost authentication: AUTH cram-md5 not available: ",
    ];
    if let Some(words) = REFUSED.iter().find_map(|it| text.strip_prefix(*it)) {
        return Some(said(Outcome::Attempt, words)).filter(|event| event.code.is_some());
    }
    if let Some(words) = text.strip_prefix(b"local delivery ") {
        let outcome = match words.starts_with(b"failed: corrupted") {
            true => Outcome::Bounced,
            false => Outcome::Deferred,
        };
        return Some(Event {
            text: words,
            ..Event::new(LOCAL, Direction::Local, outcome)
        });
    }
    None
}

/// `name [address]` with the bracket at which it was split off.
fn with_bracket<'a>(text: &'a [u8], host: &[u8]) -> &'a [u8] {
    &text[..host.len() + 1]
}

/// `to HOST [ADDRESS] failed after STAGE: REPLY`, `deferred: HOST [ADDRESS] failed after STAGE: REPLY`, `deferred:
/// REASON`.
fn remote(rest: &[u8]) -> Option<Event<'_>> {
    if let Some(named) = rest.strip_prefix(b"to ") {
        return after_stage(Outcome::Bounced, named);
    }
    // Old versions do not name the host.
    let unnamed = [
        (&b"failed after "[..], Outcome::Bounced),
        (b"deferred: failed after ", Outcome::Deferred),
    ];
    for (begin, outcome) in unnamed {
        if let Some(stage) = rest.strip_prefix(begin) {
            let (_, words) = split_on(stage, b": ")?;
            return Some(said(outcome, words));
        }
    }
    let (outcome, reason) = match rest.strip_prefix(b"failed: ") {
        Some(reason) => (Outcome::Bounced, reason),
        None => (
            Outcome::Deferred,
            rest.strip_prefix(b"deferred")?
                .strip_prefix(b": ")
                .unwrap_or_default(),
        ),
    };
    if let Some(event) = after_stage(outcome, reason) {
        return Some(event);
    }
    if reason.starts_with(b"DNS lookup failure") {
        return Some(Event {
            code: Some(101),
            connect_error: Some(ConnectError::Dns),
            text: reason,
            ..Event::new(REMOTE, Direction::Outbound, outcome)
        });
    }
    // Another way to authenticate, or none, is tried next; a permanent failure is logged again.
    let is_attempt = reason.starts_with(b"AUTH ") || reason.starts_with(b"Authentication ");
    let words = split_on(reason, b": ").map_or(reason, |(_, words)| words);
    let mut event = said(
        if is_attempt {
            Outcome::Attempt
        } else {
            outcome
        },
        words,
    );
    let is_tls = [&b"SSL"[..], b"STARTTLS", b"Peer "]
        .iter()
        .any(|it| reason.starts_with(it));
    if is_tls {
        event.connect_error = Some(ConnectError::Tls);
    }
    if event.code.is_none() {
        event.text = reason;
        event.connect_error = event.connect_error.or_else(|| connect_error(words));
    }
    Some(event)
}

/// `HOST [ADDRESS] failed after STAGE: REPLY`.
fn after_stage(outcome: Outcome, named: &[u8]) -> Option<Event<'_>> {
    let (host, rest) = split_on(named, b"] failed after ")?;
    let (_, words) = split_on(rest, b": ")?;
    Some(Event {
        host: with_bracket(named, host),
        ..said(outcome, words)
    })
}

/// An event with the words of the other side, or of the system.
fn said(outcome: Outcome, words: &[u8]) -> Event<'_> {
    let reply = reply::parse(words).filter(|reply| reply.code >= 400);
    let error = match (reply, words) {
        (Some(_), _) => None,
        (None, b"Timeout reached") => Some(ConnectError::TimedOut),
        (None, _) => connect_error(words),
    };
    Event {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        connect_error: error,
        text: words,
        ..Event::new(REMOTE, Direction::Outbound, outcome)
    }
}

/// All other lines.
fn other<'a, 'e>(text: &[u8]) -> Line<'a, 'e> {
    const NOISE: [&[u8]; 12] = [
        b"new mail from ",
        b"creating mbox for ",
        b"successfully created mbox for ",
        b"mail to=",
        b"using ",
        b"Server greeting successfully completed",
        b"  Server ",
        b"SSL initialization successful",
        b"successfully verified ",
        b"remote delivery succeeded but QUIT failed",
        b"smarthost authentication: ",
        b"ignoring unknown queue info",
    ];
    const WARNINGS: [&[u8]; 11] = [
        b"SMTP login ",
        b"AUTH ",
        b"non-encrypted SMTP login",
        b"in opportunistic TLS mode",
        b"could not ",
        b"can not ",
        b"fingerprints do not match",
        b"failed to ",
        b"sha256 fingerprint ",
        b"socket for ",
        b"trying to ",
    ];
    const ERRORS: [&[u8]; 13] = [
        b"error ",
        b"Cannot escape ",
        b"lost queue file ",
        b"malformed queue file ",
        b"SSL: ",
        b"cannot ",
        b"hung child ",
        b"child ",
        b"reached dead code",
        b"invalid ",
        b"bad mail input ",
        b"no recipients ",
        b"Invalid line",
    ];
    // syslogd removes leading spaces.
    let is_noise = text.starts_with(b"Server ") || NOISE.iter().any(|it| text.starts_with(it));
    match text {
        _ if is_noise => Line::Noise(None),
        _ if WARNINGS.iter().any(|it| text.starts_with(it)) => {
            Line::Noise(Some(Fact::Diagnostic(Mta::Dma, Level::Warning)))
        }
        _ if ERRORS.iter().any(|it| text.starts_with(it)) => {
            Line::Noise(Some(Fact::Diagnostic(Mta::Dma, Level::Error)))
        }
        _ => Line::Unmatched,
    }
}
