//! Simulated mail traffic: the log of a Postfix that sends newsletters, during phases in which one
//! provider throttles it and mailboxes at another are full.
//!
//! The traffic depends on the time since the start only, so every run of the demo is the same. Before the start there
//! are six hours of usual traffic, and the first minutes of throttling, so that its alert does not take long.

use std::fmt::Write as _;

/// Seconds after which the phases repeat: long enough for the alerts to be resolved.
const CYCLE: u64 = 720;

/// How long throttling has lasted when the demo starts, in seconds.
const BEFORE: u64 = 60;

/// How much usual traffic there was before, and the time between two messages of it, in seconds.
const PAST: u64 = 6 * 3_600;
const PAST_PACE: u64 = 2;

/// A remote mail server.
struct Remote {
    host: &'static str,
    address: &'static str,
    domain: &'static str,
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

/// Generates log lines.
pub struct Traffic {
    messages: u64,
}

impl Traffic {
    /// Begins with the first message.
    pub fn new() -> Self {
        Traffic { messages: 0 }
    }

    /// The log of the time before the start; `stamp` makes the timestamp of a number of seconds before it.
    pub fn past(&mut self, stamp: impl Fn(u64) -> String) -> String {
        let mut text = String::new();
        for ago in (BEFORE..PAST)
            .rev()
            .filter(|ago| ago.is_multiple_of(PAST_PACE))
        {
            let timestamp = stamp(ago);
            let mut log = Log {
                text: std::mem::take(&mut text),
                timestamp: &timestamp,
            };
            self.messages += 1;
            message(&mut log, self.messages, Phase::Normal);
            text = log.text;
        }
        for ago in (1..=BEFORE).rev() {
            let timestamp = stamp(ago);
            for tick in 0..10 {
                text += &self.lines_of(tick, Phase::Throttled, &timestamp);
            }
        }
        text
    }

    /// The lines of a tick, which is a tenth of a second, with the given timestamp.
    pub fn tick(&mut self, tick: u64, timestamp: &str) -> String {
        self.lines_of(tick, Phase::at(tick / 10), timestamp)
    }

    fn lines_of(&mut self, tick: u64, phase: Phase, timestamp: &str) -> String {
        let mut log = Log {
            text: String::new(),
            timestamp,
        };
        let messages = match phase {
            Phase::Normal => u64::from(tick.is_multiple_of(10)),
            Phase::Throttled => u64::from(tick.is_multiple_of(3)),
            Phase::MailboxesFull => u64::from(tick.is_multiple_of(4)),
        };
        for _ in 0..messages {
            self.messages += 1;
            message(&mut log, self.messages, phase);
        }
        if tick.is_multiple_of(70) {
            rejected_client(&mut log, tick);
        }
        log.text
    }
}

struct Log<'a> {
    text: String,
    timestamp: &'a str,
}

impl Log<'_> {
    fn line(&mut self, daemon: &str, body: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.text,
            "{} demo postfix/{daemon}[4242]: {body}",
            self.timestamp
        );
    }
}

/// One message, from the client's connection to the delivery record.
fn message(log: &mut Log<'_>, number: u64, phase: Phase) {
    let id = format!("4D{:08X}", number * 7919);
    let client = format!("app{}.example.com[10.0.0.{}]", number % 3, number % 3 + 1);
    log.line("smtpd", &format!("connect from {client}"));
    log.line("smtpd", &format!("{id}: client={client}"));
    log.line(
        "cleanup",
        &format!("{id}: message-id=<{number}@example.com>"),
    );
    let size = 2_000 + number * 977 % 60_000;
    let active = format!("{id}: from=<news@example.com>, size={size}, nrcpt=1 (queue active)");
    log.line("qmgr", &active);
    log.line(
        "smtpd",
        &format!("disconnect from {client} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"),
    );
    if let Some(refusal) = refusal(number, phase) {
        refused(log, &id, number, &refusal);
    } else if number % 16 == 15 {
        not_connected(log, &id, number);
    } else {
        let remote = [&GOOGLE, &TENCENT, &MICROSOFT, &SMALL][(number % 4) as usize];
        sent(log, &id, number, remote);
    }
}

/// A remote server's reply that is not success.
struct Refusal {
    remote: &'static Remote,
    reply: &'static str,
    /// The SMTP command that it answers.
    command: &'static str,
    dsn: &'static str,
    status: &'static str,
}

/// The refusal that a message meets, if it meets one.
fn refusal(number: u64, phase: Phase) -> Option<Refusal> {
    match (phase, number % 8) {
        (Phase::Throttled, 0..=5) => Some(Refusal {
            remote: &GOOGLE,
            reply: "421 4.7.28 Our system has detected an unusual rate of unsolicited mail \
                    originating from your IP address, please try again later",
            command: "end of DATA command",
            dsn: "4.7.28",
            status: "deferred",
        }),
        (Phase::MailboxesFull, 0..=2) => Some(Refusal {
            remote: &TENCENT,
            reply: "422 The recipient's mailbox is over its storage limit",
            command: "RCPT TO command",
            dsn: "4.0.0",
            status: "deferred",
        }),
        (Phase::MailboxesFull, 3) => Some(Refusal {
            remote: &GOOGLE,
            reply: "452 4.2.2 The email account that you tried to reach is over quota",
            command: "RCPT TO command",
            dsn: "4.2.2",
            status: "deferred",
        }),
        (Phase::MailboxesFull, 4) => Some(Refusal {
            remote: &SMALL,
            reply: "552 5.2.2 Mailbox full",
            command: "RCPT TO command",
            dsn: "5.2.2",
            status: "bounced",
        }),
        (Phase::Normal, 6) if number % 48 == 6 => Some(Refusal {
            remote: &MICROSOFT,
            reply: "550 5.1.1 The email account that you tried to reach does not exist",
            command: "RCPT TO command",
            dsn: "5.1.1",
            status: "bounced",
        }),
        _ => None,
    }
}

/// A delivery attempt that a remote server refuses.
fn refused(log: &mut Log<'_>, id: &str, number: u64, refusal: &Refusal) {
    let record = record(id, number, refusal.remote, refusal.dsn);
    log.line(
        "smtp",
        &format!(
            "{record}, status={} (host {}[{}] said: {} (in reply to {}))",
            refusal.status,
            refusal.remote.host,
            refusal.remote.address,
            refusal.reply,
            refusal.command
        ),
    );
}

/// A delivery attempt to a server that refuses connections.
fn not_connected(log: &mut Log<'_>, id: &str, number: u64) {
    let reason = format!(
        "connect to {}[{}]:25: Connection refused",
        UNREACHABLE.host, UNREACHABLE.address
    );
    log.line("smtp", &reason);
    log.line(
        "smtp",
        &format!(
            "{id}: to=<user{number}@{}>, relay=none, delay=0.2, delays=0.1/0/0.1/0, \
             dsn=4.4.1, status=deferred ({reason})",
            UNREACHABLE.domain
        ),
    );
}

/// A successful delivery.
fn sent(log: &mut Log<'_>, id: &str, number: u64, remote: &Remote) {
    let record = record(id, number, remote, "2.0.0");
    log.line(
        "smtp",
        &format!("{record}, status=sent (250 2.0.0 OK {number} - demo)"),
    );
    log.line("qmgr", &format!("{id}: removed"));
}

/// The common beginning of delivery records.
fn record(id: &str, number: u64, remote: &Remote, dsn: &str) -> String {
    let (setup, transmission) = (number % 5, number % 9);
    format!(
        "{id}: to=<user{number}@{}>, relay={}[{}]:25, delay=1.{transmission}, \
         delays=0.05/0.01/0.{setup}/0.{transmission}, dsn={dsn}",
        remote.domain, remote.host, remote.address
    )
}

/// A client that is not allowed to relay, and sometimes fails to authenticate.
fn rejected_client(log: &mut Log<'_>, tick: u64) {
    log.line("smtpd", "connect from unknown[192.0.2.200]");
    log.line(
        "smtpd",
        "NOQUEUE: reject: RCPT from unknown[192.0.2.200]: 554 5.7.1 <a@example.org>: Relay access \
         denied; from=<s@example.net> to=<a@example.org> proto=ESMTP helo=<x>",
    );
    if tick.is_multiple_of(210) {
        log.line(
            "smtpd",
            "warning: unknown[192.0.2.200]: SASL LOGIN authentication failed: authentication failure",
        );
    }
    log.line(
        "smtpd",
        "lost connection after RCPT from unknown[192.0.2.200]",
    );
    log.line(
        "smtpd",
        "disconnect from unknown[192.0.2.200] ehlo=1 mail=1 rcpt=0/1 commands=2/3",
    );
}
