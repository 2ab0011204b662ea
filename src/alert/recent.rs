//! How often something happened recently: a ring of counts, one for each step of the clock.

use serde::{Deserialize, Serialize};

/// Seconds between two evaluations, and between two counts.
pub const STEP: i64 = 30;

/// The steps that are kept: three hours.
const STEPS: usize = (3 * 3_600 / STEP) as usize;

/// The counts of the last three hours.
#[derive(Clone)]
pub(super) struct Recent {
    /// The count of the step `n` is at `n % STEPS`.
    counts: Box<[u32]>,
    /// The number of the newest step since 1970.
    newest: i64,
    /// How many of the counts are not zero.
    occupied: usize,
}

/// The same in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct RecentSnapshot {
    newest: i64,
    /// From the newest step to the oldest, for each count that is not zero: how many steps it is before the last one,
    /// and the count.
    counts: Vec<(u16, u32)>,
}

impl Recent {
    /// Nothing happened until the step `newest`.
    pub(super) fn new(newest: i64) -> Self {
        Recent {
            counts: vec![0; STEPS].into(),
            newest,
            occupied: 0,
        }
    }

    fn index(step: i64) -> usize {
        step.rem_euclid(STEPS as i64) as usize
    }

    /// Adds the count of `step`; those of the steps since the last one are zero. A step must be later than the one
    /// before.
    pub(super) fn push(&mut self, step: i64, count: u64) {
        let passed = (step - self.newest).clamp(0, STEPS as i64);
        for later in step - passed + 1..=step {
            self.set(later, 0);
        }
        self.newest = step;
        self.set(step, u32::try_from(count).unwrap_or(u32::MAX));
    }

    fn set(&mut self, step: i64, count: u32) {
        let slot = &mut self.counts[Self::index(step)];
        self.occupied -= usize::from(*slot > 0);
        self.occupied += usize::from(count > 0);
        *slot = count;
    }

    /// Whether nothing happened.
    pub(super) fn is_empty(&self) -> bool {
        self.occupied == 0
    }

    /// The counts of the last `seconds`, the newest first.
    fn last(&self, seconds: i64) -> impl Iterator<Item = u32> + '_ {
        let steps = (seconds / STEP).clamp(0, STEPS as i64);
        (0..steps).map(|age| self.counts[Self::index(self.newest - age)])
    }

    /// How often it happened in the last `seconds`.
    pub(super) fn sum(&self, seconds: i64) -> u64 {
        if self.is_empty() {
            return 0;
        }
        self.last(seconds).map(u64::from).sum()
    }

    /// In how many steps of the last `seconds` it happened.
    pub(super) fn moments(&self, seconds: i64) -> usize {
        self.last(seconds).filter(|count| *count > 0).count()
    }

    /// The count of the step that ended `seconds` ago.
    pub(super) fn ago(&self, seconds: i64) -> u32 {
        self.counts[Self::index(self.newest - seconds / STEP)]
    }

    /// Moves everything `steps` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, steps: i64) {
        self.counts
            .rotate_right((-steps).rem_euclid(STEPS as i64) as usize);
        self.newest -= steps;
    }

    pub(super) fn snapshot(&self) -> RecentSnapshot {
        let mut last = 0;
        let mut counts = Vec::with_capacity(self.occupied);
        for (age, count) in self.last(STEPS as i64 * STEP).enumerate() {
            if count > 0 {
                counts.push(((age - last) as u16, count));
                last = age;
            }
        }
        RecentSnapshot {
            newest: self.newest,
            counts,
        }
    }

    pub(super) fn restored(snapshot: &RecentSnapshot) -> Self {
        let mut recent = Recent::new(snapshot.newest);
        let mut age = 0;
        for (before, count) in &snapshot.counts {
            age += i64::from(*before);
            if age < STEPS as i64 {
                recent.set(snapshot.newest - age, *count);
            }
        }
        recent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sums_and_moments_follow_a_simple_model() {
        proptest!(|(pushes in proptest::collection::vec((1_i64..20, 0_u64..4), 1..200), back in 0_i64..500)| {
            let mut recent = Recent::new(7);
            let (mut step, mut model) = (7, Vec::new());
            for (passed, count) in pushes {
                step += passed;
                recent.push(step, count);
                model.push((step, count));
            }
            recent.shift_back(back);
            for it in &mut model {
                it.0 -= back;
            }
            let now = step - back;
            let kept = recent.snapshot();
            prop_assert_eq!(kept.counts.len(), recent.moments(10_800), "nothing is kept of an empty step");
            let restored = Recent::restored(&kept);
            for seconds in [STEP, 300, 3_600, 10_800] {
                let first = now - seconds / STEP;
                let within = model.iter().filter(|it| it.0 > first);
                let sum: u64 = within.clone().map(|it| it.1).sum();
                let moments = within.filter(|it| it.1 > 0).count();
                for it in [&recent, &restored] {
                    prop_assert_eq!((it.sum(seconds), it.moments(seconds)), (sum, moments));
                }
            }
        });
    }
}
