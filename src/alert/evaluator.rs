//! The policy over the counters, step by step of the lines' own time.
//!
//! At every step it remembers what the counters say, which is what Prometheus would have scraped
//! then, and asks every rule. So a log gives the same alerts whether it is followed, read late or
//! replayed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::active::{self, Active, Actives};
use super::health::{Health, Past};
use super::history::{STEP, Track, TrackImage};
use super::providers::{self, ByProvider};
use super::rule::Rule;
use super::signal::{self, Signal, memories};
use super::texts::{self, Words};
use crate::catalog::{Catalog, Policy, Watch};
use crate::metrics::Counters;

/// How long a time without lines is gone through step by step, in seconds: longer than any window.
/// What fires still ends then at the time that comes after it.
const LONGEST_GAP: i64 = 86_400;

/// How far ahead of the lines before a single line may be, in seconds. One further ahead must be
/// confirmed by another, so that one bad stamp does not put the clock forward for good.
const LEAP: i64 = 6 * 3_600;

/// A number, with its past.
struct Number {
    signal: Signal,
    /// What it is called where it is kept over restarts.
    key: String,
    reach: i64,
}

/// Evaluates a policy.
pub struct Evaluator {
    catalog: &'static Catalog,
    policy: Policy,
    rules: Vec<Rule>,
    numbers: Vec<Number>,
    tracks: Vec<Track>,
    providers: ByProvider,
    past: Option<Past>,
    actives: Actives,
    /// The last step, in seconds since 1970; `None` before the first line.
    now: Option<i64>,
    /// A time far ahead that one line had.
    leap: Option<i64>,
}

/// What outlives the process.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Image {
    now: Option<i64>,
    tracks: BTreeMap<String, TrackImage>,
    providers: providers::Image,
    active: Vec<active::Image>,
}

impl Evaluator {
    /// An evaluator of this policy, for counters with these names of providers.
    pub fn new(policy: Policy, catalog: &'static Catalog, providers: Arc<[String]>) -> Self {
        let mut numbers: Vec<Number> = Vec::new();
        let mut by_provider = ByProvider::new(providers);
        let rules = policy.alerts.iter().map(|alert| {
            let mut number = |signal: Signal| {
                let at = numbers.iter().position(|number| number.signal == signal);
                let at = at.unwrap_or_else(|| {
                    let key = signal.key(catalog);
                    numbers.push(Number {
                        signal,
                        key,
                        reach: 0,
                    });
                    numbers.len() - 1
                });
                let reach = &mut numbers[at].reach;
                *reach = signal::reach(alert).max(*reach);
                at
            };
            let watched = signal::watched(alert, catalog);
            let named = alert.watch == Watch::Providers || alert.description.contains("{leader}");
            Rule {
                watched: watched.into_iter().map(&mut number).collect(),
                whole: signal::whole(alert).map(&mut number),
                by_provider: named.then(|| by_provider.watch(alert, catalog)),
                provider_whole: by_provider.whole(alert, catalog),
                alert: alert.clone(),
            }
        });
        Evaluator {
            catalog,
            rules: rules.collect(),
            policy,
            numbers,
            tracks: Vec::new(),
            providers: by_provider,
            past: None,
            actives: Actives::default(),
            now: None,
            leap: None,
        }
    }

    /// The time from which on [`Evaluator::advance`] has something to do.
    pub fn due(&self) -> i64 {
        self.now.map_or(i64::MIN, |now| now + STEP)
    }

    /// A line of this time is about to be counted, or nothing more came until then: goes through
    /// every step up to there. While it is `quiet`, rules about mail find nothing.
    pub fn advance(&mut self, time: i64, counters: &Counters, quiet: bool) {
        let Some(mut now) = self.now else {
            self.begin(time, counters);
            return;
        };
        if time > now + LEAP && self.leap.is_none_or(|leap| (time - leap).abs() > LEAP) {
            self.leap = Some(time);
            return;
        }
        self.leap = None;
        let target = time.div_euclid(STEP) * STEP;
        let slow = target.min(now + LONGEST_GAP);
        while now < slow {
            now += STEP;
            self.step(now, counters, quiet);
        }
        if now < target {
            self.step(target, counters, quiet);
        }
    }

    fn begin(&mut self, time: i64, counters: &Counters) {
        let now = time.div_euclid(STEP) * STEP;
        let tracks = self.numbers.iter().map(|number| {
            let total = number.signal.total(counters);
            Track::new(&memories(STEP, number.reach), now, total)
        });
        self.tracks = tracks.collect();
        self.providers.begin(now, counters);
        self.now = Some(now);
    }

    fn step(&mut self, now: i64, counters: &Counters, quiet: bool) {
        self.now = Some(now);
        for (number, track) in self.numbers.iter().zip(&mut self.tracks) {
            track.push(now, number.signal.total(counters));
        }
        self.providers.sample(now, counters);
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if !rule.alert.is_about_mail() {
                continue;
            }
            if !quiet {
                rule.find(&self.tracks, &self.providers, &mut found);
            }
            self.actives.settle(at, &mut found, now, rule.times());
        }
    }

    /// Asks the rules about the exporter itself; `now` is the wall clock in seconds since 1970.
    pub fn examine(&mut self, health: &Health, counters: &Counters, now: i64) {
        let past = self
            .past
            .get_or_insert_with(|| Past::new(now, counters, health));
        past.sample(now, counters, health);
        let mut found = Vec::new();
        for (at, rule) in self.rules.iter().enumerate() {
            if !rule.alert.is_about_mail() {
                past.find(&rule.alert, counters, health, now, &mut found);
                self.actives.settle(at, &mut found, now, rule.times());
            }
        }
    }

    /// What is pending or firing.
    pub fn active(&self) -> &[Active] {
        &self.actives.list
    }

    /// What has fired and is over since the last call, and when it ended.
    pub fn take_ended(&mut self) -> Vec<(Active, i64)> {
        std::mem::take(&mut self.actives.ended)
    }

    /// The words of an alert; `instance` is where this exporter is reached.
    pub fn words(&self, active: &Active, instance: &str) -> Option<Words> {
        let alert = &self.rules.get(active.rule)?.alert;
        let texts = texts::of(alert, self.catalog)?;
        let base = self.policy.runbook_url.as_deref();
        Some(Words::new(alert, texts, active, instance, base))
    }

    /// What is to be kept.
    pub fn image(&self) -> Image {
        let numbers = self.numbers.iter().zip(&self.tracks);
        Image {
            now: self.now,
            tracks: numbers
                .map(|(number, track)| (number.key.clone(), track.image()))
                .collect(),
            providers: self.providers.image(),
            active: self.actives.image(|rule| &self.rules[rule].alert.name),
        }
    }

    /// Goes on from an image, with counters that go on from the same moment. What the policy does not
    /// have any more is left behind.
    pub fn restore(&mut self, image: &Image, counters: &Counters) {
        let Some(now) = image.now else { return };
        self.begin(now, counters);
        for (number, track) in self.numbers.iter().zip(&mut self.tracks) {
            if let Some(image) = image.tracks.get(&number.key) {
                *track = Track::restored(&memories(STEP, number.reach), image);
            }
        }
        self.providers.restore(&image.providers);
        for kept in &image.active {
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
