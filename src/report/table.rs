//! Figures by name in bounded memory: exact until a table reaches its limit, then the names with the smallest figures are
//! dropped, and their figures summed up.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher, RandomState};

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// What a name costs beside its bytes and its figures: the boxed name and the slot of the hash table.
const OVERHEAD: usize = 48;

/// The figures of one name.
pub(super) trait Figures: Default {
    /// What decides which names stay.
    fn weight(&self) -> u64;

    /// Adds the figures of another name.
    fn add(&mut self, other: &Self);
}

/// Figures by name.
pub(super) struct Table<F> {
    rows: HashMap<Box<[u8]>, F, SeededHash>,
    /// Bytes in use.
    bytes: usize,
    /// The most bytes that may be in use.
    limit: usize,
    /// The figures of the names that were dropped.
    dropped: F,
    /// By how much the weight of a name may be too small, because the name was dropped before.
    error: u64,
}

impl<F: Figures> Table<F> {
    pub fn new(limit: usize) -> Self {
        Table {
            rows: HashMap::with_hasher(SeededHash::random()),
            bytes: 0,
            limit,
            dropped: F::default(),
            error: 0,
        }
    }

    /// Changes the figures of a name.
    pub fn update(&mut self, name: &[u8], change: impl FnOnce(&mut F)) {
        if let Some(row) = self.rows.get_mut(name) {
            return change(row);
        }
        self.insert(name, change);
    }

    #[cold]
    fn insert(&mut self, name: &[u8], change: impl FnOnce(&mut F)) {
        let cost = name.len() + size_of::<F>() + OVERHEAD;
        if self.bytes + cost > self.limit && !self.rows.is_empty() {
            self.drop_rarest();
        }
        self.bytes += cost;
        let mut row = F::default();
        change(&mut row);
        self.rows.insert(name.into(), row);
    }

    /// Drops at least half of the names, the rarest.
    fn drop_rarest(&mut self) {
        let mut weights: Vec<u64> = self.rows.values().map(F::weight).collect();
        let middle = weights.len() / 2;
        let (_, &mut limit, _) = weights.select_nth_unstable(middle);
        let (dropped, bytes) = (&mut self.dropped, &mut self.bytes);
        self.rows.retain(|name, row| {
            let stays = row.weight() > limit;
            if !stays {
                dropped.add(row);
                *bytes -= name.len() + size_of::<F>() + OVERHEAD;
            }
            stays
        });
        self.rows.shrink_to_fit();
        self.error += limit;
    }

    /// By how much the weight of a name may be too small; 0 if no name was dropped.
    pub fn error(&self) -> u64 {
        self.error
    }

    /// How many names there are; without those that were dropped.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// All rows, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &F)> {
        self.rows.iter().map(|(name, row)| (&**name, row))
    }

    /// The names with the largest key, at most `count`; equal ones by name.
    pub fn top<K: Ord>(&self, count: usize, key: impl Fn(&F) -> K) -> Vec<(&[u8], &F)> {
        let mut rows: Vec<_> = self.iter().collect();
        let order =
            |a: &(&[u8], &F), b: &(&[u8], &F)| key(b.1).cmp(&key(a.1)).then_with(|| a.0.cmp(b.0));
        if count == 0 {
            return Vec::new();
        }
        if count < rows.len() {
            rows.select_nth_unstable_by(count - 1, order);
            rows.truncate(count);
        }
        rows.sort_unstable_by(order);
        rows
    }
}

/// Hashes names with XXH3 and a random seed: names come from a log, and must not be made to have the same hash.
#[derive(Clone, Copy)]
struct SeededHash(u64);

impl SeededHash {
    fn random() -> Self {
        SeededHash(RandomState::new().hash_one(0))
    }
}

impl BuildHasher for SeededHash {
    type Hasher = NameHasher;

    fn build_hasher(&self) -> NameHasher {
        NameHasher(self.0)
    }
}

/// The hash so far.
struct NameHasher(u64);

impl Hasher for NameHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    #[inline]
    fn write_usize(&mut self, length: usize) {
        self.0 ^= length as u64;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// A number is a figure.
impl Figures for u64 {
    fn weight(&self) -> u64 {
        *self
    }

    fn add(&mut self, other: &Self) {
        *self += other;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_exact_below_the_limit() {
        let mut table: Table<u64> = Table::new(1 << 20);
        for number in 0..1000u64 {
            for _ in 0..=number % 7 {
                table.update(format!("name{number}").as_bytes(), |it| *it += 1);
            }
        }
        assert_eq!(table.error(), 0);
        assert_eq!(table.len(), 1000);
        let top = table.top(3, |it| *it);
        assert_eq!(top[0], (&b"name104"[..], &7));
        assert_eq!(top.len(), 3);
        assert_eq!(table.top(0, |it| *it), []);
    }

    #[test]
    fn frequent_names_stay_when_the_limit_is_reached() {
        let mut table: Table<u64> = Table::new(20_000);
        for number in 0..100_000u64 {
            table.update(format!("rare{number}").as_bytes(), |it| *it += 1);
            table.update(b"frequent", |it| *it += 1);
            assert!(table.bytes <= table.limit);
        }
        let top = table.top(1, |it| *it);
        assert_eq!(top[0].0, b"frequent");
        assert!(*top[0].1 + table.error() >= 100_000);
        let all: u64 = table.iter().map(|(_, row)| *row).sum();
        assert_eq!(all + table.dropped, 200_000, "nothing is lost in sum");
    }
}
