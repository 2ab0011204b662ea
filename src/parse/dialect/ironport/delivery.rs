//! Lines about deliveries: their results, connections to other servers, and the mail that the appliance sends itself.

use super::network;
use super::reply::{self, Quoted};
use super::state::IronPortState;
use super::{DELIVERY, Parsed, number};
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::{self, split_on};
use crate::parse::{ConnectError, Direction, Event, Fact, Level, Outcome};

/// `Bounced: …`.
pub(super) fn bounced<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    result(
        state,
        time,
        Outcome::Bounced,
        text.strip_prefix(b"Bounced: ")?,
    )
}

/// `Delayed: …`, `Double bounce: …`, `DCID 5 …`.
pub(super) fn connection<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    if let Some(rest) = text.strip_prefix(b"DCID") {
        return of_connection(state, time, rest);
    }
    if let Some(rest) = text.strip_prefix(b"Delayed: ") {
        return result(state, time, Outcome::Deferred, rest);
    }
    double_bounce(state, text.strip_prefix(b"Double bounce: ")?)
}

/// `Message done DCID 5 MID 4 to RID [0, 1] [('from', '…')]`, without `RID` in old versions.
pub(super) fn done<'a>(state: &'a mut IronPortState, text: &'a [u8]) -> Option<Parsed<'a>> {
    let (dcid, rest) = number(text)?;
    let (mid, rest) = number(rest.strip_prefix(b" MID")?)?;
    let rest = rest.strip_prefix(b" to ")?;
    let rest = rest.strip_prefix(b"RID ").unwrap_or(rest);
    let rid = rest.strip_prefix(b"[").and_then(number);
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Sent);
    event.queue_id = mid;
    event.host = state.server(dcid).map_or(b"", |it| &it.host);
    if let Some(message) = state.messages.get(mid) {
        event.sender = &message.sender;
        event.recipient = rid.map_or(b"", |(rid, _)| message.recipient(rid));
    }
    Some(Parsed::Event(event))
}

/// What precedes the reason in the line of a result.
#[derive(Default)]
struct Head<'a> {
    dcid: &'a [u8],
    mid: &'a [u8],
    rid: &'a [u8],
    sender: &'a [u8],
    recipient: &'a [u8],
}

/// `DCID 3 MID 4 to RID 0`, `DCID 3 MID 4 From: <a> To: <b> RID 0`, `DCID: 3 Message 4 to 0`; in bounce logs
/// `4:0 From:<a> To:<b>`.
fn head(text: &[u8]) -> Option<(Head<'_>, &[u8])> {
    let mut head = Head::default();
    let mut rest;
    if let Some(after) = text.strip_prefix(b"DCID") {
        (head.dcid, rest) = number(after)?;
        let after = rest
            .strip_prefix(b" MID")
            .or_else(|| rest.strip_prefix(b" Message"))?;
        (head.mid, rest) = number(after)?;
    } else {
        (head.mid, rest) = number(text)?;
        (head.rid, rest) = number(rest.strip_prefix(b":")?)?;
    }
    if let Some(after) = rest.strip_prefix(b" From:") {
        (head.sender, rest) = scan::address(after.trim_ascii_start())?;
    }
    if let Some(after) = rest.strip_prefix(b" To:") {
        (head.recipient, rest) = scan::address(after.trim_ascii_start())?;
    }
    if head.rid.is_empty() {
        let after = rest.strip_prefix(b" to").unwrap_or(rest);
        let after = after.strip_prefix(b" RID").unwrap_or(after);
        (head.rid, rest) = number(after)?;
    }
    Some((head, rest))
}

/// The result for one recipient: ` - 5.1.0 - Unknown address error ('550', ['No'])` after the [`head`], in bounce logs
/// ` Reason: "5.1.0 - Unknown address error" Response: "('550', ['No'])"`.
fn result<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    outcome: Outcome,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let (head, rest) = head(text)?;
    let reason = match rest.strip_prefix(b" Reason:") {
        Some(reason) => {
            let reason = reason.trim_ascii_start();
            reason.strip_prefix(b"\"").unwrap_or(reason)
        }
        None => rest.strip_prefix(b" - ").unwrap_or(b""),
    };
    let (dsn, reason) = match scan::enhanced(reason) {
        Some((dsn, rest)) => (Some(dsn), rest.strip_prefix(b" - ").unwrap_or(rest)),
        None => (None, reason),
    };
    if outcome == Outcome::Bounced {
        state.bounced.insert(head.mid, time, ());
    }
    state.reply.clear();
    let (reason, quoted) = match reply::tuple(reason, &mut state.reply) {
        Some((before, quoted)) => {
            let reason = split_on(before, b"\" Response:").map_or(before, |(reason, _)| reason);
            (reason.trim_ascii_end(), Some(quoted))
        }
        None => (reason, None),
    };
    let outcome = match reason.starts_with(b"Delivery expired") {
        true => Outcome::Expired,
        false => outcome,
    };
    let state: &'a IronPortState = state;
    let server = state.server(head.dcid);
    let mut event = Event::new(DELIVERY, Direction::Outbound, outcome);
    event.queue_id = head.mid;
    event.dsn = dsn;
    event.host = server.map_or(b"", |it| &it.host);
    event.sender = head.sender;
    event.recipient = head.recipient;
    if let Some(message) = state.messages.get(head.mid) {
        if event.sender.is_empty() {
            event.sender = &message.sender;
        }
        if event.recipient.is_empty() {
            event.recipient = message.recipient(head.rid);
        }
    }
    event.text = match state.reply.is_empty() {
        true => reason,
        false => &state.reply,
    };
    let failure = server.and_then(|it| it.failure);
    match quoted {
        Some(Quoted::Reply(reply)) if failure == Some(reply.code) => event.duplicate = true,
        Some(Quoted::Reply(reply)) => {
            event.code = Some(reply.code);
            event.enhanced = reply.enhanced;
        }
        Some(Quoted::Own) => {
            let error = network::error(&state.reply);
            event.connect_error = error.map(|(error, _)| error);
            // The line of the connection counts it; what expires was counted at the last attempt.
            event.duplicate = failure == Some(0) || outcome == Outcome::Expired;
            if !event.duplicate {
                event.code = error.and_then(|(_, code)| code);
            }
        }
        None => {}
    }
    Some(Parsed::Event(event))
}

/// `MID 4 to 0 - 5.1.0 - Unknown address error 501-'5.5.4 Invalid Address'`: a notification could not be delivered. The
/// line of the bounce precedes it.
fn double_bounce<'a>(state: &'a mut IronPortState, text: &'a [u8]) -> Option<Parsed<'a>> {
    let rest = text
        .strip_prefix(b"MID")
        .or_else(|| text.strip_prefix(b"Message"))?;
    let (mid, rest) = number(rest)?;
    if state.bounced.get(mid).is_some() {
        return Some(Parsed::Noise(None));
    }
    let (_, reason) = split_on(rest, b" - ")?;
    let (dsn, reason) = match scan::enhanced(reason) {
        Some((dsn, rest)) => (Some(dsn), rest.strip_prefix(b" - ").unwrap_or(rest)),
        None => (None, reason),
    };
    state.reply.clear();
    let quoted = match split_on(reason, b"-'") {
        Some((before, _)) => {
            let code = before.len().saturating_sub(3);
            reply::dashed(&reason[code..], &mut state.reply).map(|(quoted, _)| quoted)
        }
        None => reply::tuple(reason, &mut state.reply).map(|(_, quoted)| quoted),
    };
    let state: &'a IronPortState = state;
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Bounced);
    event.queue_id = mid;
    event.dsn = dsn;
    event.text = reason;
    if let Some(Quoted::Reply(reply)) = quoted {
        (event.code, event.enhanced) = (Some(reply.code), reply.enhanced);
        event.text = &state.reply;
    }
    Some(Parsed::Event(event))
}

/// `Connection Error: DCID 5 domain: example.net IP: 192.0.2.1 port: 25 details: [Errno 61] Connection refused interface:
/// 192.0.2.2 reason: network error`; with a reply, `details: 421-'4.3.2 Busy'` and `reason: unexpected SMTP response`.
pub(super) fn connection_error<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let text = text.strip_prefix(b"Connection Error: ")?;
    let (words, rest) = split_on(text, b"DCID")?;
    let (dcid, rest) = number(rest)?;
    let host = split_on(rest, b"IP: ").map_or(&b""[..], |(_, rest)| {
        let end = rest.iter().position(|&it| it == b' ').unwrap_or(rest.len());
        &rest[..end]
    });
    let details = split_on(rest, b"details: ").map_or(&b""[..], |(_, rest)| rest);
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Attempt);
    event.host = host;
    state.reply.clear();
    if let Some((Quoted::Reply(reply), _)) = reply::dashed(details, &mut state.reply) {
        state.note_failure(dcid, time, reply.code);
        event.code = Some(reply.code);
        event.enhanced = reply.enhanced;
        event.text = &state.reply;
        return Some(Parsed::Event(event));
    }
    let details = split_on(details, b" interface: ").map_or(details, |(details, _)| details);
    let words = words.trim_ascii_end();
    let error = network::error(details);
    // Old versions say in words what timed out.
    let (error, code) = match words {
        b"connection timed out" => (ConnectError::TimedOut, Some(101)),
        _ => error.unwrap_or((ConnectError::Other, None)),
    };
    event.connect_error = Some(error);
    event.code = code;
    event.text = match words {
        b"" => details,
        words => words,
    };
    state.note_failure(dcid, time, 0);
    Some(Parsed::Event(event))
}

/// What follows `DCID`.
fn of_connection<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let (dcid, rest) = number(text)?;
    let rest = rest.strip_prefix(b" ")?;
    if rest == b"close" {
        state.servers.remove(dcid);
        return Some(Parsed::Noise(None));
    }
    if let Some(rest) = rest.strip_prefix(b"TLS success") {
        let session = session(rest);
        let fact = Fact::TlsEstablished(DELIVERY, Direction::Outbound, session);
        return Some(Parsed::Noise(Some(fact)));
    }
    if let Some((_, rest)) = split_on(rest, b"SMTP authentication using the profile ") {
        return Some(authenticated(state, dcid, rest));
    }
    let is_failure = rest.starts_with(b"TLS failed")
        || rest.starts_with(b"TLS deferring")
        || split_on(rest, b"TLS was required but").is_some();
    if !is_failure {
        return None;
    }
    let before = state.server(dcid).and_then(|it| it.failure);
    state.note_failure(dcid, time, 0);
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Attempt);
    event.connect_error = Some(ConnectError::Tls);
    event.duplicate = before == Some(0);
    event.host = state.server(dcid).map_or(b"", |it| &it.host);
    event.text = rest;
    Some(Parsed::Event(event))
}

/// `DCID: 5 IP: 192.0.2.1 SMTP authentication using the profile x succeeded.`, `… failed: ('535', ['5.7.8 No'])`: the
/// appliance's login at another server.
fn authenticated<'a>(state: &'a mut IronPortState, dcid: &[u8], text: &'a [u8]) -> Parsed<'a> {
    if split_on(text, b" failed").is_none() {
        return Parsed::Noise(None);
    }
    state.reply.clear();
    let quoted = reply::tuple(text, &mut state.reply).map(|(_, quoted)| quoted);
    let state: &'a IronPortState = state;
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Attempt);
    event.host = state.server(dcid).map_or(b"", |it| &it.host);
    event.text = text;
    if let Some(Quoted::Reply(reply)) = quoted {
        (event.code, event.enhanced) = (Some(reply.code), reply.enhanced);
        event.text = &state.reply;
    }
    Parsed::Event(event)
}

/// ` protocol TLSv1.2 cipher …` after `TLS success`; not in old versions.
pub(super) fn session(text: &[u8]) -> TlsSession {
    let protocol = text
        .strip_prefix(b" protocol ")
        .map_or(TlsProtocol::Other, TlsProtocol::leading);
    TlsSession {
        trust: TlsTrust::Unknown,
        protocol,
    }
}

/// `Internal SMTP Error: Failed to send message to host 192.0.2.1:25 for recipient a@example.com: Unexpected SMTP
/// response "553", expecting code starting with "2", response was ['#5.1.8 No'].`: the reply to an alert.
pub(super) fn of_own_message<'a>(
    state: &'a mut IronPortState,
    level: Level,
    text: &'a [u8],
) -> Option<Event<'a>> {
    let rest = text.strip_prefix(b"Internal SMTP Error: Failed to send message to host ")?;
    let (host, rest) = split_on(rest, b" for recipient ")?;
    let (recipient, rest) = split_on(rest, b": Unexpected SMTP response ")?;
    // Some versions quote the code.
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let (code, rest) = rest.split_first_chunk::<3>()?;
    let list = split_on(rest, b"response was ").map_or(&b""[..], |(_, list)| list);
    let quoted = reply::list(code, list, &mut state.reply)?;
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Attempt);
    if let Quoted::Reply(reply) = quoted {
        event.code = Some(reply.code);
        event.enhanced = reply.enhanced;
    }
    event.host = host.split(|&it| it == b':').next().unwrap_or(host);
    event.recipient = recipient;
    event.text = &state.reply;
    event.level = Some(level);
    Some(event)
}
