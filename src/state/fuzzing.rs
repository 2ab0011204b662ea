//! Any bytes as a state file.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::codec;
use super::snapshot::Snapshot;
use crate::alert::Evaluator;
use crate::catalog::{Catalog, Policy, Providers};
use crate::insight::Insight;
use crate::metrics::{CountersSnapshot, History, View, render};
use crate::parse::LineParser;

/// When the snapshot is restored, in seconds since 1970.
const NOW: i64 = 1_796_000_000;

/// The bytes as a state file, whose length and checksum are made right: it is refused, or everything in it can be
/// restored, shown, and written again.
///
/// # Panics
///
/// If that is not so.
pub fn snapshot(bytes: &[u8]) {
    let _ = codec::decode(bytes);
    let Some(bytes) = codec::with_right_checksum(bytes) else {
        return;
    };
    let Ok(before) = codec::decode(&bytes) else {
        return;
    };
    let again = codec::encode(&restored(before)).expect("a snapshot can be encoded");
    codec::decode(&again).expect("an encoded snapshot can be decoded");
}

/// What the next snapshot is if nothing happens after this one.
fn restored(before: Snapshot) -> Snapshot {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let names: Vec<String> = providers.names().map(str::to_owned).collect();
    let now = Timestamp::from_second(NOW).unwrap_or_default();
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    parser.resume(&before.parser);
    let counters = before.counters.restore(catalog, &providers, NOW);
    let mut insight = Insight::new(catalog, &names);
    if let Some(kept) = before.insight {
        insight.restore(kept);
    }
    if before.addresses.is_some() {
        insight = insight.with_addresses(before.addresses);
    }
    let mut history = History::new(catalog, names.clone().into());
    if let Some(kept) = before.history {
        history.restore(kept);
    }
    history.advance(NOW, &counters, NOW);
    let mut evaluator = Evaluator::new(Policy::embedded(), catalog, names.clone().into());
    if let Some(kept) = before.alerts {
        evaluator.restore(kept, &counters);
    }
    if let Some(kept) = before.senders {
        evaluator.restore_senders(kept);
    }
    if let Some(kept) = before.habits {
        evaluator.restore_habits(kept);
    }
    evaluator.advance(NOW, &counters, false);
    let snapshot = Snapshot {
        taken: before.taken,
        counting_since: before.counting_since,
        write_errors: before.write_errors,
        sources: before.sources,
        source_counts: before.source_counts,
        counters: CountersSnapshot::of(&counters, &names),
        parser: parser.snapshot(),
        insight: Some(insight.snapshot()),
        addresses: insight.addresses_snapshot(),
        history: Some(history.snapshot()),
        alerts: Some(evaluator.snapshot()),
        senders: Some(evaluator.sender_snapshot()),
        habits: Some(evaluator.habits_snapshot()),
        unknown: before.unknown,
    };
    let view = View {
        history,
        insight: Some(insight),
        ..View::new(counters, names.into())
    };
    let _ = render(&view.into(), NOW);
    snapshot
}
