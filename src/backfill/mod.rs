//! Counters of the past as OpenMetrics text with timestamps, from logs: for `promtool tsdb create-blocks-from openmetrics`.
//!
//! OpenMetrics wants all samples of a metric together, one after the other in time, while a log moves all metrics at
//! once. So samples take two steps through temporary files:
//!
//! 1. While logs are read, a [`Recorder`] compares the counters at the end of each step of the lines' time (`clock`)
//!    with those before, and keeps what each has grown by (`increments`), by blocks of two hours. Files of several
//!    servers may overlap in time, and may be read in any order.
//! 2. Then the blocks are taken in the order of time, and the samples of each metric in a block are made
//!    (`samples`), linked to its samples in the block before. `document` writes them metric by metric.
//!
//! In memory are the metrics, whose number is bounded as that of `/metrics`, and the increments of one block: nothing
//! that grows with lines or days.

mod clock;
mod document;
mod increments;
mod recorder;
mod samples;
mod series;
mod spool;
#[cfg(test)]
mod tests;
mod varint;

pub use recorder::Recorder;

/// Seconds of a block: those of a block of Prometheus, into which they divide a day.
const BLOCK: i64 = 2 * 3600;

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// The longest time between two samples of a metric, in seconds. Five minutes after a sample Prometheus takes a metric
/// for gone, and `rate(…[5m])` needs two samples.
const REPEATED_AFTER: i64 = 2 * 60;

/// The longest step, in seconds, for the same reason.
pub const MAX_STEP: i64 = 4 * 60;

/// The labels that a scrape adds.
#[derive(Clone, Debug)]
pub struct Target {
    /// The label `instance`.
    pub instance: String,
    /// The label `job`.
    pub job: String,
}
