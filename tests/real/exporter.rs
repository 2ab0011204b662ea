//! Runs the tested binary.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::Result;
use crate::wait::until;

/// The tested binary.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");

/// Timeout for a line to appear on /metrics, with a margin for a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// `report --format json` of some files.
pub fn report(logs: &[PathBuf]) -> Result<Value> {
    let output = Command::new(PROGRAM)
        .args(["report", "--format", "json"])
        .args(logs)
        .output()?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("report: {}: {errors}", output.status).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// The lines of some files that are unmatched.
pub fn unmatched(logs: &[PathBuf]) -> Result<String> {
    let output = Command::new(PROGRAM)
        .args(["parse", "--unmatched"])
        .args(logs)
        .output()?;
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A running `serve`, killed on drop.
pub struct Daemon {
    child: Child,
    /// Listen address.
    pub address: String,
}

impl Daemon {
    /// Follows a log from its beginning.
    pub fn start(log: &Path, folder: &Path) -> Result<Self> {
        Daemon::start_with(log, folder, &[])
    }

    /// Follows a log with additional arguments.
    pub fn start_with(log: &Path, folder: &Path, arguments: &[&str]) -> Result<Self> {
        let log = log.to_str().ok_or("the log's name is not UTF-8")?;
        Daemon::run(folder, &[&[log], arguments].concat())
    }

    /// Runs with a configuration file.
    pub fn configured(config: &str, folder: &Path) -> Result<Self> {
        Daemon::with_environment(config, folder, &[])
    }

    /// Runs with a configuration file and environment variables.
    pub fn with_environment(
        config: &str,
        folder: &Path,
        variables: &[(&str, &str)],
    ) -> Result<Self> {
        let file = folder.join("exporter.yml");
        std::fs::write(&file, config)?;
        let argument = format!("--config.file={}", file.display());
        let mut program = Command::new(PROGRAM);
        program.envs(variables.iter().copied());
        Daemon::spawn(program, "127.0.0.1:9925", folder, &[&argument])
    }

    /// Follows a log, listening at an address.
    pub fn at(address: &str, log: &Path, folder: &Path) -> Result<Self> {
        Daemon::at_with(address, log, folder, &[])
    }

    /// The same with additional arguments.
    pub fn at_with(address: &str, log: &Path, folder: &Path, arguments: &[&str]) -> Result<Self> {
        let log = log.to_str().ok_or("the log's name is not UTF-8")?;
        Daemon::listening(address, folder, &[&[log], arguments].concat())
    }

    fn run(folder: &Path, arguments: &[&str]) -> Result<Self> {
        Daemon::listening("127.0.0.1:9925", folder, arguments)
    }

    fn listening(address: &str, folder: &Path, arguments: &[&str]) -> Result<Self> {
        Daemon::spawn(Command::new(PROGRAM), address, folder, arguments)
    }

    fn spawn(
        mut program: Command,
        address: &str,
        folder: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        let errors = folder.join("exporter.err");
        let child = program
            .arg("serve")
            .arg(format!("--web.listen-address={address}"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&errors)?)
            .spawn()?;
        let mut daemon = Daemon {
            child,
            address: address.to_owned(),
        };
        until("the exporter to be ready", PATIENCE, || {
            if let Some(status) = daemon.child.try_wait()? {
                let errors = std::fs::read_to_string(&errors)?;
                return Err(format!("the exporter exited with {status}: {errors}").into());
            }
            Ok(get(&daemon.address, "/-/ready").ok())
        })?;
        Ok(daemon)
    }

    /// Waits until /metrics shows a line.
    pub fn shows(&self, line: &str) -> Result<()> {
        let mut last = String::new();
        until(line, PATIENCE, || {
            last = self.scrape()?.0;
            Ok(last.lines().any(|shown| shown == line).then_some(()))
        })
        .map_err(|error| format!("{error}; last exposition: {last}").into())
    }

    /// Ends it with a signal.
    pub fn end(&mut self, signal: &str) -> Result<()> {
        let pid = self.child.id().to_string();
        Command::new("kill")
            .args([&format!("-{signal}"), &pid])
            .status()?;
        self.child.wait()?;
        Ok(())
    }

    /// Memory in use, in kB.
    pub fn memory(&self) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let value = line.and_then(|line| line.trim().strip_suffix(" kB"));
        Ok(value.ok_or("no VmRSS")?.parse()?)
    }

    /// The current exposition.
    pub fn scrape(&self) -> Result<Scrape> {
        Ok(Scrape(get(&self.address, "/metrics")?))
    }

    /// Waits for a scrape that has counted this many lines.
    pub fn scrape_after(&self, lines: u64) -> Result<Scrape> {
        let mut last = 0;
        until(&format!("{lines} lines on /metrics"), PATIENCE, || {
            let scrape = self.scrape()?;
            last = scrape.sum("maillog_lines_total");
            Ok((last >= lines).then_some(scrape))
        })
        .map_err(|error| format!("{error}; last: {last}").into())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The body of a page.
pub fn get(address: &str, path: &str) -> Result<String> {
    get_with(address, path, "")
}

/// The body of a page, with further header lines in the request.
pub fn get_with(address: &str, path: &str, headers: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "GET {path} HTTP/1.0\r\nHost: {address}\r\n{headers}\r\n"
    )?;
    let mut reader = BufReader::new(stream);
    let mut status = String::new();
    reader.read_line(&mut status)?;
    let mut rest = String::new();
    reader.read_to_string(&mut rest)?;
    let body = rest.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    if status.split(' ').nth(1) != Some("200") {
        return Err(format!("{path}: {status}{body}").into());
    }
    Ok(body.to_owned())
}

/// An exposition in Prometheus' text format.
pub struct Scrape(pub String);

impl Scrape {
    /// The samples of a family: labels and value.
    fn samples(&self, family: &str) -> impl Iterator<Item = (Vec<(String, String)>, u64)> {
        self.0.lines().filter_map(move |line| {
            let rest = line.strip_prefix(family)?.strip_prefix('{')?;
            let (labels, value) = rest.rsplit_once("} ")?;
            let labels = labels
                .split("\",")
                .filter_map(|pair| pair.split_once("=\""))
                .map(|(name, value)| (name.to_owned(), value.trim_end_matches('"').to_owned()))
                .collect();
            Some((labels, value.parse::<f64>().ok()? as u64))
        })
    }

    /// The value of a sample of a family with one label.
    pub fn value(&self, family: &str, name: &str, of: &str) -> Option<u64> {
        let mut samples = self.samples(family);
        let (_, value) = samples.find(|(labels, _)| label(labels, name) == of)?;
        Some(value)
    }

    /// Sum of the values of a family.
    pub fn sum(&self, family: &str) -> u64 {
        self.samples(family).map(|(_, value)| value).sum()
    }

    /// The counters in the shape of `report --format json`.
    pub fn to_report(&self) -> Value {
        let mut report = serde_json::json!({
            "codes": {}, "enhanced": {}, "deliveries": {}, "connect_errors": {}
        });
        let mut add = |path: [&str; 3], value: u64| {
            let mut place = &mut report[path[0]];
            for key in path[1..].iter().filter(|key| !key.is_empty()) {
                place = &mut place[*key];
            }
            *place = (place.as_u64().unwrap_or(0) + value).into();
        };
        for (labels, value) in self.samples("maillog_codes_total") {
            add(
                ["codes", label(&labels, "direction"), label(&labels, "code")],
                value,
            );
        }
        for (labels, value) in self.samples("maillog_enhanced_codes_total") {
            let both = format!("{} {}", label(&labels, "code"), label(&labels, "enhanced"));
            add(
                ["enhanced", label(&labels, "direction"), both.trim_end()],
                value,
            );
        }
        for (labels, value) in self.samples("maillog_deliveries_total") {
            add(["deliveries", label(&labels, "status"), ""], value);
        }
        for (labels, value) in self.samples("maillog_connect_errors_total") {
            add(["connect_errors", label(&labels, "error"), ""], value);
        }
        report
    }
}

/// Value of a label, empty if it is missing.
fn label<'a>(labels: &'a [(String, String)], name: &str) -> &'a str {
    labels
        .iter()
        .find(|(label, _)| label == name)
        .map_or("", |(_, value)| value)
}
