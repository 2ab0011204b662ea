//! Counters whose label values come from outside, with a bound on the number of series.
//!
//! A remote server chooses the enhanced status code of its reply, so a hostile one could add a series with
//! every reply. A bounded counter stops growing at its limit; later keys are counted in one series named
//! `other`, and how often that happened is counted too.

use rustc_hash::FxHashMap;

/// Keys remembered at a time; each in a place given by its bits.
const RECENT: usize = 256;

/// Where a key is remembered.
#[inline]
fn recent(key: u64) -> usize {
    (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as usize
}

/// How many series the families have at most that others can add to.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Reply codes beyond the catalog's, in each direction.
    pub extra_codes: usize,
    /// Of `maillog_enhanced_codes_total`.
    pub enhanced: usize,
    /// Of each of the two families by provider.
    pub providers: usize,
    /// Of `maillog_deliveries_by_dsn_total`.
    pub dsn: usize,
}

impl Limits {
    /// For Prometheus, which keeps every series for weeks.
    pub const SERVED: Limits = Limits {
        extra_codes: 64,
        enhanced: 1_000,
        providers: 2_000,
        dsn: 300,
    };

    /// For a report, whose numbers are read once: every code there can be, and more of the rest than any
    /// log has that nobody has forged.
    pub const REPORTED: Limits = Limits {
        extra_codes: 400,
        enhanced: 16_384,
        providers: 8_192,
        dsn: 8_192,
    };
}

/// Counts by a key, of which there are at most `limit`.
#[derive(Clone)]
pub(crate) struct BoundedCounter {
    /// Keys and their counts, in the order in which they came.
    counts: Vec<(u64, u64)>,
    places: FxHashMap<u64, u32>,
    /// Where keys were counted of late: the few that come all day are found without the map.
    recent: [u32; RECENT],
    limit: usize,
    /// How many counts went to `other`.
    overflowed: u64,
}

impl BoundedCounter {
    pub(crate) fn new(limit: usize) -> Self {
        BoundedCounter {
            counts: Vec::new(),
            places: FxHashMap::default(),
            recent: [0; RECENT],
            limit,
            overflowed: 0,
        }
    }

    /// Counts one for `key`, or for `other` if `key` is new and the family is full.
    #[inline(always)]
    pub(crate) fn count(&mut self, key: u64, other: u64) {
        let recent = self.recent[recent(key)] as usize;
        match self.counts.get_mut(recent) {
            Some((last, count)) if *last == key => *count += 1,
            _ => self.count_another(key, other),
        }
    }

    /// The same where a part of the key is overflowed already.
    #[cold]
    pub(crate) fn count_overflowed(&mut self, key: u64, other: u64) {
        let overflowed = self.overflowed + 1;
        self.count(key, other);
        self.overflowed = overflowed;
    }

    #[inline(never)]
    fn count_another(&mut self, key: u64, other: u64) {
        let place = match self.places.get(&key) {
            Some(&place) => place as usize,
            None if self.places.len() < self.limit => self.add(key),
            None => {
                self.overflowed += 1;
                // The keys named `other` are few, and come on top of the limit.
                match self.places.get(&other) {
                    Some(&place) => place as usize,
                    None => self.add(other),
                }
            }
        };
        self.counts[place].1 += 1;
        self.recent[recent(key)] = place as u32;
    }

    fn add(&mut self, key: u64) -> usize {
        let place = self.counts.len();
        self.places.insert(key, place as u32);
        self.counts.push((key, 0));
        place
    }

    /// Every key with its count, in the keys' order.
    pub(crate) fn sorted(&self) -> Vec<(u64, u64)> {
        let mut counts = self.counts.clone();
        counts.sort_unstable();
        counts
    }

    /// Every key with its count, in the order in which they came.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (u64, u64)> {
        self.counts.iter().copied()
    }

    /// Goes on from what [`BoundedCounter::entries`] and [`BoundedCounter::overflowed`] gave.
    pub(crate) fn restore(&mut self, entries: impl Iterator<Item = (u64, u64)>, overflowed: u64) {
        for (key, count) in entries {
            let place = match self.places.get(&key) {
                Some(&place) => place as usize,
                None => self.add(key),
            };
            self.counts[place].1 += count;
        }
        self.overflowed = overflowed;
    }

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
            counter.count(key, u64::MAX);
        }
        assert_eq!(counter.sorted(), [(1, 3), (2, 1), (u64::MAX, 3)]);
        assert_eq!(counter.overflowed(), 3);
    }
}
