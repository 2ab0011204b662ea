//! The usual height of a level, such as the number of messages in a queue: its highest value in the last day, and at the
//! same time in the weeks before.

use std::collections::VecDeque;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The length of a slot, in seconds.
const SLOT: i64 = 900;

const HOUR: i64 = 3_600 / SLOT;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// The weeks that are looked at.
const WEEKS: i64 = 3;

/// The slots that are kept: three weeks and an hour.
const KEPT: i64 = WEEKS * WEEK + HOUR + 1;

/// The slots without which nothing is known: half a day.
const LEAST: i64 = DAY / 2;

/// While less than this is known, a morning after a night or a Monday after a Sunday may be new.
const FAMILIAR: i64 = 8 * DAY;

/// How much more may be usual until then.
const UNFAMILIAR: f64 = 2.5;

/// How long a level may be far higher than usual before that becomes usual, in slots.
const LONGEST: i64 = 3 * DAY;

/// The past of a level.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct LevelHistory {
    /// The number of the first slot of `highest`; what is before is not known.
    first: i64,
    /// The highest level of each slot. The last one is not complete.
    highest: Arc<VecDeque<u32>>,
    /// Of slots in which it was far higher than usual: what was usual. The newest last; only those of the last day.
    usual: VecDeque<(i64, u32)>,
    /// Since which slot it has been far higher than usual.
    risen: Option<i64>,
}

impl LevelHistory {
    pub(super) fn new(now: i64) -> Self {
        LevelHistory {
            first: now.div_euclid(SLOT),
            highest: Arc::new(VecDeque::from([0])),
            ..LevelHistory::default()
        }
    }

    /// The slot that is not complete.
    fn current(&self) -> i64 {
        self.first + self.highest.len() as i64 - 1
    }

    /// Takes the level at `now`. `threshold` is how high it is far higher than usual.
    pub(super) fn sample(&mut self, now: i64, level: u64, threshold: impl Fn(f64) -> f64) {
        let slot = now.div_euclid(SLOT);
        if slot > self.current() {
            self.end_slot(threshold);
            let new = (slot - self.current()).min(KEPT);
            let highest = Arc::make_mut(&mut self.highest);
            highest.extend((0..new).map(|_| 0));
            let surplus = highest.len().saturating_sub(KEPT as usize);
            highest.drain(..surplus);
            self.first = slot + 1 - highest.len() as i64;
            self.usual.retain(|it| it.0 >= slot - DAY);
        }
        let level = u32::try_from(level).unwrap_or(u32::MAX);
        if self.highest.back().is_some_and(|last| *last < level)
            && let Some(last) = Arc::make_mut(&mut self.highest).back_mut()
        {
            *last = level;
        }
    }

    /// A level far higher than usual does not become usual within the next day, unless it lasts.
    fn end_slot(&mut self, threshold: impl Fn(f64) -> f64) {
        let ended = self.current();
        let level = self.highest.back().copied().unwrap_or(0);
        let is_risen = |usual| f64::from(level) > threshold(usual);
        if !self.usual().is_some_and(is_risen) {
            self.risen = None;
            return;
        }
        let since = *self.risen.get_or_insert(ended);
        if ended - since < LONGEST {
            self.usual.push_back((ended, self.most()));
        }
    }

    /// The highest usual level; `None` if too little is known.
    pub(super) fn usual(&self) -> Option<f64> {
        let known = self.highest.len() as i64 - 1;
        let allowance = if known < FAMILIAR { UNFAMILIAR } else { 1.0 };
        (known >= LEAST).then(|| f64::from(self.most()) * allowance)
    }

    /// The highest level of the last day and of the same time in the weeks before.
    fn most(&self) -> u32 {
        let now = self.current();
        // In the last hour, what is far higher than usual may have begun.
        let day = (now - DAY..=now - HOUR).filter_map(|slot| {
            let known = self.usual.iter().find(|it| it.0 == slot);
            known.map(|it| it.1).or_else(|| self.at(slot))
        });
        day.max().unwrap_or(0).max(self.of_weeks())
    }

    fn at(&self, slot: i64) -> Option<u32> {
        let at = usize::try_from(slot - self.first).ok()?;
        self.highest.get(at).copied()
    }

    /// The second highest level of three weeks within an hour of this time, the lower one of two: one incident does not
    /// excuse the next.
    fn of_weeks(&self) -> u32 {
        let weeks = (1..=WEEKS).map(|week| self.current() - week * WEEK);
        let known = weeks.filter(|then| *then >= self.first);
        let mut highest: Vec<u32> = known
            .map(|then| {
                let near = (then - HOUR..=then + HOUR).filter_map(|slot| self.at(slot));
                near.max().unwrap_or(0)
            })
            .collect();
        highest.sort_unstable_by(|a, b| b.cmp(a));
        highest.get(1).copied().unwrap_or(0)
    }

    /// Moves everything `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        let slots = seconds.div_euclid(SLOT);
        self.first -= slots;
        for (slot, _) in &mut self.usual {
            *slot -= slots;
        }
        self.risen = self.risen.map(|slot| slot - slots);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four times as high as usual, and 500.
    fn threshold(usual: f64) -> f64 {
        (4.0 * usual).max(500.0)
    }

    fn run(history: &mut LevelHistory, from: i64, to: i64, level: impl Fn(i64) -> u64) {
        for slot in from..to {
            history.sample(slot * SLOT, level(slot), threshold);
        }
    }

    #[test]
    fn a_queue_that_is_always_deep_is_usual() {
        let mut history = LevelHistory::new(0);
        run(&mut history, 0, DAY / 2, |_| 3_000);
        assert_eq!(history.usual(), None);
        run(&mut history, DAY / 2, DAY, |_| 3_000);
        assert_eq!(history.usual(), Some(7_500.0), "in the first eight days");
        run(&mut history, DAY, 9 * DAY, |_| 3_000);
        assert_eq!(history.usual(), Some(3_000.0));
    }

    #[test]
    fn a_queue_that_grows_does_not_become_usual_within_days() {
        let mut history = LevelHistory::new(0);
        run(&mut history, 0, 9 * DAY, |_| 100);
        run(&mut history, 9 * DAY, 11 * DAY, |_| 4_000);
        assert_eq!(history.usual(), Some(100.0), "while it lasts");
        run(&mut history, 11 * DAY, 11 * DAY + 5, |_| 100);
        assert_eq!(history.usual(), Some(100.0), "nor after it");
        run(&mut history, 12 * DAY + 8, 17 * DAY, |_| 4_000);
        assert_eq!(history.usual(), Some(4_000.0), "but after three days");
    }

    #[test]
    fn a_queue_that_grows_every_week_is_usual_at_that_time_after_two_weeks() {
        let weekly = |slot: i64| if slot % WEEK / HOUR == 57 { 4_000 } else { 100 };
        let at = |week: i64| week * WEEK + 57 * HOUR + 1;
        let mut history = LevelHistory::new(0);
        run(&mut history, 0, at(2) - WEEK / 2, weekly);
        assert_eq!(history.usual(), Some(100.0));
        run(&mut history, at(2) - WEEK / 2, at(2), weekly);
        assert_eq!(history.usual(), Some(4_000.0));
        run(&mut history, at(2), 5 * WEEK, weekly);
        assert_eq!(history.highest.len() as i64, KEPT);
    }

    #[test]
    fn what_was_usual_in_a_rise_counts_for_its_time_only() {
        let mut history = LevelHistory::new(0);
        run(&mut history, 0, 9 * DAY, |_| 100);
        run(&mut history, 9 * DAY, 9 * DAY + 2 * HOUR, |_| 4_000);
        assert_eq!(history.usual(), Some(100.0), "while it lasts");
        run(&mut history, 9 * DAY + 2 * HOUR, 9 * DAY + 4 * HOUR, |_| {
            300
        });
        assert_eq!(history.usual(), Some(300.0), "after it");
        run(
            &mut history,
            9 * DAY + 4 * HOUR,
            10 * DAY + 2 * HOUR,
            |_| 200,
        );
        assert_eq!(history.usual(), Some(300.0), "within a day");
        run(
            &mut history,
            10 * DAY + 2 * HOUR,
            10 * DAY + 5 * HOUR,
            |_| 200,
        );
        assert_eq!(history.usual(), Some(200.0), "a day later");
    }

    #[test]
    fn a_clock_that_is_set_back_changes_nothing() {
        let level = |slot: i64| match slot {
            ..1_000 => 100 + slot as u64 % 90,
            1_000..1_010 => 4_000,
            1_010..1_100 => 300,
            _ => 5_000,
        };
        // Before anything is known, after it has risen, and while it is high.
        for at in [20, 900, 1_015, 1_150] {
            let mut histories = [LevelHistory::new(0), LevelHistory::new(0)];
            let mut back = 0;
            for slot in 0..1_500 {
                if slot == at {
                    back = 5 * HOUR;
                    histories[1].shift_back(back * SLOT);
                }
                for (history, back) in histories.iter_mut().zip([0, back]) {
                    history.sample((slot - back) * SLOT, level(slot), threshold);
                }
                let [straight, shifted] = histories.each_ref().map(LevelHistory::usual);
                assert_eq!(shifted, straight, "{at}: {slot}");
            }
            assert_eq!(histories[1].usual(), Some(5_000.0), "after three days");
        }
    }
}
