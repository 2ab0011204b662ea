//! Silence in logs that are read as a whole: the time of the lines is the clock, and all logs are one source.

use crate::alert::Evaluator;
use crate::metrics::SourceStats;

/// The name of the source, for the label `source`.
const NAME: &str = "log";

/// Seconds between two looks.
const STEP: i64 = 60;

/// The longest silence that is looked at step by step, in seconds; the rest of a longer one is skipped.
const LONGEST: i64 = 3 * 86_400;

/// Looks for silence between the lines.
pub struct SilenceWatch {
    source: SourceStats,
    /// The time of the last look, in seconds since 1970; `None` before the first line.
    now: Option<i64>,
}

impl SilenceWatch {
    /// Nothing was read yet.
    pub fn new() -> Self {
        SilenceWatch {
            source: SourceStats {
                name: NAME.to_owned(),
                up: true,
                ..SourceStats::default()
            },
            now: None,
        }
    }

    /// Counts a line.
    pub fn count(&mut self) {
        self.source.events += 1;
    }

    /// Looks at each minute up to the time of the evaluator. The line that follows was not counted yet.
    pub fn advance(&mut self, evaluator: &mut Evaluator) {
        let Some(until) = evaluator.time() else {
            return;
        };
        let mut now = *self.now.get_or_insert(until);
        let slow = until.min(now + LONGEST);
        while now + STEP <= slow {
            now += STEP;
            evaluator.examine_sources(now, std::slice::from_ref(&self.source));
        }
        if now + STEP <= until {
            now = until;
            evaluator.examine_sources(now, std::slice::from_ref(&self.source));
        }
        self.now = Some(now);
    }
}
