//! What is told about messages that are traced in the logs: by the command `trace`, and on the page `/trace`.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

/// The messages that were found.
#[derive(Debug, Serialize)]
pub struct Trace {
    /// How many messages were found.
    pub found: usize,
    /// Whether there are older ones that were not looked at, because too many lines name what is traced.
    pub left_out: bool,
    /// How many of those found have each outcome.
    pub outcomes: BTreeMap<&'static str, usize>,
    /// The newest ones, in the order of their first lines.
    pub messages: Vec<Message>,
}

/// A message.
#[derive(Debug, Serialize)]
pub struct Message {
    /// `delivered`, `failed`, `deferred`, `rejected`, or `unknown` if these logs do not say.
    pub outcome: &'static str,
    /// Its message ids, without angle brackets; the first is its own, others are those of notifications about it.
    pub message_ids: Vec<String>,
    /// Its queue ids in the order of time.
    pub queue_ids: Vec<String>,
    /// The hosts that logged it.
    pub hosts: Vec<String>,
    /// The sender; empty for the null sender, absent if unknown.
    pub sender: Option<String>,
    /// The time of the first line.
    pub from: Option<Timestamp>,
    /// The time of the last line.
    pub to: Option<Timestamp>,
    /// What became of it for each recipient.
    pub recipients: Vec<Recipient>,
    /// What happened, in the order of time.
    pub steps: Vec<Step>,
    /// What to do about each cause of failure.
    pub advice: Vec<MessageAdvice>,
}

/// A recipient of a message.
#[derive(Debug, Serialize)]
pub struct Recipient {
    /// The address.
    pub address: String,
    /// The address that the sender wrote, if an alias led to this one.
    pub original: Option<String>,
    /// The last outcome.
    pub outcome: &'static str,
    /// The reply code.
    pub code: Option<u16>,
    /// The enhanced status code.
    pub enhanced: Option<String>,
    /// The condition.
    pub condition: Option<String>,
    /// Whether it is the recipient of a notification about the message, such as a bounce.
    pub notification: bool,
}

/// A step of a message.
#[derive(Debug, Serialize)]
pub struct Step {
    /// When it happened.
    pub time: Option<Timestamp>,
    /// Seconds since the step before.
    pub delay: Option<f64>,
    /// The host that logged it.
    pub host: Option<String>,
    /// The program that logged it.
    pub program: Option<String>,
    /// The queue id.
    pub queue_id: Option<String>,
    /// What happened.
    pub what: String,
    /// The outcome of a delivery or reply.
    pub outcome: Option<&'static str>,
    /// The reply code.
    pub code: Option<u16>,
    /// The enhanced status code.
    pub enhanced: Option<String>,
    /// The name of the code, for failures.
    pub meaning: Option<String>,
    /// The condition, for failures.
    pub condition: Option<String>,
    /// The words of the reply, or of the mail server.
    pub reply: Option<String>,
    /// The log.
    pub file: String,
    /// The offset of the line in the decompressed log, in bytes.
    pub offset: u64,
    /// The line.
    pub line: String,
}

/// What to do about a condition.
#[derive(Debug, Serialize)]
pub struct MessageAdvice {
    /// The condition.
    pub condition: String,
    /// What it means.
    pub meaning: String,
    /// Who should act.
    pub actor: String,
    /// What to do.
    pub remedy: String,
    /// The command that explains more.
    pub explain: String,
}
