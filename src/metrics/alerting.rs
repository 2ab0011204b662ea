//! What the alerts of the daemon's own come to: what fires, and who was told.
//!
//! It stands apart because only a daemon that evaluates the policy itself has any of it.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use prometheus::proto::MetricFamily;

use crate::metrics::families::Moment;

/// An alert that is pending or firing.
#[derive(Clone, Debug, PartialEq)]
pub struct ActiveAlert {
    /// What it is known by.
    pub labels: BTreeMap<String, String>,
    /// What it says.
    pub annotations: BTreeMap<String, String>,
    /// Since when its condition is true, in seconds since 1970.
    pub since: i64,
    /// When it began to fire; `None` while it is pending.
    pub fired: Option<i64>,
}

/// What there is to show of alerts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerting {
    /// What is pending or firing.
    pub active: Vec<ActiveAlert>,
    /// Who is told.
    pub alertmanagers: Vec<AlertmanagerStats>,
}

/// What became of the alerts for one Alertmanager.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertmanagerStats {
    /// Its URL, which holds no credentials.
    pub alertmanager: String,
    /// Alerts that it took.
    pub sent: u64,
    /// Alerts in requests that failed, counted for each attempt.
    pub errors: u64,
    /// Alerts that were never sent because the queue was full.
    pub dropped: u64,
    /// Alerts that wait, those on their way included.
    pub queue_length: usize,
    /// How many can wait.
    pub queue_capacity: usize,
    /// When it last took alerts.
    pub last_success: Option<Timestamp>,
    /// How long the last request took that was answered.
    pub latency: Option<Duration>,
}

/// A metric family over all Alertmanagers; its one label is `alertmanager`.
struct AlertmanagerFamily {
    /// The name.
    name: &'static str,
    /// What it is.
    help: &'static str,
    /// Whether it only grows.
    counter: bool,
    /// The value for one of them.
    value: fn(&AlertmanagerStats) -> f64,
}

/// Every family that Alertmanagers have.
const ALERTMANAGER_FAMILIES: [AlertmanagerFamily; 7] = [
    AlertmanagerFamily {
        name: "maillog_alertmanager_alerts_sent_total",
        help: "Alerts that the Alertmanager took.",
        counter: true,
        value: |stats| stats.sent as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_errors_total",
        help: "Alerts in requests to the Alertmanager that failed, counted for each attempt.",
        counter: true,
        value: |stats| stats.errors as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_dropped_total",
        help: "Alerts that were never sent because the queue for the Alertmanager was full.",
        counter: true,
        value: |stats| stats.dropped as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_queue_length",
        help: "Alerts that wait for the Alertmanager.",
        counter: false,
        value: |stats| stats.queue_length as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_queue_capacity",
        help: "How many alerts can wait for the Alertmanager.",
        counter: false,
        value: |stats| stats.queue_capacity as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_last_success_timestamp_seconds",
        help: "When the Alertmanager last took alerts; 0 before the first.",
        counter: false,
        value: |stats| {
            stats
                .last_success
                .map_or(0.0, |time| time.as_second() as f64)
        },
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_latency_seconds",
        help: "How long the last request took that the Alertmanager answered; 0 before the first.",
        counter: false,
        value: |stats| stats.latency.map_or(0.0, |latency| latency.as_secs_f64()),
    },
];

impl Moment {
    /// The families of a daemon that alerts; none of any other.
    pub(super) fn alerting(&self) -> Vec<MetricFamily> {
        let Some(alerting) = &self.view.alerting else {
            return Vec::new();
        };
        let families = ALERTMANAGER_FAMILIES.iter().map(|described| {
            let mut family = if described.counter {
                self.before.counter(described.name, described.help)
            } else {
                self.before.gauge(described.name, described.help)
            };
            for stats in &alerting.alertmanagers {
                let labels = [("alertmanager", &*stats.alertmanager)];
                let value = (described.value)(stats);
                if described.counter {
                    family.count(&labels, value as u64);
                } else {
                    family.set(&labels, value);
                }
            }
            family.finish()
        });
        families.collect()
    }
}
