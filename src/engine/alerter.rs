//! Evaluates the alert policy over the counters, and sends alerts to Alertmanagers if any are configured.
//!
//! The rules are evaluated in any case: the pages show what fires, and the evidence is what the Prometheus rules
//! compare with their thresholds.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::source_clock::LATE;
use crate::alert::notify::{Notification, Notifier};
use crate::alert::{
    Active, AlertSnapshot, Ended, Evaluator, GROUP_WAIT, HabitsSnapshot, Health, SenderSnapshot,
    Words,
};
use crate::catalog::{Catalog, Policy};
use crate::insight::SenderVolumes;
use crate::metrics::{
    ActiveAlert, Alerting, Counters, EndedAlert, ReloadRecord, RuleState, SignalState, WebAddress,
};

/// How often a firing alert is sent again, as in Prometheus.
const RESEND_INTERVAL: Duration = Duration::from_secs(60);

/// How far in the future the end of a firing alert is set. It ends then unless it is sent again, so
/// a few lost messages do not end it.
const ENDS_AFTER: Duration = RESEND_INTERVAL.saturating_mul(4);

/// How often the rules about the exporter itself are evaluated.
const HEALTH_INTERVAL: Duration = Duration::from_secs(15);

/// How old the end of an alert may be that is still sent, in seconds: after that, Alertmanager has resolved it.
const OLDEST_END: i64 = 900;

/// Identifies an alert: the number of its rule, and the value of the label that distinguishes the
/// alerts of one rule.
type AlertKey = (usize, Option<String>);

/// What the engine needs to alert.
pub struct AlertSetup {
    /// The rules.
    pub policy: Policy,
    /// The `instance` label: the address of this exporter.
    pub instance: String,
    /// The `job` label: that of this exporter in Prometheus.
    pub job: String,
    /// How the last reload of the configuration ended.
    pub reloads: ReloadRecord,
    /// Where the pages of this exporter are reached.
    pub web: WebAddress,
    /// The way to the Alertmanagers; `None` if alerts are not sent.
    pub notifier: Option<Notifier>,
}

/// Evaluates the policy and sends alerts.
pub(super) struct Alerter {
    evaluator: Evaluator,
    setup: AlertSetup,
    /// When each firing alert was last sent; `None` if another process has sent it.
    sent: HashMap<AlertKey, Option<Instant>>,
    /// When the rules about the exporter itself were last evaluated.
    health_checked: Option<Instant>,
    /// The events since the last step, and those of them that are older than it.
    events: [u64; 2],
    /// What was last shown, and of which state of the evaluator.
    shown: Option<(u64, Arc<Alerting>)>,
}

impl Alerter {
    /// Continues from `before`, what another process has saved.
    pub(super) fn new(
        setup: AlertSetup,
        providers: Arc<[String]>,
        before: Option<AlertSnapshot>,
        senders: Option<SenderSnapshot>,
        habits: Option<HabitsSnapshot>,
        counters: &Counters,
    ) -> Self {
        let mut evaluator = Evaluator::new(setup.policy.clone(), Catalog::embedded(), providers);
        if let Some(before) = before {
            evaluator.restore(before, counters);
        }
        if let Some(senders) = senders {
            evaluator.restore_senders(senders);
        }
        if let Some(habits) = habits {
            evaluator.restore_habits(habits);
        }
        let firing = evaluator.active().iter();
        let firing = firing.filter(|active| active.fired.is_some() && active.silenced_by.is_none());
        Alerter {
            sent: firing.map(|active| (key(active), None)).collect(),
            evaluator,
            setup,
            health_checked: None,
            events: [0; 2],
            shown: None,
        }
    }

    /// When the next evaluation is due, in seconds since 1970: [`Alerter::advance`] must be called
    /// before a line of that time or a later one is counted.
    pub(super) fn next_evaluation(&self) -> i64 {
        self.evaluator.due()
    }

    /// Takes note of an event of a line of `time`, of which [`Alerter::next_evaluation`] is `due`.
    #[inline]
    pub(super) fn count(&mut self, time: i64, due: i64) {
        self.events[0] += 1;
        self.events[1] += u64::from(time < due.saturating_sub(2 * LATE));
    }

    /// Takes what other servers have accepted of each sender domain, before [`Alerter::advance`].
    pub(super) fn take_senders(&mut self, volumes: &mut SenderVolumes) {
        self.evaluator.take_senders(volumes);
    }

    /// Evaluates the rules up to `time`: that of a line that is about to be counted, or of the wall
    /// clock if all lines are read. `now` is the wall clock; both in seconds since 1970.
    pub(super) fn advance(&mut self, time: i64, counters: &Counters, now: i64) {
        // If most of what was counted is older than the last step, a source with a backlog is being read, of a time
        // that is evaluated already. It says nothing about now.
        let [all, old] = std::mem::take(&mut self.events);
        // The time of a line may be in the future.
        self.evaluator
            .advance(time.min(now), counters, 2 * old > all);
    }

    /// Whether the evaluation has reached the present.
    fn is_current(&self, now: i64) -> bool {
        let time = self.evaluator.time();
        time.is_some_and(|time| time >= now - LATE)
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
        let ended = self.evaluator.take_ended();
        if self.setup.notifier.is_none() {
            return;
        }
        let mut alerts = self.resolved(ended, now);
        let is_current = self.is_current(now.as_second());
        for active in self.evaluator.active() {
            let key = key(active);
            let sent = self.sent.get(&key);
            let due = sent.is_none_or(|it| it.is_none_or(|it| it.elapsed() >= RESEND_INTERVAL));
            if due && self.is_wanted(active, is_current, sent.is_some(), now.as_second()) {
                alerts.extend(self.alert(active, now + ENDS_AFTER));
                self.sent.insert(key, Some(Instant::now()));
            }
        }
        if let Some(notifier) = &self.setup.notifier
            && !alerts.is_empty()
        {
            notifier.send(alerts);
        }
    }

    /// Whether an alert is sent: it fires, no other one says the same, and it is not of the past.
    fn is_wanted(&self, active: &Active, is_current: bool, was_sent: bool, now: i64) -> bool {
        let Some(fired) = active.fired else {
            return false;
        };
        let may_be_silenced = self.evaluator.may_be_silenced(active);
        let has_waited = !may_be_silenced || now >= fired + GROUP_WAIT;
        let about_mail = self.evaluator.rule(active).is_about_mail();
        active.silenced_by.is_none() && has_waited && (was_sent || is_current || !about_mail)
    }

    /// The ends of alerts that were sent.
    fn resolved(&mut self, ended: Vec<Ended>, now: Timestamp) -> Vec<Notification> {
        let mut alerts = Vec::new();
        for Ended { active, resolved } in ended {
            let was_sent = self.sent.remove(&key(&active)).is_some();
            if was_sent && resolved >= now.as_second() - OLDEST_END {
                let resolved = Timestamp::from_second(resolved).unwrap_or(now).min(now);
                alerts.extend(self.alert(&active, resolved));
            }
        }
        alerts
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

    /// How the last reload of the configuration ended.
    pub(super) fn reloads(&self) -> ReloadRecord {
        self.setup.reloads.clone()
    }

    fn words(&self, active: &Active) -> Option<Words> {
        let setup = &self.setup;
        let mut words = self.evaluator.words(active, &setup.instance, &setup.web)?;
        words.labels.insert("job".to_owned(), setup.job.clone());
        Some(words)
    }

    /// The alerts with their evidence and the state of the Alertmanagers, for a view of `now`.
    pub(super) fn view(&mut self, now: i64) -> Arc<Alerting> {
        let notifier = self.setup.notifier.as_ref();
        let alertmanagers = notifier.map(Notifier::stats).unwrap_or_default();
        let is_current = self.is_current(now);
        let changes = self.evaluator.changes();
        if let Some((of, shown)) = &self.shown
            && *of == changes
            && shown.alertmanagers == alertmanagers
            && shown.signals.is_some() == is_current
        {
            return Arc::clone(shown);
        }
        let active = self.evaluator.active().iter().filter_map(|active| {
            let words = self.words(active)?;
            Some(ActiveAlert {
                labels: words.labels,
                annotations: words.annotations,
                summary: words.summary,
                description: words.description,
                since: active.since,
                fired: active.fired,
                inhibited_by: active.silenced_by.clone(),
            })
        });
        let ended = self.evaluator.resolved().filter_map(|ended| {
            let mut active = ended.active.clone();
            active.figures = active.peak.clone();
            let words = self.words(&active)?;
            Some(EndedAlert {
                labels: words.labels,
                annotations: words.annotations,
                summary: words.summary,
                fired: active.fired?,
                resolved: ended.resolved,
            })
        });
        let policy = &self.setup.policy;
        let rules = self.evaluator.nearness().into_iter();
        let rules = rules.map(|it| RuleState {
            alert: policy.alerts[it.rule].name.clone(),
            label: it.provider.map(|name| ("provider", name)),
            value: it.value,
            threshold: it.threshold,
            usual: it.usual,
            is_share: it.is_share,
        });
        let signals = self.evaluator.signals();
        let signals = signals.map(|(signal, provider, known)| SignalState {
            name: signal.name.clone(),
            provider: provider.unwrap_or_default().to_owned(),
            is_share: signal.is_share(),
            share_lower: known.share_lower,
            share: known.share,
            others_lower: provider.map(|_| known.others_lower),
            usual: known.usual,
            events: known.events,
        });
        let alerting = Arc::new(Alerting {
            active: active.collect(),
            ended: ended.collect(),
            rules: rules.collect(),
            signals: is_current.then(|| signals.collect()),
            missing_lines: self
                .evaluator
                .missing_lines()
                .map(|(source, lines)| (source.to_owned(), lines))
                .collect(),
            usual_queues: self.evaluator.usual_queues().collect(),
            sends: self.setup.notifier.is_some(),
            web: self.web(),
            alertmanagers,
        });
        self.shown = Some((changes, Arc::clone(&alerting)));
        alerting
    }

    /// Where the pages that alerts link to are reached: as the policy says, or else as this exporter is.
    fn web(&self) -> WebAddress {
        let mut web = self.setup.web.clone();
        if let Some(url) = &self.setup.policy.runbook_url {
            web.external_url.clone_from(url);
        }
        web
    }

    /// What a snapshot keeps, for [`Alerter::new`] of the next process.
    pub(super) fn snapshot(&mut self) -> AlertSnapshot {
        self.evaluator.snapshot()
    }

    /// What a snapshot keeps of the sources and the queues.
    pub(super) fn habits_snapshot(&self) -> HabitsSnapshot {
        self.evaluator.habits_snapshot()
    }

    /// What a snapshot keeps of the sender domains.
    pub(super) fn sender_snapshot(&self) -> SenderSnapshot {
        self.evaluator.sender_snapshot()
    }
}

fn key(active: &Active) -> AlertKey {
    let label = active.label.as_ref().map(|(_, value)| value.clone());
    (active.rule, label)
}
