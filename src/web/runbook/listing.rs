//! All codes and conditions with their counts: the catalog's entries, and codes that were seen without
//! an entry.

use std::collections::BTreeMap;

use super::facts::{matches, topic_of};
use crate::catalog::{ConditionId, Topic};
use crate::metrics::{EnhancedStatus, View};
use crate::parse::{self, Direction};

/// A code or condition and how often it was seen, in all directions.
pub type CountedTopic = (Topic, u64);

/// All reply codes, conditions and enhanced codes.
pub fn all(view: &View) -> Vec<CountedTopic> {
    let mut all: Vec<CountedTopic> = (1..=5).flat_map(|digit| reply_codes(view, digit)).collect();
    all.extend(conditions(view));
    all.extend(enhanced_codes(view).into_values().flatten());
    all
}

/// The reply codes with a first digit.
pub fn reply_codes(view: &View, first_digit: u16) -> Vec<CountedTopic> {
    let counters = &view.counters;
    (first_digit * 100..first_digit * 100 + 100)
        .map(|code| (code, sum(|direction| counters.code(direction, code))))
        .filter(|(code, count)| *count > 0 || counters.catalog.code(*code).is_some())
        .map(|(code, count)| (Topic::Code(code), count))
        .collect()
}

/// The conditions.
pub fn conditions(view: &View) -> Vec<CountedTopic> {
    let ids = (0u8..).zip(view.counters.catalog.conditions());
    ids.map(|(id, _)| {
        let count = |direction| view.counters.condition(direction, ConditionId(id));
        (Topic::Condition(ConditionId(id)), sum(count))
    })
    .collect()
}

/// The enhanced codes by their subject, the second number.
pub fn enhanced_codes(view: &View) -> BTreeMap<u16, Vec<CountedTopic>> {
    let catalog = view.counters.catalog;
    let mut seen: BTreeMap<(u16, u16, u8), (parse::Enhanced, u64)> = BTreeMap::new();
    for (_, _, beside, count) in view.counters.enhanced_counts() {
        if let EnhancedStatus::Code(code) = beside {
            let key = (code.subject, code.detail, code.class);
            seen.entry(key).or_insert((code, 0)).1 += count;
        }
    }
    let mut by_subject: BTreeMap<u16, Vec<CountedTopic>> = BTreeMap::new();
    for entry in catalog.enhanced_codes() {
        let topic = entry.topic();
        let count = seen
            .values()
            .filter(|(code, _)| matches(catalog, &topic, code))
            .map(|(_, count)| count)
            .sum();
        let topics = by_subject.entry(entry.subject).or_default();
        topics.push((Topic::Enhanced(topic), count));
    }
    for (code, count) in seen.into_values() {
        let entry = catalog.enhanced(code.class, code.subject, code.detail);
        if entry.is_none() {
            let topics = by_subject.entry(code.subject).or_default();
            topics.push((topic_of(code), count));
        }
    }
    by_subject
}

fn sum(count: impl Fn(Direction) -> u64) -> u64 {
    Direction::ALL.into_iter().map(count).sum()
}
