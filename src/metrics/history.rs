//! The counts of the past, by the lines' own time: each minute of a day and each quarter of an hour of five weeks.
//!
//! Nothing is done for a line. Once a minute of the lines' time the totals of the counters are compared with those of
//! the minute before. Lines of several sources that are read at once count in the minute of the newest of them.
//!
//! # Memory
//!
//! At most 4 MiB. Closed chunks take 1 MiB for minutes and 2 MiB for quarters, since the oldest chunks are dropped
//! where they would exceed it. The current chunks hold at most 256 series of 7 bytes and 3 bytes more for each of their
//! 60 and 96 slots, together 274 KiB, and buffers may be twice as large. The names and totals of at most 1,024 series
//! take 128 KiB. Even if 256 series count in every minute and nothing can be compressed, minutes reach back nine hours
//! and quarters eleven days; a busy server has 60 series, which take about 300 KiB for the whole time.

mod chunks;
mod reading;
mod series;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::catalog::Catalog;
use crate::metrics::counters::Counters;
use chunks::{Chunks, Entry, Shape};
pub use reading::{Rates, Span};
pub use series::Series;
use series::{Key, totals};

/// The largest number of series; further ones are not recorded.
const MAX_SERIES: usize = 1024;

/// Seconds of a minute.
const MINUTE: i64 = 60;

/// Minutes of a quarter of an hour.
const QUARTER: i64 = 15;

/// How far a single line may be ahead of the lines before it, in minutes. A line farther ahead must be confirmed by
/// another one, so that one wrong time stamp does not advance the clock.
const MAX_LEAP: i64 = 6 * 60;

/// How far the lines may be ahead of the wall clock before it counts as set back, in minutes.
const CLOCK_TOLERANCE: i64 = 2;

/// A day of minutes, in chunks of an hour.
const MINUTES: Shape = Shape {
    chunk: 60,
    slots: 24 * 60,
    budget: 1 << 20,
};

/// Five weeks of quarters, in chunks of a day.
const QUARTERS: Shape = Shape {
    chunk: 96,
    slots: 35 * 96,
    budget: 2 << 20,
};

/// The counts, as in the state file. It is encoded by position: fields must keep their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The number of a series is its place here.
    series: Vec<Series>,
    /// The total of each series at the beginning of the current minute.
    totals: Vec<u64>,
    /// What each series has counted in the current quarter before the current minute.
    quarter: Vec<u32>,
    /// The first minute since 1970 that was recorded; `None` before the first line.
    began: Option<i64>,
    /// The current minute.
    minute: i64,
    minutes: Chunks,
    quarters: Chunks,
}

/// The history. A clone shares its content.
#[derive(Clone)]
pub struct History {
    catalog: &'static Catalog,
    providers: Arc<[String]>,
    recorded: Arc<Recorded>,
    numbers: Arc<FxHashMap<Key, u16>>,
    /// The minute of an unconfirmed line far ahead.
    leap: Option<i64>,
}

impl History {
    /// An empty history; `providers` are the names of the providers by id.
    pub fn new(catalog: &'static Catalog, providers: Arc<[String]>) -> Self {
        History {
            catalog,
            providers,
            recorded: Arc::default(),
            numbers: Arc::default(),
            leap: None,
        }
    }

    /// Continues from a snapshot, with counters of the same moment.
    pub fn restore(&mut self, snapshot: Arc<Recorded>) {
        let mut recorded = Arc::unwrap_or_clone(snapshot);
        recorded.series.truncate(MAX_SERIES);
        let series = recorded.series.len();
        recorded.totals.resize(series, 0);
        recorded.quarter.resize(series, 0);
        let named = recorded.series.iter().zip(0u16..);
        let keys = named.filter_map(|(series, number)| {
            Some((Key::of(series, self.catalog, &self.providers)?, number))
        });
        self.numbers = Arc::new(keys.collect());
        self.recorded = Arc::new(recorded);
    }

    /// The history for the state file.
    pub fn snapshot(&self) -> Arc<Recorded> {
        Arc::clone(&self.recorded)
    }

    /// The time from which [`History::advance`] has something to do, in seconds since 1970.
    pub fn due(&self) -> i64 {
        match self.recorded.began {
            Some(_) => (self.recorded.minute + 1) * MINUTE,
            None => i64::MIN,
        }
    }

    /// Records what was counted since the last minute, before a line of `time` is counted or when no more lines arrived
    /// until then. `now` is the wall clock, which no line is ahead of; both in seconds since 1970.
    pub fn advance(&mut self, time: i64, counters: &Counters, now: i64) {
        let minute = time.min(now).div_euclid(MINUTE);
        let Some(_) = self.recorded.began else {
            self.begin(minute, counters);
            return;
        };
        let current = self.recorded.minute;
        if minute <= current {
            return;
        }
        let confirmed = |leap: i64| (minute - leap).abs() <= MAX_LEAP;
        if minute > current + MAX_LEAP && !self.leap.is_some_and(confirmed) {
            self.leap = Some(minute);
            return;
        }
        self.leap = None;
        let entries = self.grown(counters);
        Arc::make_mut(&mut self.recorded).close(minute, entries);
    }

    /// Follows a wall clock that was set back: what was counted after it is dropped.
    pub fn follow_clock(&mut self, now: i64) {
        let minute = now.div_euclid(MINUTE);
        if self.recorded.began.is_none() || self.recorded.minute <= minute + CLOCK_TOLERANCE {
            return;
        }
        self.leap = None;
        Arc::make_mut(&mut self.recorded).set_back(minute);
    }

    fn begin(&mut self, minute: i64, counters: &Counters) {
        let recorded = Arc::make_mut(&mut self.recorded);
        recorded.began = Some(minute);
        recorded.minute = minute;
        // What was counted before is of an unknown time.
        self.grown(counters);
    }

    /// What each series has counted since the last minute. The totals become those of the next comparison.
    fn grown(&mut self, counters: &Counters) -> Vec<Entry> {
        let recorded = Arc::make_mut(&mut self.recorded);
        let mut entries = Vec::new();
        totals(counters, |key, total| {
            let number = match self.numbers.get(&key) {
                Some(number) => *number,
                None if recorded.series.len() < MAX_SERIES => {
                    let Some(series) = key.series(self.catalog, &self.providers) else {
                        return;
                    };
                    let number = recorded.series.len() as u16;
                    recorded.series.push(series);
                    recorded.totals.push(0);
                    recorded.quarter.push(0);
                    Arc::make_mut(&mut self.numbers).insert(key, number);
                    number
                }
                None => return,
            };
            let before = &mut recorded.totals[usize::from(number)];
            let growth = total.saturating_sub(*before);
            *before = total;
            if growth > 0 {
                entries.push((number, u32::try_from(growth).unwrap_or(u32::MAX)));
            }
        });
        entries
    }
}

impl Recorded {
    /// Ends the current minute, in which these were counted, and continues with a later one.
    fn close(&mut self, next: i64, mut entries: Vec<Entry>) {
        for (series, count) in &entries {
            let sum = &mut self.quarter[usize::from(*series)];
            *sum = sum.saturating_add(*count);
        }
        self.minutes.push(&MINUTES, self.minute, &mut entries);
        let quarter = self.minute.div_euclid(QUARTER);
        if next.div_euclid(QUARTER) != quarter {
            let sums = (0u16..).zip(self.quarter.iter_mut().map(std::mem::take));
            self.quarters.push(&QUARTERS, quarter, &mut sums.collect());
        }
        self.minute = next;
    }

    /// Continues with an earlier minute.
    fn set_back(&mut self, minute: i64) {
        self.minutes.truncate(&MINUTES, minute - 1);
        let quarter = minute.div_euclid(QUARTER);
        if quarter != self.minute.div_euclid(QUARTER) {
            self.quarters.truncate(&QUARTERS, quarter - 1);
            self.quarter.fill(0);
        }
        self.began = self.began.map(|began| began.min(minute));
        self.minute = minute;
    }
}
