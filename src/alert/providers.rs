//! Counters per provider with their history, for rules by provider and for the leading provider of an alert.
//!
//! The history of a provider starts with its first reply.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::history::{Retention, STEP, Track, TrackSnapshot};
use super::signal::{self, retentions};
use crate::catalog::{Alert, Catalog, ConditionId, ProviderId, Watch};
use crate::metrics::Counters;

/// What is summed up for each provider.
#[derive(Clone, Debug, PartialEq, Eq)]
enum ProviderCounter {
    Replies,
    Codes(Vec<u16>),
    Class(u8),
    Conditions(Vec<ConditionId>),
}

impl ProviderCounter {
    fn has_code(&self, code: u16) -> bool {
        match self {
            ProviderCounter::Replies => true,
            ProviderCounter::Codes(codes) => codes.contains(&code),
            ProviderCounter::Class(class) => code / 100 == u16::from(*class),
            ProviderCounter::Conditions(_) => false,
        }
    }

    fn has_condition(&self, condition: ConditionId) -> bool {
        matches!(self, ProviderCounter::Conditions(conditions) if conditions.contains(&condition))
    }

    fn key(&self, catalog: &Catalog) -> String {
        match self {
            ProviderCounter::Replies => "replies".to_owned(),
            ProviderCounter::Codes(codes) => format!("codes {codes:?}"),
            ProviderCounter::Class(class) => format!("class {class}"),
            ProviderCounter::Conditions(ids) => {
                let names = ids.iter().map(|id| catalog.condition_name(*id));
                format!("conditions {}", Vec::from_iter(names).join(" "))
            }
        }
    }
}

/// A counter with its history for every provider.
struct CounterTracks {
    counter: ProviderCounter,
    key: String,
    reach: i64,
    /// By provider id; `None` before its first reply.
    tracks: Vec<Option<Track>>,
    totals: Vec<u64>,
}

impl CounterTracks {
    /// Windows over 15 minutes are sampled once a minute, to save memory with many providers.
    fn retentions(&self) -> Vec<Retention> {
        let step = if self.reach <= 900 { STEP } else { 60 };
        retentions(step, self.reach)
    }
}

/// The counters of all providers.
pub(super) struct ProviderTracks {
    names: Arc<[String]>,
    numbers: Vec<CounterTracks>,
    /// Time of the last sample.
    now: i64,
}

/// The same in the state file: for each counter the providers seen, with their tracks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct ProviderSnapshot {
    now: i64,
    numbers: BTreeMap<String, Vec<(String, TrackSnapshot)>>,
}

impl ProviderTracks {
    pub(super) fn new(names: Arc<[String]>) -> Self {
        ProviderTracks {
            names,
            numbers: Vec::new(),
            now: 0,
        }
    }

    /// The index of the counter of a rule.
    pub(super) fn watch(&mut self, alert: &Alert, catalog: &Catalog) -> usize {
        let counter = if let Some(class) = alert.class {
            ProviderCounter::Class(class)
        } else if alert.conditions.is_empty() {
            ProviderCounter::Codes(alert.codes.clone())
        } else {
            ProviderCounter::Conditions(signal::conditions(alert, catalog))
        };
        self.add(counter, alert, catalog)
    }

    /// The index of the counter of all replies, where the rule needs it.
    pub(super) fn whole(&mut self, alert: &Alert, catalog: &Catalog) -> Option<usize> {
        (alert.watch == Watch::Providers)
            .then(|| self.add(ProviderCounter::Replies, alert, catalog))
    }

    fn add(&mut self, counter: ProviderCounter, alert: &Alert, catalog: &Catalog) -> usize {
        let reach = alert.window.unwrap_or_default().seconds();
        let at = self
            .numbers
            .iter()
            .position(|number| number.counter == counter);
        let at = at.unwrap_or_else(|| {
            self.numbers.push(CounterTracks {
                key: counter.key(catalog),
                counter,
                reach,
                tracks: self.names.iter().map(|_| None).collect(),
                totals: vec![0; self.names.len()],
            });
            self.numbers.len() - 1
        });
        let number = &mut self.numbers[at];
        number.reach = number.reach.max(reach);
        at
    }

    /// Starts the history at `now`; existing totals are no growth.
    pub(super) fn begin(&mut self, now: i64, counters: &Counters) {
        self.now = now;
        self.sum_up(counters);
        for number in &mut self.numbers {
            let retentions = number.retentions();
            for (track, &total) in number.tracks.iter_mut().zip(&number.totals) {
                *track = (total > 0).then(|| Track::new(&retentions, now, total));
            }
        }
    }

    /// Samples all counters.
    pub(super) fn sample(&mut self, now: i64, counters: &Counters) {
        self.sum_up(counters);
        for number in &mut self.numbers {
            let retentions = number.retentions();
            for (track, &total) in number.tracks.iter_mut().zip(&number.totals) {
                match track {
                    Some(track) => track.push(now, total),
                    None if total > 0 => {
                        let mut new = Track::new(&retentions, self.now, 0);
                        new.push(now, total);
                        *track = Some(new);
                    }
                    None => {}
                }
            }
        }
        self.now = now;
    }

    /// Moves the history `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        self.now -= seconds;
        let tracks = self
            .numbers
            .iter_mut()
            .flat_map(|number| &mut number.tracks);
        for track in tracks.flatten() {
            track.shift_back(seconds);
        }
    }

    fn sum_up(&mut self, counters: &Counters) {
        for number in &mut self.numbers {
            number.totals.fill(0);
        }
        for (provider, code, count) in counters.provider_code_counts() {
            self.add_to(provider, count, |counter| counter.has_code(code));
        }
        for (provider, condition, count) in counters.provider_condition_counts() {
            self.add_to(provider, count, |counter| counter.has_condition(condition));
        }
    }

    fn add_to(
        &mut self,
        provider: ProviderId,
        count: u64,
        matches: impl Fn(&ProviderCounter) -> bool,
    ) {
        for number in self.numbers.iter_mut().filter(|it| matches(&it.counter)) {
            if let Some(total) = number.totals.get_mut(usize::from(provider.0)) {
                *total += count;
            }
        }
    }

    /// The growth of a counter of one provider within `window` seconds.
    pub(super) fn growth_of(&self, number: usize, provider: usize, window: i64) -> u64 {
        let track = self.numbers[number].tracks.get(provider);
        let track = track.and_then(Option::as_ref);
        track.map_or(0, |track| track.growth(window, 0))
    }

    /// The growth of a counter within `window` seconds, for each provider seen.
    pub(super) fn growth(&self, number: usize, window: i64) -> impl Iterator<Item = (usize, u64)> {
        let tracks = self.numbers[number].tracks.iter().enumerate();
        tracks.filter_map(move |(provider, track)| {
            Some((provider, track.as_ref()?.growth(window, 0)))
        })
    }

    /// The provider with the largest growth, if any.
    pub(super) fn leader(&self, number: usize, window: i64) -> Option<&str> {
        let grown = self
            .growth(number, window)
            .filter(|(_, growth)| *growth > 0);
        // The first of equal ones.
        let (provider, _) =
            grown.max_by_key(|(provider, growth)| (*growth, usize::MAX - provider))?;
        self.name(provider)
    }

    pub(super) fn name(&self, provider: usize) -> Option<&str> {
        self.names.get(provider).map(String::as_str)
    }

    /// The counters for the state file.
    pub(super) fn snapshot(&self) -> ProviderSnapshot {
        let numbers = self.numbers.iter().map(|number| {
            let named = number.tracks.iter().zip(self.names.iter());
            let seen = named.filter_map(|(track, name)| {
                let snapshot = track.as_ref()?.snapshot();
                Some((name.clone(), snapshot))
            });
            (number.key.clone(), seen.collect())
        });
        ProviderSnapshot {
            now: self.now,
            numbers: numbers.collect(),
        }
    }

    /// Restores a snapshot. Counters that no rule uses any more are dropped; new ones keep the history they started
    /// with.
    pub(super) fn restore(&mut self, snapshot: &ProviderSnapshot) {
        self.now = snapshot.now;
        for number in &mut self.numbers {
            let Some(seen) = snapshot.numbers.get(&number.key) else {
                continue;
            };
            number.tracks.fill(None);
            for (provider, track) in seen {
                if let Some(provider) = self.names.iter().position(|name| name == provider) {
                    let track = Track::restored(&number.retentions(), track);
                    number.tracks[provider] = Some(track);
                }
            }
        }
    }
}
