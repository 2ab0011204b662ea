//! The command line: one module per command, each with its arguments and a `run`.
//!
//! No other module of the crate imports this one.

pub mod backfill;
mod block_queue;
pub mod check;
mod chinese_errors;
mod chinese_help;
mod chinese_usage;
pub mod completions;
pub mod demo;
pub mod doctor;
mod document_text;
mod duration;
pub mod error;
#[cfg(test)]
mod examples;
pub mod explain;
mod explain_commands;
mod file_order;
pub mod follow;
pub mod generate;
pub mod input;
mod labels;
mod language;
mod line_reader;
pub mod man_page;
mod open_file;
mod open_logs;
mod output;
pub mod parse;
mod progress;
pub mod replay;
pub mod report;
mod script;
pub mod serve;
mod silence;
mod source_format;
mod terminal;
mod terminal_output;
mod threads;
#[cfg(feature = "top")]
pub mod top;
pub mod trace;
mod wording;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::error::Error;
use self::language::{Language, Locale};
use crate::build_info;
use crate::yaml::suggest;

const EXAMPLES: &str = "\
Examples:
  maillog_exporter demo                       simulated mail, nothing to set up
  maillog_exporter                            the usual mail logs of the machine
  maillog_exporter /var/log/mail.log          one log; metrics on port 9925
  maillog_exporter '/var/log/mx*/mail.log'    a pattern; quoted for new files
  journalctl -f | maillog_exporter -          standard input
  maillog_exporter --config.file=maillog.yml  with a configuration file
  maillog_exporter ./report                   a log named like a command";

/// Prometheus exporter for mail server logs.
#[derive(Parser, Debug)]
#[command(
    name = "maillog_exporter",
    version = build_info::VERSION,
    long_version = build_info::LONG_VERSION,
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
    /// Follow logs and serve metrics (default)
    #[command(after_help = EXAMPLES)]
    Serve(serve::Args),
    /// Run with simulated mail traffic; needs no setup
    Demo(demo::Args),
    /// Find out what can be read on this machine, and what to mend
    Doctor(doctor::Args),
    /// Print one JSON object per event
    Parse(parse::Args),
    /// Print how much mail there was, what failed and what to do first
    Report(report::Args),
    /// Print the alerts that log files would have raised, with times and reasons
    Replay(replay::Args),
    /// Tell what became of a message, by queue id, message id or address
    Trace(trace::Args),
    /// Write the counters of old logs as OpenMetrics with timestamps, for Prometheus
    Backfill(backfill::Args),
    /// Print new log events as they are written, and explain each code once
    Follow(follow::Args),
    /// Show the status in this terminal: alerts, codes, providers, sources
    #[cfg(feature = "top")]
    Top(top::Args),
    /// Explain a code: what happened, who should act, what to do
    Explain(explain::Args),
    /// Write alert rules, dashboards and the runbook
    Generate(generate::Args),
    /// Check a configuration file and list its sources
    Check(check::Args),
    /// Print a shell completion script
    Completions(completions::Args),
    /// Print the manual page
    Man(man_page::Args),
}

/// Runs the command and returns the exit code: 0 for success, 1 for a failure at run time, 2 for a
/// mistake in usage or configuration.
pub fn main() -> ExitCode {
    let cli = arguments();
    let locale = cli.locale();
    script::choose(locale.is_traditional);
    let result = match cli.command {
        Some(Command::Serve(args)) => serve::run(&args),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Doctor(args)) => doctor::run(&args),
        Some(Command::Parse(args)) => parse::run(&args),
        Some(Command::Report(args)) => report::run(&args),
        Some(Command::Replay(args)) => replay::run(&args),
        Some(Command::Trace(args)) => trace::run(&args),
        Some(Command::Backfill(args)) => backfill::run(&args),
        Some(Command::Follow(args)) => follow::run(&args),
        #[cfg(feature = "top")]
        Some(Command::Top(args)) => top::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Generate(args)) => generate::run(&args),
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Completions(args)) => completions::run(&args, Cli::command()),
        Some(Command::Man(_)) => man_page::run(Cli::command()),
        None => check_for_misspelled_command(&cli.serve.logs).and_then(|()| serve::run(&cli.serve)),
    };
    match result {
        Ok(()) | Err(Error::OutputClosed) => ExitCode::SUCCESS,
        Err(Error::Reported) => ExitCode::FAILURE,
        Err(error) => {
            let text = match (locale.language, &error) {
                (Language::En, _) => error.to_string(),
                (Language::Zh, Error::File(error)) => chinese_errors::of_file(error),
                (Language::Zh, error) => chinese_errors::translate(&error.to_string()),
            };
            eprintln!("maillog_exporter: {text}");
            ExitCode::from(match error {
                Error::Usage(_) | Error::File(_) => 2,
                _ => 1,
            })
        }
    }
}

impl Cli {
    /// The language of the command's text and errors. The daemon's are in English, as its log is.
    fn locale(&self) -> Locale {
        let named = match &self.command {
            None | Some(Command::Serve(_)) => Some(Locale::ENGLISH),
            Some(Command::Check(args)) => args.language(),
            Some(Command::Demo(args)) => args.language(),
            Some(Command::Report(args)) => args.language(),
            Some(Command::Replay(args)) => args.language(),
            Some(Command::Trace(args)) => args.language(),
            Some(Command::Follow(args)) => args.language(),
            Some(Command::Explain(args)) => args.language(),
            Some(Command::Doctor(args)) => args.language(),
            #[cfg(feature = "top")]
            Some(Command::Top(args)) => args.language(),
            _ => None,
        };
        named.unwrap_or_else(Locale::of_environment)
    }
}

/// The arguments. Help and mistakes are in the language of the environment.
fn arguments() -> Cli {
    let locale = Locale::of_environment();
    script::choose(locale.is_traditional);
    let command = match locale.language {
        Language::En => Cli::command(),
        Language::Zh => chinese_help::translate(Cli::command()),
    };
    let parsed = command.try_get_matches();
    let parsed = parsed.and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.unwrap_or_else(|error| {
        if locale.language == Language::Zh
            && let Some(description) = chinese_usage::describe(&error)
        {
            eprint!("{description}");
            std::process::exit(error.exit_code());
        }
        error.exit()
    })
}

/// Refuses a plain word that is neither a command nor an existing file: it is more likely a misspelled
/// command than a log to wait for.
fn check_for_misspelled_command(logs: &[String]) -> Result<(), Error> {
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
        Some(near) => format!("did you mean {near:?}?"),
        None => "--help lists the commands".to_owned(),
    };
    Err(Error::Usage(format!(
        "unknown command {word:?}, and no such file; {hint} \
         (write ./{word} to wait for a log of that name)"
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
    fn examples_fit_into_80_columns() {
        fn check(command: &clap::Command) {
            let text = command.get_after_help().map(ToString::to_string);
            for line in text.iter().flat_map(|text| text.lines()) {
                let length = line.chars().count();
                assert!(length <= 80, "{}: {length}: {line}", command.get_name());
            }
            command.get_subcommands().for_each(check);
        }
        check(&Cli::command());
    }

    #[test]
    fn a_word_that_is_neither_a_command_nor_a_file_is_refused_with_a_suggestion() {
        for (word, hint) in [
            ("reprot", "did you mean \"report\"?"),
            ("explian", "did you mean \"explain\"?"),
            ("Demo", "did you mean \"demo\"?"),
            ("nosuchcommand", "--help lists the commands"),
        ] {
            let error = check_for_misspelled_command(&["-".into(), word.into()]).expect_err(word);
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
            assert!(check_for_misspelled_command(&[log.into()]).is_ok(), "{log}");
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
        let cli = cli.expect("valid");
        assert!(cli.command.is_none());
        assert_eq!(cli.serve.logs, ["a.log", "b.log"]);
        let cli = Cli::try_parse_from(["x", "./report"]).expect("valid");
        assert!(cli.command.is_none());
        let cli = Cli::try_parse_from(["x", "serve", "a.log"]).expect("valid");
        assert!(matches!(cli.command, Some(Command::Serve(args)) if args.logs == ["a.log"]));
    }
}
