//! `report`: totals of a log, for a person or a program.

use std::io::{self, Write};

use serde::Serialize;

use super::error::Error;
use super::input::{Files, unreadable};
use super::output::{self, Format};
use super::source_format;
use crate::catalog::{Catalog, Providers};
use crate::metrics::{Counters, CountingVisitor, Counts, Limits, LineCounts, Totals};
use crate::parse::Format as LogFormat;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter report /var/log/mail.log
  maillog_exporter report --format json /var/log/mail.log /var/log/mail.log.*.gz
  zcat old/*.gz | maillog_exporter report -")]
pub struct Args {
    #[command(flatten)]
    files: Files,
    /// How to print the totals
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The mail server that wrote the logs, if it is not to be detected
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: LogFormat,
}

/// Everything `report` tells.
#[derive(Serialize)]
struct Report {
    lines: u64,
    events: u64,
    noise: u64,
    unmatched: u64,
    #[serde(flatten)]
    totals: Totals,
}

/// Runs it.
pub fn run(args: &Args) -> Result<(), Error> {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let mut counters = Counters::within(catalog, Limits::REPORTED);
    let mut read = LineCounts::default();
    let mut parser = args.files.parser(&providers);
    args.files.for_each(|path, file, mut lines| {
        file.select(&mut parser, args.log_format);
        let mut sink = CountingVisitor {
            counters: &mut counters,
            lines: &mut read,
            now: i64::MAX,
            before: |_, _: &_| {},
        };
        while lines
            .read(|lines| parser.read(lines, &mut sink))
            .map_err(|error| unreadable(path, &error))?
        {}
        Ok(())
    })?;
    let report = Report {
        lines: read.events + read.noise + read.unmatched,
        events: read.events,
        noise: read.noise,
        unmatched: read.unmatched,
        totals: counters.totals(&providers),
    };
    output::print(args.format, &report, |output, report| {
        print(output, report, catalog)
    })
}

/// The totals as tables, the most frequent first.
fn print(output: &mut dyn Write, report: &Report, catalog: &Catalog) -> io::Result<()> {
    writeln!(
        output,
        "{} lines: {} events, {} noise, {} not understood",
        report.lines, report.events, report.noise, report.unmatched
    )?;
    let totals = &report.totals;
    for (direction, codes) in &totals.codes {
        let name = |code: &str| {
            let entry = code.parse().ok().and_then(|code| catalog.code(code));
            entry.map_or(String::new(), |entry| entry.name.en.clone())
        };
        table(output, &format!("Codes, {direction}"), codes, name)?;
    }
    for (direction, enhanced) in &totals.enhanced {
        // Those without an enhanced code stand among the codes already.
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
    table(
        output,
        "Connections that failed",
        &totals.connect_errors,
        |_| String::new(),
    )?;
    for (provider, codes) in &totals.providers {
        table(output, &format!("Answers of {provider}"), codes, |_| {
            String::new()
        })?;
    }
    Ok(())
}

/// One table; nothing if it is empty.
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
