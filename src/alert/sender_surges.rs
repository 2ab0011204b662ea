//! Which sender domain sends far more than it usually does: a misused account or form, while all other mail is as usual.
//!
//! Of all domains, the evidence is that of the one that is farthest above what is usual for it.

use std::collections::VecDeque;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::recent::STEP;
use super::sender_history::{SLOT, SenderHistory};
use super::series::{EVENT_WINDOWS, Judgement};
use crate::catalog::Alert;
use crate::insight::SenderVolumes;

/// The steps that are kept: an hour.
const STEPS: i64 = 3_600 / STEP;

/// The steps of ten minutes.
const TEN_MINUTES: i64 = SLOT / STEP;

/// How many domains are kept of each step: those with most messages.
const DOMAINS: usize = 256;

/// The messages within ten minutes without which a domain is not looked at.
const LEAST: u64 = 20;

/// The part of all mail of ten minutes without which a domain is not looked at: among thousands of domains, there is
/// always one with a newsletter.
const LEAST_SHARE: f64 = 0.05;

/// Hash and messages of each domain.
type Counts = Arc<[(u64, u32)]>;

/// The sender domains and their past.
pub(super) struct SenderSurges {
    /// How many are a surge.
    rule: Option<Alert>,
    /// What was accepted since the last step.
    taken: Vec<(u64, u32)>,
    /// The steps of the last hour that have any messages, the newest last: number and messages.
    steps: VecDeque<(i64, Counts)>,
    /// The messages of each domain in the last ten minutes.
    sums: FxHashMap<u64, u64>,
    /// The messages of each domain in the slot that is not complete.
    slot: FxHashMap<u64, u32>,
    history: Arc<SenderHistory>,
    /// The names of the domains that were looked at last.
    names: FxHashMap<u64, Arc<str>>,
    /// The domain that is farthest above what is usual for it.
    domain: Option<Arc<str>>,
}

/// The same in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SenderSnapshot {
    history: Arc<SenderHistory>,
    steps: Vec<(i64, Counts)>,
}

impl SenderSurges {
    /// Nothing is known; it begins at `now`. `rule` is the rule about it, if there is one.
    pub(super) fn new(rule: Option<Alert>, now: i64) -> Self {
        SenderSurges {
            rule,
            taken: Vec::new(),
            steps: VecDeque::new(),
            sums: FxHashMap::default(),
            slot: FxHashMap::default(),
            history: Arc::new(SenderHistory::new(now)),
            names: FxHashMap::default(),
            domain: None,
        }
    }

    /// Starts again at `now`.
    pub(super) fn begin(&mut self, now: i64) {
        *self = SenderSurges::new(self.rule.take(), now);
    }

    /// Takes what was accepted since the last call. It counts at the next step.
    pub(super) fn take(&mut self, volumes: &mut SenderVolumes) {
        let taken = volumes.take();
        for (domain, _) in &taken {
            if self.sums.get(domain).is_some_and(|sum| *sum >= LEAST / 2)
                && !self.names.contains_key(domain)
                && let Some(name) = volumes.name(*domain)
            {
                self.names.insert(*domain, name);
            }
        }
        self.taken.extend(taken);
    }

    /// Judges the step at `now`. With `discard`, what was taken is not of that time. `all` is what is known about all
    /// messages.
    pub(super) fn step(&mut self, now: i64, discard: bool, all: Option<&Judgement>) -> Judgement {
        let mut taken = std::mem::take(&mut self.taken);
        if discard {
            taken.clear();
        }
        if self.history.is_over(now) {
            let counts = self.slot.drain().collect();
            let threshold = |usual| threshold(self.rule.as_ref(), usual);
            Arc::make_mut(&mut self.history).end_slot(now, counts, threshold);
        }
        self.push(now.div_euclid(STEP), taken);
        self.judge(now, all)
    }

    /// Adds the messages of a step.
    fn push(&mut self, step: i64, mut counts: Vec<(u64, u32)>) {
        if counts.len() > DOMAINS {
            counts.sort_unstable_by_key(|it| std::cmp::Reverse(it.1));
            counts.truncate(DOMAINS);
        }
        for (domain, count) in &counts {
            *self.sums.entry(*domain).or_default() += u64::from(*count);
            *self.slot.entry(*domain).or_default() += *count;
        }
        if !counts.is_empty() {
            self.steps.push_back((step, counts.into()));
        }
        self.expire(step);
    }

    /// Takes steps out of the sums that are older than ten minutes, and those out of memory that are older than an hour.
    fn expire(&mut self, now: i64) {
        self.sums.clear();
        let recent = self.steps.iter().rev();
        let recent = recent.take_while(|(step, _)| *step > now - TEN_MINUTES);
        for (domain, count) in recent.flat_map(|(_, counts)| counts.iter()) {
            *self.sums.entry(*domain).or_default() += u64::from(*count);
        }
        while self.steps.front().is_some_and(|it| it.0 <= now - STEPS) {
            self.steps.pop_front();
        }
        let sums = &self.sums;
        self.names.retain(|domain, _| sums.contains_key(domain));
    }

    /// The evidence about the domain that is farthest above what is usual for it.
    fn judge(&mut self, now: i64, all: Option<&Judgement>) -> Judgement {
        let total: u64 = self.sums.values().sum();
        let least = LEAST.max((total as f64 * LEAST_SHARE) as u64);
        // By how much there is more mail than usual.
        let growth = all.and_then(|all| Some(all.events[1] as f64 - all.usual?));
        let growth = growth.unwrap_or_default();
        let candidates = self.sums.iter().filter(|it| *it.1 >= least);
        let candidates = candidates.filter_map(|(domain, sum)| {
            let usual = self.history.usual(*domain)?;
            let sum = *sum as f64;
            // If there is more of all mail, it must be mostly this domain's.
            let is_cause = sum - usual >= growth / 2.0;
            let excess = sum / threshold(self.rule.as_ref(), usual);
            is_cause.then_some((*domain, usual, excess))
        });
        let farthest = candidates.max_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));
        let Some((domain, usual, _)) = farthest else {
            self.domain = None;
            return Judgement {
                usual: self.history.usual(0).map(|_| 0.0),
                ..Judgement::default()
            };
        };
        self.domain = self.names.get(&domain).cloned();
        Judgement {
            usual: Some(usual),
            events: EVENT_WINDOWS.map(|window| self.sum(domain, now, window)),
            ..Judgement::default()
        }
    }

    /// The messages of a domain in the last `window` seconds.
    fn sum(&self, domain: u64, now: i64, window: i64) -> u64 {
        let first = (now - window).div_euclid(STEP);
        let steps = self.steps.iter().rev();
        let steps = steps.take_while(|it| it.0 > first);
        let counts = steps.flat_map(|it| it.1.iter());
        let counts = counts.filter(|it| it.0 == domain);
        counts.map(|it| u64::from(it.1)).sum()
    }

    /// The domain that the evidence is about, if its name is known.
    pub(super) fn domain(&self) -> Option<&str> {
        self.domain.as_deref()
    }

    /// Moves everything `seconds` into the past, after the clock was set back by so much.
    pub(super) fn shift_back(&mut self, seconds: i64) {
        for (step, _) in &mut self.steps {
            *step -= seconds.div_euclid(STEP);
        }
        Arc::make_mut(&mut self.history).shift_back(seconds);
    }

    pub(super) fn snapshot(&self) -> SenderSnapshot {
        SenderSnapshot {
            history: Arc::clone(&self.history),
            steps: self.steps.iter().cloned().collect(),
        }
    }

    /// Continues from a snapshot of `now`.
    pub(super) fn restore(&mut self, snapshot: SenderSnapshot, now: i64) {
        self.history = snapshot.history;
        self.steps = snapshot.steps.into();
        self.expire(now.div_euclid(STEP));
        let slot = now.div_euclid(SLOT);
        let of_slot = self.steps.iter().rev();
        // A step is named by its end.
        let of_slot = of_slot.take_while(|it| (it.0 * STEP).div_euclid(SLOT) == slot);
        for (domain, count) in of_slot.flat_map(|it| it.1.iter()) {
            *self.slot.entry(*domain).or_default() += *count;
        }
    }
}

/// How many messages are a surge if so many are usual.
fn threshold(rule: Option<&Alert>, usual: f64) -> f64 {
    rule.map_or(f64::INFINITY, |rule| rule.threshold_number(usual))
}

#[cfg(test)]
#[path = "sender_surges_tests.rs"]
mod tests;
