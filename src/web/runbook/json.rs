//! The facts of a page for programs: `/api/v1/codes/CODE`, and which there are: `/api/v1/codes`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::{Answers, Facts, Neighbour};
use super::index::Item;
use crate::catalog::{Catalog, Language, Text, Topic};
use crate::parse::Direction;

/// What is known of a code, and how it stands.
#[derive(Serialize)]
struct Code<'a> {
    /// As in the address of its page: `421`, `4.7.28`, `X.2.2`, `mailbox_full`.
    code: String,
    /// `code`, `enhanced` or `condition`.
    r#type: &'static str,
    /// False where the catalog has no entry and only the digits speak.
    known: bool,
    /// A few words; null for a condition.
    name: Option<Both<'a>>,
    /// `success`, `intermediate`, `transient`, `permanent`, `connect`; several for several classes.
    kinds: Vec<&'static str>,
    /// `info`, `warning` or `critical`.
    severity: &'static str,
    /// `sender_operator`, `recipient`, `remote_operator`, `dns` or `nobody`.
    actor: &'static str,
    meaning: Both<'a>,
    remedy: Both<'a>,
    /// Rows of the document of SMTP error codes, to the letter.
    document: Vec<Row<'a>>,
    sources: Vec<Both<'a>>,
    /// The condition that the bare code says.
    condition: Option<&'a str>,
    /// Codes and conditions to look at as well.
    related: Vec<String>,
    counts: BTreeMap<&'static str, Count>,
    /// What stood beside it in replies, the most frequent first: enhanced codes for a reply code,
    /// reply codes for an enhanced one.
    beside: Vec<Beside>,
    /// Who answers with it, the most frequent first; outbound only.
    providers: Vec<Provider<'a>>,
}

/// A text in both languages.
#[derive(Serialize)]
struct Both<'a> {
    en: &'a str,
    zh: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    /// When this row applies, where there are several.
    when: Option<Both<'a>>,
    message: &'a str,
    meaning: &'a str,
    explanation: Option<&'a str>,
    remedy: Option<&'a str>,
}

/// Of one direction.
#[derive(Serialize)]
struct Count {
    total: u64,
    /// Per second over five minutes, by the lines' own time; null where no rates are kept.
    rate_5m: Option<f64>,
    /// Per second over an hour.
    rate_1h: Option<f64>,
}

#[derive(Serialize)]
struct Beside {
    /// Null: the reply had none. `other`: more were seen than are told apart.
    code: Option<String>,
    counts: BTreeMap<&'static str, u64>,
}

#[derive(Serialize)]
struct Provider<'a> {
    provider: &'a str,
    count: u64,
    /// Of all answers with this code, 0 to 1.
    share: f64,
    /// How much of all that this provider answers is this code, 0 to 1.
    of_its_answers: f64,
}

/// All codes and conditions.
#[derive(Serialize)]
struct Index<'a> {
    codes: Vec<Entry<'a>>,
}

/// One of them; behind `/api/v1/codes/` and its code is everything else.
#[derive(Serialize)]
struct Entry<'a> {
    code: String,
    r#type: &'static str,
    /// Null for a condition.
    name: Option<Both<'a>>,
    severity: &'static str,
    /// How often it was seen, in all directions.
    count: u64,
}

#[derive(Serialize)]
struct NotFound<'a> {
    error: &'static str,
    code: &'a str,
}

impl<'a> From<&'a Text> for Both<'a> {
    fn from(text: &'a Text) -> Self {
        Both {
            en: Language::En.of(text),
            zh: Language::Zh.of(text),
        }
    }
}

impl<'a> From<&'a Answers> for Provider<'a> {
    fn from(answers: &'a Answers) -> Self {
        Provider {
            provider: &answers.provider,
            count: answers.count,
            share: answers.share,
            of_its_answers: answers.of_its_answers,
        }
    }
}

/// The facts.
pub fn json(facts: &Facts<'_>) -> String {
    let explanation = &facts.explanation;
    let code = Code {
        code: facts.name(),
        r#type: type_of(facts.topic),
        known: explanation.known,
        name: explanation.name.as_ref().map(Both::from),
        kinds: explanation.kinds.iter().map(|kind| kind.as_str()).collect(),
        severity: explanation.severity.as_str(),
        actor: explanation.actor.as_str(),
        meaning: (&explanation.meaning).into(),
        remedy: (&explanation.remedy).into(),
        document: explanation
            .document
            .iter()
            .map(|row| Row {
                when: row.when.as_ref().map(Both::from),
                message: &row.message,
                meaning: &row.meaning,
                explanation: row.explanation.as_deref(),
                remedy: row.remedy.as_deref(),
            })
            .collect(),
        sources: explanation.sources.iter().map(Both::from).collect(),
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
                let count = Count {
                    total: facts.counts[direction.index()],
                    rate_5m: rates.map(|rates| rates[0]),
                    rate_1h: rates.map(|rates| rates[1]),
                };
                (direction.name(), count)
            })
            .collect(),
        beside: facts
            .beside
            .iter()
            .map(|(neighbour, counts)| Beside {
                code: match neighbour {
                    Neighbour::Topic(topic) => Some(facts.catalog.topic_name(*topic)),
                    Neighbour::Nothing => None,
                    Neighbour::Other => Some("other".to_owned()),
                },
                counts: Direction::ALL
                    .into_iter()
                    .map(|direction| (direction.name(), counts[direction.index()]))
                    .collect(),
            })
            .collect(),
        providers: facts.answers.iter().map(Provider::from).collect(),
    };
    written(&code)
}

/// All codes and conditions.
pub fn index(catalog: &Catalog, items: &[Item]) -> String {
    let explained: Vec<_> = items
        .iter()
        .map(|(topic, count)| (*topic, *count, catalog.explain(*topic)))
        .collect();
    let codes = explained.iter().map(|(topic, count, explanation)| Entry {
        code: catalog.topic_name(*topic),
        r#type: type_of(*topic),
        name: explanation.name.as_ref().map(Both::from),
        severity: explanation.severity.as_str(),
        count: *count,
    });
    written(&Index {
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

/// What is said of a code that does not exist.
pub fn not_found(asked: &str) -> String {
    written(&NotFound {
        error: "no such code or condition",
        code: asked,
    })
}

/// Texts and finite numbers always have a JSON form.
fn written(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
