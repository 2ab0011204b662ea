//! Delivery results as JSON objects: the variables `$arguments` and `$message` of the post-delivery script, or the members
//! of the module postmastery.

use super::{QUEUE, connection};
use crate::parse::frame::flat_json;
use crate::parse::kinds::Enhanced;
use crate::parse::reply;
use crate::parse::scan::{enhanced, number};
use crate::parse::{Direction, Event, Line, Outcome};

/// A result. Missing texts are empty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeliveryResult<'a> {
    id: &'a [u8],
    /// `BOUNCE`, `DELETE`, `QUEUE`, or the words of postmastery.
    action: &'a [u8],
    code: Option<u16>,
    /// Parts of the enhanced code, as an array.
    parts: [Option<u16>; 3],
    enhanced: Option<Enhanced>,
    /// The first line of the reply.
    reason: &'a [u8],
    error: &'a [u8],
    is_permanent: bool,
    host: &'a [u8],
    sender: &'a [u8],
    recipient: &'a [u8],
}

impl<'a> DeliveryResult<'a> {
    /// The result in a flat list; `None` if it is none.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let mut result = DeliveryResult::default();
        let mut is_result = false;
        for (name, value) in flat_json::members(text) {
            let name = name.strip_prefix(b"arguments.").unwrap_or(name);
            let name = name.strip_prefix(b"message.").unwrap_or(name);
            let whole = || {
                let (value, rest) = number(value)?;
                u16::try_from(value).ok().filter(|_| rest.is_empty())
            };
            match name {
                b"id.transaction" | b"messageid" | b"transactionid" => result.id = value,
                b"action" | b"status" => result.action = value,
                b"attempt.result.code" | b"result_code" => {
                    is_result = true;
                    result.code = whole().filter(|code| (200..600).contains(code));
                }
                b"attempt.result.enhanced" => {
                    if let Some(part) = result.parts.iter_mut().find(|it| it.is_none()) {
                        *part = whole();
                    }
                }
                b"result_enhanced" => result.enhanced = enhanced(value).map(|it| it.0),
                b"attempt.result.reason" | b"result_reason" if result.reason.is_empty() => {
                    result.reason = value;
                }
                b"attempt.error.message" | b"error_message" => {
                    is_result = true;
                    result.error = value;
                }
                b"attempt.error.temporary" | b"error_temporary" => {
                    result.is_permanent = value == b"false"
                }
                b"attempt.connection.remotemx" | b"connection_remotemx" => result.host = value,
                b"attempt.connection.remoteip" | b"connection_remoteip"
                    if result.host.is_empty() =>
                {
                    result.host = value;
                }
                b"sender" => result.sender = value,
                b"recipient" => result.recipient = value,
                _ => {}
            }
        }
        if let [Some(class), Some(subject), Some(detail)] = result.parts {
            result.enhanced = Some(Enhanced {
                class: u8::try_from(class).unwrap_or_default(),
                subject,
                detail,
            });
        }
        let is_own = is_result
            && (!result.id.is_empty() || !result.action.is_empty() || !result.recipient.is_empty());
        is_own.then_some(result)
    }
}

/// Parses a result.
pub(super) fn parse<'a, 'e>(
    result: &DeliveryResult<'a>,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let is_sent = result.code.is_some_and(|code| code < 400);
    let outcome = match result.action {
        b"removed" => return Line::Noise(None),
        b"QUEUE" | b"RETRY" | b"delayed" => Outcome::Deferred,
        b"delivered" => Outcome::Sent,
        _ if is_sent => Outcome::Sent,
        b"BOUNCE" | b"DELETE" | b"failed" => Outcome::Bounced,
        _ if result.code.is_some_and(|code| code >= 500) || result.is_permanent => Outcome::Bounced,
        _ => Outcome::Deferred,
    };
    let event = slot.insert(Event {
        queue_id: result.id,
        host: result.host,
        sender: result.sender,
        recipient: result.recipient,
        ..Event::new(QUEUE, Direction::Outbound, outcome)
    });
    if result.code.is_some() {
        event.code = result.code;
        event.enhanced = result
            .enhanced
            .filter(|it| matches!(it.class, 2 | 4 | 5))
            .or_else(|| reply::text_enhanced(result.reason));
        event.text = result.reason;
    } else {
        event.text = result.error;
        if let Some((error, code)) = connection(result.error) {
            event.connect_error = Some(error);
            event.code = code;
        }
    }
    Line::Event(event)
}
