//! The report as text: how much mail and what needs attention first, then tables.

use std::io::{self, Write};

use super::figures::{Style, listed, local, server_name};
use super::log_report::LogReport;
use super::{row, tables, words};
use crate::catalog::{Catalog, Language, grouped};
use crate::cli::terminal::width;
use crate::cli::wording::Wording;
use crate::cli::{labels, script};
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
    totals(output, report, style, catalog)?;
    tables::traffic(output, report, style)?;
    if !style.problems_first {
        tables::problems(output, report, style)?;
    }
    tables::estimates(output, report, style.language)
}

/// The answer: which server, when, how much mail, what needs attention.
fn first_screen(output: &mut dyn Write, report: &LogReport, style: &Style) -> io::Result<()> {
    let (summary, language) = (&report.summary, style.language);
    let servers = report.formats.iter().map(|label| server_name(label));
    let servers: Vec<&str> = servers.collect();
    let mut title = match summary.hosts.is_empty() {
        true => words::MAIL.of(language).to_owned(),
        false => words::MAIL_OF.fill(language, &[&listed(&summary.hosts, language)]),
    };
    if !servers.is_empty() {
        title += &words::SERVERS.fill(language, &[&servers.join(language.comma())]);
    }
    writeln!(output, "{title}")?;
    if let (Some(from), Some(to)) = (summary.from, summary.to) {
        let (from, to) = (local(from, &style.zone), local(to, &style.zone));
        writeln!(output, "{}", words::SPAN.fill(language, &[&from, &to]))?;
    }
    if servers.is_empty() {
        writeln!(output, "{}", words::NO_SERVER.of(language))?;
    }
    message_totals(output, &summary.messages, style)?;
    worst(output, report, style)?;
    let counts: [&dyn std::fmt::Display; 4] = [
        &report.lines,
        &report.events,
        &report.noise,
        &report.unmatched,
    ];
    writeln!(output)?;
    row::paragraph(output, style, &words::LINES.fill(language, &counts))
}

fn message_totals(
    output: &mut dyn Write,
    messages: &MessageTotals,
    style: &Style,
) -> io::Result<()> {
    let language = style.language;
    let beside = |parts: &[(u64, Wording)]| {
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let part = |(count, name): &(u64, Wording)| match (language, *name) {
            // A unit, not the name of a count.
            (Language::En, name) | (_, name @ words::BYTES) => {
                format!("{} {}", grouped(*count), name.of(language))
            }
            (Language::Zh, name) => format!("{} {}", name.of(language), grouped(*count)),
        };
        let parts: Vec<String> = parts.map(part).collect();
        let parts = parts.join(language.comma());
        match (parts.is_empty(), language) {
            (true, _) => parts,
            (false, Language::En) => format!("({parts})"),
            (false, Language::Zh) => format!("（{parts}）"),
        }
    };
    let rows = [
        (
            messages.received,
            words::RECEIVED,
            beside(&[(messages.bytes_received, words::BYTES)]),
        ),
        (
            messages.delivered,
            words::DELIVERED,
            beside(&[
                (messages.forwarded, words::FORWARDED),
                (messages.bytes_delivered, words::BYTES),
            ]),
        ),
        (
            messages.deferred,
            words::DEFERRED,
            beside(&[(messages.deferrals, words::DEFERRALS)]),
        ),
        (
            messages.bounced,
            words::BOUNCED,
            beside(&[(messages.expired, words::EXPIRED)]),
        ),
        (
            messages.rejected,
            words::REJECTED,
            beside(&[
                (messages.reject_warnings, words::REJECT_WARNINGS),
                (messages.held, words::HELD),
                (messages.discarded, words::DISCARDED),
            ]),
        ),
    ];
    writeln!(output)?;
    for (count, name, beside) in rows {
        let name = (name.of(language), 10);
        row::named(output, style, &grouped(count), name, &beside)?;
    }
    Ok(())
}

/// What needs attention, with what to do first.
fn worst(output: &mut dyn Write, report: &LogReport, style: &Style) -> io::Result<()> {
    let (problems, language) = (&report.summary.problems, style.language);
    let levels = &report.summary.sessions.diagnostics;
    let count = |level| levels.get(level).copied().unwrap_or_default();
    let fatal = count("fatal") + count("panic");
    if problems.is_empty() && fatal == 0 {
        return writeln!(output, "\n{}", words::NOTHING_FAILED.of(language));
    }
    writeln!(output, "\n{}", words::ATTENTION.of(language))?;
    if fatal > 0 {
        let what = words::FATAL.of(language);
        row::counted(output, style, &grouped(fatal), what)?;
        let first = words::FIRST.fill(language, &[&words::READ_FATAL.of(language)]);
        row::indented(output, style, &first)?;
    }
    let mut last_step = "";
    for problem in problems {
        let count = grouped(problem.count);
        row::counted(output, style, &count, &in_words(problem, language))?;
        // Several providers may say the same.
        if !problem.first_step.is_empty() && problem.first_step != last_step {
            let step = script::shown(&problem.first_step);
            let first = words::FIRST.fill(language, &[&step]);
            row::indented(output, style, &first)?;
        }
        last_step = &problem.first_step;
    }
    Ok(())
}

/// Code, condition, who said it, and what is wrong: `421 rate_limited from google: …`.
fn in_words(problem: &Problem, language: Language) -> String {
    let (condition, short) = (&problem.condition, script::shown(&problem.short));
    let code = match problem.code {
        Some(code) => format!("{code:03} "),
        None => String::new(),
    };
    let inbound = words::TO_CLIENTS.of(language);
    let who = match (problem.provider.as_str(), problem.direction, language) {
        ("", "inbound", Language::En) => inbound.to_owned(),
        ("", "inbound", Language::Zh) => format!("（{inbound}）"),
        ("" | "other", ..) => String::new(),
        (provider, _, Language::En) => format!(" from {provider}"),
        (provider, _, Language::Zh) => {
            format!("（{}）", labels::provider(provider, language))
        }
    };
    match language {
        Language::En => format!("{code}{condition}{who}: {short}"),
        Language::Zh => format!("{code}{condition}{who}：{short}"),
    }
}

/// The totals by code, condition and provider, sorted by count.
fn totals(
    output: &mut dyn Write,
    report: &LogReport,
    style: &Style,
    catalog: &Catalog,
) -> io::Result<()> {
    let (totals, language) = (&report.totals, style.language);
    let of_direction = |title: Wording, direction: &str| {
        title.fill(language, &[&labels::direction(direction, language)])
    };
    let none = |_: &str| String::new();
    for (direction, codes) in &totals.codes {
        let name = |code: &str| {
            let entry = code.parse().ok().and_then(|code| catalog.code(code));
            entry.map_or(String::new(), |entry| {
                script::shown(language.of(&entry.name)).into_owned()
            })
        };
        let title = of_direction(words::CODES, direction);
        table(output, style, &title, codes, name)?;
    }
    for (direction, enhanced) in &totals.enhanced {
        // Replies without an enhanced code are in the table of codes.
        let enhanced: Counts = enhanced
            .iter()
            .filter(|(code, _)| code.contains(' '))
            .map(|(code, &count)| (code.clone(), count))
            .collect();
        let title = of_direction(words::ENHANCED, direction);
        table(output, style, &title, &enhanced, none)?;
    }
    for (direction, conditions) in &totals.conditions {
        let meaning = |condition: &str| {
            let id = catalog.condition_named(condition);
            id.and_then(|id| catalog.conditions().get(usize::from(id.0)))
                .map_or(String::new(), |condition| {
                    script::shown(language.of(&condition.meaning)).into_owned()
                })
        };
        let title = of_direction(words::CONDITIONS, direction);
        table(output, style, &title, conditions, meaning)?;
    }
    let in_words = |counts: &Counts, word: fn(&str, Language) -> &str| -> Counts {
        let counts = counts.iter();
        let counts = counts.map(|(name, count)| (word(name, language).to_owned(), *count));
        counts.collect()
    };
    for (title, counts, word) in [
        (
            words::DELIVERIES,
            &totals.deliveries,
            labels::outcome as fn(&str, Language) -> &str,
        ),
        (
            words::FAILED_CONNECTIONS,
            &totals.connect_errors,
            labels::connect_error,
        ),
    ] {
        let title = title.of(language);
        table(output, style, title, &in_words(counts, word), none)?;
    }
    for (provider, codes) in &totals.providers {
        let provider = match language {
            Language::En => provider,
            Language::Zh => labels::provider(provider, language),
        };
        let title = words::REPLIES_OF.fill(language, &[&provider]);
        table(output, style, &title, codes, none)?;
    }
    Ok(())
}

/// Prints one table; nothing if it is empty.
fn table(
    output: &mut dyn Write,
    style: &Style,
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
    let columns = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, count) in rows {
        let name = (name.as_str(), columns);
        row::named(output, style, &count.to_string(), name, &meaning(name.0))?;
    }
    Ok(())
}
