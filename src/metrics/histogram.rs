//! Histograms over whole numbers.
//!
//! They stand apart because sums of floating-point numbers depend on their order: microseconds and
//! bytes add up to the same in every run and across restarts.

/// A histogram whose bounds and sum are whole numbers of some small unit.
#[derive(Clone)]
pub(crate) struct Histogram {
    /// Upper bounds, inclusive, ascending.
    bounds: &'static [u64],
    /// Observations up to each bound and above the one before; the last is beyond all bounds.
    counts: Box<[u64]>,
    /// Sum of the observations; stops at the largest `u64`.
    sum: u64,
}

impl Histogram {
    pub(crate) fn new(bounds: &'static [u64]) -> Self {
        Histogram {
            bounds,
            counts: vec![0; bounds.len() + 1].into(),
            sum: 0,
        }
    }

    #[inline]
    pub(crate) fn observe(&mut self, value: u64) {
        let bucket = self.bounds.iter().position(|&bound| value <= bound);
        self.counts[bucket.unwrap_or(self.bounds.len())] += 1;
        self.sum = self.sum.saturating_add(value);
    }

    /// Each bound with the number of observations up to it.
    pub(crate) fn cumulative(&self) -> impl Iterator<Item = (u64, u64)> {
        self.bounds
            .iter()
            .zip(&self.counts)
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

#[cfg(test)]
mod tests {
    use super::*;

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
