//! How many lines a source usually has at this time of the week, so that silence at night and on weekends is told from
//! silence of a mail server that stopped.
//!
//! Lines count when they are read, by the wall clock. What is usual is the same time of the weeks before, and until
//! eight days are known, that of the day before.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::metrics::SourceStats;

/// The length of a slot, in seconds.
const SLOT: i64 = 900;

const HOUR: i64 = 3_600 / SLOT;
const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;

/// The weeks that are looked at.
const WEEKS: i64 = 3;

/// The slots that are kept: three weeks, a day of silence before them, and an hour.
const KEPT: i64 = WEEKS * WEEK + DAY + HOUR + 2;

/// The windows without lines that are compared with the past, in slots.
const WINDOWS: [i64; 3] = [HOUR, 6 * HOUR, DAY];

/// The lines of one source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct SourceHabit {
    /// All lines at the last sample.
    total: u64,
    /// When there was a new line, in seconds since 1970.
    last_line: i64,
    /// The number of the first slot that is kept; what is before is not known.
    first: i64,
    /// The lines of each slot. The last one is not complete.
    lines: Arc<VecDeque<u32>>,
}

/// The lines of all sources.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceHabits {
    sources: BTreeMap<String, SourceHabit>,
}

impl SourceHabit {
    fn new(now: i64, total: u64) -> Self {
        SourceHabit {
            total,
            last_line: now,
            first: now.div_euclid(SLOT),
            lines: Arc::new(VecDeque::from([0])),
        }
    }

    /// The slot that is not complete.
    fn current(&self) -> i64 {
        self.first + self.lines.len() as i64 - 1
    }

    /// Takes the total of all lines at `now`.
    fn sample(&mut self, now: i64, total: u64) {
        let grown = total.saturating_sub(self.total);
        self.total = total;
        let slot = now.div_euclid(SLOT);
        if slot > self.current() {
            let new = (slot - self.current()).min(KEPT);
            let lines = Arc::make_mut(&mut self.lines);
            lines.extend((0..new).map(|_| 0));
            let surplus = lines.len().saturating_sub(KEPT as usize);
            lines.drain(..surplus);
            self.first = slot + 1 - lines.len() as i64;
        }
        if grown > 0 {
            self.last_line = now;
            if let Some(last) = Arc::make_mut(&mut self.lines).back_mut() {
                *last = last.saturating_add(u32::try_from(grown).unwrap_or(u32::MAX));
            }
        }
    }

    /// The lines of a window of complete slots that ended before the slot `end`; `None` if it is not known.
    fn sum(&self, end: i64, window: i64) -> Option<u64> {
        let start = usize::try_from(end - window - self.first).ok()?;
        let lines = self.lines.iter().skip(start).take(window as usize);
        Some(lines.map(|it| u64::from(*it)).sum())
    }

    /// The fewest lines of a window within an hour of `ago` slots before now; `None` if it is not known.
    fn fewest(&self, window: i64, ago: i64) -> Option<u64> {
        let end = self.current() - ago;
        let all = (-HOUR..=HOUR).map(|shift| self.sum(end + shift, window));
        all.min()?
    }

    /// The lines that are usual in a window that ends now. Of three weeks the second highest counts, so that neither a
    /// holiday nor an outage hides a habit; of two the lower one. Until a week is known, the day before counts.
    fn usual(&self, window: i64) -> u64 {
        let weeks = (1..=WEEKS).map(|week| self.fewest(window, week * WEEK));
        let mut weeks: Vec<u64> = weeks.flatten().collect();
        weeks.sort_unstable_by(|a, b| b.cmp(a));
        let known = match weeks.len() {
            0 => self.fewest(window, DAY.max(window + HOUR)),
            1 => Some(weeks[0]),
            _ => Some(weeks[1]),
        };
        known.unwrap_or(0)
    }

    /// The lines that usually come in the time in which there was none; 0 if there was one within the last hour.
    fn missing(&self, now: i64) -> u64 {
        let silent = now - self.last_line;
        let windows = WINDOWS.into_iter().filter(|window| silent >= window * SLOT);
        windows.map(|it| self.usual(it)).max().unwrap_or(0)
    }
}

impl SourceHabits {
    /// Takes the lines of all sources at `now`, in seconds since 1970. A source that no longer exists is forgotten.
    pub(super) fn sample(&mut self, now: i64, sources: &[SourceStats]) {
        for source in sources {
            let total = source.events + source.noise + source.unmatched;
            match self.sources.get_mut(&source.name) {
                Some(known) => known.sample(now, total),
                None => {
                    let new = SourceHabit::new(now, total);
                    self.sources.insert(source.name.clone(), new);
                }
            }
        }
        let exists = |name: &String| sources.iter().any(|it| it.name == *name);
        self.sources.retain(|name, _| exists(name));
    }

    /// Each source, with the lines that usually come in the time in which it has had none.
    pub(super) fn missing(&self, now: i64) -> impl Iterator<Item = (&str, u64)> {
        let sources = self.sources.iter();
        sources.map(move |(name, habit)| (name.as_str(), habit.missing(now)))
    }

    /// Moves everything `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        for habit in self.sources.values_mut() {
            habit.first -= seconds.div_euclid(SLOT);
            habit.last_line -= seconds;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples every slot from `from` to before `to`, and returns the number of missing lines after each.
    fn run(habit: &mut SourceHabit, from: i64, to: i64, lines: impl Fn(i64) -> u64) -> Vec<u64> {
        let slots = from..to;
        let missing = slots.map(|slot| {
            habit.sample(slot * SLOT + SLOT - 1, habit.total + lines(slot));
            habit.missing(slot * SLOT + SLOT - 1)
        });
        missing.collect()
    }

    /// Lines on five days of the week from 8 to 18 o'clock.
    fn office(slot: i64) -> u64 {
        let (day, hour) = (slot % WEEK / DAY, slot % DAY / HOUR);
        if day < 5 && (8..18).contains(&hour) {
            30
        } else {
            0
        }
    }

    #[test]
    fn nights_and_weekends_are_no_silence_and_a_tuesday_morning_is() {
        let mut habit = SourceHabit::new(0, 0);
        // The first weekend is not known yet.
        run(&mut habit, 0, WEEK, office);
        let missing = run(&mut habit, WEEK, 4 * WEEK, office);
        assert_eq!(missing.iter().max(), Some(&0));
        // Tuesday of the fifth week: nothing from 10 o'clock on.
        let stop = 4 * WEEK + DAY + 10 * HOUR;
        run(&mut habit, 4 * WEEK, stop, office);
        let missing = run(&mut habit, stop, stop + 2 * HOUR, |_| 0);
        assert_eq!(missing[..3], [0, 0, 0]);
        assert!(missing[3..].iter().all(|it| *it == 120), "{missing:?}");
    }

    #[test]
    fn the_day_before_counts_until_a_week_is_known() {
        let mut habit = SourceHabit::new(0, 0);
        let missing = run(&mut habit, 0, 2 * DAY, |_| 30);
        assert_eq!(missing.iter().max(), Some(&0));
        let missing = run(&mut habit, 2 * DAY, 2 * DAY + 2 * HOUR, |_| 0);
        assert_eq!(missing.last(), Some(&120));
    }

    #[test]
    fn one_holiday_does_not_hide_a_habit() {
        let holiday = |slot: i64| match slot / DAY == 2 * 7 + 1 {
            true => 0,
            false => office(slot),
        };
        let mut habit = SourceHabit::new(0, 0);
        let stop = 3 * WEEK + DAY + 10 * HOUR;
        run(&mut habit, 0, stop, holiday);
        let missing = run(&mut habit, stop, stop + 2 * HOUR, |_| 0);
        assert_eq!(missing.last(), Some(&120));
    }

    #[test]
    fn few_lines_are_missed_after_a_longer_silence() {
        let mut habit = SourceHabit::new(0, 0);
        let stop = 2 * WEEK;
        run(&mut habit, 0, stop, |slot| u64::from(slot % 4 == 0) * 5);
        let missing = run(&mut habit, stop, stop + DAY, |_| 0);
        let first = missing.iter().position(|it| *it > 20);
        assert_eq!(first, Some((6 * HOUR - 4) as usize));
    }

    #[test]
    fn memory_is_bounded_and_a_clock_that_is_set_back_changes_nothing() {
        let mut habits = SourceHabits::default();
        let source = |total: u64| SourceStats {
            name: "a".into(),
            events: total,
            ..SourceStats::default()
        };
        for slot in 0..5 * WEEK {
            habits.sample(slot * SLOT, &[source(30 * slot as u64)]);
        }
        assert_eq!(habits.sources["a"].lines.len() as i64, KEPT);
        habits.shift_back(8 * 3_600);
        let now = 5 * WEEK * SLOT - 8 * 3_600;
        assert_eq!(habits.missing(now + 2 * 3_600).next(), Some(("a", 120)));
        habits.sample(now, &[]);
        assert_eq!(habits.missing(now).next(), None);
    }

    #[test]
    fn a_day_of_silence_is_compared_with_a_day_before_it() {
        let mut habit = SourceHabit::new(0, 0);
        run(&mut habit, 0, 4 * DAY, |_| 30);
        let missing = run(&mut habit, 4 * DAY, 5 * DAY, |_| 0);
        assert_eq!(missing[DAY as usize - 1], 96 * 30);
    }
}
