//! The example of Docker Compose: every service's own tool accepts its configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::sandbox::finish;

const SOURCE: &str = env!("CARGO_MANIFEST_DIR");
const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");

/// Checks `docs/compose`.
pub fn trial() -> Result<()> {
    let compose = Path::new(SOURCE).join("docs/compose");
    finish(
        Command::new(PROGRAM)
            .arg("check")
            .arg(compose.join("maillog_exporter.yml")),
    )?;
    let alertmanager = compose.join("alertmanager.yml");
    finish(Command::new("amtool").arg("check-config").arg(alertmanager))?;

    finish(
        Command::new("docker-compose")
            .args(["--file", "compose.yaml", "config", "--quiet"])
            .current_dir(&compose),
    )?;
    let mounts = mounts(&compose)?;

    // As in the Prometheus container: the rules at the path where they are mounted.
    let folder = tempfile::tempdir()?;
    let place = |inside: &str| -> Result<&PathBuf> {
        let found = mounts.iter().find(|(_, to)| to == inside);
        Ok(&found.ok_or_else(|| format!("nothing at {inside}"))?.0)
    };
    let seen = folder.path().join("prometheus.yml");
    let rules = place("/etc/prometheus/rules")?;
    let text = fs::read_to_string(place("/etc/prometheus/prometheus.yml")?)?;
    fs::write(
        &seen,
        text.replace("rules/", &format!("{}/", rules.display())),
    )?;
    let output = Command::new("promtool")
        .args(["check", "config"])
        .arg(&seen)
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || !said.contains("rules found") {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("promtool: {said}{errors}").into());
    }
    let grafana = compose.join("grafana/provisioning");
    dashboards(&read(&grafana.join("dashboards/maillog.yaml"))?, &mounts)?;
    let source = read(&grafana.join("datasources/prometheus.yaml"))?;
    let source = &source["datasources"][0];
    let prometheus = read(&compose.join("prometheus.yml"))?;
    let alertmanagers = &prometheus["alerting"]["alertmanagers"][0];
    let services = read(&compose.join("compose.yaml"))?;
    for address in [
        &source["url"],
        &alertmanagers["static_configs"][0]["targets"][0],
        &prometheus["scrape_configs"][0]["static_configs"][0]["targets"][0],
    ] {
        let address = address.as_str().ok_or("an address is missing")?;
        let host = address.trim_start_matches("http://").split(':').next();
        if !services["services"][host.unwrap_or_default()].is_object() {
            return Err(format!("{address} is not a service").into());
        }
    }
    if source["type"] != "prometheus" || source["isDefault"] != true {
        return Err("the dashboards look for a Prometheus".into());
    }
    Ok(())
}

/// Reads a YAML file.
fn read(file: &Path) -> Result<Value> {
    Ok(serde_saphyr::from_str(&fs::read_to_string(file)?)?)
}

/// Every dashboard directory in Grafana's provisioning contains a dashboard.
fn dashboards(provider: &Value, mounts: &[(PathBuf, String)]) -> Result<()> {
    let path = provider["providers"][0]["options"]["path"]
        .as_str()
        .ok_or("no path of dashboards")?;
    let (from, _) = mounts
        .iter()
        .find(|(_, to)| to == path)
        .ok_or_else(|| format!("nothing is mounted at {path}"))?;
    let mut count = 0;
    for file in fs::read_dir(from)? {
        let dashboard: Value = serde_json::from_slice(&fs::read(file?.path())?)?;
        if dashboard["uid"].is_string() {
            count += 1;
        }
    }
    if count == 0 {
        return Err(format!("{} contains no dashboard", from.display()).into());
    }
    Ok(())
}

/// Paths of the repository and where they are mounted.
fn mounts(compose: &Path) -> Result<Vec<(PathBuf, String)>> {
    let config = read(&compose.join("compose.yaml"))?;
    let services = config["services"].as_object().ok_or("no services")?;
    let volumes = services
        .values()
        .filter_map(|service| service["volumes"].as_array());
    let mut mounts = Vec::new();
    for volume in volumes.flatten().filter_map(Value::as_str) {
        let mut parts = volume.split(':');
        let (Some(from), Some(to)) = (parts.next(), parts.next()) else {
            continue;
        };
        if from.starts_with('.') {
            let from = compose.join(from);
            if !from.exists() {
                return Err(format!("{volume}: no such path").into());
            }
            mounts.push((from, to.to_owned()));
        }
    }
    Ok(mounts)
}
