//! The report as text: how much mail and what needs attention first, then tables.

use std::io::{self, Write};

use super::figures::{Style, listed, local, server_name};
use super::log_report::LogReport;
use super::tables;
use crate::catalog::{Catalog, grouped};
use crate::metrics::Counts;
use crate::report::{MessageTotals, Problem};

/// Prints a report.
pub(super) fn print(
    output: &mut dyn Write,
    report: &LogReport,
    style: &Style,
    catalog: &Catalog,
) -> io::Result<()> {
    first_screen(output, report, style)?;
    if style.problems_first {
        tables::problems(output, report, style)?;
    }
    totals(output, report, catalog)?;
    tables::traffic(output, report, style)?;
    if !style.problems_first {
        tables::problems(output, report, style)?;
    }
    tables::estimates(output, report)
}

/// The answer: which server, when, how much mail, what needs attention.
fn first_screen(output: &mut dyn Write, report: &LogReport, style: &Style) -> io::Result<()> {
    let summary = &report.summary;
    let servers = report.formats.iter().map(|label| server_name(label));
    let servers: Vec<&str> = servers.collect();
    let mut title = "Mail".to_owned();
    if !summary.hosts.is_empty() {
        title += &format!(" of {}", listed(&summary.hosts));
    }
    if !servers.is_empty() {
        title += &format!(" ({})", servers.join(", "));
    }
    writeln!(output, "{title}")?;
    if let (Some(from), Some(to)) = (summary.from, summary.to) {
        let (from, to) = (local(from, &style.zone), local(to, &style.zone));
        writeln!(output, "{from} to {to}")?;
    }
    if servers.is_empty() {
        writeln!(output, "No mail server is known that writes such a log")?;
    }
    message_totals(output, &summary.messages)?;
    worst(output, &summary.problems, report)?;
    writeln!(
        output,
        "\n{} lines: {} events, {} noise, {} of unknown form",
        report.lines, report.events, report.noise, report.unmatched
    )
}

fn message_totals(output: &mut dyn Write, messages: &MessageTotals) -> io::Result<()> {
    let beside = |parts: &[(u64, &str)]| {
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, name)| format!("{} {name}", grouped(*count)))
            .collect();
        match parts.is_empty() {
            true => String::new(),
            false => format!("({})", parts.join(", ")),
        }
    };
    let rows = [
        (
            messages.received,
            "received",
            beside(&[(messages.bytes_received, "bytes")]),
        ),
        (
            messages.delivered,
            "delivered",
            beside(&[
                (messages.forwarded, "forwarded"),
                (messages.bytes_delivered, "bytes"),
            ]),
        ),
        (
            messages.deferred,
            "deferred",
            beside(&[(messages.deferrals, "deferrals")]),
        ),
        (
            messages.bounced,
            "bounced",
            beside(&[(messages.expired, "expired")]),
        ),
        (
            messages.rejected,
            "rejected",
            beside(&[
                (messages.reject_warnings, "reject warnings"),
                (messages.held, "held"),
                (messages.discarded, "discarded"),
            ]),
        ),
    ];
    writeln!(output)?;
    for (count, name, beside) in rows {
        let row = format!("{:>12}  {name:<10}  {beside}", grouped(count));
        writeln!(output, "{}", row.trim_end())?;
    }
    Ok(())
}

/// What needs attention, with what to do first.
fn worst(output: &mut dyn Write, problems: &[Problem], report: &LogReport) -> io::Result<()> {
    let levels = &report.summary.sessions.diagnostics;
    let count = |level| levels.get(level).copied().unwrap_or_default();
    let fatal = count("fatal") + count("panic");
    if problems.is_empty() && fatal == 0 {
        return writeln!(output, "\nNothing failed.");
    }
    writeln!(output, "\nWhat needs attention")?;
    if fatal > 0 {
        writeln!(
            output,
            "{:>12}  fatal errors and panics of the server itself\n{:14}First: Read them; --detail 20 lists them",
            grouped(fatal),
            ""
        )?;
    }
    let mut last_step = "";
    for problem in problems {
        let code = match problem.code {
            Some(code) => format!("{code:03} "),
            None => String::new(),
        };
        let who = match (problem.provider.as_str(), problem.direction) {
            ("", "inbound") => " to clients of this server".to_owned(),
            ("" | "other", _) => String::new(),
            (provider, _) => format!(" from {provider}"),
        };
        writeln!(
            output,
            "{:>12}  {code}{}{who}: {}",
            grouped(problem.count),
            problem.condition,
            problem.short
        )?;
        // Several providers may say the same.
        if !problem.first_step.is_empty() && problem.first_step != last_step {
            writeln!(output, "{:14}First: {}", "", problem.first_step)?;
        }
        last_step = &problem.first_step;
    }
    Ok(())
}

/// The totals by code, condition and provider, sorted by count.
fn totals(output: &mut dyn Write, report: &LogReport, catalog: &Catalog) -> io::Result<()> {
    let totals = &report.totals;
    for (direction, codes) in &totals.codes {
        let name = |code: &str| {
            let entry = code.parse().ok().and_then(|code| catalog.code(code));
            entry.map_or(String::new(), |entry| entry.name.en.clone())
        };
        table(output, &format!("Codes, {direction}"), codes, name)?;
    }
    for (direction, enhanced) in &totals.enhanced {
        // Replies without an enhanced code are in the table of codes.
        let enhanced: Counts = enhanced
            .iter()
            .filter(|(code, _)| code.contains(' '))
            .map(|(code, &count)| (code.clone(), count))
            .collect();
        table(
            output,
            &format!("Enhanced codes, {direction}"),
            &enhanced,
            |_| String::new(),
        )?;
    }
    for (direction, conditions) in &totals.conditions {
        let meaning = |condition: &str| {
            let id = catalog.condition_named(condition);
            id.and_then(|id| catalog.conditions().get(usize::from(id.0)))
                .map_or(String::new(), |condition| condition.meaning.en.clone())
        };
        table(
            output,
            &format!("Conditions, {direction}"),
            conditions,
            meaning,
        )?;
    }
    table(output, "Deliveries", &totals.deliveries, |_| String::new())?;
    table(output, "Failed connections", &totals.connect_errors, |_| {
        String::new()
    })?;
    for (provider, codes) in &totals.providers {
        table(output, &format!("Replies of {provider}"), codes, |_| {
            String::new()
        })?;
    }
    Ok(())
}

/// Prints one table; nothing if it is empty.
fn table(
    output: &mut dyn Write,
    title: &str,
    counts: &Counts,
    meaning: impl Fn(&str) -> String,
) -> io::Result<()> {
    let mut rows: Vec<_> = counts.iter().filter(|(_, count)| **count > 0).collect();
    if rows.is_empty() {
        return Ok(());
    }
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
    writeln!(output, "\n{title}")?;
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, count) in rows {
        let row = format!("{count:>12}  {name:width$}  {}", meaning(name));
        writeln!(output, "{}", row.trim_end())?;
    }
    Ok(())
}
