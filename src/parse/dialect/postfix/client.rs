//! Parses the lines of the SMTP and LMTP clients about attempts: replies of hosts before the last one, failed
//! connections, TLS. Delivery records are parsed by `record`.

use super::program::{Daemon, Origin};
use super::{noise, queue_id, reason, tls};
use crate::parse::event::{Event, Line};
use crate::parse::kinds::{ConnectError, Direction, Outcome};
use crate::parse::scan::{split_on, without_port};

/// Parses a line without a queue id, about a connection.
pub(super) fn without_queue_id<'a, 'e>(
    origin: Origin<'a>,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if body.starts_with(b"connect to ") {
        let Some(reason) = reason::parse(body) else {
            return Line::Unmatched;
        };
        let event = slot.insert(attempt_event(origin, reason));
        event.duplicate = false;
        // Before Postfix 2.3, this is a connection whose greeting did not arrive.
        event.code = match memchr::memmem::find(body, b"]: read timeout").is_some() {
            true => None,
            false => reason
                .code
                .or_else(|| reason.connect_error.and_then(ConnectError::code)),
        };
        return Line::Event(event);
    }
    if let Some(rest) = body.strip_prefix(b"SSL_connect error to ") {
        let (host, error) = split_on(rest, b": ").unwrap_or((rest, b""));
        let event = slot.insert(Event::new(
            origin.service(),
            direction(origin.daemon),
            Outcome::Attempt,
        ));
        event.host = without_port(host);
        event.text = body;
        event.connect_error = Some(match reason::connect_error(error) {
            // An OpenSSL error number.
            ConnectError::Other => ConnectError::Tls,
            error => error,
        });
        return Line::Event(event);
    }
    if let Some(line) = tls::connection(origin, body) {
        return line;
    }
    if origin.daemon == Daemon::Tlsproxy {
        if body.starts_with(b"CONNECT ") || body.starts_with(b"DISCONNECT ") {
            return Line::Noise(None);
        }
        if let Some(service) = body.strip_prefix(b"TLS handshake failed for service=") {
            // Of a handshake with a server, the delivery record reports the failure.
            return match service.starts_with(b"smtp ") || service.starts_with(b"lmtp ") {
                true => Line::Noise(None),
                false => tls::failed_with_client(),
            };
        }
    }
    // Why a host is skipped. If no other host is tried, the delivery record repeats it.
    if reason::parse(body).is_some() {
        return Line::Noise(None);
    }
    noise::without_queue_id(body)
}

/// Parses a line with a queue id about a failed attempt, after which another host is tried.
pub(super) fn attempt<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    match reason::parse(text) {
        // The session continues without what the sender asked for.
        Some(_) if is_requiretls_notice(text) => Line::Noise(None),
        Some(reason) => {
            let event = slot.insert(attempt_event(origin, reason));
            event.queue_id = queue_id::of_message(queue_id);
            Line::Event(event)
        }
        None => noise::with_queue_id(text),
    }
}

/// Whether a line notes that the next server does not support REQUIRETLS, or that its certificate is not checked, and
/// that the policy allows it (Postfix's `smtp_proto.c`, `smtp_connect.c`). In a delivery record, the second text is a
/// failure.
fn is_requiretls_notice(text: &[u8]) -> bool {
    let Some(rest) = text.strip_prefix(b"Sender requested REQUIRETLS, but ") else {
        return false;
    };
    rest.starts_with(b"REQUIRETLS support was not offered by ")
        || memchr::memmem::find(rest, b" disables certificate matching. ").is_some()
}

fn attempt_event<'a>(origin: Origin<'a>, reason: reason::Reason<'a>) -> Event<'a> {
    let mut event = Event::new(origin.service(), direction(origin.daemon), Outcome::Attempt);
    event.code = reason.code;
    event.enhanced = reason.enhanced;
    event.connect_error = reason.connect_error;
    event.duplicate = reason.is_duplicate();
    event.host = reason.host;
    event.text = reason.text;
    event
}

fn direction(daemon: Daemon) -> Direction {
    match daemon {
        Daemon::Lmtp => Direction::Local,
        _ => Direction::Outbound,
    }
}
