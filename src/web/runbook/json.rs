//! The JSON documents of one code or condition, `/api/v1/codes/NAME`, and of all, `/api/v1/codes`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::{Facts, PairedCode, ProviderShare};
use super::listing::CountedTopic;
use crate::catalog::{Catalog, Language, Text, Topic};
use crate::parse::Direction;

/// One code or condition.
#[derive(Serialize)]
struct TopicDocument<'a> {
    /// As in the URL of its page: `421`, `4.7.28`, `X.2.2`, `mailbox_full`.
    code: String,
    /// `code`, `enhanced` or `condition`.
    r#type: &'static str,
    /// False if the catalog has no entry, and the texts only explain the digits.
    known: bool,
    /// A short name; null for a condition.
    name: Option<Bilingual<'a>>,
    /// `success`, `intermediate`, `transient`, `permanent`, `connect`; several for an enhanced code
    /// with several classes.
    kinds: Vec<&'static str>,
    /// `info`, `warning` or `critical`.
    severity: &'static str,
    /// `sender_operator`, `recipient`, `remote_operator`, `dns` or `nobody`.
    actor: &'static str,
    meaning: Bilingual<'a>,
    remedy: Bilingual<'a>,
    /// The rows of the reference table, verbatim.
    document: Vec<ReferenceRow<'a>>,
    sources: Vec<Bilingual<'a>>,
    /// The condition that the code alone means.
    condition: Option<&'a str>,
    /// The names of related codes and conditions.
    related: Vec<String>,
    counts: BTreeMap<&'static str, DirectionCount>,
    /// The codes in the same replies, the most frequent first: enhanced codes for a reply code, reply
    /// codes for an enhanced code.
    beside: Vec<PairedCount>,
    /// The providers that reply with it, the most frequent first; outbound only.
    providers: Vec<ProviderCount<'a>>,
}

/// A text in both languages.
#[derive(Serialize)]
struct Bilingual<'a> {
    en: &'a str,
    zh: &'a str,
}

#[derive(Serialize)]
struct ReferenceRow<'a> {
    /// When this row applies, if the code has several rows.
    when: Option<Bilingual<'a>>,
    message: &'a str,
    meaning: &'a str,
    explanation: Option<&'a str>,
    remedy: Option<&'a str>,
}

/// The counts of one direction.
#[derive(Serialize)]
struct DirectionCount {
    total: u64,
    /// Per second over five minutes, by the timestamps of the lines; null where no rates are kept.
    rate_5m: Option<f64>,
    /// Per second over an hour.
    rate_1h: Option<f64>,
}

#[derive(Serialize)]
struct PairedCount {
    /// Null for replies without an enhanced code; `other` for codes beyond the limit on the number of
    /// series.
    code: Option<String>,
    counts: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct ProviderCount<'a> {
    provider: &'a str,
    count: u64,
    /// The provider's share of all replies with this code, 0 to 1.
    share: f64,
    /// The share of this code in all replies of the provider, 0 to 1.
    of_its_answers: f64,
}

/// All codes and conditions.
#[derive(Serialize)]
struct IndexDocument<'a> {
    codes: Vec<IndexEntry<'a>>,
}

/// One of them; the rest is at `/api/v1/codes/` and its name.
#[derive(Serialize)]
struct IndexEntry<'a> {
    code: String,
    r#type: &'static str,
    /// Null for a condition.
    name: Option<Bilingual<'a>>,
    severity: &'static str,
    /// How often it was seen, in all directions.
    count: u64,
}

#[derive(Serialize)]
struct NotFound<'a> {
    error: &'static str,
    code: &'a str,
}

impl<'a> From<&'a Text> for Bilingual<'a> {
    fn from(text: &'a Text) -> Self {
        Bilingual {
            en: Language::En.of(text),
            zh: Language::Zh.of(text),
        }
    }
}

impl<'a> From<&'a ProviderShare> for ProviderCount<'a> {
    fn from(share: &'a ProviderShare) -> Self {
        ProviderCount {
            provider: &share.provider,
            count: share.count,
            share: share.share,
            of_its_answers: share.share_of_provider,
        }
    }
}

/// The document of one code or condition.
pub fn json(facts: &Facts<'_>) -> String {
    let explanation = &facts.explanation;
    let document = TopicDocument {
        code: facts.name(),
        r#type: type_of(facts.topic),
        known: explanation.known,
        name: explanation.name.as_ref().map(Bilingual::from),
        kinds: explanation.kinds.iter().map(|kind| kind.as_str()).collect(),
        severity: explanation.severity.as_str(),
        actor: explanation.actor.as_str(),
        meaning: (&explanation.meaning).into(),
        remedy: (&explanation.remedy).into(),
        document: explanation
            .document
            .iter()
            .map(|row| ReferenceRow {
                when: row.when.as_ref().map(Bilingual::from),
                message: &row.message,
                meaning: &row.meaning,
                explanation: row.explanation.as_deref(),
                remedy: row.remedy.as_deref(),
            })
            .collect(),
        sources: explanation.sources.iter().map(Bilingual::from).collect(),
        condition: explanation
            .condition
            .map(|id| facts.catalog.condition_name(id)),
        related: facts
            .related
            .iter()
            .map(|topic| facts.catalog.topic_name(*topic))
            .collect(),
        counts: Direction::ALL
            .into_iter()
            .map(|direction| {
                let rates = facts.rates.map(|rates| rates[direction.index()]);
                let count = DirectionCount {
                    total: facts.counts[direction.index()],
                    rate_5m: rates.map(|rates| rates[0]),
                    rate_1h: rates.map(|rates| rates[1]),
                };
                (direction.name(), count)
            })
            .collect(),
        beside: facts
            .paired
            .iter()
            .map(|(paired, counts)| PairedCount {
                code: match paired {
                    PairedCode::Topic(topic) => Some(facts.catalog.topic_name(*topic)),
                    PairedCode::None => None,
                    PairedCode::Other => Some("other".to_owned()),
                },
                counts: Direction::ALL
                    .into_iter()
                    .map(|direction| (direction.name(), counts[direction.index()]))
                    .collect(),
            })
            .collect(),
        providers: facts.providers.iter().map(ProviderCount::from).collect(),
    };
    to_json(&document)
}

/// The document of all codes and conditions.
pub fn index(catalog: &Catalog, topics: &[CountedTopic]) -> String {
    let explained: Vec<_> = topics
        .iter()
        .map(|(topic, count)| (*topic, *count, catalog.explain(*topic)))
        .collect();
    let codes = explained
        .iter()
        .map(|(topic, count, explanation)| IndexEntry {
            code: catalog.topic_name(*topic),
            r#type: type_of(*topic),
            name: explanation.name.as_ref().map(Bilingual::from),
            severity: explanation.severity.as_str(),
            count: *count,
        });
    to_json(&IndexDocument {
        codes: codes.collect(),
    })
}

fn type_of(topic: Topic) -> &'static str {
    match topic {
        Topic::Code(_) => "code",
        Topic::Enhanced(_) => "enhanced",
        Topic::Condition(_) => "condition",
    }
}

/// The document for an unknown name.
pub fn not_found(asked: &str) -> String {
    to_json(&NotFound {
        error: "no such code or condition",
        code: asked,
    })
}

/// Serializes texts and finite numbers, which cannot fail.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
