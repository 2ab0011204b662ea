//! Tests of the history: what is read of the past, after a restart, after clocks that were wrong, and its bounds.

use super::chunks::MAX_ENTRIES;
use super::*;
use crate::parse::Direction;

const T: i64 = 1_796_000_400;

/// A history and the counters that it follows.
pub(super) struct Fixture {
    pub counters: Counters,
    pub history: History,
}

impl Fixture {
    pub fn new() -> Self {
        let catalog = Catalog::embedded();
        Fixture {
            counters: Counters::new(catalog),
            history: History::new(catalog, Arc::from(["other".to_owned()])),
        }
    }

    fn advance(&mut self, time: i64) {
        self.history.advance(time, &self.counters, i64::MAX);
    }

    fn count(&mut self, code: u16, count: u64) {
        self.counters.codes[Direction::Outbound.index()][usize::from(code)] += count;
    }

    /// The rates of 421 per minute.
    fn rates(&self, span: Span) -> Vec<Option<f64>> {
        let rates = self.history.minutes(&self.counters, span, 1, is_421);
        (0..span.slots).map(|slot| rates.at(slot, 0)).collect()
    }

    fn quarters(&self, times: &[i64]) -> Vec<Option<f64>> {
        let rates = self.history.quarters(times, 1, is_421);
        (0..times.len()).map(|slot| rates.at(slot, 0)).collect()
    }
}

fn is_421(series: &Series) -> Option<usize> {
    (*series == Series::Code(0, 421)).then_some(0)
}

fn span(end: i64, minutes: i64, slots: usize) -> Span {
    Span {
        end,
        minutes,
        slots,
    }
}

#[test]
fn rates_are_of_the_minutes_in_which_lines_were_written() {
    let mut it = Fixture::new();
    it.count(421, 1_000);
    it.advance(T);
    for minute in 0..10 {
        it.advance(T + minute * 60);
        it.count(421, minute as u64);
        it.count(550, 7);
    }
    // What was counted before the beginning is of an unknown time; the current minute is half over.
    let rates = it.rates(span(T + 9 * 60 + 29, 5, 3));
    assert_eq!(
        rates,
        [None, Some(2.0), Some((5 + 6 + 7 + 8 + 9) as f64 / 4.5)]
    );
    // A minute without lines, and one that is not over.
    it.advance(T + 11 * 60);
    assert_eq!(
        it.rates(span(T + 11 * 60 + 59, 1, 3)),
        [Some(9.0), Some(0.0), Some(0.0)]
    );
    assert_eq!(it.rates(span(T + 13 * 60 + 59, 1, 2)), [None, None]);
}

#[test]
fn quarters_reach_back_five_weeks() {
    let mut it = Fixture::new();
    for quarter in 0..40 * 96 {
        it.advance(T + quarter * 900);
        it.count(421, if quarter % 96 == 0 { 150 } else { 15 });
    }
    let now = T + (40 * 96 - 1) * 900;
    let week = 7 * 86_400;
    let day = |days: i64| T + days * 86_400;
    assert_eq!(
        it.quarters(&[
            day(39),
            day(39) + 900,
            day(32) + 899,
            day(5),
            day(2),
            now,
            now + 900
        ]),
        [
            Some(10.0),
            Some(1.0),
            Some(10.0),
            Some(10.0),
            None,
            None,
            None
        ]
    );
    assert_eq!(it.quarters(&[now - 5 * week]), [Some(1.0)]);
    assert_eq!(it.rates(span(now - 20 * 3_600 + 899, 15, 1)), [Some(1.0)]);
}

#[test]
fn snapshot_continues_in_another_process() {
    let mut it = Fixture::new();
    for minute in 0..2_000 {
        it.advance(T + minute * 60);
        it.count(421, 2);
        it.count(250, 90);
    }
    let encoded = postcard::to_stdvec(&it.history.snapshot()).expect("encoded");
    let decoded: Arc<Recorded> = postcard::from_bytes(&encoded).expect("decoded");
    assert_eq!(decoded, it.history.snapshot());
    let mut again = Fixture::new();
    again.counters = it.counters.clone();
    again.history.restore(decoded);
    for it in [&mut it, &mut again] {
        it.count(421, 5);
        it.advance(T + 2_000 * 60);
    }
    let end = span(T + 2_000 * 60, 5, 72);
    assert_eq!(it.rates(end), again.rates(end));
    assert_eq!(again.rates(span(T + 1_999 * 60 + 59, 1, 1)), [Some(7.0)]);
    assert_eq!(it.quarters(&[T + 86_400]), [Some(2.0)]);
    assert_eq!(again.quarters(&[T + 86_400]), [Some(2.0)]);
}

#[test]
fn clock_that_was_set_back_continues_at_once() {
    let mut it = Fixture::new();
    for minute in 0..600 {
        it.advance(T + minute * 60);
        it.count(421, 1);
    }
    let now = T + 300 * 60;
    it.history.follow_clock(now);
    assert_eq!(it.history.due(), now + 60);
    for minute in 301..310 {
        it.advance(T + minute * 60);
        it.count(421, 3);
    }
    let end = T + 309 * 60 + 59;
    assert_eq!(it.rates(span(end, 1, 3)), [Some(3.0); 3]);
    assert_eq!(it.rates(span(T + 299 * 60 + 59, 100, 3)), [Some(1.0); 3]);
    // An hour ahead is nothing; so is a clock that is right.
    it.history.follow_clock(end + 3_600);
    assert_eq!(it.history.due(), end + 1);
}

#[test]
fn single_line_of_the_future_is_not_followed() {
    let mut it = Fixture::new();
    it.advance(T);
    it.advance(T + 30 * 86_400);
    it.advance(T + 60);
    assert_eq!(it.history.due(), T + 120);
    // No line is ahead of the wall clock.
    it.history.advance(T + 86_400, &it.counters, T + 180);
    assert_eq!(it.history.due(), T + 240);
    // Two lines of about the same time are followed.
    it.advance(T + 86_400);
    it.advance(T + 86_400 + 60);
    assert_eq!(it.history.due(), T + 86_400 + 120);
}

#[test]
fn line_more_than_six_hours_ahead_is_followed_once_another_one_confirms_it() {
    const HOURS: i64 = MAX_LEAP * MINUTE;
    for (lines, followed) in [
        // Up to six hours are followed at once.
        (&[HOURS][..], HOURS),
        (&[HOURS + MINUTE], 0),
        // The second line is at most six hours from the first one, before or after it.
        (&[10 * HOURS, 11 * HOURS], 11 * HOURS),
        (&[10 * HOURS, 9 * HOURS], 9 * HOURS),
        (&[10 * HOURS, 11 * HOURS + MINUTE], 0),
        (&[10 * HOURS, 9 * HOURS - MINUTE], 0),
        (&[10 * HOURS, 20 * HOURS, 20 * HOURS], 20 * HOURS),
        // A line of the present in between shows that the first one was wrong.
        (&[10 * HOURS, MINUTE, 10 * HOURS], MINUTE),
        // Older lines change nothing.
        (&[HOURS, MINUTE], HOURS),
    ] {
        let mut it = Fixture::new();
        assert_eq!(it.history.due(), i64::MIN);
        it.advance(T);
        lines.iter().for_each(|ahead| it.advance(T + ahead));
        assert_eq!(it.history.due(), T + followed + MINUTE, "{lines:?}");
        assert_eq!(it.history.time(), Some(T + followed + MINUTE - 1));
    }
}

#[test]
fn memory_is_bounded_and_six_hours_and_a_week_are_always_held() {
    let mut it = Fixture::new();
    let mut random = 1u64;
    // Quarters for two weeks, the last day of them minute by minute.
    let days = (0..15 * 288)
        .map(|step| step * 5)
        .chain(15 * 1440..16 * 1440);
    for minute in days {
        it.advance(T + minute * 60);
        for code in 200..600 {
            random = random
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            it.count(code, random >> 36);
        }
        // Among the largest.
        it.count(421, u32::MAX.into());
    }
    let recorded = it.history.snapshot();
    let held = recorded.minutes.held() + recorded.quarters.held();
    assert!(held > 2 << 20, "{held}: not the worst case");
    let named = recorded.series.len() * 128;
    assert!(held + named <= 4 << 20, "{held} + {named}");
    assert!(recorded.series.len() <= MAX_SERIES && 400 > MAX_ENTRIES);
    let end = T + (16 * 1440 - 1) * 60 + 59;
    let rates = it.rates(span(end, 5, 72));
    assert!(rates.iter().all(Option::is_some), "{rates:?}");
    assert!(it.quarters(&[end - 7 * 86_400])[0].is_some());
    // Dropped, and so not known.
    assert_eq!(it.rates(span(end - 20 * 3_600, 1, 1)), [None]);
}

#[test]
fn damaged_chunks_lose_counts_and_nothing_else() {
    let mut it = Fixture::new();
    for minute in 0..300 {
        it.advance(T + minute * 60);
        it.count(421, 1);
    }
    let encoded = postcard::to_stdvec(&it.history.snapshot()).expect("encoded");
    for at in 0..encoded.len() {
        let mut damaged = encoded.clone();
        damaged[at] ^= 0xff;
        let Ok(recorded) = postcard::from_bytes::<Arc<Recorded>>(&damaged) else {
            continue;
        };
        let mut again = Fixture::new();
        again.history.restore(recorded);
        again.rates(span(T + 299 * 60, 5, 72));
        again.quarters(&[T]);
        again.advance(T + 301 * 60);
        again.history.follow_clock(T);
    }
}
