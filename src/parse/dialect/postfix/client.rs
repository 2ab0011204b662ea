//! What the SMTP and LMTP clients write while they try: replies of hosts that are not the last,
//! connections that fail, TLS. Delivery records are `record`'s.

use super::program::{Daemon, Origin};
use super::{noise, queue_id, reason, tls_connection};
use crate::parse::scan::{split_on, without_port};
use crate::parse::{ConnectError, Direction, Event, Line, Outcome};

/// A line that names no message: one connection.
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
        event.code = reason.connect_error.and_then(reason::connect_code);
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
            // A number is OpenSSL's own.
            ConnectError::Other => ConnectError::Tls,
            error => error,
        });
        return Line::Event(event);
    }
    if let Some(line) = tls_connection(origin, body) {
        return line;
    }
    if origin.daemon == Daemon::Tlsproxy
        && [
            &b"CONNECT "[..],
            b"DISCONNECT ",
            b"TLS handshake failed for service=",
            b"SSL_accept error from ",
        ]
        .iter()
        .any(|words| body.starts_with(words))
    {
        return Line::Noise(None);
    }
    noise::without_queue_id(body)
}

/// What a line says of a message that is still being tried: why the next host has to be asked.
pub(super) fn attempt<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    match reason::parse(text) {
        Some(reason) => {
            let event = slot.insert(attempt_event(origin, reason));
            event.queue_id = queue_id::of_message(queue_id);
            Line::Event(event)
        }
        None => noise::with_queue_id(text),
    }
}

fn attempt_event<'a>(origin: Origin<'a>, reason: reason::Reason<'a>) -> Event<'a> {
    let mut event = Event::new(origin.service(), direction(origin.daemon), Outcome::Attempt);
    event.code = reason.code;
    event.enhanced = reason.enhanced;
    event.connect_error = reason.connect_error;
    event.duplicate = reason.kind != reason::Kind::FirstHand;
    event.host = reason.host;
    event.text = reason.words;
    event
}

fn direction(daemon: Daemon) -> Direction {
    match daemon {
        Daemon::Lmtp => Direction::Local,
        _ => Direction::Outbound,
    }
}
