//! The order of things: arrivals, what follows each of them, and the lines of many sessions
//! interleaved as a busy server's are.
//!
//! Time here is virtual and counts milliseconds; whoever writes the lines stamps them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::message::Message;
use super::random::Random;
use super::replies::Reply;
use super::truth::Says;

/// How this server writes.
#[derive(Clone)]
pub struct Style {
    /// Postfix's `syslog_name`.
    pub syslog_name: String,
    /// Postfix's `enable_long_queue_ids`.
    pub long_queue_ids: bool,
}

/// A line without its stamp and host.
pub struct Line {
    /// `postfix/smtp[123]: …`
    pub text: String,
    /// What is to be counted of it.
    pub says: Says,
}

enum What {
    Line(Line),
    Retry(Message),
}

/// Something that is due; of two at the same time, the first that was planned.
struct Due {
    at: u64,
    order: u64,
    what: What,
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// An endless log.
pub struct Traffic {
    pub(super) random: Random,
    pub(super) style: Style,
    next_arrival: u64,
    order: u64,
    due: BinaryHeap<Reverse<Due>>,
}

impl Traffic {
    /// The log that belongs to the seed.
    pub fn new(seed: u64, style: Style) -> Self {
        Traffic {
            random: Random::new(seed),
            style,
            next_arrival: 0,
            order: 0,
            due: BinaryHeap::new(),
        }
    }

    /// The next line.
    pub fn next_line(&mut self) -> Line {
        loop {
            match self.due.pop() {
                Some(Reverse(due)) if due.at <= self.next_arrival => match due.what {
                    What::Line(line) => return line,
                    What::Retry(message) => self.retry(message, due.at),
                },
                later => {
                    self.due.extend(later);
                    let now = self.next_arrival;
                    self.next_arrival += self.random.between(1, 1200);
                    self.arrive(now);
                }
            }
        }
    }

    fn arrive(&mut self, now: u64) {
        let session: fn(&mut Self, u64) = self.random.weighted(&[
            (640, Self::outgoing as fn(&mut Self, u64)),
            (130, Self::incoming),
            (100, Self::rejected),
            (40, Self::screened),
            (40, Self::password_guessing),
            (50, Self::miscellany),
        ]);
        session(self, now);
    }

    /// Plans a line, a little after `at`, and moves `at` there.
    pub(super) fn say(&mut self, at: &mut u64, daemon: &str, body: &str, says: Says) {
        *at += self.random.between(1, 60);
        let pid = self.random.between(1000, 1400);
        let text = match daemon.strip_prefix('!') {
            Some(other_program) => format!("{other_program}[{pid}]: {body}"),
            None => format!("{}/{daemon}[{pid}]: {body}", self.style.syslog_name),
        };
        self.plan(*at, What::Line(Line { text, says }));
    }

    /// Plans a line that says nothing that is counted.
    pub(super) fn note(&mut self, at: &mut u64, daemon: &str, body: &str) {
        self.say(at, daemon, body, Says::NOTHING);
    }

    /// Plans another try of a message.
    pub(super) fn retry_at(&mut self, at: u64, message: Message) {
        self.plan(at, What::Retry(message));
    }

    fn plan(&mut self, at: u64, what: What) {
        self.order += 1;
        self.due.push(Reverse(Due {
            at,
            order: self.order,
            what,
        }));
    }

    pub(super) fn queue_id(&mut self) -> String {
        self.random.queue_id(self.style.long_queue_ids)
    }

    /// A reply's text, its gaps filled.
    pub(super) fn fill(&mut self, reply: &Reply, to: &str, host: &str, ip: &str) -> String {
        let mut text = String::with_capacity(reply.text.len() + 64);
        let mut rest = reply.text;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (gap, after) = after.split_once('}').expect("every gap is closed");
            match gap {
                "n" => text.push_str(&self.random.between(1, 99_999).to_string()),
                "id" => text.push_str(&self.random.hex(12).to_lowercase()),
                "ip" => text.push_str(ip),
                "to" => text.push_str(to),
                "host" => text.push_str(host),
                other => unreachable!("no gap is called {other}"),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}
