//! `replay --tune` as text: a table for each rule.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::span;
use super::tune::{TuneReport, TunedRule, Variant};
use crate::catalog::Span;

/// The columns of a cell.
const CELL: usize = 18;

/// Prints the tables.
pub fn print(output: &mut dyn Write, report: &TuneReport) -> io::Result<()> {
    write!(output, "{} lines", report.lines)?;
    span(output, report.from, report.to)?;
    writeln!(
        output,
        "Each cell: alerts per week, and minutes of outage in which one fires. * is the policy."
    )?;
    if report.weeks < 1.0 {
        let days = report.weeks * 7.0;
        writeln!(
            output,
            "The log has {days:.1} days: numbers per week are those of {days:.1} days, multiplied."
        )?;
    }
    for rule in &report.rules {
        print_rule(output, rule)?;
    }
    if !report.quiet.is_empty() {
        let names = report.quiet.join(", ");
        writeln!(
            output,
            "\nWithout an alert with any of these figures: {names}"
        )?;
    }
    Ok(())
}

fn print_rule(output: &mut dyn Write, rule: &TunedRule) -> io::Result<()> {
    let outages = match rule.outages {
        1 => "1 outage".to_owned(),
        outages => format!("{outages} outages"),
    };
    writeln!(
        output,
        "\n{}  {}  {outages}, {:.0} min",
        rule.alert, rule.severity, rule.outage_minutes
    )?;
    let durations: BTreeSet<u32> = rule.variants.iter().map(|it| it.for_seconds).collect();
    write!(output, "  {:<10}", rule.figure)?;
    for seconds in &durations {
        write!(output, "{:>CELL$}", format!("for {}", Span(*seconds)))?;
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
            write!(output, "{:>CELL$}", cell.map_or_else(String::new, text))?;
        }
        writeln!(output)?;
    }
    Ok(())
}

fn text(cell: &Variant) -> String {
    let mark = if cell.is_policy { "* " } else { "" };
    format!(
        "{mark}{:.1}  {:.0} min",
        cell.alerts_per_week, cell.seen_minutes
    )
}

fn level(rule: &TunedRule, level: f64) -> String {
    match rule.figure {
        "share" => format!("{} %", (level * 10_000.0).round() / 100.0),
        _ => format!("{level:.0}"),
    }
}
