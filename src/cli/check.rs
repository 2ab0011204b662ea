//! `check`: whether a configuration is right, and what it would read.

use std::io::Write;
use std::path::PathBuf;

use super::Error;
use crate::config::{self, Config};
use crate::source;

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
        for name in &source.files {
            let found = source::find(name);
            if found.is_empty() {
                text += &format!("  {name}: nothing there yet\n");
            }
            for path in found {
                match std::fs::File::open(&path) {
                    Ok(_) => text += &format!("  {}\n", path.display()),
                    Err(error) => text += &format!("  {}: {error}\n", path.display()),
                }
            }
        }
    }
    text
}
