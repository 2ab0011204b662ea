//! A real Prometheus that scrapes the exporter, and promtool.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::exporter::get;
use crate::sandbox::finish;
use crate::wait::until;

const ADDRESS: &str = "127.0.0.1:9090";

/// Timeout for its start and for a scrape.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running Prometheus, killed on drop.
pub struct Prometheus(Child);

impl Prometheus {
    /// Scrapes `target` every second.
    pub fn start(folder: &Path, target: &str) -> Result<Self> {
        Prometheus::configured(folder, &[target], "")
    }

    /// Scrapes `target` every second, and stores exemplars.
    pub fn with_exemplars(folder: &Path, target: &str) -> Result<Self> {
        let feature = "--enable-feature=exemplar-storage";
        Prometheus::launch(folder, &[target], "", &[feature])
    }

    /// Scrapes all `targets` and evaluates the rules every second.
    pub fn start_with(folder: &Path, targets: &[&str], rules: &str) -> Result<Self> {
        fs::write(folder.join("rules.yml"), rules)?;
        let config = "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n";
        Prometheus::configured(folder, targets, config)
    }

    /// Scrapes `target` every second, evaluates the rules in a directory and sends alerts to an Alertmanager.
    pub fn alerting(folder: &Path, target: &str, rules: &Path, alertmanager: &str) -> Result<Self> {
        Prometheus::alerting_for(folder, &[target], rules, alertmanager)
    }

    /// Scrapes `targets` every second, evaluates the rules in a directory and sends alerts to an Alertmanager.
    pub fn alerting_for(
        folder: &Path,
        targets: &[&str],
        rules: &Path,
        alertmanager: &str,
    ) -> Result<Self> {
        let rules = rules.display();
        let config = format!(
            "rule_files: ['{rules}/alerts.yaml']\n\
             alerting: {{alertmanagers: [{{static_configs: [{{targets: ['{alertmanager}']}}]}}]}}\n"
        );
        Prometheus::configured(folder, targets, &config)
    }

    fn configured(folder: &Path, targets: &[&str], further: &str) -> Result<Self> {
        Prometheus::launch(folder, targets, further, &[])
    }

    fn launch(folder: &Path, targets: &[&str], further: &str, arguments: &[&str]) -> Result<Self> {
        let config = folder.join("prometheus.yml");
        let targets = targets.join("', '");
        fs::write(
            &config,
            format!(
                "{further}scrape_configs:\n- job_name: maillog\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  \
                 static_configs:\n  - targets: ['{targets}']\n"
            ),
        )?;
        let errors = fs::File::create(folder.join("prometheus.err"))?;
        let mut child = Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!(
                "--storage.tsdb.path={}",
                folder.join("tsdb").display()
            ))
            .arg(format!("--web.listen-address={ADDRESS}"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(errors.try_clone()?)
            .stderr(errors)
            .spawn()?;
        until("Prometheus to be ready", PATIENCE, || {
            match child.try_wait()? {
                Some(status) => Err(format!("Prometheus ended with {status}").into()),
                None => Ok(get(ADDRESS, "/-/ready").ok()),
            }
        })?;
        Ok(Prometheus(child))
    }

    /// Current result of a query.
    pub fn ask(&self, query: &str) -> Result<Value> {
        self.query(query, "")
    }

    /// Result of a query at a time, in seconds since 1970.
    pub fn ask_at(&self, query: &str, time: i64) -> Result<Value> {
        self.query(query, &format!("&time={time}"))
    }

    fn query(&self, query: &str, further: &str) -> Result<Value> {
        let mut data = Prometheus::data("query", query, further)?;
        Ok(data["result"].take())
    }

    /// Exemplars of the series in a query since a time in seconds since 1970: a list of series with their exemplars.
    pub fn exemplars(&self, query: &str, start: i64) -> Result<Value> {
        let end = start + 86_400;
        Prometheus::data(
            "query_exemplars",
            query,
            &format!("&start={start}&end={end}"),
        )
    }

    fn data(endpoint: &str, query: &str, further: &str) -> Result<Value> {
        let escaped: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        let body = get(
            ADDRESS,
            &format!("/api/v1/{endpoint}?query={escaped}{further}"),
        )
        .map_err(|error| format!("{query}: {error}"))?;
        let mut answer: Value = serde_json::from_str(&body)?;
        Ok(answer["data"].take())
    }

    /// Waits until the query returns the expected value.
    pub fn expect(&self, query: &str, expected: u64) -> Result<()> {
        let mut last = Value::Null;
        until(&format!("{query} to be {expected}"), PATIENCE, || {
            last = self.ask(query)?;
            let value = last[0]["value"][1].as_str();
            Ok((value == Some(expected.to_string().as_str())).then_some(()))
        })
        .map_err(|error| format!("{error}; last response: {last}").into())
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `promtool check rules` and `promtool test rules` in a directory.
pub fn check_rules(alerts: &Path) -> Result<()> {
    let files = |folder: &Path| -> Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            files.extend(
                path.extension()
                    .is_some_and(|it| it == "yaml")
                    .then_some(path),
            );
        }
        Ok(files)
    };
    finish(
        Command::new("promtool")
            .args(["check", "rules"])
            .args(files(alerts)?)
            .args(files(&alerts.join("zh"))?),
    )?;
    finish(
        Command::new("promtool")
            .args(["test", "rules"])
            .args(files(&alerts.join("tests"))?),
    )
}

/// `promtool check metrics` accepts an exposition without a warning.
pub fn check_metrics(exposition: &str) -> Result<()> {
    let mut child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(exposition.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() && output.stdout.is_empty() && output.stderr.is_empty() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    Err(format!("promtool check metrics: {}\n{text}", output.status).into())
}

/// Every family that is always exposed while a log is followed.
pub const FAMILIES: [&str; 32] = [
    "maillog_codes_total",
    "maillog_code_rate",
    "maillog_enhanced_codes_total",
    "maillog_conditions_total",
    "maillog_provider_codes_total",
    "maillog_provider_conditions_total",
    "maillog_deliveries_total",
    "maillog_deliveries_by_dsn_total",
    "maillog_connect_errors_total",
    "maillog_delivery_delay_seconds",
    "maillog_message_size_bytes",
    "maillog_message_recipients",
    "maillog_rejects_total",
    "maillog_connections_total",
    "maillog_connections_lost_total",
    "maillog_auth_failures_total",
    "maillog_tls_connections_total",
    "maillog_lines_total",
    "maillog_source_bytes_total",
    "maillog_source_lag_bytes",
    "maillog_source_up",
    "maillog_source_last_line_timestamp_seconds",
    "maillog_source_rotations_total",
    "maillog_source_lines_truncated_total",
    "maillog_catching_up",
    "maillog_series_dropped_total",
    "maillog_build_info",
    "process_cpu_seconds_total",
    "process_open_fds",
    "process_resident_memory_bytes",
    "process_start_time_seconds",
    "process_virtual_memory_bytes",
];
