//! Tests of what is read of the history: means and counts, several groups, and clocks that were set back.

use super::super::tests::Fixture;
use super::*;
use crate::parse::Direction;

/// The beginning of a day and so of a quarter of an hour.
const T: i64 = 1_796_083_200;

impl Fixture {
    /// Counts these numbers of 421 and 550 in a minute after `T`.
    fn count_in(&mut self, minute: i64, [throttled, refused]: [u64; 2]) {
        self.history
            .advance(T + minute * MINUTE, &self.counters, i64::MAX);
        let codes = &mut self.counters.codes[Direction::Outbound.index()];
        codes[421] += throttled;
        codes[550] += refused;
    }

    /// The rates of 421 and 550 in the quarters of an hour after `T`.
    fn rates_in(&self, quarters: &[i64]) -> Vec<[Option<f64>; 2]> {
        let times: Vec<i64> = quarters
            .iter()
            .map(|it| T + it * QUARTER * MINUTE)
            .collect();
        let rates = self.history.quarters(&times, 2, group);
        assert_eq!(rates.slots(), quarters.len());
        let slots = 0..quarters.len();
        slots
            .map(|slot| [rates.at(slot, 0), rates.at(slot, 1)])
            .collect()
    }

    /// The counts of 421 and 550 in each of some minutes after `T`.
    fn minutes(&self, first: i64, slots: usize) -> Vec<[Option<f64>; 2]> {
        let span = Span {
            end: T + (first + slots as i64) * MINUTE - 1,
            minutes: 1,
            slots,
        };
        let rates = self.history.minutes(&self.counters, span, 2, group);
        (0..slots)
            .map(|slot| [rates.at(slot, 0), rates.at(slot, 1)])
            .collect()
    }
}

/// 421 is in the first group, 550 in the second one, and others are in one that nobody asks for.
fn group(series: &Series) -> Option<usize> {
    match series {
        Series::Code(0, 421) => Some(0),
        Series::Code(0, 550) => Some(1),
        Series::Code(..) => Some(2),
        _ => None,
    }
}

#[test]
fn means_and_counts_are_of_the_slots_that_are_known() {
    let rates = Rates {
        groups: 2,
        rates: vec![1.0, 10.0, f64::NAN, 20.0, 5.0, f64::NAN],
        minutes: vec![15.0, 15.0, 2.0],
    };
    assert_eq!(rates.slots(), 3);
    for (slots, group, least, expected) in [
        (0..3, 0, 0, Some(3.0)),
        (0..3, 0, 2, Some(3.0)),
        (0..3, 0, 3, None),
        (0..1, 0, 1, Some(1.0)),
        (1..2, 0, 0, None),
        (0..0, 0, 0, None),
        (0..3, 1, 2, Some(15.0)),
        (2..9, 1, 0, None),
    ] {
        let found = rates.mean_of(slots.clone(), group, least);
        assert_eq!(found, expected, "{slots:?} {group} {least}");
    }
    assert_eq!([0, 1].map(|group| rates.last(group)), [Some(5.0), None]);
    let counts = [(0, 0), (1, 0), (2, 0), (1, 1), (7, 0)];
    let counts = counts.map(|(slot, group)| rates.count(slot, group));
    assert_eq!(counts, [15.0, 0.0, 10.0, 300.0, 0.0]);
    let nothing = Rates::default();
    assert_eq!((nothing.slots(), nothing.last(0)), (0, None));
}

#[test]
fn quarters_have_the_rates_of_each_group_in_the_order_of_the_times() {
    let mut it = Fixture::new();
    assert_eq!(it.rates_in(&[0]), [[None; 2]]);
    for minute in 0..4 * QUARTER {
        let quarter = (minute / QUARTER) as u64;
        it.count_in(minute, [3 * quarter, 100 + quarter]);
    }
    let of = |quarter: f64| [Some(3.0 * quarter), Some(100.0 + quarter)];
    // The first quarter may have begun before the history, and the last one is not over.
    assert_eq!(
        it.rates_in(&[3, 2, 1, 0, 2]),
        [[None; 2], of(2.0), of(1.0), [None; 2], of(2.0)]
    );
    // Also across the limits of what is stored together.
    let day = 96;
    for hour in 1..=24 {
        it.count_in(hour * 60, [0, 0]);
    }
    it.count_in((day + 1) * QUARTER, [30, 60]);
    it.count_in((day + 2) * QUARTER, [0, 0]);
    assert_eq!(
        it.rates_in(&[day + 1, 3, day, 2, day + 2]),
        [
            [Some(2.0), Some(4.0)],
            of(3.0),
            [Some(0.0); 2],
            of(2.0),
            [None; 2]
        ]
    );
}

#[test]
fn clock_that_is_set_back_keeps_what_was_before_it() {
    let mut it = Fixture::new();
    for minute in 0..40 {
        it.count_in(minute, [1, 2]);
    }
    it.count_in(40, [0, 0]);
    // Up to two minutes ahead are tolerated.
    it.history.follow_clock(T + 38 * MINUTE);
    assert_eq!(it.history.due(), T + 41 * MINUTE);
    it.history.follow_clock(T + 20 * MINUTE + 59);
    assert_eq!(it.history.due(), T + 21 * MINUTE);
    let one = [Some(1.0), Some(2.0)];
    assert_eq!(it.minutes(18, 4), [one, one, [Some(0.0); 2], [None; 2]]);
    for minute in 20..46 {
        it.count_in(minute, [4, 8]);
    }
    let four = [Some(4.0), Some(8.0)];
    assert_eq!(it.minutes(18, 4), [one, one, four, four]);
    // The quarter that was over is gone, and the one of the clock has what was counted since.
    let since = [Some(40.0 / 15.0), Some(80.0 / 15.0)];
    assert_eq!(it.rates_in(&[1, 2]), [since, four]);
}

#[test]
fn clock_that_is_set_back_within_a_quarter_keeps_its_counts() {
    let mut it = Fixture::new();
    it.count_in(0, [0, 0]);
    for minute in 15..20 {
        it.count_in(minute, [3, 6]);
    }
    it.count_in(25, [0, 0]);
    it.history.follow_clock(T + 21 * MINUTE);
    it.count_in(23, [30, 60]);
    it.count_in(30, [0, 0]);
    assert_eq!(it.rates_in(&[1]), [[Some(3.0), Some(6.0)]]);
}

#[test]
fn history_before_a_clock_that_was_set_back_to_before_its_beginning_is_known() {
    let mut it = Fixture::new();
    it.count_in(100, [0, 0]);
    it.count_in(101, [1, 2]);
    it.history.follow_clock(T + 50 * MINUTE);
    it.count_in(51, [3, 4]);
    it.count_in(52, [0, 0]);
    let found = it.minutes(49, 3);
    assert_eq!(
        found,
        [[None; 2], [Some(1.0), Some(2.0)], [Some(3.0), Some(4.0)]]
    );
}

#[test]
fn series_beyond_the_limit_are_not_recorded() {
    let mut it = Fixture::new();
    it.count_in(0, [0, 0]);
    // 421 is among the first ones; the codes of other directions exhaust the limit.
    for direction in 0..2 {
        it.counters.codes[direction][..600].fill(1);
    }
    it.counters.codes[0][421] = 7;
    it.counters.codes[0][550] = 8;
    it.count_in(1, [0, 0]);
    let recorded = it.history.snapshot();
    assert_eq!(recorded.series.len(), super::super::MAX_SERIES);
    assert!(recorded.series.contains(&Series::Code(0, 421)));
    assert_eq!(it.minutes(0, 1), [[Some(7.0), Some(8.0)]]);
}
