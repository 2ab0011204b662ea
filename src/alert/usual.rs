//! What share is usual: learnt from the last half day and from the same time in the weeks before.
//!
//! Learning is an hour behind, so that a window under test is never compared with itself. It stops while an alert is
//! pending or firing and for an hour after it, so that a long outage does not become usual.

use serde::{Deserialize, Serialize};

use super::recent::{Recent, STEP};
use super::weeks::Weeks;

/// How much of a sum is left after one step: one half after twelve hours, 2^(-1/1440).
const DECAY: f64 = 0.999_518_77;

/// How far learning is behind, in seconds.
const DELAY: i64 = 3_600;

/// The number of events without which the share of the last half day is unknown.
const LEAST_EVENTS: f64 = 50.0;

/// The number of steps without which the usual number of failures is unknown: an hour.
const LEAST_STEPS: f64 = (3_600 / STEP) as f64;

/// What is usual for one signal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Usual {
    /// Failures, events and steps, each with half of its weight after twelve hours.
    failed: f64,
    all: f64,
    steps: f64,
    /// When there is something to learn from: an hour after the beginning.
    begins: i64,
    weeks: Weeks,
    /// The share that was usual when an alert became pending, until learning continues.
    frozen: Option<f64>,
    /// When learning continues, in seconds since 1970.
    learns_again: i64,
    /// The usual share at this step.
    share: f64,
}

impl Usual {
    /// Nothing is known; learning starts at `now`.
    pub(super) fn new(now: i64) -> Self {
        Usual {
            failed: 0.0,
            all: 0.0,
            steps: 0.0,
            begins: now + DELAY,
            weeks: Weeks::new(now),
            frozen: None,
            learns_again: i64::MIN,
            share: 0.0,
        }
    }

    /// Learns from the step at `now`, up to which `failed` and `all` have counted.
    pub(super) fn learn(&mut self, now: i64, failed: &Recent, all: &Recent, needs_weeks: bool) {
        self.weeks.learn(now, failed, all);
        if self.frozen.is_some() && now >= self.learns_again {
            self.frozen = None;
        }
        if self.frozen.is_none() && now > self.begins {
            self.failed = self.failed * DECAY + f64::from(failed.ago(DELAY));
            self.all = self.all * DECAY + f64::from(all.ago(DELAY));
            self.steps = self.steps * DECAY + 1.0;
        }
        let hours = match self.all >= LEAST_EVENTS && !needs_weeks {
            true => self.failed / self.all,
            false => 0.0,
        };
        let weeks = self.weeks.usual(now).unwrap_or_default();
        self.share = self.frozen.unwrap_or(hours.max(weeks)).min(1.0);
    }

    /// An alert about the signal is pending or firing at `now`.
    pub(super) fn freeze(&mut self, now: i64) {
        self.frozen.get_or_insert(self.share);
        // The step at `now` is not learnt either.
        self.learns_again = now + DELAY + STEP;
    }

    /// The usual share; 0 if it is not known.
    pub(super) fn share(&self) -> f64 {
        self.share
    }

    /// Whether enough is known to tell what is usual at this time of the week.
    pub(super) fn knows_weeks(&self, now: i64) -> bool {
        self.weeks.usual(now).is_some()
    }

    /// The usual number of failures within `seconds`; 0 if it is not known.
    pub(super) fn failures(&self, seconds: i64) -> f64 {
        if self.steps < LEAST_STEPS {
            return 0.0;
        }
        self.failed / self.steps * (seconds / STEP) as f64
    }

    /// Moves everything `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        self.weeks.shift_back(seconds);
        self.begins -= seconds;
        self.learns_again = self.learns_again.saturating_sub(seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Learns `hours` of a share, and returns the time.
    fn run(
        usual: &mut Usual,
        mut step: i64,
        hours: i64,
        failed: u64,
        rings: &mut [Recent; 2],
    ) -> i64 {
        for _ in 0..hours * 120 {
            step += 1;
            rings[0].push(step, failed);
            rings[1].push(step, 100);
            usual.learn(step * STEP, &rings[0], &rings[1], false);
        }
        step
    }

    #[test]
    fn an_incident_does_not_become_usual_and_learning_continues_an_hour_after_it() {
        let mut usual = Usual::new(0);
        let mut rings = [Recent::new(0), Recent::new(0)];
        let step = run(&mut usual, 0, 13, 2, &mut rings);
        assert!((usual.share() - 0.02).abs() < 1e-9);
        assert!((usual.failures(300) - 20.0).abs() < 0.01);
        let mut step = step;
        for _ in 0..8 * 120 {
            step += 1;
            usual.freeze(step * STEP);
            rings[0].push(step, 90);
            rings[1].push(step, 100);
            usual.learn(step * STEP, &rings[0], &rings[1], false);
        }
        assert!((usual.share() - 0.02).abs() < 1e-9);
        let step = run(&mut usual, step, 1, 2, &mut rings);
        assert!((usual.share() - 0.02).abs() < 1e-9, "{}", usual.share());
        run(&mut usual, step, 24, 4, &mut rings);
        assert!((0.03..0.04).contains(&usual.share()), "{}", usual.share());
    }

    #[test]
    fn the_share_of_the_last_hour_is_not_learnt_yet() {
        let mut usual = Usual::new(0);
        let mut rings = [Recent::new(0), Recent::new(0)];
        let step = run(&mut usual, 0, 2, 0, &mut rings);
        run(&mut usual, step, 1, 50, &mut rings);
        assert_eq!(usual.share(), 0.0);
    }

    /// Failures and events of a step.
    fn counts(step: i64) -> [u64; 2] {
        match step {
            1 => [5, 50],
            _ => [(step * 7 % 11) as u64, 11 + step as u64 / 400],
        }
    }

    /// Failures, events and steps that are learnt up to a step, half of each after twelve hours.
    fn expected(learnt: &[i64]) -> [f64; 3] {
        let mut sums = [0.0; 3];
        for (age, step) in learnt.iter().rev().enumerate() {
            let weight = 0.5_f64.powf(age as f64 / 1_440.0);
            let [failed, all] = counts(*step).map(|it| it as f64);
            for (sum, it) in sums.iter_mut().zip([failed, all, 1.0]) {
                *sum += weight * it;
            }
        }
        sums
    }

    /// Whether both are the same but for the rounding of [`DECAY`].
    fn same(one: f64, other: f64) -> bool {
        (one - other).abs() <= 1e-4 * other
    }

    #[test]
    fn usual_share_and_number_follow_a_simple_model() {
        let mut usual = Usual::new(0);
        let mut rings = [Recent::new(0), Recent::new(0)];
        let mut learnt = Vec::new();
        let mut share = 0.0;
        for step in 1..1_000 {
            let incident = 400..=600;
            if incident.contains(&step) {
                usual.freeze(step * 30);
            }
            let [failed, all] = counts(step);
            rings[0].push(step, failed);
            rings[1].push(step, all);
            usual.learn(step * 30, &rings[0], &rings[1], false);
            let is_frozen = (400..=720).contains(&step);
            if step > 120 && !is_frozen {
                learnt.push(step - 120);
            }
            let [failed, all, steps] = expected(&learnt);
            if !is_frozen && step > 120 {
                share = failed / all;
            }
            assert!(same(usual.share(), share), "step {step}");
            let number = if steps < 120.0 { 0.0 } else { failed / steps };
            assert!(same(usual.failures(30), number), "step {step}");
            assert!(same(usual.failures(3_600), 120.0 * number), "step {step}");
        }
    }

    #[test]
    fn too_few_events_tell_no_usual_share() {
        let share_of = |all: u64, needs_weeks: bool| {
            let mut usual = Usual::new(0);
            let mut rings = [Recent::new(0), Recent::new(0)];
            rings[0].push(1, 5);
            rings[1].push(1, all);
            for ring in &mut rings {
                ring.push(121, 0);
            }
            usual.learn(121 * STEP, &rings[0], &rings[1], needs_weeks);
            usual.share()
        };
        assert_eq!(share_of(50, false), 0.1);
        assert_eq!(share_of(49, false), 0.0);
        assert_eq!(share_of(50, true), 0.0, "only the weeks before count");
    }

    #[test]
    fn clock_that_is_set_back_changes_nothing_else() {
        // Before learning begins, while it is stopped, and after.
        for at in [60, 300, 800] {
            let mut usual = [Usual::new(0), Usual::new(0)];
            let mut rings = [(); 2].map(|()| [Recent::new(0), Recent::new(0)]);
            for step in 1..1_000 {
                if step == at {
                    usual[1].shift_back(7_200);
                    for ring in &mut rings[1] {
                        ring.shift_back(240);
                    }
                }
                let steps = [step, if step < at { step } else { step - 240 }];
                for ((usual, rings), now) in usual.iter_mut().zip(&mut rings).zip(steps) {
                    if step == 290 {
                        usual.freeze(now * STEP);
                    }
                    for (ring, count) in rings.iter_mut().zip(counts(step)) {
                        ring.push(now, count);
                    }
                    usual.learn(now * STEP, &rings[0], &rings[1], false);
                }
                let [straight, shifted] = &usual;
                assert_eq!(shifted.share(), straight.share(), "step {step}, {at}");
                assert_eq!(shifted.failures(300), straight.failures(300));
            }
        }
    }

    #[test]
    fn weeks_are_known_after_two_of_them() {
        let mut usual = Usual::new(0);
        let mut rings = [Recent::new(0), Recent::new(0)];
        for hour in 1..=14 * 24 + 2 {
            for ring in &mut rings {
                ring.push(hour * 120, 100);
            }
            usual.learn(hour * 3_600, &rings[0], &rings[1], true);
            assert_eq!(usual.knows_weeks(hour * 3_600), hour >= 14 * 24);
        }
    }
}
