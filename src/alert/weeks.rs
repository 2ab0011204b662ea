//! The share of failures in the weeks before: the highest of a quarter hour, within an hour of the same time of the
//! week. Of three weeks the second highest counts, so that one bad Monday does not excuse the next, and one holiday
//! does not hide a habit.

use serde::{Deserialize, Serialize};

use super::recent::Recent;

/// The length of a slot, in seconds.
const SLOT: i64 = 900;

/// The number of events without which the share of a slot is not stored.
const LEAST_EVENTS: u64 = 20;

/// The slots of a week, of an hour, and of all that is kept: three weeks and an hour.
const WEEK: i64 = 7 * 86_400 / SLOT;
const HOUR: i64 = 3_600 / SLOT;
const KEPT: i64 = 3 * WEEK + HOUR + 1;

/// The weeks that are looked at.
const WEEKS: i64 = 3;

/// The shares of quarter hours that were not zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Weeks {
    /// The slot in which this began.
    first: i64,
    /// The slot that is not complete yet.
    current: i64,
    /// Slot and share in 1/255, in the order of slots.
    shares: Vec<(i64, u8)>,
    /// What was usual within the current slot; known for a slot only once, because it changes with slots.
    usual: Option<f64>,
}

impl Weeks {
    pub(super) fn new(now: i64) -> Self {
        let slot = now.div_euclid(SLOT);
        Weeks {
            first: slot,
            current: slot,
            shares: Vec::new(),
            usual: None,
        }
    }

    /// Stores the share of the last slot when a new one begins.
    pub(super) fn learn(&mut self, now: i64, failed: &Recent, all: &Recent) {
        let slot = now.div_euclid(SLOT);
        if slot == self.current {
            return;
        }
        let (part, whole) = (failed.sum(SLOT), all.sum(SLOT));
        if part > 0 && whole >= LEAST_EVENTS && slot == self.current + 1 {
            let share = (part.min(whole) as f64 / whole as f64).sqrt();
            self.shares
                .push((self.current, (share * 255.0).round() as u8));
        }
        self.current = slot;
        let outdated = self.shares.partition_point(|it| it.0 < slot - KEPT);
        self.shares.drain(..outdated);
        self.usual = self.find_usual();
    }

    /// The second highest of three weeks, the lower of two; `None` if fewer are known.
    pub(super) fn usual(&self, now: i64) -> Option<f64> {
        debug_assert!(now.div_euclid(SLOT) >= self.current);
        self.usual
    }

    fn find_usual(&self) -> Option<f64> {
        let known = (1..=WEEKS).filter(|week| self.first <= self.current - week * WEEK);
        let mut highest: Vec<u8> = known.map(|week| self.highest(week)).collect();
        highest.sort_unstable_by(|a, b| b.cmp(a));
        let share = f64::from(*highest.get(1)?) / 255.0;
        Some(share * share)
    }

    /// The highest share within an hour of this time, `week` weeks ago.
    fn highest(&self, week: i64) -> u8 {
        let middle = self.current - week * WEEK;
        let start = self.shares.partition_point(|it| it.0 < middle - HOUR);
        let shares = self.shares[start..].iter();
        let near = shares.take_while(|it| it.0 <= middle + HOUR);
        near.map(|it| it.1).max().unwrap_or(0)
    }

    /// Moves everything `seconds` into the past.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        let slots = seconds.div_euclid(SLOT);
        self.first -= slots;
        self.current -= slots;
        for (slot, _) in &mut self.shares {
            *slot -= slots;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::recent::STEP;

    /// Runs whole weeks, in each of which the share is as given for an hour on Monday, and returns what is usual on
    /// the next Monday at that time and three hours later.
    fn usual_after(weeks: &[u64]) -> [Option<f64>; 2] {
        let mut known = Weeks::new(0);
        let mut rings = [Recent::new(0), Recent::new(0)];
        let week_steps = WEEK * SLOT / STEP;
        let total = week_steps * weeks.len() as i64 + 4 * 3_600 / STEP;
        let mut found = [None; 2];
        for step in 1..=total {
            let within = step % week_steps * STEP;
            let week = (step / week_steps) as usize;
            let failed = match (3_600..7_200).contains(&within) {
                true => weeks.get(week).copied().unwrap_or_default(),
                false => 0,
            };
            rings[0].push(step, failed);
            rings[1].push(step, 100);
            known.learn(step * STEP, &rings[0], &rings[1]);
            if week == weeks.len() {
                match within {
                    5_400 => found[0] = known.usual(step * STEP),
                    14_400 => found[1] = known.usual(step * STEP),
                    _ => {}
                }
            }
        }
        found
    }

    #[test]
    fn a_habit_of_two_weeks_is_usual_at_its_time_only() {
        let [then, later] = usual_after(&[30, 30]);
        assert!((then.expect("known") - 0.3).abs() < 0.01);
        assert_eq!(later, Some(0.0));
    }

    #[test]
    fn one_bad_monday_excuses_nothing_and_one_holiday_hides_nothing() {
        assert_eq!(usual_after(&[0, 30])[0], Some(0.0));
        assert_eq!(usual_after(&[30])[0], None);
        let [then, _] = usual_after(&[30, 0, 30]);
        assert!((then.expect("known") - 0.3).abs() < 0.01);
    }

    /// Adds a slot in which this part of all events failed.
    fn add(known: &mut Weeks, rings: &mut [Recent; 2], slot: i64, counts: [u64; 2]) {
        let middle = slot * 30 + 15;
        for (ring, count) in rings.iter_mut().zip(counts) {
            ring.push(middle, count);
            ring.push(slot * 30 + 30, 0);
        }
        known.learn(middle * STEP, &rings[0], &rings[1]);
        known.learn((slot + 1) * 900, &rings[0], &rings[1]);
    }

    /// Scattered shares from 0 to 15², the same for each slot: half days of different levels.
    fn scattered(slot: i64) -> u64 {
        let hash = |value: i64| (value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let root = hash(slot) % (1 + hash(slot / 48) % 16);
        root * root
    }

    #[test]
    fn usual_share_follows_a_simple_model() {
        let first = 3;
        let mut known = Weeks::new(first * 900 + 899);
        let mut rings = [Recent::new(0), Recent::new(0)];
        let last = first + 4 * 672;
        for slot in first..=last {
            add(&mut known, &mut rings, slot, [scattered(slot), 225]);
            let now = slot + 1;
            let ago = [672, 1_344, 2_016].map(|ago| now - ago);
            let known_weeks = ago.into_iter().filter(|then| *then >= first);
            let mut highest: Vec<u64> = known_weeks
                .map(|then| ((then - 4).max(first)..=then + 4).map(scattered).max())
                .map(Option::unwrap_or_default)
                .collect();
            highest.sort();
            let usual = highest.iter().nth_back(1).map(|it| *it as f64 / 225.0);
            let found = known.usual(now * 900);
            assert_eq!(found.is_some(), usual.is_some(), "slot {slot}");
            let difference = found.unwrap_or_default() - usual.unwrap_or_default();
            assert!(difference.abs() < 1e-12, "slot {slot}: {found:?} {usual:?}");
        }
        let kept = (last + 1 - 2_021..=last).map(|slot| (slot, scattered(slot)));
        let kept: Vec<_> = kept.filter(|it| it.1 > 0).collect();
        let found: Vec<_> = known.shares.iter().map(|it| it.0).collect();
        assert_eq!(found, kept.iter().map(|it| it.0).collect::<Vec<_>>());
    }

    #[test]
    fn share_of_a_slot_is_stored_if_it_is_known() {
        let stored = |counts: [u64; 2]| {
            let mut known = Weeks::new(0);
            let mut rings = [Recent::new(0), Recent::new(0)];
            add(&mut known, &mut rings, 0, counts);
            known.shares
        };
        assert_eq!(stored([5, 20]), [(0, 128)]);
        assert_eq!(stored([5, 19]), []);
        assert_eq!(stored([0, 20]), []);
        assert_eq!(stored([30, 20]), [(0, 255)], "of failures without a reply");
        // Nothing is known about the slot that ended if the log was silent for longer.
        let mut known = Weeks::new(0);
        let mut rings = [Recent::new(0), Recent::new(0)];
        for ring in &mut rings {
            ring.push(90, 20);
        }
        known.learn(90 * STEP, &rings[0], &rings[1]);
        assert_eq!(known.shares, []);
    }

    #[test]
    fn clock_that_is_set_back_changes_nothing_else() {
        let mut straight = Weeks::new(0);
        let mut shifted = Weeks::new(0);
        let mut rings = [(); 2].map(|()| [Recent::new(0), Recent::new(0)]);
        let mut back = 0;
        for slot in 0..3 * WEEK {
            if slot % 300 == 20 {
                shifted.shift_back(20 * SLOT);
                for ring in &mut rings[1] {
                    ring.shift_back(20 * SLOT / STEP);
                }
                back += 20;
            }
            let counts = [scattered(slot), 225];
            add(&mut straight, &mut rings[0], slot, counts);
            add(&mut shifted, &mut rings[1], slot - back, counts);
            assert_eq!(shifted.usual, straight.usual, "slot {slot}");
        }
        assert!(straight.usual.is_some());
    }

    #[test]
    fn slot_in_which_the_clock_is_set_back_is_stored() {
        let mut known = Weeks::new(100 * SLOT);
        let mut rings = [Recent::new(100 * 30), Recent::new(100 * 30)];
        for ring in &mut rings {
            ring.push(100 * 30 + 15, 20);
            ring.shift_back(50 * 30);
            ring.push(51 * 30, 0);
        }
        known.shift_back(50 * SLOT);
        known.learn(51 * SLOT, &rings[0], &rings[1]);
        assert_eq!(known.shares, [(50, 255)]);
    }
}
