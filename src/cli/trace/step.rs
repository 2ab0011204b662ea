//! What happened in one line of a message, in plain words.

use std::collections::BTreeSet;

use super::line_ids::Relation;
use super::record::{EventData, Record};
use crate::catalog::{Catalog, EnhancedTopic, Topic};
use crate::parse::{Direction, Outcome, Stage};

/// The longest text of a line that is shown as it is, in characters.
const MAX_TEXT: usize = 200;

/// Describes a line. `ids` are the queue ids of the same message.
pub fn describe(record: &Record, ids: &BTreeSet<&str>) -> String {
    match &record.event {
        Some(event) => describe_event(record, event, ids),
        None => describe_other(record),
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

fn describe_event(record: &Record, event: &EventData, ids: &BTreeSet<&str>) -> String {
    let recipient = match original_recipient(record) {
        Some(original) if original != event.recipient => {
            format!("{} (written to {original})", named(&event.recipient))
        }
        _ => named(&event.recipient),
    };
    let host = &event.host;
    match event.outcome {
        Outcome::Sent => match handed_over(record, ids) {
            Some((Relation::ForwardedAs, id)) => {
                format!("forwarded: {recipient} leads to other addresses, as the new message {id}")
            }
            Some((_, id)) if is_loopback(host) => {
                format!("passed to the content filter at {host} for {recipient}, came back as {id}")
            }
            Some((_, id)) => format!("handed over to {host} for {recipient}, queued there as {id}"),
            None if is_loopback(host) => {
                format!("passed to {host} for {recipient}")
            }
            None if event.direction == Direction::Local || host.is_empty() => {
                format!("delivered locally to {recipient}")
            }
            None => format!("delivered to {recipient}: {host} accepted it"),
        },
        Outcome::Deferred => format!(
            "delivery to {recipient} deferred{}; it stays in the queue",
            at_host(host)
        ),
        Outcome::Bounced => format!("delivery to {recipient} failed for good{}", at_host(host)),
        Outcome::Expired => format!("gave up delivery to {recipient}: too long in the queue"),
        Outcome::Attempt => format!("an attempt failed{}; it is not the last", at_host(host)),
        Outcome::Rejected => {
            let stage = event.stage.map_or("", stage);
            let mail = match (&*event.sender, &*event.recipient) {
                ("", "") => String::new(),
                (sender, recipient) => {
                    format!(": mail from {} to {}", named(sender), named(recipient))
                }
            };
            format!(
                "rejected{stage}{}{mail}",
                at_host(host).replace(" at ", " from ")
            )
        }
    }
}

fn describe_other(record: &Record) -> String {
    let text = &*record.text;
    let value = |name: &str| {
        let rest = &text[text.find(name)? + name.len()..];
        Some(rest.split([',', ' ']).next().unwrap_or(rest)).filter(|it| !it.is_empty())
    };
    if let Some(queued) = &record.queued {
        let plural = if queued.recipients == 1 { "" } else { "s" };
        return format!(
            "in the queue: from {}, {} bytes, {} recipient{plural}",
            named(&queued.sender),
            queued.size,
            queued.recipients
        );
    }
    if let Some(rest) = text.strip_prefix("client=") {
        let client = rest.split(", ").next().unwrap_or(rest);
        if let Some(id) = value("orig_queue_id=") {
            return format!("came back from the content filter at {client}; it was {id}");
        }
        let login = value("sasl_username=").map(|name| format!(", logged in as {name}"));
        return format!("received from {client}{}", login.unwrap_or_default());
    }
    if text.starts_with("uid=") {
        let user = value("uid=").unwrap_or_default();
        return format!("submitted on this host by user id {user}");
    }
    if record.program.ends_with("cleanup") && text.starts_with("message-id=") {
        return format!("accepted; its message id is <{}>", record.message_id);
    }
    if text == "removed" {
        return "removed from the queue: no recipient is left".to_owned();
    }
    if text == "Completed" || text.starts_with("Completed ") {
        return "finished: no recipient is left".to_owned();
    }
    if text.starts_with("Frozen") {
        return "frozen: it is not tried again until an operator thaws it".to_owned();
    }
    if let Some((Relation::Notification, id)) = record.related.first() {
        let what = if text.contains("delay notification") {
            "a warning about the delay"
        } else if text.contains("status notification") {
            "a confirmation"
        } else {
            "a bounce"
        };
        let whom = if text.contains("postmaster") {
            "the postmaster"
        } else {
            "the sender"
        };
        return format!("{what} to {whom}: the new message {id}");
    }
    if let Some(rest) = text.strip_prefix("<= ") {
        return describe_exim_receipt(record, rest);
    }
    if record.program == "amavis"
        && let Some(at) = text.find(" Passed ").or_else(|| text.find(" Blocked "))
    {
        let verdict = &text[at + 1..];
        let end = verdict.find(['{', ',']).unwrap_or(verdict.len());
        return format!("the content filter decided: {}", verdict[..end].trim_end());
    }
    if let (Some(sender), Some(size)) = (value("from="), value(" size=")) {
        let relay = text.split_once("relay=").map_or("", |(_, relay)| relay);
        let sender = named(sender.trim_matches(['<', '>']));
        return format!("received from {sender}, {size} bytes{}", at_host(relay));
    }
    let cut: String = text.chars().take(MAX_TEXT).collect();
    let more = if cut.len() < text.len() { "…" } else { "" };
    format!("{cut}{more}")
}

/// Exim's `<=`: who sent it, from which host, or for which message it is a bounce.
fn describe_exim_receipt(record: &Record, rest: &str) -> String {
    if let Some((Relation::MadeFrom, id)) = record.related.first() {
        return format!("a bounce to the sender of {id}");
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
    let login = field(" A=").map(|name| format!(", logged in by {name}"));
    let size = field(" S=").map(|size| format!(", {size} bytes"));
    format!(
        "received from {}{}{}{}",
        named(sender.trim_matches(['<', '>'])),
        at_host(host),
        login.unwrap_or_default(),
        size.unwrap_or_default()
    )
}

/// The name of the reply of a failure: of its enhanced code, otherwise of its code.
pub fn meaning(event: &EventData) -> Option<String> {
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
    Some(known.next()?.name?.en)
}

/// An address, or words for the empty one.
fn named(address: &str) -> String {
    match address {
        "" => "<>".to_owned(),
        address => address.to_owned(),
    }
}

fn at_host(host: &str) -> String {
    match host {
        "" => String::new(),
        host => format!(" at {host}"),
    }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Connect => " at the connection",
        Stage::Helo => " at HELO",
        Stage::StartTls => " at STARTTLS",
        Stage::Auth => " at AUTH",
        Stage::Mail => " at MAIL FROM",
        Stage::Rcpt => " at RCPT TO",
        Stage::Data => " at DATA",
        Stage::EndOfMessage => " after the content",
        Stage::Vrfy => " at VRFY",
        Stage::Etrn => " at ETRN",
        Stage::Other => "",
    }
}

fn is_loopback(host: &str) -> bool {
    ["[127.", "[::1]", "localhost"]
        .iter()
        .any(|it| host.contains(it))
}
