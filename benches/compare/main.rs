//! Measures what it costs to read a Postfix log, compared with `grep`, `wc` and other exporters, and
//! checks the counts.
//!
//! ```text
//! cargo bench --bench compare                        a million lines, Markdown table
//! cargo bench --bench compare -- --lines 100000 --runs 3 --no-peers
//! cargo bench --bench compare -- --as-written        page cache as the log was written
//! cargo bench --bench compare -- --serve             the daemon: growing log, idle files, scrapes
//! cargo bench --bench compare -- --serve --state     the same with a state file
//! ```
//!
//! The programs read the same file in turn on one core, from a page cache that was filled from the disk.
//! CPU time and peak memory are those of the kernel (wait4(2)). Then `report` and grep run on all cores, for the time on the
//! clock.

#[path = "../log/mod.rs"]
mod log;

mod check;
mod clock;
mod http;
mod log_writer;
mod machine;
mod measure;
mod options;
mod postfix_exporter;
mod programs;
mod serve;
mod table;

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, ensure};
use clap::Parser;
use jiff::Timestamp;

use log::ExpectedCounts;
use options::Options;

fn main() -> ExitCode {
    let mut options = Options::parse();
    if !options.bench {
        // `cargo test --all-targets` runs benchmarks too: a short run that checks the counts.
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

/// Returns whether all counts of maillog_exporter were right.
fn run(options: &Options) -> Result<bool> {
    if let Some(path) = &options.write_log {
        let expected = write_log(options, path)?;
        serde_json::to_writer(io::stdout().lock(), &expected)?;
        return Ok(true);
    }
    let folder =
        tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).context("temporary directory")?;
    let correct = if options.serve {
        serve::run(options, folder.path())?
    } else {
        compare(options, folder.path())?
    };
    if options.keep {
        eprintln!("log kept in {}", folder.keep().display());
    }
    Ok(correct)
}

fn compare(options: &Options, folder: &Path) -> Result<bool> {
    let log = folder.join("mail.log");
    eprintln!("writing {} lines …", options.lines);
    let expected = write_log_in_child(&log)?;
    let results = programs::run_all(options, &log, &expected, folder)?;
    let clock = clock::measure(options, &log)?;
    print!("{}", table::render(options, &log, &results, &clock)?);
    Ok(results
        .iter()
        .all(|result| result.may_be_wrong || !result.agreement.wrong))
}

fn write_log(options: &Options, path: &Path) -> Result<ExpectedCounts> {
    let file = File::create(path).with_context(|| path.display().to_string())?;
    let log = log::Options {
        lines: options.lines,
        seed: options.seed,
        timestamps: options.timestamps,
        style: options.style(),
        end: Timestamp::now(),
    };
    Ok(log::write(&log, &mut BufWriter::new(file))?)
}

/// Writes the log in a child process. The kernel counts the memory of this process as that of each program
/// it starts until exec, so this process has to stay small.
fn write_log_in_child(path: &Path) -> Result<ExpectedCounts> {
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
