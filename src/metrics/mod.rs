//! Counting events, and showing the counts.
//!
//! `counters` is what a line adds to, and `counting` where lines come in; `rates`, `histogram`, `guard`
//! and `awaited` are parts of it; `reading` is what they say, for pages and alerts; `families` and
//! `own` give the numbers their names with the help of `family`, and `exposition` writes them down as
//! `text`; `image` keeps them over restarts, and `totals` sums them up.

mod alerting;
mod bounded_counter;
mod counters;
mod counters_snapshot;
mod counting;
mod exposition;
mod families;
mod family;
mod histogram;
mod legacy_counters;
mod pending_messages;
mod provider_conditions;
mod rates;
mod reading;
mod self_metrics;
mod services;
mod text;
mod totals;

pub use alerting::{ActiveAlert, Alerting, AlertmanagerStats};
pub use bounded_counter::Limits;
pub use counters::Counters;
pub(crate) use counters::{OTHER_CODE, code_label};
pub use counters_snapshot::CountersSnapshot;
pub use counting::{Counting, LineCounts};
pub use exposition::{CONTENT_TYPE, Exposition, render};
pub(crate) use legacy_counters::LegacyCounters;
pub use provider_conditions::ProviderConditions;
pub use reading::{Beside, CodeRates};
pub use totals::{Counts, Totals};

use std::sync::Arc;

use crate::showq::Queues;

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
    /// Lines that came faster than they could be taken, and were lost.
    pub dropped: u64,
    /// The formats that were found: names of mail servers, or `syslog` while no record was read.
    pub formats: Vec<&'static str>,
}

/// How keeping the counts over restarts goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateStats {
    /// Whether anything is kept.
    pub kept: bool,
    /// When a snapshot was last written, in seconds since 1970.
    pub last_write: Option<i64>,
    /// Attempts that failed.
    pub errors: u64,
}

/// One consistent moment of everything there is to show.
#[derive(Clone)]
pub struct View {
    /// What the lines said.
    pub counters: Counters,
    /// Where they came from.
    pub sources: Vec<SourceStats>,
    /// Names of the providers, by their number.
    pub providers: Arc<[String]>,
    /// What waits in the queue, where that is configured.
    pub queues: Option<Queues>,
    /// How keeping all this over restarts goes.
    pub state: StateStats,
    /// Alerts of the daemon's own, where it has any.
    pub alerting: Option<Arc<Alerting>>,
}

impl View {
    /// What lines came to, and nothing beside it.
    pub fn new(counters: Counters, providers: Arc<[String]>) -> Self {
        View {
            counters,
            sources: Vec::new(),
            providers,
            queues: None,
            state: StateStats::default(),
            alerting: None,
        }
    }
}
