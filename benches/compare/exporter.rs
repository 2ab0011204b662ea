//! prometheus-postfix-exporter, run until it has read a whole log.
//!
//! It stands apart because that exporter has no way to read a file and end: it follows a file from
//! the end it finds, so it is started on an empty one, the log is put there, and its own counters
//! tell when it is through.

use std::fs::{self, File};
use std::io;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use super::check::sum;
use super::log::Truth;
use super::measure::{self, Cost};
use super::{Options, http};

/// How often its counters are looked at; each look costs it about a millisecond.
const POLL: Duration = Duration::from_millis(200);

/// How long its counters may stand still before it is taken for stuck.
const STUCK: Duration = Duration::from_secs(30);

/// Its cost, and its metrics at the end.
///
/// # Errors
///
/// If it does not start, or does not come to the log's end.
pub fn run(options: &Options, log: &Path, truth: &Truth, folder: &Path) -> Result<(Cost, String)> {
    let followed = folder.join("followed.log");
    File::create(&followed)?;
    // It asks Postfix's queue at every look: an empty one that is not the system's.
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
    let metrics = follow(&mut child, &address, log, &followed, truth);
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
    truth: &Truth,
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
        if removed >= truth.removed {
            return Ok(metrics);
        }
        if removed > last {
            (last, since) = (removed, Instant::now());
        }
        if since.elapsed() > STUCK {
            bail!(
                "prometheus-postfix-exporter counts {removed} of {} messages",
                truth.removed
            );
        }
    }
}
