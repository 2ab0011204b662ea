//! Snapshots of versions 1 to 3: values that stand one behind the other, in which the order of the fields
//! matters. Nothing here may be reordered.

use serde::Deserialize;

use super::snapshot::{Snapshot, SourceState};
use crate::alert;
use crate::metrics::{LegacyCounters, ProviderConditions};
use crate::parse::{DedupState, ParserSnapshot};

/// What every one of these versions holds.
#[derive(Deserialize)]
struct First {
    taken: i64,
    write_errors: u64,
    sources: Vec<SourceState>,
    counters: LegacyCounters,
    /// What the parser remembered before version 3: not used any more, for it was about five minutes.
    _former_memory: FormerMemory,
}

#[derive(Deserialize)]
struct FormerMemory {
    _attempts: Vec<(u16, (u64, u64, Option<i64>))>,
    _handshakes: Vec<(u16, (u64, u64, Option<i64>))>,
}

/// What version 2 added.
#[derive(Default, Deserialize)]
struct Second {
    provider_conditions: ProviderConditions,
    alerts: Option<alert::AlertSnapshot>,
}

/// What version 3 added.
#[derive(Default, Deserialize)]
struct Third {
    duplicates: DedupState,
}

/// Reads the body of a snapshot of this version.
pub(super) fn decode(version: u32, body: &[u8]) -> postcard::Result<Snapshot> {
    let (first, mut rest) = postcard::take_from_bytes::<First>(body)?;
    let (mut second, mut third) = (Second::default(), Third::default());
    if version >= 2 {
        (second, rest) = postcard::take_from_bytes(rest)?;
    }
    if version >= 3 {
        third = postcard::from_bytes(rest)?;
    }
    let receipts = first.counters.any_received;
    Ok(Snapshot {
        taken: first.taken,
        write_errors: first.write_errors,
        sources: first.sources,
        counters: first.counters.upgrade(second.provider_conditions),
        parser: ParserSnapshot {
            legacy_duplicates: third.duplicates,
            legacy_receipts: receipts,
            ..ParserSnapshot::default()
        },
        alerts: second.alerts,
        unknown: Vec::new(),
    })
}
