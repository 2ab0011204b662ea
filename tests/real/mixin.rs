//! The monitoring mixin: it renders to the shipped alert rules and dashboards, and its settings have the effect of a policy.
//! tests/mixin needs jsonnet from PyPI, which `.ci/lint` installs.

use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::exporter::PROGRAM;
use crate::sandbox::finish;

/// The Python with jsonnet.
pub const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/lint/bin/python");

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mixin/check.py");

/// Renders the mixin with and without settings.
pub fn trial(folder: &Path) -> Result<()> {
    finish(Command::new(PYTHON).args([SCRIPT, PROGRAM]).arg(folder))?;
    finish(
        Command::new("promtool")
            .args(["check", "rules"])
            .arg(folder.join("mixin.yaml")),
    )
}
