//! Decodes state files of versions 1 to 3: a sequence of values whose encoding depends on the order of the fields, so
//! they must not be reordered.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::snapshot::{Snapshot, SourceState};
use crate::metrics::{LegacyCounters, ProviderConditions};
use crate::parse::{DedupState, ParserSnapshot};

/// The fields of version 1.
#[derive(Deserialize)]
struct Version1 {
    taken: i64,
    write_errors: u64,
    sources: Vec<SourceState>,
    counters: LegacyCounters,
    /// The attempts of the last five minutes in versions 1 and 2, no longer used.
    _attempts: UnusedAttempts,
}

#[derive(Deserialize)]
struct UnusedAttempts {
    _replies: Vec<UnusedAttempt>,
    _handshakes: Vec<UnusedAttempt>,
}

type UnusedAttempt = (u16, (u64, u64, Option<i64>));

/// The fields added in version 2.
#[derive(Default, Deserialize)]
struct Version2 {
    provider_conditions: ProviderConditions,
    _alerts: Option<UnusedAlerts>,
}

/// What the alert rules remembered in versions 2 and 3, no longer used.
#[derive(Deserialize)]
struct UnusedAlerts {
    _now: Option<i64>,
    _tracks: BTreeMap<String, UnusedTrack>,
    _providers: UnusedProviders,
    _active: Vec<UnusedActive>,
}

#[derive(Deserialize)]
struct UnusedTrack {
    _first: i64,
    _now: i64,
    _total: u64,
    _rings: Vec<Vec<(u16, u64)>>,
}

#[derive(Deserialize)]
struct UnusedProviders {
    _now: i64,
    _numbers: BTreeMap<String, Vec<(String, UnusedTrack)>>,
}

/// Rule, label, times, and figures.
#[derive(Deserialize)]
struct UnusedActive {
    _names: (String, Option<String>),
    _times: (i64, Option<i64>, i64),
    _figures: (u64, Option<f64>, Option<f64>, Option<String>),
}

/// The fields added in version 3.
#[derive(Default, Deserialize)]
struct Version3 {
    duplicates: DedupState,
}

/// Decodes the content of a state file of this version.
pub(super) fn decode(version: u32, body: &[u8]) -> postcard::Result<Snapshot> {
    let (version1, mut rest) = postcard::take_from_bytes::<Version1>(body)?;
    let (mut version2, mut version3) = (Version2::default(), Version3::default());
    if version >= 2 {
        (version2, rest) = postcard::take_from_bytes(rest)?;
    }
    if version >= 3 {
        version3 = postcard::from_bytes(rest)?;
    }
    let receipts = version1.counters.any_received;
    Ok(Snapshot {
        taken: version1.taken,
        write_errors: version1.write_errors,
        counting_since: None,
        sources: version1.sources,
        source_counts: BTreeMap::new(),
        history: None,
        insight: None,
        addresses: None,
        counters: version1.counters.upgrade(version2.provider_conditions),
        parser: ParserSnapshot {
            legacy_duplicates: version3.duplicates,
            legacy_receipts: receipts,
            ..ParserSnapshot::default()
        },
        alerts: None,
        senders: None,
        habits: None,
        unknown: Vec::new(),
    })
}
