//! Simulated mail traffic: what a Postfix that sends newsletters writes on a day on which one
//! provider throttles it and another's mailboxes are full.
//!
//! It stands apart from the command because it only makes lines. The same second always brings
//! the same mail, so that two people see the same demo.

use std::fmt::Write as _;

/// Seconds after which the story begins again.
pub const CYCLE: u64 = 60;

/// One remote server and what it says on a good day.
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
const DEAD: Remote = Remote {
    host: "mx.example.org",
    address: "203.0.113.99",
    domain: "example.org",
};

/// Which part of the story a second belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chapter {
    /// Nothing special.
    Quiet,
    /// A provider answers nearly everything with 421.
    Throttled,
    /// Mailboxes are full: 422, 452 4.2.2, 552 5.2.2.
    Full,
}

impl Chapter {
    /// The chapter of a second since the beginning.
    pub fn at(second: u64) -> Self {
        match second % CYCLE {
            4..=24 => Chapter::Throttled,
            32..=52 => Chapter::Full,
            _ => Chapter::Quiet,
        }
    }
}

/// Writes the lines.
pub struct Traffic {
    message: u64,
}

impl Traffic {
    /// From the first message on.
    pub fn new() -> Self {
        Traffic { message: 0 }
    }

    /// The lines of one tenth of a second, stamped with the given text.
    pub fn tenth(&mut self, tenth: u64, stamp: &str) -> String {
        let mut lines = Lines {
            text: String::new(),
            stamp,
        };
        let chapter = Chapter::at(tenth / 10);
        let messages = match chapter {
            Chapter::Quiet => u64::from(tenth.is_multiple_of(2)),
            Chapter::Throttled => 3,
            Chapter::Full => 2,
        };
        for _ in 0..messages {
            self.message += 1;
            message(&mut lines, self.message, chapter);
        }
        if tenth.is_multiple_of(7) {
            reject(&mut lines, tenth);
        }
        lines.text
    }
}

struct Lines<'a> {
    text: String,
    stamp: &'a str,
}

impl Lines<'_> {
    fn say(&mut self, daemon: &str, body: &str) {
        // Writing to a string cannot fail.
        let _ = writeln!(
            self.text,
            "{} demo postfix/{daemon}[4242]: {body}",
            self.stamp
        );
    }
}

/// The life of one message, from the client to the delivery record.
fn message(lines: &mut Lines<'_>, number: u64, chapter: Chapter) {
    let id = format!("4D{:08X}", number * 7919);
    let client = format!("app{}.example.com[10.0.0.{}]", number % 3, number % 3 + 1);
    lines.say("smtpd", &format!("connect from {client}"));
    lines.say("smtpd", &format!("{id}: client={client}"));
    lines.say(
        "cleanup",
        &format!("{id}: message-id=<{number}@example.com>"),
    );
    let size = 2_000 + number * 977 % 60_000;
    let active = format!("{id}: from=<news@example.com>, size={size}, nrcpt=1 (queue active)");
    lines.say("qmgr", &active);
    lines.say(
        "smtpd",
        &format!("disconnect from {client} ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5"),
    );
    match (chapter, number % 8) {
        (Chapter::Throttled, 0..=5) => {
            let reply = "421 4.7.28 Our system has detected an unusual rate of unsolicited mail \
                         originating from your IP address, please try again later";
            failed(
                lines,
                &id,
                number,
                &GOOGLE,
                "4.7.28",
                "deferred",
                reply,
                "end of DATA command",
            );
        }
        (Chapter::Full, 0..=2) => {
            let reply = "422 The recipient's mailbox is over its storage limit";
            failed(
                lines,
                &id,
                number,
                &TENCENT,
                "4.0.0",
                "deferred",
                reply,
                "RCPT TO command",
            );
        }
        (Chapter::Full, 3) => {
            let reply = "452 4.2.2 The email account that you tried to reach is over quota";
            failed(
                lines,
                &id,
                number,
                &GOOGLE,
                "4.2.2",
                "deferred",
                reply,
                "RCPT TO command",
            );
        }
        (Chapter::Full, 4) => {
            let reply = "552 5.2.2 Mailbox full";
            failed(
                lines,
                &id,
                number,
                &SMALL,
                "5.2.2",
                "bounced",
                reply,
                "RCPT TO command",
            );
        }
        (_, 7) if number % 16 == 15 => {
            let why = format!(
                "connect to {}[{}]:25: Connection refused",
                DEAD.host, DEAD.address
            );
            lines.say("smtp", &why);
            lines.say(
                "smtp",
                &format!(
                    "{id}: to=<user{number}@{}>, relay=none, delay=0.2, delays=0.1/0/0.1/0, \
                     dsn=4.4.1, status=deferred ({why})",
                    DEAD.domain
                ),
            );
        }
        (Chapter::Quiet, 6) if number % 48 == 6 => {
            let reply = "550 5.1.1 The email account that you tried to reach does not exist";
            failed(
                lines,
                &id,
                number,
                &MICROSOFT,
                "5.1.1",
                "bounced",
                reply,
                "RCPT TO command",
            );
        }
        (_, pick) => {
            let remote = [&GOOGLE, &TENCENT, &MICROSOFT, &SMALL][(pick % 4) as usize];
            sent(lines, &id, number, remote);
        }
    }
}

fn sent(lines: &mut Lines<'_>, id: &str, number: u64, to: &Remote) {
    let record = record(id, number, to, "2.0.0");
    lines.say(
        "smtp",
        &format!("{record}, status=sent (250 2.0.0 OK {number} - demo)"),
    );
    lines.say("qmgr", &format!("{id}: removed"));
}

#[expect(
    clippy::too_many_arguments,
    reason = "the fields of a delivery record, in its order"
)]
fn failed(
    lines: &mut Lines<'_>,
    id: &str,
    number: u64,
    to: &Remote,
    dsn: &str,
    status: &str,
    reply: &str,
    command: &str,
) {
    let record = record(id, number, to, dsn);
    lines.say(
        "smtp",
        &format!(
            "{record}, status={status} (host {}[{}] said: {reply} (in reply to {command}))",
            to.host, to.address
        ),
    );
}

fn record(id: &str, number: u64, to: &Remote, dsn: &str) -> String {
    let (setup, transmission) = (number % 5, number % 9);
    format!(
        "{id}: to=<user{number}@{}>, relay={}[{}]:25, delay=1.{transmission}, \
         delays=0.05/0.01/0.{setup}/0.{transmission}, dsn={dsn}",
        to.domain, to.host, to.address
    )
}

/// A stranger is told no.
fn reject(lines: &mut Lines<'_>, tenth: u64) {
    lines.say("smtpd", "connect from unknown[192.0.2.200]");
    lines.say(
        "smtpd",
        "NOQUEUE: reject: RCPT from unknown[192.0.2.200]: 554 5.7.1 <a@example.org>: Relay access \
         denied; from=<s@example.net> to=<a@example.org> proto=ESMTP helo=<x>",
    );
    if tenth.is_multiple_of(21) {
        lines.say(
            "smtpd",
            "warning: unknown[192.0.2.200]: SASL LOGIN authentication failed: authentication failure",
        );
    }
    lines.say(
        "smtpd",
        "lost connection after RCPT from unknown[192.0.2.200]",
    );
    lines.say(
        "smtpd",
        "disconnect from unknown[192.0.2.200] ehlo=1 mail=1 rcpt=0/1 commands=2/3",
    );
}
