//! Writes a mail server's log line by line, with current timestamps.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};

use crate::Result;

/// Replies of a remote server: temporary failure and success.
pub const REFUSED: &str = "4.7.0, status=deferred (host gmail-smtp-in.l.google.com[192.0.2.1] said: \
     421 4.7.0 Try again later, closing connection. (in reply to MAIL FROM command))";
pub const TAKEN: &str = "2.0.0, status=sent (250 2.0.0 OK)";

/// Interval between two lines of steady traffic.
const PACE: Duration = Duration::from_millis(250);

/// A log.
pub struct Log {
    pub path: PathBuf,
    file: File,
    lines: u64,
    last: Instant,
}

impl Log {
    /// Creates an empty log.
    pub fn create(folder: &Path) -> Result<Self> {
        let path = folder.join("mail.log");
        Ok(Log {
            file: File::create(&path)?,
            path,
            lines: 0,
            last: Instant::now(),
        })
    }

    /// Writes `count` lines with this result and a timestamp in the past.
    pub fn write(&mut self, count: u64, outcome: &str, ago: SignedDuration) -> Result<()> {
        let time = Timestamp::now().saturating_sub(ago)?;
        let mut text = String::new();
        for _ in 0..count {
            self.lines += 1;
            text.push_str(&format!(
                "{time:.6} mx1 postfix/smtp[812]: 4F9D1{:06X}: to=<ann@example.org>, \
                 relay=gmail-smtp-in.l.google.com[192.0.2.1]:25, delay=1, delays=0/0/0.5/0.5, \
                 dsn={outcome}\n",
                self.lines
            ));
        }
        self.file.write_all(text.as_bytes())?;
        self.last = Instant::now();
        Ok(())
    }

    /// Writes lines with the current time.
    pub fn now(&mut self, count: u64, outcome: &str) -> Result<()> {
        self.write(count, outcome, SignedDuration::ZERO)
    }

    /// Writes a line if the interval has passed, for tests that wait during traffic.
    pub fn flow(&mut self, outcome: &str) -> Result<()> {
        if self.last.elapsed() >= PACE {
            self.now(1, outcome)?;
        }
        Ok(())
    }

    /// Number of lines.
    pub fn lines(&self) -> u64 {
        self.lines
    }
}
