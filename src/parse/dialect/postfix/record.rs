//! Delivery records, `QUEUEID: to=<…>, relay=…, …, status=… (…)`, and the queue manager's lines.
//!
//! Every delivery agent writes the same record (Postfix's `log_adhoc.c`).

use super::noise;
use super::program::{Daemon, Origin};
use super::reason::{self, Kind, Reason};
use crate::parse::delays::{delays, four_microseconds, microseconds};
use crate::parse::scan::{address, enhanced, number, position, split};
use crate::parse::{Delays, Direction, Enhanced, Event, Fact, Line, Outcome, StageDelays, reply};
use crate::simd::{marks_of, marks_of_either};

/// The fields before the status.
#[derive(Default)]
struct Fields<'a> {
    recipient: &'a [u8],
    relay: &'a [u8],
    /// The host in `relay`, without its port; empty for `none` and for services of this host.
    host: &'a [u8],
    delays: Delays,
    dsn: Option<Enhanced>,
}

/// How deliveries end, where that may be cut off.
const STATUSES: &[&[u8]] = &[
    b"sent",
    b"deferred",
    b"bounced",
    b"expired",
    b"deliverable",
    b"undeliverable",
];

/// Reads what follows `to=`.
#[inline]
pub(super) fn parse<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    record: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some((fields, status)) = usual_fields(record) {
        return ended(origin, queue_id, fields, status, slot);
    }
    match any_fields(record) {
        Some((fields, status)) => ended(origin, queue_id, fields, status, slot),
        // Cut off before the status: nothing is known of the delivery.
        None => Line::Noise(None),
    }
}

/// How a delivery ended, by what follows `status=`.
#[inline(always)]
fn ended<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    fields: Fields<'a>,
    status: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (outcome, kept, text) = match status.strip_prefix(b"sent ") {
        Some(rest) => (Outcome::Sent, false, in_parentheses(rest)),
        None => match outcome(status) {
            Ok(found) => found,
            Err(NoOutcome::CutOff) => return Line::Noise(None),
            Err(NoOutcome::Unknown) => return Line::Unmatched,
        },
    };
    let reason = if kept {
        failed(origin.daemon, text)
    } else {
        succeeded(origin.daemon, text)
    };
    let event = slot.insert(Event {
        queue_id,
        code: reason.code,
        enhanced: reason.enhanced,
        dsn: fields.dsn,
        connect_error: reason.connect_error,
        duplicate: reason.kind != Kind::FirstHand,
        host: if fields.host.is_empty() {
            reason.host
        } else {
            fields.host
        },
        recipient: fields.recipient,
        text: reason.words,
        delays: fields.delays,
        ..Event::new(
            origin.service(),
            direction(origin.daemon, fields.relay),
            outcome,
        )
    });
    Line::Event(event)
}

/// Why a status tells of no outcome.
enum NoOutcome {
    /// The line ends within its word.
    CutOff,
    /// Nobody has thought of it.
    Unknown,
}

/// The outcome, whether the message or its address was not taken, and what stands in parentheses.
#[inline(never)]
fn outcome(status: &[u8]) -> Result<(Outcome, bool, &[u8]), NoOutcome> {
    let (word, text) = match split(status, b' ') {
        Some((word, rest)) => (word, in_parentheses(rest)),
        None => (status, &b""[..]),
    };
    let (outcome, kept) = match word {
        b"sent" => (Outcome::Sent, false),
        b"deferred" | b"SOFTBOUNCE" => (Outcome::Deferred, true),
        b"bounced" => (Outcome::Bounced, true),
        b"expired" => (Outcome::Expired, true),
        // An address was probed (verify(8)): replies were said, but nothing was delivered.
        b"deliverable" => (Outcome::Attempt, false),
        b"undeliverable" | b"undeliverable-but-not-cached" => (Outcome::Attempt, true),
        _ if text.is_empty() && STATUSES.iter().any(|it| it.starts_with(word)) => {
            return Err(NoOutcome::CutOff);
        }
        _ => return Err(NoOutcome::Unknown),
    };
    Ok((outcome, kept, text))
}

/// The reply that took the message. Only the SMTP and LMTP clients quote replies; what a command or
/// a mailbox said is free text, in which numbers are no codes.
#[inline]
fn succeeded(daemon: Daemon, text: &[u8]) -> Reason<'_> {
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

/// Why it failed.
fn failed(daemon: Daemon, text: &[u8]) -> Reason<'_> {
    let reads_replies = !matches!(
        daemon,
        Daemon::Local | Daemon::Virtual | Daemon::Pipe | Daemon::Discard
    );
    let mut reason = match reason::parse(text) {
        Some(reason) if reads_replies => reason,
        _ => return Reason::new(text),
    };
    if reason.kind == Kind::FirstHand && text.starts_with(b"connect to ") {
        reason.code = reason.connect_error.and_then(reason::connect_code);
    }
    reason
}

/// `<RECIPIENT>, relay=…, delay=…, delays=a/b/c/d, dsn=…, status=`: the fields of nearly every record,
/// in Postfix's order, with no question which comes next. And what follows `status=`.
#[inline(always)]
fn usual_fields(record: &[u8]) -> Option<(Fields<'_>, &[u8])> {
    let inner = record.strip_prefix(b"<")?;
    let start: &[u8; 64] = inner.first_chunk()?;
    let end = marks_of_either(start, b'>', b'"').trailing_zeros() as usize;
    let (recipient, rest) = inner.split_at_checked(end)?;
    let value = rest.strip_prefix(b">, relay=")?;
    let start: &[u8; 64] = value.first_chunk()?;
    let (comma, bracket) = (
        marks_of(start, b',').trailing_zeros(),
        marks_of(start, b']').trailing_zeros(),
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

/// Any fields in any order; which of them are there depends on Postfix's version.
#[inline(never)]
fn any_fields(record: &[u8]) -> Option<(Fields<'_>, &[u8])> {
    let (recipient, mut rest) = address_before_comma(record)?;
    let mut fields = Fields {
        recipient,
        ..Fields::default()
    };
    loop {
        rest = rest.strip_prefix(b", ")?;
        // The first letter decides which name is worth comparing.
        rest = match rest {
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
    }
}

/// An address and what follows it, which begins with a comma. Where nothing does, a quote in it was no
/// quote: then the first bracket before a comma ends it.
fn address_before_comma(text: &[u8]) -> Option<(&[u8], &[u8])> {
    if let Some(found) = address(text).filter(|(_, rest)| rest.starts_with(b", ")) {
        return Some(found);
    }
    let inner = text.strip_prefix(b"<")?;
    let end = memchr::memmem::find(inner, b">, ")?;
    Some((&inner[..end], &inner[end + 1..]))
}

/// What follows the next comma, with it.
fn skip(text: &[u8]) -> Option<&[u8]> {
    Some(&text[position(text, b',')?..])
}

/// What stands in the parentheses behind the status. The line may go on behind them, or be cut
/// off within them.
#[inline]
fn in_parentheses(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"(").unwrap_or(text);
    match text {
        [text @ .., b')'] => text,
        _ => memchr::memrchr(b')', text).map_or(text, |end| &text[..end]),
    }
}

/// Who is delivered to: by the agent, or by the relay's form where no agent is known.
#[inline(always)]
fn direction(daemon: Daemon, relay: &[u8]) -> Direction {
    match daemon {
        Daemon::Lmtp | Daemon::Local | Daemon::Virtual | Daemon::Pipe => Direction::Local,
        Daemon::Unknown if is_on_this_host(relay) => Direction::Local,
        _ => Direction::Outbound,
    }
}

/// `name[private/socket]` is LMTP over a Unix-domain socket; a name without an address and without a port
/// is a service of this host: local, virtual, a pipe's name.
#[inline(never)]
fn is_on_this_host(relay: &[u8]) -> bool {
    match split(relay, b'[') {
        Some((_, address)) => address.contains(&b'/'),
        None => relay != b"none" && !relay.is_empty() && !relay.contains(&b':'),
    }
}

/// The host in `relay=`, without its port; empty for `none` and for services of this host.
#[inline]
fn relay_host(relay: &[u8]) -> &[u8] {
    match position(relay, b']') {
        Some(close) => &relay[..=close],
        // Postfix before 2.3: `relay=127.0.0.1:2525`.
        None => split(relay, b':').map_or(b"", |(host, _)| host),
    }
}

/// The queue manager: a message becomes active, leaves, or has expired.
#[inline]
pub(super) fn qmgr<'a, 'e>(
    receipts: bool,
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if text == b"removed" {
        return Line::Noise(None);
    }
    let Some(sender) = text.strip_prefix(b"from=") else {
        return noise::with_queue_id(text);
    };
    let Some((_, rest)) = address(sender) else {
        return Line::Noise(None);
    };
    if let Some(rest) = rest.strip_prefix(b", size=") {
        let fact = number(rest).and_then(|(size, rest)| {
            let (recipients, _) = number(rest.strip_prefix(b", nrcpt=")?)?;
            Some(Fact::Queued {
                queue_id,
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
