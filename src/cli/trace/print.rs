//! Prints messages: each with its steps, or one line for each.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{NEWEST, words};
use crate::catalog::{Catalog, Language};
use crate::cli::labels;
use crate::cli::script::{self, shown};
use crate::cli::terminal::{left, right, wrap};
use crate::cli::wording::Wording;
use crate::traced::{Message, Step, Trace};

/// Prints each message with all its steps.
pub fn stories(
    out: &mut impl Write,
    trace: &Trace,
    raw: bool,
    zone: &TimeZone,
    language: Language,
) -> io::Result<()> {
    for (number, message) in trace.messages.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        story(out, message, raw, zone, language)?;
    }
    hidden(out, trace, language)?;
    out.flush()
}

/// Prints one line for each message, and totals.
pub fn list(
    out: &mut impl Write,
    trace: &Trace,
    zone: &TimeZone,
    language: Language,
) -> io::Result<()> {
    let bold = Style::new().bold();
    let outcomes = trace.outcomes.iter().map(|(outcome, count)| {
        let word = labels::outcome(outcome, language);
        match language {
            Language::En => format!("{count} {word}"),
            Language::Zh => format!("{word} {count}"),
        }
    });
    let outcomes: Vec<String> = outcomes.collect();
    let found = words::FOUND.fill(language, &[&trace.found]);
    let (colon, comma) = (language.colon(), language.comma());
    writeln!(out, "{bold}{found}{bold:#}{colon}{}", outcomes.join(comma))?;
    for message in &trace.messages {
        let style = style(message.outcome);
        let id = message.queue_ids.first().map_or("-", String::as_str);
        let to = match &*message.recipients {
            [] => "?".to_owned(),
            [one] => one.address.clone(),
            [first, rest @ ..] => {
                let (more, all) = (rest.len(), rest.len() + 1);
                words::AND_MORE.fill(language, &[&first.address, &more, &all])
            }
        };
        let outcome = left(labels::outcome(message.outcome, language), 9);
        writeln!(
            out,
            "{}  {style}{outcome}{style:#}  {id:<16}  {} → {to}{}",
            shown_time(message.from, zone),
            address(message.sender.as_deref()),
            why(message, language)
        )?;
    }
    hidden(out, trace, language)?;
    let last = trace.messages.iter().rev();
    if let Some(id) = last.flat_map(|it| &it.queue_ids).next() {
        writeln!(out, "{}", words::ONE_OF_THEM.fill(language, &[id]))?;
    }
    out.flush()
}

/// Says what was left out.
fn hidden(out: &mut impl Write, trace: &Trace, language: Language) -> io::Result<()> {
    let hidden = trace.found - trace.messages.len();
    if hidden > 0 {
        writeln!(out, "{}", words::OLDER.fill(language, &[&hidden, &NEWEST]))?;
    }
    if trace.left_out {
        writeln!(out, "{}", words::STILL_OLDER.of(language))?;
    }
    Ok(())
}

/// The reason of the first failure.
fn why(message: &Message, language: Language) -> String {
    let failed = message.recipients.iter().find(|it| it.condition.is_some());
    let mut text = String::new();
    if let Some(recipient) = failed {
        let codes = codes(recipient.code, recipient.enhanced.as_deref());
        let condition = recipient.condition.as_deref().unwrap_or_default();
        let _ = write!(text, "  {codes} {}", condition_words(condition, language));
    }
    text.trim_end().to_owned()
}

/// The words for the name of a condition.
fn condition_words(name: &str, language: Language) -> String {
    let catalog = Catalog::embedded();
    let known = catalog.conditions().iter().find(|it| it.name == name);
    match (language, known) {
        (Language::Zh, Some(condition)) => {
            script::shown(language.of(&condition.short)).into_owned()
        }
        _ => name.replace('_', " "),
    }
}

fn story(
    out: &mut impl Write,
    message: &Message,
    raw: bool,
    zone: &TimeZone,
    language: Language,
) -> io::Result<()> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let (colon, comma) = (language.colon(), language.comma());
    let style = style(message.outcome);
    let name = match message.message_ids.first() {
        Some(id) => format!("<{id}>"),
        None => message.queue_ids.first().cloned().unwrap_or_default(),
    };
    let title = words::MESSAGE.fill(language, &[&name]);
    writeln!(out, "{bold}{title}{bold:#}")?;
    let fact = |label: Wording, text: &str| format!("  {}{colon}{text}", label.of(language));
    let sender = address(message.sender.as_deref());
    writeln!(out, "{}", fact(words::FROM, sender))?;
    for recipient in &message.recipients {
        let style = self::style(recipient.outcome);
        let label = match recipient.notification {
            true => words::NOTIFICATION_TO,
            false => words::TO,
        };
        let address = match &recipient.original {
            Some(original) => words::WRITTEN_TO.fill(language, &[&recipient.address, original]),
            None => recipient.address.clone(),
        };
        let codes = codes(recipient.code, recipient.enhanced.as_deref());
        let condition = recipient.condition.as_deref().unwrap_or_default();
        let condition = condition_words(condition, language);
        let outcome = labels::outcome(recipient.outcome, language);
        let line = format!(
            "{}  {style}{outcome}{style:#} {codes} {condition}",
            fact(label, &address)
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    for (label, names) in [
        (words::QUEUE_IDS, &message.queue_ids),
        (words::HOSTS, &message.hosts),
    ] {
        if names.len() > 1 {
            writeln!(out, "{}", fact(label, &names.join(comma)))?;
        }
    }
    let outcome = in_words(message.outcome).of(language);
    let outcome = format!("{style}{outcome}{style:#}");
    writeln!(out, "{}\n", fact(words::OUTCOME, &outcome))?;
    for step in &message.steps {
        print_step(out, step, zone)?;
        if raw {
            writeln!(out, "{INDENT}{dim}{}{dim:#}", step.line)?;
        }
    }
    for advice in &message.advice {
        writeln!(out)?;
        for text in [
            words::WHY.fill(language, &[&shown(&advice.meaning), &advice.condition]),
            words::WHO.fill(language, &[&shown(&advice.actor)]),
            words::WHAT_TO_DO.fill(language, &[&shown(&advice.remedy)]),
            words::MORE.fill(language, &[&advice.explain]),
        ] {
            for (number, line) in wrap(&text).iter().enumerate() {
                let indent = if number == 0 { "" } else { "  " };
                writeln!(out, "{indent}{line}")?;
            }
        }
    }
    Ok(())
}

/// What stands before the second line of a step.
const INDENT: &str = "                                ";

fn print_step(out: &mut impl Write, step: &Step, zone: &TimeZone) -> io::Result<()> {
    let dim = Style::new().dimmed();
    let style = step.outcome.map_or(Style::new(), style);
    let delay = right(&step.delay.map_or(String::new(), shown_delay), 8);
    let origin: Vec<&str> = [&step.host, &step.program, &step.queue_id]
        .into_iter()
        .filter_map(|it| it.as_deref())
        .collect();
    writeln!(
        out,
        "{} {dim}{delay}{dim:#}  {dim}{}{dim:#}  {style}{}{style:#}",
        shown_time(step.time, zone),
        origin.join(" "),
        step.what
    )?;
    let codes = codes(step.code, step.enhanced.as_deref());
    let meaning = shown(step.meaning.as_deref().unwrap_or_default());
    let reply = step.reply.as_deref().unwrap_or_default();
    let quoted = match reply {
        "" => String::new(),
        reply => format!("“{reply}”"),
    };
    let shown = step.outcome.is_some_and(|it| it != "sent") || !reply.is_empty();
    if shown && !(codes.is_empty() && quoted.is_empty()) {
        let parts = [codes, meaning.into_owned(), quoted];
        let parts: Vec<_> = parts.into_iter().filter(|it| !it.is_empty()).collect();
        writeln!(out, "{INDENT}{}", parts.join("  "))?;
    }
    Ok(())
}

fn codes(code: Option<u16>, enhanced: Option<&str>) -> String {
    let code = code.map(|code| code.to_string());
    let parts: Vec<&str> = code.as_deref().into_iter().chain(enhanced).collect();
    parts.join(" ")
}

fn address(address: Option<&str>) -> &str {
    match address {
        Some("") => "<>",
        Some(address) => address,
        None => "?",
    }
}

/// A time in the zone of the log.
fn shown_time(time: Option<Timestamp>, zone: &TimeZone) -> String {
    match time {
        Some(time) => zone
            .to_datetime(time)
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        None => "-".repeat(19),
    }
}

/// The time since the step before: `+0.3s`, `+12s`, `+5m`, `+3h`, `+2d`; nothing if there was none.
fn shown_delay(seconds: f64) -> String {
    match seconds {
        it if it.abs() < 0.05 => String::new(),
        it if it < 10.0 => format!("{it:+.1}s").replace(".0s", "s"),
        it if it < 120.0 => format!("{it:+.0}s"),
        it if it < 7200.0 => format!("{:+.0}m", it / 60.0),
        it if it < 172_800.0 => format!("{:+.0}h", it / 3600.0),
        it => format!("{:+.0}d", it / 86400.0),
    }
}

fn in_words(outcome: &str) -> Wording {
    match outcome {
        "delivered" => words::ALL_DELIVERED,
        "failed" => words::FAILED,
        "deferred" => words::IN_QUEUE,
        "rejected" => words::NOT_ACCEPTED,
        _ => words::UNKNOWN,
    }
}

fn style(outcome: &str) -> Style {
    let colour = match outcome {
        "delivered" | "sent" => AnsiColor::Green,
        "failed" | "bounced" | "expired" | "rejected" => AnsiColor::Red,
        _ => AnsiColor::Yellow,
    };
    Style::new().fg_color(Some(colour.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_have_the_unit_that_fits() {
        for (seconds, expected) in [
            (0.0, ""),
            (0.01, ""),
            (0.25, "+0.2s"),
            (1.0, "+1s"),
            (90.0, "+90s"),
            (600.0, "+10m"),
            (86400.0, "+24h"),
            (432_000.0, "+5d"),
            (-1.0, "-1s"),
        ] {
            assert_eq!(shown_delay(seconds), expected);
        }
    }
}
