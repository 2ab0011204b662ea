//! The message tracking log: one record for each step of a message, `…,source,event-id,internal-message-id,…,
//! recipient-address,recipient-status,…`. `SEND` and `DELIVER` are deliveries, `DEFER` and `FAIL` failed ones.

use std::num::{NonZeroU32, NonZeroU64};

use super::{RECEIVE, SEND, STORE, TRANSPORT};
use crate::parse::event::Delays;
use crate::parse::reply;
use crate::parse::scan::{find, number, split, split_on};
use crate::parse::winsock;
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome, Stage};

/// The fields that are read. Their places are part of saved states: new ones come last.
pub(super) const FIELDS: [&[u8]; 15] = [
    b"client-ip",
    b"server-ip",
    b"server-hostname",
    b"source-context",
    b"connector-id",
    b"source",
    b"event-id",
    b"internal-message-id",
    b"recipient-address",
    b"recipient-status",
    b"total-bytes",
    b"recipient-count",
    b"sender-address",
    b"custom-data",
    b"directionality",
];

/// Whether a text is a name of an event.
pub(super) fn is_event(text: &[u8]) -> bool {
    text.len() >= 3
        && text
            .iter()
            .all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
}

/// Whether a text is the name of a component that writes records.
pub(super) fn is_source(text: &[u8]) -> bool {
    const SOURCES: [&[u8]; 24] = [
        b"SMTP",
        b"STOREDRIVER",
        b"ROUTING",
        b"AGENT",
        b"DSN",
        b"DNS",
        b"QUEUE",
        b"ADMIN",
        b"APPROVAL",
        b"BOOTLOADER",
        b"GATEWAY",
        b"MAILBOXRULE",
        b"MEETINGMESSAGEPROCESSOR",
        b"ORAR",
        b"PICKUP",
        b"POISONMESSAGE",
        b"PUBLICFOLDER",
        b"REDUNDANCY",
        b"RESOLVER",
        b"SAFETYNET",
        b"AGGREGATION",
        b"APPLICATION",
        b"MULTITENANCY",
        b"STOREDRIVERSUBMISSION",
    ];
    SOURCES.contains(&text)
}

/// Parses a record.
pub(super) fn parse<'a, 'e>(
    values: [&'a [u8]; 15],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let [
        client,
        address,
        name,
        context,
        connector,
        source,
        event,
        id,
        recipients,
        status,
        size,
        count,
        sender,
        custom,
        directionality,
    ] = values;
    let outcome = match event {
        b"SEND" | b"SENDEXTERNAL" | b"DELIVER" => Outcome::Sent,
        b"DEFER" => Outcome::Deferred,
        b"FAIL" => Outcome::Bounced,
        b"RECEIVE" => return Line::Noise(received(source, size, count)),
        _ if is_event(event) => return Line::Noise(None),
        _ => return Line::Unmatched,
    };
    // A receive connector is named with its server, `SERVER\Default Frontend SERVER`: a client's message was rejected.
    if source == b"SMTP" && event == b"FAIL" && connector.contains(&b'\\') {
        return Line::Event(slot.insert(rejected(client, status, sender, recipients)));
    }
    let (service, direction) = match source {
        b"SMTP" => (SEND, Direction::Outbound),
        b"STOREDRIVER" | b"PUBLICFOLDER" => (STORE, Direction::Local),
        // The recipients of a message that arrived from another organization are of this one.
        _ if directionality == b"Incoming" => (TRANSPORT, Direction::Local),
        _ => (TRANSPORT, Direction::Outbound),
    };
    // Only a delivery by SMTP names another server; other records name the one that wrote them.
    let host = match (source, outcome, name) {
        (b"SMTP", Outcome::Sent, b"") => address,
        (b"SMTP", Outcome::Sent, name) => name,
        _ => b"",
    };
    let mut found = Event {
        queue_id: id,
        host,
        sender: without_brackets(sender),
        recipient: first_of(recipients),
        delays: Delays {
            total: latency(custom),
            ..Delays::default()
        },
        ..Event::new(service, direction, outcome)
    };
    let status = Status::of(status, context, outcome);
    // A status that is cut off may be of either kind. The size is the next value.
    let is_remote = source == b"SMTP" && !size.is_empty();
    status.add_to(&mut found, is_remote);
    Line::Event(slot.insert(found))
}

fn without_brackets(sender: &[u8]) -> &[u8] {
    if sender == b"<>" { b"" } else { sender }
}

fn first_of(recipients: &[u8]) -> &[u8] {
    let end = memchr::memchr(b';', recipients).unwrap_or(recipients.len());
    &recipients[..end]
}

/// An agent rejected a message while a client sent it. The receive protocol log repeats the reply.
fn rejected<'a>(
    client: &'a [u8],
    status: &'a [u8],
    sender: &'a [u8],
    recipients: &'a [u8],
) -> Event<'a> {
    let text = Status::of(status, b"", Outcome::Rejected).text;
    let reply = reply::parse(text);
    Event {
        code: reply.map(|it| it.code),
        enhanced: reply.and_then(|it| it.enhanced),
        host: client,
        sender: without_brackets(sender),
        recipient: first_of(recipients),
        text,
        stage: Some(Stage::EndOfMessage),
        logged_again: true,
        ..Event::new(RECEIVE, Direction::Inbound, Outcome::Rejected)
    }
}

/// A message was accepted from a client or a mailbox. Records of other sources are copies that the server made.
fn received<'a>(source: &[u8], size: &[u8], count: &[u8]) -> Option<Fact<'a>> {
    if source != b"SMTP" && source != b"STOREDRIVER" {
        return None;
    }
    let recipients = number(count).and_then(|(it, _)| NonZeroU32::new(u32::try_from(it).ok()?));
    Some(Fact::Accepted {
        service: RECEIVE,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: number(size).and_then(|(it, _)| NonZeroU64::new(it)),
        recipients,
        tls: None,
    })
}

/// The time from the arrival of the message to the record, `S:E2ELatency=1.928;…`, in microseconds.
fn latency(custom: &[u8]) -> Option<u64> {
    let (_, rest) = split_on(custom, b"E2ELatency=")?;
    let (seconds, rest) = number(rest)?;
    let mut micros = 0;
    if let Some(digits) = rest.strip_prefix(b".") {
        let mut unit = 100_000;
        for digit in digits.iter().take_while(|it| it.is_ascii_digit()) {
            micros += u64::from(digit - b'0') * unit;
            unit /= 10;
        }
    }
    seconds.checked_mul(1_000_000)?.checked_add(micros)
}

/// What a record says of the first recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Status<'a> {
    /// The reply or the server's own words.
    text: &'a [u8],
    /// The remote host that is named with it; empty if there is none.
    host: &'a [u8],
}

impl<'a> Status<'a> {
    /// `recipient-status`; if it is empty, the reply in `source-context` of a delivery, `;250 2.6.0 … Queued mail`.
    fn of(status: &'a [u8], context: &'a [u8], outcome: Outcome) -> Self {
        // `[{LRT=time};{LED=reply};{FQDN=mx.example.net};{IP=192.0.2.1}]`
        if let Some((_, rest)) = split_on(status, b"{LED=") {
            let text = split_on(rest, b"};{").or_else(|| split(rest, b'}'));
            let field = |name: &[u8; 6]| match split_on(rest, name) {
                Some((_, value)) => split(value, b'}').map_or(value, |(value, _)| value),
                None => b"",
            };
            let name = field(b"{FQDN=");
            let host = match name.is_empty() {
                true => split_on(rest, b"{IP=")
                    .and_then(|(_, it)| split(it, b'}'))
                    .map_or(&b""[..], |(it, _)| it),
                false => name,
            };
            return Status {
                text: text.map_or(rest, |(text, _)| text),
                host,
            };
        }
        let text = match status {
            b"" if outcome == Outcome::Sent => context
                .split(|&byte| byte == b';')
                .find(|part| reply::parse(part).is_some())
                .unwrap_or_default(),
            b"" => context,
            _ => first_status(status),
        };
        Status { text, host: b"" }
    }

    /// Adds the reply or status to the event of a record. Only SMTP brings the replies of other servers.
    fn add_to(self, event: &mut Event<'a>, is_remote: bool) {
        let Status { text, host } = self;
        event.text = text;
        if !host.is_empty() && event.direction == Direction::Outbound {
            event.host = host;
        }
        let Some(reply) = reply::parse(text) else {
            return;
        };
        if event.outcome == Outcome::Bounced && is_expiry(text) {
            event.outcome = Outcome::Expired;
        }
        if is_remote && !is_own(text) {
            event.code = Some(reply.code);
            event.enhanced = reply.enhanced;
            event.logged_again = true;
            return;
        }
        event.dsn = reply.enhanced;
        if FAILED_CONNECTION.iter().any(|it| find(text, it).is_some()) {
            event.connect_error = match winsock::of_text(text) {
                ConnectError::Other => None,
                error => Some(error),
            };
            event.duplicate = event.connect_error.is_some();
        }
    }
}

/// The status of the first recipient: statuses are separated by semicolons, which a reply may contain too.
fn first_status(status: &[u8]) -> &[u8] {
    let mut from = 0;
    while let Some(at) = memchr::memchr(b';', &status[from..]) {
        let end = from + at;
        if reply::parse(&status[end + 1..]).is_some() {
            return &status[..end];
        }
        from = end + 1;
    }
    status
}

/// Whether the message was given up after too long a time in the queue.
fn is_expiry(text: &[u8]) -> bool {
    let contains = |words: &[u8]| find(text, words).is_some();
    contains(b" 4.4.7 ") || contains(b" 5.4.7 ") || contains(b"QUEUE.Expired")
}

/// Words about a connection that failed.
const FAILED_CONNECTION: [&[u8]; 5] = [
    b"Failed to connect",
    b"Unable to connect",
    b"socket error",
    b"SocketError",
    b"Connection dropped due to",
];

/// Words in statuses that Exchange makes up itself.
const OWN: [&[u8]; 18] = [
    b"QUEUE.",
    b"RESOLVER.",
    b"STOREDRV.",
    b"ROUTING.",
    b"SMTPSEND.",
    b"TRANSPORT.",
    b"APPROVAL.",
    b"CAT.",
    b"DNS.",
    b"AGENT.",
    b"Primary target IP address responded with",
    b"Error encountered while communicating with",
    b"Proxy session setup failed",
    b"Message delayed",
    b"Error communicating with target host",
    b"DNS query failed",
    b"Certificate validation failure",
    b"Connection dropped due to",
];

/// Whether a status is Exchange's own, and no reply of another server.
fn is_own(text: &[u8]) -> bool {
    OWN.iter().any(|words| find(text, words).is_some())
}
