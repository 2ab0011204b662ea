//! `report`: totals of a log, for a person or a program.

use std::io::{self, Write};

use serde::Serialize;

use super::Error;
use super::input::{Files, unreadable};
use crate::catalog::{Catalog, Providers};
use crate::metrics::{Counters, Totals};
use crate::parse::{Event, Line, LineParser};
use crate::zone;

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
}

/// How totals are printed.
#[derive(clap::ValueEnum, Clone, Copy, Debug)]
enum Format {
    /// Tables, each code with its name
    Text,
    /// One JSON object
    Json,
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
    let mut counters = Counters::new(catalog);
    let (mut events, mut noise, mut unmatched) = (0, 0, 0);
    args.files.for_each(|path, written, mut lines| {
        let mut parser = LineParser::new(catalog, providers.clone(), zone::local(), written);
        while let Some(line) = lines
            .next_line()
            .map_err(|error| unreadable(path, &error))?
        {
            let mut event = Event::default();
            let parsed = parser.parse(line, &mut event);
            match parsed.line {
                Line::Event(_) => events += 1,
                Line::Noise(_) => noise += 1,
                Line::Unmatched => unmatched += 1,
            }
            counters.count(parsed.time, &parsed.line, i64::MAX);
        }
        Ok(())
    })?;
    let report = Report {
        lines: events + noise + unmatched,
        events,
        noise,
        unmatched,
        totals: counters.totals(&providers),
    };
    let mut output = io::stdout().lock();
    match args.format {
        Format::Json => {
            serde_json::to_writer_pretty(&mut output, &report).map_err(io::Error::from)?;
            writeln!(output)?;
        }
        Format::Text => {
            serde_json::to_writer_pretty(&mut output, &report).map_err(io::Error::from)?
        }
    }
    Ok(())
}
