//! Sessions of clients: connections, failed authentication and rejects, which are logged without the reply.

use super::SMTP;
use super::delivery::protocol;
use super::entry::Entry;
use crate::parse::dialect::Mta;
use crate::parse::notices::{TlsSession, TlsTrust};
use crate::parse::reply;
use crate::parse::{Direction, Event, Fact, Level, Line, Outcome, Stage};

/// Parses a record; `None` if it is noise.
pub(super) fn parse<'a, 'e>(
    entry: &Entry<'a>,
    slot: &'e mut Option<Event<'a>>,
) -> Option<Line<'a, 'e>> {
    let fact = match (entry.group, entry.event) {
        (b"smtp", b"connection-start") => Fact::Connected(SMTP),
        (b"smtp", b"time-limit-exceeded") => Fact::ConnectionLost(SMTP, Stage::Other),
        (b"auth", b"failed" | b"too-many-attempts") => Fact::AuthFailed(SMTP, Level::Warning),
        (b"tls", b"handshake") => {
            let session = TlsSession {
                trust: TlsTrust::Unknown,
                protocol: protocol(entry.fields().version),
            };
            Fact::TlsEstablished(SMTP, Direction::Inbound, session)
        }
        (b"tls", b"handshake-error") => Fact::TlsFailed(Mta::Stalwart, Direction::Inbound),
        (b"smtp", event) => {
            let stage = stage(event)?;
            let fields = entry.fields();
            let event = slot.insert(Event::new(SMTP, Direction::Inbound, Outcome::Rejected));
            event.code = fields.code;
            event.enhanced = fields
                .code
                .and_then(|_| reply::text_enhanced(fields.details));
            event.stage = Some(stage);
            event.host = fields.remote;
            event.sender = fields.sender;
            event.recipient = fields.recipient;
            event.text = match fields.details {
                b"" => entry.description,
                details => details,
            };
            return Some(Line::Event(event));
        }
        _ => return None,
    };
    Some(Line::Noise(Some(fact)))
}

/// The stage of a reject; `None` for all other events.
fn stage(event: &[u8]) -> Option<Stage> {
    Some(match event {
        b"concurrency-limit-exceeded" => Stage::Connect,
        b"invalid-ehlo" | b"ehlo-expected" | b"lhlo-expected" | b"did-not-say-ehlo" => Stage::Helo,
        b"auth-not-allowed"
        | b"auth-mechanism-not-supported"
        | b"auth-exchange-too-long"
        | b"already-authenticated"
        | b"missing-auth-directory" => Stage::Auth,
        b"start-tls-unavailable" | b"start-tls-already" => Stage::StartTls,
        b"mail-from-unauthenticated"
        | b"mail-from-unauthorized"
        | b"mail-from-not-allowed"
        | b"multiple-mail-from"
        | b"invalid-sender-address"
        | b"require-tls-disabled"
        | b"deliver-by-disabled"
        | b"deliver-by-invalid"
        | b"future-release-disabled"
        | b"future-release-invalid"
        | b"mt-priority-disabled"
        | b"mt-priority-invalid"
        | b"dsn-disabled" => Stage::Mail,
        b"mailbox-does-not-exist"
        | b"relay-not-allowed"
        | b"rcpt-to-greylisted"
        | b"too-many-recipients"
        | b"too-many-invalid-rcpt"
        | b"invalid-recipient-address"
        | b"mail-from-missing"
        | b"rate-limit-exceeded" => Stage::Rcpt,
        b"rcpt-to-missing" | b"too-many-messages" => Stage::Data,
        b"message-too-large"
        | b"loop-detected"
        | b"message-parse-failed"
        | b"request-too-large" => Stage::EndOfMessage,
        b"vrfy-not-found" | b"vrfy-disabled" | b"expn-not-found" | b"expn-disabled" => Stage::Vrfy,
        b"command-not-implemented"
        | b"invalid-command"
        | b"invalid-parameter"
        | b"unsupported-parameter"
        | b"syntax-error"
        | b"transfer-limit-exceeded" => Stage::Other,
        _ => return None,
    })
}
