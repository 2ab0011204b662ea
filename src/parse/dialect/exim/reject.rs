//! Rejects by our server: `H=(helo) [192.0.2.1] F=<a@x> rejected RCPT <b@y>: reason`. Exim writes most of
//! them to its rejectlog as well. The code is known only if the reason begins with one.

use super::fields::{self, Fields};
use super::prefix::split_colon;
use super::rejection::{is_field, peer, rejected};
use super::{begins_with, callout, protocol, strip_any};
use crate::parse::scan::{find, split_on};
use crate::parse::{Event, Stage};

/// Beginnings of rejects that do not begin with a host, for telling Exim's log from others.
const BEGINNINGS: [&[u8]; 14] = [
    b"rejected EHLO ",
    b"rejected HELO ",
    b"rejected MAIL ",
    b"rejected RCPT ",
    b"rejected from <",
    b"temporarily rejected ",
    b"unqualified sender rejected: ",
    b"unqualified recipient rejected: ",
    b"unqualified verify rejected: ",
    b"too many recipients: ",
    b"refused connection from ",
    b"temporarily refused connection from ",
    b"SMTP protocol ",
    b"SMTP syntax ",
];

/// What Exim answers if it cannot decide: the scanner or a lookup failed. Its log has no words then.
const TEMPORARY_PROBLEM: &[u8] = b"Temporary local problem - please try later";

/// Whether a text begins like rejects that only Exim writes.
pub(super) fn is_beginning(text: &[u8]) -> bool {
    begins_with(text, &BEGINNINGS) || protocol::authenticator(text).is_some()
}

/// Reads a line; `None` if nothing was refused.
pub(super) fn parse<'a>(id: &'a [u8], text: &'a [u8]) -> Option<Event<'a>> {
    let event = match text.first()? {
        b'F' | b'U' | b'P' | b'I' | b'A' | b'X' if is_field(text) => {
            let mut fields = Fields::default();
            let (words, _) = fields.read(text);
            after_fields(&fields, words)
        }
        b'r' | b't' | b'u' | b'c' => verb_first(text),
        b'S' => protocol::session(text),
        b'C' => protocol::too_many_connections(text),
        b'l' if text.starts_with(b"local_scan() function ") => {
            find(text, b" - message temporarily rejected").map(|_| Event {
                text,
                ..rejected(Stage::EndOfMessage, b"", b"")
            })
        }
        _ => None,
    };
    // The name of an authenticator may begin with any letter.
    let mut event = event.or_else(|| protocol::authentication(text))?;
    event.queue_id = id;
    event.mirrored = true;
    Some(event)
}

/// Parses the words after the fields of a text that begins with `H=`; `None` if nothing was rejected.
#[inline]
pub(super) fn after_host<'a>(
    id: &'a [u8],
    fields: &Fields<'a>,
    words: &'a [u8],
) -> Option<Event<'a>> {
    let mut event = after_fields(fields, words)?;
    event.queue_id = id;
    event.mirrored = true;
    Some(event)
}

/// `H=… F=<a@x> rejected RCPT <b@y>: reason`, with the fields in any order.
fn after_fields<'a>(fields: &Fields<'a>, rest: &'a [u8]) -> Option<Event<'a>> {
    if let Some(verb) = strip_any(rest, &[b"rejected ", b"temporarily rejected "]) {
        let mut event = refusal(verb, fields.host)?;
        if event.text.is_empty() && rest.first() == Some(&b't') {
            event.text = TEMPORARY_PROBLEM;
        }
        return Some(match event.sender.is_empty() {
            true => Event {
                sender: fields.sender,
                ..event
            },
            false => event,
        });
    }
    // The `drop` verb without a rejection of its own: `dropped by 'connect' ACL: reason`.
    if let Some(rest) = rest.strip_prefix(b"dropped by '") {
        let text = split_colon(rest).map_or(&b""[..], |(_, text)| text);
        return Some(rejected(Stage::Connect, fields.host, text));
    }
    if let Some((_, rest)) = rest
        .starts_with(b"sender verify ")
        .then(|| split_on(rest, b" for <"))
        .flatten()
    {
        return callout::sender_verify(rest);
    }
    callout::cutthrough(rest)
}

/// The refused command and the reason: `RCPT <b@y>: reason`, `after DATA: reason`, `EHLO or HELO name`.
fn refusal<'a>(verb: &'a [u8], host: &'a [u8]) -> Option<Event<'a>> {
    let stage = stage_of(verb);
    let mut address: &[u8] = b"";
    let mut after_command = verb;
    if matches!(stage, Stage::Rcpt | Stage::Mail | Stage::Vrfy)
        && let Some(space) = verb.iter().position(|&b| b == b' ')
        && let argument = &verb[space + 1..]
        && !argument.starts_with(b"from ")
    {
        let (found, rest) = match argument.first() {
            Some(b'<') => fields::address(argument)?,
            // `RCPT b@y: reason`
            _ => {
                let end = argument
                    .iter()
                    .position(|&b| b == b' ')
                    .unwrap_or(argument.len());
                let end = if argument[..end].ends_with(b":") {
                    end - 1
                } else {
                    end
                };
                argument.split_at(end)
            }
        };
        (address, after_command) = (found, rest);
    }
    let text = split_colon(after_command).map_or(&b""[..], |(_, text)| text);
    let event = rejected(stage, host, text);
    Some(match stage {
        Stage::Rcpt => Event {
            recipient: address,
            ..event
        },
        Stage::Mail => Event {
            sender: address,
            ..event
        },
        _ => event,
    })
}

/// The stage of a reject: by the words after `rejected `.
fn stage_of(verb: &[u8]) -> Stage {
    const STAGES: [(&[u8], Stage); 24] = [
        (b"RCPT", Stage::Rcpt),
        (b"MAIL", Stage::Mail),
        (b"after ", Stage::EndOfMessage),
        (b"connection ", Stage::Connect),
        (b"EHLO", Stage::Helo),
        (b"HELO", Stage::Helo),
        (b"DATA", Stage::Data),
        (b"BDAT", Stage::Data),
        (b"predata", Stage::Data),
        (b"PRDATA", Stage::Data),
        (b"during MIME", Stage::EndOfMessage),
        (b"by local_scan", Stage::EndOfMessage),
        (b"by non-SMTP", Stage::EndOfMessage),
        (b"by system filter", Stage::EndOfMessage),
        (b"from ", Stage::EndOfMessage),
        (b"STARTTLS", Stage::StartTls),
        (b"AUTH", Stage::Auth),
        (b"auth", Stage::Auth),
        (b"VRFY", Stage::Vrfy),
        (b"EXPN", Stage::Vrfy),
        (b"ETRN", Stage::Etrn),
        (b"ATRN", Stage::Etrn),
        (b"rcpt", Stage::Rcpt),
        (b"mail", Stage::Mail),
    ];
    let found = STAGES.iter().find(|(words, _)| verb.starts_with(words));
    found.map_or(Stage::Other, |&(_, stage)| stage)
}

/// `rejected EHLO from HOST: reason`, `rejected MAIL FROM:<a@x> H=…: reason`, `rejected from <a@x> H=…: reason`,
/// `unqualified sender rejected: <a> H=…`, `refused connection from HOST`.
fn verb_first(text: &[u8]) -> Option<Event<'_>> {
    if let Some(verb) = strip_any(text, &[b"rejected ", b"temporarily rejected "]) {
        return rejected_verb(verb);
    }
    if let Some(rest) = text.strip_prefix(b"unqualified ") {
        let (what, rest) = split_on(rest, b" rejected: ")?;
        let stage = match what {
            b"sender" => Stage::Mail,
            b"recipient" => Stage::Rcpt,
            _ => Stage::Vrfy,
        };
        let (_, rest) = fields::address(rest)?;
        return Some(Event {
            text,
            ..rejected(stage, peer(rest).0, b"")
        });
    }
    if let Some(rest) = text.strip_prefix(b"too many recipients: message rejected: sender=") {
        let (sender, rest) = fields::address(rest)?;
        return Some(Event {
            sender,
            text,
            ..rejected(Stage::Data, peer(rest).0, b"")
        });
    }
    if let Some(rest) =
        text.strip_prefix(b"too many recipients: excess temporarily rejected: sender=")
    {
        let (sender, rest) = fields::address(rest)?;
        return Some(Event {
            sender,
            text,
            ..rejected(Stage::Rcpt, peer(rest).0, b"")
        });
    }
    refused_connection(text)
}

/// `refused connection from HOST (host_reject_connection)`, `connection from HOST refused (IP options)`,
/// `temporarily refused connection from HOST: not in reserve list: connected=20 max=20 reserve=5`.
fn refused_connection(text: &[u8]) -> Option<Event<'_>> {
    const BEGINS: [&[u8]; 3] = [
        b"refused connection from ",
        b"temporarily refused connection from ",
        b"connection from ",
    ];
    let named = strip_any(text, &BEGINS)?;
    let (host, rest) = peer(named);
    if text.starts_with(b"connection ") && !rest.starts_with(b"refused (") {
        return None;
    }
    Some(Event {
        text,
        ..rejected(Stage::Connect, host, b"")
    })
}

/// A reject whose verb comes before its host.
fn rejected_verb(verb: &[u8]) -> Option<Event<'_>> {
    if let Some(rest) = verb
        .strip_prefix(b"from ")
        .filter(|it| it.starts_with(b"<"))
    {
        let (sender, rest) = fields::address(rest)?;
        let (host, text) = peer(rest);
        return Some(Event {
            sender,
            ..rejected(Stage::EndOfMessage, host, text)
        });
    }
    if let Some(rest) = verb
        .strip_prefix(b"MAIL FROM:")
        .filter(|it| it.starts_with(b"<"))
    {
        let (sender, rest) = fields::address(rest)?;
        let (host, text) = peer(rest);
        return Some(Event {
            sender,
            ..rejected(Stage::Mail, host, text)
        });
    }
    // The command is one word, and none of the client's other words come before the host.
    let end = verb.iter().position(|&b| b == b' ').unwrap_or(verb.len());
    if let Some(named) = verb[end..].strip_prefix(b" from ") {
        let (host, text) = peer(named);
        return Some(rejected(stage_of(verb), host, text));
    }
    refusal(verb, b"")
}
