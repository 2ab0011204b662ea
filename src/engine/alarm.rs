//! The alert policy over what is counted here, and telling Alertmanagers.
//!
//! It stands apart from the engine's loop because most daemons run without it: Prometheus has the
//! same policy as rules.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::alert::notify::{Alert, Notifier};
use crate::alert::{Active, Evaluator, Health, Image, Words};
use crate::catalog::{Catalog, Policy};
use crate::metrics::{ActiveAlert, Alerting, Counters};

/// How often a firing alert is sent again, as in Prometheus.
const RESEND: Duration = Duration::from_secs(60);

/// How far ahead a firing alert ends unless it is sent again: a few lost messages do not end it.
const ENDS_AHEAD: Duration = RESEND.saturating_mul(4);

/// How often the exporter itself is examined.
const EXAMINE: Duration = Duration::from_secs(15);

/// What is known of an alert that was sent: its rule and the label that tells it apart.
type Key = (usize, Option<String>);

/// What the engine needs to alert.
pub struct AlarmSetup {
    /// When somebody is woken.
    pub policy: Policy,
    /// Where this exporter is reached: the `instance` label.
    pub instance: String,
    /// Who is told.
    pub notifier: Notifier,
}

pub(super) struct Alarm {
    evaluator: Evaluator,
    setup: AlarmSetup,
    /// When a firing alert was last sent.
    sent: HashMap<Key, Instant>,
    examined: Option<Instant>,
}

impl Alarm {
    /// Goes on from what another process knew, if one did.
    pub(super) fn new(
        setup: AlarmSetup,
        providers: Arc<[String]>,
        before: Option<&Image>,
        counters: &Counters,
    ) -> Self {
        let mut evaluator = Evaluator::new(setup.policy.clone(), Catalog::embedded(), providers);
        if let Some(before) = before {
            evaluator.restore(before, counters);
        }
        Alarm {
            evaluator,
            setup,
            sent: HashMap::new(),
            examined: None,
        }
    }

    /// The time of a line from which on [`Alarm::advance`] must come before it is counted.
    pub(super) fn due(&self) -> i64 {
        self.evaluator.due()
    }

    /// A line of this time is about to be counted, or nothing more is there until then. `now` is the
    /// wall clock; both in seconds since 1970.
    pub(super) fn advance(&mut self, time: i64, counters: &Counters, now: i64) {
        // A line from the future is of now.
        let quiet = counters.catching_up(now);
        self.evaluator.advance(time.min(now), counters, quiet);
    }

    /// Examines the exporter itself, if it is time, and sends what is to be sent.
    pub(super) fn tick(&mut self, counters: &Counters, health: impl FnOnce() -> Health) {
        let now = Timestamp::now();
        if self.examined.is_none_or(|last| last.elapsed() >= EXAMINE) {
            self.examined = Some(Instant::now());
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
            let known = self.sent.get(&key);
            if active.fired.is_some() && known.is_none_or(|sent| sent.elapsed() >= RESEND) {
                alerts.extend(self.alert(active, now + ENDS_AHEAD));
                self.sent.insert(key, Instant::now());
            }
        }
        if !alerts.is_empty() {
            self.setup.notifier.send(alerts);
        }
    }

    fn alert(&self, active: &Active, ends_at: Timestamp) -> Option<Alert> {
        let words = self.words(active)?;
        let starts_at = Timestamp::from_second(active.fired?).ok()?;
        Some(Alert {
            generator_url: words.annotations.get("runbook_url").cloned()?,
            labels: words.labels,
            annotations: words.annotations,
            starts_at,
            // Alertmanager takes none that ends before it starts.
            ends_at: ends_at.max(starts_at),
        })
    }

    fn words(&self, active: &Active) -> Option<Words> {
        self.evaluator.words(active, &self.setup.instance)
    }

    /// What there is to show.
    pub(super) fn view(&self) -> Alerting {
        let shown = self.evaluator.active().iter().filter_map(|active| {
            let words = self.words(active)?;
            Some(ActiveAlert {
                labels: words.labels,
                annotations: words.annotations,
                since: active.since,
                fired: active.fired,
            })
        });
        Alerting {
            active: shown.collect(),
            alertmanagers: self.setup.notifier.stats(),
        }
    }

    /// What is to be kept.
    pub(super) fn image(&self) -> Image {
        self.evaluator.image()
    }
}

fn key(active: &Active) -> Key {
    let label = active.label.as_ref().map(|(_, value)| value.clone());
    (active.rule, label)
}
