//! The log of messages as GELF records, which plugins send to a GELF server: `{"short_message":"MTA [DEFERRED] ID.001",
//! "_mail_action":"deferred","_response":"421 …",…}`. On standard output, such a record repeats that of the sender.

use super::{SENDER, SMTP, reason};
use crate::parse::frame::flat_json::member;
use crate::parse::scan::{split, split_on};
use crate::parse::{Direction, Event, Fact, Line, Outcome};

/// Whether a flat list is such a record.
pub(super) fn is_record(text: &[u8]) -> bool {
    let short = member(text, b"short_message").unwrap_or_default();
    member(text, b"_component").is_some()
        && short.contains(&b'[')
        && (member(text, b"_mail_action").is_some() || short.starts_with(b"MTA ["))
}

/// Parses a record.
pub(super) fn parse<'a, 'e>(text: &'a [u8], slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
    let get = |name: &[u8]| member(text, name).unwrap_or_default();
    if !is_record(text) {
        return Line::Unmatched;
    }
    let Some((_, rest)) = split(get(b"short_message"), b'[') else {
        return Line::Noise(None);
    };
    let (action, id) = split_on(rest, b"] ").unwrap_or((rest, b""));
    let outcome = match action {
        b"ACCEPTED" => Outcome::Sent,
        b"DEFERRED" => Outcome::Deferred,
        b"REJECTED" => Outcome::Bounced,
        b"QUEUED" => {
            return Line::Noise(Some(Fact::Accepted {
                service: SMTP,
                queue_id: b"",
                sender: b"",
                client: b"",
                user: b"",
                size: None,
                recipients: None,
                tls: None,
            }));
        }
        _ => return Line::Noise(None),
    };
    let event = slot.insert(Event::new(SENDER, Direction::Outbound, outcome));
    event.queue_id = split(id, b' ').map_or(id, |(id, _)| id);
    event.sender = get(b"_from");
    event.recipient = get(b"_to");
    event.host = get(b"_mx");
    match get(b"_bounce_category") {
        b"http" => event.text = get(b"_response"),
        _ => reason::apply(event, get(b"_response"), false),
    }
    Line::Event(event)
}
