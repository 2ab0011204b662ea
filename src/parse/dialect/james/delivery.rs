//! Messages about deliveries to other servers and to mailboxes.

use super::frame::{Framed, class};
use super::repeats::{Repeats, Reply};
use super::{LOCAL, Parsed, REMOTE};
use crate::parse::reply;
use crate::parse::scan::{self, rsplit_on, split_on};
use crate::parse::{ConnectError, Direction, Event, Outcome};

/// Whether all messages of a logger are known.
pub(super) fn is_logger(logger: &[u8]) -> bool {
    matches!(
        class(logger),
        b"MailDelivrer" | b"MailDelivrerToHost" | b"DeliveryRunnable" | b"SimpleMailStore"
    )
}

/// Parses a message; `None` if it is not about a delivery.
pub(super) fn parse<'a>(repeats: &mut Repeats, framed: &Framed<'a>) -> Option<Parsed<'a>> {
    let text = framed.text;
    match text.first()? {
        b'M' => {
            let parsed = sent(text.strip_prefix(b"Mail (")?);
            repeats.delivered();
            parsed
        }
        b'L' => match text.strip_prefix(b"Local delivered mail ") {
            Some(rest) => stored(rest),
            // The audit trail repeats it.
            None => (text == b"Local delivered mail.").then_some(Parsed::Noise(None)),
        },
        b'S' => match text.strip_prefix(b"SMTP SEND FAILED: ") {
            Some(rest) => Some(refused(repeats, rest)),
            None => text
                .starts_with(b"Send failed")
                .then_some(Parsed::Noise(None)),
        },
        b'N' => {
            if text.starts_with(b"No recipients specified") {
                return Some(Parsed::Noise(None));
            }
            text.strip_prefix(b"No mail server found for: ")?;
            let event = attempt(ConnectError::Dns, Some(101), b"", text);
            Some(Parsed::Event(event))
        }
        b'T' => result(
            repeats,
            Outcome::Deferred,
            text.strip_prefix(b"Temporary exception delivering mail (")?,
        ),
        b'P' => result(
            repeats,
            Outcome::Bounced,
            text.strip_prefix(b"Permanent exception delivering mail (")?,
        ),
        b'R' => audited(
            repeats,
            framed,
            text.strip_prefix(b"Remote delivering mail ")?,
        ),
        b'E' => {
            let rest = text.strip_prefix(b"Exception delivering message (")?;
            let (id, words) = split_on(rest, b") - ")?;
            let mut parsed = connection(repeats, words, true)?;
            if let Parsed::Event(event) = &mut parsed {
                event.queue_id = id;
            }
            Some(parsed)
        }
        _ => match text.strip_prefix(b"Could not store mail due to quota error for user ") {
            Some(user) => {
                let mut event = Event::new(LOCAL, Direction::Local, Outcome::Bounced);
                event.recipient = user;
                event.text = text;
                Some(Parsed::Event(event))
            }
            None => connection(repeats, text, false),
        },
    }
}

/// `Mail1) with messageId <a> sent successfully to mx.example.net at 192.0.2.1 from a@example.com for [b@example.net]`;
/// versions before 3.5 have no id, and two spaces.
fn sent(text: &[u8]) -> Option<Parsed<'_>> {
    let (id, rest) = scan::split(text, b')')?;
    let (_, rest) = split_on(rest, b" sent successfully ")?;
    let Some(rest) = rest.strip_prefix(b"to ") else {
        // Of several recipients, those that the server accepted.
        return Some(Parsed::Noise(None));
    };
    let (name, rest) = split_on(rest, b" at ")?;
    let (_address, rest) = split_on(rest, b" from ")?;
    let (sender, recipients) = split_on(rest, b" for ")?;
    let mut event = Event::new(REMOTE, Direction::Outbound, Outcome::Sent);
    event.queue_id = id;
    event.host = name.strip_suffix(b".").unwrap_or(name);
    event.sender = sender.strip_prefix(b"<>").unwrap_or(sender);
    event.recipient = first_recipient(recipients);
    Some(Parsed::Event(event))
}

/// The first address in `[a@example.net, b@example.net]`.
pub(super) fn first_recipient(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let end = text
        .iter()
        .position(|byte| matches!(byte, b',' | b']' | b' '))
        .unwrap_or(text.len());
    &text[..end]
}

/// `Mail1 with messageId <a> successfully from a@example.com to b@example.com in folder INBOX with …`.
fn stored(text: &[u8]) -> Option<Parsed<'_>> {
    let (id, rest) = scan::split(text, b' ')?;
    // Versions up to 3.0 misspell it.
    let (_, rest) =
        split_on(rest, b"successfully from ").or_else(|| split_on(text, b" sucessfully from "))?;
    let (sender, rest) = split_on(rest, b" to ")?;
    let (recipient, _) = split_on(rest, b" in folder ")?;
    let mut event = Event::new(LOCAL, Direction::Local, Outcome::Sent);
    event.queue_id = id;
    event.sender = sender.strip_prefix(b"<>").unwrap_or(sender);
    event.recipient = recipient;
    Some(Parsed::Event(event))
}

fn attempt<'a>(
    error: ConnectError,
    code: Option<u16>,
    host: &'a [u8],
    text: &'a [u8],
) -> Event<'a> {
    let mut event = Event::new(REMOTE, Direction::Outbound, Outcome::Attempt);
    event.connect_error = Some(error);
    event.code = code;
    event.host = host;
    event.text = text;
    event
}

/// `Command [RCPT TO:<b@example.net>] RetCode: [550] Response[550 5.1.1 No`; the values may be in `Optional[…]`.
fn refused<'a>(repeats: &mut Repeats, text: &'a [u8]) -> Parsed<'a> {
    let response = split_on(text, b" Response[").map_or(&b""[..], |(_, rest)| rest);
    let response = response.strip_suffix(b"]").unwrap_or(response);
    let mut event = Event::new(REMOTE, Direction::Outbound, Outcome::Attempt);
    event.text = response.trim_ascii_end();
    if let Some((_, address)) = split_on(text, b"RCPT TO:") {
        event.recipient = scan::address(address).map_or(b"", |(address, _)| address);
    }
    if repeats.attempt(response) != Reply::New {
        return Parsed::Noise(None);
    }
    set_reply(&mut event, Reply::New);
    Parsed::Event(event)
}

fn set_reply(event: &mut Event<'_>, counted: Reply) {
    event.duplicate = counted != Reply::New;
    if event.duplicate {
        return;
    }
    if let Some(reply) = reply::parse(event.text) {
        event.code = Some(reply.code);
        event.enhanced = reply.enhanced;
    }
}

/// A line of a stack trace with a reply: `Caused by: com.sun.mail.smtp.SMTPAddressFailedException: 550 5.1.1 No`.
pub(super) fn exception<'a>(repeats: &mut Repeats, line: &'a [u8]) -> Option<Event<'a>> {
    let (class, text) = split_on(line, b"FailedException: ")?;
    let (_, name) = rsplit_on(class, b".smtp.SMTP")?;
    if !matches!(name, b"Address" | b"Send" | b"Sender") || reply::parse(text).is_none() {
        return None;
    }
    let text = text.strip_suffix(b";").unwrap_or(text);
    if repeats.attempt(text) != Reply::New {
        return None;
    }
    let mut event = Event::new(REMOTE, Direction::Outbound, Outcome::Attempt);
    event.text = text;
    set_reply(&mut event, Reply::New);
    Some(event)
}

/// The result of a delivery: `Mail1). RemoteHost said: 421 4.7.0 No: `, `Mail1). RemoteHost said: ( b@example.net -
/// [550 5.1.1 No] ): `, or without a reply `Mail1): `.
fn result<'a>(repeats: &mut Repeats, outcome: Outcome, text: &'a [u8]) -> Option<Parsed<'a>> {
    let (id, rest) = scan::split(text, b')')?;
    repeats.announce();
    let mut event = Event::new(REMOTE, Direction::Outbound, outcome);
    event.queue_id = id;
    if let Some(words) = rest.strip_prefix(b". RemoteHost said:") {
        let words = words.trim_ascii_start();
        event.text = match words.strip_prefix(b"( ") {
            Some(rest) => {
                let (recipients, reply) = split_on(rest, b" - [")?;
                event.recipient = first_recipient(recipients);
                split_on(reply, b"] )").map_or(reply, |(reply, _)| reply)
            }
            None => {
                let words = words.trim_ascii_end();
                words.strip_suffix(b":").unwrap_or(words)
            }
        };
        let counted = repeats.result(event.text);
        set_reply(&mut event, counted);
    }
    Some(Parsed::Event(event))
}

/// An entry of the audit trail: `succeeded.`, `failed temporarily.`, `failed permanently.` In JSON it has parameters:
/// `{mailId=Mail1, mimeMessageId=<a>, exceptionMessage=550 5.1.1 No, sender=a@example.com, recipients=[b@example.net]}`.
fn audited<'a>(repeats: &mut Repeats, framed: &Framed<'a>, text: &'a [u8]) -> Option<Parsed<'a>> {
    let outcome = match text {
        _ if text.starts_with(b"failed temporarily") => Outcome::Deferred,
        _ if text.starts_with(b"failed permanently") => Outcome::Bounced,
        // The line of the host precedes it.
        _ if text.starts_with(b"succeeded") => return Some(Parsed::Noise(None)),
        _ => return None,
    };
    if repeats.is_announced() {
        return Some(Parsed::Noise(None));
    }
    let mut event = Event::new(REMOTE, Direction::Outbound, outcome);
    let parameters = framed.parameters;
    let parameters = parameters.strip_prefix(b"{").unwrap_or(parameters);
    event.queue_id = parameter(parameters, b"mailId=");
    event.sender = parameter(parameters, b"sender=");
    event.recipient = match rsplit_on(parameters, b"recipients=") {
        Some((_, recipients)) => first_recipient(recipients),
        None => b"",
    };
    // The message may have any text, so it ends at the last member after it.
    if let Some((_, message)) = split_on(parameters, b"exceptionMessage=") {
        let message = rsplit_on(message, b", sender=").map_or(message, |(message, _)| message);
        event.text = message.trim_ascii_end();
        let counted = repeats.result(event.text);
        match connection_error(event.text) {
            Some(failure) => {
                // These are always logged for the host before.
                event.duplicate = counted != Reply::New
                    || event.text.starts_with(b"Couldn't connect to host")
                    || event.text.starts_with(b"There are no DNS entries");
                event.host = failure.host;
                event.text = failure.words;
                event.code = failure.code.filter(|_| !event.duplicate);
                event.connect_error = match failure.code {
                    Some(200..) => None,
                    _ => Some(failure.error),
                };
            }
            None => set_reply(&mut event, counted),
        }
    }
    Some(Parsed::Event(event))
}

/// The value of a parameter that contains no comma.
fn parameter<'a, const N: usize>(text: &'a [u8], name: &[u8; N]) -> &'a [u8] {
    let Some((_, value)) = rsplit_on(text, name) else {
        return b"";
    };
    let end = value
        .iter()
        .position(|byte| matches!(byte, b',' | b'}'))
        .unwrap_or(value.len());
    &value[..end]
}

/// A failed connection: `Couldn't connect to host, port: mx.example.net, 25; timeout 60000`, `Could not connect to SMTP
/// host: mx.example.net, port: 25, response: 421`.
fn connection<'a>(repeats: &mut Repeats, text: &'a [u8], is_debug: bool) -> Option<Parsed<'a>> {
    let failure = connection_error(text)?;
    if repeats.connection(text, is_debug) != Reply::New {
        return Some(Parsed::Noise(None));
    }
    let mut event = attempt(failure.error, failure.code, failure.host, failure.words);
    if failure.code.is_some_and(|code| code >= 200) {
        event.connect_error = None;
    }
    Some(Parsed::Event(event))
}

/// A failed connection.
struct Failure<'a> {
    error: ConnectError,
    code: Option<u16>,
    host: &'a [u8],
    /// The reply, or the whole message.
    words: &'a [u8],
}

/// Reads a message of Jakarta Mail about a connection.
fn connection_error(text: &[u8]) -> Option<Failure<'_>> {
    if let Some(rest) = text.strip_prefix(b"Couldn't connect to host, port: ") {
        let host = scan::split(rest, b',').map_or(rest, |(host, _)| host);
        return Some(Failure {
            error: ConnectError::Other,
            code: None,
            host,
            words: text,
        });
    }
    let of_host = text
        .strip_prefix(b"Could not connect to SMTP host: ")
        .or_else(|| text.strip_prefix(b"Got bad greeting from SMTP host: "))
        .or_else(|| text.strip_prefix(b"Unknown SMTP host: "));
    if let Some(rest) = of_host {
        let host = rest
            .split(|byte| matches!(byte, b',' | b';'))
            .next()
            .unwrap_or(rest);
        let response = split_on(rest, b", response: ").map(|(_, response)| response);
        let reply = response.and_then(reply::parse);
        let error = match response {
            _ if text.starts_with(b"Unknown") => ConnectError::Dns,
            // No reply, or `[EOF]`.
            Some(_) => ConnectError::Reset,
            None => ConnectError::Other,
        };
        let code = reply.map(|reply| reply.code);
        let code = code.or_else(|| (error == ConnectError::Dns).then_some(101));
        return Some(Failure {
            error,
            code,
            host,
            words: response.filter(|_| reply.is_some()).unwrap_or(text),
        });
    }
    const OTHERS: [(&[u8], ConnectError, Option<u16>); 11] = [
        (
            b"There are no DNS entries for the hostname ",
            ConnectError::Dns,
            None,
        ),
        (
            b"Temporary problem looking up mail server for host: ",
            ConnectError::Dns,
            Some(101),
        ),
        (b"Connection refused", ConnectError::Refused, Some(111)),
        (b"No route to host", ConnectError::Unreachable, Some(101)),
        (
            b"Network is unreachable",
            ConnectError::Unreachable,
            Some(101),
        ),
        (b"Connection timed out", ConnectError::TimedOut, Some(101)),
        (b"Exception reading response", ConnectError::Reset, None),
        (
            b"Can't send command to SMTP host",
            ConnectError::Reset,
            None,
        ),
        (b"[EOF]", ConnectError::Reset, None),
        (b"Could not convert socket to TLS", ConnectError::Tls, None),
        (b"STARTTLS is required but ", ConnectError::Tls, None),
    ];
    let (_, error, code) = OTHERS
        .iter()
        .find(|(words, _, _)| text.starts_with(words))?;
    Some(Failure {
        error: *error,
        code: *code,
        host: b"",
        words: text,
    })
}
