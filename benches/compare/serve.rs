//! The daemon under load: what it costs to follow a busy log, to wait on a hundred quiet ones, and
//! to be scraped meanwhile.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::check::{self, samples};
use super::feed::{Feed, in_background, many_series};
use super::http::{self, Connection};
use super::measure::{cpu_so_far, finish, start, status};
use super::table::Rows;
use super::{Options, machine};

/// Lines a second that are written.
pub const RATE: u32 = 10_000;

/// How long the daemon may take to catch up before it counts as having lost lines.
const PATIENCE: Duration = Duration::from_secs(20);

/// Promised: shares of a core in percent, MiB, milliseconds.
const FOLLOWING: f64 = 3.0;
const MEMORY: f64 = 16.0;
const IDLE: f64 = 0.2;
const FRESH: f64 = 1000.0;
const SCRAPE: f64 = 5.0;

/// A daemon that runs.
struct Daemon {
    child: Child,
    address: String,
}

impl Daemon {
    /// Starts it on the logs, each a source of its own, and waits until it answers.
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
            // Of this daemon alone.
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

    /// Its metrics, once it has counted so many lines.
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
                start.elapsed() < PATIENCE,
                "{counted} of {lines} lines are on /metrics"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to do.
        if self.child.kill().is_ok() {
            let _ = finish(&mut self.child);
        }
    }
}

/// Measures all, prints a table; whether the counts were right.
///
/// # Errors
///
/// If the daemon does not start or does not count all lines.
pub fn run(options: &Options, folder: &Path) -> Result<bool> {
    let mut rows = Rows::default();
    let right = following(options, folder, &mut rows)?;
    idle(options, folder, &mut rows)?;
    scraped(options, folder, &mut rows)?;
    print!("{rows}");
    println!("\nMachine: {}.", machine::description());
    Ok(right)
}

fn following(options: &Options, folder: &Path, rows: &mut Rows) -> Result<bool> {
    eprintln!(
        "following {RATE} lines a second for {} s …",
        options.seconds
    );
    let path = folder.join("live.log");
    let mut feed = Feed::new(&path, options)?;
    let daemon = Daemon::start(options, &[&path])?;
    let before = daemon.cpu()?;
    feed.write_for(Duration::from_secs(options.seconds))?;
    let metrics = daemon.metrics_after(feed.truth.lines)?;
    let share = percent(daemon.cpu()? - before, options.seconds);
    let what = format!("following {RATE} lines/s, one write each");
    rows.add(&format!("{what}: % of a core"), share, Some(FOLLOWING));
    let peak = status(daemon.child.id(), "VmHWM")? as f64 / f64::from(1 << 20);
    rows.add(&format!("{what}: MiB at the peak"), peak, Some(MEMORY));

    let found = samples(&metrics, "maillog_codes_total").filter_map(|(labels, value)| {
        Some((
            format!("{}/{}", label(labels, "direction")?, label(labels, "code")?),
            value as u64,
        ))
    });
    let expected = feed.truth.codes.iter().flat_map(|(direction, codes)| {
        codes
            .iter()
            .map(move |(code, count)| (format!("{direction}/{code}"), *count))
    });
    let agreement = check::agreement(&found.collect(), &expected.collect());
    rows.note(
        &format!("{what}: counts agree with the log"),
        &agreement.words,
    );

    let mut delays = Vec::new();
    let mut connection = Connection::open(&daemon.address)?;
    for _ in 0..50 {
        feed.write_line()?;
        let written = Instant::now();
        while check::sum(connection.get("/metrics")?, "maillog_lines_total") < feed.truth.lines {
            ensure!(
                written.elapsed() < PATIENCE,
                "a line does not show on /metrics"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
        delays.push(milliseconds(written.elapsed()));
        std::thread::sleep(Duration::from_millis(37));
    }
    rows.add(
        "ms until a line shows on /metrics, the longest of 50",
        quantile(&mut delays, 1.0),
        Some(FRESH),
    );
    Ok(!agreement.wrong)
}

fn idle(options: &Options, folder: &Path, rows: &mut Rows) -> Result<()> {
    eprintln!("idle with 100 files for {} s …", options.seconds);
    let logs = folder.join("idle");
    fs::create_dir(&logs)?;
    for number in 0..100 {
        let mut feed = Feed::new(&logs.join(format!("mail{number}.log")), options)?;
        for _ in 0..100 {
            feed.write_line()?;
        }
    }
    let daemon = Daemon::start(options, &[&logs.join("*.log")])?;
    daemon.metrics_after(100 * 100)?;
    // What the start has set in motion comes to rest first.
    std::thread::sleep(Duration::from_secs(2));
    let before = daemon.cpu()?;
    std::thread::sleep(Duration::from_secs(options.seconds));
    let share = percent(daemon.cpu()? - before, options.seconds);
    rows.add("idle with 100 files: % of a core", share, Some(IDLE));
    let memory = status(daemon.child.id(), "VmHWM")? as f64 / f64::from(1 << 20);
    rows.add("idle with 100 files: MiB at the peak", memory, None);
    Ok(())
}

fn scraped(options: &Options, folder: &Path, rows: &mut Rows) -> Result<()> {
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
    eprintln!("500 scrapes of {series} series while {RATE} lines a second pour in …");
    let feed = Feed::append(paths.first().context("a log")?, options)?;
    let mut delays = in_background(feed, || {
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
    let what = format!("scrape of {series} series while {RATE} lines/s pour in");
    rows.add(
        &format!("{what}: ms, half of 500"),
        quantile(&mut delays, 0.5),
        None,
    );
    rows.add(
        &format!("{what}: ms, 99 % of 500"),
        quantile(&mut delays, 0.99),
        Some(SCRAPE),
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

/// The value that such a share of the values does not exceed.
fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values[at.saturating_sub(1)]
}
