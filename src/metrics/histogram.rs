//! Histograms over whole numbers.
//!
//! They stand apart because sums of floating-point numbers depend on their order: microseconds and
//! bytes add up to the same in every run and across restarts.

use serde::{Deserialize, Serialize};

/// Buckets at most: a power of two, so that finding one costs no check.
const BUCKETS: usize = 16;

/// A histogram whose bounds and sum are whole numbers of some small unit.
#[derive(Clone)]
pub(crate) struct Histogram {
    /// Upper bounds, inclusive, each at least twice the one before; behind the last the largest `u64`.
    uppers: [u64; BUCKETS],
    /// How many of them are bounds.
    bounds: usize,
    /// How many bounds have fewer bits than a value of so many bits: which bucket it belongs to, or
    /// the one before. Delays vary from line to line, so that a search would be mispredicted.
    fewer_bits: [u8; 65],
    /// Observations up to each bound and above the one before; behind them those beyond all bounds.
    counts: [u64; BUCKETS],
    /// Sum of the observations; stops at the largest `u64`.
    sum: u64,
}

/// A histogram as it is kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HistogramSnapshot {
    bounds: Vec<u64>,
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// None yet, with these upper bounds: at most fifteen.
    pub(crate) fn new(bounds: &'static [u64]) -> Self {
        assert!(bounds.len() < BUCKETS, "more bounds than buckets");
        Histogram {
            uppers: std::array::from_fn(|at| bounds.get(at).copied().unwrap_or(u64::MAX)),
            bounds: bounds.len(),
            fewer_bits: std::array::from_fn(|bits| {
                bounds.partition_point(|&bound| bit_length(bound) < bits) as u8
            }),
            counts: [0; BUCKETS],
            sum: 0,
        }
    }

    #[inline(always)]
    pub(crate) fn observe(&mut self, value: u64) {
        let bucket = usize::from(self.fewer_bits[bit_length(value)]);
        let beyond = usize::from(value > self.uppers[bucket % BUCKETS]);
        self.counts[(bucket + beyond) % BUCKETS] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    fn bounds(&self) -> &[u64] {
        &self.uppers[..self.bounds]
    }

    /// One count for each bound and one more.
    fn counts(&self) -> &[u64] {
        &self.counts[..=self.bounds]
    }

    pub(crate) fn snapshot(&self) -> HistogramSnapshot {
        HistogramSnapshot {
            bounds: self.bounds().to_vec(),
            counts: self.counts().to_vec(),
            sum: self.sum,
        }
    }

    /// Goes on from an kept. One with other bounds cannot be gone on from: its observations are
    /// known no more exactly than its bounds.
    pub(crate) fn restore(&mut self, kept: &HistogramSnapshot) {
        if kept.bounds == self.bounds() && kept.counts.len() == self.counts().len() {
            self.counts[..=self.bounds].copy_from_slice(&kept.counts);
            self.sum = kept.sum;
        }
    }

    /// Each bound with the number of observations up to it.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        self.bounds()
            .iter()
            .zip(self.counts())
            .scan(0, |total, (&bound, &count)| {
                *total += count;
                Some((bound, *total))
            })
    }

    pub(crate) fn count(&self) -> u64 {
        self.counts.iter().sum()
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum
    }
}

/// Bits it takes to write a number, 0 to 64.
#[inline]
fn bit_length(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::counters::{DELAY_BOUNDS, RECIPIENT_BOUNDS, SIZE_BOUNDS};

    #[test]
    fn the_bucket_is_the_one_that_a_plain_search_finds() {
        for bounds in [DELAY_BOUNDS, SIZE_BOUNDS, RECIPIENT_BOUNDS] {
            assert!(bounds.windows(2).all(|pair| pair[1] >= 2 * pair[0]));
            let near = bounds
                .iter()
                .flat_map(|&bound| [bound - 1, bound, bound + 1]);
            let powers = (0..64).map(|bits| 1u64 << bits);
            for value in near.chain(powers).chain([0, u64::MAX]) {
                let mut histogram = Histogram::new(bounds);
                histogram.observe(value);
                let plain = bounds.iter().position(|&bound| value <= bound);
                assert_eq!(
                    histogram.counts.iter().position(|&count| count == 1),
                    Some(plain.unwrap_or(bounds.len())),
                    "{value}"
                );
            }
        }
    }

    #[test]
    fn a_bound_belongs_to_its_bucket_and_nothing_is_lost_beyond_the_last() {
        let mut histogram = Histogram::new(&[10, 20]);
        for value in [0, 10, 11, 20, 21, u64::MAX] {
            histogram.observe(value);
        }
        assert_eq!(
            histogram.cumulative().collect::<Vec<_>>(),
            [(10, 2), (20, 4)]
        );
        assert_eq!(histogram.count(), 6);
        assert_eq!(histogram.sum(), u64::MAX);
    }
}
