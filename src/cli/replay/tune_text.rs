//! `replay --tune` as text: a table for each rule.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::tune::{TuneReport, TunedRule, Variant};
use super::{headline, severity, words};
use crate::catalog::{Language, Span};
use crate::cli::terminal::{left, right};

/// The columns of a cell.
const CELL: usize = 18;

/// Prints the tables.
pub fn print(output: &mut dyn Write, report: &TuneReport, language: Language) -> io::Result<()> {
    let lines = words::LINES.fill(language, &[&report.lines]);
    writeln!(
        output,
        "{}",
        headline(&lines, report.from, report.to, language)
    )?;
    writeln!(output, "{}", words::CELLS.of(language))?;
    if report.weeks < 1.0 {
        let days = format!("{:.1}", report.weeks * 7.0);
        writeln!(output, "{}", words::SHORT_LOG.fill(language, &[&days]))?;
    }
    for rule in &report.rules {
        print_rule(output, rule, language)?;
    }
    if !report.quiet.is_empty() {
        let names = report.quiet.join(language.comma());
        writeln!(output, "\n{}", words::QUIET.fill(language, &[&names]))?;
    }
    Ok(())
}

fn print_rule(output: &mut dyn Write, rule: &TunedRule, language: Language) -> io::Result<()> {
    let outages = match rule.outages {
        1 => words::OUTAGE,
        _ => words::OUTAGES,
    };
    let minutes = format!("{:.0}", rule.outage_minutes);
    let outages = outages.fill(language, &[&rule.outages, &minutes]);
    let severity = severity(rule.severity, language);
    writeln!(output, "\n{}  {severity}  {outages}", rule.alert)?;
    let durations: BTreeSet<u32> = rule.variants.iter().map(|it| it.for_seconds).collect();
    let figure = match rule.figure {
        "share" => words::SHARE,
        _ => words::COUNT,
    };
    write!(output, "  {}", left(figure.of(language), 10))?;
    for seconds in &durations {
        let title = words::FOR.fill(language, &[&Span(*seconds)]);
        write!(output, "{}", right(&title, CELL))?;
    }
    writeln!(output)?;
    let mut rest = rule.variants.as_slice();
    while let Some(first) = rest.first() {
        let count = rest.iter().take_while(|it| it.level == first.level).count();
        let (row, others) = rest.split_at(count);
        rest = others;
        write!(output, "  {:<10}", level(rule, first.level))?;
        for seconds in &durations {
            let cell = row.iter().find(|it| it.for_seconds == *seconds);
            let cell = cell.map_or_else(String::new, |cell| text(cell, language));
            write!(output, "{}", right(&cell, CELL))?;
        }
        writeln!(output)?;
    }
    Ok(())
}

fn text(cell: &Variant, language: Language) -> String {
    let mark = if cell.is_policy { "* " } else { "" };
    let alerts = format!("{:.1}", cell.alerts_per_week);
    let minutes = format!("{:.0}", cell.seen_minutes);
    words::CELL.fill(language, &[&mark, &alerts, &minutes])
}

fn level(rule: &TunedRule, level: f64) -> String {
    match rule.figure {
        "share" => format!("{} %", (level * 10_000.0).round() / 100.0),
        _ => format!("{level:.0}"),
    }
}
