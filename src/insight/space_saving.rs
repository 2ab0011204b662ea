//! The most frequent keys of a stream in fixed memory: the Space-Saving algorithm (Metwally, Agrawal and El Abbadi,
//! "Efficient Computation of Frequent and Top-k Elements in Data Streams", 2005).
//!
//! A new key replaces the least frequent one and takes over its count, which is the most that it may be overcounted by.
//! As long as there are no more keys than the capacity, every count is exact.

use std::hash::Hash;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

/// A key with its count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frequent<K> {
    /// The key.
    pub key: K,
    /// How often it was seen, at most.
    pub count: u64,
    /// How much of the count may be that of other keys: it was seen at least `count - error` times.
    pub error: u64,
}

/// A sketch of the most frequent keys.
#[derive(Clone, Debug)]
pub(super) struct SpaceSaving<K> {
    capacity: usize,
    entries: Vec<Frequent<K>>,
    /// The place of each key in `entries`. There are a few hundred at most, so that keys which are made to have the same
    /// hash cost little.
    places: FxHashMap<K, usize>,
    /// How much keys that have no entry were seen, at most.
    evicted: u64,
}

impl<K: Clone + Eq + Hash> SpaceSaving<K> {
    pub fn new(capacity: usize) -> Self {
        SpaceSaving {
            capacity,
            entries: Vec::new(),
            places: FxHashMap::default(),
            evicted: 0,
        }
    }

    /// A sketch with these entries.
    pub fn restored(capacity: usize, entries: Vec<Frequent<K>>) -> Self {
        let mut sketch = SpaceSaving::new(capacity);
        for entry in entries {
            sketch.add(entry.key, entry.count, entry.error);
        }
        sketch
    }

    /// The key that equals another one, if it has an entry.
    pub fn known(&self, key: &K) -> Option<&K> {
        self.places.get(key).map(|at| &self.entries[*at].key)
    }

    /// Counts a key `times` times, unless it would replace another one. Returns whether it was counted.
    pub fn count_exactly(&mut self, key: &K, times: u64) -> bool {
        if let Some(&at) = self.places.get(key) {
            self.entries[at].count += times;
            return true;
        }
        let has_room = self.entries.len() < self.capacity;
        if has_room {
            self.insert(key.clone(), times, 0);
        }
        has_room
    }

    /// Takes all keys out.
    pub fn take(&mut self) -> Vec<Frequent<K>> {
        self.places.clear();
        self.evicted = 0;
        std::mem::take(&mut self.entries)
    }

    /// Counts a key `times` times.
    pub fn count(&mut self, key: &K, times: u64) {
        match self.places.get(key) {
            Some(&at) => self.entries[at].count += times,
            None => self.insert(key.clone(), times, 0),
        }
    }

    /// Adds a count of another sketch.
    fn add(&mut self, key: K, count: u64, error: u64) {
        match self.places.get(&key) {
            Some(&at) => {
                self.entries[at].count += count;
                self.entries[at].error += error;
            }
            None => self.insert(key, count, error),
        }
    }

    fn insert(&mut self, key: K, count: u64, error: u64) {
        if self.entries.len() < self.capacity {
            self.places.insert(key.clone(), self.entries.len());
            self.entries.push(Frequent {
                key,
                count: count + self.evicted,
                error: error + self.evicted,
            });
            return;
        }
        let least = (0..self.entries.len()).min_by_key(|at| self.entries[*at].count);
        let Some(at) = least else { return };
        let entry = &mut self.entries[at];
        self.evicted = self.evicted.max(entry.count);
        self.places.remove(&entry.key);
        self.places.insert(key.clone(), at);
        // What the replaced key was counted for, its successor may have been.
        *entry = Frequent {
            key,
            count: entry.count + count,
            error: entry.count + error,
        };
    }

    /// Adds the counts of another sketch. A key that is missing there may have been seen as often as its least
    /// frequent one.
    pub fn merge(&mut self, other: &Self) {
        let unseen = other.evicted;
        if unseen > 0 {
            for entry in &mut self.entries {
                if !other.places.contains_key(&entry.key) {
                    entry.count += unseen;
                    entry.error += unseen;
                }
            }
        }
        let mut entries: Vec<&Frequent<K>> = other.entries.iter().collect();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
        for entry in entries {
            self.add(entry.key.clone(), entry.count, entry.error);
        }
        self.evicted += unseen;
    }

    /// All keys, the most frequent first.
    pub fn sorted(&self) -> Vec<Frequent<K>> {
        let mut entries = self.entries.clone();
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
        entries
    }

    pub fn entries(&self) -> &[Frequent<K>] {
        &self.entries
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn exact(keys: &[u8]) -> HashMap<u8, u64> {
        let mut counts = HashMap::new();
        keys.iter()
            .for_each(|key| *counts.entry(*key).or_default() += 1);
        counts
    }

    fn sketch(keys: &[u8], capacity: usize) -> SpaceSaving<u8> {
        let mut sketch = SpaceSaving::new(capacity);
        keys.iter().for_each(|key| sketch.count(key, 1));
        sketch
    }

    /// That the count of each key is within the bounds of its entry, and that no frequent key is missing.
    fn check(sketch: &SpaceSaving<u8>, counts: &HashMap<u8, u64>) -> Result<(), TestCaseError> {
        let sorted = sketch.sorted();
        for entry in &sorted {
            let count = counts.get(&entry.key).copied().unwrap_or(0);
            prop_assert!(entry.count >= count, "{entry:?} of {count}");
            prop_assert!(entry.count - entry.error <= count, "{entry:?} of {count}");
        }
        let least = sorted.last().map_or(0, |entry| entry.count);
        for (key, count) in counts {
            let known = sorted.iter().any(|entry| entry.key == *key);
            prop_assert!(known || *count <= least, "{key}: {count} > {least}");
        }
        prop_assert!(sorted.len() <= sketch.capacity);
        Ok(())
    }

    proptest! {
        #[test]
        fn counts_are_within_the_bounds(
            keys in prop::collection::vec(prop_oneof![0u8..4, 0u8..60], 0..400),
            split in 0usize..400,
            capacity in 1usize..40,
        ) {
            let counts = exact(&keys);
            check(&sketch(&keys, capacity), &counts)?;
            let (first, second) = keys.split_at(split.min(keys.len()));
            let mut merged = sketch(first, capacity);
            merged.merge(&sketch(second, capacity));
            check(&merged, &counts)?;
        }

        #[test]
        fn counts_are_exact_below_the_capacity(keys in prop::collection::vec(0u8..20, 0..300)) {
            let sketch = sketch(&keys, 20);
            for entry in sketch.sorted() {
                let count = exact(&keys).get(&entry.key).copied();
                prop_assert_eq!((Some(entry.count), entry.error), (count, 0));
            }
            let again = SpaceSaving::restored(20, sketch.sorted());
            prop_assert_eq!(again.sorted(), sketch.sorted());
        }
    }
}
