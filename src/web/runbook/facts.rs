//! The facts about one code or condition at one moment, independent of language and format.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::evidence::Evidence;
use crate::catalog::{Catalog, ConditionId, EnhancedTopic, Explanation, Topic};
use crate::metrics::{EnhancedStatus, OTHER_CODE, View};
use crate::parse::{self, Direction};

/// The windows of the rates, in seconds.
pub const WINDOWS: [i64; 2] = [300, 3600];

/// Stands for all servers whose provider is not known.
pub const OTHER_PROVIDER: &str = "other";

/// The catalog's explanation of a code or condition, and its counts.
pub struct Facts<'a> {
    pub catalog: &'static Catalog,
    pub topic: Topic,
    pub explanation: Explanation<'a>,
    /// How often it was seen, by direction.
    pub counts: [u64; 3],
    /// Per second and direction, over [`WINDOWS`]; only reply codes have rates.
    pub rates: Option<[[f64; 2]; 3]>,
    /// The codes in the same replies, the most frequent first: enhanced codes for a reply code, reply
    /// codes for an enhanced code, nothing for a condition.
    pub paired: Vec<(PairedCode, [u64; 3])>,
    /// The providers that reply with it, the most frequent first; only for reply codes.
    pub providers: Vec<ProviderShare>,
    /// Related codes and conditions.
    pub related: Vec<Topic>,
    /// What is known about these replies now.
    pub evidence: Evidence,
}

/// The other code of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PairedCode {
    /// A code with a page of its own.
    Topic(Topic),
    /// The reply has no enhanced code.
    None,
    /// Any of the codes beyond the limit on the number of series.
    Other,
}

/// How much a provider replies with a code.
#[derive(Debug, PartialEq)]
pub struct ProviderShare {
    pub provider: String,
    pub count: u64,
    /// The provider's share of all replies with this code, 0 to 1.
    pub share: f64,
    /// The share of this code in all replies of the provider, 0 to 1.
    pub share_of_provider: f64,
}

impl<'a> Facts<'a> {
    /// The facts about the code or condition with this name. `now` is in seconds since 1970.
    pub fn of(view: &'a View, name: &str, now: i64) -> Option<Facts<'a>> {
        let counters = &view.counters;
        let catalog = counters.catalog;
        let topic = catalog.topic(name)?;
        let explanation = catalog.explain(topic);
        let mut facts = Facts {
            catalog,
            topic,
            counts: [0; 3],
            rates: None,
            paired: Vec::new(),
            providers: Vec::new(),
            related: related(catalog, topic, explanation.condition),
            evidence: (view.insight.as_ref())
                .map(|insight| Evidence::of(insight, catalog, topic, now))
                .unwrap_or_default(),
            explanation,
        };
        match topic {
            Topic::Code(code) => {
                facts.counts = Direction::ALL.map(|direction| counters.code(direction, code));
                let rates = counters.rates(WINDOWS, now);
                facts.rates = Some(Direction::ALL.map(|direction| rates.of(direction, code)));
                facts.paired = paired_enhanced_codes(view, code);
                facts.providers = providers(view, code);
            }
            Topic::Enhanced(topic) => {
                let matching = |code: &parse::Enhanced| matches(catalog, &topic, code);
                facts.paired = paired_reply_codes(view, matching);
                for (_, counts) in &facts.paired {
                    for (sum, count) in facts.counts.iter_mut().zip(counts) {
                        *sum += count;
                    }
                }
            }
            Topic::Condition(id) => {
                facts.counts = Direction::ALL.map(|direction| counters.condition(direction, id));
            }
        }
        facts.add_conditions_of_paired_codes();
        Some(facts)
    }

    /// Adds the conditions of the paired codes to the related ones: a 421 alone can mean many things,
    /// and the enhanced codes in the same replies tell which.
    fn add_conditions_of_paired_codes(&mut self) {
        let conditions = self.paired.iter().filter_map(|(paired, _)| match paired {
            PairedCode::Topic(topic) => self.catalog.explain(*topic).condition,
            PairedCode::None | PairedCode::Other => None,
        });
        let conditions: Vec<Topic> = conditions.map(Topic::Condition).collect();
        // Before the related codes, and after the condition of the code itself.
        let mut index = usize::from(self.explanation.condition.is_some());
        for condition in conditions {
            if !self.related.contains(&condition) {
                self.related.insert(index, condition);
                index += 1;
            }
        }
    }

    /// Whether the code is in the catalog or can be sent by a server: RFC 5321 section 4.2 defines the
    /// first digits 2 to 5 of reply codes, RFC 3463 section 2 the classes 2, 4 and 5 of enhanced codes.
    pub fn is_valid(&self) -> bool {
        self.explanation.known
            || match self.topic {
                Topic::Code(code) => (200..600).contains(&code),
                Topic::Enhanced(topic) => {
                    topic.class.is_none_or(|class| matches!(class, 2 | 4 | 5))
                }
                Topic::Condition(_) => true,
            }
    }

    /// The topic's name.
    pub fn name(&self) -> String {
        self.catalog.topic_name(self.topic)
    }
}

/// Whether a code that was seen is one of those that a topic covers.
pub fn matches(catalog: &Catalog, topic: &EnhancedTopic, code: &parse::Enhanced) -> bool {
    let details = topic.detail..=topic.last.unwrap_or(topic.detail);
    code.subject == topic.subject
        && details.contains(&code.detail)
        && match topic.class {
            Some(class) => code.class == class,
            // The classes of the catalog's entry, or all classes if there is no entry.
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

/// The counts by direction with the largest sums first.
fn sorted<K>(counts: impl IntoIterator<Item = (K, [u64; 3])>) -> Vec<(K, [u64; 3])> {
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, counts)| Reverse(counts.iter().sum::<u64>()));
    counts
}

fn paired_enhanced_codes(view: &View, code: u16) -> Vec<(PairedCode, [u64; 3])> {
    let mut found: Vec<(PairedCode, [u64; 3])> = Vec::new();
    for (direction, seen, beside, count) in view.counters.enhanced_counts() {
        if seen != code {
            continue;
        }
        let paired = match beside {
            EnhancedStatus::Absent => PairedCode::None,
            EnhancedStatus::Overflowed => PairedCode::Other,
            EnhancedStatus::Code(code) => PairedCode::Topic(topic_of(code)),
        };
        let known = found.iter().position(|(known, _)| *known == paired);
        let index = known.unwrap_or_else(|| {
            found.push((paired, [0; 3]));
            found.len() - 1
        });
        found[index].1[direction.index()] += count;
    }
    sorted(found)
}

/// The topic of one enhanced code.
pub fn topic_of(code: parse::Enhanced) -> Topic {
    Topic::Enhanced(EnhancedTopic {
        class: Some(code.class),
        subject: code.subject,
        detail: code.detail,
        last: None,
    })
}

fn paired_reply_codes(
    view: &View,
    matching: impl Fn(&parse::Enhanced) -> bool,
) -> Vec<(PairedCode, [u64; 3])> {
    let mut found: BTreeMap<u16, [u64; 3]> = BTreeMap::new();
    for (direction, code, beside, count) in view.counters.enhanced_counts() {
        if let EnhancedStatus::Code(enhanced) = beside
            && matching(&enhanced)
        {
            found.entry(code).or_default()[direction.index()] += count;
        }
    }
    sorted(found.into_iter().map(|(code, counts)| match code {
        OTHER_CODE => (PairedCode::Other, counts),
        code => (PairedCode::Topic(Topic::Code(code)), counts),
    }))
}

fn providers(view: &View, code: u16) -> Vec<ProviderShare> {
    // Replies with this code and all replies, by provider.
    let mut replies: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    for (provider, seen, count) in view.counters.provider_code_counts() {
        let name = view.providers.get(usize::from(provider.0));
        let counts = replies
            .entry(name.map_or(OTHER_PROVIDER, String::as_str))
            .or_default();
        counts.1 += count;
        counts.0 += if seen == code { count } else { 0 };
    }
    let total: u64 = replies.values().map(|(count, _)| count).sum();
    let share = |count: u64, of: u64| count as f64 / of as f64;
    let mut shares: Vec<ProviderShare> = replies
        .into_iter()
        .filter(|(_, (count, _))| *count > 0)
        .map(|(provider, (count, of_provider))| ProviderShare {
            provider: provider.to_owned(),
            count,
            share: share(count, total),
            share_of_provider: share(count, of_provider),
        })
        .collect();
    shares.sort_by_key(|share| Reverse(share.count));
    shares
}

/// The topics related to a topic: its condition and the other codes with that condition, and for an
/// enhanced code the same numbers with other classes.
fn related(catalog: &Catalog, topic: Topic, condition: Option<ConditionId>) -> Vec<Topic> {
    let mut related: Vec<Topic> = condition.map(Topic::Condition).into_iter().collect();
    if let Topic::Enhanced(enhanced) = topic {
        let entries = catalog
            .enhanced_codes()
            .filter(|entry| entry.covers(enhanced.subject, enhanced.detail));
        for entry in entries {
            related.push(Topic::Enhanced(entry.topic()));
            if enhanced.last.is_none() && entry.last.is_none() {
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
        let codes = catalog
            .codes()
            .filter(|code| code.condition.as_deref() == name);
        related.extend(codes.map(|code| Topic::Code(code.code)));
        let enhanced = catalog
            .enhanced_codes()
            .filter(|entry| entry.condition.as_deref() == name);
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
