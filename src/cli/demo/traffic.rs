//! Simulated mail traffic: a mail server sends newsletters, during phases in which one provider throttles it and mailboxes at
//! another are full. `logs` writes what the server logs about it.
//!
//! The traffic depends on the time since the start only, so every run of the demo is the same. Before the start there
//! are six hours of usual traffic, and the first minutes of throttling, so that its alert does not take long.

use jiff::{SignedDuration, Timestamp};

use super::logs::DemoServer;

/// Seconds after which the phases repeat: long enough for the alerts to be resolved.
const CYCLE: u64 = 720;

/// How long throttling has lasted when the demo starts, in seconds.
const BEFORE: u64 = 60;

/// How much usual traffic there was before, and the time between two messages of it, in seconds.
const PAST: u64 = 6 * 3_600;
const PAST_PACE: u64 = 2;

/// A remote mail server.
pub struct Remote {
    pub host: &'static str,
    pub address: &'static str,
    pub domain: &'static str,
}

const GOOGLE: Remote = Remote {
    host: "gmail-smtp-in.l.google.com",
    address: "192.0.2.26",
    domain: "gmail.com",
};
const TENCENT: Remote = Remote {
    host: "mx1.qq.com",
    address: "198.51.100.7",
    domain: "qq.com",
};
const MICROSOFT: Remote = Remote {
    host: "outlook-com.olc.protection.outlook.com",
    address: "203.0.113.33",
    domain: "outlook.com",
};
const SMALL: Remote = Remote {
    host: "mx.example.net",
    address: "203.0.113.80",
    domain: "example.net",
};
const UNREACHABLE: Remote = Remote {
    host: "mx.example.org",
    address: "203.0.113.99",
    domain: "example.org",
};

/// A phase of the cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Usual traffic.
    Normal,
    /// One provider answers most mail with 421.
    Throttled,
    /// Mailboxes are full: 422, 452 4.2.2, 552 5.2.2.
    MailboxesFull,
}

impl Phase {
    /// The phase at a number of seconds since the start.
    pub fn at(second: u64) -> Self {
        match (second + BEFORE) % CYCLE {
            0..210 => Phase::Throttled,
            240..390 => Phase::MailboxesFull,
            _ => Phase::Normal,
        }
    }
}

/// A message that is sent.
pub struct Message {
    /// Its number since the first one.
    pub number: u64,
    /// The server that it is for.
    pub remote: &'static Remote,
    /// What becomes of it.
    pub result: Result,
}

/// What becomes of a message.
pub enum Result {
    /// It is taken.
    Sent,
    /// It is refused.
    Refused(Refusal),
    /// The server refuses connections.
    NotConnected,
}

/// A remote server's reply that is not success.
#[derive(Clone, Copy)]
pub struct Refusal {
    pub reply: &'static str,
    /// Whether it answers the content, rather than the recipient.
    pub after_content: bool,
    /// The delivery status code of the mail server.
    pub dsn: &'static str,
    /// Whether it is permanent.
    pub permanent: bool,
}

impl Message {
    /// The message with a number, which depends on the phase.
    fn new(number: u64, phase: Phase) -> Self {
        let (remote, result) = match refusal(number, phase) {
            Some((remote, refusal)) => (remote, Result::Refused(refusal)),
            None if number % 16 == 15 => (&UNREACHABLE, Result::NotConnected),
            None => {
                let remote = [&GOOGLE, &TENCENT, &MICROSOFT, &SMALL][(number % 4) as usize];
                (remote, Result::Sent)
            }
        };
        Message {
            number,
            remote,
            result,
        }
    }

    /// Bytes.
    pub fn size(&self) -> u64 {
        2_000 + self.number * 977 % 60_000
    }

    /// The local part of the recipient's address.
    pub fn user(&self) -> String {
        format!("user{}", self.number)
    }

    /// The recipient's address.
    pub fn recipient(&self) -> String {
        format!("{}@{}", self.user(), self.remote.domain)
    }

    /// The reply of the server that takes it.
    pub fn accepted(&self) -> String {
        format!("250 2.0.0 OK {} - demo", self.number)
    }

    /// Name and address of the client that it comes from.
    pub fn client(&self) -> (String, String) {
        let number = self.number % 3;
        let name = format!("app{number}.example.com");
        (name, format!("10.0.0.{}", number + 1))
    }
}

/// The refusal that a message meets, if it meets one.
fn refusal(number: u64, phase: Phase) -> Option<(&'static Remote, Refusal)> {
    let refusal = |reply, dsn| Refusal {
        reply,
        after_content: false,
        dsn,
        permanent: false,
    };
    match (phase, number % 8) {
        (Phase::Throttled, 0..=5) => {
            let reply = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail \
                         originating from your IP address, please try again later";
            let refusal = Refusal {
                after_content: true,
                ..refusal(reply, "4.7.28")
            };
            Some((&GOOGLE, refusal))
        }
        (Phase::MailboxesFull, 0..=2) => {
            let reply = "422 The recipient's mailbox is over its storage limit";
            Some((&TENCENT, refusal(reply, "4.0.0")))
        }
        (Phase::MailboxesFull, 3) => {
            let reply = "452 4.2.2 The email account that you tried to reach is over quota";
            Some((&GOOGLE, refusal(reply, "4.2.2")))
        }
        (Phase::MailboxesFull, 4) => {
            let refusal = Refusal {
                permanent: true,
                ..refusal("552 5.2.2 Mailbox full", "5.2.2")
            };
            Some((&SMALL, refusal))
        }
        (Phase::Normal, 6) if number % 48 == 6 => {
            let reply = "550 5.1.1 The email account that you tried to reach does not exist";
            let refusal = Refusal {
                permanent: true,
                ..refusal(reply, "5.1.1")
            };
            Some((&MICROSOFT, refusal))
        }
        _ => None,
    }
}

/// Generates the lines of a mail server's log.
pub struct Traffic {
    server: DemoServer,
    messages: u64,
}

impl Traffic {
    /// Begins with the first message.
    pub fn new(server: DemoServer) -> Self {
        Traffic {
            server,
            messages: 0,
        }
    }

    /// The log of the time before the start.
    pub fn past(&mut self, start: Timestamp) -> String {
        let before = |ago: u64| {
            let ago = SignedDuration::from_secs(i64::try_from(ago).unwrap_or_default());
            start.saturating_sub(ago).unwrap_or(start)
        };
        let mut text = self.server.heading(before(PAST));
        let dated = self.server.writes_dates();
        let usual = (BEFORE..PAST).rev();
        for ago in usual.filter(|ago| dated && ago.is_multiple_of(PAST_PACE)) {
            self.message(&mut text, Phase::Normal, before(ago));
        }
        for ago in (1..=BEFORE).rev() {
            for tick in 0..10 {
                text += &self.lines_of(tick, Phase::Throttled, before(ago));
            }
        }
        text
    }

    /// The lines of a tick, which is a tenth of a second.
    pub fn tick(&mut self, tick: u64, now: Timestamp) -> String {
        self.lines_of(tick, Phase::at(tick / 10), now)
    }

    fn lines_of(&mut self, tick: u64, phase: Phase, now: Timestamp) -> String {
        let mut text = String::new();
        let messages = match phase {
            Phase::Normal => u64::from(tick.is_multiple_of(10)),
            Phase::Throttled => u64::from(tick.is_multiple_of(3)),
            Phase::MailboxesFull => u64::from(tick.is_multiple_of(4)),
        };
        for _ in 0..messages {
            self.message(&mut text, phase, now);
        }
        if tick.is_multiple_of(70) {
            // Sometimes the client also tries to log in.
            let logs_in = tick.is_multiple_of(210);
            self.server.rejected_client(&mut text, now, logs_in);
        }
        text
    }

    fn message(&mut self, text: &mut String, phase: Phase, now: Timestamp) {
        self.messages += 1;
        let message = Message::new(self.messages, phase);
        self.server.message(text, now, &message);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::ValueEnum;
    use jiff::tz::TimeZone;

    use super::*;
    use crate::catalog::{Catalog, Providers};
    use crate::parse::{Direction, Line, LineParser, Mta};

    /// Codes and outcomes that a server's log does not tell, or tells otherwise, and why.
    const CANNOT_TELL: &[(Mta, &[&str], &str)] = &[
        (Mta::Dma, &["deferred"], NO_END_WITHOUT_HOST),
        (Mta::Dovecot, &["deferred"], NO_END_WITHOUT_HOST),
        (
            Mta::Exchange,
            &["sent", "deferred", "bounced"],
            "what becomes of a message is in another log",
        ),
        (Mta::GroupWise, &["101", "111"], NO_CAUSE),
        (Mta::IisSmtp, &["111", "deferred", "bounced"], NO_FAILURES),
        (Mta::James, &["111"], NO_CAUSE),
        (
            Mta::MailEnable,
            &["111", "deferred", "bounced"],
            NO_FAILURES,
        ),
        (
            Mta::MDaemon,
            &["deferred", "bounced"],
            "what becomes of a message that was refused",
        ),
        (Mta::Qmail, &["101", "111"], NO_CAUSE),
    ];
    const NO_END_WITHOUT_HOST: &str = "the end of a delivery without a connection";
    const NO_CAUSE: &str = "why there was no connection";
    const NO_FAILURES: &str = "failed connections, and what becomes of a message that was refused";

    /// How often each failed outbound code, and each outcome, is in the log of a part of each phase.
    fn counts(server: DemoServer) -> BTreeMap<String, u32> {
        let start: Timestamp = "2026-11-23T10:00:00Z".parse().expect("a time");
        let mut traffic = Traffic::new(server);
        let mut log = server.heading(start);
        let seconds = (0..30).chain(240..280).chain(400..500);
        for tick in seconds.flat_map(|second| second * 10..(second + 1) * 10) {
            let now = start + SignedDuration::from_millis(tick as i64 * 100);
            log += &traffic.tick(tick, now);
        }
        let catalog = Catalog::embedded();
        let end = start + SignedDuration::from_hours(1);
        let mut parser = LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, end);
        let lines: Vec<&[u8]> = log.lines().map(str::as_bytes).collect();
        parser.detect(&lines);
        let mut counts = BTreeMap::new();
        for line in lines {
            let text = String::from_utf8_lossy(line);
            let mut slot = None;
            match parser.parse(line, &mut slot).line {
                Line::Event(event) => {
                    assert_eq!(event.mta(), server.mta, "{text}");
                    if event.direction != Direction::Outbound {
                        continue;
                    }
                    if let Some(code) = event.code.filter(|code| *code >= 400 || *code < 200) {
                        *counts.entry(code.to_string()).or_default() += 1;
                    }
                    if event.outcome.delivery_index().is_some() {
                        *counts.entry(event.outcome.name().to_owned()).or_default() += 1;
                    }
                }
                Line::Unmatched => panic!("{}: {text}", server.mta.name()),
                _ => {}
            }
        }
        counts
    }

    #[test]
    fn log_of_every_server_tells_the_same() {
        let servers = DemoServer::value_variants();
        let postfix = servers.iter().find(|it| it.mta == Mta::Postfix);
        let expected = counts(*postfix.expect("Postfix"));
        assert!(expected["421"] > 50 && expected["422"] > 30, "{expected:?}");
        for &server in servers {
            let mut told = counts(server);
            let mut expected = expected.clone();
            let unknown = CANNOT_TELL.iter().filter(|(mta, ..)| *mta == server.mta);
            for (_, names, why) in unknown {
                for &name in *names {
                    let pair = (told.remove(name), expected.remove(name));
                    assert_ne!(pair.0, pair.1, "{server:?} tells {name}: {why}");
                }
            }
            assert_eq!(told, expected, "{server:?}");
        }
    }

    #[test]
    fn every_mail_server_has_a_log() {
        let filters = [Mta::Custom, Mta::Rspamd, Mta::Amavis];
        for mta in Mta::ALL.into_iter().filter(|mta| !filters.contains(mta)) {
            let server = DemoServer::from_str(mta.name(), false).map(|it| it.mta);
            assert_eq!(server, Ok(mta));
        }
    }
}
