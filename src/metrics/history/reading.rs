//! Rates of the past, for charts and comparisons.

use std::ops::Range;

use super::series::{Key, totals};
use super::{History, MINUTE, MINUTES, QUARTER, QUARTERS, Series};
use crate::metrics::counters::Counters;

/// Rates per minute, by slot of time and by group of series.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Rates {
    groups: usize,
    /// By slot and then by group; NaN where nothing is known.
    rates: Vec<f64>,
    /// The minutes of each slot of which something is known.
    minutes: Vec<f64>,
}

impl Rates {
    /// Nothing is known of any slot.
    fn unknown(slots: usize, groups: usize) -> Self {
        Rates {
            groups,
            rates: vec![f64::NAN; slots * groups],
            minutes: vec![QUARTER as f64; slots],
        }
    }

    /// The number of slots.
    pub fn slots(&self) -> usize {
        self.rates.len().checked_div(self.groups).unwrap_or(0)
    }

    /// The rate of a group per minute; `None` where nothing is known.
    pub fn at(&self, slot: usize, group: usize) -> Option<f64> {
        let rate = self.rates.get(slot * self.groups + group);
        rate.copied().filter(|rate| !rate.is_nan())
    }

    /// How often a group was counted in a slot; 0 where nothing is known.
    pub fn count(&self, slot: usize, group: usize) -> f64 {
        let minutes = self.minutes.get(slot).copied().unwrap_or(0.0);
        self.at(slot, group).unwrap_or(0.0) * minutes
    }

    /// The rate of a group in the last slot.
    pub fn last(&self, group: usize) -> Option<f64> {
        self.at(self.slots().checked_sub(1)?, group)
    }

    /// The mean rate of a group over a range of slots; `None` if fewer than `least` of them are known.
    pub fn mean_of(&self, slots: Range<usize>, group: usize, least: u32) -> Option<f64> {
        let known = slots.filter_map(|slot| self.at(slot, group));
        let (sum, count) = known.fold((0.0, 0u32), |(sum, count), rate| (sum + rate, count + 1));
        (count >= least.max(1)).then(|| sum / f64::from(count))
    }
}

/// The slots of a [`Rates`].
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Their end, in seconds since 1970; the last slot holds this second.
    pub end: i64,
    /// Minutes of one slot.
    pub minutes: i64,
    /// How many.
    pub slots: usize,
}

impl History {
    /// The last second of which the history tells; `None` before the first line.
    pub fn time(&self) -> Option<i64> {
        (self.recorded.began).map(|_| self.recorded.minute * MINUTE + MINUTE - 1)
    }

    /// The rates of the series in `groups` groups, minute by minute. `counters` are of the same moment. A series without
    /// a group below `groups` is left out.
    pub fn minutes(
        &self,
        counters: &Counters,
        span: Span,
        groups: usize,
        group: impl Fn(&Series) -> Option<usize>,
    ) -> Rates {
        let mut rates = Rates::unknown(span.slots, groups);
        let Some(began) = self.recorded.began else {
            return rates;
        };
        let last = span.end.div_euclid(MINUTE);
        let first = last + 1 - span.minutes * span.slots as i64;
        let known = self.recorded.minutes.begin(began);
        let slot_of = |minute: i64| {
            let at = (minute - first).div_euclid(span.minutes);
            usize::try_from(at).ok().filter(|at| *at < span.slots)
        };
        for slot in 0..span.slots {
            let start = first + slot as i64 * span.minutes;
            if start + span.minutes > known && start <= self.recorded.minute {
                rates.rates[slot * groups..][..groups].fill(0.0);
            }
        }
        let of_series = self.groups(groups, &group);
        let mut add = |minute: i64, group: Option<usize>, count: f64| {
            if let (Some(slot), Some(group)) = (slot_of(minute), group) {
                rates.rates[slot * groups + group] += count;
            }
        };
        let chunks = &self.recorded.minutes;
        chunks.read(&MINUTES, first, last, |minute, series, count| {
            let group = of_series.get(usize::from(series)).copied().flatten();
            add(minute, group, f64::from(count));
        });
        self.current(counters, |key, number, growth| {
            let group = match number {
                Some(number) => of_series.get(usize::from(number)).copied().flatten(),
                None => key
                    .series(self.catalog, &self.providers)
                    .and_then(|series| group(&series))
                    .filter(|group| *group < groups),
            };
            add(self.recorded.minute, group, growth as f64);
        });
        for slot in 0..span.slots {
            let start = (first + slot as i64 * span.minutes) * MINUTE;
            let end = (start + span.minutes * MINUTE).min(span.end + 1);
            // Less than a minute tells no rate.
            let seconds = (end - start.max(known * MINUTE)).max(MINUTE);
            let minutes = seconds as f64 / MINUTE as f64;
            rates.minutes[slot] = minutes;
            for rate in &mut rates.rates[slot * groups..][..groups] {
                *rate /= minutes;
            }
        }
        rates
    }

    /// The rates in the quarters of an hour that hold the times, one slot for each.
    pub fn quarters(
        &self,
        times: &[i64],
        groups: usize,
        group: impl Fn(&Series) -> Option<usize>,
    ) -> Rates {
        let mut rates = Rates::unknown(times.len(), groups);
        let Some(began) = self.recorded.began else {
            return rates;
        };
        let began = began.div_euclid(QUARTER) + 1;
        let known = self.recorded.quarters.begin(began);
        let ended = self.recorded.minute.div_euclid(QUARTER);
        let of_series = self.groups(groups, &group);
        let quarter = |time: i64| time.div_euclid(MINUTE * QUARTER);
        let mut wanted: Vec<i64> = times.iter().map(|time| quarter(*time)).collect();
        for (slot, wanted) in wanted.iter().enumerate() {
            if (known..ended).contains(wanted) {
                rates.rates[slot * groups..][..groups].fill(0.0);
            }
        }
        let slots = wanted.clone();
        wanted.sort_unstable();
        wanted.dedup();
        // Each chunk is decoded once.
        for range in
            wanted.chunk_by(|a, b| a.div_euclid(QUARTERS.chunk) == b.div_euclid(QUARTERS.chunk))
        {
            let (first, last) = (range[0], range[range.len() - 1]);
            let chunks = &self.recorded.quarters;
            chunks.read(&QUARTERS, first, last, |quarter, series, count| {
                let Some(group) = of_series.get(usize::from(series)).copied().flatten() else {
                    return;
                };
                for (slot, wanted) in slots.iter().enumerate() {
                    if *wanted == quarter {
                        rates.rates[slot * groups + group] += f64::from(count) / QUARTER as f64;
                    }
                }
            });
        }
        rates
    }

    /// The group of each series.
    fn groups(
        &self,
        groups: usize,
        group: &impl Fn(&Series) -> Option<usize>,
    ) -> Vec<Option<usize>> {
        let series = self.recorded.series.iter();
        series
            .map(|it| group(it).filter(|group| *group < groups))
            .collect()
    }

    /// What was counted in the current minute.
    fn current(&self, counters: &Counters, mut visit: impl FnMut(Key, Option<u16>, u64)) {
        totals(counters, |key, total| {
            let number = self.numbers.get(&key).copied();
            let before = number.map_or(0, |number| self.recorded.totals[usize::from(number)]);
            if total > before {
                visit(key, number, total - before);
            }
        });
    }
}

#[cfg(test)]
#[path = "reading_tests.rs"]
mod tests;
