//! A server that writes its log while somebody reads it.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Result;
use jiff::Timestamp;

use super::Options;
use super::log::{Stamper, Traffic, Truth};
use super::serve::RATE;

/// Writes a log line by line, as syslog daemons do, and knows what it has written.
pub struct Feed {
    file: File,
    traffic: Traffic,
    stamper: Stamper,
    /// What was written so far.
    pub truth: Truth,
}

impl Feed {
    /// Begins a new log.
    pub fn new(path: &Path, options: &Options) -> Result<Self> {
        File::create(path)?;
        Self::append(path, options)
    }

    /// Goes on with a log.
    pub fn append(path: &Path, options: &Options) -> Result<Self> {
        Ok(Feed {
            file: File::options().append(true).open(path)?,
            traffic: Traffic::new(options.seed, options.style()),
            stamper: Stamper::new(options.stamps),
            truth: Truth::default(),
        })
    }

    /// Writes one line, with one write(2).
    pub fn write_line(&mut self) -> Result<()> {
        let line = self.traffic.next_line();
        let stamp = self.stamper.stamp(Timestamp::now());
        self.file
            .write_all(format!("{stamp} mx1 {}\n", line.text).as_bytes())?;
        self.truth.count(&line.text, &line.says);
        Ok(())
    }

    /// Writes [`RATE`] lines a second.
    pub fn write_for(&mut self, time: Duration) -> Result<()> {
        self.write_while(|elapsed| elapsed < time)
    }

    fn write_while(&mut self, go_on: impl Fn(Duration) -> bool) -> Result<()> {
        let start = Instant::now();
        let mut written = 0.0;
        while go_on(start.elapsed()) {
            while written < start.elapsed().as_secs_f64() * f64::from(RATE) {
                self.write_line()?;
                written += 1.0;
            }
            thread::sleep(Duration::from_millis(1));
        }
        Ok(())
    }
}

/// Does something while the log is being written.
pub fn in_background<T>(mut feed: Feed, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let writer = scope.spawn(|| feed.write_while(|_| !done.load(Ordering::Relaxed)));
        let result = work();
        done.store(true, Ordering::Relaxed);
        writer.join().expect("the writer does not panic")?;
        result
    })
}

/// Writes a log that brings up as many series as a log can; returns its lines.
pub fn many_series(path: &Path) -> Result<u64> {
    let mut stamper = Stamper::new(super::Stamps::Rfc3164);
    let stamp = stamper.stamp(Timestamp::now());
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
                    "{stamp} mx1 postfix/{agent}[421]: 4F9D195432C: to=<anna@example.com>, \
                     relay={relay}, delay=1, delays=0/0/0/1, dsn={enhanced}, status={status} (host \
                     {relay} said: {code} {enhanced} no (in reply to RCPT TO command))\n"
                ));
                lines += 1;
            }
        }
        text.push_str(&format!(
            "{stamp} mx1 postfix/smtpd[421]: NOQUEUE: reject: RCPT from a.example.org[192.0.2.2]: \
             {code} {class}.7.1 no; from=<a@example.org> to=<anna@example.com> proto=ESMTP helo=<a>\n"
        ));
        lines += 1;
    }
    fs::write(path, text)?;
    Ok(lines)
}
