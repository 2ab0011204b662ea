//! The JSON documents of providers, `/api/v1/providers` and `/api/v1/providers/NAME`.

use serde::Serialize;

use super::evidence::ProviderEvidence;
use super::page::is_throttled;
use crate::catalog::{Cause, Language, Text};
use crate::web::accept_rate::AcceptRate;
use crate::web::alerts::{self, Relevant};
use crate::web::context::Context;
use crate::web::past::{ACCEPTED, FAILED_CONNECTIONS, PERMANENT, TEMPORARY};
use crate::web::provider_facts::{ProviderFacts, providers};
use crate::web::runbook::Count;

#[derive(Serialize)]
struct ProviderDocument<'a> {
    name: &'a str,
    title: &'a str,
    firing: Vec<&'a str>,
    /// Per minute over five minutes.
    replies_per_minute: Classes,
    failing_share: Option<f64>,
    usual_failing_share: Option<f64>,
    /// Only while the provider refuses mail because it is sent too fast.
    accepted_before: Option<AcceptedEntry>,
    replies: Vec<ReplyEntry>,
    causes: Vec<CauseEntry>,
    texts: Vec<TextEntry<'a>>,
    senders: Vec<NameEntry<'a>>,
    recipient_domains: Vec<NameEntry<'a>>,
    links: Vec<LinkEntry<'a>>,
}

/// What the provider accepted before it began to refuse, per minute.
#[derive(Serialize)]
struct AcceptedEntry {
    accepted_per_minute: f64,
    refused_at_per_minute: f64,
    refused_since: i64,
}

/// Rates by class.
#[derive(Serialize)]
struct Classes {
    failed_connections: f64,
    permanent: f64,
    temporary: f64,
    accepted: f64,
}

#[derive(Serialize)]
struct ReplyEntry {
    reply: String,
    condition: String,
    count_5m: u64,
    count_1h: u64,
    count_24h: u64,
}

#[derive(Serialize)]
struct CauseEntry {
    cause: &'static str,
    count_1h: u64,
    count_24h: u64,
}

#[derive(Serialize)]
struct TextEntry<'a> {
    text: &'a str,
    sample: &'a str,
    count: u64,
}

#[derive(Serialize)]
struct NameEntry<'a> {
    name: &'a str,
    count_1h: u64,
}

#[derive(Serialize)]
struct LinkEntry<'a> {
    url: &'a str,
    name: Bilingual<'a>,
    about: Bilingual<'a>,
}

#[derive(Serialize)]
struct Bilingual<'a> {
    en: &'a str,
    zh: &'a str,
}

impl<'a> From<&'a Text> for Bilingual<'a> {
    fn from(text: &'a Text) -> Self {
        Bilingual {
            en: Language::En.of(text),
            zh: Language::Zh.of(text),
        }
    }
}

#[derive(Serialize)]
struct IndexDocument<'a> {
    providers: Vec<IndexEntry<'a>>,
}

#[derive(Serialize)]
struct IndexEntry<'a> {
    name: &'a str,
    per_minute: f64,
    failing_share: Option<f64>,
    usual_failing_share: Option<f64>,
}

#[derive(Serialize)]
struct NotFound<'a> {
    error: &'static str,
    provider: &'a str,
}

/// The document of one provider.
pub fn json(context: &Context<'_>, name: &str) -> String {
    let mut known = providers(context).into_iter();
    let facts = known.find(|it| it.name == name).unwrap_or_default();
    let evidence = ProviderEvidence::of(context, name);
    let relevant = Relevant::of(context.view, |labels, _| {
        labels.get("provider").is_some_and(|it| it == name)
    });
    let mut entries = context.catalog().providers().iter();
    let links = entries
        .find(|it| it.name == name)
        .map(|it| it.links.as_slice());
    to_json(&ProviderDocument {
        name,
        title: context.provider_title(facts.name),
        firing: relevant
            .firing
            .iter()
            .map(|it| alerts::name(&it.labels))
            .collect(),
        replies_per_minute: classes(&facts),
        failing_share: facts.share(),
        usual_failing_share: facts.usual_share(),
        accepted_before: AcceptRate::of(context, name)
            .filter(|_| is_throttled(&evidence))
            .map(|rate| AcceptedEntry {
                accepted_per_minute: rate.accepted,
                refused_at_per_minute: rate.refused_at,
                refused_since: rate.since,
            }),
        replies: evidence
            .replies
            .iter()
            .map(|(reply, [five, hour, day])| ReplyEntry {
                reply: reply.text(),
                condition: reply.condition.clone(),
                count_5m: *five,
                count_1h: *hour,
                count_24h: *day,
            })
            .collect(),
        causes: evidence.causes.iter().map(cause).collect(),
        texts: evidence
            .texts
            .iter()
            .map(|it| TextEntry {
                text: &it.template,
                sample: &it.sample,
                count: it.count,
            })
            .collect(),
        senders: names(&evidence.senders),
        recipient_domains: names(&evidence.recipients),
        links: links
            .unwrap_or_default()
            .iter()
            .map(|link| LinkEntry {
                url: &link.url,
                name: (&link.name).into(),
                about: (&link.about).into(),
            })
            .collect(),
    })
}

fn names(names: &[Count]) -> Vec<NameEntry<'_>> {
    let names = names.iter();
    names
        .map(|it| NameEntry {
            name: &it.name,
            count_1h: it.count,
        })
        .collect()
}

fn cause((cause, [_, hour, day]): &(Cause, [u64; 3])) -> CauseEntry {
    CauseEntry {
        cause: cause.as_str(),
        count_1h: *hour,
        count_24h: *day,
    }
}

fn classes(facts: &ProviderFacts<'_>) -> Classes {
    Classes {
        failed_connections: facts.rates[FAILED_CONNECTIONS],
        permanent: facts.rates[PERMANENT],
        temporary: facts.rates[TEMPORARY],
        accepted: facts.rates[ACCEPTED],
    }
}

/// The document of all providers with replies.
pub fn index(context: &Context<'_>) -> String {
    let providers = providers(context);
    to_json(&IndexDocument {
        providers: providers
            .iter()
            .map(|it| IndexEntry {
                name: it.name,
                per_minute: it.all(),
                failing_share: it.share(),
                usual_failing_share: it.usual_share(),
            })
            .collect(),
    })
}

/// The document for an unknown name.
pub fn not_found(asked: &str) -> String {
    to_json(&NotFound {
        error: "no such provider",
        provider: asked,
    })
}

/// Serializes texts and finite numbers, which cannot fail.
fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
