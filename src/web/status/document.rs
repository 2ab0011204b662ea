//! The shape of `/api/v1/status`: what the status page shows, as data. The command `top` reads it from a daemon.
//!
//! What is missing has its default when a document is read: an older daemon knows fewer fields.

use serde::{Deserialize, Serialize};

/// The status of one moment. Times are in seconds since 1970, rates per minute over five minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusDocument {
    /// When the figures are of.
    pub as_of: i64,
    /// The wall clock.
    pub now: i64,
    /// The name of the machine.
    pub host: String,
    /// Whether older lines are read, so that `as_of` is in the past.
    pub catching_up: bool,
    /// The state at the top of the page.
    pub state: StateEntry,
    /// Critical alerts first, and then the oldest.
    pub firing: Vec<AlertEntry>,
    /// Alerts whose condition does not hold for long enough yet.
    pub pending: Vec<AlertEntry>,
    /// Alerts that another one of the same cause silences.
    pub silenced: Vec<AlertEntry>,
    /// By status.
    pub deliveries: Vec<DeliveryEntry>,
    /// Outbound replies of the last six hours.
    pub replies: ReplySeries,
    /// Null if the queue is not read.
    pub queue: Option<Vec<QueueEntry>>,
    /// Failures of both directions, farthest above the usual first.
    pub codes: Vec<CodeEntry>,
    /// Those with more failures than usual first.
    pub providers: Vec<ProviderEntry>,
    /// In the order of the configuration.
    pub sources: Vec<SourceEntry>,
}

/// The state, in the words of the page and in the language of the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StateEntry {
    /// `down` (a source cannot be read), `firing` (a critical alert fires), `warned` (another one fires), `behind` (old
    /// lines are read), `pending`, `resolved`, `quiet` (no alert), or `none` (no data, or nothing to judge).
    pub kind: String,
    /// One character for it.
    pub sign: String,
    /// The state and since when.
    pub state: String,
    /// Whether mail flows, or what is wrong.
    pub title: String,
    /// Who and how much.
    pub lines: Vec<String>,
    /// What to do first.
    pub first: Option<String>,
}

/// A pending, firing or silenced alert.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AlertEntry {
    /// The name of the rule.
    pub alert: String,
    /// `critical` or `warning`.
    pub severity: String,
    /// The provider that it is about.
    pub provider: Option<String>,
    /// When it began to fire; while it is pending, when its condition became true.
    pub since: i64,
    /// One line with figures.
    pub summary: String,
    /// The text that is sent with the alert; empty if it is not in the language of the request.
    pub description: String,
    /// The path of the page of its cause.
    pub page: String,
    /// The alert of the same cause that silences it.
    pub silenced_by: Option<String>,
}

/// Deliveries with one status.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct DeliveryEntry {
    /// `sent`, `deferred`, `bounced` or `expired`.
    pub status: String,
    /// The rate now.
    pub per_minute: f64,
    /// The usual rate; null if it is not known.
    pub usual: Option<f64>,
}

/// Rates by class, each from the oldest to the newest slot; null where nothing is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReplySeries {
    /// Minutes of one slot.
    pub slot_minutes: i64,
    /// Connections that failed.
    pub failed_connections: Vec<Option<f64>>,
    /// 5xx replies.
    pub permanent: Vec<Option<f64>>,
    /// 4xx replies.
    pub temporary: Vec<Option<f64>>,
    /// Accepted mail.
    pub accepted: Vec<Option<f64>>,
}

/// One of the mail server's queues.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct QueueEntry {
    /// The name.
    pub name: String,
    /// The number of messages.
    pub count: u64,
    /// When the oldest came.
    pub oldest: Option<i64>,
}

/// A reply code or condition.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CodeEntry {
    /// `421` or `mailbox_full`.
    pub code: String,
    /// What it means, in a few words in the language of the request.
    pub name: String,
    /// `outbound` or `inbound`.
    pub direction: String,
    /// The rate now.
    pub per_minute: f64,
    /// The usual rate; null if it is not known.
    pub usual: Option<f64>,
    /// Whether a firing alert is about it.
    pub firing: bool,
}

/// The replies of one provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProviderEntry {
    /// The label value.
    pub name: String,
    /// The rate of all replies now.
    pub per_minute: f64,
    /// The share of failures now, 0 to 1; null without replies.
    pub failing_share: Option<f64>,
    /// The usual share.
    pub usual_failing_share: Option<f64>,
    /// Whether a critical alert about it fires.
    pub firing: bool,
    /// The failing share of the last six hours by quarter of an hour, the oldest first.
    pub failing_shares: Vec<Option<f64>>,
}

/// A source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceEntry {
    /// The name or pattern.
    pub name: String,
    /// `up`, `down`, `catching_up` or `clock_off`.
    pub state: String,
    /// The time of the newest line.
    pub last_line: Option<i64>,
    /// Bytes that are not read yet.
    pub lag_bytes: u64,
    /// The share of lines of unknown form; null without lines.
    pub unmatched_share: Option<f64>,
    /// The mail servers that write it.
    pub formats: Vec<String>,
}
