//! Deliveries. A reply is in the event of the command that it answers; notifications (`delivery.dsn-…`) and
//! `queue.rescheduled` repeat it, and are events only where nothing before them was.

use std::num::{NonZeroU32, NonZeroU64};

use super::entry::{Entry, Fields};
use super::story::Stories;
use super::{DELIVERY, SMTP};
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::reply::{self, Reply};
use crate::parse::scan::{enhanced, find, number, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome};

/// Parses a record; `None` if it is noise.
pub(super) fn parse<'a, 'e>(
    stories: &mut Stories,
    entry: &Entry<'a>,
    time: Option<Stamp>,
    slot: &'e mut Option<Event<'a>>,
) -> Option<Line<'a, 'e>> {
    let fields = entry.fields();
    let id = fields.queue_id;
    let mut story = stories.get(id);
    let mut event = event(&fields);
    let event = match entry.event {
        b"attempt-start" => {
            stories.set(id, time, Default::default());
            return None;
        }
        b"queue-message"
        | b"queue-message-authenticated"
        | b"message-queued"
        | b"authenticated-message-queued" => {
            return Some(Line::Noise(Some(accepted(fields.size, fields.recipients))));
        }
        b"start-tls" if !fields.version.is_empty() => {
            let session = TlsSession {
                trust: TlsTrust::Unknown,
                protocol: protocol(fields.version),
            };
            let fact = Fact::TlsEstablished(DELIVERY, Direction::Outbound, session);
            return Some(Line::Noise(Some(fact)));
        }
        b"delivered" => {
            stories.finish(id, fields.recipient, time);
            event.outcome = Outcome::Sent;
            event
        }
        b"dsn-success" => {
            if stories.is_finished(id, fields.recipient) {
                return None;
            }
            event.outcome = Outcome::Sent;
            event
        }
        b"mail-from-rejected" | b"rcpt-to-rejected" | b"message-rejected" => {
            event.outcome = match event.code {
                Some(400..500) => Outcome::Deferred,
                Some(500..600) => Outcome::Bounced,
                _ => Outcome::Attempt,
            };
            let for_all = entry.event != b"rcpt-to-rejected";
            match event.outcome {
                Outcome::Deferred => story.deferred = true,
                Outcome::Bounced if for_all => story.failed = true,
                Outcome::Bounced => stories.finish(id, fields.recipient, time),
                _ => story.set_error(event.connect_error),
            }
            stories.set(id, time, story);
            event
        }
        b"greeting-failed"
        | b"ehlo-rejected"
        | b"auth-failed"
        | b"rcpt-to-failed"
        | b"connect-error"
        | b"ip-lookup-failed"
        | b"start-tls-error"
        | b"implicit-tls-error" => {
            if matches!(entry.event, b"start-tls-error" | b"implicit-tls-error")
                && event.code.is_none()
            {
                event.connect_error = Some(ConnectError::Tls);
            }
            match (entry.event, event.connect_error) {
                (b"ip-lookup-failed", _) => {
                    (event.connect_error, event.code) = (Some(ConnectError::Dns), Some(101));
                }
                // Before the connection was established.
                (b"connect-error", Some(ConnectError::TimedOut)) => event.code = Some(101),
                _ => {}
            }
            event.outcome = Outcome::Attempt;
            story.replied |= event.code.is_some();
            story.set_error(event.connect_error);
            stories.set(id, time, story);
            event
        }
        b"mx-lookup-failed" => {
            // The address of the domain itself is tried next.
            if fields.details.starts_with(b"No MX records were found") {
                return None;
            }
            (event.connect_error, event.code) = (Some(ConnectError::Dns), Some(101));
            story.replied = true;
            story.set_error(event.connect_error);
            stories.set(id, time, story);
            event
        }
        b"dsn-perm-fail" => {
            if stories.is_finished(id, fields.recipient) || story.failed {
                return None;
            }
            event.outcome = Outcome::Bounced;
            repeat(&mut event, story.replied);
            event
        }
        b"failed" => {
            story.failed = true;
            stories.set(id, time, story);
            event.outcome = Outcome::Expired;
            repeat(&mut event, true);
            event
        }
        b"rescheduled" => {
            let was_counted = story.deferred;
            stories.set(id, time, Default::default());
            if was_counted {
                return None;
            }
            event.outcome = Outcome::Deferred;
            event.connect_error = story.error();
            repeat(&mut event, true);
            event
        }
        _ => return None,
    };
    Some(Line::Event(slot.insert(event)))
}

/// Takes the code off an event whose reply is counted already.
fn repeat(event: &mut Event<'_>, is_counted: bool) {
    if is_counted {
        event.code = None;
        event.enhanced = None;
        event.duplicate = event.connect_error.is_some();
    }
}

/// An event with the fields of a record; the outcome follows from its kind.
fn event<'a>(fields: &Fields<'a>) -> Event<'a> {
    // The queue delivers to its own mailboxes too.
    let is_local = fields.queue_name == b"local" || fields.hostname == b"localhost";
    let direction = match is_local {
        true => Direction::Local,
        false => Direction::Outbound,
    };
    let text = match fields.reason {
        b"" => fields.details,
        reason => reason,
    };
    let mut event = Event {
        queue_id: fields.queue_id,
        sender: fields.sender,
        recipient: fields.recipient,
        host: fields.hostname,
        text,
        code: fields.code,
        ..Event::new(DELIVERY, direction, Outcome::Attempt)
    };
    if fields.code.is_some() {
        event.enhanced = reply::text_enhanced(text);
    } else if let Some((reply, words)) = quoted(text) {
        event.code = Some(reply.code);
        event.enhanced = reply.enhanced;
        event.text = words;
    } else {
        (event.connect_error, event.code) = connection(text);
    }
    event
}

/// The reply in `Unexpected response for RCPT TO:<a@x>: Code: 553, Enhanced code: 5.7.1, Message: No`, and its words.
pub(super) fn quoted(text: &[u8]) -> Option<(Reply, &[u8])> {
    let (_, rest) = split_on(text, b"ode: ")?;
    let (code, rest) = number(rest)?;
    let code = u16::try_from(code)
        .ok()
        .filter(|it| (200..600).contains(it))?;
    let class = split_on(rest, b"Enhanced code: ").and_then(|(_, rest)| enhanced(rest));
    // Stalwart writes zeros for a reply without one.
    let enhanced = class
        .map(|it| it.0)
        .filter(|it| matches!(it.class, 2 | 4 | 5));
    let words = split_on(rest, b"Message: ").map_or(rest, |(_, words)| words);
    Some((Reply { code, enhanced }, words))
}

/// The connection error in the words of a failure, and the code to count for it.
pub(super) fn connection(text: &[u8]) -> (Option<ConnectError>, Option<u16>) {
    let has = |words: &[u8]| find(text, words).is_some();
    let system = split_on(text, b"(os error ").and_then(|(_, rest)| number(rest));
    match system.map(|it| it.0) {
        Some(111) => (Some(ConnectError::Refused), Some(111)),
        Some(99 | 101 | 113) => (Some(ConnectError::Unreachable), Some(101)),
        Some(110) => (Some(ConnectError::TimedOut), Some(101)),
        Some(32 | 103 | 104) => (Some(ConnectError::Reset), None),
        Some(_) => (Some(ConnectError::Other), None),
        None if has(b"record not found") || has(b"DNS") => (Some(ConnectError::Dns), Some(101)),
        None if has(b"imeout") || has(b"timed out") => (Some(ConnectError::TimedOut), None),
        None if has(b"TLS") || has(b"ertificate") => (Some(ConnectError::Tls), None),
        None if has(b"closed") || has(b"EOF") || has(b"reset") => (Some(ConnectError::Reset), None),
        None => (None, None),
    }
}

/// A protocol version as rustls names it: `TLSv1_3`.
pub(super) fn protocol(version: &[u8]) -> TlsProtocol {
    match version {
        b"TLSv1_3" => TlsProtocol::Tls13,
        b"TLSv1_2" => TlsProtocol::Tls12,
        _ => TlsProtocol::leading(version),
    }
}

/// A message that entered the queue, with what is known of it.
pub(super) fn accepted(size: u64, recipients: u32) -> Fact<'static> {
    Fact::Accepted {
        service: SMTP,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: NonZeroU64::new(size),
        recipients: NonZeroU32::new(recipients),
        tls: None,
    }
}
