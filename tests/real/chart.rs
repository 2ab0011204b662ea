//! The Helm chart, rendered by helm for every Kubernetes version with a published schema.
//!
//! The scripts in tests/chart need what `.ci/run` installs: helm and the Kubernetes schemas from PyPI, the
//! schemas of the Prometheus operator from npm.

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

use crate::Result;
use crate::exporter::PROGRAM;
use crate::sandbox::finish;

/// Python with the packages of tests/chart/requirements.txt.
pub const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/chart/bin/python");

/// Helm, as installed by `.ci/run`.
pub const HELM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/chart/bin/helm");

/// Kubectl, which builds kustomizations, as installed by `.ci/run`.
pub const KUBECTL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/chart/bin/kubectl");

/// The chart.
pub const CHART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/helm/maillog-exporter");

/// The scripts of the tests.
pub const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/chart");

/// Every object is valid and consistent with the others, the rules are the committed ones, and invalid
/// values are rejected.
pub fn trial(folder: &Path) -> Result<()> {
    finish(Command::new(HELM).args(["lint", "--strict", CHART]))?;
    // The files of a user's Secret that the configuration refers to.
    let secret = folder.join("secret");
    fs::create_dir(&secret)?;
    fs::write(secret.join("password"), "a password")?;
    let pair = rcgen::generate_simple_self_signed(["alertmanager.example".to_owned()])?;
    fs::write(secret.join("ca.crt"), pair.cert.pem())?;
    let folder_name = folder.to_str().ok_or("the folder's name is not UTF-8")?;
    script("check.py", &[CHART, HELM, PROGRAM, folder_name])?;
    let operator = Command::new("node")
        .arg(format!("{SCRIPTS}/operator.mjs"))
        .stdin(File::open(folder.join("operator.jsonl"))?)
        .output()?;
    if !operator.status.success() {
        return Err(String::from_utf8_lossy(&operator.stderr).into());
    }
    let mut promtool = Command::new("promtool");
    promtool.args(["check", "rules"]);
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".rules.yaml") {
            promtool.arg(path);
        }
    }
    finish(&mut promtool)
}

/// Runs a script of tests/chart; what it prints is the message if it fails.
pub fn script(name: &str, arguments: &[&str]) -> Result<()> {
    let output = Command::new(PYTHON)
        .arg(format!("{SCRIPTS}/{name}"))
        .args(arguments)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Err((text + &String::from_utf8_lossy(&output.stderr)).into())
}
