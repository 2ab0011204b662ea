//! The scenarios and their results.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::daemon::{Daemon, Watcher, codes, sum};
use crate::mail_log::MailLog;
use crate::options::Options;
use crate::random::Random;

/// The results of a scenario.
struct Results<'a> {
    log: &'a MailLog,
    daemon: &'a Daemon,
    text: &'a str,
    scrapes: u64,
    decreased: &'a [String],
}

impl Results<'_> {
    /// Prints the results; returns whether all guarantees were kept.
    fn print(&self) -> bool {
        let counted = codes(self.text);
        let (mut lost, mut twice) = (0, 0);
        for (code, &written) in &self.log.written {
            let found = counted.get(code).copied().unwrap_or(0);
            lost += written.saturating_sub(found);
            twice += found.saturating_sub(written);
        }
        let unavoidable = self.log.truncated_lines.min(lost);
        let unmatched = crate::daemon::samples(self.text)
            .filter(|(name, _)| {
                name.starts_with("maillog_lines_total") && name.contains("unmatched")
            })
            .map(|(_, value)| value as u64)
            .sum::<u64>();
        for (what, value) in [
            ("lines written", self.log.lines),
            ("of these, written to a rotated file", self.log.late_lines),
            (
                "lines counted",
                sum(self.text, "maillog_lines_total") as u64,
            ),
            ("rotations", self.log.rotations),
            ("kills", self.daemon.kills),
            ("scrapes", self.scrapes),
            ("lost", lost),
            (
                "of these, written between a copy and its truncation",
                unavoidable,
            ),
            ("counted twice", twice),
            ("torn (unmatched)", unmatched),
            ("decreased counters", self.decreased.len() as u64),
        ] {
            println!("{value:>10}  {what}");
        }
        for change in self.decreased.iter().take(10) {
            println!("            {change}");
        }
        lost == unavoidable && twice == 0 && unmatched == 0 && self.decreased.is_empty()
    }
}

/// A log, a daemon that follows it, and a watcher of its counters.
struct Trial {
    _folder: tempfile::TempDir,
    log: MailLog,
    daemon: Daemon,
    watcher: Watcher,
}

impl Trial {
    fn start(options: &Options, seed: u64) -> Result<Self> {
        Self::prepared(options, seed, |_| Ok(()))
    }

    fn prepared(
        options: &Options,
        seed: u64,
        prepare: impl FnOnce(&std::path::Path) -> Result<()>,
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("mail.log");
        prepare(&path)?;
        let log = MailLog::new(path, seed)?;
        let daemon = Daemon::new(&options.program, folder.path(), &log.path)?;
        let watcher = Watcher::start(&daemon.address);
        Ok(Trial {
            _folder: folder,
            log,
            daemon,
            watcher,
        })
    }

    /// Waits until all lines are counted, and prints the results.
    fn end(self) -> Result<bool> {
        let text = self
            .daemon
            .settled(self.log.lines - self.log.truncated_lines)?;
        let seen = self.watcher.end(&text);
        let results = Results {
            log: &self.log,
            daemon: &self.daemon,
            text: &text,
            scrapes: seen.scrapes,
            decreased: &seen.decreased,
        };
        Ok(results.print())
    }
}

/// A way to rotate a log.
type Rotate = fn(&mut MailLog) -> Result<()>;

/// Writes at a rate, and rotates the log and kills the daemon in the meantime.
fn kill_and_rotate(
    trial: &mut Trial,
    rate: u64,
    until: impl Fn(&MailLog, Duration) -> bool,
    rotate: &[Rotate],
    random: &mut Random,
) -> Result<()> {
    let start_time = Instant::now();
    let millis = Duration::from_millis;
    let mut rotation = start_time + millis(400);
    let mut kill = start_time + millis(300);
    let mut restart = None;
    let mut report = start_time + Duration::from_secs(10);
    let mut turn = 0;
    let start = trial.log.lines;
    while !until(&trial.log, start_time.elapsed()) {
        let due = start + start_time.elapsed().as_millis() as u64 * rate / 1000;
        let now = due.saturating_sub(trial.log.lines).min(rate / 10);
        trial.log.write(now)?;
        let now = Instant::now();
        if now >= rotation {
            rotation = now + millis(random.between(300, 700));
            rotate[turn % rotate.len()](&mut trial.log)?;
            turn += 1;
        }
        if now >= kill && restart.is_none() {
            trial.daemon.kill()?;
            // Every fourth time the daemon stays stopped during two rotations.
            let downtime = match trial.daemon.kills % 4 {
                0 => {
                    rotate[turn % rotate.len()](&mut trial.log)?;
                    rotation = now + millis(100);
                    1250
                }
                _ => random.between(0, 250),
            };
            restart = Some(now + millis(downtime));
        }
        if restart.is_some_and(|restart| now >= restart) {
            restart = None;
            trial.daemon.start()?;
            kill = now + millis(random.between(20, 250));
        }
        if now >= report {
            report = now + Duration::from_secs(10);
            eprintln!(
                "{:>6} s: {} lines, {} rotations, {} kills",
                start_time.elapsed().as_secs(),
                trial.log.lines,
                trial.log.rotations,
                trial.daemon.kills
            );
        }
        std::thread::sleep(millis(2));
    }
    if restart.is_some() {
        trial.daemon.start()?;
    }
    Ok(())
}

/// SIGKILL and rotation by rename.
pub fn kill(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let lines = options.lines.unwrap_or(300_000);
    let mut random = Random::new(seed ^ 1);
    let done = |log: &MailLog, _| log.lines >= lines;
    kill_and_rotate(
        &mut trial,
        options.rate,
        done,
        &[MailLog::rename],
        &mut random,
    )?;
    trial.end()
}

/// SIGKILL and copytruncate. In every second rotation seven lines are written between the copy and the truncation,
/// which the daemon may or may not read in time.
pub fn copytruncate(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let lines = options.lines.unwrap_or(300_000);
    let mut random = Random::new(seed ^ 1);
    let done = |log: &MailLog, _| log.lines >= lines;
    let ways: [Rotate; 2] = [
        |log| log.copy_and_truncate(0),
        |log| log.copy_and_truncate(7),
    ];
    kill_and_rotate(&mut trial, options.rate, done, &ways, &mut random)?;
    trial.end()
}

/// Kills and rotations of all kinds that lose nothing, for the given time.
pub fn run(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let mut random = Random::new(seed ^ 1);
    let time = Duration::from_secs(60 * options.minutes);
    let done = |_: &MailLog, elapsed| elapsed >= time;
    let ways: [Rotate; 4] = [
        MailLog::rename,
        MailLog::rename,
        |log| log.copy_and_truncate(0),
        MailLog::rename,
    ];
    kill_and_rotate(&mut trial, options.rate, done, &ways, &mut random)?;
    trial.end()
}

/// A rotation every 5 ms.
pub fn fast(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let lines = options.lines.unwrap_or(200_000);
    let start_time = Instant::now();
    let mut next = start_time;
    while trial.log.lines < lines {
        let due = start_time.elapsed().as_millis() as u64 * options.rate / 1000;
        let now = due.saturating_sub(trial.log.lines);
        trial.log.write(now.min(lines - trial.log.lines))?;
        if Instant::now() >= next {
            next += Duration::from_millis(5);
            trial.log.rename()?;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    trial.end()
}

/// Other kinds of rotation, and late lines for thirty seconds.
pub fn rotations(options: &Options, seed: u64) -> Result<bool> {
    let lines = options.lines.unwrap_or(50_000);
    let mut passed = true;
    let ways: [(&str, Rotate); 3] = [
        ("unlink and create", MailLog::remove),
        ("atomic replace", MailLog::replace),
        ("symlink swap", MailLog::relink),
    ];
    for (name, rotate) in ways {
        println!("{name}:");
        let mut trial = Trial::prepared(options, seed, |path| {
            if name == "symlink swap" {
                let first = path.with_extension("day0");
                std::fs::write(&first, "")?;
                std::os::unix::fs::symlink(first, path)?;
            }
            Ok(())
        })?;
        let start_time = Instant::now();
        let mut next = start_time + Duration::from_millis(300);
        while trial.log.lines < lines {
            let due = start_time.elapsed().as_millis() as u64 * options.rate / 1000;
            let now = due.saturating_sub(trial.log.lines);
            trial.log.write(now.min(lines - trial.log.lines))?;
            if Instant::now() >= next {
                next += Duration::from_millis(200);
                rotate(&mut trial.log)?;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        passed &= trial.end()?;
    }
    println!("late writes for 30 s:");
    let mut trial = Trial::start(options, seed)?;
    trial.log.write(1000)?;
    // Logs rotated before the first check are not read.
    trial.daemon.settled(trial.log.lines)?;
    trial.log.rename()?;
    let start_time = Instant::now();
    while start_time.elapsed() < Duration::from_secs(30) {
        trial.log.write_late(20)?;
        trial.log.write(20)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(trial.end()? && passed)
}
