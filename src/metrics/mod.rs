//! Counting events, and showing the counts.

use crate::catalog::Catalog;
use crate::parse::{Line, Stamp};

/// Everything that is counted from lines: plain integers, owned by one thread, cloned for a scrape.
#[derive(Clone)]
pub struct Counters {}

impl Counters {
    /// All at zero.
    pub fn new(_catalog: &'static Catalog) -> Self {
        Counters {}
    }

    /// Counts one line. `now` is the wall clock in seconds since 1970 (rates do not take lines
    /// from the future).
    pub fn count(&mut self, _time: Option<Stamp>, _line: &Line<'_>, _now: i64) {}
}

/// What one source has read, for the `maillog_source_…` families and `maillog_lines_total`.
#[derive(Clone, Debug, Default)]
pub struct SourceStats {
    /// The configured name or pattern.
    pub name: String,
    /// Lines that were events.
    pub events: u64,
    /// Lines that were known noise.
    pub noise: u64,
    /// Lines nobody has thought of.
    pub unmatched: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes that are there and not yet read.
    pub lag_bytes: u64,
    /// Whether the source can be read.
    pub up: bool,
    /// The newest line's own time, seconds since 1970.
    pub last_line: Option<i64>,
    /// Rotations seen, by kind (`renamed`, `truncated`, …).
    pub rotations: Vec<(&'static str, u64)>,
    /// Lines longer than the limit, of which only the beginning was read.
    pub truncated: u64,
}

/// One consistent moment of everything there is to show.
#[derive(Clone)]
pub struct View {
    /// What the lines said.
    pub counters: Counters,
    /// Where they came from.
    pub sources: Vec<SourceStats>,
}

/// The exposition in Prometheus' text format 0.0.4, as of `now` (seconds since 1970; rates look
/// back from there).
pub fn render(_view: &View, _now: i64) -> Vec<u8> {
    Vec::new()
}
