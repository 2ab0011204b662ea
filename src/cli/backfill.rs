//! The command `backfill`: the counters of old logs as OpenMetrics text with timestamps, for Prometheus.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::duration;
use super::error::Error;
use super::input::{LineReader, LogFiles};
use super::source_format;
use super::threads::Threads;
use crate::backfill::{MAX_STEP, Recorder, Target};
use crate::catalog::Catalog;
use crate::metrics::{Counters, CountingVisitor, LineCounts};
use crate::parse::{Format, Visitor};

/// The port of the exporter, for the label `instance`.
const PORT: u16 = 9925;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter backfill --output-dir past /var/log/mail.log.*
  promtool tsdb create-blocks-from openmetrics past/2026-11-23.om data
  zcat old/*.gz | maillog_exporter backfill --instance mx1:9925 - > past.om

docs/history.md describes how to get them into Prometheus.")]
pub struct Args {
    #[command(flatten)]
    files: LogFiles,
    #[command(flatten)]
    threads: Threads,
    /// File to write to instead of standard output
    #[arg(long, value_name = "FILE", conflicts_with = "output_dir")]
    output: Option<PathBuf>,
    /// Directory to write a file for each day (UTC) to, which promtool reads faster than one large file
    #[arg(long, value_name = "DIR")]
    output_dir: Option<PathBuf>,
    /// Time between two samples: the scrape interval; at most 4m
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = step)]
    step: Duration,
    /// Value of the label instance: the address that Prometheus scrapes [default: HOST:9925]
    #[arg(long, value_name = "ADDRESS")]
    instance: Option<String>,
    /// Value of the label job
    #[arg(long, value_name = "NAME", default_value = "maillog")]
    job: String,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    format: Format,
}

/// Parses `--step`.
fn step(text: &str) -> Result<Duration, String> {
    let step = duration::parse(text)?;
    let is_whole = step.subsec_nanos() == 0;
    match is_whole && step <= Duration::from_secs(MAX_STEP.unsigned_abs()) {
        true => Ok(step),
        false => Err(format!(
            "{text:?} is not a step; expected whole seconds, at most 4m"
        )),
    }
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let settings = args.files.settings(args.format)?;
    let output = Output::open(args)?;
    let providers = settings.providers.names().map(str::to_owned).collect();
    let recorder = Recorder::new(args.step.as_secs() as i64, providers).map_err(temporary)?;
    let mut reader = BackfillReader {
        counters: Counters::new(Catalog::embedded()),
        lines: LineCounts::default(),
        recorder,
    };
    let mut parser = args.files.parser(&settings);
    let threads = args.threads.count();
    args.files
        .read_by_time(&settings, args.format, threads, &mut parser, &mut reader)?;
    let target = Target {
        instance: args.instance.clone().unwrap_or_else(instance),
        job: args.job.clone(),
    };
    let samples = reader.recorder.finish(&reader.counters, &target);
    let mut samples = samples.map_err(temporary)?;
    match output {
        Output::Stream(mut stream) => samples.write(&mut stream)?,
        Output::Days(folder) => samples.write_days(|day| {
            let day = Timestamp::from_second(day).map_err(io::Error::other)?;
            let path = folder.join(format!("{}.om", day.strftime("%Y-%m-%d")));
            File::create(path).map(BufWriter::new)
        })?,
    }
    Ok(())
}

/// Counts, and records what the counters have grown by.
struct BackfillReader {
    counters: Counters,
    lines: LineCounts,
    recorder: Recorder,
}

impl LineReader for BackfillReader {
    fn begin_file(&mut self) {
        self.recorder.begin_file();
    }

    fn visitor<'v>(&'v mut self, _: &'v [&'v [u8]]) -> impl for<'a> Visitor<'a> {
        CountingVisitor {
            counters: &mut self.counters,
            lines: &mut self.lines,
            now: i64::MAX,
            before: |time, _, counters: &Counters| self.recorder.line(time, counters),
        }
    }

    fn check(&mut self) -> Result<(), Error> {
        self.recorder.check().map_err(temporary)
    }
}

/// Where the text goes.
enum Output {
    /// Into one document.
    Stream(Box<dyn Write>),
    /// Into one file per day in this directory.
    Days(PathBuf),
}

impl Output {
    /// Opened before logs are read, so that errors are reported early.
    fn open(args: &Args) -> Result<Self, Error> {
        let failed = |path: &Path, error: io::Error| {
            Error::Runtime(format!("cannot write {}: {error}", path.display()))
        };
        if let Some(folder) = &args.output_dir {
            fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
            return Ok(Output::Days(folder.clone()));
        }
        Ok(Output::Stream(match &args.output {
            Some(path) => {
                let file = File::create(path).map_err(|error| failed(path, error))?;
                Box::new(BufWriter::new(file))
            }
            None => Box::new(BufWriter::new(io::stdout().lock())),
        }))
    }
}

fn temporary(error: io::Error) -> Error {
    Error::Runtime(format!("cannot write a temporary file: {error}"))
}

/// The address of an exporter on this machine as Prometheus scrapes it.
fn instance() -> String {
    let host = rustix::system::uname();
    format!("{}:{PORT}", host.nodename().to_string_lossy())
}
