//! Scenarios for the evaluator, given as log lines that are parsed and counted like those of a real log.

mod clock;
mod exporter;
mod health;
mod mail;
mod steps;
mod totals;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::*;
use crate::catalog::{Catalog, Policy, Providers};
use crate::metrics::{Counters, WebAddress};
use crate::parse::LineParser;

/// The start of every scenario: Monday, 2026-11-02 00:00 UTC.
const T: i64 = 1_793_577_600;
const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;

const OK: &str = "250 2.0.0 Ok";
const BUSY: &str = "421 4.3.2 service not available";

/// Where the exporter is reached.
fn web() -> WebAddress {
    WebAddress {
        scheme: "http",
        ..WebAddress::default()
    }
}

fn names() -> std::sync::Arc<[String]> {
    let providers = Providers::embedded();
    providers.names().map(str::to_owned).collect()
}

fn evaluator() -> Evaluator {
    Evaluator::new(Policy::embedded(), Catalog::embedded(), names())
}

/// Relay, reply and interval in seconds of periodic replies.
type Replies<'a> = &'a [(&'a str, &'a str, i64)];

/// A log being read and the evaluator over its counters.
struct Scenario {
    evaluator: Evaluator,
    counters: Counters,
    parser: LineParser,
    /// Whether what is counted is of the past.
    discard: bool,
    lines: u32,
    now: i64,
}

impl Scenario {
    fn new() -> Self {
        let reference = Timestamp::from_second(T + 100 * 24 * HOUR).expect("a time");
        let catalog = Catalog::embedded();
        Scenario {
            evaluator: evaluator(),
            counters: Counters::new(catalog),
            parser: LineParser::new(catalog, Providers::embedded(), TimeZone::UTC, reference),
            discard: false,
            lines: 0,
            now: T,
        }
    }

    /// Logs a delivery with this reply.
    fn reply(&mut self, time: i64, relay: &str, reply: &str) {
        self.lines += 1;
        let stamp = Timestamp::from_second(time).expect("a time");
        let said = format!("(host {relay}[192.0.2.1] said: {reply} (in reply to RCPT TO command))");
        let what = match reply.as_bytes()[0] {
            b'2' => format!("dsn=2.0.0, status=sent ({reply})"),
            b'4' => format!("dsn=4.0.0, status=deferred {said}"),
            _ => format!("dsn=5.0.0, status=bounced {said}"),
        };
        let line = format!(
            "{stamp} mail postfix/smtp[7]: 4F{:08X}: to=<ann@example.org>, \
             relay={relay}[192.0.2.1]:25, delay=1, delays=0/0/1/0, {what}",
            self.lines
        );
        let mut slot = None;
        let parsed = self.parser.parse(line.as_bytes(), &mut slot);
        if time >= self.evaluator.due() {
            self.evaluator.advance(time, &self.counters, self.discard);
        }
        self.counters.count(parsed.time, &parsed.line, i64::MAX);
    }

    /// Logs the replies periodically for this many seconds.
    fn run(&mut self, seconds: i64, replies: Replies<'_>) {
        let end = self.now + seconds;
        while self.now < end {
            for &(relay, reply, every) in replies {
                if (self.now - T) % every == 0 {
                    self.reply(self.now, relay, reply);
                }
            }
            self.now += 1;
        }
        self.evaluator
            .advance(self.now, &self.counters, self.discard);
    }

    /// One hour of successful deliveries, ten a minute.
    fn normal_hour(&mut self) {
        self.run(HOUR, &[("mx.example.org", OK, 6)]);
    }

    fn active(&self, name: &str) -> Option<&Active> {
        let policy = Policy::embedded();
        let rule = policy.alerts.iter().position(|alert| alert.name == name);
        let rule = rule.expect("an alert of that name");
        let mut list = self.evaluator.active().iter();
        list.find(|active| active.rule == rule)
    }

    fn fires(&self, name: &str) -> bool {
        self.active(name)
            .is_some_and(|active| active.fired.is_some())
    }

    /// Names of alerts that have fired since the last call, resolved or not.
    fn fired(&mut self) -> Vec<String> {
        let policy = Policy::embedded();
        let ended = self.evaluator.take_ended();
        let ended = ended.iter().map(|ended| &ended.active);
        let firing = self.evaluator.active().iter();
        let firing = firing.filter(|active| active.fired.is_some());
        let rules = ended.chain(firing).map(|active| active.rule);
        rules.map(|rule| policy.alerts[rule].name.clone()).collect()
    }

    /// Restarts the process with the state it wrote.
    fn restart(&mut self) {
        let kept = serde_json::to_string(&self.evaluator.snapshot()).expect("JSON");
        let snapshot = serde_json::from_str(&kept).expect("a snapshot");
        self.evaluator = evaluator();
        self.evaluator.restore(snapshot, &self.counters);
    }
}
