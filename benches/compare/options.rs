//! Command-line options of the benchmark.

use std::path::PathBuf;

use clap::Parser;

use super::log::{Style, TimestampFormat};

/// Compares the cost of reading a Postfix log with that of other programs
#[derive(Parser, Clone)]
pub struct Options {
    /// Number of lines in the log
    #[arg(long, default_value_t = 1_000_000)]
    pub lines: u64,
    /// Number of runs of each fast program; the table shows the median
    #[arg(long, default_value_t = 5)]
    pub runs: usize,
    /// Number of runs of each slow program
    #[arg(long, default_value_t = 1)]
    pub peer_runs: usize,
    /// Skip mtail and prometheus-postfix-exporter
    #[arg(long)]
    pub no_peers: bool,
    /// Measure the daemon instead of `report`
    #[arg(long)]
    pub serve: bool,
    /// Run the daemon with a state file
    #[arg(long)]
    pub state: bool,
    /// Seconds per measurement of the daemon
    #[arg(long, default_value_t = 20)]
    pub seconds: u64,
    /// The maillog_exporter binary to measure; default: the one built by cargo
    #[arg(long, value_name = "PATH", default_value = env!("CARGO_BIN_EXE_maillog_exporter"))]
    pub program: PathBuf,
    /// CPU core on which the measured programs run
    #[arg(long, default_value_t = 0)]
    pub core: usize,
    /// Seed of the generated traffic
    #[arg(long, default_value_t = 421)]
    pub seed: u64,
    /// Format of the timestamps
    #[arg(long = "stamps", value_enum, default_value_t = TimestampFormat::Rfc3164)]
    pub timestamps: TimestampFormat,
    /// Postfix's setting syslog_name
    #[arg(long, default_value = "postfix")]
    pub syslog_name: String,
    /// Long queue ids, as with Postfix's setting enable_long_queue_ids
    #[arg(long)]
    pub long_queue_ids: bool,
    /// Leave the log in the page cache as it was written, instead of evicting it and reading it from the disk
    #[arg(long)]
    pub as_written: bool,
    /// Keep the log and print its path
    #[arg(long)]
    pub keep: bool,
    /// Only write the log to this path, and print the expected counts as JSON
    #[arg(long, value_name = "PATH")]
    pub write_log: Option<PathBuf>,
    /// Added by `cargo bench`
    #[arg(long, hide = true)]
    pub bench: bool,
}

impl Options {
    /// The settings of the simulated server.
    pub fn style(&self) -> Style {
        Style {
            syslog_name: self.syslog_name.clone(),
            long_queue_ids: self.long_queue_ids,
        }
    }
}
