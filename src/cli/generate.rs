//! `generate`: writes what is made from the catalog.

use std::fs;
use std::path::{Path, PathBuf};

use super::Error;
use crate::catalog::Policy;
use crate::config;
use crate::generate;

/// The arguments of `generate`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter generate .                        rules, dashboards, runbook, chart: into here
  maillog_exporter generate --policy mine.yml rules  with other figures (docs/alerting.md)")]
pub struct Args {
    /// Other figures for the alert rules
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Where alerts/, dashboards/, docs/runbook.md and the chart's files (helm/) are written
    dir: PathBuf,
}

/// The built-in policy, or the one with the figures of a file.
pub(super) fn policy(path: Option<&Path>) -> Result<Policy, Error> {
    path.map_or_else(
        || Ok(Policy::embedded()),
        |path| config::load_policy(path).map_err(|error| Error::Usage(error.to_string())),
    )
}

/// Writes the files, each whole or not at all.
///
/// # Errors
///
/// If one cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let policy = policy(args.policy.as_deref())?;
    for file in generate::files(&policy) {
        let path = args.dir.join(&file.path);
        let folder = path.parent().unwrap_or(&args.dir);
        let failed = |error| Error::Runtime(format!("{}: {error}", path.display()));
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(&path, &file.text).map_err(failed)?;
        println!("{}", path.display());
    }
    Ok(())
}
