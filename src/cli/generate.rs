//! `generate`: writes alert rules, dashboards, the runbook and the chart's files.

use std::fs;
use std::path::{Path, PathBuf};

use super::error::Error;
use crate::catalog::Policy;
use crate::config;
use crate::generate;

/// The arguments of `generate`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter generate .                        into the current directory
  maillog_exporter generate --policy mine.yml rules  with changed alert rules")]
pub struct Args {
    /// File with changes to the alert rules
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,

    /// Directory to write alerts/, dashboards/, docs/runbook*.md and helm/ into
    dir: PathBuf,
}

/// The built-in policy, or the one with the changes of a file.
pub(super) fn policy(path: Option<&Path>) -> Result<Policy, Error> {
    path.map_or_else(
        || Ok(Policy::embedded()),
        |path| Ok(config::load_policy(path)?),
    )
}

/// Writes the files.
///
/// # Errors
///
/// If the policy file is invalid, or a file cannot be written.
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
