//! `generate`: writes what is made from the catalog.

use std::fs;
use std::path::PathBuf;

use super::Error;
use crate::generate;

/// The arguments of `generate`.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter generate .              rules, dashboards and runbook into this directory")]
pub struct Args {
    /// Where alerts/, dashboards/ and docs/runbook.md are written
    dir: PathBuf,
}

/// Writes the files, each whole or not at all.
///
/// # Errors
///
/// If one cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    for file in generate::files() {
        let path = args.dir.join(&file.path);
        let folder = path.parent().unwrap_or(&args.dir);
        let failed = |error| Error::Runtime(format!("{}: {error}", path.display()));
        fs::create_dir_all(folder).map_err(failed)?;
        fs::write(&path, &file.text).map_err(failed)?;
        println!("{}", path.display());
    }
    Ok(())
}
