//! The simulated mail server: the lines and retries that it has planned, in order of time.
//!
//! Time is virtual and counts milliseconds; the caller of [`super::write`] chooses the timestamps.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::expected::Facts;
use super::message::Message;
use super::random::Random;
use super::replies::Reply;

/// Settings of the server that change its log.
#[derive(Clone)]
pub struct Style {
    /// Postfix's `syslog_name`.
    pub syslog_name: String,
    /// Postfix's `enable_long_queue_ids`.
    pub long_queue_ids: bool,
}

/// A line without timestamp and host.
pub struct Line {
    /// `postfix/smtp[123]: …`
    pub text: String,
    /// What has to be counted for it.
    pub facts: Facts,
}

pub(super) enum Action {
    /// Write a line.
    Line(Line),
    /// Try a deferred message again.
    Retry(Message),
}

/// A planned action. Actions at the same time are ordered by `order`, in which they were planned.
pub(super) struct Planned {
    pub at: u64,
    order: u64,
    pub action: Action,
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Planned {}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// A mail server and the actions that it has planned.
pub(super) struct Server {
    pub random: Random,
    style: Style,
    order: u64,
    planned: BinaryHeap<Reverse<Planned>>,
}

impl Server {
    /// A server without planned actions.
    pub fn new(seed: u64, style: Style) -> Self {
        Server {
            random: Random::new(seed),
            style,
            order: 0,
            planned: BinaryHeap::new(),
        }
    }

    /// The earliest planned action, if it is due at `now` or before.
    pub fn take_due(&mut self, now: u64) -> Option<Planned> {
        if self.planned.peek()?.0.at > now {
            return None;
        }
        Some(self.planned.pop()?.0)
    }

    /// Plans a line 1 to 60 ms after `at`, and moves `at` there. A name that begins with `!` is that of
    /// another program than Postfix.
    pub fn log(&mut self, at: &mut u64, daemon: &str, body: &str, facts: Facts) {
        *at += self.random.between(1, 60);
        let pid = self.random.between(1000, 1400);
        let text = match daemon.strip_prefix('!') {
            Some(other_program) => format!("{other_program}[{pid}]: {body}"),
            None => format!("{}/{daemon}[{pid}]: {body}", self.style.syslog_name),
        };
        self.plan(*at, Action::Line(Line { text, facts }));
    }

    /// Plans a line without anything to be counted.
    pub fn log_noise(&mut self, at: &mut u64, daemon: &str, body: &str) {
        self.log(at, daemon, body, Facts::NONE);
    }

    /// Plans the next delivery attempt of a message.
    pub fn retry_at(&mut self, at: u64, message: Message) {
        self.plan(at, Action::Retry(message));
    }

    fn plan(&mut self, at: u64, action: Action) {
        self.order += 1;
        self.planned.push(Reverse(Planned {
            at,
            order: self.order,
            action,
        }));
    }

    /// A new queue id.
    pub fn queue_id(&mut self) -> String {
        self.random.queue_id(self.style.long_queue_ids)
    }

    /// The text of a reply with its placeholders replaced.
    pub fn fill(&mut self, reply: &Reply, to: &str, host: &str, ip: &str) -> String {
        let mut text = String::with_capacity(reply.text.len() + 64);
        let mut rest = reply.text;
        while let Some((before, after)) = rest.split_once('{') {
            text.push_str(before);
            let (placeholder, after) = after.split_once('}').expect("a closing brace");
            match placeholder {
                "n" => text.push_str(&self.random.between(1, 99_999).to_string()),
                "id" => text.push_str(&self.random.hex(12).to_lowercase()),
                "ip" => text.push_str(ip),
                "to" => text.push_str(to),
                "host" => text.push_str(host),
                other => unreachable!("unknown placeholder {other}"),
            }
            rest = after;
        }
        text.push_str(rest);
        text
    }
}
