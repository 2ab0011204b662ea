//! Generates a Postfix log, together with the exact counts that a reader of it must find.
//!
//! The log resembles that of a busy server: messages received, queued and delivered, deferred,
//! bounced and expired; rejects, refused connections, postscreen, TLS, password guessing and other
//! programs' lines, with many sessions interleaved. Its texts contain many numbers that look like codes.
//! Names and addresses are those reserved for documentation (RFC 2606, RFC 5737, RFC 3849). The same seed
//! gives the same log except for the timestamps.

mod delivery;
mod expected;
mod failure;
mod lifecycle;
mod local_replies;
mod message;
mod random;
mod record;
mod remote_host;
mod replies;
mod server;
mod sessions;
mod traffic;

use std::io::{self, Write};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use expected::ExpectedCounts;
pub use server::Style;
pub use traffic::Traffic;

/// Host name in the log.
const HOST: &str = "mx1";

/// Time between the first and the last of a million lines.
const MILLION: SignedDuration = SignedDuration::from_hours(24);

/// Format of the timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum TimestampFormat {
    /// RFC 3164 in local time: `Nov 23 15:17:00`.
    Rfc3164,
    /// RFC 3339 with microseconds and offset: `2026-11-23T15:17:00.123456+00:00`.
    Rfc3339,
}

/// What log to generate.
#[derive(Clone)]
pub struct Options {
    /// Number of lines.
    pub lines: u64,
    /// Seed of the traffic.
    pub seed: u64,
    /// Format of the timestamps.
    pub timestamps: TimestampFormat,
    /// Settings of the simulated server.
    pub style: Style,
    /// Time of the last line.
    pub end: Timestamp,
}

/// Writes a log, and returns the counts that a reader must find in it.
///
/// # Errors
///
/// If `log` cannot be written to.
pub fn write(options: &Options, log: &mut impl Write) -> io::Result<ExpectedCounts> {
    let mut traffic = Traffic::new(options.seed, options.style.clone());
    let mut expected = ExpectedCounts::default();
    let mut timestamps = TimestampFormatter::new(options.timestamps);
    let step = MILLION / 1_000_000;
    for left in (0..options.lines).rev() {
        let line = traffic.next_line();
        let left = i32::try_from(left).expect("fewer than two billion lines");
        let timestamp = timestamps.format(options.end - step * left);
        writeln!(log, "{timestamp} {HOST} {}", line.text)?;
        expected.count(&line.text, &line.facts);
    }
    log.flush()?;
    Ok(expected)
}

/// Formats timestamps. The text of the last second is cached, because many lines share it.
pub struct TimestampFormatter {
    format: TimestampFormat,
    zone: TimeZone,
    second: i64,
    text: String,
    offset: String,
}

impl TimestampFormatter {
    /// Timestamps in the time zone of this machine.
    pub fn new(format: TimestampFormat) -> Self {
        TimestampFormatter {
            format,
            zone: TimeZone::system(),
            second: i64::MIN,
            text: String::new(),
            offset: String::new(),
        }
    }

    /// The timestamp of a line.
    pub fn format(&mut self, time: Timestamp) -> String {
        if self.second != time.as_second() {
            let local = time.to_zoned_datetime(self.zone.clone());
            self.second = time.as_second();
            let format = match self.format {
                TimestampFormat::Rfc3164 => "%b %e %H:%M:%S",
                TimestampFormat::Rfc3339 => "%Y-%m-%dT%H:%M:%S",
            };
            self.text = local.strftime(format).to_string();
            self.offset = local.strftime("%:z").to_string();
        }
        match self.format {
            TimestampFormat::Rfc3164 => self.text.clone(),
            TimestampFormat::Rfc3339 => {
                format!(
                    "{}.{:06}{}",
                    self.text,
                    time.subsec_microsecond(),
                    self.offset
                )
            }
        }
    }
}
