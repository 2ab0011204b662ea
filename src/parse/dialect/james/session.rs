//! Messages of the servers for SMTP and LMTP.

use super::frame::{Framed, class};
use super::{Parsed, SERVER};
use crate::parse::dialect::Mta;
use crate::parse::reply;
use crate::parse::scan::{self, find, split_on};
use crate::parse::{Direction, Event, Fact, Level, Outcome, Stage};

/// Parses a message; `None` for those of other servers and without a form of their own.
pub(super) fn parse<'a>(framed: &Framed<'a>) -> Option<Parsed<'a>> {
    let text = framed.text;
    // Versions before 3.3 begin with the id of the session.
    let text = match text.strip_prefix(b"ID=") {
        Some(rest) => scan::split(rest, b' ').map_or(text, |(_, rest)| rest),
        None => text,
    };
    if text.starts_with(b"Successfully spooled mail ") {
        return Some(Parsed::Noise(Some(Fact::Accepted {
            service: SERVER,
            queue_id: b"",
            sender: b"",
            client: b"",
            user: b"",
            size: None,
            recipients: None,
            tls: None,
        })));
    }
    if text.starts_with(b"SMTP Authentication failed") {
        let fact = Fact::AuthFailed(SERVER, Level::Warning);
        return Some(Parsed::Noise(Some(fact)));
    }
    if text.starts_with(b"Connection established from ") {
        let is_smtp = framed.protocol == b"SMTP" || framed.protocol == b"LMTP";
        return Some(Parsed::Noise(is_smtp.then_some(Fact::Connected(SERVER))));
    }
    if text.starts_with(b"Unknown error occurred while processing DATA.") {
        let fact = Fact::Diagnostic(Mta::James, Level::Error);
        return Some(Parsed::Noise(Some(fact)));
    }
    // Of MAIL FROM; after the content, the result of a hook follows.
    if text.starts_with(b"Rejected message from ") && text.ends_with(b" based on SIZE option.") {
        let mut event = Event::new(SERVER, Direction::Inbound, Outcome::Rejected);
        event.stage = Some(Stage::Mail);
        event.text = text;
        return Some(Parsed::Event(event));
    }
    hook(text)
}

/// The result of a hook, which is a class: `org.apache.james.….ValidRcptHandler: result= (DENY CONNECTED) 550 5.1.1
/// Unknown user: x`; without code in versions before 3.5, and as `result=2 (DENY)` before 3.2.
fn hook(text: &[u8]) -> Option<Parsed<'_>> {
    let (name, rest) = split_on(text, b": result=")?;
    if name.contains(&b' ') {
        return None;
    }
    let (_, rest) = split_on(rest, b"(")?;
    let (result, words) = scan::split(rest, b')').unwrap_or((rest, b""));
    if !result.starts_with(b"DENY") {
        return Some(Parsed::Noise(None));
    }
    let mut event = Event::new(SERVER, Direction::Inbound, Outcome::Rejected);
    event.stage = Some(stage(class(name)));
    event.text = match words.trim_ascii() {
        b"" | b"null null" => result,
        words => words,
    };
    if let Some(reply) = reply::parse(event.text) {
        event.code = Some(reply.code);
        event.enhanced = reply.enhanced;
    }
    Some(Parsed::Event(event))
}

/// The stage in which a hook runs, by the name of its class.
fn stage(class: &[u8]) -> Stage {
    const NAMES: [(&[u8], Stage); 17] = [
        (b"Rcpt", Stage::Rcpt),
        (b"DNSRBL", Stage::Rcpt),
        (b"Greylist", Stage::Rcpt),
        (b"GreyList", Stage::Rcpt),
        (b"SPF", Stage::Rcpt),
        (b"Relay", Stage::Rcpt),
        (b"Tarpit", Stage::Rcpt),
        (b"Helo", Stage::Helo),
        (b"Ehlo", Stage::Helo),
        (b"Message", Stage::EndOfMessage),
        (b"SpamAssassin", Stage::EndOfMessage),
        (b"URIRBL", Stage::EndOfMessage),
        (b"SendMail", Stage::EndOfMessage),
        (b"MailSize", Stage::Mail),
        (b"Sender", Stage::Mail),
        (b"AuthRequired", Stage::Mail),
        (b"Auth", Stage::Auth),
    ];
    let found = NAMES.iter().find(|(name, _)| find(class, name).is_some());
    found.map_or(Stage::Other, |(_, stage)| *stage)
}
