//! Rates of codes over the last minutes, by the time stamps of the lines: lines that are read late count in the past
//! and cause no spike.

use serde::{Deserialize, Serialize};

/// The width of a bucket in seconds.
const WIDTH: i64 = 5;

/// The number of buckets: 85 minutes, more than an hour before the last five minutes. A power of two, so that
/// finding a bucket needs no division.
const BUCKETS: i64 = 1024;

/// The initial capacity for series.
const INITIAL_CAPACITY: usize = 32;

/// The recent counts of many series.
#[derive(Clone)]
pub(crate) struct Rates {
    /// The counts, by bucket and then by series. Lines arrive in order, so nearly all counts go to the same few
    /// bytes.
    counts: Vec<u32>,
    /// The number of series.
    series: usize,
    /// The number of series that fit into a bucket.
    capacity: usize,
    /// The newest bucket, in widths since 1970.
    newest: i64,
    /// The beginning of the current bucket, the one last counted in, in seconds since 1970.
    current_start: i64,
    /// Its index in `counts`; `None` if it is too old.
    current: Option<usize>,
}

/// Rates as stored in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct RatesSnapshot {
    newest: i64,
    /// For each series the non-empty buckets: distance from the newest in widths, count.
    series: Vec<Vec<(u16, u32)>>,
}

impl Rates {
    /// The counts to store in the state file.
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

    /// Restores a snapshot. `now` is the wall clock in seconds since 1970; counts after it, from a clock that was
    /// ahead, are dropped.
    pub(crate) fn restore(&mut self, stored: &RatesSnapshot, now: i64) {
        self.newest = stored.newest;
        for buckets in &stored.series {
            let series = self.add_series();
            for &(age, count) in buckets.iter().filter(|(age, _)| i64::from(*age) < BUCKETS) {
                self.bucket_mut(self.newest - i64::from(age))[series] = count;
            }
        }
        self.drop_future(now);
    }

    /// The number of series.
    pub(crate) fn series(&self) -> usize {
        self.series
    }

    pub(crate) fn new() -> Self {
        Rates {
            counts: vec![0; INITIAL_CAPACITY * BUCKETS as usize],
            series: 0,
            capacity: INITIAL_CAPACITY,
            newest: 0,
            current_start: i64::MIN,
            current: None,
        }
    }

    /// Adds a series and returns its index.
    pub(crate) fn add_series(&mut self) -> usize {
        if self.series == self.capacity {
            let mut counts = vec![0; 2 * self.counts.len()];
            for (new, old) in counts
                .chunks_exact_mut(2 * self.capacity)
                .zip(self.counts.chunks_exact(self.capacity))
            {
                new[..self.capacity].copy_from_slice(old);
            }
            self.counts = counts;
            self.capacity *= 2;
            self.select_bucket(self.current_start);
        }
        self.series += 1;
        self.series - 1
    }

    /// The counts of all series in a bucket, given in widths since 1970.
    #[inline]
    fn bucket(&self, bucket: i64) -> &[u32] {
        let at = position(bucket) * self.capacity;
        &self.counts[at..at + self.capacity]
    }

    #[inline]
    fn bucket_mut(&mut self, bucket: i64) -> &mut [u32] {
        let at = position(bucket) * self.capacity;
        &mut self.counts[at..at + self.capacity]
    }

    /// Counts `times` at `time`, or at `now` if that is earlier; both in seconds since 1970.
    #[inline]
    pub(crate) fn count(&mut self, series: usize, time: i64, now: i64, times: u64) {
        let time = time.min(now);
        if time.wrapping_sub(self.current_start) as u64 >= WIDTH as u64 {
            self.drop_future(now);
            self.select_bucket(time);
        }
        if let Some(at) = self.current {
            let count = &mut self.counts[at + series];
            *count = count.saturating_add(u32::try_from(times).unwrap_or(u32::MAX));
        }
    }

    /// Makes the bucket of a time the current one.
    #[inline(never)]
    fn select_bucket(&mut self, time: i64) {
        let bucket = time.div_euclid(WIDTH);
        if bucket > self.newest {
            self.advance(bucket);
        }
        self.current_start = bucket.saturating_mul(WIDTH);
        self.current = (self.newest - bucket < BUCKETS).then(|| position(bucket) * self.capacity);
    }

    /// Drops the counts after `now`, which are from before the clock was set back.
    fn drop_future(&mut self, now: i64) {
        let current = now.div_euclid(WIDTH);
        if self.newest <= current {
            return;
        }
        // Buckets before the oldest one share storage with those that are dropped.
        let oldest = self.newest - BUCKETS + 1;
        for bucket in oldest.max(current + 1)..=self.newest {
            self.bucket_mut(bucket).fill(0);
        }
        self.newest = current;
    }

    /// Clears the buckets up to this one, which becomes the newest.
    fn advance(&mut self, bucket: i64) {
        let first = (self.newest + 1).max(bucket - BUCKETS + 1);
        for cleared in first..=bucket {
            self.bucket_mut(cleared).fill(0);
        }
        self.newest = bucket;
    }

    /// For each series, the counts per second over each of the `windows` (in seconds, the shortest first) that end at
    /// `now`. The oldest bucket is weighted by the part of it that is in the window.
    pub(crate) fn per_second<const N: usize>(&self, windows: [i64; N], now: i64) -> Vec<[f64; N]> {
        let current = now.div_euclid(WIDTH);
        let elapsed = now.rem_euclid(WIDTH) as f64 / WIDTH as f64;
        let mut rates = vec![[0.0; N]; self.series];
        // All windows are computed in one pass backwards through the buckets.
        let (mut sums, mut bucket) = (vec![0u64; self.capacity], current);
        for (index, window) in windows.into_iter().enumerate() {
            let oldest = current - window / WIDTH;
            for complete in (oldest + 1..=bucket).filter(|&bucket| self.contains(bucket)) {
                for (sum, &count) in sums.iter_mut().zip(self.bucket(complete)) {
                    *sum += u64::from(count);
                }
            }
            bucket = bucket.min(oldest);
            let oldest = self.contains(oldest).then(|| self.bucket(oldest));
            for (series, rate) in rates.iter_mut().enumerate() {
                let part = oldest.map_or(0, |counts| counts[series]);
                let part = f64::from(part) * (1.0 - elapsed);
                rate[index] = (sums[series] as f64 + part) / window as f64;
            }
        }
        rates
    }

    /// Whether the counts of a bucket are available.
    fn contains(&self, bucket: i64) -> bool {
        (self.newest - BUCKETS + 1..=self.newest).contains(&bucket)
    }
}

/// The position of a bucket in the ring.
#[inline]
fn position(bucket: i64) -> usize {
    (bucket & (BUCKETS - 1)) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A multiple of the width.
    const T: i64 = 1_700_000_000;

    fn rates(times: &[i64], now: i64) -> Rates {
        let mut rates = Rates::new();
        rates.add_series();
        for &time in times {
            rates.count(0, time, now, 1);
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
        let many = 3 * INITIAL_CAPACITY;
        for series in 0..many {
            assert_eq!(rates.add_series(), series);
            for _ in 0..=series {
                rates.count(series, T - 5, T, 1);
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
    fn old_lines_read_late_cause_no_spike() {
        let rates = rates(&[T - 7200, T - 600, T - 600, T], T);
        assert_eq!(rates.per_second([300], T)[0][0], 1.0 / 300.0);
        assert_eq!(rates.per_second([900], T)[0][0], 3.0 / 900.0);
    }

    #[test]
    fn lines_from_the_future_count_at_the_current_time() {
        let rates = rates(&[T - 10, T + 1_000_000], T);
        assert_eq!(rates.per_second([60], T)[0][0], 2.0 / 60.0);
    }

    #[test]
    fn times_before_1970_are_ignored() {
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
                rates.count(0, time, time, 1);
            }
            assert_eq!(rates.per_second([60], T + 7)[0][0], 3.0 / 60.0);
        }
        // After a small step, earlier counts remain.
        let mut rates = self::rates(&[T - 100, T - 50, T], T);
        rates.count(0, T - 20, T - 20, 1);
        assert_eq!(rates.per_second([300], T - 20)[0][0], 3.0 / 300.0);
    }

    #[test]
    fn window_ends_at_the_time_that_is_asked_for() {
        let rates = rates(&[T; 60], T);
        // Two fifths of the oldest bucket are no longer in the window.
        assert_eq!(rates.per_second([60], T + 62)[0][0], 0.6);
        assert_eq!(rates.per_second([60, 300], T + 301)[0], [0.0, 0.16]);
        // At a time before, as after a clock was set back, nothing was counted yet: neither at once nor when the time
        // is so long ago that nothing of it is kept.
        for ago in [5, 60, 2_000, BUCKETS * WIDTH - 10, BUCKETS * WIDTH] {
            assert_eq!(rates.per_second([60, 3_600], T - ago), [[0.0; 2]], "{ago}");
        }
    }

    #[test]
    fn counts_of_the_last_85_minutes_are_restored_with_their_times() {
        let ages = [0, 1, 5, 5, 700, BUCKETS - 1];
        let rates = rates(&ages.map(|age| T - age * WIDTH), T);
        let mut stored = rates.snapshot();
        assert_eq!(
            stored.series,
            [[(0, 1), (1, 1), (5, 2), (700, 1), (1023, 1)]]
        );
        // A damaged state file may have times that are not kept.
        stored.series[0].push((BUCKETS as u16, 9));
        let mut restored = Rates::new();
        restored.restore(&stored, T);
        assert_eq!(restored.snapshot(), rates.snapshot());
        for (now, counts) in [
            // The oldest bucket is in the window as a whole.
            (T, [2, 4, 4, 4, 5]),
            (T + 10, [0, 4, 4, 4, 5]),
            (T + 100, [0, 0, 4, 4, 5]),
            (T + 1_000, [0, 0, 0, 0, 4]),
        ] {
            let windows = [5, 60, 300, 900, 3_600];
            let expected = [0, 1, 2, 3, 4].map(|at| f64::from(counts[at]) / windows[at] as f64);
            assert_eq!(restored.per_second(windows, now), [expected], "{}", now - T);
        }
    }

    #[test]
    fn clock_that_is_set_back_keeps_the_counts_before_that_time() {
        let many: Vec<i64> = (0..BUCKETS).map(|age| T - age * WIDTH).collect();
        for (back, kept) in [
            (0, BUCKETS),
            (1, BUCKETS - 1),
            (300, BUCKETS - 300),
            (BUCKETS - 1, 1),
            (BUCKETS, 0),
            (2 * BUCKETS, 0),
        ] {
            let now = T - back * WIDTH;
            let mut restored = Rates::new();
            restored.restore(&rates(&many, T).snapshot(), now);
            // The next line is counted, and nothing that was dropped shows up again.
            restored.count(0, now, now, 1);
            let stored = restored.snapshot();
            let counts = stored.series[0].iter().map(|it| i64::from(it.1));
            assert_eq!(counts.sum::<i64>(), kept + 1, "{back}");
            assert_eq!(stored.newest, now / WIDTH);
        }
    }

    #[test]
    fn lines_that_are_too_old_are_not_counted() {
        let kept = (BUCKETS - 1) * WIDTH;
        let rates = rates(&[T, T - kept, T - kept - 1, T - 2 * kept], T);
        let ages: Vec<u16> = rates.snapshot().series[0].iter().map(|it| it.0).collect();
        assert_eq!(ages, [0, BUCKETS as u16 - 1]);
    }
}
