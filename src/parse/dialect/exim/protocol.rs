//! Clients that our server refused for how they behaved: errors of the protocol, too many connections, wrong
//! credentials.

use super::fields;
use super::rejection::{peer, rejected};
use super::strip_any;
use crate::parse::scan::split_on;
use crate::parse::{Event, Stage};

/// `SMTP call from HOST dropped: reason`, `SMTP protocol error in "COMMAND" H=… reason`,
/// `SMTP protocol synchronization error (…): rejected connection from H=…`.
pub(super) fn session(text: &[u8]) -> Option<Event<'_>> {
    if let Some(named) = text.strip_prefix(b"SMTP call from ") {
        let (host, rest) = peer(named);
        let words = strip_any(rest, &[b"dropped: ", b"dropped by "])?;
        return Some(Event {
            text: words,
            ..rejected(Stage::Other, host, b"")
        });
    }
    if let Some(rest) = strip_any(
        text,
        &[b"SMTP protocol error in \"", b"SMTP syntax error in \""],
    ) {
        // The command is the client's, who may have put a host into it.
        let at = memchr::memmem::rfind(rest, b"\" ")?;
        let at = memchr::memmem::rfind(rest, b"\" H=").unwrap_or(at);
        let (host, words) = peer(&rest[at + 1..]);
        return Some(Event {
            text: words,
            ..rejected(stage_of_command(rest), host, b"")
        });
    }
    let rest = strip_any(
        text,
        &[
            b"SMTP protocol synchronization error (",
            b"SMTP protocol violation: synchronization error (",
        ],
    )?;
    let (_, rest) = split_on(rest, b"): rejected ")?;
    let (stage, named) = match rest.strip_prefix(b"connection from ") {
        Some(named) => (Stage::Connect, named),
        None => {
            let (command, named) = fields::quoted(rest);
            (stage_of_command(command), named)
        }
    };
    Some(Event {
        text,
        ..rejected(stage, peer(named).0, b"")
    })
}

/// The stage of a command in whichever case the client wrote it.
fn stage_of_command(command: &[u8]) -> Stage {
    const COMMANDS: [(&[u8], Stage); 10] = [
        (b"RCPT", Stage::Rcpt),
        (b"MAIL", Stage::Mail),
        (b"AUTH", Stage::Auth),
        (b"DATA", Stage::Data),
        (b"BDAT", Stage::Data),
        (b"EHLO", Stage::Helo),
        (b"HELO", Stage::Helo),
        (b"VRFY", Stage::Vrfy),
        (b"EXPN", Stage::Vrfy),
        (b"ETRN", Stage::Etrn),
    ];
    let verb = &command[..command.len().min(4)];
    if command.len() >= 8 && command[..8].eq_ignore_ascii_case(b"STARTTLS") {
        return Stage::StartTls;
    }
    let found = COMMANDS
        .iter()
        .find(|(name, _)| verb.eq_ignore_ascii_case(name));
    found.map_or(Stage::Other, |&(_, stage)| stage)
}

/// `Connection from HOST refused: too many connections`.
pub(super) fn too_many_connections(text: &[u8]) -> Option<Event<'_>> {
    let named = text.strip_prefix(b"Connection from ")?;
    let (host, rest) = peer(named);
    let words = rest.strip_prefix(b"refused: ")?;
    Some(Event {
        text: words,
        ..rejected(Stage::Connect, host, b"")
    })
}

/// What follows `NAME authenticator failed for `: the host and the reply.
pub(super) fn authenticator(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().take(64).position(|&b| b == b' ')?;
    text[end..].strip_prefix(b" authenticator failed for ")
}

/// `NAME authenticator failed for HOST: 535 reason`.
pub(super) fn authentication(text: &[u8]) -> Option<Event<'_>> {
    let (host, words) = peer(authenticator(text)?);
    Some(rejected(Stage::Auth, host, words))
}
