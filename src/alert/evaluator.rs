//! Evaluates the alert policy over the counters, in steps of the lines' own time.
//!
//! At every step it samples the counters, as a Prometheus scrape would, and evaluates every rule. So a log gives the
//! same alerts whether it is followed, read late or replayed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::active::{Active, ActiveSnapshot, Actives};
use super::health::{Health, HealthHistory};
use super::history::{CLOCK_TOLERANCE, STEP, Track, TrackSnapshot};
use super::providers::{ProviderSnapshot, ProviderTracks};
use super::rule::Rule;
use super::signal::{self, Signal, retentions};
use super::texts::{self, Words};
use crate::catalog::{Catalog, ConditionId, Policy, Watch};
use crate::metrics::Counters;
use crate::parse::Direction;

/// The longest gap without lines, in seconds, that is evaluated step by step. After that, evaluation jumps to the end
/// of the gap.
const LONGEST_GAP: i64 = 86_400;

/// How far a single line may be ahead of the lines before it, in seconds. A line farther ahead must be confirmed by
/// another one, so that one wrong time stamp does not advance the clock.
const MAX_LEAP: i64 = 6 * 3_600;

/// A signal that some rule uses.
struct UsedSignal {
    signal: Signal,
    /// Its key in the state file.
    key: String,
    /// How far back rules need its history, in seconds.
    reach: i64,
}

/// Evaluates a policy.
pub struct Evaluator {
    catalog: &'static Catalog,
    policy: Policy,
    rules: Vec<Rule>,
    signals: Vec<UsedSignal>,
    tracks: Vec<Track>,
    providers: ProviderTracks,
    health: Option<HealthHistory>,
    actives: Actives,
    /// The time of the last step, in seconds since 1970; `None` before the first line.
    now: Option<i64>,
    /// The time of an unconfirmed line far ahead.
    leap: Option<i64>,
}

/// The evaluator in the state file. It is encoded by position: fields must keep their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertSnapshot {
    now: Option<i64>,
    tracks: BTreeMap<String, TrackSnapshot>,
    providers: ProviderSnapshot,
    active: Vec<ActiveSnapshot>,
}

impl Evaluator {
    /// An evaluator of this policy; `providers` are the provider names of the counters, by id.
    pub fn new(policy: Policy, catalog: &'static Catalog, providers: Arc<[String]>) -> Self {
        let mut signals: Vec<UsedSignal> = Vec::new();
        let mut by_provider = ProviderTracks::new(providers);
        let rules = policy.alerts.iter().map(|alert| {
            let mut index_of = |signal: Signal| {
                let at = signals.iter().position(|used| used.signal == signal);
                let at = at.unwrap_or_else(|| {
                    let key = signal.key(catalog);
                    signals.push(UsedSignal {
                        signal,
                        key,
                        reach: 0,
                    });
                    signals.len() - 1
                });
                let reach = &mut signals[at].reach;
                *reach = signal::reach(alert).max(*reach);
                at
            };
            let watched = signal::watched(alert, catalog);
            let named = alert.watch == Watch::Providers || alert.description.contains("{leader}");
            let causes = match alert.description.contains("{cause}") {
                true => catalog.conditions().iter().enumerate(),
                false => [].iter().enumerate(),
            };
            let causes = causes.map(|(id, condition)| {
                let id = vec![ConditionId(id as u8)];
                let signal = Signal::Conditions(Direction::Outbound, id);
                (condition.name.clone(), index_of(signal))
            });
            Rule {
                causes: causes.collect(),
                watched: watched.into_iter().map(&mut index_of).collect(),
                whole: signal::whole(alert).map(&mut index_of),
                by_provider: named.then(|| by_provider.watch(alert, catalog)),
                provider_whole: by_provider.whole(alert, catalog),
                alert: alert.clone(),
            }
        });
        Evaluator {
            catalog,
            rules: rules.collect(),
            policy,
            signals,
            tracks: Vec::new(),
            providers: by_provider,
            health: None,
            actives: Actives::default(),
            now: None,
            leap: None,
        }
    }

    /// The time from which [`Evaluator::advance`] has something to do.
    pub fn due(&self) -> i64 {
        self.now.map_or(i64::MIN, |now| now + STEP)
    }

    /// Evaluates every step up to `time`, before a line of that time is counted or when no more lines arrived until
    /// then. With `suppressed`, rules about mail do not match.
    pub fn advance(&mut self, time: i64, counters: &Counters, suppressed: bool) {
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
        let slow = target.min(now + LONGEST_GAP);
        while now < slow {
            now += STEP;
            self.step(now, counters, suppressed);
        }
        if now < target {
            self.step(target, counters, suppressed);
        }
    }

    fn begin(&mut self, time: i64, counters: &Counters) {
        let now = time.div_euclid(STEP) * STEP;
        let tracks = self.signals.iter().map(|used| {
            let total = used.signal.total(counters);
            Track::new(&retentions(STEP, used.reach), now, total)
        });
        self.tracks = tracks.collect();
        self.providers.begin(now, counters);
        self.now = Some(now);
    }

    fn step(&mut self, now: i64, counters: &Counters, suppressed: bool) {
        self.now = Some(now);
        for (used, track) in self.signals.iter().zip(&mut self.tracks) {
            track.push(now, used.signal.total(counters));
        }
        self.providers.sample(now, counters);
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if !rule.alert.is_about_mail() {
                continue;
            }
            if !suppressed {
                rule.evaluate(&self.tracks, &self.providers, &mut found);
            }
            self.actives.update(at, &mut found, now, rule.times());
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
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if !rule.alert.is_about_mail() {
                history.evaluate(&rule.alert, health, &mut found);
                self.actives.update(at, &mut found, now, rule.times());
            }
        }
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
            for track in &mut self.tracks {
                track.shift_back(ahead);
            }
            self.providers.shift_back(ahead);
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

    /// Alerts that have resolved since the last call, with the time of resolution.
    pub fn take_ended(&mut self) -> Vec<(Active, i64)> {
        std::mem::take(&mut self.actives.ended)
    }

    /// Labels and annotations of an alert; `instance` is the address of this exporter.
    pub fn words(&self, active: &Active, instance: &str) -> Option<Words> {
        let alert = &self.rules.get(active.rule)?.alert;
        let texts = texts::of(alert, self.catalog)?;
        let base = self.policy.runbook_url.as_deref();
        Some(Words::new(alert, texts, active, instance, base))
    }

    /// The evaluator for the state file.
    pub fn snapshot(&self) -> AlertSnapshot {
        let signals = self.signals.iter().zip(&self.tracks);
        AlertSnapshot {
            now: self.now,
            tracks: signals
                .map(|(used, track)| (used.key.clone(), track.snapshot()))
                .collect(),
            providers: self.providers.snapshot(),
            active: self.actives.snapshot(|rule| &self.rules[rule].alert.name),
        }
    }

    /// Restores a snapshot, with counters of the same moment. Rules and signals that the policy no longer has are
    /// dropped.
    pub fn restore(&mut self, snapshot: &AlertSnapshot, counters: &Counters) {
        let Some(now) = snapshot.now else { return };
        self.begin(now, counters);
        for (used, track) in self.signals.iter().zip(&mut self.tracks) {
            if let Some(kept) = snapshot.tracks.get(&used.key) {
                *track = Track::restored(&retentions(STEP, used.reach), kept);
            }
        }
        self.providers.restore(&snapshot.providers);
        for kept in &snapshot.active {
            let rule = self.rules.iter();
            let rule = rule
                .enumerate()
                .find(|(_, it)| it.alert.name == kept.rule());
            if let Some((at, rule)) = rule {
                self.actives.list.push(kept.restored(at, rule.label()));
            }
        }
    }
}
