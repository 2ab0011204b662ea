//! What is usual for the sources and the queues at this time of the week, by the wall clock.

use serde::{Deserialize, Serialize};

use super::health::Health;
use super::history::CLOCK_TOLERANCE;
use super::queue_habits::{QueueHabits, QueueRules};
use super::source_habits::SourceHabits;
use crate::catalog::Policy;
use crate::metrics::SourceStats;

/// What is usual for the sources and the queues.
pub(super) struct Habits {
    rules: QueueRules,
    known: HabitsSnapshot,
}

/// The same in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HabitsSnapshot {
    /// When everything was last sampled, in seconds since 1970; 0 before the first time.
    now: i64,
    sources: SourceHabits,
    queues: QueueHabits,
}

impl Habits {
    pub(super) fn new(policy: &Policy) -> Self {
        Habits {
            rules: QueueRules::of(policy),
            known: HabitsSnapshot::default(),
        }
    }

    /// Takes the sources and queues at `now`, in seconds since 1970. If the clock was set back, all history moves with it.
    pub(super) fn sample(&mut self, now: i64, health: &Health) {
        self.sample_sources(now, &health.sources);
        if let Some(queues) = &health.queues {
            self.known.queues.sample(now, queues, &self.rules);
        }
    }

    /// Takes the sources at `now`, as [`Habits::sample`] does.
    pub(super) fn sample_sources(&mut self, now: i64, sources: &[SourceStats]) {
        let known = &mut self.known;
        if now < known.now - CLOCK_TOLERANCE {
            known.sources.shift_back(known.now - now);
            known.queues.shift_back(known.now - now);
        }
        known.now = now;
        known.sources.sample(now, sources);
    }

    /// Each source, with the lines that usually come in the time in which it has had none.
    pub(super) fn missing_lines(&self) -> impl Iterator<Item = (&str, u64)> {
        self.known.sources.missing(self.known.now)
    }

    /// What is usual for the queues.
    pub(super) fn queues(&self) -> &QueueHabits {
        &self.known.queues
    }

    pub(super) fn snapshot(&self) -> HabitsSnapshot {
        self.known.clone()
    }

    pub(super) fn restore(&mut self, snapshot: HabitsSnapshot) {
        self.known = snapshot;
    }
}
