//! Lines about clients, and about messages before their delivery.

use std::num::{NonZeroU32, NonZeroU64};

use super::delivery;
use super::state::{Client, IronPortState, Message, Server, protocol};
use super::{DELIVERY, INJECTION, Parsed, number};
use crate::parse::correlate::kept;
use crate::parse::dialect::Mta;
use crate::parse::kinds::Stamp;
use crate::parse::notices::{TlsProtocol, TlsSession, TlsTrust};
use crate::parse::scan::{self, split_on};
use crate::parse::{Action, Direction, Event, Fact, Level, Outcome, Stage};

/// `New SMTP ICID 5 interface … address 192.0.2.1 reverse dns host a.example.org verified yes`, and `New SMTP DCID 8
/// interface … address 192.0.2.1 port 25`.
pub(super) fn opened<'a>(
    state: &mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let text = text.strip_prefix(b"New SMTP ")?;
    let is_client = text.starts_with(b"ICID ");
    let rest = text
        .strip_prefix(b"ICID")
        .or_else(|| text.strip_prefix(b"DCID"))?;
    let (id, rest) = number(rest)?;
    let address = split_on(rest, b" address ").map_or(&b""[..], |(_, rest)| rest);
    let (address, rest) = scan::split(address, b' ').unwrap_or((address, b""));
    let name = match rest.strip_prefix(b"reverse dns host ") {
        Some(name) => name.trim_ascii_start(),
        None => b"",
    };
    let name = scan::split(name, b' ').map_or(name, |(name, _)| name);
    let host = kept(&[name, b"[", address, b"]"].concat());
    if is_client {
        state.clients.insert(id, time, Client { host, tls: None });
        return Some(Parsed::Noise(Some(Fact::Connected(INJECTION))));
    }
    let server = Server {
        host,
        failure: None,
    };
    state.servers.insert(id, time, server);
    Some(Parsed::Noise(None))
}

/// `Start MID 6 ICID 5`, `SMTP Auth …`.
pub(super) fn started<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    if let Some(rest) = text.strip_prefix(b"SMTP Auth") {
        return authentication(state, rest);
    }
    let (mid, rest) = number(text.strip_prefix(b"Start MID")?)?;
    let (icid, _) = number(rest.strip_prefix(b" ICID")?)?;
    let message = Message {
        tls: state.clients.get(icid).and_then(|it| it.tls),
        ..Message::default()
    };
    state.messages.insert(mid, time, message);
    Some(Parsed::Noise(None))
}

/// `SMTP Auth: (ICID 5) failed for user: x using AUTH mechanism: PLAIN with profile: y`; old versions have no colon.
fn authentication<'a>(state: &'a IronPortState, text: &'a [u8]) -> Option<Parsed<'a>> {
    let text = text.strip_prefix(b":").unwrap_or(text);
    let Some(rest) = text.strip_prefix(b" (ICID") else {
        let is_failure = text.starts_with(b" LDAP query failed");
        let fact = is_failure.then_some(Fact::Diagnostic(Mta::IronPort, Level::Warning));
        return Some(Parsed::Noise(fact));
    };
    let (icid, rest) = number(rest)?;
    let rest = rest.strip_prefix(b") ")?;
    if rest.starts_with(b"failed for user") || rest.starts_with(b"LDAP query/user lookup failed") {
        let fact = Fact::AuthFailed(INJECTION, Level::Warning);
        return Some(Parsed::Noise(Some(fact)));
    }
    if rest.starts_with(b"was required but ") {
        return rejected(state, icid, Stage::Mail, rest);
    }
    let is_problem = rest.starts_with(b"profile: ") || rest.starts_with(b"could not reach ");
    let fact = is_problem.then_some(Fact::Diagnostic(Mta::IronPort, Level::Warning));
    Some(Parsed::Noise(fact))
}

/// `ICID 5 …`.
pub(super) fn connection<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let (icid, rest) = number(text.strip_prefix(b"ICID")?)?;
    let rest = rest.strip_prefix(b" ")?;
    if let Some(rest) = rest.strip_prefix(b"TLS ") {
        return tls(state, time, icid, rest);
    }
    if let Some((verb, _)) = split_on(rest, b" SG ")
        && verb.iter().all(u8::is_ascii_uppercase)
    {
        return match verb {
            b"REJECT" | b"TCPREFUSE" => rejected(state, icid, Stage::Connect, rest),
            _ => Some(Parsed::Noise(None)),
        };
    }
    if rest == b"close" {
        state.clients.remove(icid);
        return Some(Parsed::Noise(None));
    }
    if rest == b"lost" || rest.starts_with(b"disconnected address ") {
        let fact = Fact::ConnectionLost(INJECTION, Stage::Other);
        return Some(Parsed::Noise(Some(fact)));
    }
    if rest.starts_with(b"Connection from ") {
        let fact = Fact::ConnectionLost(INJECTION, Stage::Connect);
        return Some(Parsed::Noise(Some(fact)));
    }
    let stage = rejection(rest)?;
    let mut parsed = rejected(state, icid, stage, rest)?;
    if let Parsed::Event(event) = &mut parsed
        && let Some(address) = rest.strip_prefix(b"Address: ")
    {
        event.sender = scan::address(address)?.0;
    }
    Some(parsed)
}

/// The stage of a rejection, by its words after the ICID; `None` if it is none.
fn rejection(text: &[u8]) -> Option<Stage> {
    let failed = text
        .strip_prefix(b"Receiving Failed: ")
        .or_else(|| text.strip_prefix(b"Injection Failed: "));
    if let Some(reason) = failed {
        return Some(match reason {
            _ if reason.starts_with(b"Connection limit") => Stage::Connect,
            _ if reason.starts_with(b"Message size") => Stage::EndOfMessage,
            _ if reason.starts_with(b"Message loop") => Stage::EndOfMessage,
            _ if reason.starts_with(b"Too Many Messages") => Stage::Mail,
            _ => Stage::Other,
        });
    }
    if text.starts_with(b"Invalid sender address: ") {
        return Some(Stage::Mail);
    }
    if let Some(rest) = text.strip_prefix(b"MID") {
        let (_, rest) = number(rest)?;
        let is_recipient = rest.starts_with(b" Invalid recipient address: ");
        return is_recipient.then_some(Stage::Rcpt);
    }
    if let Some(address) = text.strip_prefix(b"Address: ") {
        let (_, rest) = scan::address(address)?;
        return rest.starts_with(b" sender rejected").then_some(Stage::Mail);
    }
    let is_command =
        text.starts_with(b"Bad syntax for command: ") || text.starts_with(b"Unknown command: ");
    is_command.then_some(Stage::Other)
}

/// A rejection of a client. The code of the reply is not logged.
fn rejected<'a>(
    state: &'a IronPortState,
    icid: &[u8],
    stage: Stage,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let mut event = Event::new(INJECTION, Direction::Inbound, Outcome::Rejected);
    event.stage = Some(stage);
    event.text = text;
    event.host = state.clients.get(icid).map_or(b"", |it| &it.host);
    Some(Parsed::Event(event))
}

/// `TLS success protocol TLSv1.2 cipher …`, `TLS failed: …`, `TLS was required but …` of a client.
fn tls<'a>(
    state: &mut IronPortState,
    time: Option<Stamp>,
    icid: &[u8],
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    if let Some(rest) = text.strip_prefix(b"success") {
        let session = delivery::session(rest);
        let index = TlsProtocol::ALL
            .iter()
            .position(|it| *it == session.protocol);
        let tls = index.map(|index| index as u8);
        match state.clients.get_mut(icid) {
            Some(client) => client.tls = tls,
            None => {
                let client = Client {
                    tls,
                    ..Client::default()
                };
                state.clients.insert(icid, time, client);
            }
        }
        let fact = Fact::TlsEstablished(INJECTION, Direction::Inbound, session);
        return Some(Parsed::Noise(Some(fact)));
    }
    let is_failure = text.starts_with(b"failed") || text.starts_with(b"was required but ");
    is_failure.then_some(Parsed::Noise(Some(Fact::TlsFailed(
        Mta::IronPort,
        Direction::Inbound,
    ))))
}

/// `MID 6 …`, `Message done …`, `Message finished MID 6 done`, `Message aborted MID 6 …`.
pub(super) fn message<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    if let Some(rest) = text.strip_prefix(b"MID") {
        return of_message(state, time, rest);
    }
    let text = text.strip_prefix(b"Message ")?;
    if let Some(rest) = text.strip_prefix(b"done DCID") {
        return delivery::done(state, rest);
    }
    if let Some(rest) = text.strip_prefix(b"finished MID") {
        let (mid, _) = number(rest)?;
        state.messages.remove(mid);
        return Some(Parsed::Noise(None));
    }
    let (mid, rest) = number(text.strip_prefix(b"aborted MID")?)?;
    Some(removed(state, mid, rest.strip_prefix(b" ")?))
}

/// What follows `MID`.
fn of_message<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let (mid, rest) = number(text)?;
    let rest = rest.strip_prefix(b" ")?;
    match rest.first()? {
        b'I' => envelope(state, time, mid, rest),
        b'r' => ready(state, mid, rest),
        b'q' if rest.starts_with(b"quarantined to ") => Some(Parsed::Noise(Some(Fact::Action(
            Mta::IronPort,
            Action::Quarantine,
        )))),
        b'w' => {
            let verb = rest.strip_prefix(b"was ")?;
            let is_removed = verb.starts_with(b"dropped by ") || verb.starts_with(b"bounced by ");
            is_removed.then(|| removed(state, mid, verb))
        }
        _ => None,
    }
}

/// A message that the appliance does not deliver: `Dropped by …`, `Bounced by …`, `Rejected by …`, `Receiving aborted`.
fn removed<'a>(state: &'a IronPortState, mid: &'a [u8], words: &'a [u8]) -> Parsed<'a> {
    let verb = scan::split(words, b' ').map_or(words, |(verb, _)| verb);
    if verb.eq_ignore_ascii_case(b"dropped") {
        return Parsed::Noise(Some(Fact::Action(Mta::IronPort, Action::Discard)));
    }
    let mut event = match verb {
        b"Bounced" | b"bounced" => Event::new(DELIVERY, Direction::Outbound, Outcome::Bounced),
        b"Rejected" => Event {
            stage: Some(Stage::EndOfMessage),
            ..Event::new(INJECTION, Direction::Inbound, Outcome::Rejected)
        },
        _ => return Parsed::Noise(None),
    };
    event.queue_id = mid;
    event.text = words;
    if let Some(message) = state.messages.get(mid) {
        event.sender = &message.sender;
        event.recipient = message.recipient(b"0");
    }
    Parsed::Event(event)
}

/// `ICID 5 From: <a@example.org>`, `ICID 5 RID 0 To: <b@example.com>`, `ICID 5 To: <b@example.com> Rejected by RAT`.
fn envelope<'a>(
    state: &'a mut IronPortState,
    time: Option<Stamp>,
    mid: &'a [u8],
    text: &'a [u8],
) -> Option<Parsed<'a>> {
    let (icid, rest) = number(text.strip_prefix(b"ICID")?)?;
    if let Some(address) = rest.strip_prefix(b" From: ") {
        let (sender, _) = scan::address(address)?;
        state.message(mid, time)?.sender = kept(sender);
        return Some(Parsed::Noise(None));
    }
    if rest.starts_with(b" invalid bounce") {
        return match split_on(rest, b"rejected by bounce verification") {
            Some(_) => rejected_recipient(state, mid, icid, b"", &rest[1..]),
            None => Some(Parsed::Noise(None)),
        };
    }
    let rid = match rest.strip_prefix(b" RID") {
        Some(after) => Some(number(after)?),
        None => None,
    };
    let rest = rid.map_or(rest, |(_, rest)| rest);
    let (recipient, words) = scan::address(rest.strip_prefix(b" To: ")?)?;
    if words.starts_with(b" Rejected by ") {
        return rejected_recipient(state, mid, icid, recipient, &words[1..]);
    }
    let (rid, _) = rid?;
    state.message(mid, time)?.add(rid, recipient);
    Some(Parsed::Noise(None))
}

fn rejected_recipient<'a>(
    state: &'a IronPortState,
    mid: &'a [u8],
    icid: &[u8],
    recipient: &'a [u8],
    words: &'a [u8],
) -> Option<Parsed<'a>> {
    let mut parsed = rejected(state, icid, Stage::Rcpt, words)?;
    if let Parsed::Event(event) = &mut parsed {
        event.queue_id = mid;
        event.recipient = recipient;
        event.sender = state.messages.get(mid).map_or(b"", |it| &it.sender);
    }
    Some(parsed)
}

/// `ready 100 bytes from <a@example.org>`: the message is in the queue.
fn ready<'a>(state: &IronPortState, mid: &[u8], text: &'a [u8]) -> Option<Parsed<'a>> {
    let (size, rest) = scan::number(text.strip_prefix(b"ready ")?)?;
    if !rest.starts_with(b" bytes") {
        return None;
    }
    let message = state.messages.get(mid);
    let tls = message.and_then(|it| it.tls).map(|index| TlsSession {
        trust: TlsTrust::Unknown,
        protocol: protocol(index),
    });
    Some(Parsed::Noise(Some(Fact::Accepted {
        service: INJECTION,
        queue_id: b"",
        sender: b"",
        client: b"",
        user: b"",
        size: NonZeroU64::new(size),
        recipients: message.and_then(|it| NonZeroU32::new(it.count)),
        tls,
    })))
}

/// `LDAP: Bounce query q MID 6 RID 0 address b@example.com`: the message is bounced for a recipient who is in no
/// directory.
pub(super) fn directory<'a>(state: &'a IronPortState, text: &'a [u8]) -> Option<Parsed<'a>> {
    let text = text.strip_prefix(b"LDAP: ")?;
    if text.starts_with(b"Drop query ") {
        let fact = Fact::Action(Mta::IronPort, Action::Discard);
        return Some(Parsed::Noise(Some(fact)));
    }
    let rest = text.strip_prefix(b"Bounce query ")?;
    let (mid, rest) = number(split_on(rest, b" MID ")?.1)?;
    let (_, address) = split_on(rest, b" address ")?;
    let mut event = Event::new(DELIVERY, Direction::Outbound, Outcome::Bounced);
    event.queue_id = mid;
    event.recipient = address;
    event.sender = state.messages.get(mid).map_or(b"", |it| &it.sender);
    event.text = text;
    Some(Parsed::Event(event))
}
