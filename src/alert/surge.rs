//! Whether a number is far above the busiest ten minutes that are usual: those of the last day, and those of the same
//! time in the three weeks before.

use serde::{Deserialize, Serialize};

/// The length of a slot, in seconds.
const SLOT: i64 = 600;

const DAY: i64 = 86_400 / SLOT;
const WEEK: i64 = 7 * DAY;
const HOUR: i64 = 3_600 / SLOT;

/// The slots that are kept: three weeks and an hour.
const KEPT: i64 = 3 * WEEK + HOUR + 1;

/// The slots without which nothing is known: half a day.
const LEAST: i64 = DAY / 2;

/// While less than this is known, a morning after a night or a Monday after a Sunday may be new.
const FAMILIAR: i64 = 8 * DAY;

/// How much more may be usual until then.
const UNFAMILIAR: f64 = 2.5;

/// Marks a number that an alert was about.
const ALERTED: u64 = 1 << 63;

/// The numbers of the last three weeks, for each ten minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Surge {
    /// The slot in which this began.
    first: i64,
    /// The slot that is not complete yet, and its number.
    current: (i64, u64),
    /// Slot and number, in the order of slots, of those that were not zero. Numbers that an alert was about are marked
    /// with [`ALERTED`].
    numbers: Vec<(i64, u64)>,
    /// The usual number when an alert became pending, while one is pending or firing.
    frozen: Option<f64>,
    usual: Option<f64>,
}

impl Surge {
    pub(super) fn new(now: i64) -> Self {
        let slot = now.div_euclid(SLOT);
        Surge {
            first: slot,
            current: (slot, 0),
            numbers: Vec::new(),
            frozen: None,
            usual: None,
        }
    }

    /// Adds the number of the step at `now`.
    pub(super) fn learn(&mut self, now: i64, number: u64, is_alerting: bool) {
        let slot = now.div_euclid(SLOT);
        if slot != self.current.0 {
            let (ended, sum) = self.current;
            if sum > 0 {
                let mark = match self.frozen {
                    Some(frozen) if sum as f64 > frozen => ALERTED,
                    _ => 0,
                };
                self.numbers.push((ended, sum & !ALERTED | mark));
            }
            self.current = (slot, 0);
            let outdated = self.numbers.partition_point(|it| it.0 < slot - KEPT);
            self.numbers.drain(..outdated);
            self.usual = self.find_usual();
        }
        self.current.1 += number;
        self.frozen = match is_alerting {
            true => self.frozen.or(self.usual),
            false => None,
        };
    }

    /// The number that is usual in the busiest ten minutes; `None` if too little is known.
    pub(super) fn usual(&self) -> Option<f64> {
        self.frozen.or(self.usual)
    }

    fn find_usual(&self) -> Option<f64> {
        let (now, known) = (self.current.0, self.current.0 - self.first);
        if known < LEAST {
            return None;
        }
        // The last 20 minutes may be a part of the surge.
        let mut most = self.most(now - DAY, now - 3, false);
        let mut weeks = [0; 3];
        for (week, highest) in (1..).zip(&mut weeks) {
            let then = now - week * WEEK;
            most = most.max(self.most(then - HOUR, then + HOUR, false));
            *highest = self.most(then - HOUR, then + HOUR, true);
        }
        // What an alert was about becomes usual when it was there in two of three weeks.
        weeks.sort_unstable();
        let most = most.max(weeks[1]);
        let allowance = if known < FAMILIAR { UNFAMILIAR } else { 1.0 };
        Some(most as f64 * allowance)
    }

    /// The highest number of the slots from `first` to `last`, with or without those that an alert was about.
    fn most(&self, first: i64, last: i64, with_alerted: bool) -> u64 {
        let start = self.numbers.partition_point(|it| it.0 < first);
        let within = self.numbers[start..].iter().take_while(|it| it.0 <= last);
        let counted = within.filter(|it| with_alerted || it.1 & ALERTED == 0);
        counted.map(|it| it.1 & !ALERTED).max().unwrap_or(0)
    }

    /// Moves everything `seconds` into the past.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        let slots = seconds.div_euclid(SLOT);
        self.first -= slots;
        self.current.0 -= slots;
        for (slot, _) in &mut self.numbers {
            *slot -= slots;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds a number for each slot; returns the time of the next one.
    fn run(
        surge: &mut Surge,
        from: i64,
        slots: i64,
        number: impl Fn(i64) -> u64,
        alerting: bool,
    ) -> i64 {
        for slot in from..from + slots {
            surge.learn(slot * SLOT, number(slot), alerting);
        }
        surge.learn((from + slots) * SLOT, 0, alerting);
        from + slots
    }

    #[test]
    fn the_busiest_ten_minutes_of_the_last_day_and_of_the_weeks_before_are_usual() {
        let mut surge = Surge::new(0);
        let slot = run(&mut surge, 0, DAY / 3, |_| 10, false);
        assert_eq!(surge.usual(), None);
        // A busy hour each Monday.
        let monday = |slot: i64| if slot % WEEK < HOUR { 500 } else { 10 };
        let slot = run(&mut surge, slot, 2 * DAY, |_| 10, false);
        assert_eq!(surge.usual(), Some(25.0));
        let days = 2 * WEEK - slot - 1;
        let slot = run(&mut surge, slot, days, monday, false);
        assert_eq!(surge.usual(), Some(500.0));
        let slot = run(&mut surge, slot, 2 * DAY, monday, false);
        assert_eq!(surge.usual(), Some(10.0));
        run(&mut surge, slot, DAY, |_| 9_000, true);
        assert_eq!(
            surge.usual(),
            Some(10.0),
            "a surge does not become usual while it lasts"
        );
        surge.learn((slot + DAY) * SLOT, 0, false);
        run(&mut surge, slot + DAY, 3, |_| 10, false);
        assert_eq!(surge.usual(), Some(10.0), "nor after it");
    }

    #[test]
    fn a_surge_of_each_week_is_usual_from_its_third_week_on() {
        let mut surge = Surge::new(0);
        // Each Tuesday, with an alert.
        let is_tuesday = |slot: i64| (DAY..DAY + HOUR).contains(&(slot % WEEK));
        for slot in 0..2 * WEEK + DAY {
            let number = if is_tuesday(slot) { 900 } else { 10 };
            surge.learn(slot * SLOT, number, is_tuesday(slot));
            if slot == WEEK + DAY {
                assert_eq!(surge.usual(), Some(10.0), "once is no habit");
            }
        }
        surge.learn((2 * WEEK + DAY) * SLOT, 900, false);
        assert_eq!(surge.usual(), Some(900.0));
    }

    /// Scattered numbers, the same for each slot: half days of different levels, and slots and half days with none.
    fn scattered(slot: i64) -> u64 {
        let hash = |value: i64| (value as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        let level = [0, 1, 10, 100][hash(slot / 72) as usize % 4];
        level * (hash(slot) % 50)
    }

    /// What is usual in a slot, from the scattered numbers of all slots since the first.
    fn expected(first: i64, slot: i64) -> Option<f64> {
        let known = slot - first;
        if known < 72 {
            return None;
        }
        let most = |from: i64, to: i64| (from.max(first)..=to).map(scattered).max();
        let day = most(slot - 144, slot - 3);
        let weeks = [1_008, 2_016, 3_024].map(|ago| most(slot - ago - 6, slot - ago + 6));
        let most = weeks.into_iter().max().flatten().max(day);
        let allowance = if known < 1_152 { 2.5 } else { 1.0 };
        Some(most.unwrap_or(0) as f64 * allowance)
    }

    #[test]
    fn usual_number_follows_a_simple_model() {
        let first = 5;
        let mut surge = Surge::new(first * 600 + 599);
        let last = first + 5 * 1_008;
        for slot in first..=last {
            let number = scattered(slot);
            surge.learn(slot * 600, number / 2, false);
            surge.learn(slot * 600 + 599, number - number / 2, false);
            assert_eq!(surge.usual(), expected(first, slot), "slot {slot}");
        }
        let kept = (last - 3_031..last).map(|slot| (slot, scattered(slot)));
        let kept: Vec<_> = kept.filter(|it| it.1 > 0).collect();
        assert_eq!(surge.numbers, kept);
    }

    #[test]
    fn clock_that_is_set_back_changes_nothing_else() {
        let mut straight = Surge::new(0);
        let mut shifted = Surge::new(0);
        let mut back = 0;
        for slot in 0..2 * WEEK {
            if slot % (3 * DAY) == 20 {
                shifted.shift_back(20 * SLOT);
                back += 20;
            }
            straight.learn(slot * SLOT, scattered(slot), false);
            shifted.learn((slot - back) * SLOT, scattered(slot), false);
            assert_eq!(shifted.usual(), straight.usual(), "slot {slot}");
        }
    }
}
