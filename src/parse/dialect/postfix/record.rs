//! Parses delivery records, `QUEUEID: to=<…>, relay=…, …, status=… (…)`, and the lines of the queue manager.
//!
//! All delivery agents write the same record (Postfix's `log_adhoc.c`).

use super::noise;
use super::program::{Daemon, Origin};
use super::reason::{self, Reason};
use crate::parse::delays::{delays, four_microseconds, microseconds};
use crate::parse::event::{Delays, Event, Fact, Line, StageDelays};
use crate::parse::kinds::{Direction, Enhanced, Outcome};
use crate::parse::reply;
use crate::parse::scan::{address, enhanced, number, position, split};
use crate::simd::{bitmask_of, bitmask_of_either};

/// The fields before the status.
#[derive(Default)]
struct Fields<'a> {
    recipient: &'a [u8],
    relay: &'a [u8],
    /// The host in `relay`, without the port; empty for `none` and for local services.
    host: &'a [u8],
    delays: Delays,
    dsn: Option<Enhanced>,
}

/// All delivery statuses, to recognize a truncated one.
const STATUSES: &[&[u8]] = &[
    b"sent",
    b"deferred",
    b"bounced",
    b"expired",
    b"deliverable",
    b"undeliverable",
];

/// Parses the text after `to=`.
#[inline]
pub(super) fn parse<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    record: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some((fields, status)) = usual_fields(record) {
        return delivery(origin, queue_id, fields, status, slot);
    }
    match any_fields(record) {
        Some((fields, status)) => delivery(origin, queue_id, fields, status, slot),
        // Cut off before the status: the result of the delivery is unknown.
        None => Line::Noise(None),
    }
}

/// Parses a record of which the recipient was removed, as logs that are published are: `relay=…, delay=…, status=…`.
#[inline(never)]
pub(super) fn without_recipient<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    match further_fields(b"", text) {
        Some((fields, status)) => delivery(origin, queue_id, fields, status, slot),
        None => Line::Noise(None),
    }
}

/// The event of a delivery, from its fields and the text after `status=`.
#[cfg_attr(hot_path, inline(always))]
fn delivery<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    fields: Fields<'a>,
    status: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (outcome, is_failure, text) = match status.strip_prefix(b"sent ") {
        Some(rest) => (Outcome::Sent, false, in_parentheses(rest)),
        None => match outcome(status) {
            Ok(found) => found,
            Err(InvalidStatus::CutOff) => return Line::Noise(None),
            Err(InvalidStatus::Unknown) => return Line::Unmatched,
        },
    };
    let reason = if is_failure {
        failure_reason(origin.daemon, text)
    } else {
        accepting_reply(origin.daemon, text)
    };
    let event = slot.insert(Event {
        queue_id,
        code: reason.code,
        enhanced: reason.enhanced,
        dsn: fields.dsn,
        connect_error: reason.connect_error,
        duplicate: reason.is_duplicate(),
        host: if fields.host.is_empty() {
            reason.host
        } else {
            fields.host
        },
        recipient: fields.recipient,
        text: reason.text,
        delays: fields.delays,
        ..Event::new(
            origin.service(),
            direction(origin.daemon, fields.relay, reason.host),
            outcome,
        )
    });
    Line::Event(event)
}

/// Why a status could not be parsed.
enum InvalidStatus {
    /// The line ends within the status.
    CutOff,
    /// The status is unknown.
    Unknown,
}

/// Parses a status: the outcome, whether it is a failure, and the text in parentheses.
#[inline(never)]
fn outcome(status: &[u8]) -> Result<(Outcome, bool, &[u8]), InvalidStatus> {
    let (word, text) = match split(status, b' ') {
        Some((word, rest)) => (word, in_parentheses(rest)),
        None => (status, &b""[..]),
    };
    let (outcome, is_failure) = match word {
        b"sent" => (Outcome::Sent, false),
        b"deferred" | b"SOFTBOUNCE" => (Outcome::Deferred, true),
        b"bounced" => (Outcome::Bounced, true),
        b"expired" => (Outcome::Expired, true),
        // Address verification (verify(8)): there was a reply, but nothing was delivered.
        b"deliverable" => (Outcome::Attempt, false),
        b"undeliverable" | b"undeliverable-but-not-cached" => (Outcome::Attempt, true),
        _ if text.is_empty() && STATUSES.iter().any(|it| it.starts_with(word)) => {
            return Err(InvalidStatus::CutOff);
        }
        _ => return Err(InvalidStatus::Unknown),
    };
    Ok((outcome, is_failure, text))
}

/// The reply that accepted the message. Only the SMTP and LMTP clients quote replies; the output of a command or a
/// mailbox agent is free text, in which numbers are not codes.
#[inline]
fn accepting_reply(daemon: Daemon, text: &[u8]) -> Reason<'_> {
    let reply = match daemon {
        Daemon::Smtp | Daemon::Lmtp | Daemon::Unknown => reply::parse(text),
        _ => None,
    };
    Reason {
        code: reply.map(|reply| reply.code),
        enhanced: reply.and_then(|reply| reply.enhanced),
        ..Reason::new(text)
    }
}

/// The reason of a failed delivery.
fn failure_reason(daemon: Daemon, text: &[u8]) -> Reason<'_> {
    let reads_replies = !matches!(
        daemon,
        Daemon::Local | Daemon::Virtual | Daemon::Pipe | Daemon::Discard
    );
    let mut reason = match reason::parse(text) {
        Some(reason) if reads_replies => reason,
        _ => return Reason::new(text),
    };
    if text.starts_with(b"connect to ") {
        (reason.code, reason.enhanced) = (None, None);
        if !reason.is_duplicate() {
            reason.code = reason.connect_error.and_then(|error| error.code());
        }
    }
    reason
}

/// Parses `<RECIPIENT>, relay=…, delay=…, delays=a/b/c/d, dsn=…, status=`, the fields of nearly every record in
/// their usual order. Returns the fields, and the text after `status=`.
#[cfg_attr(hot_path, inline(always))]
fn usual_fields(record: &[u8]) -> Option<(Fields<'_>, &[u8])> {
    let inner = record.strip_prefix(b"<")?;
    let start: &[u8; 64] = inner.first_chunk()?;
    let end = bitmask_of_either(start, b'>', b'"').trailing_zeros() as usize;
    let (recipient, rest) = inner.split_at_checked(end)?;
    let value = rest.strip_prefix(b">, relay=")?;
    let start: &[u8; 64] = value.first_chunk()?;
    let (comma, bracket) = (
        bitmask_of(start, b',').trailing_zeros(),
        bitmask_of(start, b']').trailing_zeros(),
    );
    let (relay, rest) = value.split_at_checked(comma as usize)?;
    let host = match relay.get(..=bracket as usize) {
        Some(host) => host,
        None => relay_host(relay),
    };
    let (total, stages, end) = delays(rest)?;
    let (dsn, rest) = enhanced(rest[end..].strip_prefix(b", dsn=")?)?;
    let fields = Fields {
        recipient,
        relay,
        host,
        delays: Delays {
            total: Some(total),
            stages: StageDelays::All(stages),
        },
        dsn: Some(dsn),
    };
    Some((fields, rest.strip_prefix(b", status=")?))
}

/// Parses any fields in any order; they depend on the version of Postfix.
#[inline(never)]
fn any_fields(record: &[u8]) -> Option<(Fields<'_>, &[u8])> {
    let (recipient, rest) = address_before_comma(record)?;
    further_fields(recipient, rest.strip_prefix(b", ")?)
}

/// Parses the fields after the recipient.
fn further_fields<'a>(recipient: &'a [u8], text: &'a [u8]) -> Option<(Fields<'a>, &'a [u8])> {
    let mut fields = Fields {
        recipient,
        ..Fields::default()
    };
    let mut rest = text;
    loop {
        rest = match rest.trim_ascii_start() {
            [b'r', b'e', b'l', b'a', b'y', b'=', value @ ..] => {
                let end = position(value, b',')?;
                fields.relay = &value[..end];
                fields.host = relay_host(fields.relay);
                &value[end..]
            }
            [b'd', b'e', b'l', b'a', b'y', b'=', value @ ..] => match microseconds(value) {
                Some((total, after)) => {
                    fields.delays.total = Some(total);
                    after
                }
                None => skip(value)?,
            },
            [b'd', b'e', b'l', b'a', b'y', b's', b'=', value @ ..] => {
                match four_microseconds(value) {
                    Some((stages, after)) => {
                        fields.delays.stages = StageDelays::All(stages);
                        after
                    }
                    None => skip(value)?,
                }
            }
            [b'd', b's', b'n', b'=', value @ ..] => match enhanced(value) {
                Some((dsn, after)) => {
                    fields.dsn = Some(dsn);
                    after
                }
                None => skip(value)?,
            },
            [b's', b't', b'a', b't', b'u', b's', b'=', status @ ..] => {
                return Some((fields, status));
            }
            [b'o', b'r', b'i', b'g', b'_', b't', b'o', b'=', value @ ..] => {
                address_before_comma(value)?.1
            }
            _ => skip(rest)?,
        };
        rest = rest.strip_prefix(b", ")?;
    }
}

/// An address, and the rest, which begins with a comma. If it does not, a quote in the address does not begin a
/// quoted string; then the address ends at the first bracket before a comma.
fn address_before_comma(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(found) = address(text).filter(|(_, rest)| rest.starts_with(b", ")) {
        return Some(found);
    }
    let inner = text.strip_prefix(b"<")?;
    let end = memchr::memmem::find(inner, b">, ")?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// The text from the next comma on.
fn skip(text: &[u8]) -> Option<&[u8]> {
    Some(&text[position(text, b',')?..])
}

/// The text in the parentheses after the status. More text may follow them, or the line may be cut off within
/// them.
#[inline]
fn in_parentheses(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"(").unwrap_or(text);
    match text {
        [text @ .., b')'] => text,
        _ => memchr::memrchr(b')', text).map_or(text, |end| &text[..end]),
    }
}

/// The direction of a delivery: from the agent, or from the form of the relay if the agent is unknown. The delivery
/// agents error and retry report for another one; `host` is the host that their reason names.
#[cfg_attr(hot_path, inline(always))]
fn direction(daemon: Daemon, relay: &[u8], host: &[u8]) -> Direction {
    match daemon {
        // What discard drops does not leave this host, whatever its domain.
        Daemon::Lmtp | Daemon::Local | Daemon::Virtual | Daemon::Pipe | Daemon::Discard => {
            Direction::Local
        }
        Daemon::Unknown if is_local_relay(relay) => Direction::Local,
        Daemon::Error | Daemon::Retry if is_store(host) => Direction::Local,
        _ => Direction::Outbound,
    }
}

/// Whether a relay is a local service: `name[private/socket]` and port 24 are LMTP; a name without
/// address and port is local, virtual, or the name of a pipe service.
#[inline(never)]
fn is_local_relay(relay: &[u8]) -> bool {
    match split(relay, b'[') {
        // LMTP usually has port 24.
        Some((_, address)) => address.contains(&b'/') || address.ends_with(b"]:24"),
        None => relay != b"none" && !relay.is_empty() && !relay.contains(&b':'),
    }
}

/// Whether a host is a mail store of ours: a Unix-domain socket, `name[private/socket]`, or the port of LMTP.
#[inline(never)]
fn is_store(host: &[u8]) -> bool {
    split(host, b'[')
        .is_some_and(|(_, address)| address.contains(&b'/') || address.ends_with(b"]:24"))
}

/// The host in `relay=`, without the port; empty for `none` and for local services.
#[inline]
fn relay_host(relay: &[u8]) -> &[u8] {
    match position(relay, b']') {
        Some(close) => &relay[..=close],
        // Postfix before 2.3: `relay=127.0.0.1:2525`.
        None => split(relay, b':').map_or(b"", |(host, _)| host),
    }
}

/// Parses a line of the queue manager: a message becomes active, is removed, or has expired.
#[inline]
pub(super) fn qmgr<'a, 'e>(
    receipts: bool,
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if text == b"removed" {
        return Line::Noise(Some(Fact::Removed { queue_id }));
    }
    let Some(sender) = text.strip_prefix(b"from=") else {
        return noise::with_queue_id(text);
    };
    let Some((sender, rest)) = address(sender) else {
        return Line::Noise(None);
    };
    if let Some(rest) = rest.strip_prefix(b", size=") {
        let fact = number(rest).and_then(|(size, rest)| {
            let (recipients, _) = number(rest.strip_prefix(b", nrcpt=")?)?;
            Some(Fact::Queued {
                queue_id,
                sender,
                size,
                recipients,
                after_receipt: receipts,
            })
        });
        return Line::Noise(fact);
    }
    match rest.strip_prefix(b", status=") {
        Some(status) if status.starts_with(b"expired") || status.starts_with(b"force-expired") => {
            Line::Event(slot.insert(Event {
                queue_id,
                text: status,
                ..Event::new(origin.service(), Direction::Outbound, Outcome::Expired)
            }))
        }
        Some(_) => Line::Unmatched,
        None => Line::Noise(None),
    }
}
