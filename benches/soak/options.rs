//! Command-line options of the test.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Tests that no line is lost and none is counted twice
#[derive(Parser, Clone)]
pub struct Options {
    /// What happens to the daemon and its log
    #[arg(value_enum)]
    pub scenario: Scenario,
    /// Number of lines to write
    #[arg(long)]
    pub lines: Option<u64>,
    /// Lines per second
    #[arg(long, default_value_t = 25_000)]
    pub rate: u64,
    /// Seed of the random numbers; default: from the clock
    #[arg(long)]
    pub seed: Option<u64>,
    /// Duration of `run`
    #[arg(long, default_value_t = 10)]
    pub minutes: u64,
    /// The maillog_exporter binary to test; default: the one built by cargo
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_maillog_exporter"))]
    pub program: PathBuf,
    /// Added by `cargo bench`
    #[arg(long, hide = true)]
    pub bench: bool,
}

/// A scenario.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq)]
pub enum Scenario {
    /// kill -9 and rename rotation
    Kill,
    /// kill -9 and copytruncate
    Copytruncate,
    /// A rotation every 5 ms
    Fast,
    /// Unlink and create, atomic replace, symlink swap, late writes
    Rotations,
    /// 2,000 files, of which 100 grow
    Files,
    /// Kills and rotations of all kinds, for minutes or hours
    Run,
}
