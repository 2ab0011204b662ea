//! Everything that is known of one topic at one moment, in no language yet.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::catalog::{Catalog, ConditionId, Enhanced, EnhancedTopic, Explanation, Topic};
use crate::metrics::{EnhancedStatus, OTHER_CODE, View};
use crate::parse::{self, Direction};

/// The windows of the rates, in seconds.
pub const WINDOWS: [i64; 2] = [300, 3600];

/// What a page says.
pub struct Facts<'a> {
    pub catalog: &'static Catalog,
    pub topic: Topic,
    pub explanation: Explanation<'a>,
    /// Times it was said, by direction.
    pub counts: [u64; 3],
    /// Per second and direction, over [`WINDOWS`]; only reply codes have rates.
    pub rates: Option<[[f64; 2]; 3]>,
    /// What stood beside it in replies, the most frequent first: enhanced codes for a reply code,
    /// reply codes for an enhanced code.
    pub beside: Vec<(Neighbour, [u64; 3])>,
    /// Who answers with it, the most frequent first; only for reply codes.
    pub answers: Vec<Answers>,
    /// What else to look at.
    pub related: Vec<Topic>,
}

/// What stood beside a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour {
    /// A code with a page of its own.
    Topic(Topic),
    /// The reply had no enhanced code.
    Nothing,
    /// What the bound on the number of series has folded.
    Other,
}

/// A provider that answers with a code.
#[derive(Debug, PartialEq)]
pub struct Answers {
    pub provider: String,
    pub count: u64,
    /// Of all answers with this code, 0 to 1.
    pub share: f64,
    /// How much of all that this provider answers is this code, 0 to 1.
    pub of_its_answers: f64,
}

impl<'a> Facts<'a> {
    /// What is known of what `asked` names, if it names something. `now` is in seconds since 1970.
    pub fn of(view: &'a View, asked: &str, now: i64) -> Option<Facts<'a>> {
        let counters = &view.counters;
        let catalog = counters.catalog;
        let topic = catalog.topic(asked)?;
        let explanation = catalog.explain(topic);
        let mut facts = Facts {
            catalog,
            topic,
            counts: [0; 3],
            rates: None,
            beside: Vec::new(),
            answers: Vec::new(),
            related: related(catalog, topic, explanation.condition),
            explanation,
        };
        match topic {
            Topic::Code(code) => {
                facts.counts = Direction::ALL.map(|direction| counters.code(direction, code));
                let rates = counters.rates(WINDOWS, now);
                facts.rates = Some(Direction::ALL.map(|direction| rates.of(direction, code)));
                facts.beside = enhanced_beside(view, code);
                facts.answers = answers(view, code);
            }
            Topic::Enhanced(asked) => {
                let asked_for = |code: &parse::Enhanced| matches(catalog, &asked, code);
                facts.beside = codes_beside(view, asked_for);
                for (_, counts) in &facts.beside {
                    for (sum, count) in facts.counts.iter_mut().zip(counts) {
                        *sum += count;
                    }
                }
            }
            Topic::Condition(id) => {
                facts.counts = Direction::ALL.map(|direction| counters.condition(direction, id));
            }
        }
        facts.relate_conditions_beside();
        Some(facts)
    }

    /// A bare 421 may mean many things: what stood beside it tells which it means of late.
    fn relate_conditions_beside(&mut self) {
        let beside = self
            .beside
            .iter()
            .filter_map(|(neighbour, _)| match neighbour {
                Neighbour::Topic(topic) => self.catalog.explain(*topic).condition,
                Neighbour::Nothing | Neighbour::Other => None,
            });
        let conditions: Vec<Topic> = beside.map(Topic::Condition).collect();
        // Conditions first: the bare code's own is the first of all.
        let mut place = usize::from(self.explanation.condition.is_some());
        for condition in conditions {
            if !self.related.contains(&condition) {
                self.related.insert(place, condition);
                place += 1;
            }
        }
    }

    /// Whether a server can say that: of what the catalog does not have, RFC 5321 section 4.2 knows
    /// the first digits 2 to 5, RFC 3463 section 2 the classes 2, 4 and 5.
    pub fn possible(&self) -> bool {
        self.explanation.known
            || match self.topic {
                Topic::Code(code) => (200..600).contains(&code),
                Topic::Enhanced(asked) => {
                    asked.class.is_none_or(|class| matches!(class, 2 | 4 | 5))
                }
                Topic::Condition(_) => true,
            }
    }

    /// The topic's name.
    pub fn name(&self) -> String {
        self.catalog.topic_name(self.topic)
    }
}

/// Whether a code that was said is one of those asked for.
pub fn matches(catalog: &Catalog, asked: &EnhancedTopic, code: &parse::Enhanced) -> bool {
    let details = asked.detail..=asked.last.unwrap_or(asked.detail);
    code.subject == asked.subject
        && details.contains(&code.detail)
        && match asked.class {
            Some(class) => code.class == class,
            // Of the classes that the entry has, or of any if there is none.
            None => {
                catalog
                    .enhanced(code.class, code.subject, code.detail)
                    .is_some()
                    || !catalog
                        .enhanced_codes()
                        .any(|entry| entry.covers(code.subject, code.detail))
            }
        }
}

/// Counts by direction, the largest first.
fn sorted<K>(counts: impl IntoIterator<Item = (K, [u64; 3])>) -> Vec<(K, [u64; 3])> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, counts)| Reverse(counts.iter().sum::<u64>()));
    counts
}

fn enhanced_beside(view: &View, code: u16) -> Vec<(Neighbour, [u64; 3])> {
    let mut found: Vec<(Neighbour, [u64; 3])> = Vec::new();
    for (direction, seen, beside, count) in view.counters.enhanced_counts() {
        if seen != code {
            continue;
        }
        let neighbour = match beside {
            EnhancedStatus::Absent => Neighbour::Nothing,
            EnhancedStatus::Overflowed => Neighbour::Other,
            EnhancedStatus::Code(code) => Neighbour::Topic(topic_of(code)),
        };
        let known = found.iter().position(|(known, _)| *known == neighbour);
        let place = known.unwrap_or_else(|| {
            found.push((neighbour, [0; 3]));
            found.len() - 1
        });
        found[place].1[direction.index()] += count;
    }
    sorted(found)
}

/// The topic of a code that was said.
pub fn topic_of(code: parse::Enhanced) -> Topic {
    Topic::Enhanced(EnhancedTopic {
        class: Some(code.class),
        subject: code.subject,
        detail: code.detail,
        last: None,
    })
}

fn codes_beside(
    view: &View,
    asked_for: impl Fn(&parse::Enhanced) -> bool,
) -> Vec<(Neighbour, [u64; 3])> {
    let mut found: BTreeMap<u16, [u64; 3]> = BTreeMap::new();
    for (direction, code, beside, count) in view.counters.enhanced_counts() {
        if let EnhancedStatus::Code(enhanced) = beside
            && asked_for(&enhanced)
        {
            found.entry(code).or_default()[direction.index()] += count;
        }
    }
    sorted(found.into_iter().map(|(code, counts)| match code {
        OTHER_CODE => (Neighbour::Other, counts),
        code => (Neighbour::Topic(Topic::Code(code)), counts),
    }))
}

fn answers(view: &View, code: u16) -> Vec<Answers> {
    let mut all: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (provider, seen, count) in view.counters.provider_code_counts() {
        let name = view.providers.get(usize::from(provider.0));
        let counts = all.entry(name.map_or("other", String::as_str)).or_default();
        counts.1 += count;
        counts.0 += if seen == code { count } else { 0 };
    }
    let with: u64 = all.values().map(|(count, _)| count).sum();
    let part = |count: u64, of: u64| count as f64 / of as f64;
    let mut answers: Vec<Answers> = all
        .into_iter()
        .filter(|(_, (count, _))| *count > 0)
        .map(|(provider, (count, of_all))| Answers {
            provider: provider.to_owned(),
            count,
            share: part(count, with),
            of_its_answers: part(count, of_all),
        })
        .collect();
    answers.sort_by_key(|answers| Reverse(answers.count));
    answers
}

/// What has to do with a topic: its condition and what else says that, and for an enhanced code the
/// same number with other classes.
fn related(catalog: &Catalog, topic: Topic, condition: Option<ConditionId>) -> Vec<Topic> {
    let mut related: Vec<Topic> = condition.map(Topic::Condition).into_iter().collect();
    if let Topic::Enhanced(asked) = topic {
        let namesakes = catalog
            .enhanced_codes()
            .filter(|entry| entry.covers(asked.subject, asked.detail));
        for entry in namesakes {
            related.push(Topic::Enhanced(entry.topic()));
            if asked.last.is_none() && entry.last.is_none() {
                related.extend(entry.classes.iter().map(|&class| {
                    Topic::Enhanced(EnhancedTopic {
                        class: Some(class),
                        ..entry.topic()
                    })
                }));
            }
        }
    }
    let condition = match topic {
        Topic::Condition(id) => Some(id),
        _ => condition,
    };
    if let Some(id) = condition {
        let name = Some(catalog.condition_name(id));
        let says = |entry: &&Enhanced| entry.condition.as_deref() == name;
        let codes = catalog
            .codes()
            .filter(|code| code.condition.as_deref() == name);
        related.extend(codes.map(|code| Topic::Code(code.code)));
        let enhanced = catalog.enhanced_codes().filter(says);
        related.extend(enhanced.map(|entry| Topic::Enhanced(entry.topic())));
    }
    let mut distinct = Vec::new();
    for other in related {
        if other != topic && !distinct.contains(&other) {
            distinct.push(other);
        }
    }
    distinct
}
