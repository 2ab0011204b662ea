//! `check`: whether a configuration is right, and what it would read.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::Error;
use crate::config::{self, Config};
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
/// If it is wrong, and if the output cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let config = Config::load(&args.config).map_err(|error| Error::Usage(error.to_string()))?;
    let mut output = std::io::stdout().lock();
    output.write_all(describe(&config, &args.config.display().to_string()).as_bytes())?;
    output.flush()?;
    Ok(())
}

fn describe(config: &Config, file: &str) -> String {
    let mut text = format!("{file} is right.\n");
    let mut addresses: Vec<String> = config
        .listen_addresses
        .iter()
        .map(ToString::to_string)
        .collect();
    if addresses.is_empty() {
        addresses.push(config::DEFAULT_LISTEN.to_owned());
    }
    text += &format!(
        "Listens on {}, metrics at {}.\n",
        addresses.join(", "),
        config.telemetry_path
    );
    if config.sources.is_empty() {
        text += "Names no sources: reads the well-known mail logs that exist.\n";
    }
    for source in &config.sources {
        text += &format!("Source {}:\n", source.name);
        text += &describe_input(&source.input);
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
            Some(directory) => format!("  the journal in {}\n", directory.display()),
            None if journal.files.is_empty() => "  the journal\n".to_owned(),
            None => journal
                .files
                .iter()
                .map(|file| format!("  journal {}\n", file.display()))
                .collect(),
        },
        Input::Syslog(listeners) => listeners
            .iter()
            .map(|listener| format!("  receives on {listener}\n"))
            .collect(),
        Input::Pipe(path) if path == Path::new("-") => "  standard input\n".to_owned(),
        Input::Pipe(path) => format!("  pipe {}\n", path.display()),
    }
}

fn describe_files(path: &Path) -> String {
    let name = path.to_string_lossy();
    let found = source::find(&name);
    if found.is_empty() {
        return format!("  {name}: nothing there yet\n");
    }
    let describe = |path: PathBuf| match std::fs::File::open(&path) {
        Ok(_) => format!("  {}\n", path.display()),
        Err(error) => format!("  {}: {error}\n", path.display()),
    };
    found.into_iter().map(describe).collect()
}
