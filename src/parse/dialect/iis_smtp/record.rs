//! What a record says in any of the formats, and the event that it is.

use super::{RECEIVE, SEND};
use crate::parse::correlate::Correlated;
use crate::parse::frame::w3c;
use crate::parse::kinds::Stamp;
use crate::parse::scan::{address, number, split};
use crate::parse::transcript::{Transcript, stage_of};
use crate::parse::{Direction, Event, Line, Outcome, Stage};

/// A record. Missing values are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values<'a> {
    /// The address of the client, or of the server that we sent to.
    pub address: &'a [u8],
    /// The user: the client's name, or that the record is of a session with another server.
    pub user: &'a [u8],
    /// The SMTP command.
    pub method: &'a [u8],
    /// The arguments of the command, or the reply.
    pub query: &'a [u8],
    /// Our reply.
    pub status: &'a [u8],
}

/// What the service names the client in records of sessions with other servers.
pub(super) const RESPONSE: &[u8] = b"OutboundConnectionResponse";
pub(super) const COMMAND: &[u8] = b"OutboundConnectionCommand";

/// The status of QUIT in the log, which the client is not told.
const QUIT: u64 = 240;

/// Methods of HTTP. Records in the logs of web sites have the same form.
const HTTP_METHODS: [&[u8]; 6] = [b"GET", b"POST", b"HEAD", b"PUT", b"OPTIONS", b"PROPFIND"];

impl<'a> Values<'a> {
    /// The line that the record is.
    pub fn parse<'e>(
        &self,
        sessions: &'a mut Correlated<Transcript, 512>,
        time: Option<Stamp>,
        text: &'a mut Vec<u8>,
        slot: &'e mut Option<Event<'a>>,
    ) -> Line<'a, 'e> {
        match self.user {
            RESPONSE => {
                w3c::decode(self.query, text);
                let transcript = sessions.get_or_default(self.address, time);
                match self.response(transcript, text) {
                    Some(event) => Line::Event(slot.insert(event)),
                    None if text.is_empty() => Line::Noise(None),
                    None => Line::Unmatched,
                }
            }
            COMMAND => {
                self.command(text);
                sessions.get_or_default(self.address, time).command(text);
                Line::Noise(None)
            }
            _ => self.request(slot),
        }
    }

    /// Whether a client sent a command of HTTP, as in the log of a web site.
    pub fn is_http_request(&self) -> bool {
        !matches!(self.user, RESPONSE | COMMAND) && HTTP_METHODS.contains(&self.method)
    }

    /// A reply of another server.
    fn response(&self, transcript: &'a mut Transcript, text: &'a [u8]) -> Option<Event<'a>> {
        transcript.keep_host(text, self.address);
        let answer = transcript.reply(text)?;
        let outcome = match answer.is_delivery() {
            true => Outcome::Sent,
            false => Outcome::Attempt,
        };
        Some(Event {
            code: Some(answer.code),
            enhanced: answer.enhanced,
            host: match answer.host.is_empty() {
                true => self.address,
                false => answer.host,
            },
            sender: answer.sender,
            recipient: answer.recipient,
            text,
            ..Event::new(SEND, Direction::Outbound, outcome)
        })
    }

    /// Writes the command to another server, as it was sent.
    fn command(&self, text: &mut Vec<u8>) {
        text.clear();
        text.extend_from_slice(self.method);
        text.push(b' ');
        let is_chunk = self.method.eq_ignore_ascii_case(b"BDAT");
        text.extend(self.query.iter().map(|&byte| match byte {
            b'+' if is_chunk => b' ',
            // An address may contain one.
            byte => byte,
        }));
    }

    /// A command of a client, with the status of our reply.
    fn request<'e>(&self, slot: &'e mut Option<Event<'a>>) -> Line<'a, 'e> {
        let code = match number(self.status) {
            Some((code @ 200..=599, [])) if self.status.len() == 3 && code != QUIT => code,
            _ => return Line::Noise(None),
        };
        let outcome = match code {
            400.. => Outcome::Rejected,
            _ => Outcome::Attempt,
        };
        let mut event = Event {
            code: u16::try_from(code).ok(),
            host: self.address,
            ..Event::new(RECEIVE, Direction::Inbound, outcome)
        };
        let stage = stage_of(self.method);
        if outcome == Outcome::Rejected {
            event.stage = Some(stage);
        }
        match stage {
            Stage::Mail => event.sender = self.path(),
            Stage::Rcpt => event.recipient = self.path(),
            _ => {}
        }
        Line::Event(slot.insert(event))
    }

    /// The address in the arguments of MAIL and RCPT, `+FROM:+<a@example.net>+SIZE=1`.
    fn path(&self) -> &'a [u8] {
        let Some((_, path)) = split(self.query, b':') else {
            return b"";
        };
        let path = path.strip_prefix(b"+").unwrap_or(path);
        address(path).map_or(b"", |(address, _)| address)
    }
}
