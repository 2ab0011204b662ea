//! Prints messages: each with its steps, or one line for each.

use std::fmt::Write as _;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::message::{Message, Step};
use super::{NEWEST, Trace};
use crate::cli::terminal::wrap;

/// Prints each message with all its steps.
pub fn stories(out: &mut impl Write, trace: &Trace, raw: bool, zone: &TimeZone) -> io::Result<()> {
    for (number, message) in trace.messages.iter().enumerate() {
        if number > 0 {
            writeln!(out)?;
        }
        story(out, message, raw, zone)?;
    }
    hidden(out, trace)?;
    out.flush()
}

/// Prints one line for each message, and totals.
pub fn list(out: &mut impl Write, trace: &Trace, zone: &TimeZone) -> io::Result<()> {
    let bold = Style::new().bold();
    let outcomes: Vec<String> = trace
        .outcomes
        .iter()
        .map(|(outcome, count)| format!("{count} {outcome}"))
        .collect();
    let found = trace.found;
    writeln!(
        out,
        "{bold}{found} messages{bold:#}: {}",
        outcomes.join(", ")
    )?;
    for message in &trace.messages {
        let style = style(message.outcome);
        let id = message.queue_ids.first().map_or("-", String::as_str);
        let to = match &*message.recipients {
            [] => "?".to_owned(),
            [one] => one.address.clone(),
            [first, rest @ ..] => format!("{} and {} more", first.address, rest.len()),
        };
        writeln!(
            out,
            "{}  {style}{:<9}{style:#}  {id:<16}  {} → {to}{}",
            shown_time(message.from, zone),
            message.outcome,
            address(message.sender.as_deref()),
            why(message)
        )?;
    }
    hidden(out, trace)?;
    let last = trace.messages.iter().rev();
    if let Some(id) = last.flat_map(|it| &it.queue_ids).next() {
        writeln!(
            out,
            "One of them with all its steps: maillog_exporter trace {id} FILE…"
        )?;
    }
    out.flush()
}

/// Says what was left out.
fn hidden(out: &mut impl Write, trace: &Trace) -> io::Result<()> {
    let hidden = trace.found - trace.messages.len();
    if hidden > 0 {
        writeln!(
            out,
            "{hidden} older messages are not shown; --all shows more than the newest {NEWEST}"
        )?;
    }
    if trace.left_out {
        writeln!(
            out,
            "There are still older ones: too many lines match, and only the newest were followed"
        )?;
    }
    Ok(())
}

/// The reason of the first failure.
fn why(message: &Message) -> String {
    let failed = message.recipients.iter().find(|it| it.condition.is_some());
    let mut text = String::new();
    if let Some(recipient) = failed {
        let codes = codes(recipient.code, recipient.enhanced.as_deref());
        let condition = recipient.condition.as_deref().unwrap_or_default();
        let _ = write!(text, "  {codes} {}", condition.replace('_', " "));
    }
    text.trim_end().to_owned()
}

fn story(out: &mut impl Write, message: &Message, raw: bool, zone: &TimeZone) -> io::Result<()> {
    let (bold, dim) = (Style::new().bold(), Style::new().dimmed());
    let style = style(message.outcome);
    let name = match message.message_ids.first() {
        Some(id) => format!("<{id}>"),
        None => message.queue_ids.first().cloned().unwrap_or_default(),
    };
    writeln!(out, "{bold}Message {name}{bold:#}")?;
    writeln!(out, "  From: {}", address(message.sender.as_deref()))?;
    for recipient in &message.recipients {
        let style = self::style(recipient.outcome);
        let what = if recipient.notification {
            "Notification to"
        } else {
            "To"
        };
        let original = recipient.original.as_ref();
        let original = original.map_or(String::new(), |it| format!(" (written to {it})"));
        let codes = codes(recipient.code, recipient.enhanced.as_deref());
        let condition = recipient
            .condition
            .as_deref()
            .unwrap_or_default()
            .replace('_', " ");
        let line = format!(
            "  {what}: {}{original}  {style}{}{style:#} {codes} {condition}",
            recipient.address, recipient.outcome
        );
        writeln!(out, "{}", line.trim_end())?;
    }
    if message.queue_ids.len() > 1 {
        writeln!(out, "  Queue ids: {}", message.queue_ids.join(", "))?;
    }
    if message.hosts.len() > 1 {
        writeln!(out, "  Hosts: {}", message.hosts.join(", "))?;
    }
    writeln!(
        out,
        "  Outcome: {style}{}{style:#}",
        in_words(message.outcome)
    )?;
    writeln!(out)?;
    for step in &message.steps {
        print_step(out, step, zone)?;
        if raw {
            writeln!(out, "{INDENT}{dim}{}{dim:#}", step.line)?;
        }
    }
    for advice in &message.advice {
        writeln!(out)?;
        for (label, text) in [
            (
                "Why: ",
                format!("{} ({})", advice.meaning, advice.condition),
            ),
            ("Who should act: ", advice.actor.clone()),
            ("What to do: ", advice.remedy.clone()),
            ("More: ", advice.explain.clone()),
        ] {
            for (number, line) in wrap(&format!("{label}{text}")).iter().enumerate() {
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
    let delay = step.delay.map_or(String::new(), shown_delay);
    let origin: Vec<&str> = [&step.host, &step.program, &step.queue_id]
        .into_iter()
        .filter_map(|it| it.as_deref())
        .collect();
    writeln!(
        out,
        "{} {dim}{delay:>8}{dim:#}  {dim}{}{dim:#}  {style}{}{style:#}",
        shown_time(step.time, zone),
        origin.join(" "),
        step.what
    )?;
    let codes = codes(step.code, step.enhanced.as_deref());
    let meaning = step.meaning.as_deref().unwrap_or_default();
    let reply = step.reply.as_deref().unwrap_or_default();
    let quoted = if reply.is_empty() {
        String::new()
    } else {
        format!("“{reply}”")
    };
    let shown = step.outcome.is_some_and(|it| it != "sent") || !reply.is_empty();
    if shown && !(codes.is_empty() && quoted.is_empty()) {
        let parts = [codes, meaning.to_owned(), quoted];
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

fn in_words(outcome: &str) -> &'static str {
    match outcome {
        "delivered" => "delivered to all recipients",
        "failed" => "failed for a recipient",
        "deferred" => "still in the queue at the end of these logs",
        "rejected" => "rejected, not in the queue",
        _ => "these logs do not say what became of it",
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
