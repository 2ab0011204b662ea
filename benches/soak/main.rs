//! Tests that no line is lost and none is counted twice: the daemon is killed, its log is rotated in every
//! way, and its counts are compared with what was written.
//!
//! ```text
//! cargo bench --bench soak -- kill            kill -9 and rotation, 300,000 lines at 25,000/s
//! cargo bench --bench soak -- copytruncate    the same with copytruncate
//! cargo bench --bench soak -- fast            a rotation every 5 ms
//! cargo bench --bench soak -- rotations       unlink and create, replace, symlink swap; late lines for 30 s
//! cargo bench --bench soak -- files           2,000 files, of which 100 grow
//! cargo bench --bench soak -- run --minutes 60     kills and rotations of all kinds
//! ```
//!
//! Each prints its seed and a table, and exits with 1 if a guarantee was broken.

#[path = "../compare/http.rs"]
#[allow(dead_code)]
mod http;
#[path = "../log/random.rs"]
#[allow(dead_code)]
mod random;

mod daemon;
mod files;
mod mail_log;
mod options;
mod scenarios;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use options::{Options, Scenario};

fn main() -> ExitCode {
    let options = Options::parse();
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            eprintln!("a guarantee was broken");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the scenario; returns whether all guarantees were kept.
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
        Scenario::Rotations => scenarios::rotations(options, seed),
        Scenario::Files => files::run(options, seed),
        Scenario::Run => scenarios::run(options, seed),
    }
}
