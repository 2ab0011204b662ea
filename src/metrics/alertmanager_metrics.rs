//! The metric families about Alertmanagers, in a daemon with built-in alerting.

use prometheus::proto::MetricFamily;

use crate::metrics::alerting::AlertmanagerStats;
use crate::metrics::scrape::Scrape;

/// A metric family with one series for each Alertmanager, labelled `alertmanager`.
struct AlertmanagerFamily {
    name: &'static str,
    help: &'static str,
    /// Whether it is a counter rather than a gauge.
    counter: bool,
    value: fn(&AlertmanagerStats) -> f64,
}

/// All families about Alertmanagers.
const ALERTMANAGER_FAMILIES: [AlertmanagerFamily; 7] = [
    AlertmanagerFamily {
        name: "maillog_alertmanager_alerts_sent_total",
        help: "Alerts accepted by the Alertmanager.",
        counter: true,
        value: |stats| stats.sent as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_errors_total",
        help: "Alerts in failed requests to the Alertmanager, counted once per attempt.",
        counter: true,
        value: |stats| stats.errors as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_dropped_total",
        help: "Alerts never sent because the queue for the Alertmanager was full.",
        counter: true,
        value: |stats| stats.dropped as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_queue_length",
        help: "Alerts in the queue for the Alertmanager, including those being sent.",
        counter: false,
        value: |stats| stats.queue_length as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_queue_capacity",
        help: "Capacity of the queue for the Alertmanager, in alerts.",
        counter: false,
        value: |stats| stats.queue_capacity as f64,
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_last_success_timestamp_seconds",
        help: "Time of the last request accepted by the Alertmanager; 0 before the first.",
        counter: false,
        value: |stats| {
            stats
                .last_success
                .map_or(0.0, |time| time.as_second() as f64)
        },
    },
    AlertmanagerFamily {
        name: "maillog_alertmanager_latency_seconds",
        help: "Duration of the last request answered by the Alertmanager; 0 before the first.",
        counter: false,
        value: |stats| stats.latency.map_or(0.0, |latency| latency.as_secs_f64()),
    },
];

impl Scrape {
    /// The families about Alertmanagers; none without built-in alerting.
    pub(super) fn alertmanager_metrics(&self) -> Vec<MetricFamily> {
        let Some(alerting) = &self.view.alerting else {
            return Vec::new();
        };
        let families = ALERTMANAGER_FAMILIES.iter().map(|described| {
            let mut family = if described.counter {
                self.previous.counter(described.name, described.help)
            } else {
                self.previous.gauge(described.name, described.help)
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
