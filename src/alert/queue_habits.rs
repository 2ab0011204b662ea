//! How many messages the queues of the mail server usually hold at this time, and how old the oldest one usually is.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::level_history::LevelHistory;
use crate::catalog::{Alert, Policy, Watch};
use crate::queue::{self, Queues};

/// The queues whose size is judged. Messages in the other ones wait for a person, or for a moment only.
const SIZES: [&str; 3] = ["incoming", "active", "deferred"];

/// The queues in which messages wait for their first delivery. In the other ones, one message to a dead host is old.
const AGES: [&str; 2] = ["maildrop", "incoming"];

/// What is usual for the queues.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct QueueHabits {
    sizes: BTreeMap<String, LevelHistory>,
    ages: BTreeMap<String, LevelHistory>,
}

/// The rules that tell how high is far higher than usual.
pub(super) struct QueueRules {
    size: Option<Alert>,
    age: Option<Alert>,
}

impl QueueRules {
    pub(super) fn of(policy: &Policy) -> Self {
        let rule = |watch: Watch| policy.alerts.iter().find(|it| it.watch == watch).cloned();
        QueueRules {
            size: rule(Watch::QueueSize),
            age: rule(Watch::QueueAge),
        }
    }
}

/// How old the oldest message of a queue is, in seconds.
pub(super) fn age(queue: &queue::Queue, now: i64) -> u64 {
    let age = queue.oldest.map_or(0, |arrived| now - arrived);
    u64::try_from(age).unwrap_or(0)
}

impl QueueHabits {
    /// Takes the queues at `now`, in seconds since 1970.
    pub(super) fn sample(&mut self, now: i64, queues: &Queues, rules: &QueueRules) {
        for (name, queue) in queue::NAMES.iter().zip(queues) {
            let of = |rule: &Option<Alert>, usual: f64| {
                let threshold = rule.as_ref().map(|rule| rule.threshold_level(usual));
                threshold.unwrap_or(f64::INFINITY)
            };
            if SIZES.contains(name) {
                let sizes = self.sizes.entry((*name).to_owned());
                let sizes = sizes.or_insert_with(|| LevelHistory::new(now));
                sizes.sample(now, queue.messages, |usual| of(&rules.size, usual));
            }
            if AGES.contains(name) {
                let ages = self.ages.entry((*name).to_owned());
                let ages = ages.or_insert_with(|| LevelHistory::new(now));
                ages.sample(now, age(queue, now), |usual| of(&rules.age, usual));
            }
        }
    }

    /// The usual number of messages in a queue; `None` if it is not judged or too little is known.
    pub(super) fn size(&self, queue: &str) -> Option<f64> {
        self.sizes.get(queue)?.usual()
    }

    /// The usual age of the oldest message in a queue, in seconds, 0 while too little is known; `None` if it is not judged.
    pub(super) fn age(&self, queue: &str) -> Option<f64> {
        let known = self.ages.get(queue)?;
        Some(known.usual().unwrap_or(0.0))
    }

    /// Moves everything `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        for history in self.sizes.values_mut().chain(self.ages.values_mut()) {
            history.shift_back(seconds);
        }
    }
}
