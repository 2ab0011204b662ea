//! A Postfix log that nobody wrote, and the exact truth about it.
//!
//! The log is what a busy server writes: messages received, queued and delivered, deferred,
//! bounced and expired; rejects, refused connections, postscreen, TLS, guessed passwords, other
//! programs' lines, many sessions at a time. Its texts are full of numbers that look like codes.
//! Names and addresses are those set aside for documentation. The same seed gives the same log,
//! but for the stamps.

mod answers;
mod delivery;
mod failure;
mod message;
mod random;
mod replies;
mod sessions;
mod traffic;
mod truth;

use std::io::{self, Write};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub use traffic::{Style, Traffic};
pub use truth::Truth;

/// The name of the host that writes.
const HOST: &str = "mx1";

/// How long the server took to write a million lines.
const MILLION: SignedDuration = SignedDuration::from_hours(24);

/// How a line's time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Stamps {
    /// RFC 3164, `Nov 23 15:17:00`, in local time.
    Rfc3164,
    /// RFC 3339 with microseconds and offset, `2026-11-23T15:17:00.123456+00:00`.
    Rfc3339,
}

/// What to write.
#[derive(Clone)]
pub struct Options {
    /// Lines in all.
    pub lines: u64,
    /// Chooses the traffic.
    pub seed: u64,
    /// The form of the stamps.
    pub stamps: Stamps,
    /// The form of the rest.
    pub style: Style,
    /// The time of the last line.
    pub end: Timestamp,
}

/// Writes a log and says what is in it.
///
/// # Errors
///
/// Those of the writer.
pub fn write(options: &Options, log: &mut impl Write) -> io::Result<Truth> {
    let mut traffic = Traffic::new(options.seed, options.style.clone());
    let mut truth = Truth::default();
    let mut stamper = Stamper::new(options.stamps);
    let step = MILLION / 1_000_000;
    for left in (0..options.lines).rev() {
        let line = traffic.next_line();
        let left = i32::try_from(left).expect("fewer than two billion lines");
        let stamp = stamper.stamp(options.end - step * left);
        writeln!(log, "{stamp} {HOST} {}", line.text)?;
        truth.count(&line.text, &line.says);
    }
    log.flush()?;
    Ok(truth)
}

/// Writes times; keeps the last, because many lines have the same.
pub struct Stamper {
    stamps: Stamps,
    zone: TimeZone,
    second: i64,
    text: String,
    offset: String,
}

impl Stamper {
    /// Times in the time zone of this machine.
    pub fn new(stamps: Stamps) -> Self {
        Stamper {
            stamps,
            zone: TimeZone::system(),
            second: i64::MIN,
            text: String::new(),
            offset: String::new(),
        }
    }

    /// The stamp of a line.
    pub fn stamp(&mut self, time: Timestamp) -> String {
        if self.second != time.as_second() {
            let local = time.to_zoned_datetime(self.zone.clone());
            self.second = time.as_second();
            let format = match self.stamps {
                Stamps::Rfc3164 => "%b %e %H:%M:%S",
                Stamps::Rfc3339 => "%Y-%m-%dT%H:%M:%S",
            };
            self.text = local.strftime(format).to_string();
            self.offset = local.strftime("%:z").to_string();
        }
        match self.stamps {
            Stamps::Rfc3164 => self.text.clone(),
            Stamps::Rfc3339 => {
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
