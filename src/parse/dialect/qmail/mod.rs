//! qmail 1.03 and what is made of it: netqmail, notqmail, s/qmail.
//!
//! `stamp` takes off the time stamps that its log tools write: splogger, multilog, tai64nlocal. `send` parses the lines
//! of qmail-send, with `report` for the result of a delivery. `smtpd` tells the lines of the programs around qmail-smtpd
//! apart: `tcpserver` (also rblsmtpd, recordio), `filters` (spamdyke, simscan) and `patches` of qmail-smtpd itself.
//!
//! Source of the forms: qmail-log(5), qmail-send.c, qmail-remote.c, qmail-rspawn.c and splogger.c of notqmail 1.09; the
//! description of logging in s/qmail; the documentation of chkuser, simscan and spamdyke.
//!
//! Not in the log: replies of qmail-smtpd itself, and which of several errors prevented a connection. The recipient is
//! only in the line `starting delivery`, so later lines are joined to it by the number of the delivery.

mod filters;
mod indimail;
mod patches;
mod report;
mod send;
mod smtpd;
mod stamp;
mod tcpserver;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use crate::parse::correlate::Correlated;
use crate::parse::dialect::api::{AgentDef, Confidence, Dialect, Record};
use crate::parse::dialect::{Agent, Mta};
use crate::parse::event::Visitor;
use crate::parse::frame::compose_prefix;
use crate::parse::frame::syslog::HeaderParser;
use crate::parse::kinds::Stamp;
use crate::parse::{Line, Service};

/// The dialect.
pub(in crate::parse) struct Qmail;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct QmailState {
    /// Deliveries that have started, by their number.
    deliveries: Correlated<send::Delivery, 1024>,
    /// The senders of messages, by the number of the message.
    senders: Correlated<Box<[u8]>, 1024>,
    /// The delivery of the current line.
    #[serde(skip)]
    current: Option<send::Delivery>,
    /// The text of the current line, with spaces instead of underscores.
    #[serde(skip)]
    text: Vec<u8>,
}

/// Clients and what is accepted or rejected.
const SMTPD: Service<'static> = Service::of(Agent::new(Mta::Qmail, 0));
/// Deliveries to other servers.
const REMOTE: Service<'static> = Service::of(Agent::new(Mta::Qmail, 1));
/// Deliveries on this host.
const LOCAL: Service<'static> = Service::of(Agent::new(Mta::Qmail, 2));
/// The queue.
const SEND: Service<'static> = Service::of(Agent::new(Mta::Qmail, 3));

impl Dialect for Qmail {
    const NAME: &'static str = "qmail";
    const AGENTS: &'static [AgentDef] = &[
        AgentDef {
            accepts_clients: true,
            authenticates: true,
            ..AgentDef::named("smtpd")
        },
        AgentDef {
            delivers: true,
            ..AgentDef::named("remote")
        },
        AgentDef::named("local"),
        AgentDef::named("send"),
    ];
    const STATE_VERSION: u16 = 1;
    const DEFAULT_LOGS: &'static [&'static str] = &[
        "/var/log/qmail/current",
        "/var/log/qmail/qmail-send/current",
        "/var/log/qmail/send/current",
        "/var/log/qmail/smtpd/current",
        "/var/log/qmail/qmail-smtpd/current",
        "/var/log/qmail-send/current",
        "/var/log/qmail-smtpd/current",
    ];

    type State = QmailState;

    fn owns(tag: &[u8]) -> bool {
        match tag {
            [b'q', b'm', b'a', b'i', b'l', rest @ ..] => {
                // The virus scanner, the mailing list manager and the handlers of Plesk are programs of their own.
                !matches!(rest.first(), Some(byte) if byte.is_ascii_alphabetic())
                    && !rest.ends_with(b"-handlers")
                    && rest != b"-queue"
                    && rest != b"-scanner"
            }
            b"rblsmtpd" | b"spamdyke" | b"vpopmail" => true,
            _ => false,
        }
    }

    fn claims(tag: &[u8], body: &[u8]) -> bool {
        match tag {
            _ if Self::owns(tag) => true,
            [b'q', b'm', b'a', b'i', b'l', ..] => false,
            b"tcpserver" | b"sslserver" => tcpserver::is_mail_connection(body),
            _ => match stamp::after_epoch(body) {
                Some(text) => is_own_text(text) || send::is_complaint(text),
                None => is_own_text(body),
            },
        }
    }

    fn probe(line: &[u8]) -> Confidence {
        let line = compose_prefix::strip(line);
        match stamp::text(line) {
            Some(text) if is_own_text(text) => Confidence::Certain,
            Some(text) if line.first() == Some(&b'@') && send::is_complaint(text) => {
                Confidence::Certain
            }
            Some(text) if text.len() < line.len() && line.first() == Some(&b'@') => {
                Confidence::Possible
            }
            _ => Confidence::No,
        }
    }

    fn frame<'a>(
        _: &mut QmailState,
        headers: &mut HeaderParser,
        line: &'a [u8],
    ) -> (Option<Stamp>, &'a [u8]) {
        let (read, line) = compose_prefix::split(headers, line);
        let (time, text) = stamp::split(headers, line);
        (read.or(time), text)
    }

    fn read<'a>(state: &'a mut QmailState, record: &Record<'a>, visitor: &mut impl Visitor<'a>) {
        let mut slot = None;
        let line = match stamp::after_epoch(record.body) {
            // The rest of a line that splogger has split.
            Some(text) if text.first() == Some(&b'+') => Line::Noise(None),
            stamped => {
                let text = stamped.unwrap_or(record.body);
                match smtpd::parse(record.tag, text, &mut slot) {
                    Some(line) => line,
                    None if record.tag == b"qmail-smtpd" => {
                        patches::of_qmail_smtpd(text, &mut slot)
                    }
                    None => send::parse(state, record.time, text, &mut slot),
                }
            }
        };
        visitor.visit(record.time, line);
    }
}

/// Whether only programs of qmail write a text that begins so.
fn is_own_text(text: &[u8]) -> bool {
    send::is_own_text(text) || smtpd::is_own_text(text)
}
