//! Delivery records: the lines with `to=`, `relay=`, `delays=`, `dsn=` and `status=`.

use super::expected::Facts;
use super::message::Message;
use super::server::Server;

/// The fields of a delivery record except for the recipient.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub daemon: &'a str,
    pub relay: &'a str,
    pub dsn: &'a str,
    pub status: &'static str,
    pub reason: &'a str,
}

impl Server {
    /// Logs a delivery record with the same reason for every recipient; returns the status.
    pub(super) fn record_all(
        &mut self,
        at: &mut u64,
        message: &Message,
        record: Record<'_>,
        facts: Facts,
    ) -> &'static str {
        for to in &message.to {
            self.record(at, message, to, record, facts);
        }
        record.status
    }

    /// Logs a delivery record.
    pub(super) fn record(
        &mut self,
        at: &mut u64,
        message: &Message,
        to: &str,
        record: Record<'_>,
        facts: Facts,
    ) {
        let stages: [u64; 4] = [
            self.random.between(10, 300) + message.attempts * 300_000,
            self.random.between(0, 20),
            self.random.between(0, 900),
            self.random.weighted(&[(9, 200), (1, 4210)]) + self.random.below(400),
        ];
        let [a, b, c, d] = stages.map(seconds);
        let body = format!(
            "{}: to=<{to}>, relay={}, delay={}, delays={a}/{b}/{c}/{d}, dsn={}, status={} ({})",
            message.queue_id,
            record.relay,
            seconds(stages.iter().sum()),
            record.dsn,
            record.status,
            record.reason,
        );
        self.log(at, record.daemon, &body, facts.with_status(record.status));
    }
}

/// Milliseconds as Postfix writes seconds: with two significant digits.
fn seconds(milliseconds: u64) -> String {
    match milliseconds {
        0..10 => "0".to_owned(),
        10..1000 => format!("0.{:02}", milliseconds / 10)
            .trim_end_matches('0')
            .to_owned(),
        1000..10_000 => format!("{}.{}", milliseconds / 1000, milliseconds / 100 % 10),
        _ => (milliseconds / 1000).to_string(),
    }
}
