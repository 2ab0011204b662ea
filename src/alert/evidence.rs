//! The evidence behind the alerts: for each signal, how large its share is, how much of that is proven, and what is
//! usual.
//!
//! It is computed once, by the time of the log lines, and serves the evaluator, `replay`, the pages and the
//! `maillog_signal_…` metrics, so that none of them can disagree. Thresholds are no part of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::bounds::lower;
use super::recent::{Recent, RecentSnapshot, STEP};
use super::sender_surges::SenderSurges;
use super::series::{Judgement, Series};
use super::surge::Surge;
use super::totals::{Selection, Totals, Whole};
use super::usual::Usual;
use crate::catalog::{Catalog, Counted, Policy, ProviderId, Signal};

/// How long a provider without an event keeps its series, in seconds.
const KEPT: i64 = 86_400;

/// The windows in which a provider is compared with the others, in seconds. All of them count: the last one to recover
/// from an outage of all is not at fault either.
const OTHERS_WINDOWS: [i64; 4] = [180, 300, 900, 3_600];

/// How many events the others must have.
const LEAST_OTHERS: u64 = 10;

/// A signal, of all providers or of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    /// The number of the signal.
    pub signal: usize,
    pub provider: Option<u8>,
}

/// The history of what shares refer to.
struct WholeTrack {
    total: u64,
    events: Recent,
}

/// All evidence.
pub(super) struct Evidence {
    names: Arc<[String]>,
    signals: Vec<(Signal, Selection)>,
    /// The signal of all providers, for each signal of one.
    of_all: Vec<Option<usize>>,
    /// The lowest share above which a rule about the signal fires, for each signal; 1 if there is none.
    lowest: Vec<f64>,
    series: BTreeMap<Key, Series>,
    wholes: BTreeMap<(Whole, Option<u8>), WholeTrack>,
    /// The messages of each sender domain.
    pub(super) senders: SenderSurges,
}

/// A series in the state file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SeriesSnapshot {
    signal: String,
    provider: Option<String>,
    totals: [u64; 2],
    events: RecentSnapshot,
    usual: Usual,
    surge: Option<Surge>,
    last_event: i64,
}

/// The evidence in the state file, by names, because numbers may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct EvidenceSnapshot {
    series: Vec<SeriesSnapshot>,
    /// Name, provider, total and history.
    wholes: Vec<(String, Option<String>, u64, RecentSnapshot)>,
}

impl Evidence {
    /// Evidence for the signals of a policy; `names` are the providers' names by id.
    pub(super) fn new(policy: &Policy, catalog: &Catalog, names: Arc<[String]>) -> Self {
        let lowest = policy.signals.iter().map(|signal| {
            let rules = policy.alerts.iter();
            let rules = rules.filter(|it| it.signal.as_ref() == Some(&signal.name));
            let floors = rules.filter_map(|rule| rule.share);
            floors.fold(1.0, f64::min)
        });
        let of_all = policy.signals.iter().map(|signal| {
            let others = signal.others.as_ref()?;
            policy.signals.iter().position(|it| it.name == *others)
        });
        let of_senders = policy.signals.iter();
        let of_senders = of_senders.filter(|it| it.counts == Counted::SenderMessages);
        let of_senders = of_senders.map(|signal| &signal.name).next();
        let rule = policy.alerts.iter();
        let rule = rule
            .filter(|it| it.signal.is_some())
            .find(|it| it.signal.as_ref() == of_senders);
        Evidence {
            senders: SenderSurges::new(rule.cloned(), 0),
            of_all: of_all.collect(),
            lowest: lowest.collect(),
            names,
            signals: policy
                .signals
                .iter()
                .map(|signal| (signal.clone(), Selection::of(signal, catalog)))
                .collect(),
            series: BTreeMap::new(),
            wholes: BTreeMap::new(),
        }
    }

    /// The number of the signal with this name.
    pub(super) fn number(&self, name: &str) -> Option<usize> {
        self.signals.iter().position(|it| it.0.name == name)
    }

    /// The name of a provider.
    pub(super) fn name(&self, provider: u8) -> &str {
        self.names
            .get(usize::from(provider))
            .map_or("other", String::as_str)
    }

    /// The id of the provider with this name.
    pub(super) fn provider(&self, name: &str) -> Option<u8> {
        let id = self.names.iter().position(|known| known == name);
        id.map(|id| id as u8)
    }

    /// Starts the history at `now`; existing totals are no events.
    pub(super) fn begin(&mut self, now: i64, totals: &Totals<'_>) {
        self.series.clear();
        self.wholes.clear();
        self.senders.begin(now);
        self.add_missing(now, totals, true);
    }

    /// Adds the series of signals that have none yet, from now on or from zero.
    fn add_missing(&mut self, now: i64, totals: &Totals<'_>, from_now_on: bool) {
        let providers: Vec<ProviderId> = totals.providers().collect();
        for (number, (signal, selection)) in self.signals.iter().enumerate() {
            let providers = match signal.by_provider {
                true => providers.iter().copied().map(Some).collect(),
                false => vec![None],
            };
            for provider in providers {
                let key = Key {
                    signal: number,
                    provider: provider.map(|it| it.0),
                };
                self.series.entry(key).or_insert_with(|| Series {
                    totals: match from_now_on {
                        true => totals.counted(selection, provider),
                        false => [0; 2],
                    },
                    events: Recent::new(now.div_euclid(STEP)),
                    usual: Usual::new(now),
                    surge: signal.is_surge().then(|| Surge::new(now)),
                    last_event: i64::MIN,
                    now: Judgement::default(),
                });
                let whole = Whole::of(signal);
                let track = self.wholes.entry((whole, provider.map(|it| it.0)));
                track.or_insert_with(|| WholeTrack {
                    total: match from_now_on {
                        true => totals.whole(whole, provider),
                        false => 0,
                    },
                    events: Recent::new(now.div_euclid(STEP)),
                });
            }
        }
    }

    /// Takes the events since the last step, which ended at `before`, and judges every signal at `now`. With
    /// `discard`, these events do not count. `is_alerting` tells whether an alert about a signal is pending or firing.
    pub(super) fn step(
        &mut self,
        [before, now]: [i64; 2],
        totals: &Totals<'_>,
        discard: bool,
        is_alerting: impl Fn(Key) -> bool,
    ) {
        self.add_missing(before, totals, false);
        let step = now.div_euclid(STEP);
        for ((whole, provider), track) in &mut self.wholes {
            let total = totals.whole(*whole, provider.map(ProviderId));
            let grown = total.saturating_sub(track.total);
            track.total = total;
            track.events.push(step, if discard { 0 } else { grown });
        }
        for (key, series) in &mut self.series {
            let (signal, selection) = &self.signals[key.signal];
            let total = totals.counted(selection, key.provider.map(ProviderId));
            let [counted, except] = [0, 1].map(|at| total[at].saturating_sub(series.totals[at]));
            series.totals = total;
            let grown = match discard {
                true => 0,
                false => counted.saturating_sub(except),
            };
            series.events.push(step, grown);
            if grown > 0 {
                series.last_event = now;
            }
            let whole = &self.wholes[&(Whole::of(signal), key.provider)].events;
            let alerting = is_alerting(*key);
            if let Some(surge) = &mut series.surge {
                surge.learn(now, grown, alerting);
            } else {
                if alerting {
                    series.usual.freeze(now);
                }
                series
                    .usual
                    .learn(now, &series.events, whole, signal.needs_weeks);
            }
            series.now = series.judge(signal, self.lowest[key.signal], whole, now);
        }
        self.compare_with_others();
        self.judge_senders(now, discard);
    }

    /// Finds out which sender domain sends far more than usual.
    fn judge_senders(&mut self, now: i64, discard: bool) {
        let key = |counts: Counted| {
            let signal = self.signals.iter().position(|it| it.0.counts == counts)?;
            Some(Key {
                signal,
                provider: None,
            })
        };
        let all = key(Counted::SentMessages).and_then(|key| self.of(key).copied());
        let of_senders = key(Counted::SenderMessages);
        let judgement = self.senders.step(now, discard, all.as_ref());
        if let Some(series) = of_senders.and_then(|key| self.series.get_mut(&key)) {
            series.now = judgement;
        }
    }

    /// Finds out for each provider with proven failures how the other ones do.
    fn compare_with_others(&mut self) {
        let fails = |(key, series): &(&Key, &Series)| {
            series.now.share_lower > 0.0 && key.provider.is_some()
        };
        let failing = self.series.iter().filter(fails);
        let keys: Vec<Key> = failing
            .map(|(key, _)| *key)
            .filter(|key| self.of_all[key.signal].is_some())
            .collect();
        for key in keys {
            let windows = OTHERS_WINDOWS.into_iter();
            let others = windows.map(|window| self.others_lower(key, window));
            let others = others.fold(0.0, f64::max);
            if let Some(series) = self.series.get_mut(&key) {
                series.now.others_lower = others;
            }
        }
    }

    /// The share that the events of all other providers prove; 0 if they have too few. The worst of them is left out, as
    /// long as the rest is a fair part: two providers that fail at once are two faults of theirs.
    fn others_lower(&self, key: Key, window: i64) -> f64 {
        let of_all = self.of_all[key.signal].map(|signal| Key {
            signal,
            provider: None,
        });
        let of_all = of_all.and_then(|key| self.counts(key, window));
        let Some(([failed, all], [own_failed, own])) = of_all.zip(self.counts(key, window)) else {
            return 0.0;
        };
        let (failed, others) = (failed.saturating_sub(own_failed), all.saturating_sub(own));
        let same = self.all_of(key.signal).map(|it| it.0);
        let same = same.filter(|it| it.provider != key.provider);
        let worst = same.filter_map(|it| self.counts(it, window)).max();
        let [worst_failed, worst] = worst.unwrap_or_default();
        let rest = others.saturating_sub(worst);
        let (failed, others) = match rest >= LEAST_OTHERS && rest * 10 >= all {
            true => (failed.saturating_sub(worst_failed), rest),
            false => (failed, others),
        };
        match others >= LEAST_OTHERS {
            true => lower(failed, others),
            false => 0.0,
        }
    }

    /// The failures and all events of a signal within a window.
    fn counts(&self, key: Key, window: i64) -> Option<[u64; 2]> {
        let whole = Whole::of(&self.signals[key.signal].0);
        let failed = self.series.get(&key)?.events.sum(window);
        let all = self.wholes.get(&(whole, key.provider))?.events.sum(window);
        Some([failed, all])
    }

    /// What is known about a signal, if it has been seen.
    pub(super) fn of(&self, key: Key) -> Option<&Judgement> {
        self.series.get(&key).map(|series| &series.now)
    }

    /// The series of a signal: one, or one for each provider seen.
    pub(super) fn all_of(&self, signal: usize) -> impl Iterator<Item = (Key, &Judgement)> {
        let first = Key {
            signal,
            provider: None,
        };
        let series = self.series.range(first..);
        let series = series.take_while(move |(key, _)| key.signal == signal);
        series.map(|(key, series)| (*key, &series.now))
    }

    /// What is shown: the name of the signal, whether it is a share, the provider, and what is known. Providers without
    /// an event for a day are left out.
    pub(super) fn shown(
        &self,
        now: i64,
    ) -> impl Iterator<Item = (&Signal, Option<&str>, &Judgement)> {
        let series = self.series.iter();
        let series = series
            .filter(move |(key, series)| key.provider.is_none() || series.last_event > now - KEPT);
        series.map(|(key, series)| {
            let provider = key.provider.map(|provider| self.name(provider));
            (&self.signals[key.signal].0, provider, &series.now)
        })
    }

    /// Moves all history `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        for series in self.series.values_mut() {
            series.events.shift_back(seconds / STEP);
            series.usual.shift_back(seconds);
            if let Some(surge) = &mut series.surge {
                surge.shift_back(seconds);
            }
            series.last_event = series.last_event.saturating_sub(seconds);
        }
        for whole in self.wholes.values_mut() {
            whole.events.shift_back(seconds / STEP);
        }
        self.senders.shift_back(seconds);
    }

    pub(super) fn snapshot(&self) -> EvidenceSnapshot {
        let name = |provider: Option<u8>| provider.map(|it| self.name(it).to_owned());
        let series = self.series.iter().map(|(key, series)| SeriesSnapshot {
            signal: self.signals[key.signal].0.name.clone(),
            provider: name(key.provider),
            totals: series.totals,
            events: series.events.snapshot(),
            usual: series.usual.clone(),
            surge: series.surge.clone(),
            last_event: series.last_event,
        });
        let wholes = self.wholes.iter().map(|((whole, provider), track)| {
            let events = track.events.snapshot();
            (
                whole.name().to_owned(),
                name(*provider),
                track.total,
                events,
            )
        });
        EvidenceSnapshot {
            series: series.collect(),
            wholes: wholes.collect(),
        }
    }

    /// Restores a snapshot after [`Evidence::begin`]. Signals and providers that no longer exist are dropped.
    pub(super) fn restore(&mut self, snapshot: EvidenceSnapshot, now: i64) {
        let id = |name: &Option<String>| match name {
            None => Some(None),
            Some(name) => {
                let id = self.names.iter().position(|known| known == name);
                id.map(|id| Some(id as u8))
            }
        };
        for (name, provider, total, events) in &snapshot.wholes {
            let whole = Whole::ALL.into_iter().find(|it| it.name() == name);
            if let Some(key) = whole.zip(id(provider)) {
                let events = Recent::restored(events);
                self.wholes.insert(
                    key,
                    WholeTrack {
                        total: *total,
                        events,
                    },
                );
            }
        }
        for kept in snapshot.series {
            let Some((signal, provider)) = self.number(&kept.signal).zip(id(&kept.provider)) else {
                continue;
            };
            let (spec, _) = &self.signals[signal];
            let Some(whole) = self.wholes.get(&(Whole::of(spec), provider)) else {
                continue;
            };
            let mut series = Series {
                totals: kept.totals,
                events: Recent::restored(&kept.events),
                usual: kept.usual,
                surge: kept.surge.filter(|_| spec.is_surge()),
                last_event: kept.last_event,
                now: Judgement::default(),
            };
            series.now = series.judge(spec, self.lowest[signal], &whole.events, now);
            self.series.insert(Key { signal, provider }, series);
        }
    }
}

#[cfg(test)]
mod tests;
