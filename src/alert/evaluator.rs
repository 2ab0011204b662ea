//! Evaluates the alert policy over the counters, in steps of the lines' own time.
//!
//! At every step it samples the counters, as a Prometheus scrape would, and evaluates every rule. So a log gives the
//! same alerts whether it is followed, read late or replayed.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::active::{Active, ActiveSnapshot, Actives, Ended};
use super::evidence::{Evidence, EvidenceSnapshot, Key};
use super::habits::{Habits, HabitsSnapshot};
use super::health::{Health, HealthHistory, silent_sources};
use super::history::CLOCK_TOLERANCE;
use super::inhibition::Inhibitions;
use super::leading::Leading;
use super::recent::STEP;
use super::rule::Rule;
use super::sender_surges::SenderSnapshot;
use super::series::Judgement;
use super::texts;
use super::totals::Totals;
use super::words::Words;
use crate::catalog::{Catalog, Policy, ProviderId, Severity, Signal, Watch};
use crate::insight::SenderVolumes;
use crate::metrics::{Counters, SourceStats, UsualQueue, WebAddress};
use crate::queue;

/// The longest gap without lines, in seconds, that is evaluated step by step. After that, evaluation jumps to the end
/// of the gap.
const LONGEST_GAP: i64 = 86_400;

/// How far a single line may be ahead of the lines before it, in seconds. A line farther ahead must be confirmed by
/// another one, so that one wrong time stamp does not advance the clock.
const MAX_LEAP: i64 = 6 * 3_600;

/// How long after it started firing it is decided whether another alert of the same cause silences an alert, in
/// seconds: as long as Alertmanager waits for further alerts of a group.
pub const GROUP_WAIT: i64 = 30;

/// How long resolved alerts are remembered, in seconds, and how many.
const REMEMBERED: i64 = 7 * 86_400;
const MOST_REMEMBERED: usize = 200;

/// How long a warning may last before what it is about becomes usual, in seconds.
const LONGEST_WARNING: i64 = 3 * 86_400;

/// Evaluates a policy.
pub struct Evaluator {
    catalog: &'static Catalog,
    policy: Policy,
    rules: Vec<Rule>,
    inhibitions: Inhibitions,
    evidence: Evidence,
    leading: Leading,
    loopback: Option<ProviderId>,
    health: Option<HealthHistory>,
    habits: Habits,
    actives: Actives,
    /// The alerts that were resolved within the last days, the oldest first.
    resolved: VecDeque<Ended>,
    /// How many of the alerts that have not been taken yet are among them.
    remembered: usize,
    /// The time of the last step, in seconds since 1970; `None` before the first line.
    now: Option<i64>,
    /// The time of an unconfirmed line far ahead.
    leap: Option<i64>,
    /// The snapshot of the evidence at the last step.
    kept: Option<Arc<EvidenceSnapshot>>,
    /// How often anything has changed.
    changes: u64,
}

/// The evaluator in the state file. It is encoded by position: fields must keep their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertSnapshot {
    now: Option<i64>,
    evidence: Arc<EvidenceSnapshot>,
    alerts: Vec<ActiveSnapshot>,
}

/// How near a rule is to its threshold.
#[derive(Clone, Debug, PartialEq)]
pub struct Nearness {
    /// The index of the rule in the policy.
    pub rule: usize,
    /// The provider, where the rule has one alert for each.
    pub provider: Option<String>,
    /// The value now: a share from 0 to 1, or a number.
    pub value: f64,
    /// The value from which the rule matches.
    pub threshold: f64,
    /// The usual value; `None` if it is not known.
    pub usual: Option<f64>,
    /// Whether the values are shares.
    pub is_share: bool,
}

impl Evaluator {
    /// An evaluator of this policy; `providers` are the provider names of the counters, by id.
    pub fn new(policy: Policy, catalog: &'static Catalog, providers: Arc<[String]>) -> Self {
        let loopback = providers.iter().position(|name| name == "loopback");
        let evidence = Evidence::new(&policy, catalog, providers);
        let numbers = 0..policy.alerts.len();
        let rules: Vec<Rule> = numbers
            .map(|number| Rule::new(number, &policy, &evidence, catalog))
            .collect();
        Evaluator {
            catalog,
            inhibitions: Inhibitions::new(&policy.inhibitions, &rules),
            rules,
            evidence,
            leading: Leading::new(),
            loopback: loopback.map(|id| ProviderId(id as u8)),
            health: None,
            habits: Habits::new(&policy),
            actives: Actives::default(),
            resolved: VecDeque::new(),
            remembered: 0,
            now: None,
            leap: None,
            kept: None,
            changes: 0,
            policy,
        }
    }

    /// The time from which [`Evaluator::advance`] has something to do.
    pub fn due(&self) -> i64 {
        self.now.map_or(i64::MIN, |now| now + STEP)
    }

    /// The time up to which everything is evaluated, in seconds since 1970; `None` before the first line.
    pub fn time(&self) -> Option<i64> {
        self.now
    }

    /// A number that changes whenever alerts or evidence may have changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// Evaluates every step up to `time`, before a line of that time is counted or when no more lines arrived until
    /// then. With `discard`, what has counted since the last step is not of that time, and is no evidence.
    pub fn advance(&mut self, time: i64, counters: &Counters, discard: bool) {
        let Some(mut now) = self.now else {
            self.begin(time, counters);
            return;
        };
        if time > now + MAX_LEAP && self.leap.is_none_or(|leap| (time - leap).abs() > MAX_LEAP) {
            self.leap = Some(time);
            return;
        }
        self.leap = None;
        let target = time.div_euclid(STEP) * STEP;
        if target <= now {
            return;
        }
        let totals = Totals::of(counters, self.loopback);
        let slow = target.min(now + LONGEST_GAP);
        while now < slow {
            now += STEP;
            self.step(now, &totals, counters, discard);
        }
        if now < target {
            self.step(target, &totals, counters, discard);
        }
    }

    /// Takes what other servers have accepted of each sender domain. It counts at the next step of
    /// [`Evaluator::advance`].
    pub fn take_senders(&mut self, volumes: &mut SenderVolumes) {
        self.evidence.senders.take(volumes);
    }

    fn begin(&mut self, time: i64, counters: &Counters) {
        let now = time.div_euclid(STEP) * STEP;
        let totals = Totals::of(counters, self.loopback);
        self.evidence.begin(now, &totals);
        self.leading.step(now, &totals, counters, true);
        self.now = Some(now);
    }

    fn step(&mut self, now: i64, totals: &Totals<'_>, counters: &Counters, discard: bool) {
        let before = self.now.replace(now).unwrap_or(now);
        let (rules, actives, evidence) = (&self.rules, &self.actives, &self.evidence);
        // What alerts are about does not become usual.
        let mut alerting: Vec<Key> = Vec::new();
        for active in &actives.list {
            let rule = &rules[active.rule];
            let is_new = now - active.since < LONGEST_WARNING;
            if rule.alert.severity == Severity::Critical || is_new {
                let provider = active.label.as_ref();
                let provider = provider.and_then(|(_, name)| evidence.provider(name));
                alerting.extend(rule.keys(provider));
            }
        }
        let is_alerting = |key| alerting.contains(&key);
        self.evidence
            .step([before, now], totals, discard, is_alerting);
        self.leading.step(now, totals, counters, discard);
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if rule.alert.is_about_mail() {
                rule.evaluate(
                    at,
                    &self.evidence,
                    &self.leading,
                    &self.actives,
                    self.catalog,
                    &mut found,
                );
                self.actives.update(at, &mut found, now, rule.times());
            }
        }
        self.kept = None;
        self.silence(now);
    }

    /// Decides which alerts are silenced, and remembers those that were resolved.
    fn silence(&mut self, now: i64) {
        self.changes += 1;
        let silencers: Vec<Option<String>> = {
            let list = &self.actives.list;
            let silencer = |active: &Active| {
                let source = self.inhibitions.silencer(active, list)?;
                Some(self.rules[source.rule].alert.name.clone())
            };
            list.iter().map(silencer).collect()
        };
        for (active, silencer) in self.actives.list.iter_mut().zip(silencers) {
            let decided = active.fired.is_some_and(|fired| now >= fired + GROUP_WAIT);
            if decided && active.inhibited.is_none() {
                active.inhibited = Some(silencer.clone());
            }
            active.silenced_by = silencer;
        }
        let new = &self.actives.ended[self.remembered..];
        self.resolved.extend(new.iter().cloned());
        self.remembered = self.actives.ended.len();
        while self.resolved.len() > MOST_REMEMBERED
            || self
                .resolved
                .front()
                .is_some_and(|it| it.resolved < now - REMEMBERED)
        {
            self.resolved.pop_front();
        }
    }

    /// Evaluates the rules about the exporter itself; `now` is the wall clock in seconds since 1970. If the clock was
    /// set back, all history moves with it.
    pub fn examine(&mut self, health: &Health, counters: &Counters, now: i64) {
        self.follow_clock(now);
        let history = self
            .health
            .get_or_insert_with(|| HealthHistory::new(now, counters, health));
        history.sample(now, counters, health);
        self.habits.sample(now, health);
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if !rule.alert.is_about_mail() {
                history.evaluate(&rule.alert, health, &self.habits, &mut found);
                self.actives.update(at, &mut found, now, rule.times());
            }
        }
        self.silence(now);
    }

    /// Evaluates only whether sources are silent, at `now` in seconds since 1970: that of the lines, where there is no
    /// exporter to examine.
    pub fn examine_sources(&mut self, now: i64, sources: &[SourceStats]) {
        self.habits.sample_sources(now, sources);
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if rule.alert.watch == Watch::SourceSilent {
                silent_sources(&rule.alert, &self.habits, &mut found);
                self.actives.update(at, &mut found, now, rule.times());
            }
        }
        self.silence(now);
    }

    /// Each source, with the lines that it usually has in the time in which it has had none.
    pub fn missing_lines(&self) -> impl Iterator<Item = (&str, u64)> {
        self.habits.missing_lines()
    }

    /// What is usual for each queue.
    pub fn usual_queues(&self) -> impl Iterator<Item = UsualQueue> {
        let queues = self.habits.queues();
        queue::NAMES.iter().map(|name| UsualQueue {
            name,
            messages: queues.size(name),
            oldest_age: queues.age(name),
        })
    }

    /// Moves history and alerts that are ahead of the wall clock into the past, so that evaluation continues now and
    /// not when the clock reaches the former time again. The clock was set back, or it was wrong when the state was
    /// written.
    fn follow_clock(&mut self, wall_clock: i64) {
        let rules = &self.rules;
        let about_mail = |rule: usize| rules[rule].alert.is_about_mail();
        if let Some(now) = self.now
            && now > wall_clock + CLOCK_TOLERANCE
        {
            let target = wall_clock.div_euclid(STEP) * STEP;
            let ahead = now - target;
            self.now = Some(target);
            self.leap = None;
            self.evidence.shift_back(ahead);
            self.leading = Leading::new();
            self.actives.shift_back(ahead, about_mail);
        }
        let about_exporter = |rule: usize| !about_mail(rule);
        let list = self.actives.list.iter();
        let newest = list
            .filter(|active| about_exporter(active.rule))
            .map(|active| active.found)
            .max();
        if let Some(newest) = newest
            && newest > wall_clock + CLOCK_TOLERANCE
        {
            self.actives.shift_back(newest - wall_clock, about_exporter);
        }
    }

    /// The pending and firing alerts.
    pub fn active(&self) -> &[Active] {
        &self.actives.list
    }

    /// The alerts that were resolved within the last week, the oldest first.
    pub fn resolved(&self) -> impl Iterator<Item = &Ended> {
        self.resolved.iter()
    }

    /// Alerts that have been resolved since the last call.
    pub fn take_ended(&mut self) -> Vec<Ended> {
        self.remembered = 0;
        std::mem::take(&mut self.actives.ended)
    }

    /// Whether another alert can silence this one, so that it waits for [`GROUP_WAIT`].
    pub fn may_be_silenced(&self, active: &Active) -> bool {
        self.inhibitions.is_target(active.rule)
    }

    /// The rule of an alert.
    pub fn rule(&self, active: &Active) -> &crate::catalog::Alert {
        &self.rules[active.rule].alert
    }

    /// What is known about each signal: its description, the provider, and the figures.
    pub fn signals(&self) -> impl Iterator<Item = (&Signal, Option<&str>, &Judgement)> {
        self.evidence.shown(self.now.unwrap_or_default())
    }

    /// How near each rule about mail is to its threshold.
    pub fn nearness(&self) -> Vec<Nearness> {
        let mut all = Vec::new();
        for (number, rule) in self.rules.iter().enumerate() {
            let Some(signal) = rule.signal else { continue };
            for (key, judgement) in self.evidence.all_of(signal) {
                if key.provider.is_some() && judgement.events.iter().all(|it| *it == 0) {
                    continue;
                }
                if let Some((value, threshold, is_share)) = rule.state(judgement) {
                    all.push(Nearness {
                        rule: number,
                        provider: key.provider.map(|it| self.evidence.name(it).to_owned()),
                        value,
                        threshold,
                        usual: judgement.usual,
                        is_share,
                    });
                }
            }
        }
        all
    }

    /// Labels and annotations of an alert; `instance` is the address of this exporter.
    pub fn words(&self, active: &Active, instance: &str, web: &WebAddress) -> Option<Words> {
        let rule = self.rules.get(active.rule)?;
        let alert = &rule.alert;
        let mut active = active.clone();
        if rule.about_sender && !self.policy.names_senders {
            active.figures.leader = None;
        }
        let texts = texts::of(alert, self.catalog)?;
        let own = web.base(instance);
        let base = self.policy.runbook_url.as_deref().unwrap_or(&own);
        let language = self.policy.language;
        let words = Words::new(alert, texts, &active, [instance, base], language);
        Some(match self.policy.has_picture(alert) {
            true => words.with_picture(),
            false => words,
        })
    }

    /// The evaluator for the state file.
    pub fn snapshot(&mut self) -> AlertSnapshot {
        let evidence = &self.evidence;
        let kept = self
            .kept
            .get_or_insert_with(|| Arc::new(evidence.snapshot()));
        let name = |active: &Active| &*self.rules[active.rule].alert.name;
        let active = self.actives.list.iter();
        let active = active.map(|active| ActiveSnapshot::of(active, name(active), None));
        let resolved = self.resolved.iter().map(|ended| {
            ActiveSnapshot::of(&ended.active, name(&ended.active), Some(ended.resolved))
        });
        AlertSnapshot {
            now: self.now,
            evidence: Arc::clone(kept),
            alerts: active.chain(resolved).collect(),
        }
    }

    /// What is known about the sender domains, for the state file.
    pub fn sender_snapshot(&self) -> SenderSnapshot {
        self.evidence.senders.snapshot()
    }

    /// What is usual for the sources and the queues, for the state file.
    pub fn habits_snapshot(&self) -> HabitsSnapshot {
        self.habits.snapshot()
    }

    /// Restores what is usual for the sources and the queues.
    pub fn restore_habits(&mut self, snapshot: HabitsSnapshot) {
        self.habits.restore(snapshot);
    }

    /// Restores what is known about the sender domains, after [`Evaluator::restore`].
    pub fn restore_senders(&mut self, snapshot: SenderSnapshot) {
        if let Some(now) = self.now {
            self.evidence.senders.restore(snapshot, now);
        }
    }

    /// Restores a snapshot, with counters of the same moment. Rules and signals that the policy no longer has are
    /// dropped.
    pub fn restore(&mut self, snapshot: AlertSnapshot, counters: &Counters) {
        let Some(now) = snapshot.now else { return };
        self.begin(now, counters);
        let evidence = Arc::unwrap_or_clone(snapshot.evidence);
        self.evidence.restore(evidence, now);
        for kept in snapshot.alerts {
            let mut rules = self.rules.iter().enumerate();
            let rule = rules.find(|(_, it)| it.alert.name == kept.rule());
            let Some((at, rule)) = rule else { continue };
            let resolved = kept.resolved();
            let active = kept.restored(at, rule.label());
            match resolved {
                Some(resolved) => self.resolved.push_back(Ended { active, resolved }),
                None => self.actives.list.push(active),
            }
        }
    }
}
