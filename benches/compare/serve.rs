//! The daemon under load: CPU and memory for a growing log and for 100 idle files, and latency of scrapes.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::check::{self, samples};
use super::http::{self, Connection};
use super::log_writer::{LogWriter, RATE, in_background, many_series};
use super::machine;
use super::measure::{cpu_so_far, finish, start, status};
use super::options::Options;
use super::table::Rows;

/// How long the daemon may take to count all lines.
const TIMEOUT: Duration = Duration::from_secs(20);

// The limits of docs/performance.md.

/// Percent of a core while the log grows by [`RATE`] lines per second.
const MAX_CPU: f64 = 3.0;
/// Peak memory in MiB.
const MAX_MEMORY: f64 = 16.0;
/// Percent of a core with 100 idle files.
const MAX_IDLE_CPU: f64 = 0.2;
/// Milliseconds until a line is visible on /metrics.
const MAX_DELAY: f64 = 1000.0;
/// Milliseconds per scrape, 99th percentile.
const MAX_SCRAPE: f64 = 5.0;

/// A running daemon.
struct Daemon {
    child: Child,
    address: String,
}

impl Daemon {
    /// Starts it with the logs, each as a source, and waits until it answers.
    fn start(options: &Options, logs: &[&Path]) -> Result<Self> {
        let address = http::free_address()?;
        let mut command = Command::new(&options.program);
        command
            .arg("serve")
            .arg(format!("--web.listen-address={address}"))
            .args(logs)
            .stdout(Stdio::null());
        if options.state
            && let Some(folder) = logs.first().and_then(|log| log.parent())
        {
            // Each daemon needs its own state file.
            let state = folder.join(format!("state-{}", address.replace(':', "-")));
            command.arg(format!("--state.path={}", state.display()));
        }
        let mut child = start(&mut command, options.core)?;
        http::wait_until_up(&mut child, &address, "/-/healthy")?;
        Ok(Daemon { child, address })
    }

    fn cpu(&self) -> Result<Duration> {
        cpu_so_far(self.child.id())
    }

    /// Waits until it has counted `lines`, and returns its metrics.
    fn metrics_after(&self, lines: u64) -> Result<String> {
        let start = Instant::now();
        let mut connection = Connection::open(&self.address)?;
        loop {
            let metrics = connection.get("/metrics")?;
            let counted = check::sum(metrics, "maillog_lines_total");
            if counted >= lines {
                return Ok(metrics.to_owned());
            }
            ensure!(
                start.elapsed() < TIMEOUT,
                "only {counted} of {lines} lines are on /metrics"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Killing fails if it has already exited.
        if self.child.kill().is_ok() {
            let _ = finish(&mut self.child);
        }
    }
}

/// Runs all measurements and prints a table; returns whether the counts were right.
///
/// # Errors
///
/// If the daemon does not start or does not count all lines.
pub fn run(options: &Options, folder: &Path) -> Result<bool> {
    let mut rows = Rows::default();
    let correct = growing_log(options, folder, &mut rows)?;
    idle_files(options, folder, &mut rows)?;
    scrapes(options, folder, &mut rows)?;
    print!("{rows}");
    println!("\nMachine: {}.", machine::description());
    Ok(correct)
}

fn growing_log(options: &Options, folder: &Path, rows: &mut Rows) -> Result<bool> {
    eprintln!("log growing by {RATE} lines/s for {} s …", options.seconds);
    let path = folder.join("live.log");
    let mut log = LogWriter::new(&path, options)?;
    let daemon = Daemon::start(options, &[&path])?;
    let before = daemon.cpu()?;
    log.write_for(Duration::from_secs(options.seconds))?;
    let metrics = daemon.metrics_after(log.expected.lines)?;
    let share = percent(daemon.cpu()? - before, options.seconds);
    let what = format!("log growing by {RATE} lines/s, one write each");
    rows.add(&format!("{what}: CPU, % of a core"), share, Some(MAX_CPU));
    let peak = status(daemon.child.id(), "VmHWM")? as f64 / f64::from(1 << 20);
    rows.add(&format!("{what}: peak memory, MiB"), peak, Some(MAX_MEMORY));

    let found = samples(&metrics, "maillog_codes_total").filter_map(|(labels, value)| {
        Some((
            format!("{}/{}", label(labels, "direction")?, label(labels, "code")?),
            value as u64,
        ))
    });
    let expected = log.expected.codes.iter().flat_map(|(direction, codes)| {
        codes
            .iter()
            .map(move |(code, count)| (format!("{direction}/{code}"), *count))
    });
    let agreement = check::agreement(&found.collect(), &expected.collect());
    rows.note(
        &format!("{what}: counts agree with the log"),
        &agreement.text,
    );

    let mut delays = Vec::new();
    let mut connection = Connection::open(&daemon.address)?;
    for _ in 0..50 {
        log.write_line()?;
        let written = Instant::now();
        while check::sum(connection.get("/metrics")?, "maillog_lines_total") < log.expected.lines {
            ensure!(
                written.elapsed() < TIMEOUT,
                "a line is not visible on /metrics"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        delays.push(milliseconds(written.elapsed()));
        std::thread::sleep(Duration::from_millis(37));
    }
    rows.add(
        "time until a line is visible on /metrics, ms, maximum of 50",
        quantile(&mut delays, 1.0),
        Some(MAX_DELAY),
    );
    Ok(!agreement.wrong)
}

fn idle_files(options: &Options, folder: &Path, rows: &mut Rows) -> Result<()> {
    eprintln!("100 idle files for {} s …", options.seconds);
    let logs = folder.join("idle");
    fs::create_dir(&logs)?;
    for number in 0..100 {
        let mut log = LogWriter::new(&logs.join(format!("mail{number}.log")), options)?;
        for _ in 0..100 {
            log.write_line()?;
        }
    }
    let daemon = Daemon::start(options, &[&logs.join("*.log")])?;
    daemon.metrics_after(100 * 100)?;
    // Wait until the work of the start is done.
    std::thread::sleep(Duration::from_secs(2));
    let before = daemon.cpu()?;
    std::thread::sleep(Duration::from_secs(options.seconds));
    let share = percent(daemon.cpu()? - before, options.seconds);
    rows.add(
        "100 idle files: CPU, % of a core",
        share,
        Some(MAX_IDLE_CPU),
    );
    let memory = status(daemon.child.id(), "VmHWM")? as f64 / f64::from(1 << 20);
    rows.add("100 idle files: peak memory, MiB", memory, None);
    Ok(())
}

fn scrapes(options: &Options, folder: &Path, rows: &mut Rows) -> Result<()> {
    let paths: Vec<_> = (0..100)
        .map(|number| folder.join(format!("mx{number}.log")))
        .collect();
    let mut lines = 0;
    for path in &paths {
        lines += many_series(path)?;
    }
    let daemon = Daemon::start(
        options,
        &paths.iter().map(AsRef::as_ref).collect::<Vec<_>>(),
    )?;
    let metrics = daemon.metrics_after(lines)?;
    let series = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .count();
    eprintln!("500 scrapes of {series} series while {RATE} lines/s arrive …");
    let log = LogWriter::append(paths.first().context("no log")?, options)?;
    let mut delays = in_background(log, || {
        let mut connection = Connection::open(&daemon.address)?;
        let mut delays = Vec::new();
        for _ in 0..500 {
            let start = Instant::now();
            connection.get("/metrics")?;
            delays.push(milliseconds(start.elapsed()));
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(delays)
    })?;
    let what = format!("scrape of {series} series while {RATE} lines/s arrive");
    rows.add(
        &format!("{what}: ms, median of 500"),
        quantile(&mut delays, 0.5),
        None,
    );
    rows.add(
        &format!("{what}: ms, 99th percentile of 500"),
        quantile(&mut delays, 0.99),
        Some(MAX_SCRAPE),
    );
    Ok(())
}

/// The value of a label.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    labels.split(',').find_map(|label| {
        label
            .strip_prefix(name)?
            .strip_prefix("=\"")?
            .strip_suffix('"')
    })
}

fn percent(cpu: Duration, seconds: u64) -> f64 {
    100.0 * cpu.as_secs_f64() / seconds as f64
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// The quantile of the values, for a share from 0 to 1.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values[at.saturating_sub(1)]
}
