//! Rates of codes over the last minutes, by the lines' own time: lines read late count in the past and make
//! no spike.

use serde::{Deserialize, Serialize};

/// Seconds in a bucket.
const WIDTH: i64 = 5;

/// Buckets that are kept: 85 minutes, an hour before the last five minutes and then some. A power
/// of two, so that finding a bucket costs no division.
const BUCKETS: i64 = 1024;

/// Series for which there is room at first.
const ROOM: usize = 32;

/// The recent past of many series that share one clock.
#[derive(Clone)]
pub(crate) struct Rates {
    /// Bucket after bucket, in each of them the series beside each other: lines come in their order, so
    /// that nearly all of them count in the same few bytes.
    counts: Vec<u32>,
    series: usize,
    /// Series for which a bucket has room.
    room: usize,
    /// The newest bucket, in widths since 1970.
    newest: i64,
    /// When the bucket began in which was counted last, in seconds since 1970.
    began: i64,
    /// Where it is; none if it is too old to be kept.
    last: Option<usize>,
}

/// Rates as they are kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RatesSnapshot {
    newest: i64,
    /// For each series the buckets that are not empty: how many widths before the newest, count.
    series: Vec<Vec<(u16, u32)>>,
}

impl Rates {
    /// What is to be kept.
    pub(crate) fn snapshot(&self) -> RatesSnapshot {
        let buckets = |series: usize| {
            let aged = (0..BUCKETS).map(|age| (age as u16, self.bucket(self.newest - age)[series]));
            aged.filter(|(_, count)| *count != 0).collect()
        };
        RatesSnapshot {
            newest: self.newest,
            series: (0..self.series).map(buckets).collect(),
        }
    }

    /// Goes on from a snapshot. `now` is the wall clock in seconds since 1970; what a clock that was ahead
    /// has counted beyond it is dropped.
    pub(crate) fn restore(&mut self, kept: &RatesSnapshot, now: i64) {
        self.newest = kept.newest;
        for buckets in &kept.series {
            let series = self.add_series();
            for &(age, count) in buckets.iter().filter(|(age, _)| i64::from(*age) < BUCKETS) {
                self.bucket_mut(self.newest - i64::from(age))[series] = count;
            }
        }
        self.step_back(now);
    }

    /// How many series there are.
    pub(crate) fn series(&self) -> usize {
        self.series
    }

    pub(crate) fn new() -> Self {
        Rates {
            counts: vec![0; ROOM * BUCKETS as usize],
            series: 0,
            room: ROOM,
            newest: 0,
            began: i64::MIN,
            last: None,
        }
    }

    /// Adds a series and returns its number.
    pub(crate) fn add_series(&mut self) -> usize {
        if self.series == self.room {
            let mut counts = vec![0; 2 * self.counts.len()];
            for (new, old) in counts
                .chunks_exact_mut(2 * self.room)
                .zip(self.counts.chunks_exact(self.room))
            {
                new[..self.room].copy_from_slice(old);
            }
            self.counts = counts;
            self.room *= 2;
            self.turn_to(self.began);
        }
        self.series += 1;
        self.series - 1
    }

    /// What the series counted in a bucket, given in widths since 1970.
    #[inline]
    fn bucket(&self, bucket: i64) -> &[u32] {
        let at = place(bucket) * self.room;
        &self.counts[at..at + self.room]
    }

    #[inline]
    fn bucket_mut(&mut self, bucket: i64) -> &mut [u32] {
        let at = place(bucket) * self.room;
        &mut self.counts[at..at + self.room]
    }

    /// Counts one at `time`, not later than `now`; both in seconds since 1970.
    #[inline]
    pub(crate) fn count(&mut self, series: usize, time: i64, now: i64) {
        let time = time.min(now);
        if time.wrapping_sub(self.began) as u64 >= WIDTH as u64 {
            self.step_back(now);
            self.turn_to(time);
        }
        if let Some(at) = self.last {
            let count = &mut self.counts[at + series];
            *count = count.saturating_add(1);
        }
    }

    /// Finds the bucket of a time.
    #[inline(never)]
    fn turn_to(&mut self, time: i64) {
        let bucket = time.div_euclid(WIDTH);
        if bucket > self.newest {
            self.advance(bucket);
        }
        self.began = bucket.saturating_mul(WIDTH);
        self.last = (self.newest - bucket < BUCKETS).then(|| place(bucket) * self.room);
    }

    /// Drops what was counted for times after now, which a clock that was set back since has made.
    fn step_back(&mut self, now: i64) {
        let current = now.div_euclid(WIDTH);
        if self.newest <= current {
            return;
        }
        let kept = self.newest - BUCKETS + 1;
        for bucket in current.max(kept - 1) + 1..=self.newest {
            self.bucket_mut(bucket).fill(0);
        }
        self.newest = current;
        if current < kept {
            self.counts.fill(0);
        } else {
            // The buckets before those that were kept are reused for them.
            for bucket in current - BUCKETS + 1..kept {
                self.bucket_mut(bucket).fill(0);
            }
        }
    }

    fn advance(&mut self, bucket: i64) {
        let first = (self.newest + 1).max(bucket - BUCKETS + 1);
        for passed in first..=bucket {
            self.bucket_mut(passed).fill(0);
        }
        self.newest = bucket;
    }

    /// For each series, occurrences per second within each of the windows that end at `now`, in
    /// seconds, the shortest first. The oldest bucket counts in proportion to the part of it that lies
    /// in the window.
    pub(crate) fn per_second<const N: usize>(&self, windows: [i64; N], now: i64) -> Vec<[f64; N]> {
        let current = now.div_euclid(WIDTH);
        let elapsed = now.rem_euclid(WIDTH) as f64 / WIDTH as f64;
        let mut rates = vec![[0.0; N]; self.series];
        // One way back through the buckets serves all windows.
        let (mut whole, mut bucket) = (vec![0u64; self.room], current);
        for (place, window) in windows.into_iter().enumerate() {
            let oldest = current - window / WIDTH;
            for passed in (oldest + 1..=bucket).filter(|&bucket| self.keeps(bucket)) {
                for (sum, &count) in whole.iter_mut().zip(self.bucket(passed)) {
                    *sum += u64::from(count);
                }
            }
            bucket = bucket.min(oldest);
            let oldest = self.keeps(oldest).then(|| self.bucket(oldest));
            for (series, rate) in rates.iter_mut().enumerate() {
                let part = oldest.map_or(0, |counts| counts[series]);
                let part = f64::from(part) * (1.0 - elapsed);
                rate[place] = (whole[series] as f64 + part) / window as f64;
            }
        }
        rates
    }

    /// Whether what was counted in a bucket is still there.
    fn keeps(&self, bucket: i64) -> bool {
        (self.newest - BUCKETS + 1..=self.newest).contains(&bucket)
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
    fn burst_enters_and_leaves_every_window() {
        let rates = rates(&[T; 60], T);
        assert_eq!(rates.per_second([60], T)[0][0], 1.0);
        assert_eq!(rates.per_second([300], T)[0][0], 0.2);
        assert_eq!(rates.per_second([60], T + 59)[0][0], 1.0);
        assert_eq!(rates.per_second([60], T + 65)[0][0], 0.0);
        assert_eq!(rates.per_second([3600], T + 3599)[0][0], 60.0 / 3600.0);
        assert_eq!(rates.per_second([3600], T + 3605)[0][0], 0.0);
        assert_eq!(rates.per_second([60], T + 1_000_000)[0][0], 0.0);
    }

    #[test]
    fn windows_read_together_equal_single_windows() {
        let times: Vec<i64> = (0..500).map(|n| T - n * 7).collect();
        let rates = rates(&times, T);
        for now in T..T + 20 {
            let [a, b, c] = rates.per_second([60, 300, 3600], now)[0];
            assert_eq!([[a]], *rates.per_second([60], now));
            assert_eq!([[b]], *rates.per_second([300], now));
            assert_eq!([[c]], *rates.per_second([3600], now));
        }
    }

    #[test]
    fn many_series_keep_separate_counts() {
        let mut rates = Rates::new();
        let many = 3 * ROOM;
        for series in 0..many {
            assert_eq!(rates.add_series(), series);
            for _ in 0..=series {
                rates.count(series, T - 5, T);
            }
        }
        for (series, found) in rates.per_second([60], T).iter().enumerate() {
            assert_eq!(found[0], (series + 1) as f64 / 60.0, "{series}");
        }
        let mut restored = Rates::new();
        restored.restore(&rates.snapshot(), T);
        assert_eq!(restored.per_second([60], T), rates.per_second([60], T));
        assert_eq!(restored.snapshot(), rates.snapshot());
    }

    #[test]
    fn old_lines_read_late_make_no_spike() {
        let rates = rates(&[T - 7200, T - 600, T - 600, T], T);
        assert_eq!(rates.per_second([300], T)[0][0], 1.0 / 300.0);
        assert_eq!(rates.per_second([900], T)[0][0], 3.0 / 900.0);
    }

    #[test]
    fn lines_from_the_future_count_now() {
        let rates = rates(&[T - 10, T + 1_000_000], T);
        assert_eq!(rates.per_second([60], T)[0][0], 2.0 / 60.0);
    }

    #[test]
    fn a_clock_before_1970_harms_nothing() {
        let rates = rates(&[-5, i64::MIN, T], T);
        assert_eq!(rates.per_second([60], T)[0][0], 1.0 / 60.0);
    }

    #[test]
    fn clock_that_steps_back_does_not_silence_rates() {
        let ahead = T + 8 * 3600;
        let mut rates = rates(&[ahead; 60], ahead);
        let mut restored = Rates::new();
        restored.restore(&rates.snapshot(), T);
        for rates in [&mut rates, &mut restored] {
            for time in [T, T + 1, T + 7] {
                rates.count(0, time, time);
            }
            assert_eq!(rates.per_second([60], T + 7)[0][0], 3.0 / 60.0);
        }
        // A small step keeps what lies before it.
        let mut rates = self::rates(&[T - 100, T - 50, T], T);
        rates.count(0, T - 20, T - 20);
        assert_eq!(rates.per_second([300], T - 20)[0][0], 3.0 / 300.0);
    }
}
