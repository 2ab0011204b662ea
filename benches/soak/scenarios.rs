//! What is done to the daemon and its log, and what came of it.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::Options;
use crate::daemon::{Daemon, Watcher, codes, sum};
use crate::mail_log::MailLog;
use crate::random::Random;

/// What came of it.
struct Figures<'a> {
    log: &'a MailLog,
    daemon: &'a Daemon,
    text: &'a str,
    scrapes: u64,
    back: &'a [String],
}

impl Figures<'_> {
    /// Prints the figures; whether every promise was kept.
    fn print(&self) -> bool {
        let counted = codes(self.text);
        let (mut lost, mut doubled) = (0, 0);
        for (code, &written) in &self.log.truth {
            let found = counted.get(code).copied().unwrap_or(0);
            lost += written.saturating_sub(found);
            doubled += found.saturating_sub(written);
        }
        let unavoidable = self.log.beyond_copies.min(lost);
        let unmatched = crate::daemon::samples(self.text)
            .filter(|(name, _)| {
                name.starts_with("maillog_lines_total") && name.contains("unmatched")
            })
            .map(|(_, value)| value as u64)
            .sum::<u64>();
        for (what, value) in [
            ("lines written", self.log.lines),
            ("of them late, to a rotated file", self.log.late_lines),
            (
                "lines counted",
                sum(self.text, "maillog_lines_total") as u64,
            ),
            ("rotations", self.log.rotations),
            ("kills", self.daemon.kills),
            ("scrapes", self.scrapes),
            ("lost", lost),
            (
                "of them written between a copy and its truncate",
                unavoidable,
            ),
            ("doubled", doubled),
            ("torn", unmatched),
            ("counters that went back", self.back.len() as u64),
        ] {
            println!("{value:>10}  {what}");
        }
        for back in self.back.iter().take(10) {
            println!("            {back}");
        }
        lost == unavoidable && doubled == 0 && unmatched == 0 && self.back.is_empty()
    }
}

/// A daemon on a log, watched.
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

    /// Waits until all is counted, and prints what came of it.
    fn end(self) -> Result<bool> {
        let text = self
            .daemon
            .settled(self.log.lines - self.log.beyond_copies)?;
        let seen = self.watcher.end(&text);
        let figures = Figures {
            log: &self.log,
            daemon: &self.daemon,
            text: &text,
            scrapes: seen.scrapes,
            back: &seen.back,
        };
        Ok(figures.print())
    }
}

/// How a log is rotated.
type Rotate = fn(&mut MailLog) -> Result<()>;

/// Writes at a rate, and meanwhile rotates and kills.
fn torment(
    trial: &mut Trial,
    rate: u64,
    until: impl Fn(&MailLog, Duration) -> bool,
    rotate: &[Rotate],
    random: &mut Random,
) -> Result<()> {
    let begun = Instant::now();
    let millis = Duration::from_millis;
    let mut rotation = begun + millis(400);
    let mut kill = begun + millis(300);
    let mut birth = None;
    let mut report = begun + Duration::from_secs(10);
    let mut turn = 0;
    let start = trial.log.lines;
    while !until(&trial.log, begun.elapsed()) {
        let due = start + begun.elapsed().as_millis() as u64 * rate / 1000;
        let now = due.saturating_sub(trial.log.lines).min(rate / 10);
        trial.log.write(now)?;
        let now = Instant::now();
        if now >= rotation {
            rotation = now + millis(random.between(300, 700));
            rotate[turn % rotate.len()](&mut trial.log)?;
            turn += 1;
        }
        if now >= kill && birth.is_none() {
            trial.daemon.kill()?;
            // Every fourth time it stays away while two rotations pass.
            let away = match trial.daemon.kills % 4 {
                0 => {
                    rotate[turn % rotate.len()](&mut trial.log)?;
                    rotation = now + millis(100);
                    1250
                }
                _ => random.between(0, 250),
            };
            birth = Some(now + millis(away));
        }
        if birth.is_some_and(|birth| now >= birth) {
            birth = None;
            trial.daemon.start()?;
            kill = now + millis(random.between(20, 250));
        }
        if now >= report {
            report = now + Duration::from_secs(10);
            eprintln!(
                "{:>6} s: {} lines, {} rotations, {} kills",
                begun.elapsed().as_secs(),
                trial.log.lines,
                trial.log.rotations,
                trial.daemon.kills
            );
        }
        std::thread::sleep(millis(2));
    }
    if birth.is_some() {
        trial.daemon.start()?;
    }
    Ok(())
}

/// Kill -9 and rename rotation.
pub fn kill(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let lines = options.lines.unwrap_or(300_000);
    let mut random = Random::new(seed ^ 1);
    let done = |log: &MailLog, _| log.lines >= lines;
    torment(
        &mut trial,
        options.rate,
        done,
        &[MailLog::rename],
        &mut random,
    )?;
    trial.end()
}

/// Kill -9 and copytruncate. Each time a few lines are written between the copy and the truncate:
/// the daemon may have read them in time or not.
pub fn copytruncate(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let lines = options.lines.unwrap_or(300_000);
    let mut random = Random::new(seed ^ 1);
    let done = |log: &MailLog, _| log.lines >= lines;
    let ways: [Rotate; 2] = [
        |log| log.copy_and_truncate(0),
        |log| log.copy_and_truncate(7),
    ];
    torment(&mut trial, options.rate, done, &ways, &mut random)?;
    trial.end()
}

/// Kills and rotations of every kind that can be survived, for as long as is wanted.
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
    torment(&mut trial, options.rate, done, &ways, &mut random)?;
    trial.end()
}

/// A rotation every 5 ms.
pub fn fast(options: &Options, seed: u64) -> Result<bool> {
    let mut trial = Trial::start(options, seed)?;
    let lines = options.lines.unwrap_or(200_000);
    let begun = Instant::now();
    let mut next = begun;
    while trial.log.lines < lines {
        let due = begun.elapsed().as_millis() as u64 * options.rate / 1000;
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

/// The other ways in which a name comes to mean another file, and late lines for thirty seconds.
pub fn ways(options: &Options, seed: u64) -> Result<bool> {
    let lines = options.lines.unwrap_or(50_000);
    let mut kept = true;
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
        let begun = Instant::now();
        let mut next = begun + Duration::from_millis(300);
        while trial.log.lines < lines {
            let due = begun.elapsed().as_millis() as u64 * options.rate / 1000;
            let now = due.saturating_sub(trial.log.lines);
            trial.log.write(now.min(lines - trial.log.lines))?;
            if Instant::now() >= next {
                next += Duration::from_millis(200);
                rotate(&mut trial.log)?;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        kept &= trial.end()?;
    }
    println!("late writes for 30 s:");
    let mut trial = Trial::start(options, seed)?;
    trial.log.write(1000)?;
    // What was rotated before the first look is the past, and not read.
    trial.daemon.settled(trial.log.lines)?;
    trial.log.rename()?;
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        trial.log.write_late(20)?;
        trial.log.write(20)?;
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(trial.end()? && kept)
}
