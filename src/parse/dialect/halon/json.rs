//! Delivery results as JSON objects: the variables `$arguments` and `$message` of the post-delivery script, or the members
//! of the modules postmastery, emailconsul and history-elastic; and what the last one records of clients.

use super::{Addresses, QUEUE, SERVER, connection};
use crate::parse::frame::flat_json;
use crate::parse::kinds::Enhanced;
use crate::parse::reply;
use crate::parse::scan::{enhanced, number};
use crate::parse::{Direction, Event, Line, Outcome, Stage};

/// A result. Missing texts are empty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct DeliveryResult<'a> {
    id: &'a [u8],
    /// `BOUNCE`, `DELETE`, `QUEUE`, or the words of a module.
    action: &'a [u8],
    /// The record is about a client, and its action that of a script.
    is_of_client: bool,
    /// The parameters of RCPT TO are recorded.
    has_parameters: bool,
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
    /// Parts of the addresses, where they are apart.
    sender_parts: [&'a [u8]; 2],
    recipient_parts: [&'a [u8]; 2],
}

impl<'a> DeliveryResult<'a> {
    /// The result in a flat list; `None` if it is none.
    pub(super) fn of(text: &'a [u8]) -> Option<Self> {
        let mut result = DeliveryResult::default();
        let (mut is_result, mut has_normalized) = (false, false);
        for (name, value) in flat_json::members(text) {
            // The last two are of updates of history-elastic.
            let prefixes: [&[u8]; 4] = [b"arguments.", b"message.", b"doc.", b"queue."];
            let name = prefixes.iter().fold(name, |name, prefix| {
                name.strip_prefix(*prefix).unwrap_or(name)
            });
            let whole = || {
                let (value, rest) = number(value)?;
                u16::try_from(value).ok().filter(|_| rest.is_empty())
            };
            match name {
                b"id.transaction" | b"messageid" | b"transactionid" => result.id = value,
                b"action" | b"status" => result.action = value,
                b"attempt.result.code" | b"result_code" | b"smtpcode" => {
                    is_result = true;
                    result.code = whole().filter(|code| (200..600).contains(code));
                }
                b"attempt.result.enhanced" => {
                    if let Some(part) = result.parts.iter_mut().find(|it| it.is_none()) {
                        *part = whole();
                    }
                }
                b"result_enhanced" | b"smtpenhanced" => {
                    result.enhanced = enhanced(value).map(|it| it.0)
                }
                b"attempt.result.reason" | b"result_reason" if result.reason.is_empty() => {
                    result.reason = value;
                }
                // The diagnostic code of a notification: `smtp; 550 5.1.1 Unknown`.
                b"smtpreason" => {
                    result.reason = value.strip_prefix(b"smtp; ").unwrap_or(value);
                    if result.reason.get(3) == Some(&b' ') && reply::parse(result.reason).is_some()
                    {
                        result.reason = &result.reason[4..];
                    }
                }
                b"reason" if result.reason.is_empty() => result.reason = value,
                // What every attempt of history-elastic has.
                b"grouping" => is_result = true,
                b"reasonnormalized" => has_normalized = true,
                b"serverid" => result.is_of_client = true,
                b"recipientparams" => result.has_parameters = true,
                b"attempt.error.message" | b"error_message" => {
                    is_result = true;
                    result.error = value;
                }
                b"attempt.error.temporary" | b"error_temporary" => {
                    result.is_permanent = value == b"false"
                }
                b"attempt.connection.remotemx" | b"connection_remotemx" | b"remotemx" => {
                    result.host = value;
                }
                b"attempt.connection.remoteip" | b"connection_remoteip" | b"remoteip"
                    if result.host.is_empty() =>
                {
                    result.host = value;
                }
                b"sender" => result.sender = value,
                b"recipient" => result.recipient = value,
                b"senderlocalpart" => result.sender_parts[0] = value,
                b"senderdomain" => result.sender_parts[1] = value,
                b"recipientlocalpart" | b"recipient_localpart" => result.recipient_parts[0] = value,
                b"recipientdomain" | b"recipient_domain" => result.recipient_parts[1] = value,
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
        result.is_of_client &= has_normalized;
        let is_own = (is_result || result.is_of_client)
            && (!result.id.is_empty() || !result.action.is_empty() || !result.recipient.is_empty());
        is_own.then_some(result)
    }
}

/// Parses a result.
pub(super) fn parse<'a, 'e>(
    result: &DeliveryResult<'a>,
    addresses: &'a mut Addresses,
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let Addresses { sender, recipient } = addresses;
    let sender = address(result.sender, result.sender_parts, sender);
    let recipient = address(result.recipient, result.recipient_parts, recipient);
    if result.is_of_client {
        let is_reject = |action: &[u8]| result.action.eq_ignore_ascii_case(action);
        if !is_reject(b"REJECT") && !is_reject(b"DEFER") {
            return Line::Noise(None);
        }
        let reply = reply::parse(result.reason);
        return Line::Event(slot.insert(Event {
            queue_id: result.id,
            host: result.host,
            sender,
            recipient,
            text: result.reason,
            code: reply.map(|it| it.code),
            enhanced: reply.and_then(|it| it.enhanced),
            stage: Some(match result.has_parameters {
                true => Stage::Rcpt,
                false => Stage::EndOfMessage,
            }),
            ..Event::new(SERVER, Direction::Inbound, Outcome::Rejected)
        }));
    }
    let is_sent = result.code.is_some_and(|code| code < 400);
    let outcome = match result.action {
        b"removed" => return Line::Noise(None),
        b"QUEUE" | b"RETRY" | b"delayed" | b"deferred" => Outcome::Deferred,
        b"delivered" | b"DELIVER" => Outcome::Sent,
        _ if is_sent => Outcome::Sent,
        b"BOUNCE" | b"DELETE" | b"failed" | b"bounced" => Outcome::Bounced,
        _ if result.code.is_some_and(|code| code >= 500) || result.is_permanent => Outcome::Bounced,
        _ => Outcome::Deferred,
    };
    let event = slot.insert(Event {
        queue_id: result.id,
        host: result.host,
        sender,
        recipient,
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
        event.text = match result.error {
            b"" => result.reason,
            error => error,
        };
        if let Some((error, code)) = connection(event.text) {
            event.connect_error = Some(error);
            event.code = code;
        }
    }
    Line::Event(event)
}

/// An address, which may be given in two parts.
fn address<'a>(whole: &'a [u8], [local, domain]: [&[u8]; 2], text: &'a mut Vec<u8>) -> &'a [u8] {
    if !whole.is_empty() || domain.is_empty() {
        return whole;
    }
    text.clear();
    text.extend_from_slice(local);
    text.push(b'@');
    text.extend_from_slice(domain);
    text
}

/// Whether a flat list is the line before a record in a file for Elasticsearch: `{"index":{"_index":"halon-transactions"}}`.
pub(super) fn is_bulk_header(text: &[u8]) -> bool {
    let first = flat_json::members(text).next();
    first.is_some_and(|(name, _)| {
        let actions: [&[u8]; 3] = [b"index.", b"create.", b"update."];
        actions.iter().any(|action| name.starts_with(action))
    })
}
