//! How often a code was seen of late, by the lines' own time.
//!
//! It stands apart from the counters because it is about time: lines read late fall into the past
//! they belong to and make no spike, and nothing has to happen for a rate to fall.

use serde::{Deserialize, Serialize};

/// Seconds in a bucket.
const WIDTH: i64 = 5;

/// Buckets that are kept: 85 minutes, an hour before the last five minutes and then some. A power
/// of two, so that finding a bucket costs no division.
const BUCKETS: i64 = 1024;

/// One series' recent past.
type Ring = [u32; BUCKETS as usize];

/// The recent past of many series that share one clock.
#[derive(Clone)]
pub(crate) struct Rates {
    /// In one piece, so that a copy of all is one copy.
    rings: Vec<Ring>,
    /// The newest bucket, in widths since 1970.
    newest: i64,
}

/// Rates as they are kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RatesImage {
    newest: i64,
    /// For each series the buckets that are not empty: how many widths before the newest, count.
    series: Vec<Vec<(u16, u32)>>,
}

impl Rates {
    /// What is to be kept.
    pub(crate) fn image(&self) -> RatesImage {
        let buckets = |ring: &Ring| {
            let aged = (0..BUCKETS).map(|age| (age as u16, ring[place(self.newest - age)]));
            aged.filter(|(_, count)| *count != 0).collect()
        };
        RatesImage {
            newest: self.newest,
            series: self.rings.iter().map(buckets).collect(),
        }
    }

    /// Goes on from an image.
    pub(crate) fn restore(&mut self, image: &RatesImage) {
        self.newest = image.newest;
        for buckets in &image.series {
            let series = self.add_series();
            for &(age, count) in buckets.iter().filter(|(age, _)| i64::from(*age) < BUCKETS) {
                self.rings[series][place(self.newest - i64::from(age))] = count;
            }
        }
    }

    /// How many series there are.
    pub(crate) fn series(&self) -> usize {
        self.rings.len()
    }

    pub(crate) fn new() -> Self {
        Rates {
            rings: Vec::new(),
            newest: 0,
        }
    }

    /// Adds a series and returns its number.
    pub(crate) fn add_series(&mut self) -> usize {
        self.rings.push([0; BUCKETS as usize]);
        self.rings.len() - 1
    }

    /// Counts one at `time`, not later than `now`; both in seconds since 1970.
    #[inline]
    pub(crate) fn count(&mut self, series: usize, time: i64, now: i64) {
        let bucket = time.min(now).div_euclid(WIDTH);
        if bucket > self.newest {
            self.advance(bucket);
        }
        if self.newest - bucket < BUCKETS {
            let slot = &mut self.rings[series][place(bucket)];
            *slot = slot.saturating_add(1);
        }
    }

    #[cold]
    fn advance(&mut self, bucket: i64) {
        let first = (self.newest + 1).max(bucket - BUCKETS + 1);
        for ring in &mut self.rings {
            for passed in first..=bucket {
                ring[place(passed)] = 0;
            }
        }
        self.newest = bucket;
    }

    /// Occurrences per second within each of the windows that end at `now`, in seconds, the shortest
    /// first. The oldest bucket counts in proportion to the part of it that lies in the window.
    pub(crate) fn per_second<const N: usize>(
        &self,
        series: usize,
        windows: [i64; N],
        now: i64,
    ) -> [f64; N] {
        let current = now.div_euclid(WIDTH);
        let elapsed = now.rem_euclid(WIDTH) as f64 / WIDTH as f64;
        // One way back through the buckets serves all windows.
        let (mut whole, mut bucket) = (0u64, current);
        windows.map(|window| {
            let oldest = current - window / WIDTH;
            if bucket > oldest {
                whole += self.sum(series, oldest + 1, bucket);
                bucket = oldest;
            }
            let part = self.sum(series, oldest, oldest) as f64 * (1.0 - elapsed);
            (whole as f64 + part) / window as f64
        })
    }

    /// What is kept of the buckets from `first` to `last`, summed up.
    fn sum(&self, series: usize, first: i64, last: i64) -> u64 {
        let first = first.max(self.newest - BUCKETS + 1);
        let last = last.min(self.newest);
        if first > last {
            return 0;
        }
        let sum = |buckets: &[u32]| buckets.iter().map(|&count| u64::from(count)).sum::<u64>();
        let ring = &self.rings[series];
        let (from, to) = (place(first), place(last));
        if from <= to {
            sum(&ring[from..=to])
        } else {
            sum(&ring[from..]) + sum(&ring[..=to])
        }
    }
}

#[inline]
fn place(bucket: i64) -> usize {
    (bucket & (BUCKETS - 1)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A whole number of widths since 1970.
    const T: i64 = 1_700_000_000;

    fn rates(times: &[i64], now: i64) -> Rates {
        let mut rates = Rates::new();
        rates.add_series();
        for &time in times {
            rates.count(0, time, now);
        }
        rates
    }

    #[test]
    fn a_burst_is_seen_in_every_window_and_falls_out_of_each() {
        let rates = rates(&[T; 60], T);
        assert_eq!(rates.per_second(0, [60], T)[0], 1.0);
        assert_eq!(rates.per_second(0, [300], T)[0], 0.2);
        assert_eq!(rates.per_second(0, [60], T + 59)[0], 1.0);
        assert_eq!(rates.per_second(0, [60], T + 65)[0], 0.0);
        assert_eq!(rates.per_second(0, [3600], T + 3599)[0], 60.0 / 3600.0);
        assert_eq!(rates.per_second(0, [3600], T + 3605)[0], 0.0);
        assert_eq!(rates.per_second(0, [60], T + 1_000_000)[0], 0.0);
    }

    #[test]
    fn windows_asked_for_together_are_the_same_as_each_alone() {
        let times: Vec<i64> = (0..500).map(|n| T - n * 7).collect();
        let rates = rates(&times, T);
        for now in T..T + 20 {
            let [a, b, c] = rates.per_second(0, [60, 300, 3600], now);
            assert_eq!([a], rates.per_second(0, [60], now));
            assert_eq!([b], rates.per_second(0, [300], now));
            assert_eq!([c], rates.per_second(0, [3600], now));
        }
    }

    #[test]
    fn old_lines_read_late_make_no_spike() {
        let rates = rates(&[T - 7200, T - 600, T - 600, T], T);
        assert_eq!(rates.per_second(0, [300], T)[0], 1.0 / 300.0);
        assert_eq!(rates.per_second(0, [900], T)[0], 3.0 / 900.0);
    }

    #[test]
    fn lines_from_the_future_count_now_and_forget_nothing() {
        let rates = rates(&[T - 10, T + 1_000_000], T);
        assert_eq!(rates.per_second(0, [60], T)[0], 2.0 / 60.0);
    }

    #[test]
    fn a_clock_before_1970_harms_nothing() {
        let rates = rates(&[-5, i64::MIN, T], T);
        assert_eq!(rates.per_second(0, [60], T)[0], 1.0 / 60.0);
    }
}
