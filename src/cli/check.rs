//! `check`: validates a configuration file and lists what it would read.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::error::Error;
use super::terminal_output;
use crate::config::{self, Config};
use crate::parse::Format;
use crate::source::{self, Input};

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter check /etc/maillog_exporter.yml
  maillog_exporter check maillog.yml && systemctl reload maillog_exporter")]
pub struct Args {
    /// Configuration file
    config: PathBuf,
}

/// Checks the file.
///
/// # Errors
///
/// If it is invalid, or if the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let config = config::load(&args.config).map_err(|error| Error::Usage(error.to_string()))?;
    let mut output = terminal_output::stdout();
    output.write_all(describe(&config, &args.config.display().to_string()).as_bytes())?;
    output.flush()?;
    Ok(())
}

fn describe(config: &Config, file: &str) -> String {
    let mut text = format!("{file} is valid.\n");
    let mut addresses: Vec<String> = config
        .listen_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    if addresses.is_empty() {
        addresses.push(config::DEFAULT_LISTEN.to_owned());
    }
    text += &format!(
        "Listen addresses: {}\nMetrics path: {}\n",
        addresses.join(", "),
        config.telemetry_path
    );
    if config.sources.is_empty() {
        text += "Sources: the default mail logs that exist\n";
    }
    for source in &config.sources {
        text += &format!("Source {}:\n", source.name);
        text += &describe_input(&source.input);
        if source.format != Format::Auto {
            text += &format!("  format {}\n", source.format.name());
        }
    }
    text
}

fn describe_input(input: &Input) -> String {
    match input {
        Input::Files(files) => files
            .paths
            .iter()
            .map(|path| describe_files(path))
            .collect(),
        Input::Journal(journal) => match &journal.directory {
            Some(directory) => format!("  systemd journal in {}\n", directory.display()),
            None if journal.files.is_empty() => "  systemd journal\n".to_owned(),
            None => journal
                .files
                .iter()
                .map(|file| format!("  journal file {}\n", file.display()))
                .collect(),
        },
        Input::Syslog(syslog) => syslog
            .listeners
            .iter()
            .map(|listener| format!("  syslog on {listener}\n"))
            .collect(),
        Input::Pipe(path) if path == Path::new("-") => "  standard input\n".to_owned(),
        Input::Pipe(path) => format!("  named pipe {}\n", path.display()),
    }
}

fn describe_files(path: &Path) -> String {
    let name = path.to_string_lossy();
    let found = source::find(&name);
    if found.is_empty() {
        return format!("  {name}: no such file yet\n");
    }
    let describe = |path: PathBuf| match source::check_log(&path) {
        Ok(()) => format!("  {}\n", path.display()),
        Err(error) => format!("  {}: {error}\n", path.display()),
    };
    found.into_iter().map(describe).collect()
}
