//! The steps of the lines' time.

use super::DAY;

/// Decides in which step a line counts.
///
/// Within a file, time does not run back: a line that is late counts in the step of the line before it, as `serve`
/// would have counted it when it read it. A line more than a day away from the one before must be confirmed by the next
/// one that is as far away, so that one wrong time stamp moves nothing.
pub(super) struct Clock {
    /// Seconds of a step.
    seconds: i64,
    /// The current step; `None` before the first line with a time.
    step: Option<i64>,
    /// Whether the next line begins a file.
    begins: bool,
    /// The time of a line far away that is not confirmed.
    leap: Option<i64>,
    /// The times at which a line changes nothing, from the first to before the second.
    unchanged: (i64, i64),
}

impl Clock {
    /// `seconds` are those of a step.
    pub(super) fn new(seconds: i64) -> Self {
        Clock {
            seconds,
            step: None,
            begins: true,
            leap: None,
            unchanged: (0, 0),
        }
    }

    /// The current step. A sample of step `n` is of `n` times the length of a step, and counts all lines before.
    pub(super) fn step(&self) -> Option<i64> {
        self.step
    }

    /// Begins a file, whose lines may be of any time.
    pub(super) fn begin_file(&mut self) {
        self.begins = true;
        self.leap = None;
        self.unchanged = (0, 0);
    }

    /// The step that a line of this time begins, if it is another one than the current.
    #[inline]
    pub(super) fn next(&self, time: i64) -> bool {
        time < self.unchanged.0 || time >= self.unchanged.1
    }

    /// Takes the time of a line for which [`Clock::next`] is true, in seconds since 1970. Returns whether another step
    /// begins, to which [`Clock::advance`] leads.
    pub(super) fn begins_step(&mut self, time: i64) -> bool {
        if time < 0 {
            return false;
        }
        let Some(step) = self.step.filter(|_| !self.begins) else {
            return true;
        };
        let distance = time - step * self.seconds;
        if distance.abs() > DAY {
            let confirmed = self.leap.is_some_and(|leap| (time - leap).abs() <= DAY);
            self.leap = Some(time);
            return confirmed;
        }
        self.leap = None;
        distance >= 0
    }

    /// Makes the step of a time the current one.
    pub(super) fn advance(&mut self, time: i64) {
        let step = time.div_euclid(self.seconds) + 1;
        self.step = Some(step);
        self.begins = false;
        self.leap = None;
        let end = step * self.seconds;
        // What is up to a day late counts in this step.
        self.unchanged = (end - DAY, end);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The steps after each of these times, in seconds after a day in 2026.
    fn steps(times: &[i64]) -> Vec<i64> {
        const START: i64 = 1_795_392_000;
        let mut clock = Clock::new(30);
        let mut found = Vec::new();
        for time in times {
            let time = START + time;
            if clock.next(time) && clock.begins_step(time) {
                clock.advance(time);
            }
            found.push(clock.step().map_or(-1, |step| step - START / 30));
        }
        found
    }

    #[test]
    fn time_runs_on_and_one_wrong_stamp_moves_nothing() {
        assert_eq!(steps(&[0, 29, 30, 10, 90]), [1, 1, 2, 2, 4]);
        assert_eq!(steps(&[0, 9 * DAY, 30, 9 * DAY, 60]), [1, 1, 2, 2, 3]);
        // A leap that the next line confirms, forwards and back.
        let far = 9 * DAY / 30;
        assert_eq!(
            steps(&[0, 9 * DAY, 9 * DAY, 0, 0]),
            [1, 1, far + 1, far + 1, 1]
        );
        assert_eq!(steps(&[0, -1_795_392_001]), [1, 1]);
    }
}
