//! The command `report`: prints the totals of a log, as text or JSON.

use std::io::{self, Write};

use serde::Serialize;

use super::error::Error;
use super::input::{LogFiles, unreadable};
use super::output::{self, OutputFormat};
use super::source_format;
use crate::catalog::Catalog;
use crate::metrics::{Counters, CountingVisitor, Counts, Limits, LineCounts, Totals};
use crate::parse::Format;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter report /var/log/mail.log
  maillog_exporter report --format json /var/log/mail.log /var/log/mail.log.*.gz
  zcat old/*.gz | maillog_exporter report -")]
pub struct Args {
    #[command(flatten)]
    files: LogFiles,
    /// How to print the totals
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: Format,
}

/// The output of `report`.
#[derive(Serialize)]
struct LogReport {
    /// The mail servers whose logs were read, by their `mta` labels.
    formats: Vec<&'static str>,
    lines: u64,
    events: u64,
    noise: u64,
    unmatched: u64,
    #[serde(flatten)]
    totals: Totals,
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let catalog = Catalog::embedded();
    let settings = args.files.settings(args.log_format)?;
    let mut counters = Counters::within(catalog, Limits::REPORTED);
    let mut read = LineCounts::default();
    let mut parser = args.files.parser(&settings);
    let format = args.log_format;
    args.files
        .for_each_by_time(&settings, format, |path, file, mut lines| {
            file.select(&mut parser, format);
            let mut visitor = CountingVisitor {
                counters: &mut counters,
                lines: &mut read,
                now: i64::MAX,
                before: |time, _, _: &_| time,
            };
            while lines
                .read(|lines| parser.read(lines, &mut visitor))
                .map_err(|error| unreadable(path, &error))?
            {}
            Ok(())
        })?;
    let report = LogReport {
        formats: args.files.formats(&parser),
        lines: read.events + read.noise + read.unmatched,
        events: read.events,
        noise: read.noise,
        unmatched: read.unmatched,
        totals: counters.totals(&settings.providers),
    };
    output::print(args.format, &report, |output, report| {
        print(output, report, catalog)
    })
}

/// Prints the totals as tables, sorted by count.
fn print(output: &mut dyn Write, report: &LogReport, catalog: &Catalog) -> io::Result<()> {
    writeln!(
        output,
        "{} lines: {} events, {} noise, {} of unknown form",
        report.lines, report.events, report.noise, report.unmatched
    )?;
    match &*report.formats {
        [] => writeln!(output, "No mail server is known that writes such a log")?,
        formats => writeln!(output, "Log of {}", formats.join(", "))?,
    }
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
