//! Runs prometheus-postfix-exporter until it has read a whole log.
//!
//! That exporter can only follow a file from its end. It is started on an empty file, the log is appended,
//! and its own counters show when it has finished.

use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::check::sum;
use super::http;
use super::log::ExpectedCounts;
use super::measure::{self, Cost};
use super::options::Options;

/// Interval of scrapes. Each scrape takes about a millisecond of the exporter's CPU time.
const POLL: Duration = Duration::from_millis(200);

/// How long its counters may stay the same before the run is given up.
const STUCK: Duration = Duration::from_secs(30);

/// Returns the cost and the metrics at the end.
///
/// # Errors
///
/// If it does not start or does not reach the end of the log.
pub fn run(
    options: &Options,
    log: &Path,
    expected: &ExpectedCounts,
    folder: &Path,
) -> Result<(Cost, String)> {
    let followed = folder.join("followed.log");
    File::create(&followed)?;
    // It queries the Postfix queue at every scrape: give it an empty one instead of the system's.
    let queue = folder.join("showq");
    let _ = fs::remove_file(&queue);
    let listener = UnixListener::bind(&queue)?;
    std::thread::spawn(move || while listener.accept().is_ok() {});

    let address = http::free_address()?;
    let mut child = measure::start(
        Command::new("prometheus-postfix-exporter")
            .arg(format!("--web.listen-address={address}"))
            .arg(format!("--postfix.logfile_path={}", followed.display()))
            .arg(format!("--postfix.showq_path={}", queue.display()))
            .stdout(Stdio::null()),
        options.core,
    )?;
    let metrics = follow(&mut child, &address, log, &followed, expected);
    child.kill()?;
    let (cost, _) = measure::finish(&mut child)?;
    fs::remove_file(&followed)?;
    Ok((cost, metrics?))
}

fn follow(
    child: &mut Child,
    address: &str,
    log: &Path,
    followed: &Path,
    expected: &ExpectedCounts,
) -> Result<String> {
    http::wait_until_up(child, address, "/metrics")?;
    io::copy(
        &mut File::open(log)?,
        &mut File::options().append(true).open(followed)?,
    )?;
    let (mut last, mut since) = (0, Instant::now());
    loop {
        std::thread::sleep(POLL);
        let metrics = http::get_once(address, "/metrics")?;
        let removed = sum(&metrics, "postfix_qmgr_messages_removed_total");
        if removed >= expected.removed {
            return Ok(metrics);
        }
        if removed > last {
            (last, since) = (removed, Instant::now());
        }
        if since.elapsed() > STUCK {
            bail!(
                "prometheus-postfix-exporter has counted {removed} of {} messages",
                expected.removed
            );
        }
    }
}
