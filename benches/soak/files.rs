//! Thousands of files, of which some grow: what they cost beyond what is read of them.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use crate::Options;
use crate::daemon::{Daemon, sum};

/// Files, those of them that grow, and the lines that each of those gets a second.
const FILES: usize = 2000;
const ACTIVE: usize = 100;
const RATE: u64 = 10;

/// How long each measurement takes.
const TIME: Duration = Duration::from_secs(20);

/// Promised: percent of a core beyond the reading itself; descriptors; seconds.
const SHARE: f64 = 1.0;
const DESCRIPTORS: usize = 600;
const FRESH: f64 = 1.0;

fn line(number: u64) -> String {
    format!(
        "Nov 23 10:00:00 mx postfix/smtp[1]: {:X}: to=<u@example.org>, \
         relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/1/0, dsn=2.0.0, status=sent (250 ok)\n",
        number + 0x10_0000
    )
}

/// Measures; whether every promise was kept.
pub fn run(options: &Options, _seed: u64) -> Result<bool> {
    // The reading itself: the files that grow, without the others.
    let alone = share(options, ACTIVE)?;
    let all = share(options, FILES)?;
    let beyond = all.active - alone.active;
    let mut kept = true;
    for (what, value, limit) in [
        ("idle, % of a core", all.idle, Some(SHARE)),
        ("the 100 that grow alone, % of a core", alone.active, None),
        ("100 of 2,000 grow, % of a core", all.active, None),
        (
            "beyond the reading itself, % of a core",
            beyond,
            Some(SHARE),
        ),
        (
            "descriptors",
            all.descriptors as f64,
            Some(DESCRIPTORS as f64),
        ),
        ("a new file is read after, s", all.fresh, Some(FRESH)),
        ("lines lost or doubled", all.wrong, Some(0.0)),
    ] {
        let limit_text = limit.map_or(String::new(), |limit| format!("  (at most {limit})"));
        println!("{value:>10.2}  {what}{limit_text}");
        kept &= limit.is_none_or(|limit| value <= limit);
    }
    Ok(kept)
}

struct Measured {
    idle: f64,
    active: f64,
    descriptors: usize,
    fresh: f64,
    wrong: f64,
}

/// The same lines, spread over the files that grow.
fn share(options: &Options, files: usize) -> Result<Measured> {
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
    std::thread::sleep(TIME);
    let idle = percent(cpu(daemon.pid())? - before, TIME);

    let (before, begun) = (cpu(daemon.pid())?, Instant::now());
    let mut round = 0;
    while begun.elapsed() < TIME {
        for _ in 0..ACTIVE {
            let at = (round % logs.len() as u64) as usize;
            logs[at].write_all(line(lines).as_bytes())?;
            lines += 1;
            round += 1;
        }
        let next = begun + Duration::from_millis(1000 * round / (ACTIVE as u64 * RATE));
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    let active = percent(cpu(daemon.pid())? - before, begun.elapsed());
    let counted = sum(&daemon.settled(lines)?, "maillog_lines_total");
    let wrong = (counted - lines as f64).abs();
    let descriptors = fs::read_dir(format!("/proc/{}/fd", daemon.pid()))?.count();

    let new = folder.path().join("mail-new.log");
    fs::write(&new, line(lines))?;
    let fresh = seconds_until(&daemon, counted + 1.0)?;
    Ok(Measured {
        idle,
        active,
        descriptors,
        fresh,
        wrong,
    })
}

fn seconds_until(daemon: &Daemon, lines: f64) -> Result<f64> {
    let begun = Instant::now();
    let mut connection = crate::http::Connection::open(&daemon.address)?;
    while begun.elapsed() < Duration::from_secs(10) {
        if sum(connection.get("/metrics")?, "maillog_lines_total") >= lines {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(begun.elapsed().as_secs_f64())
}

fn percent(cpu: Duration, time: Duration) -> f64 {
    100.0 * cpu.as_secs_f64() / time.as_secs_f64()
}

/// User and system time of a process so far (proc(5): fields 14 and 15, in hundredths).
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
