//! What is usual for the sender domains that send most: the busiest ten minutes of the last day, and those of the same
//! time in the weeks before. The memory is bounded, however many domains there are.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

/// The length of a slot, in seconds.
pub(super) const SLOT: i64 = 600;

const HOUR: i64 = 3_600 / SLOT;
const DAY: i64 = 24 * HOUR;

/// The hours of a week.
const WEEK_HOURS: i64 = 7 * 24;

/// The weeks that are looked at.
const WEEKS: i64 = 3;

/// How many domains are kept of each slot and of each hour: those with most messages.
const DOMAINS: usize = 64;

/// Fewer messages in a slot are not kept, because four times as many are no surge.
const LEAST_IN_SLOT: u32 = 5;
const LEAST_IN_HOUR: u32 = 20;

/// The slots without which nothing is known: half a day.
const LEAST: i64 = DAY / 2;

/// While less than this is known, a morning after a night or a Monday after a Sunday may be new.
const FAMILIAR: i64 = 8 * DAY;

/// How much more may be usual until then.
const UNFAMILIAR: f64 = 2.5;

/// How long a domain may send far more than usual before that becomes usual, in slots.
const LONGEST_SURGE: i64 = 3 * DAY;

/// The busiest domains of a slot or an hour.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Busiest {
    /// The number of the slot or hour since 1970.
    number: i64,
    /// The messages of a domain that is not among them, at most.
    others: u32,
    /// Hash and messages of each, sorted by hash.
    domains: Vec<(u64, u32)>,
}

impl Busiest {
    /// The busiest of these domains.
    fn of(number: i64, mut domains: Vec<(u64, u32)>, least: u32) -> Self {
        domains.retain(|it| it.1 >= least);
        domains.sort_unstable_by_key(|it| std::cmp::Reverse(it.1));
        let others = domains.get(DOMAINS).map_or(0, |it| it.1);
        domains.truncate(DOMAINS);
        domains.sort_unstable_by_key(|it| it.0);
        Busiest {
            number,
            others,
            domains,
        }
    }

    /// How many messages a domain had, at most.
    fn at_most(&self, domain: u64) -> u32 {
        match self.domains.binary_search_by_key(&domain, |it| it.0) {
            Ok(at) => self.domains[at].1,
            Err(_) => self.others,
        }
    }
}

/// The past of the busiest sender domains.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct SenderHistory {
    /// The slot in which this began.
    first: i64,
    /// The slot that is not complete yet.
    current: i64,
    /// The slots of the last day. Of a domain that sends far more than usual, they hold what is usual.
    slots: VecDeque<Busiest>,
    /// The largest number of a slot in each hour of the last three weeks.
    hours: VecDeque<Busiest>,
    /// The domains that send far more than usual, and since which slot.
    surging: BTreeMap<u64, i64>,
}

impl SenderHistory {
    /// Nothing is known; it begins at `now`.
    pub(super) fn new(now: i64) -> Self {
        let slot = now.div_euclid(SLOT);
        SenderHistory {
            first: slot,
            current: slot,
            ..SenderHistory::default()
        }
    }

    /// Whether the current slot is over at `now`.
    pub(super) fn is_over(&self, now: i64) -> bool {
        now.div_euclid(SLOT) != self.current
    }

    /// Ends the current slot, in which each domain had so many messages; the next one is that of `now`. `threshold` is
    /// how many are a surge if so many are usual.
    pub(super) fn end_slot(
        &mut self,
        now: i64,
        counts: Vec<(u64, u32)>,
        threshold: impl Fn(f64) -> f64,
    ) {
        let ended = self.current;
        self.add_to_hour(ended.div_euclid(HOUR), &counts);
        let mut surging = BTreeMap::new();
        let kept = counts.into_iter().map(|(domain, count)| {
            let Some(usual) = self.usual(domain) else {
                return (domain, count);
            };
            if f64::from(count) <= threshold(usual) {
                return (domain, count);
            }
            let since = *self.surging.get(&domain).unwrap_or(&ended);
            surging.insert(domain, since);
            match ended - since < LONGEST_SURGE {
                true => (domain, count.min(self.most(domain))),
                false => (domain, count),
            }
        });
        let kept = Busiest::of(ended, kept.collect(), LEAST_IN_SLOT);
        self.surging = surging;
        if !kept.domains.is_empty() {
            self.slots.push_back(kept);
        }
        self.current = now.div_euclid(SLOT);
        let (slot, hour) = (self.current, self.current.div_euclid(HOUR));
        self.slots.retain(|it| it.number >= slot - DAY);
        self.hours
            .retain(|it| it.number >= hour - WEEKS * WEEK_HOURS - 1);
    }

    /// The weeks know what really was sent: a burst of every week becomes usual although each is far above the day.
    fn add_to_hour(&mut self, hour: i64, counts: &[(u64, u32)]) {
        let mut domains = counts.to_vec();
        let mut others = 0;
        if self.hours.back().is_some_and(|it| it.number == hour)
            && let Some(before) = self.hours.pop_back()
        {
            others = before.others;
            let mut most: BTreeMap<u64, u32> = before.domains.into_iter().collect();
            for (domain, count) in domains {
                let known = most.entry(domain).or_default();
                *known = count.max(*known);
            }
            domains = most.into_iter().collect();
        }
        let mut busiest = Busiest::of(hour, domains, LEAST_IN_HOUR);
        busiest.others = busiest.others.max(others);
        if !busiest.domains.is_empty() {
            self.hours.push_back(busiest);
        }
    }

    /// The messages of a domain in the busiest ten minutes that are usual; `None` if too little is known.
    pub(super) fn usual(&self, domain: u64) -> Option<f64> {
        let known = self.current - self.first;
        let allowance = if known < FAMILIAR { UNFAMILIAR } else { 1.0 };
        (known >= LEAST).then(|| f64::from(self.most(domain)) * allowance)
    }

    /// The messages of a domain in the busiest ten minutes of the last day and of the same time in the weeks before.
    fn most(&self, domain: u64) -> u32 {
        // The last 20 minutes may be a part of the surge.
        let day = self.slots.iter();
        let day = day.filter(|it| it.number <= self.current - 3);
        let day = day.map(|it| it.at_most(domain)).max().unwrap_or(0);
        day.max(self.of_weeks(domain))
    }

    /// The second highest number of three weeks at this time, the lower one of two: one surge does not excuse the next.
    fn of_weeks(&self, domain: u64) -> u32 {
        let now = self.current.div_euclid(HOUR);
        let first = self.first.div_euclid(HOUR);
        let weeks = (1..=WEEKS).map(|week| now - week * WEEK_HOURS);
        let highest = weeks.filter(|then| first <= *then).map(|then| {
            let near = self.hours.iter().skip_while(|it| it.number < then - 1);
            let near = near.take_while(|it| it.number <= then + 1);
            near.map(|it| it.at_most(domain)).max().unwrap_or(0)
        });
        let mut highest: Vec<u32> = highest.collect();
        highest.sort_unstable_by(|a, b| b.cmp(a));
        highest.get(1).copied().unwrap_or(0)
    }

    /// Moves everything `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        let slots = seconds.div_euclid(SLOT);
        self.first -= slots;
        self.current -= slots;
        for slot in &mut self.slots {
            slot.number -= slots;
        }
        for hour in &mut self.hours {
            hour.number -= slots.div_euclid(HOUR);
        }
        for since in self.surging.values_mut() {
            *since -= slots;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: i64 = 7 * DAY;

    /// Four times as many as usual, and a hundred.
    fn threshold(usual: f64) -> f64 {
        (4.0 * usual).max(100.0)
    }

    /// Ends the slots from `from` to before `to` with so many messages of domain 1 in each; domain 2 has ten.
    fn run(history: &mut SenderHistory, from: i64, to: i64, count: impl Fn(i64) -> u32) {
        for slot in from..to {
            let counts = vec![(1, count(slot)), (2, 10)];
            history.end_slot((slot + 1) * SLOT, counts, threshold);
        }
    }

    #[test]
    fn the_busiest_ten_minutes_of_the_last_day_are_usual_but_for_a_surge() {
        let mut history = SenderHistory::new(0);
        run(&mut history, 0, DAY / 3, |_| 30);
        assert_eq!(history.usual(1), None);
        run(&mut history, DAY / 3, 9 * DAY, |_| 30);
        assert_eq!(
            (history.usual(1), history.usual(2)),
            (Some(30.0), Some(10.0))
        );
        assert_eq!(history.usual(3), Some(0.0));
        run(&mut history, 9 * DAY, 11 * DAY, |_| 900);
        assert_eq!(history.usual(1), Some(30.0), "while it lasts");
        run(&mut history, 11 * DAY, 12 * DAY + 1, |_| 900);
        run(&mut history, 12 * DAY + 1, 12 * DAY + 6, |_| 900);
        assert_eq!(history.usual(1), Some(900.0), "after three days");
    }

    #[test]
    fn a_burst_of_every_week_is_usual_at_its_time_after_two_weeks() {
        let burst = |slot: i64| if (slot % WEEK) / HOUR == 57 { 600 } else { 20 };
        let mut history = SenderHistory::new(0);
        let at = |week: i64| week * WEEK + 57 * HOUR + 1;
        run(&mut history, 0, at(1), burst);
        assert_eq!(history.usual(1), Some(20.0), "one week is no habit");
        run(&mut history, at(1), at(2), burst);
        assert_eq!(history.usual(1), Some(600.0));
    }

    #[test]
    fn one_surge_does_not_excuse_that_of_the_next_week() {
        let once = |slot: i64| if slot / HOUR == 400 { 600 } else { 20 };
        let mut history = SenderHistory::new(0);
        run(&mut history, 0, 400 * HOUR + WEEK + 1, once);
        assert_eq!(history.usual(1), Some(20.0));
    }

    #[test]
    fn memory_is_bounded_and_a_domain_that_is_not_kept_is_not_underestimated() {
        let mut history = SenderHistory::new(0);
        for slot in 0..WEEKS * WEEK + DAY {
            let counts = (0..80)
                .map(|domain| (domain, 50 + domain as u32 / 5))
                .collect();
            history.end_slot((slot + 1) * SLOT, counts, |_| 1e9);
        }
        assert!(history.slots.len() <= DAY as usize + 1);
        assert!(history.hours.len() <= (WEEKS * WEEK_HOURS) as usize + 2);
        let mut all = history.slots.iter().chain(&history.hours);
        assert!(all.all(|it| it.domains.len() <= DOMAINS));
        assert_eq!(history.usual(79), Some(65.0));
        let usual = history.usual(3).expect("known");
        assert!((50.0..66.0).contains(&usual), "{usual}");
    }

    #[test]
    fn a_clock_that_is_set_back_changes_nothing() {
        // A day each week has far more, and at last there is a surge that becomes usual after three days.
        let count = |slot: i64| match slot {
            ..2_200 if slot % WEEK / DAY == 2 => 90,
            ..2_200 => 30,
            _ => 900,
        };
        let start = 1_793_577_600 / SLOT;
        // Before anything is known, in the first week, in the third one and while there is a surge.
        for at in [50, 900, 2_100, 2_300] {
            let mut histories = [(); 2].map(|()| SenderHistory::new(start * SLOT));
            let mut shifted_by = 0;
            for slot in 0..2_800 {
                if slot == at {
                    shifted_by = 5 * HOUR;
                    histories[1].shift_back(shifted_by * SLOT);
                }
                for (history, back) in histories.iter_mut().zip([0, shifted_by]) {
                    let counts = vec![(1, count(slot)), (2, 10)];
                    let now = start + slot + 1 - back;
                    assert!(history.is_over(now * SLOT), "{at}: {slot}");
                    history.end_slot(now * SLOT, counts, threshold);
                    assert!(!history.is_over(now * SLOT + SLOT - 1), "{at}: {slot}");
                }
                let usual = histories.each_ref().map(|it| [it.usual(1), it.usual(2)]);
                assert_eq!(usual[0], usual[1], "{at}: {slot}");
                let known = slot + 1 >= LEAST;
                assert_eq!(usual[0][1].is_some(), known, "{at}: {slot}");
            }
            let usual = histories[1].usual(1);
            assert_eq!(usual, Some(900.0), "{at}: after three days");
        }
    }

    #[test]
    fn bursts_of_two_weeks_of_three_are_usual_within_an_hour_of_their_time() {
        for (early, usual) in [(-2, 20.0), (-1, 600.0), (0, 600.0), (1, 600.0), (2, 20.0)] {
            let burst = |slot: i64| match slot / HOUR {
                hour if hour == 57 - early => 600,
                hour if hour == 57 - early + 2 * WEEK_HOURS => 600,
                _ => 20,
            };
            let mut history = SenderHistory::new(0);
            run(&mut history, 0, 3 * WEEK + 57 * HOUR + 1, burst);
            assert_eq!(history.usual(1), Some(usual), "{early} hours");
        }
    }
}
