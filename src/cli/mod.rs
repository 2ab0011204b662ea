//! The command line: one file per subcommand, each with its arguments and a `run`.
//!
//! Nothing else in the crate imports this module: what a command does lives behind it.

pub mod check;
pub mod demo;
pub mod explain;
pub mod follow;
pub mod generate;
pub mod generate_shell;
pub mod input;
mod language;
mod output;
pub mod parse;
pub mod replay;
pub mod report;
pub mod serve;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::yaml::suggest;

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

/// A failure to write to standard output. Reading fails with the file's name in the message.
impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Error::OutputClosed,
            _ => Error::Runtime(format!("cannot write the output: {error}")),
        }
    }
}

const EXAMPLES: &str = "\
Examples:
  maillog_exporter demo                         see it work, with nothing set up
  maillog_exporter                              follow the mail logs this machine has
  maillog_exporter /var/log/mail.log            follow one log, metrics on port 9925
  maillog_exporter '/var/log/mx*/mail.log'      follow a pattern (quoted: new files count too)
  journalctl -f | maillog_exporter -            follow standard input, or a named pipe by its name
  maillog_exporter --config.file=maillog.yml    what the configuration says
  maillog_exporter ./report                     follow a log that has the name of a command";

/// Prometheus exporter for mail server logs.
#[derive(Parser, Debug)]
#[command(
    name = "maillog_exporter",
    version,
    about,
    args_conflicts_with_subcommands = true,
    after_help = EXAMPLES
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Follow logs and serve the metrics: what happens without a command
    #[command(after_help = EXAMPLES)]
    Serve(serve::Args),
    /// Simulated mail traffic, read, served and explained: nothing to set up
    Demo(demo::Args),
    /// Print one JSON object per event
    Parse(parse::Args),
    /// Print totals per code, condition and provider
    Report(report::Args),
    /// Print which alerts old logs would have raised, when, for how long and why
    Replay(replay::Args),
    /// Show logs as they grow, each code explained once
    Follow(follow::Args),
    /// Say what a code means, who has to act, and what to do
    Explain(explain::Args),
    /// Write alert rules, dashboards and the runbook from the catalog
    Generate(generate::Args),
    /// Check a configuration file and say what it would read
    Check(check::Args),
    /// Print a completion script for a shell
    Completions(generate_shell::CompletionsArgs),
    /// Print the manual page
    Man(generate_shell::ManArgs),
}

/// Runs the command line and turns its end into an exit code.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Parse(args)) => parse::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Follow(args)) => follow::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Generate(args)) => generate::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Completions(args)) => generate_shell::completions(&args),
        Some(Command::Man(args)) => generate_shell::man(&args),
        None => mistaken(&cli.serve.logs).and_then(|()| serve::run(&cli.serve)),
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

/// Refuses a word that is neither a command nor a file: a daemon that waits for a log of that name is
/// not what a slip of the hand asks for.
fn mistaken(logs: &[String]) -> Result<(), Error> {
    let word = |log: &&String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        *log != "-" && log.chars().all(plain) && !Path::new(log).exists()
    };
    let Some(word) = logs.iter().find(word) else {
        return Ok(());
    };
    let command = Cli::command();
    let near = suggest(word, command.get_subcommands().map(clap::Command::get_name));
    let hint = match near {
        Some(near) => format!("did you mean {near}?"),
        None => "--help lists the commands".to_owned(),
    };
    Err(Error::Usage(format!(
        "there is no command {word}, and no file of that name; {hint} \
         (./{word} is a log that may come later)"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_word_that_is_no_command_and_no_file_is_refused_with_the_nearest_command() {
        for (word, hint) in [
            ("reprot", "did you mean report?"),
            ("explian", "did you mean explain?"),
            ("Demo", "did you mean demo?"),
            ("nosuchcommand", "--help lists the commands"),
        ] {
            let error = mistaken(&["-".into(), word.into()]).expect_err(word);
            assert!(matches!(error, Error::Usage(_)));
            let text = error.to_string();
            assert!(text.contains(hint) && text.contains(word), "{text}");
        }
        for log in [
            "-",
            "./report",
            "mail.log",
            "/nowhere/maillog",
            "mail*",
            "src",
        ] {
            assert!(mistaken(&[log.into()]).is_ok(), "{log}");
        }
    }

    #[test]
    fn the_documentation_has_every_flag_of_the_daemon() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
        let text = std::fs::read_to_string(path).expect("the documentation");
        let command = Cli::command();
        for flag in command.get_arguments().filter_map(clap::Arg::get_long) {
            let row = format!("| `--{flag}`");
            assert!(text.contains(&row), "{flag}");
        }
    }

    #[test]
    fn logs_and_flags_work_without_the_word_serve() {
        let cli = Cli::try_parse_from(["x", "a.log", "--web.listen-address=:0", "b.log"]);
        let cli = cli.expect("right");
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.logs, ["a.log", "b.log"]);
        let cli = Cli::try_parse_from(["x", "./report"]).expect("right");
        assert!(cli.command.is_none());
        let cli = Cli::try_parse_from(["x", "serve", "a.log"]).expect("right");
        assert!(matches!(cli.command, Some(Command::Serve(args)) if args.logs == ["a.log"]));
    }
}
