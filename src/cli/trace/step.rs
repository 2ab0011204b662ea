//! What happened in one line of a message, in plain words.

use std::collections::BTreeSet;

use super::line_ids::Relation;
use super::record::{EventData, Record};
use super::words;
use crate::catalog::{Catalog, EnhancedTopic, Language, Topic};
use crate::cli::wording::Wording;
use crate::parse::{Direction, Outcome, Stage};

/// The longest text of a line that is shown as it is, in characters.
const MAX_TEXT: usize = 200;

/// Describes a line. `ids` are the queue ids of the same message.
pub fn describe(record: &Record, ids: &BTreeSet<&str>, language: Language) -> String {
    match &record.event {
        Some(event) => describe_event(record, event, ids, language),
        None => describe_other(record, language),
    }
}

/// The message that a delivery handed this one over to, if its lines are known too.
pub fn handed_over<'a>(record: &'a Record, ids: &BTreeSet<&str>) -> Option<(Relation, &'a str)> {
    let event = record.event.as_ref()?;
    let to = record.related.iter().find(|(relation, id)| {
        matches!(relation, Relation::AcceptedAs | Relation::ForwardedAs)
            && *id != record.queue_id
            && ids.contains(&**id)
    });
    to.filter(|_| event.outcome == Outcome::Sent)
        .map(|(relation, id)| (*relation, &**id))
}

/// The address that the sender wrote, where an alias led to the recipient.
pub fn original_recipient(record: &Record) -> Option<&str> {
    let text = &record.text;
    // Postfix names it; Exim writes it after the recipient.
    if let Some((_, rest)) = text.split_once(", orig_to=<") {
        return rest.split_once('>').map(|(address, _)| address);
    }
    let mut words = text.split(' ');
    words
        .next()
        .filter(|it| matches!(*it, "=>" | "->" | "**" | "=="))?;
    let original = words.nth(1)?.strip_prefix('<')?.strip_suffix('>')?;
    Some(original).filter(|it| !it.is_empty())
}

fn describe_event(
    record: &Record,
    event: &EventData,
    ids: &BTreeSet<&str>,
    language: Language,
) -> String {
    let recipient = match original_recipient(record) {
        Some(original) if original != event.recipient => {
            words::WRITTEN_TO.fill(language, &[&named(&event.recipient), &original])
        }
        _ => named(&event.recipient).to_owned(),
    };
    let host = &event.host;
    let at_host = match &**host {
        "" => String::new(),
        host => words::AT_HOST.fill(language, &[&host]),
    };
    match event.outcome {
        Outcome::Sent => match handed_over(record, ids) {
            Some((Relation::ForwardedAs, id)) => {
                words::FORWARDED.fill(language, &[&recipient, &id])
            }
            Some((_, id)) if is_loopback(host) => {
                words::FILTERED.fill(language, &[host, &recipient, &id])
            }
            Some((_, id)) => words::HANDED_OVER.fill(language, &[host, &recipient, &id]),
            None if is_loopback(host) => words::PASSED.fill(language, &[host, &recipient]),
            None if event.direction == Direction::Local || host.is_empty() => {
                words::DELIVERED_LOCALLY.fill(language, &[&recipient])
            }
            None => words::DELIVERED.fill(language, &[&recipient, host]),
        },
        Outcome::Deferred => words::DEFERRED.fill(language, &[&recipient, &at_host]),
        Outcome::Bounced => words::BOUNCED.fill(language, &[&recipient, &at_host]),
        Outcome::Expired => words::EXPIRED.fill(language, &[&recipient]),
        // Transcripts of sessions have every reply.
        Outcome::Attempt if event.code.is_some_and(|code| (200..400).contains(&code)) => {
            words::REPLY.fill(language, &[&at_host])
        }
        Outcome::Attempt => words::ATTEMPT.fill(language, &[&at_host]),
        Outcome::Rejected => {
            let stage = event.stage.map_or(String::new(), |it| stage(it, language));
            let from_host = match &**host {
                "" => String::new(),
                host => words::FROM_HOST.fill(language, &[&host]),
            };
            let mail = match (&*event.sender, &*event.recipient) {
                ("", "") => String::new(),
                (sender, recipient) => {
                    words::REJECTED_MAIL.fill(language, &[&named(sender), &named(recipient)])
                }
            };
            words::REJECTED.fill(language, &[&stage, &from_host, &mail])
        }
    }
}

fn describe_other(record: &Record, language: Language) -> String {
    let text = &*record.text;
    let value = |name: &str| {
        let rest = &text[text.find(name)? + name.len()..];
        Some(rest.split([',', ' ']).next().unwrap_or(rest)).filter(|it| !it.is_empty())
    };
    if let Some(queued) = &record.queued {
        let wording = match queued.recipients {
            1 => words::QUEUED_FOR_ONE,
            _ => words::QUEUED,
        };
        let sender = named(&queued.sender);
        return wording.fill(language, &[&sender, &queued.size, &queued.recipients]);
    }
    if let Some(rest) = text.strip_prefix("client=") {
        let client = rest.split(", ").next().unwrap_or(rest);
        if let Some(id) = value("orig_queue_id=") {
            return words::CAME_BACK.fill(language, &[&client, &id]);
        }
        let login = optional(value("sasl_username="), words::LOGGED_IN_AS, language);
        return words::RECEIVED.fill(language, &[&client, &login]);
    }
    if text.starts_with("uid=") {
        let user = value("uid=").unwrap_or_default();
        return words::SUBMITTED.fill(language, &[&user]);
    }
    if record.program.ends_with("cleanup") && text.starts_with("message-id=") {
        return words::ACCEPTED.fill(language, &[&record.message_id]);
    }
    if text == "removed" {
        return words::REMOVED.of(language).to_owned();
    }
    if text == "Completed" || text.starts_with("Completed ") {
        return words::FINISHED.of(language).to_owned();
    }
    if text.starts_with("Frozen") {
        return words::FROZEN.of(language).to_owned();
    }
    if let Some((Relation::Notification, id)) = record.related.first() {
        let what = if text.contains("delay notification") {
            words::DELAY_WARNING
        } else if text.contains("status notification") {
            words::CONFIRMATION
        } else {
            words::BOUNCE
        };
        let whom = match text.contains("postmaster") {
            true => words::POSTMASTER,
            false => words::SENDER,
        };
        let (what, whom) = (what.of(language), whom.of(language));
        return words::NOTIFICATION.fill(language, &[&what, &whom, id]);
    }
    if let Some(rest) = text.strip_prefix("<= ") {
        return describe_exim_receipt(record, rest, language);
    }
    if record.program == "amavis"
        && let Some(at) = text.find(" Passed ").or_else(|| text.find(" Blocked "))
    {
        let verdict = &text[at + 1..];
        let end = verdict.find(['{', ',']).unwrap_or(verdict.len());
        return words::FILTER_DECIDED.fill(language, &[&verdict[..end].trim_end()]);
    }
    if let (Some(sender), Some(size)) = (value("from="), value(" size=")) {
        let relay = text.split_once("relay=").map_or("", |(_, relay)| relay);
        let size = words::OF_BYTES.fill(language, &[&size]);
        let host = optional(Some(relay), words::AT_HOST, language);
        let sender = named(sender.trim_matches(['<', '>']));
        return words::RECEIVED.fill(language, &[&sender, &format!("{size}{host}")]);
    }
    let cut: String = text.chars().take(MAX_TEXT).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut}{more}")
}

/// Exim's `<=`: who sent it, from which host, or for which message it is a bounce.
fn describe_exim_receipt(record: &Record, rest: &str, language: Language) -> String {
    if let Some((Relation::MadeFrom, id)) = record.related.first() {
        return words::BOUNCE_OF.fill(language, &[id]);
    }
    let sender = rest.split(' ').next().unwrap_or(rest);
    let host = rest.split_once(" H=").map_or("", |(_, host)| {
        let end = host.find(']').map_or(host.len(), |at| at + 1);
        &host[..end]
    });
    let field = |name: &str| {
        let (_, value) = rest.split_once(name)?;
        value.split(' ').next()
    };
    let details = [
        optional(Some(host), words::AT_HOST, language),
        optional(field(" A="), words::LOGGED_IN_BY, language),
        optional(field(" S="), words::OF_BYTES, language),
    ];
    let sender = named(sender.trim_matches(['<', '>']));
    words::RECEIVED.fill(language, &[&sender, &details.concat()])
}

/// Words about a value; nothing if there is none.
fn optional(value: Option<&str>, wording: Wording, language: Language) -> String {
    let value = value.filter(|value| !value.is_empty());
    value.map_or(String::new(), |value| wording.fill(language, &[&value]))
}

/// The name of the reply of a failure: of its enhanced code, otherwise of its code.
pub fn meaning(event: &EventData, language: Language) -> Option<String> {
    if event.outcome == Outcome::Sent {
        return None;
    }
    let catalog = Catalog::embedded();
    let enhanced = event.enhanced.map(|code| {
        Topic::Enhanced(EnhancedTopic {
            class: Some(code.class),
            subject: code.subject,
            detail: code.detail,
            last: None,
        })
    });
    let code = event.code.map(Topic::Code);
    let mut known = [enhanced, code]
        .into_iter()
        .flatten()
        .map(|topic| catalog.explain(topic))
        .filter(|explanation| explanation.known);
    Some(language.of(&known.next()?.name?).to_owned())
}

/// An address; `<>` for the empty one.
fn named(address: &str) -> &str {
    match address {
        "" => "<>",
        address => address,
    }
}

fn stage(stage: Stage, language: Language) -> String {
    let command = match stage {
        Stage::Connect => return words::AT_CONNECTION.of(language).to_owned(),
        Stage::EndOfMessage => return words::AFTER_CONTENT.of(language).to_owned(),
        Stage::Other => return String::new(),
        Stage::Helo => "HELO",
        Stage::StartTls => "STARTTLS",
        Stage::Auth => "AUTH",
        Stage::Mail => "MAIL FROM",
        Stage::Rcpt => "RCPT TO",
        Stage::Data => "DATA",
        Stage::Vrfy => "VRFY",
        Stage::Etrn => "ETRN",
    };
    words::AT_STAGE.fill(language, &[&command])
}

fn is_loopback(host: &str) -> bool {
    ["[127.", "[::1]", "localhost"]
        .iter()
        .any(|it| host.contains(it))
}
