//! The alerts evaluated by the daemon with their evidence, and the statistics of the Alertmanagers it notifies.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::web_address::WebAddress;
use crate::catalog::Text;

/// An alert that is pending or firing.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// The labels that identify it.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
    /// The annotation `summary` in both languages.
    pub summary: Text,
    /// The annotation `description` in both languages.
    pub description: Text,
    /// When its condition became true, in seconds since 1970.
    pub since: i64,
    /// When it started to fire, in seconds since 1970; `None` while it is pending.
    pub fired: Option<i64>,
    /// The alert of the same cause that silences it.
    pub inhibited_by: Option<String>,
}

/// An alert that has fired and resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct EndedAlert {
    /// The labels that identify it.
    pub labels: BTreeMap<String, String>,
    /// The annotations, with the figures of its peak.
    pub annotations: BTreeMap<String, String>,
    /// The annotation `summary` in both languages.
    pub summary: Text,
    /// When it started to fire, in seconds since 1970.
    pub fired: i64,
    /// When it was resolved, in seconds since 1970.
    pub resolved: i64,
}

/// How near a rule is to its threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleState {
    /// The name of the rule.
    pub alert: String,
    /// The provider or source, where the rule has several alerts.
    pub label: Option<(&'static str, String)>,
    /// The value now: a share from 0 to 1, or a count.
    pub value: f64,
    /// The value from which the rule matches.
    pub threshold: f64,
    /// What is usual; `None` if it is not known yet.
    pub usual: Option<f64>,
    /// Whether value, threshold and usual value are shares.
    pub is_share: bool,
}

/// The evidence about one signal, for the `maillog_signal_…` families.
#[derive(Clone, Debug, PartialEq)]
pub struct SignalState {
    /// The name of the signal.
    pub name: String,
    /// The provider; empty for all.
    pub provider: String,
    /// Whether it is a share, or a number for each ten minutes.
    pub is_share: bool,
    /// The largest share that is proven.
    pub share_lower: f64,
    /// The share now.
    pub share: f64,
    /// The share that is proven for all other providers together; `None` if the signal is of no provider.
    pub others_lower: Option<f64>,
    /// The usual share, or the usual number; `None` if it is not known.
    pub usual: Option<f64>,
    /// The events in each of the windows of `maillog_signal_events`.
    pub events: [u64; 4],
}

/// What is usual for a queue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UsualQueue {
    /// Its name.
    pub name: &'static str,
    /// The most messages at this time; `None` if too little is known or the queue is not judged.
    pub messages: Option<f64>,
    /// The highest age of the oldest message at this time, in seconds; `None` if the queue is not judged.
    pub oldest_age: Option<f64>,
}

/// The state of built-in alerting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerting {
    /// The pending and firing alerts.
    pub active: Vec<ActiveAlert>,
    /// The alerts that were resolved within the last seven days, the oldest first.
    pub ended: Vec<EndedAlert>,
    /// How near each rule is to its threshold.
    pub rules: Vec<RuleState>,
    /// The evidence; `None` while the lines that are read are of the past.
    pub signals: Option<Vec<SignalState>>,
    /// Each source, with the lines that it usually has in the time in which it has had none.
    pub missing_lines: Vec<(String, u64)>,
    /// What is usual for the queues.
    pub usual_queues: Vec<UsualQueue>,
    /// Whether alerts are sent to Alertmanagers.
    pub sends: bool,
    /// Where the pages are reached.
    pub web: WebAddress,
    /// The notified Alertmanagers.
    pub alertmanagers: Vec<AlertmanagerStats>,
}

/// The statistics of one Alertmanager.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerStats {
    /// Its URL, without credentials.
    pub alertmanager: String,
    /// Alerts it accepted.
    pub sent: u64,
    /// Alerts in failed requests, counted once per attempt.
    pub errors: u64,
    /// Alerts never sent because the queue was full.
    pub dropped: u64,
    /// Alerts in the queue, including those being sent.
    pub queue_length: usize,
    /// The capacity of the queue.
    pub queue_capacity: usize,
    /// The time of the last accepted request.
    pub last_success: Option<Timestamp>,
    /// The duration of the last answered request.
    pub latency: Option<Duration>,
}
