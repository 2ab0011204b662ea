//! A message with its steps, its recipients and what to do about failures.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::files::TracedFile;
use super::line_ids::Relation;
use super::record::{EventData, Record};
use super::step::{describe, handed_over, meaning, original_recipient};
use crate::catalog::{Catalog, Language, Topic};
use crate::cli::explain_commands;
use crate::parse::Outcome;
use crate::traced::{Message, MessageAdvice, Recipient, Step};

/// The message of some records, which are in the order of time; its texts are in a language.
pub fn message_of(records: &[&Record], files: &[TracedFile], language: Language) -> Message {
    let mut queue_ids: Vec<&str> = Vec::new();
    for record in records {
        if !record.queue_id.is_empty() && !queue_ids.contains(&&*record.queue_id) {
            queue_ids.push(&record.queue_id);
        }
    }
    let ids: BTreeSet<&str> = queue_ids.iter().copied().collect();
    let notifications = notifications(records);
    let recipients = recipients(records, &ids, &notifications);
    let times = || records.iter().filter_map(|record| record.time);
    Message {
        outcome: outcome(&recipients),
        message_ids: distinct(records.iter().map(|it| &it.message_id)),
        queue_ids: queue_ids.into_iter().map(str::to_owned).collect(),
        hosts: distinct(records.iter().map(|it| &it.host)),
        sender: sender(records, &notifications),
        from: times().min(),
        to: times().max(),
        steps: steps(records, &ids, files, language),
        advice: advice(records, &recipients, language),
        recipients,
    }
}

/// The texts that are not empty, each once, in their order.
fn distinct<'a>(texts: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !all.contains(text) {
            all.push(text.clone());
        }
    }
    all
}

/// The queue ids of notifications about the message, and of what became of them.
fn notifications<'a>(records: &[&'a Record]) -> BTreeSet<&'a str> {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for record in records {
        for (relation, id) in &record.related {
            match relation {
                Relation::Notification => ids.insert(id),
                Relation::MadeFrom if record.text.starts_with("<= <> ") => {
                    ids.insert(&record.queue_id)
                }
                _ => false,
            };
        }
    }
    // A notification may pass a content filter as well, and then has another id.
    loop {
        let made_from =
            |record: &&&Record| ids.contains(&*record.queue_id) && record.event.is_some();
        let later: Vec<&str> = records
            .iter()
            .filter(made_from)
            .flat_map(|record| record.related.iter().map(|(_, id)| id.as_str()))
            .filter(|id| !ids.contains(id))
            .collect();
        if later.is_empty() {
            return ids;
        }
        ids.extend(later);
    }
}

/// The sender of the message itself.
fn sender(records: &[&Record], notifications: &BTreeSet<&str>) -> Option<String> {
    let mut own = records
        .iter()
        .filter(|it| !notifications.contains(&*it.queue_id));
    own.find_map(|record| {
        if let Some(queued) = &record.queued {
            return Some(queued.sender.clone());
        }
        // Exim and Sendmail.
        let sender = match record.text.strip_prefix("<= ") {
            Some(rest) => rest.split(' ').next(),
            None => record
                .text
                .strip_prefix("from=")
                .and_then(|rest| rest.split(',').next()),
        };
        let sender = sender.map(|it| it.trim_matches(['<', '>']).to_owned());
        let of_event = || record.event.as_ref().map(|event| event.sender.clone());
        sender.or_else(|| of_event().filter(|it| !it.is_empty()))
    })
}

/// What became of the message for each recipient, in the order in which they first occur.
fn recipients(
    records: &[&Record],
    ids: &BTreeSet<&str>,
    notifications: &BTreeSet<&str>,
) -> Vec<Recipient> {
    let mut places: BTreeMap<(String, bool), usize> = BTreeMap::new();
    let mut all: Vec<Recipient> = Vec::new();
    for record in records {
        let Some(event) = &record.event else {
            continue;
        };
        let is_final = event.outcome != Outcome::Attempt && !event.recipient.is_empty();
        if !is_final || handed_over(record, ids).is_some() {
            continue;
        }
        let notification = notifications.contains(&*record.queue_id);
        let key = (event.recipient.to_ascii_lowercase(), notification);
        let recipient = Recipient {
            address: event.recipient.clone(),
            original: original_recipient(record)
                .filter(|it| *it != event.recipient)
                .map(str::to_owned),
            outcome: event.outcome.name(),
            code: event.code,
            enhanced: event.enhanced.map(|code| code.to_string()),
            condition: condition(event),
            notification,
        };
        match places.get(&key) {
            // Several deliveries to one mailbox, by several addresses: a failure is not hidden by a success.
            Some(&at) => all[at] = recipient,
            None => {
                places.insert(key, all.len());
                all.push(recipient);
            }
        }
    }
    all
}

fn condition(event: &EventData) -> Option<String> {
    let id = event.condition?;
    Some(Catalog::embedded().condition_name(id).to_owned())
}

/// What became of the message as a whole: the worst that became of it for a recipient.
fn outcome(recipients: &[Recipient]) -> &'static str {
    let own = || recipients.iter().filter(|it| !it.notification);
    let any = |outcome: Outcome| own().any(|it| it.outcome == outcome.name());
    if any(Outcome::Bounced) || any(Outcome::Expired) {
        "failed"
    } else if any(Outcome::Deferred) {
        "deferred"
    } else if any(Outcome::Rejected) {
        "rejected"
    } else if any(Outcome::Sent) {
        "delivered"
    } else {
        "unknown"
    }
}

fn steps(
    records: &[&Record],
    ids: &BTreeSet<&str>,
    files: &[TracedFile],
    language: Language,
) -> Vec<Step> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut before: Option<Timestamp> = None;
    let mut steps = Vec::with_capacity(records.len());
    for record in records {
        let event = record.event.as_ref();
        let delay = record
            .time
            .zip(before)
            .map(|(time, before)| time.duration_since(before).as_secs_f64());
        before = record.time.or(before);
        steps.push(Step {
            time: record.time,
            delay,
            host: text(&record.host),
            program: text(&record.program),
            queue_id: text(&record.queue_id),
            what: describe(record, ids, language),
            outcome: event.map(|event| event.outcome.name()),
            code: event.and_then(|event| event.code),
            enhanced: event.and_then(|event| Some(event.enhanced?.to_string())),
            meaning: event.and_then(|event| meaning(event, language)),
            condition: event.and_then(condition),
            reply: event.and_then(|event| text(&event.text)),
            file: files[record.place.0].path.display().to_string(),
            offset: record.place.1,
            line: record.raw.clone(),
        });
    }
    steps
}

/// What to do about the failures that are the last word for a recipient.
fn advice(records: &[&Record], recipients: &[Recipient], language: Language) -> Vec<MessageAdvice> {
    let catalog = Catalog::embedded();
    let mut advice: Vec<MessageAdvice> = Vec::new();
    for name in recipients.iter().filter_map(|it| it.condition.as_ref()) {
        let known = advice.iter().any(|it| it.condition == *name);
        let Some(id) = catalog.condition_named(name).filter(|_| !known) else {
            continue;
        };
        let failed = records.iter().filter_map(|record| record.event.as_ref());
        let server = failed
            .filter(|event| event.condition == Some(id))
            .map(|event| event.mta.name())
            .find(|name| explain_commands::parse_server(name).is_ok());
        let server = server.map_or(String::new(), |name| format!(" --mta {name}"));
        let explanation = catalog.explain(Topic::Condition(id));
        advice.push(MessageAdvice {
            condition: name.clone(),
            meaning: language.of(&explanation.meaning).to_owned(),
            actor: (explanation.actor.text(language == Language::Zh)).to_owned(),
            remedy: language.of(&explanation.remedy).to_owned(),
            explain: format!("maillog_exporter explain {name}{server}"),
        });
    }
    advice
}
