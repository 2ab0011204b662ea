//! The command line: one file per subcommand, each with its arguments and a `run`.
//!
//! Nothing else in the crate imports this module: what a command does lives behind it.

pub mod explain;
pub mod parse;
pub mod report;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Why a command ended early; the kind decides the exit code.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A mistake in usage or configuration: exit code 2.
    #[error("{0}")]
    Usage(String),
    /// A failure at run time: exit code 1.
    #[error("{0}")]
    Runtime(String),
    /// The reader of our output went away (`| head`): ends quietly.
    #[error("output closed")]
    OutputClosed,
}

/// Prometheus exporter for mail server logs.
#[derive(Parser, Debug)]
#[command(name = "maillog_exporter", version, about, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Print one JSON object per event
    Parse(parse::Args),
    /// Print totals per code, condition and provider
    Report(report::Args),
    /// Say what a code means, who has to act, and what to do
    Explain(explain::Args),
}

/// Runs the command line and turns its end into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(Command::Parse(args)) => parse::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        None => Err(Error::Usage("serve is still to come".into())),
    };
    match result {
        Ok(()) | Err(Error::OutputClosed) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("maillog_exporter: {error}");
            ExitCode::from(match error {
                Error::Usage(_) => 2,
                _ => 1,
            })
        }
    }
}
