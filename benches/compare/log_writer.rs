//! Writes a log while the daemon reads it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;

use super::log::{ExpectedCounts, TimestampFormat, TimestampFormatter, Traffic};
use super::options::Options;

/// Lines per second.
pub const RATE: u32 = 10_000;

/// Writes a log line by line, as syslog daemons do, and counts what it has written.
pub struct LogWriter {
    file: File,
    traffic: Traffic,
    timestamps: TimestampFormatter,
    /// What has been written so far.
    pub expected: ExpectedCounts,
}

impl LogWriter {
    /// Creates a log.
    pub fn new(path: &Path, options: &Options) -> Result<Self> {
        File::create(path)?;
        Self::append(path, options)
    }

    /// Opens a log to append to it.
    pub fn append(path: &Path, options: &Options) -> Result<Self> {
        Ok(LogWriter {
            file: File::options().append(true).open(path)?,
            traffic: Traffic::new(options.seed, options.style()),
            timestamps: TimestampFormatter::new(options.timestamps),
            expected: ExpectedCounts::default(),
        })
    }

    /// Writes one line, with one write(2).
    pub fn write_line(&mut self) -> Result<()> {
        let line = self.traffic.next_line();
        let timestamp = self.timestamps.format(Timestamp::now());
        self.file
            .write_all(format!("{timestamp} mx1 {}\n", line.text).as_bytes())?;
        self.expected.count(&line.text, &line.facts);
        Ok(())
    }

    /// Writes [`RATE`] lines per second.
    pub fn write_for(&mut self, time: Duration) -> Result<()> {
        self.write_while(|elapsed| elapsed < time)
    }

    fn write_while(&mut self, proceed: impl Fn(Duration) -> bool) -> Result<()> {
        let start = Instant::now();
        let mut written = 0.0;
        while proceed(start.elapsed()) {
            while written < start.elapsed().as_secs_f64() * f64::from(RATE) {
                self.write_line()?;
                written += 1.0;
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// Runs `work` while the log is being written.
pub fn in_background<T>(mut log: LogWriter, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| log.write_while(|_| !done.load(Ordering::Relaxed)));
        let result = work();
        done.store(true, Ordering::Relaxed);
        writer.join().expect("the writer does not panic")?;
        result
    })
}

/// Writes a log that creates as many series as possible; returns the number of lines.
pub fn many_series(path: &Path) -> Result<u64> {
    let mut timestamps = TimestampFormatter::new(TimestampFormat::Rfc3164);
    let timestamp = timestamps.format(Timestamp::now());
    let mut text = String::new();
    let mut lines = 0;
    for code in 400..600 {
        let class = code / 100;
        let status = if class == 4 { "deferred" } else { "bounced" };
        for (agent, relay) in [
            ("smtp", "mx.example.com[192.0.2.1]:25"),
            ("lmtp", "mx.example.com[lmtp]"),
        ] {
            for detail in 0..8 {
                let enhanced = format!("{class}.{}.{detail}", code % 16);
                text.push_str(&format!(
                    "{timestamp} mx1 postfix/{agent}[421]: 4F9D195432C: to=<anna@example.com>, \
                     relay={relay}, delay=1, delays=0/0/0/1, dsn={enhanced}, status={status} (host \
                     {relay} said: {code} {enhanced} no (in reply to RCPT TO command))\n"
                ));
                lines += 1;
            }
        }
        text.push_str(&format!(
            "{timestamp} mx1 postfix/smtpd[421]: NOQUEUE: reject: RCPT from a.example.org[192.0.2.2]: \
             {code} {class}.7.1 no; from=<a@example.org> to=<anna@example.com> proto=ESMTP helo=<a>\n"
        ));
        lines += 1;
    }
    fs::write(path, text)?;
    Ok(lines)
}
