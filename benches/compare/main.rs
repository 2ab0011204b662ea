//! What it costs to read a Postfix log, beside `grep`, `wc` and other exporters, and whether the
//! counts are right.
//!
//! ```text
//! cargo bench --bench compare                        a million lines; prints a Markdown table
//! cargo bench --bench compare -- --lines 100000 --runs 3 --no-peers
//! cargo bench --bench compare -- --as-written        the log as a mail server left it a moment ago
//! cargo bench --bench compare -- --serve             the daemon: following, idle, scraped
//! cargo bench --bench compare -- --serve --state     the same with its state kept
//! ```
//!
//! Every program reads the same file from a warm page cache, in turn, on one core. The cache was filled
//! from the disk. CPU time and peak memory are the kernel's (wait4(2)).

#[path = "../log/mod.rs"]
mod log;

mod check;
mod exporter;
mod feed;
mod http;
mod machine;
mod measure;
mod programs;
mod serve;
mod table;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use jiff::Timestamp;

use log::{Stamps, Style, Truth};

/// Compares the cost of reading a Postfix log.
#[derive(Parser, Clone)]
pub struct Options {
    /// Lines of the log
    #[arg(long, default_value_t = 1_000_000)]
    lines: u64,
    /// Times that each quick program runs; the table has the median
    #[arg(long, default_value_t = 5)]
    runs: usize,
    /// Times that each of the slow peers runs
    #[arg(long, default_value_t = 1)]
    peer_runs: usize,
    /// Leave out mtail and prometheus-postfix-exporter
    #[arg(long)]
    no_peers: bool,
    /// Measure the daemon instead
    #[arg(long)]
    serve: bool,
    /// Let the daemon keep its state
    #[arg(long)]
    state: bool,
    /// Seconds that each measurement of the daemon takes
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Another maillog_exporter than the one cargo built for this
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_maillog_exporter"))]
    program: PathBuf,
    /// The core that everything measured runs on
    #[arg(long, default_value_t = 0)]
    core: usize,
    /// Chooses the traffic
    #[arg(long, default_value_t = 421)]
    seed: u64,
    /// The form of the stamps
    #[arg(long, value_enum, default_value_t = Stamps::Rfc3164)]
    stamps: Stamps,
    /// Postfix's syslog_name
    #[arg(long, default_value = "postfix")]
    syslog_name: String,
    /// Queue ids as with enable_long_queue_ids
    #[arg(long)]
    long_queue_ids: bool,
    /// Leave the log in the page cache as it was written, in small pieces, instead of reading it from the
    /// disk once
    #[arg(long)]
    as_written: bool,
    /// Keep the log, and say where it is
    #[arg(long)]
    keep: bool,
    /// Only write the log, to this path, and its truth as JSON to standard output
    #[arg(long, value_name = "PATH")]
    write_log: Option<PathBuf>,
    /// What cargo adds
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn style(&self) -> Style {
        Style {
            syslog_name: self.syslog_name.clone(),
            long_queue_ids: self.long_queue_ids,
        }
    }
}

fn main() -> ExitCode {
    let mut options = Options::parse();
    if !options.bench {
        // `cargo test --all-targets` runs benches too: a short run that checks the counts.
        options = Options {
            lines: 10_000,
            runs: 1,
            no_peers: true,
            ..options
        };
    }
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("compare: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all of our counts were right.
fn run(options: &Options) -> Result<bool> {
    if let Some(path) = &options.write_log {
        let truth = write_log(options, path)?;
        serde_json::to_writer(io::stdout().lock(), &truth)?;
        return Ok(true);
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("a temporary folder")?;
    let right = if options.serve {
        serve::run(options, folder.path())?
    } else {
        compare(options, folder.path())?
    };
    if options.keep {
        eprintln!("kept: {}", folder.keep().display());
    }
    Ok(right)
}

fn compare(options: &Options, folder: &Path) -> Result<bool> {
    let log = folder.join("mail.log");
    eprintln!("writing {} lines …", options.lines);
    let truth = write_log_elsewhere(&log)?;
    let results = programs::run_all(options, &log, &truth, folder)?;
    print!("{}", table::render(options, &log, &results)?);
    Ok(results
        .iter()
        .all(|result| result.may_be_wrong || !result.agreement.wrong))
}

fn write_log(options: &Options, path: &Path) -> Result<Truth> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let log = log::Options {
        lines: options.lines,
        seed: options.seed,
        stamps: options.stamps,
        style: options.style(),
        end: Timestamp::now(),
    };
    Ok(log::write(&log, &mut BufWriter::new(file))?)
}

/// Writes the log in a process of its own. The kernel counts what this process holds as the first
/// memory of each program it starts, so it has to stay small.
fn write_log_elsewhere(path: &Path) -> Result<Truth> {
    let output = Command::new(std::env::current_exe()?)
        .args(std::env::args_os().skip(1))
        .arg("--write-log")
        .arg(path)
        .output()?;
    ensure!(
        output.status.success(),
        "writing the log: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_json::from_slice(&output.stdout)?)
}
