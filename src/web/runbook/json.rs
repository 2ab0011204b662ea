//! The JSON documents of one code or condition, `/api/v1/codes/NAME`, and of all, `/api/v1/codes`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;

use super::evidence::{self, Count};
use super::facts::{Facts, PairedCode, ProviderShare};
use super::listing::CountedTopic;
use super::measured::{Measured, OWN};
use super::measured_json::{Command, FiringAlert, commands, firing};
use crate::catalog::{Catalog, Language, Text, Topic};
use crate::insight::Window;
use crate::parse::Direction;
use crate::web::context::Context;
use crate::web::past::SLOTS;

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
    /// The providers that reply with it, the worst now first; outbound only.
    providers: Vec<ProviderCount<'a>>,
    /// `5m`, `1h`, `24h` and `total`: failed replies since recording began.
    windows: BTreeMap<&'static str, WindowCount>,
    /// The enhanced codes, the worst now first.
    enhanced: Vec<EnhancedCount>,
    /// The most frequent reply texts of the last hour, or of the shortest longer window that has any.
    replies: Vec<ReplyCount<'a>>,
    senders: Vec<NameCount<'a>>,
    /// Only where addresses are recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sender_addresses: Vec<NameCount<'a>>,
    /// Only where addresses are recorded.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<NameCount<'a>>,
    recipient_domains: Vec<NameCount<'a>>,
    clients: Vec<NameCount<'a>>,
    /// The firing alerts about it.
    firing: Vec<FiringAlert>,
    /// What is usual at this time, per minute; null if not known.
    usual: Option<f64>,
    /// Per minute now, an hour ago, a day ago and a week ago.
    compare: BTreeMap<&'static str, Option<f64>>,
    /// Per minute in the 72 slots of five minutes that end now; null for enhanced codes.
    series: Option<Vec<Option<f64>>>,
    /// The value from which the alert fires: a share from 0 to 1, or a count.
    threshold: Option<f64>,
    /// What to type on this server: first what only reads.
    commands: Vec<Command>,
}

#[derive(Serialize)]
struct WindowCount {
    count: u64,
}

#[derive(Serialize)]
struct EnhancedCount {
    /// Null for replies without an enhanced code.
    code: Option<String>,
    count_5m: u64,
    count_1h: u64,
}

#[derive(Serialize)]
struct ReplyCount<'a> {
    /// Without what differs from reply to reply.
    text: &'a str,
    /// One of the replies, without the local parts of addresses.
    sample: &'a str,
    code: u16,
    enhanced: Option<String>,
    /// Null for replies of our own server.
    provider: Option<&'a str>,
    count_1h: u64,
    /// How much of the count may be that of other texts.
    error: u64,
}

#[derive(Serialize)]
struct NameCount<'a> {
    /// Empty for the null sender.
    name: &'a str,
    count_1h: u64,
    error: u64,
}

impl<'a> From<&'a Count> for NameCount<'a> {
    fn from(count: &'a Count) -> Self {
        NameCount {
            name: &count.name,
            count_1h: count.count,
            error: count.error,
        }
    }
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
    name: &'a str,
    provider: &'a str,
    count: u64,
    count_5m: u64,
    count_1h: u64,
    total: u64,
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

/// The providers, the worst now first.
fn providers<'a>(facts: &'a Facts<'_>) -> Vec<ProviderCount<'a>> {
    let now = |share: &ProviderShare| {
        let mut known = facts.evidence.providers.iter();
        let known = known.find(|(name, _)| *name == share.provider);
        known.map(|(_, counts)| *counts).unwrap_or_default()
    };
    let mut providers: Vec<_> = facts.providers.iter().map(|it| (now(it), it)).collect();
    providers.sort_by_key(|(counts, share)| Reverse((*counts, share.count)));
    let providers = providers.into_iter();
    providers
        .map(|([count_5m, count_1h, ..], share)| ProviderCount {
            name: &share.provider,
            provider: &share.provider,
            count: share.count,
            count_5m,
            count_1h,
            total: share.count,
            share: share.share,
            of_its_answers: share.share_of_provider,
        })
        .collect()
}

/// The document of one code or condition.
pub fn json(context: &Context<'_>, facts: &Facts<'_>) -> String {
    let explanation = &facts.explanation;
    let measured = Measured::of(context, facts);
    let [now, hour, day, week] = measured.compare;
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
        providers: providers(facts),
        windows: Window::ALL
            .into_iter()
            .zip(facts.evidence.counts)
            .map(|(window, count)| (window.name(), WindowCount { count }))
            .collect(),
        enhanced: facts
            .evidence
            .enhanced
            .iter()
            .map(|(topic, [count_5m, count_1h, ..])| EnhancedCount {
                code: topic.map(|topic| facts.catalog.topic_name(topic)),
                count_5m: *count_5m,
                count_1h: *count_1h,
            })
            .collect(),
        replies: facts.evidence.texts.iter().map(reply_count).collect(),
        senders: facts.evidence.senders.iter().map(NameCount::from).collect(),
        sender_addresses: (facts.evidence.addresses.iter())
            .map(NameCount::from)
            .collect(),
        accounts: facts
            .evidence
            .accounts
            .iter()
            .map(NameCount::from)
            .collect(),
        recipient_domains: facts
            .evidence
            .recipients
            .iter()
            .map(NameCount::from)
            .collect(),
        clients: facts.evidence.clients.iter().map(NameCount::from).collect(),
        firing: firing(&measured),
        usual: measured.usual,
        compare: BTreeMap::from([("now", now), ("1h", hour), ("24h", day), ("7d", week)]),
        series: (measured.has_rates).then(|| {
            (0..SLOTS)
                .map(|slot| measured.hours.at(slot, OWN))
                .collect()
        }),
        threshold: measured.rule.map(|state| state.threshold),
        commands: commands(context, facts, &measured),
    };
    to_json(&document)
}

fn reply_count(text: &evidence::Text) -> ReplyCount<'_> {
    ReplyCount {
        text: &text.template,
        sample: &text.sample,
        code: text.code,
        enhanced: text.enhanced.map(|it| it.to_string()),
        provider: Some(&*text.provider).filter(|it| !it.is_empty()),
        count_1h: text.count,
        error: text.error,
    }
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
