//! What a snapshot holds.
//!
//! It stands apart from the live values, whose shape may change from one version to the next:
//! a change here is a new version of the file.

use serde::{Deserialize, Serialize};

use crate::alert;
use crate::metrics::{Image, ProviderConditions};
use crate::parse::Memory;
use crate::source::{Place, Rotations};

/// Everything that outlives the process, as of one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// When it was taken, in seconds since 1970.
    pub taken: i64,
    /// Attempts to write it that had failed before.
    pub write_errors: u64,
    /// The sources, those that are no longer configured among them.
    pub sources: Vec<SourceState>,
    /// All counts.
    pub counters: Image,
    /// What the parser remembered before the third version. Empty since, and not gone on with: it
    /// told of five minutes.
    pub former_memory: FormerMemory,
    /// What a snapshot of the first version does not have.
    #[serde(skip)]
    pub second: Second,
    /// What one of the second version does not have.
    #[serde(skip)]
    pub third: Third,
}

/// The shape of what was remembered: places with names, words and times.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FormerMemory {
    attempts: Vec<(u16, Former)>,
    handshakes: Vec<(u16, Former)>,
}

type Former = (u64, u64, Option<i64>);

/// What the second version added; it stands behind the rest.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Second {
    /// Counts by provider and condition.
    pub provider_conditions: ProviderConditions,
    /// What alerts remember, where the daemon has any of its own.
    pub alerts: Option<alert::Image>,
}

/// What the third version added; it stands behind the second's.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Third {
    /// What the parser remembers of the last minutes.
    pub memory: Memory,
}

/// One source: where it stopped, and what its lines came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SourceState {
    /// The configured name.
    pub name: String,
    /// Where reading goes on.
    pub place: Place,
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
