//! CPU, descriptors and delay with thousands of files, of which some grow.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::daemon::{Daemon, sum};
use crate::options::Options;

/// Number of files.
const FILES: usize = 2000;
/// Number of files that grow.
const ACTIVE: usize = 100;
/// Lines per second of each growing file.
const RATE: u64 = 10;

/// Duration of each measurement.
const DURATION: Duration = Duration::from_secs(20);

/// Limit: percent of a core in addition to the reading itself.
const MAX_CPU: f64 = 1.0;
/// Limit: open file descriptors.
const MAX_DESCRIPTORS: usize = 600;
/// Limit: seconds until a new file is read.
const MAX_DELAY: f64 = 1.0;

fn line(number: u64) -> String {
    format!(
        "Nov 23 10:00:00 mx postfix/smtp[1]: {:X}: to=<u@example.org>, \
         relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)\n",
        number + 0x10_0000
    )
}

/// Measures; returns whether all limits were met.
pub fn run(options: &Options, _seed: u64) -> Result<bool> {
    // The cost of reading: only the growing files.
    let alone = measure(options, ACTIVE)?;
    let all = measure(options, FILES)?;
    let beyond = all.active - alone.active;
    let mut met = true;
    for (what, value, limit) in [
        ("idle, % of a core", all.idle, Some(MAX_CPU)),
        (
            "only the 100 growing files, % of a core",
            alone.active,
            None,
        ),
        ("100 of 2,000 files grow, % of a core", all.active, None),
        (
            "in addition to the reading itself, % of a core",
            beyond,
            Some(MAX_CPU),
        ),
        (
            "open file descriptors",
            all.descriptors as f64,
            Some(MAX_DESCRIPTORS as f64),
        ),
        (
            "seconds until a new file is read",
            all.delay,
            Some(MAX_DELAY),
        ),
        ("lines lost or counted twice", all.wrong, Some(0.0)),
    ] {
        let limit_text = limit.map_or(String::new(), |limit| format!("  (at most {limit})"));
        println!("{value:>10.2}  {what}{limit_text}");
        met &= limit.is_none_or(|limit| value <= limit);
    }
    Ok(met)
}

struct Measured {
    idle: f64,
    active: f64,
    descriptors: usize,
    delay: f64,
    wrong: f64,
}

/// Measures with so many files; the same lines are spread over the growing ones.
fn measure(options: &Options, files: usize) -> Result<Measured> {
    let folder = tempfile::tempdir()?;
    let mut logs = Vec::new();
    let mut lines = 0;
    for number in 0..files {
        let path = folder.path().join(format!("mail-{number}.log"));
        fs::write(&path, line(lines))?;
        lines += 1;
        if number % (files / ACTIVE).max(1) == 0 {
            logs.push(File::options().append(true).open(&path)?);
        }
    }
    let daemon = Daemon::new(
        &options.program,
        folder.path(),
        &folder.path().join("*.log"),
    )?;
    daemon.settled(lines)?;
    let before = cpu(daemon.pid())?;
    std::thread::sleep(DURATION);
    let idle = percent(cpu(daemon.pid())? - before, DURATION);

    let (before, start) = (cpu(daemon.pid())?, Instant::now());
    let mut round = 0;
    while start.elapsed() < DURATION {
        for _ in 0..ACTIVE {
            let at = (round % logs.len() as u64) as usize;
            logs[at].write_all(line(lines).as_bytes())?;
            lines += 1;
            round += 1;
        }
        let next = start + Duration::from_millis(1000 * round / (ACTIVE as u64 * RATE));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let active = percent(cpu(daemon.pid())? - before, start.elapsed());
    let counted = sum(&daemon.settled(lines)?, "maillog_lines_total");
    let wrong = (counted - lines as f64).abs();
    let descriptors = fs::read_dir(format!("/proc/{}/fd", daemon.pid()))?.count();

    let new = folder.path().join("mail-new.log");
    fs::write(&new, line(lines))?;
    let delay = seconds_until(&daemon, counted + 1.0)?;
    Ok(Measured {
        idle,
        active,
        descriptors,
        delay,
        wrong,
    })
}

fn seconds_until(daemon: &Daemon, lines: f64) -> Result<f64> {
    let start = Instant::now();
    let mut connection = crate::http::Connection::open(&daemon.address)?;
    while start.elapsed() < Duration::from_secs(10) {
        if sum(connection.get("/metrics")?, "maillog_lines_total") >= lines {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(start.elapsed().as_secs_f64())
}

fn percent(cpu: Duration, time: Duration) -> f64 {
    100.0 * cpu.as_secs_f64() / time.as_secs_f64()
}

/// User and system time of a process so far (proc(5), fields 14 and 15, in hundredths of a second).
fn cpu(pid: u32) -> Result<Duration> {
    let text = fs::read_to_string(Path::new("/proc").join(pid.to_string()).join("stat"))?;
    let fields = text.rsplit_once(')').context("no process name")?.1;
    let ticks: u64 = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .filter_map(|field| field.parse::<u64>().ok())
        .sum();
    Ok(Duration::from_millis(10 * ticks))
}
