//! The content of a snapshot. Each part is a section of the state file; see `sections`.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::section::Section;
use crate::alert;
use crate::insight::{AddressesSnapshot, InsightSnapshot};
use crate::metrics::{CountersSnapshot, Recorded};
use crate::parse::ParserSnapshot;
use crate::source::{Position, Rotations};

/// Everything that is stored across restarts, as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// When it was taken, in seconds since 1970.
    pub taken: i64,
    /// Failed attempts to write the state file before.
    pub write_errors: u64,
    /// Since when is counted, in seconds since 1970; `None` if a version that did not record it began.
    pub counting_since: Option<i64>,
    /// All sources, including those that are no longer configured.
    pub sources: Vec<SourceState>,
    /// Further counts of the sources, by name.
    pub source_counts: BTreeMap<String, SourceCounts>,
    /// All counts.
    pub counters: CountersSnapshot,
    /// The state of the parser.
    pub parser: ParserSnapshot,
    /// The counts of the past.
    pub history: Option<Arc<Recorded>>,
    /// Who causes failed replies.
    pub insight: Option<InsightSnapshot>,
    /// The sender addresses and accounts of failed replies, where these are recorded.
    pub addresses: Option<AddressesSnapshot>,
    /// The alerts and their evidence.
    pub alerts: Option<alert::AlertSnapshot>,
    /// What is usual for the sender domains.
    pub senders: Option<alert::SenderSnapshot>,
    /// What is usual for the sources and the queues.
    pub habits: Option<alert::HabitsSnapshot>,
    /// Sections unknown to this version, which are written unchanged.
    pub unknown: Vec<Section>,
}

/// The position and the statistics of one source.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// The configured name.
    pub name: String,
    /// The position from which reading continues.
    pub place: Position,
    /// Lines that were events.
    pub events: u64,
    /// Lines of a known form that are not events.
    pub noise: u64,
    /// Lines of unknown form.
    pub unmatched: u64,
    /// The time stamp of the newest line, in seconds since 1970.
    pub last_line: Option<i64>,
    /// Bytes read.
    pub bytes: u64,
    /// Rotations detected.
    pub rotations: Rotations,
    /// Lines of which only the beginning was read.
    pub truncated: u64,
    /// Lines lost because they arrived faster than they were read.
    pub dropped: u64,
}

/// Counts of a source that older versions do not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceCounts {
    /// Files in which reading stopped and that were not found again.
    pub positions_lost: u64,
    /// Events of lines that were read late.
    pub backlog_events: u64,
}
