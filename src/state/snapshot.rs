//! What a snapshot holds. Each part is a section of the state file; see `sections` for their names and versions.

use serde::{Deserialize, Serialize};

use super::sections::Section;
use crate::alert;
use crate::metrics::CountersSnapshot;
use crate::parse::ParserSnapshot;
use crate::source::{Position, Rotations};

/// Everything that outlives the process, as of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// When it was taken, in seconds since 1970.
    pub taken: i64,
    /// Attempts to write it that had failed before.
    pub write_errors: u64,
    /// The sources, those that are no longer configured among them.
    pub sources: Vec<SourceState>,
    /// All counts.
    pub counters: CountersSnapshot,
    /// What the parser remembers.
    pub parser: ParserSnapshot,
    /// What alerts remember, where the daemon has any of its own.
    pub alerts: Option<alert::AlertSnapshot>,
    /// Sections that this version does not know: they are written as they were read.
    pub unknown: Vec<Section>,
}

/// One source: where it stopped, and what its lines came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// The configured name.
    pub name: String,
    /// Where reading goes on.
    pub place: Position,
    /// Lines that were events.
    pub events: u64,
    /// Lines that were known noise.
    pub noise: u64,
    /// Lines nobody has thought of.
    pub unmatched: u64,
    /// The newest line's own time, seconds since 1970.
    pub last_line: Option<i64>,
    /// Bytes read.
    pub bytes: u64,
    /// Rotations seen.
    pub rotations: Rotations,
    /// Lines of which only the beginning was read.
    pub truncated: u64,
    /// Lines that were lost because they came too fast.
    pub dropped: u64,
}
