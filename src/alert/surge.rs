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

/// The numbers of the last three weeks, for each ten minutes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Surge {
    /// The slot in which this began.
    first: i64,
    /// The slot that is not complete yet, and its number.
    current: (i64, u64),
    /// Slot and number, in the order of slots, of those that were not zero.
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
            let (ended, mut sum) = self.current;
            if let Some(frozen) = self.frozen {
                // What an alert is about does not become usual.
                sum = sum.min(frozen as u64);
            }
            if sum > 0 {
                self.numbers.push((ended, sum));
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
        let mut most = self.most(now - DAY, now - 3);
        for week in 1..=3 {
            let then = now - week * WEEK;
            most = most.max(self.most(then - HOUR, then + HOUR));
        }
        let allowance = if known < FAMILIAR { UNFAMILIAR } else { 1.0 };
        Some(most as f64 * allowance)
    }

    /// The highest number of the slots from `first` to `last`.
    fn most(&self, first: i64, last: i64) -> u64 {
        let start = self.numbers.partition_point(|it| it.0 < first);
        let within = self.numbers[start..].iter().take_while(|it| it.0 <= last);
        within.map(|it| it.1).max().unwrap_or(0)
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
    }
}
