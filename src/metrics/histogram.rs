//! Histograms over integers. Unlike floating-point sums, integer sums do not depend on the order of observations, so
//! they are the same in every run and across restarts.

use serde::{Deserialize, Serialize};

/// The maximum number of buckets: a power of two, so that indexing needs no bounds check.
const BUCKETS: usize = 16;

/// A histogram whose bounds and sum are integers in a small unit.
#[derive(Clone)]
pub(crate) struct Histogram {
    /// Inclusive upper bounds, each at least twice the previous one; after the last, `u64::MAX`.
    uppers: [u64; BUCKETS],
    /// The number of bounds.
    bounds: usize,
    /// By bit length of a value: the number of bounds with fewer bits, which is the index of its bucket or of the
    /// one before. A search would be mispredicted, because values vary from line to line.
    fewer_bits: [u8; 65],
    /// Observations in each bucket; after the last bound, those above it.
    counts: [u64; BUCKETS],
    /// The sum of the observations, saturating.
    sum: u64,
}

/// A histogram as stored in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HistogramSnapshot {
    bounds: Vec<u64>,
    counts: Vec<u64>,
    sum: u64,
}

impl Histogram {
    /// An empty histogram with these upper bounds, at most 15, each at least twice the previous one.
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

    /// Adds `times` observations of a value.
    #[cfg_attr(hot_path, inline(always))]
    pub(crate) fn observe(&mut self, value: u64, times: u64) {
        let bucket = usize::from(self.fewer_bits[bit_length(value)]);
        let beyond = usize::from(value > self.uppers[bucket % BUCKETS]);
        self.counts[(bucket + beyond) % BUCKETS] += times;
        self.sum = self.sum.saturating_add(value.saturating_mul(times));
    }

    fn bounds(&self) -> &[u64] {
        &self.uppers[..self.bounds]
    }

    /// The count of each bucket: one more than there are bounds.
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

    /// Restores a stored histogram. One with other bounds is ignored, because its observations cannot be assigned to
    /// the buckets.
    pub(crate) fn restore(&mut self, stored: &HistogramSnapshot) {
        if stored.bounds == self.bounds() && stored.counts.len() == self.counts().len() {
            self.counts[..=self.bounds].copy_from_slice(&stored.counts);
            self.sum = stored.sum;
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

/// The number of significant bits of a number, 0 to 64.
#[inline]
fn bit_length(value: u64) -> usize {
    (u64::BITS - value.leading_zeros()) as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::bounds::{DELAY_BOUNDS, RECIPIENT_BOUNDS, SIZE_BOUNDS};

    #[test]
    fn bucket_is_the_same_as_with_linear_search() {
        for bounds in [DELAY_BOUNDS, SIZE_BOUNDS, RECIPIENT_BOUNDS] {
            assert!(bounds.windows(2).all(|pair| pair[1] >= 2 * pair[0]));
            let near = bounds
                .iter()
                .flat_map(|&bound| [bound - 1, bound, bound + 1]);
            let powers = (0..64).map(|bits| 1u64 << bits);
            for value in near.chain(powers).chain([0, u64::MAX]) {
                let mut histogram = Histogram::new(bounds);
                histogram.observe(value, 1);
                let expected = bounds.iter().position(|&bound| value <= bound);
                assert_eq!(
                    histogram.counts.iter().position(|&count| count == 1),
                    Some(expected.unwrap_or(bounds.len())),
                    "{value}"
                );
            }
        }
    }

    #[test]
    fn bounds_are_inclusive_and_values_above_the_last_are_counted() {
        let mut histogram = Histogram::new(&[10, 20]);
        for value in [0, 10, 11, 20, 21, u64::MAX] {
            histogram.observe(value, 1);
        }
        assert_eq!(
            histogram.cumulative().collect::<Vec<_>>(),
            [(10, 2), (20, 4)]
        );
        assert_eq!(histogram.count(), 6);
        assert_eq!(histogram.sum(), u64::MAX);
    }

    #[test]
    fn histogram_of_a_state_file_is_restored_only_with_the_same_buckets() {
        let mut histogram = Histogram::new(&[10, 20]);
        for (value, times) in [(5, 1), (15, 2), (25, 3)] {
            histogram.observe(value, times);
        }
        let stored = histogram.snapshot();
        let restored = |stored: &HistogramSnapshot| {
            let mut histogram = Histogram::new(&[10, 20]);
            histogram.restore(stored);
            histogram.snapshot()
        };
        assert_eq!(restored(&stored), stored);
        assert_eq!((stored.counts.clone(), stored.sum), (vec![1, 2, 3], 110));
        let empty = Histogram::new(&[10, 20]).snapshot();
        let (mut other_bounds, mut fewer_counts) = (stored.clone(), stored);
        other_bounds.bounds[1] = 30;
        fewer_counts.counts.pop();
        for changed in [other_bounds, fewer_counts, Histogram::new(&[10]).snapshot()] {
            assert_eq!(restored(&changed), empty);
        }
    }
}
