//! Parses the server side of Postfix: rejects by smtpd, header, body and milter rejects by cleanup, and connections of
//! clients.

use super::program::Origin;
use super::{noise, queue_id, tls, warning};
use crate::parse::event::{Event, Fact, Line};
use crate::parse::kinds::{Direction, Outcome, Stage};
use crate::parse::reply;
use crate::parse::scan::{address, position, rsplit_on, split, split_on, without_port};
use crate::parse::submitter::Submitter;

/// Parses a line of smtpd about a client that connects or disconnects: a third of all its lines.
#[cfg_attr(hot_path, inline(always))]
pub(super) fn connection<'a, 'e>(origin: Origin<'a>, body: &[u8]) -> Option<Line<'a, 'e>> {
    if body.starts_with(b"connect from ") {
        return Some(Line::Noise(Some(Fact::Connected(origin.service()))));
    }
    body.starts_with(b"disconnect from ")
        .then_some(Line::Noise(None))
}

/// Parses a line of smtpd without a queue id.
#[inline]
pub(super) fn smtpd<'a, 'e>(
    origin: Origin<'a>,
    body: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some(fact) = lost(origin, body) {
        return Line::Noise(Some(fact));
    }
    if let Some(warning) = body.strip_prefix(b"warning: ") {
        return warning::smtpd(origin, warning, slot);
    }
    // smtpd writes `NOQUEUE` here; only a truncated line has no queue id.
    if let Some(verdict) = body.strip_prefix(b"proxy-") {
        return proxy(origin, b"", verdict, slot);
    }
    // Postfix before 2.0 writes no `NOQUEUE`.
    if let Some(verdict) = body.strip_prefix(b"reject: ") {
        return reject(origin, b"", verdict, slot);
    }
    if body.starts_with(b"reject_warning: ") {
        return noise::with_queue_id(body);
    }
    if let Some(line) = tls::connection(origin, body) {
        return line;
    }
    if body.starts_with(b"SSL_accept error from ") {
        return tls::failed_with_client();
    }
    if [
        &b"improper command pipelining after "[..],
        b"replacing command ",
        b"whitelisted: ",
        b"permit_naked_ip_address",
        b"lost input channel",
        b"bare <LF> received after ",
    ]
    .iter()
    .any(|prefix| body.starts_with(prefix))
        || is_command_log(body)
    {
        return Line::Noise(None);
    }
    noise::without_queue_id(body)
}

/// Whether a line names the client first: `name[address]: replacing command …`, `… reply filter in: …`.
pub(super) fn is_command_log(body: &[u8]) -> bool {
    match split_on(body, b"]: ") {
        Some((_, rest)) => [
            &b"replacing command "[..],
            b"replacing client command ",
            b"reply filter ",
            b"discarding EHLO keywords: ",
        ]
        .iter()
        .any(|prefix| rest.starts_with(prefix)),
        None => false,
    }
}

/// Parses a line of smtpd with a queue id or `NOQUEUE`.
#[inline]
pub(super) fn smtpd_message<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if let Some(rest) = text.strip_prefix(b"client=") {
        let queue_id = queue_id::of_message(queue_id);
        return Line::Noise(Some(submitted(queue_id, rest)));
    }
    if let Some(verdict) = text
        .strip_prefix(b"reject: ")
        .or_else(|| text.strip_prefix(b"milter-reject: "))
    {
        return reject(origin, queue_id, verdict, slot);
    }
    if let Some(verdict) = text.strip_prefix(b"proxy-") {
        return proxy(origin, queue_id, verdict, slot);
    }
    if let Some(fact) = lost(origin, text) {
        return Line::Noise(Some(fact));
    }
    if text.starts_with(b"abort: TLS from ") {
        return tls::failed_with_client();
    }
    noise::with_queue_id(text)
}

/// A message that a client submits: the text after `client=`.
#[inline]
pub(super) fn submitted<'a>(queue_id: &'a [u8], text: &'a [u8]) -> Fact<'a> {
    Fact::Submitted {
        queue_id,
        submitter: Submitter(text),
    }
}

/// A message that a local program submits.
pub(super) fn submitted_locally(queue_id: &[u8]) -> Fact<'_> {
    Fact::Submitted {
        queue_id,
        submitter: Submitter::LOCAL,
    }
}

/// Parses a reject: `STAGE from CLIENT: REPLY; from=<…> to=<…> proto=… helo=<…>`.
pub(super) fn reject<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    verdict: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let Some((stage, client, rest)) = stage_and_client(verdict.trim_ascii_start()) else {
        return Line::Unmatched;
    };
    let (text, recipient) = reply_and_recipient(rest);
    let event = slot.insert(Event::new(
        origin.service(),
        Direction::Inbound,
        Outcome::Rejected,
    ));
    event.queue_id = queue_id::of_message(queue_id);
    event.stage = Some(self::stage(stage));
    event.host = without_port(client);
    event.recipient = recipient;
    event.text = text;
    match reply::parse(text) {
        Some(reply) => {
            event.code = Some(reply.code);
            event.enhanced = reply.enhanced;
        }
        // Milter rejects of cleanup have no reply code.
        None => event.enhanced = reply::leading_enhanced(text),
    }
    Line::Event(event)
}

/// Splits `RCPT from name[address]: REPLY`. A stage may consist of several words: `DATA (1234 bytes)`.
#[inline]
fn stage_and_client(verdict: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (stage, rest) = match split(verdict, b' ')? {
        (stage, rest) if rest.starts_with(b"from ") => (stage, &rest[5..]),
        _ => split_on(verdict, b" from ")?,
    };
    let close = position(rest, b']').filter(|&close| rest[close..].starts_with(b"]: "));
    let (client, reply) = match close {
        Some(close) => (&rest[..=close], &rest[close + 3..]),
        // postscreen also logs the port.
        None => split_on(rest, b": ")?,
    };
    Some((stage, client, reply.trim_ascii_start()))
}

/// Splits `REPLY; from=<sender> to=<recipient> proto=…` into reply and recipient. The reply may quote an address
/// that contains `; from=`, so it is only accepted if the rest of the line has the expected form.
fn reply_and_recipient(text: &[u8]) -> (&[u8], &[u8]) {
    const FROM: &[u8; 7] = b"; from=";
    let mut searched = 0;
    let mut first = None;
    // The number of candidates is limited, so that a hostile reply does not cost more time.
    for _ in 0..8 {
        let Some((before, envelope)) = split_on(&text[searched..], FROM) else {
            break;
        };
        let reply = &text[..searched + before.len()];
        let recipient = recipient(envelope);
        if let Some((recipient, rest)) = recipient
            && (rest.is_empty() || rest.starts_with(b" proto=") || rest.starts_with(b", proto="))
        {
            return (reply, recipient);
        }
        let recipient = recipient.map_or(&b""[..], |(recipient, _)| recipient);
        first = first.or(Some((reply, recipient)));
        searched = reply.len() + FROM.len();
    }
    // The line is cut off, or there was no recipient yet.
    first.unwrap_or((text, b""))
}

/// The recipient in `<sender> to=<recipient> …`, and the rest; postscreen writes a comma after the sender.
fn recipient(envelope: &[u8]) -> Option<(&[u8], &[u8])> {
    let (_, rest) = address(envelope)?;
    let rest = rest.strip_prefix(b",").unwrap_or(rest);
    address(rest.strip_prefix(b" to=")?)
}

/// Parses a reply of the before-queue content filter, which smtpd passes on to the client:
/// `reject: END-OF-MESSAGE: REPLY; from=…`, `accept: …`.
fn proxy<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    verdict: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let (outcome, rest) = if let Some(rest) = verdict.strip_prefix(b"reject: ") {
        (Outcome::Rejected, rest)
    } else if let Some(rest) = verdict.strip_prefix(b"accept: ") {
        (Outcome::Attempt, rest)
    } else {
        return Line::Unmatched;
    };
    let Some((stage, rest)) = split_on(rest, b": ") else {
        return Line::Unmatched;
    };
    let (text, recipient) = reply_and_recipient(rest);
    let reply = reply::parse(text);
    // The filter may close the connection without a reply.
    if reply.is_none() && !text.is_empty() {
        return Line::Unmatched;
    }
    let event = slot.insert(Event::new(origin.service(), Direction::Inbound, outcome));
    event.queue_id = queue_id::of_message(queue_id);
    event.stage = (outcome == Outcome::Rejected).then(|| self::stage(stage));
    event.recipient = recipient;
    event.text = text;
    event.code = reply.map(|reply| reply.code);
    event.enhanced = reply.and_then(|reply| reply.enhanced);
    Line::Event(event)
}

/// The stage for an SMTP command as smtpd logs it.
fn stage(name: &[u8]) -> Stage {
    // A byte count may follow: `DATA (1234 bytes)`.
    let name = name.split(|&b| b == b' ').next().unwrap_or(name);
    match name {
        b"CONNECT" | b"connect" => Stage::Connect,
        b"HELO" | b"EHLO" | b"LHLO" => Stage::Helo,
        b"STARTTLS" => Stage::StartTls,
        b"AUTH" => Stage::Auth,
        b"MAIL" => Stage::Mail,
        b"RCPT" => Stage::Rcpt,
        b"DATA" | b"BDAT" => Stage::Data,
        b"END-OF-MESSAGE" | b"." => Stage::EndOfMessage,
        b"VRFY" => Stage::Vrfy,
        b"ETRN" => Stage::Etrn,
        _ => Stage::Other,
    }
}

/// Parses `lost connection after RCPT from …`, `timeout after …`, `too many errors after …`.
pub(super) fn lost<'a>(origin: Origin<'a>, text: &[u8]) -> Option<Fact<'a>> {
    let rest = text
        .strip_prefix(b"lost connection after ")
        .or_else(|| text.strip_prefix(b"timeout after "))
        .or_else(|| text.strip_prefix(b"too many errors after "))?;
    let (stage, _) = split_on(rest, b" from ")?;
    Some(Fact::ConnectionLost(origin.service(), self::stage(stage)))
}

/// Parses a line of cleanup with a queue id.
#[inline]
pub(super) fn cleanup<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    text: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    if text.starts_with(b"message-id=") {
        return Line::Noise(Some(Fact::Received { queue_id }));
    }
    if let Some(verdict) = text.strip_prefix(b"milter-reject: ") {
        return reject(origin, queue_id, verdict, slot);
    }
    // Headers added by a milter are checked too.
    if let Some(verdict) = text
        .strip_prefix(b"reject: ")
        .or_else(|| text.strip_prefix(b"milter-header-reject: "))
    {
        return content_reject(origin, queue_id, verdict, slot);
    }
    noise::with_queue_id(text)
}

/// Parses `header Subject: … from CLIENT; from=<…> to=<…> proto=… helo=<…>: 5.7.1 text`. It is parsed from its end,
/// because it begins with text of the message.
fn content_reject<'a, 'e>(
    origin: Origin<'a>,
    queue_id: &'a [u8],
    verdict: &'a [u8],
    slot: &'e mut Option<Event<'a>>,
) -> Line<'a, 'e> {
    let verdict = verdict.trim_ascii_start();
    if ![&b"header "[..], b"body ", b"mime-", b"nested-", b"content "]
        .iter()
        .any(|prefix| verdict.starts_with(prefix))
    {
        return Line::Unmatched;
    }
    let event = slot.insert(Event::new(
        origin.service(),
        Direction::Inbound,
        Outcome::Rejected,
    ));
    event.queue_id = queue_id;
    event.stage = Some(Stage::EndOfMessage);
    if let Some((content, envelope)) = rsplit_on(verdict, b"; from=<") {
        if let Some((_, client)) = rsplit_on(content, b" from ") {
            event.host = if client == b"local" { b"" } else { client };
        }
        // `recipient` expects the opening bracket.
        let start = verdict.len() - envelope.len() - 1;
        event.recipient = recipient(&verdict[start..]).map_or(b"", |(recipient, _)| recipient);
        if let Some((_, text)) = split_on(envelope, b">: ") {
            event.text = text;
            event.enhanced = reply::leading_enhanced(text);
        }
    }
    Line::Event(event)
}
