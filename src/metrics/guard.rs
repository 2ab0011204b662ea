//! Families whose label values come from outside: bounded, and honest about it.
//!
//! Whoever answers us chooses the enhanced code, so a hostile server could add a series with every
//! reply. A guarded family stops growing at its limit; what comes later is counted in one series
//! named `other`, and how much that was is counted too.

use rustc_hash::FxHashMap;

/// Counts by a key, of which there are at most `limit`.
#[derive(Clone)]
pub(crate) struct Guarded {
    counts: FxHashMap<u64, u64>,
    limit: usize,
    /// How many counts went to `other`.
    folded: u64,
}

impl Guarded {
    pub(crate) fn new(limit: usize) -> Self {
        Guarded {
            counts: FxHashMap::default(),
            limit,
            folded: 0,
        }
    }

    /// Counts one for `key`, or for `other` if `key` is new and the family is full.
    #[inline]
    pub(crate) fn count(&mut self, key: u64, other: u64) {
        match self.counts.get_mut(&key) {
            Some(count) => *count += 1,
            None => self.count_new(key, other),
        }
    }

    #[cold]
    fn count_new(&mut self, key: u64, other: u64) {
        if self.counts.len() < self.limit {
            self.counts.insert(key, 1);
        } else {
            // The keys named `other` are few, and come on top of the limit.
            *self.counts.entry(other).or_insert(0) += 1;
            self.folded += 1;
        }
    }

    /// Every key with its count, in the keys' order.
    pub(crate) fn sorted(&self) -> Vec<(u64, u64)> {
        let mut counts: Vec<_> = self
            .counts
            .iter()
            .map(|(&key, &count)| (key, count))
            .collect();
        counts.sort_unstable();
        counts
    }

    pub(crate) fn folded(&self) -> u64 {
        self.folded
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_family_folds_what_is_new_and_goes_on_counting_what_it_knows() {
        let mut guarded = Guarded::new(2);
        for key in [1, 2, 3, 4, 1, 3] {
            guarded.count(key, u64::MAX);
        }
        assert_eq!(guarded.sorted(), [(1, 2), (2, 1), (u64::MAX, 3)]);
        assert_eq!(guarded.folded(), 3);
    }
}
