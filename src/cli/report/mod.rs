//! The command `report`: what a log says about mail, as text, JSON or HTML.

mod figures;
mod hour_chart;
mod html;
mod log_report;
mod row;
mod selection;
mod tables;
mod text;
mod time_argument;
mod visitor;
mod words;

use jiff::Timestamp;

use self::figures::Style;
use self::log_report::LogReport;
use self::selection::Selection;
use self::time_argument::TimeArgument;
use self::visitor::ReportVisitor;
use super::error::Error;
use super::input::{LineReader, LogFiles, ReadSettings};
use super::language::{LanguageParser, Locale};
use super::output;
use super::source_format;
use super::terminal;
use super::threads::Threads;
use crate::catalog::{Catalog, Language};
use crate::metrics::{Counters, CountingVisitor, Limits, LineCounts};
use crate::parse::{Format, LineParser, Stamp, Visitor};
use crate::report::{Collector, CollectorOptions, SummaryOptions};

/// How a report is printed.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq)]
enum ReportFormat {
    /// Readable text
    Text,
    /// A JSON object
    Json,
    /// One page of HTML that can be mailed
    Html,
}

impl ReportFormat {
    /// Rows of each table, where `--detail` does not say so.
    fn default_rows(self) -> usize {
        match self {
            ReportFormat::Text => 0,
            ReportFormat::Json => 1000,
            ReportFormat::Html => 20,
        }
    }
}

/// How many problems the report begins with.
const PROBLEMS: usize = 5;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter report /var/log/mail.log
  maillog_exporter report --detail 20 --since yesterday /var/log/mail.log*
  maillog_exporter report --format json /var/log/mail.log*
  maillog_exporter report --lang zh /var/log/mail.log
  maillog_exporter report --detail 10 --domain example.com /var/log/mail.log
  zcat old/*.gz | maillog_exporter report -")]
pub struct Args {
    #[command(flatten)]
    files: LogFiles,
    #[command(flatten)]
    threads: Threads,
    /// How to print the totals
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    format: ReportFormat,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: Format,
    /// Rows of each table of senders, recipients, domains, clients and reasons; 0 for none [default: none in text, 1000
    /// in JSON, 20 in HTML]
    #[arg(long, value_name = "N")]
    detail: Option<usize>,
    /// Print the tables of failures and warnings before those of traffic
    #[arg(long)]
    problems_first: bool,
    /// Lines of this time or later: 2026-11-20, "2026-11-20 15:30", 15:30, yesterday, today, now
    #[arg(long, value_name = "TIME")]
    since: Option<TimeArgument>,
    /// Lines before this time
    #[arg(long, value_name = "TIME")]
    until: Option<TimeArgument>,
    /// Lines of this host, by the syslog header
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// Mail from or to this domain
    #[arg(long, value_name = "DOMAIN")]
    domain: Option<String>,
    /// Language of the text [default: from the environment]
    #[arg(long = "lang", value_name = "LANG", value_parser = LanguageParser)]
    language: Option<Locale>,
    /// Print hours and days without mail, too
    #[arg(long)]
    zero_fill: bool,
    /// The most memory for the tables; beyond it, rare names are dropped and the report says so
    #[arg(long, value_name = "SIZE", default_value = "256MiB", value_parser = memory_size)]
    memory: usize,
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.language
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let catalog = Catalog::embedded();
    let settings = args.files.settings(args.log_format)?;
    let language = match args.format {
        // The texts of JSON are for programs.
        ReportFormat::Json => Language::En,
        _ => Locale::chosen(args.language),
    };
    let report = read(args, &settings, language)?;
    let style = Style {
        rows: args.detail.unwrap_or_default(),
        problems_first: args.problems_first,
        zero_fill: args.zero_fill,
        zone: settings.zone().clone(),
        language,
        columns: terminal::window(),
    };
    output::print_with(|output| match args.format {
        ReportFormat::Text => text::print(output, &report, &style, catalog),
        ReportFormat::Json => output::json(output, &report),
        ReportFormat::Html => html::print(output, &report, &style),
    })
}

/// Reads the files.
fn read(args: &Args, settings: &ReadSettings, language: Language) -> Result<LogReport, Error> {
    let catalog = Catalog::embedded();
    let rows = args.detail.unwrap_or(args.format.default_rows());
    let options = CollectorOptions {
        details: rows > 0,
        memory: args.memory,
    };
    let mut reader = ReportReader {
        counters: Counters::within(catalog, Limits::REPORTED),
        counts: LineCounts::default(),
        collector: Collector::new(options, settings.zone().clone()),
        selection: selection(args, settings)?,
        host: args.host.clone(),
    };
    let mut parser = args.files.parser(settings);
    // The host of a line is known where lines are parsed one by one.
    let threads = if args.host.is_some() {
        1
    } else {
        args.threads.count()
    };
    args.files
        .read_by_time(settings, args.log_format, threads, &mut parser, &mut reader)?;
    let ReportReader {
        counters,
        counts,
        collector,
        ..
    } = reader;
    let options = SummaryOptions {
        rows,
        problems: PROBLEMS,
        zero_fill: args.zero_fill,
        language,
    };
    Ok(LogReport {
        formats: args.files.formats(&parser),
        lines: counts.events + counts.noise + counts.unmatched,
        events: counts.events,
        noise: counts.noise,
        unmatched: counts.unmatched,
        totals: counters.totals(&settings.providers),
        summary: collector.summary(&counters, catalog, &settings.providers, &options),
    })
}

/// Counts and collects the selected lines.
struct ReportReader {
    counters: Counters,
    counts: LineCounts,
    collector: Collector,
    selection: Selection,
    /// The only host whose lines are wanted.
    host: Option<String>,
}

impl ReportReader {
    fn report_visitor<'v>(
        &'v mut self,
        lines: &'v [&'v [u8]],
    ) -> ReportVisitor<'v, impl FnMut(Option<Stamp>, bool, &Counters) -> Option<Stamp>> {
        let counting = CountingVisitor {
            counters: &mut self.counters,
            lines: &mut self.counts,
            now: i64::MAX,
            before: |time, _, _: &Counters| time,
        };
        ReportVisitor::new(counting, &mut self.collector, &mut self.selection, lines)
    }
}

impl LineReader for ReportReader {
    fn visitor<'v>(&'v mut self, lines: &'v [&'v [u8]]) -> impl for<'a> Visitor<'a> {
        self.report_visitor(lines)
    }

    fn read(&mut self, parser: &mut LineParser, lines: &[&[u8]]) {
        let Some(host) = self.host.clone() else {
            return parser.read(lines, &mut self.visitor(lines));
        };
        parser.detect(lines);
        let mut visitor = self.report_visitor(lines);
        for line in lines {
            let mut slot = None;
            let parsed = parser.parse(line, &mut slot);
            match parsed.host.eq_ignore_ascii_case(host.as_bytes()) {
                true => visitor.parsed(parsed),
                false => visitor.skip(),
            }
        }
    }
}

/// Which lines the options select.
fn selection(args: &Args, settings: &ReadSettings) -> Result<Selection, Error> {
    let now = Timestamp::now();
    let second = |time: &Option<TimeArgument>| match time {
        None => Ok(None),
        Some(time) => match time.second(now, settings.zone()) {
            Some(second) => Ok(Some(second)),
            None => Err(Error::Usage(format!(
                "{time} does not exist in this time zone"
            ))),
        },
    };
    let (since, until) = (second(&args.since)?, second(&args.until)?);
    if let (Some(since), Some(until)) = (since, until)
        && since >= until
    {
        let problem = "--since must be before --until: nothing can be in between";
        return Err(Error::Usage(problem.to_owned()));
    }
    Ok(Selection::new(since, until, args.domain.as_deref()))
}

/// Parses `256MiB`, `1G`, `500000000`.
fn memory_size(text: &str) -> Result<usize, String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit: usize = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err("give a size such as 256MiB or 1GiB".to_owned()),
    };
    let size = number.parse::<usize>().ok();
    let size = size.and_then(|number| number.checked_mul(unit));
    match size {
        Some(size) if size >= 1 << 20 => Ok(size),
        Some(_) => Err("must be at least 1MiB".to_owned()),
        None => Err("give a size such as 256MiB or 1GiB".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_sizes_have_units() {
        assert_eq!(memory_size("256MiB"), Ok(256 << 20));
        assert_eq!(memory_size("1g"), Ok(1 << 30));
        assert_eq!(memory_size("2000000"), Ok(2_000_000));
        for wrong in ["", "MiB", "1T", "5", "1kB", "-1M", "99999999999G"] {
            assert!(memory_size(wrong).is_err(), "{wrong}");
        }
    }
}
