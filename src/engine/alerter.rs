//! Evaluates the alert policy over the counters, and sends alerts to Alertmanagers.
//!
//! Optional: most installations leave this to Prometheus, for which the same policy exists as rules.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::source_clock::LATE;
use crate::alert::notify::{Notification, Notifier};
use crate::alert::{Active, AlertSnapshot, Evaluator, Health, Words};
use crate::catalog::{Catalog, Policy};
use crate::metrics::{ActiveAlert, Alerting, Counters};

/// How often a firing alert is sent again, as in Prometheus.
const RESEND_INTERVAL: Duration = Duration::from_secs(60);

/// How far in the future the end of a firing alert is set. It ends then unless it is sent again, so
/// a few lost messages do not end it.
const ENDS_AFTER: Duration = RESEND_INTERVAL.saturating_mul(4);

/// How often the rules about the exporter itself are evaluated.
const HEALTH_INTERVAL: Duration = Duration::from_secs(15);

/// Identifies an alert: the number of its rule, and the value of the label that distinguishes the
/// alerts of one rule.
type AlertKey = (usize, Option<String>);

/// What the engine needs to alert.
pub struct AlertSetup {
    /// The rules.
    pub policy: Policy,
    /// The `instance` label: the address of this exporter.
    pub instance: String,
    /// The way to the Alertmanagers.
    pub notifier: Notifier,
}

/// Evaluates the policy and sends alerts.
pub(super) struct Alerter {
    evaluator: Evaluator,
    setup: AlertSetup,
    /// When each firing alert was last sent.
    sent: HashMap<AlertKey, Instant>,
    /// When the rules about the exporter itself were last evaluated.
    health_checked: Option<Instant>,
}

impl Alerter {
    /// Continues from `before`, what another process has saved.
    pub(super) fn new(
        setup: AlertSetup,
        providers: Arc<[String]>,
        before: Option<&AlertSnapshot>,
        counters: &Counters,
    ) -> Self {
        let mut evaluator = Evaluator::new(setup.policy.clone(), Catalog::embedded(), providers);
        if let Some(before) = before {
            evaluator.restore(before, counters);
        }
        Alerter {
            evaluator,
            setup,
            sent: HashMap::new(),
            health_checked: None,
        }
    }

    /// When the next evaluation is due, in seconds since 1970: [`Alerter::advance`] must be called
    /// before a line of that time or a later one is counted.
    pub(super) fn next_evaluation(&self) -> i64 {
        self.evaluator.due()
    }

    /// Evaluates the rules up to `time`: that of a line that is about to be counted, or of the wall
    /// clock if all lines are read. `now` is the wall clock; both in seconds since 1970. With
    /// `backlog`, most of the recent events are of the past, and no rule about mail matches.
    pub(super) fn advance(&mut self, time: i64, counters: &Counters, now: i64, backlog: bool) {
        // The time of a line may be in the future.
        let time = time.min(now);
        // What has happened until then is evaluated as well, but nobody is alerted late.
        let suppressed = backlog || time < now - LATE;
        self.evaluator.advance(time, counters, suppressed);
    }

    /// Evaluates the rules about the exporter itself if that is due, and sends the alerts that are
    /// new, have ended, or are to be sent again.
    pub(super) fn send_due(&mut self, counters: &Counters, health: impl FnOnce() -> Health) {
        let now = Timestamp::now();
        if self
            .health_checked
            .is_none_or(|last| last.elapsed() >= HEALTH_INTERVAL)
        {
            self.health_checked = Some(Instant::now());
            self.evaluator.examine(&health(), counters, now.as_second());
        }
        let mut alerts = Vec::new();
        for (active, ended) in self.evaluator.take_ended() {
            self.sent.remove(&key(&active));
            let ended = Timestamp::from_second(ended).unwrap_or(now).min(now);
            alerts.extend(self.alert(&active, ended));
        }
        for active in self.evaluator.active() {
            let key = key(active);
            let sent = self.sent.get(&key);
            let due = sent.is_none_or(|sent| sent.elapsed() >= RESEND_INTERVAL);
            if active.fired.is_some() && due {
                alerts.extend(self.alert(active, now + ENDS_AFTER));
                self.sent.insert(key, Instant::now());
            }
        }
        if !alerts.is_empty() {
            self.setup.notifier.send(alerts);
        }
    }

    fn alert(&self, active: &Active, ends_at: Timestamp) -> Option<Notification> {
        let words = self.words(active)?;
        let starts_at = Timestamp::from_second(active.fired?).ok()?;
        Some(Notification {
            generator_url: words.annotations.get("runbook_url").cloned()?,
            labels: words.labels,
            annotations: words.annotations,
            starts_at,
            // Alertmanager rejects an alert that ends before it starts.
            ends_at: ends_at.max(starts_at),
        })
    }

    fn words(&self, active: &Active) -> Option<Words> {
        self.evaluator.words(active, &self.setup.instance)
    }

    /// The active alerts and the state of the Alertmanagers, for a view.
    pub(super) fn view(&self) -> Alerting {
        let active = self.evaluator.active().iter().filter_map(|active| {
            let words = self.words(active)?;
            Some(ActiveAlert {
                labels: words.labels,
                annotations: words.annotations,
                since: active.since,
                fired: active.fired,
            })
        });
        Alerting {
            active: active.collect(),
            alertmanagers: self.setup.notifier.stats(),
        }
    }

    /// What a snapshot keeps, for [`Alerter::new`] of the next process.
    pub(super) fn image(&self) -> AlertSnapshot {
        self.evaluator.snapshot()
    }
}

fn key(active: &Active) -> AlertKey {
    let label = active.label.as_ref().map(|(_, value)| value.clone());
    (active.rule, label)
}
