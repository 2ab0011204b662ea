//! `hmailserver_awstats.log`, the result of each message for the program AWStats: time, sender, recipient, host of the
//! sender, host of the recipient, `SMTP`, `?`, code and size, separated by tabs.
//!
//! The code is 250 for every message that was delivered, and that of hMailServer's own reply for one that was rejected.

use super::{DELIVERER, SMTPC, SMTPD};
use crate::parse::scan::number;
use crate::parse::{Direction, Event, Outcome, Stage};

/// A record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit<'a> {
    pub time: &'a [u8],
    sender: &'a [u8],
    recipient: &'a [u8],
    /// The address of the client.
    client: &'a [u8],
    /// The server that took the message; `127.0.0.1` for a mailbox here, and if nobody took it.
    server: &'a [u8],
    code: u16,
}

impl<'a> Visit<'a> {
    pub fn of(line: &'a [u8]) -> Option<Self> {
        let mut values = line.split(|&byte| byte == b'\t');
        let mut next = || values.next();
        let [time, sender, recipient, client, server, method, url, code] = [
            next()?,
            next()?,
            next()?,
            next()?,
            next()?,
            next()?,
            next()?,
            next()?,
        ];
        let (_, after_size) = number(next()?)?;
        let is_own = time.len() == 19 && method == b"SMTP" && url == b"?" && after_size.is_empty();
        let (code, after_code) = number(code)?;
        let code = u16::try_from(code)
            .ok()
            .filter(|it| (200..600).contains(it))?;
        (is_own && after_code.is_empty()).then_some(Visit {
            time,
            sender,
            recipient,
            client,
            server,
            code,
        })
    }

    pub fn event(self) -> Event<'a> {
        let is_local = self.server == b"127.0.0.1";
        let event = |service, direction, outcome| Event {
            sender: self.sender,
            recipient: self.recipient,
            ..Event::new(service, direction, outcome)
        };
        match self.code {
            ..400 if is_local => event(DELIVERER, Direction::Local, Outcome::Sent),
            ..400 => Event {
                code: Some(self.code),
                host: self.server,
                ..event(SMTPC, Direction::Outbound, Outcome::Sent)
            },
            400.. => Event {
                code: Some(self.code),
                host: self.client,
                stage: Some(Stage::Other),
                ..event(SMTPD, Direction::Inbound, Outcome::Rejected)
            },
        }
    }
}
