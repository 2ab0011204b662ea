//! The SMTP send and receive protocol logs: `time,connector-id,session-id,sequence-number,local-endpoint,
//! remote-endpoint,event,data,context`. The event is `+` connect, `-` disconnect, `>` sent, `<` received, `*`
//! information. In a send log, replies are received; in a receive log, they are sent.

use super::endpoint;
use super::{RECEIVE, SEND};
use crate::parse::correlate::Correlated;
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::find;
use crate::parse::transcript::{Answer, Transcript};
use crate::parse::winsock;
use crate::parse::{ConnectError, Direction, Event, Fact, Line, Outcome, Stage};

/// The fields that are read.
pub(super) const FIELDS: [&[u8]; 7] = [
    b"connector-id",
    b"session-id",
    b"local-endpoint",
    b"remote-endpoint",
    b"event",
    b"data",
    b"context",
];

/// Parses a record. `side` is whose replies the log has, if its header says it.
pub(super) fn parse<'a, 'e>(
    side: Option<Direction>,
    sessions: &'a mut Correlated<Transcript, 512>,
    time: Option<Stamp>,
    [connector, session, _, remote, event, data, context]: [&'a [u8]; 7],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    // A receive connector is named with its server, `SERVER\Default Frontend SERVER`.
    let by_connector = match connector.contains(&b'\\') {
        true => Direction::Inbound,
        false => Direction::Outbound,
    };
    let side = side.unwrap_or(by_connector);
    let is_receive = side == Direction::Inbound;
    let address = endpoint::address(remote);
    match event {
        b"+" if is_receive => Line::Noise(Some(Fact::Connected(RECEIVE))),
        b"+" => Line::Noise(None),
        b"-" => {
            let transcript = sessions.remove(session);
            disconnected(side, address, transcript.as_ref(), context, slot)
        }
        b"*" => information(side, address, data, context, slot),
        b"<" | b">" if data.is_empty() => Line::Noise(None),
        b"<" | b">" => {
            let is_reply = (event == b">") == is_receive;
            let transcript = sessions.get_or_default(session, time);
            if !is_reply {
                transcript.command(data);
                return Line::Noise(None);
            }
            if !is_receive {
                transcript.keep_host(data, address);
            }
            match reply(side, address, transcript, data) {
                Some(event) => Line::Event(slot.insert(event)),
                None if crate::parse::reply::parse(data).is_some() => Line::Noise(None),
                None => Line::Unmatched,
            }
        }
        _ => Line::Unmatched,
    }
}

fn reply<'a>(
    side: Direction,
    address: &'a [u8],
    transcript: &'a mut Transcript,
    data: &'a [u8],
) -> Option<Event<'a>> {
    let answer = transcript.reply_line(data)?;
    let is_receive = side == Direction::Inbound;
    let refusal = match is_receive && answer.is_refusal() {
        true => Outcome::Rejected,
        false => Outcome::Attempt,
    };
    let service = if is_receive { RECEIVE } else { SEND };
    let mut event = Event {
        code: Some(answer.code),
        enhanced: answer.enhanced,
        host: match answer.host.is_empty() {
            true => address,
            false => answer.host,
        },
        sender: answer.sender,
        recipient: answer.recipient,
        text: data,
        ..Event::new(service, side, refusal)
    };
    if is_receive && answer.is_refusal() {
        event.stage = Some(answer.stage);
    }
    let is_of_message = matches!(answer.stage, Stage::Data | Stage::EndOfMessage);
    event.logged_again = (!is_receive || is_of_message) && is_in_tracking_log(&answer);
    Some(event)
}

/// Whether the message tracking log repeats a reply with the delivery.
fn is_in_tracking_log(answer: &Answer<'_>) -> bool {
    let is_last_word = answer.stage == Stage::Rcpt || answer.is_refusal();
    is_last_word && !answer.recipient.is_empty()
}

/// `-,,Remote(ConnectionReset)`: a session ended. If the other side closed it while an answer was due, it was lost.
fn disconnected<'a, 'e>(
    side: Direction,
    address: &'a [u8],
    transcript: Option<&Transcript>,
    context: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if !context.starts_with(b"Remote") {
        return Line::Noise(None);
    }
    match side {
        Direction::Inbound if transcript.is_some_and(|it| !it.has_quit()) => {
            Line::Noise(Some(Fact::ConnectionLost(RECEIVE, Stage::Other)))
        }
        Direction::Outbound if transcript.is_some_and(|it| it.is_waiting() && !it.has_quit()) => {
            Line::Event(slot.insert(Event {
                connect_error: Some(ConnectError::Reset),
                host: address,
                text: context,
                ..Event::new(SEND, Direction::Outbound, Outcome::Attempt)
            }))
        }
        _ => Line::Noise(None),
    }
}

/// A record of event `*`: what the server did, in words. A reply that these words quote is another record.
fn information<'a, 'e>(
    side: Direction,
    address: &'a [u8],
    data: &'a [u8],
    context: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let error = if context.starts_with(b"Failed to connect") {
        winsock::of_text(context)
    } else if context.starts_with(b"TLS negotiation failed") {
        ConnectError::Tls
    } else {
        return Line::Noise(tls(side, data, context));
    };
    if side == Direction::Inbound {
        return Line::Noise(Some(Fact::TlsFailed(RECEIVE.agent.mta(), side)));
    }
    Line::Event(slot.insert(Event {
        code: error.code(),
        connect_error: Some(error),
        host: address,
        text: context,
        logged_again: true,
        ..Event::new(SEND, Direction::Outbound, Outcome::Attempt)
    }))
}

/// `*,,TLS protocol SP_PROT_TLS1_2_SERVER negotiation succeeded using bulk encryption algorithm …`.
fn tls<'a>(side: Direction, data: &'a [u8], context: &'a [u8]) -> Option<Fact<'a>> {
    let words = [context, data]
        .into_iter()
        .find_map(|it| it.strip_prefix(b"TLS protocol SP_PROT_"))?;
    find(words, b" negotiation succeeded")?;
    let protocol = match words {
        [b'T', b'L', b'S', b'1', b'_', b'3', ..] => TlsProtocol::Tls13,
        [b'T', b'L', b'S', b'1', b'_', b'2', ..] => TlsProtocol::Tls12,
        [b'T', b'L', b'S', b'1', b'_', b'1', ..] => TlsProtocol::Tls11,
        [b'T', b'L', b'S', b'1', ..] => TlsProtocol::Tls10,
        [b'S', b'S', b'L', b'3', ..] => TlsProtocol::Ssl3,
        _ => TlsProtocol::Other,
    };
    let service = match side {
        Direction::Inbound => RECEIVE,
        _ => SEND,
    };
    let session = TlsSession {
        trust: TlsTrust::Unknown,
        protocol,
    };
    Some(Fact::TlsEstablished(service, side, session))
}
