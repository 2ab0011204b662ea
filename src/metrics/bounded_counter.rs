//! Counters with a limit on the number of series, for label values that come from outside.
//!
//! A remote server chooses the enhanced status code of its replies, so a hostile server could add a series with
//! every reply. At the limit, a bounded counter counts new keys under one key named `other`, and counts how often
//! that happened.

use rustc_hash::FxHashMap;

/// The size of the cache of recent keys.
const RECENT: usize = 256;

/// The index of a key in the cache of recent keys.
#[inline]
fn recent_index(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

/// The maximum number of series of the families whose label values come from outside.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Reply codes that are not in the catalog, per direction.
    pub extra_codes: usize,
    /// Series of `maillog_enhanced_codes_total`.
    pub enhanced: usize,
    /// Series of each of the two families by provider.
    pub providers: usize,
    /// Series of `maillog_deliveries_by_dsn_total`.
    pub dsn: usize,
}

impl Limits {
    /// For `/metrics`, because Prometheus stores every series.
    pub const SERVED: Limits = Limits {
        extra_codes: 64,
        enhanced: 1_000,
        providers: 2_000,
        dsn: 300,
    };

    /// For `report`: all possible codes, and more of the others than any real log contains.
    pub const REPORTED: Limits = Limits {
        extra_codes: 400,
        enhanced: 16_384,
        providers: 8_192,
        dsn: 8_192,
    };
}

/// Counts by key, for at most `limit` keys.
#[derive(Clone)]
pub(crate) struct BoundedCounter {
    /// Keys and their counts, in the order in which they were added.
    counts: Vec<(u64, u64)>,
    /// The index of each key in `counts`.
    indexes: FxHashMap<u64, u32>,
    /// The index in `counts` of a recent key, by [`recent_index`]: frequent keys are found without the map.
    recent: [u32; RECENT],
    limit: usize,
    /// The number of counts that went to `other`.
    overflowed: u64,
}

impl BoundedCounter {
    pub(crate) fn new(limit: usize) -> Self {
        BoundedCounter {
            counts: Vec::new(),
            indexes: FxHashMap::default(),
            recent: [0; RECENT],
            limit,
            overflowed: 0,
        }
    }

    /// Counts `times` for `key`, or for `other` if `key` is new and the limit is reached. Returns the index of the
    /// series that was counted, which never changes.
    #[cfg_attr(hot_path, inline(always))]
    pub(crate) fn count(&mut self, key: u64, other: u64, times: u64) -> usize {
        let index = self.recent[recent_index(key)] as usize;
        match self.counts.get_mut(index) {
            Some((last, count)) if *last == key => {
                *count += times;
                index
            }
            _ => self.count_another(key, other, times),
        }
    }

    /// As [`BoundedCounter::count`], if a part of `key` was replaced by `other` already.
    #[cold]
    pub(crate) fn count_overflowed(&mut self, key: u64, other: u64, times: u64) -> usize {
        let overflowed = self.overflowed + times;
        let index = self.count(key, other, times);
        self.overflowed = overflowed;
        index
    }

    /// The index of the series of a key, if it was counted.
    pub(crate) fn index_of(&self, key: u64) -> Option<usize> {
        self.indexes.get(&key).map(|&index| index as usize)
    }

    #[inline(never)]
    fn count_another(&mut self, key: u64, other: u64, times: u64) -> usize {
        let index = match self.indexes.get(&key) {
            Some(&index) => index as usize,
            None if self.indexes.len() < self.limit => self.add(key),
            None => {
                self.overflowed += times;
                // The few `other` keys are not subject to the limit.
                match self.indexes.get(&other) {
                    Some(&index) => index as usize,
                    None => self.add(other),
                }
            }
        };
        self.counts[index].1 += times;
        self.recent[recent_index(key)] = index as u32;
        index
    }

    fn add(&mut self, key: u64) -> usize {
        let index = self.counts.len();
        self.indexes.insert(key, index as u32);
        self.counts.push((key, 0));
        index
    }

    /// All keys with their counts, sorted by key.
    pub(crate) fn sorted(&self) -> Vec<(u64, u64)> {
        let mut counts = self.counts.clone();
        counts.sort_unstable();
        counts
    }

    /// All keys with their counts, in the order in which they were added.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().copied()
    }

    /// Restores the values of [`BoundedCounter::entries`] and [`BoundedCounter::overflowed`].
    pub(crate) fn restore(&mut self, entries: impl Iterator<Item = (u64, u64)>, overflowed: u64) {
        for (key, count) in entries {
            let index = match self.indexes.get(&key) {
                Some(&index) => index as usize,
                None => self.add(key),
            };
            // A forged state file may have a key twice.
            let sum = &mut self.counts[index].1;
            *sum = sum.saturating_add(count);
        }
        self.overflowed = overflowed;
    }

    /// The number of counts that went to `other`.
    pub(crate) fn overflowed(&self) -> u64 {
        self.overflowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_counter_counts_new_keys_as_other() {
        let mut counter = BoundedCounter::new(2);
        for key in [1, 2, 3, 4, 1, 1, 3] {
            counter.count(key, u64::MAX, 1);
        }
        assert_eq!(counter.sorted(), [(1, 3), (2, 1), (u64::MAX, 3)]);
        assert_eq!(counter.overflowed(), 3);
    }

    #[test]
    fn key_that_a_state_file_has_twice_does_not_overflow() {
        let mut counter = BoundedCounter::new(2);
        counter.restore([(1, u64::MAX), (1, 2), (2, 3)].into_iter(), 0);
        assert_eq!(counter.sorted(), [(1, u64::MAX), (2, 3)]);
    }

    #[test]
    fn every_count_tells_the_series_that_it_went_to() {
        let mut counter = BoundedCounter::new(2);
        let other = u64::MAX;
        let counted = [1, 2, 1, 3, 2, 4].map(|key| counter.count(key, other, 5));
        assert_eq!(counted, [0, 1, 0, 2, 1, 2]);
        // Part of the key was replaced already: it counts as overflowed, once, whether its series is known or not.
        assert_eq!(counter.overflowed(), 10);
        let counted = [2, 9, 2].map(|key| counter.count_overflowed(key, other, 5));
        assert_eq!(counted, [1, 2, 1]);
        assert_eq!(counter.overflowed(), 25);
        let known = [1, 2, other, 3, 9].map(|key| counter.index_of(key));
        assert_eq!(known, [Some(0), Some(1), Some(2), None, None]);
        assert_eq!(counter.sorted(), [(1, 10), (2, 20), (other, 15)]);
        let mut restored = BoundedCounter::new(2);
        restored.restore(counter.entries(), counter.overflowed());
        assert_eq!([2, 5].map(|key| restored.count(key, other, 1)), [1, 2]);
        assert_eq!(restored.overflowed(), 26);
    }
}
