//! A simulated mail server: what it sends to whom, what the remote servers answer, and the log that Postfix writes
//! about it, with its queue and its retries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

pub const MINUTE: i64 = 60;
pub const HOUR: i64 = 3_600;

/// What becomes of one delivery attempt.
#[derive(Clone, Debug)]
pub enum Answer {
    /// The remote server accepted the message.
    Sent,
    /// It gave this reply, with a code and perhaps an enhanced status code.
    Reply(&'static str),
    /// `ECONNREFUSED`.
    Refused,
    /// No answer before the timeout.
    TimedOut,
    /// The name server did not answer.
    Dns,
    /// The message goes to a mailbox of this server: delivered, or deferred with this text.
    Local(Option<&'static str>),
}

/// A destination: its relay, the domain of its recipients, and its part of the mail in per cent.
pub type Destination = (&'static str, &'static str, u32);

/// Google, Microsoft and many small ones.
pub const USUAL: &[Destination] = &[
    ("gmail-smtp-in.l.google.com", "gmail.com", 40),
    ("outlook-com.olc.protection.outlook.com", "outlook.com", 25),
    ("mta5.am0.yahoodns.net", "yahoo.com", 10),
    ("mx.example.net", "example.net", 15),
    ("mail.small.example", "small.example", 10),
];

/// Everything goes to one smarthost.
pub const SMARTHOST: &[Destination] = &[("smtp.isp.example", "example.net", 100)];

/// An attempt: when, which destination, how often the message was tried before, and a number from 0 to 99.
pub struct Attempt {
    pub time: i64,
    pub to: usize,
    pub tried: u32,
    pub dice: u32,
}

struct Message {
    id: u64,
    to: usize,
    since: i64,
    tried: u32,
}

/// The mail server.
pub struct Site {
    /// When its time begins, in seconds since 1970.
    start: i64,
    /// Messages that are due, with the fraction of the next one.
    due: f64,
    destinations: &'static [Destination],
    log: String,
    /// The queue by the time of the next attempt.
    queue: BTreeMap<(i64, u64), Message>,
    random: u64,
    ids: u64,
    /// The sender domain of a message, by its time and number.
    pub sender: fn(i64, u64) -> String,
}

impl Site {
    /// A mail server whose time begins at `start`, in seconds since 1970.
    pub fn new(destinations: &'static [Destination], start: i64) -> Self {
        Site {
            start,
            due: 0.0,
            destinations,
            log: String::new(),
            queue: BTreeMap::new(),
            random: 0x2545_f491_4f6c_dd1d,
            ids: 0,
            sender: |_, id| format!("sender{}.example", id % 5),
        }
    }

    /// A number below `below`, the same in every run (xorshift).
    pub fn random(&mut self, below: u32) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random >> 33) as u32 % below
    }

    /// Sends mail from `from` to `to`, in seconds since the start: `hourly` tells how many messages an hour there are at a
    /// time, `answer` what happens to each attempt.
    pub fn run(
        &mut self,
        from: i64,
        to: i64,
        hourly: impl Fn(i64) -> f64,
        answer: impl Fn(&Attempt) -> Answer,
    ) {
        for time in from..to {
            self.due += hourly(time) / 3_600.0;
            while self.due >= 1.0 {
                self.due -= 1.0;
                self.receive(time);
            }
            while let Some(entry) = self.queue.first_entry() {
                if entry.key().0 > time {
                    break;
                }
                let message = entry.remove();
                self.attempt(message, time, &answer);
            }
        }
    }

    /// The log since the last call.
    pub fn log(&mut self) -> String {
        std::mem::take(&mut self.log)
    }

    /// Writes a line of a program.
    pub fn line(&mut self, time: i64, program: &str, text: &str) {
        let stamp = Timestamp::from_second(self.start + time).expect("a time");
        // Writing to a string does not fail.
        let _ = writeln!(self.log, "{stamp} mx1 postfix/{program}[77]: {text}");
    }

    fn receive(&mut self, time: i64) {
        self.ids += 1;
        let dice = self.random(100);
        let mut sum = 0;
        let to = self.destinations.iter().position(|it| {
            sum += it.2;
            dice < sum
        });
        let (id, to) = (self.ids, to.unwrap_or(0));
        let text = format!(
            "4F{id:08X}: from=<ann@{}>, size=2000, nrcpt=1 (queue active)",
            (self.sender)(time, id)
        );
        self.line(time, "qmgr", &text);
        let soon = time + i64::from(self.random(5));
        let message = Message {
            id,
            to,
            since: time,
            tried: 0,
        };
        self.queue.insert((soon, id), message);
    }

    fn attempt(&mut self, message: Message, time: i64, answer: &impl Fn(&Attempt) -> Answer) {
        let dice = self.random(100);
        let Message {
            id,
            to,
            since,
            tried,
        } = message;
        let (relay, domain, _) = self.destinations[to];
        let attempt = Attempt {
            time,
            to,
            tried,
            dice,
        };
        let mut program = "smtp";
        let host = format!("{relay}[192.0.2.{}]", to + 1);
        let said =
            |reply: &str| format!("(host {host} said: {reply} (in reply to RCPT TO command))");
        let (relay_field, dsn, status, text) = match answer(&attempt) {
            Answer::Sent => (
                format!("{host}:25"),
                "2.0.0".to_owned(),
                "sent",
                "(250 2.0.0 Ok: queued as 12345)".to_owned(),
            ),
            Answer::Reply(reply) => {
                let words: Vec<&str> = reply.split(' ').collect();
                let class = &reply[..1];
                let dsn = words.get(1).filter(|it| it.contains('.'));
                let dsn = dsn.map_or_else(|| format!("{class}.0.0"), |it| (*it).to_owned());
                let status = if class == "4" { "deferred" } else { "bounced" };
                (format!("{host}:25"), dsn, status, said(reply))
            }
            Answer::Refused => {
                let text = format!("connect to {host}:25: Connection refused");
                self.line(time, "smtp", &text);
                (
                    "none".to_owned(),
                    "4.4.1".to_owned(),
                    "deferred",
                    format!("({text})"),
                )
            }
            Answer::TimedOut => {
                let text = format!("connect to {host}:25: Connection timed out");
                self.line(time, "smtp", &text);
                (
                    "none".to_owned(),
                    "4.4.1".to_owned(),
                    "deferred",
                    format!("({text})"),
                )
            }
            Answer::Dns => (
                "none".to_owned(),
                "4.4.3".to_owned(),
                "deferred",
                format!(
                    "(Host or domain name not found. Name service error for name={domain} type=MX: Host not found, try again)"
                ),
            ),
            Answer::Local(None) => {
                program = "lmtp";
                (
                    "mx1.example.com[private/dovecot-lmtp]".to_owned(),
                    "2.0.0".to_owned(),
                    "sent",
                    "(250 2.0.0 <ann@example.com> Saved)".to_owned(),
                )
            }
            Answer::Local(Some(text)) => {
                program = "lmtp";
                (
                    "none".to_owned(),
                    "4.4.1".to_owned(),
                    "deferred",
                    format!("({text})"),
                )
            }
        };
        let delay = time - since;
        let text = format!(
            "4F{id:08X}: to=<bob@{domain}>, relay={relay_field}, delay={delay}, delays=0/0/1/0, dsn={dsn}, status={status} {text}"
        );
        self.line(time, program, &text);
        if status != "deferred" {
            self.line(time, "qmgr", &format!("4F{id:08X}: removed"));
            return;
        }
        // As in Postfix: as long as the message has waited, from 300 to 4,000 seconds.
        let wait = delay.clamp(300, 4_000) + i64::from(self.random(60));
        let message = Message {
            tried: tried + 1,
            ..message
        };
        self.queue.insert((time + wait, id), message);
    }
}
