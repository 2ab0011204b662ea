//! The connectivity log: `time,session,source,Destination,direction,description`. Direction `+` is a new connection
//! attempt of a queue, `>` what happens to it, `-` its end with the number of messages.

use super::SEND;
use super::endpoint;
use crate::parse::scan::{find, position2};
use crate::parse::winsock;
use crate::parse::{ConnectError, Direction, Event, Line, Outcome};

/// The fields that are read.
pub(super) const FIELDS: [&[u8]; 4] = [b"source", b"destination", b"direction", b"description"];

/// Whether a text is the name of a component that opens connections.
pub(super) fn is_source(text: &[u8]) -> bool {
    const SOURCES: [&[u8]; 9] = [
        b"SMTP",
        b"Transport",
        b"MapiDelivery",
        b"MapiSubmission",
        b"Map",
        b"Delivery",
        b"DeliveryAgent",
        b"StoreDriver",
        b"Http",
    ];
    SOURCES.contains(&text)
}

/// Parses a record.
pub(super) fn parse<'a, 'e>(
    [source, destination, direction, description]: [&'a [u8]; 4],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if source != b"SMTP" || direction != b">" {
        return Line::Noise(None);
    }
    let (error, host) = if let Some(host) = description.strip_prefix(b"Failed connection to ") {
        let end = position2(host, b' ', b'(').unwrap_or(host.len());
        (
            winsock::of_text(description),
            endpoint::with_port(&host[..end]),
        )
    } else if is_failed_lookup(description) {
        (ConnectError::Dns, destination)
    } else {
        return Line::Noise(None);
    };
    Line::Event(slot.insert(Event {
        code: error.code(),
        connect_error: Some(error),
        host,
        text: description,
        // The send protocol log has no lookups.
        logged_again: error != ConnectError::Dns,
        ..Event::new(SEND, Direction::Outbound, Outcome::Attempt)
    }))
}

/// `Non-existent domain reported by 192.0.2.53. [Domain:Result] = …`, or for a host that sends mail for this one
/// `… reported for the outbound proxy frontend server fqdn by …`; in older versions `DNS server returned
/// InfoDomainNonexistent` and `The DNS query for 'DnsConnectorDelivery':'example.net':… failed with error : …`.
fn is_failed_lookup(text: &[u8]) -> bool {
    let contains = |words| find(text, words).is_some();
    match text.first() {
        Some(b'T') => text.starts_with(b"The DNS query for ") && contains(b" failed"),
        Some(b'D') => {
            // The next word is `Error…`, `Info…`, `ServerFailure`, or `mx1.example.net[192.0.2.1]`.
            let status = text.strip_prefix(b"DNS server returned ");
            status
                .and_then(<[u8]>::first)
                .is_some_and(u8::is_ascii_uppercase)
        }
        Some(b'N' | b'M' | b'I') => contains(b" reported by ") || contains(b" reported for "),
        _ => false,
    }
}
