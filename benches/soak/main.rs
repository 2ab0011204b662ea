//! Not one line lost, not one counted twice: the daemon is killed, its log is rotated in every way,
//! and what it counted is compared with what was written.
//!
//! ```text
//! cargo bench --bench soak -- kill            kill -9 and rotation, 300,000 lines at 25,000/s
//! cargo bench --bench soak -- copytruncate    the same with copies that are made and emptied
//! cargo bench --bench soak -- fast            a rotation every 5 ms
//! cargo bench --bench soak -- ways            replaced, removed, re-linked; late lines for 30 s
//! cargo bench --bench soak -- files           2,000 files, of which 100 grow
//! cargo bench --bench soak -- run --minutes 60     kills and rotations of every kind until then
//! ```
//!
//! Each prints its seed and a table, and ends with 1 if a promise was broken.

#[path = "../compare/http.rs"]
#[allow(dead_code)]
mod http;
#[path = "../log/random.rs"]
#[allow(dead_code)]
mod random;

mod daemon;
mod files;
mod mail_log;
mod scenarios;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, ValueEnum};

/// Proves that no line is lost and none is counted twice.
#[derive(Parser, Clone)]
pub struct Options {
    /// What to do to the daemon and its log
    #[arg(value_enum)]
    scenario: Scenario,
    /// Lines to write
    #[arg(long)]
    lines: Option<u64>,
    /// Lines a second
    #[arg(long, default_value_t = 25_000)]
    rate: u64,
    /// Where randomness begins; another one each time unless it is given
    #[arg(long)]
    seed: Option<u64>,
    /// How long `run` takes
    #[arg(long, default_value_t = 10)]
    minutes: u64,
    /// Another maillog_exporter than the one cargo built for this
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_maillog_exporter"))]
    program: PathBuf,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is done.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
enum Scenario {
    /// kill -9 and rename rotation
    Kill,
    /// kill -9 and copytruncate
    Copytruncate,
    /// A rotation every 5 ms
    Fast,
    /// Other ways in which a log becomes another file
    Ways,
    /// Thousands of files
    Files,
    /// Kills and rotations of every kind, for minutes or hours
    Run,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a promise was broken");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the scenario; whether every promise was kept.
fn run(options: &Options) -> Result<bool> {
    let seed = options.seed.unwrap_or_else(|| {
        let now = jiff::Timestamp::now().as_microsecond();
        now as u64 % 1_000_000
    });
    println!("seed {seed}");
    match options.scenario {
        Scenario::Kill => scenarios::kill(options, seed),
        Scenario::Copytruncate => scenarios::copytruncate(options, seed),
        Scenario::Fast => scenarios::fast(options, seed),
        Scenario::Ways => scenarios::ways(options, seed),
        Scenario::Files => files::run(options, seed),
        Scenario::Run => scenarios::run(options, seed),
    }
}
