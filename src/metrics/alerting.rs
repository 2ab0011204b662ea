//! The alerts evaluated by the daemon, and the statistics of the Alertmanagers it notifies. Empty in a daemon
//! without built-in alerting.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

/// An alert that is pending or firing.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// The labels that identify it.
    pub labels: BTreeMap<String, String>,
    /// The annotations.
    pub annotations: BTreeMap<String, String>,
    /// When its condition became true, in seconds since 1970.
    pub since: i64,
    /// When it started to fire, in seconds since 1970; `None` while it is pending.
    pub fired: Option<i64>,
}

/// The state of built-in alerting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerting {
    /// The pending and firing alerts.
    pub active: Vec<ActiveAlert>,
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
