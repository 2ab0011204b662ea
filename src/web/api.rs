//! The JSON document of the sources.

use serde::Serialize;

use crate::metrics::{SourceStats, View};

#[derive(Serialize)]
struct SourcesDocument<'a> {
    sources: Vec<SourceEntry<'a>>,
}

#[derive(Serialize)]
struct SourceEntry<'a> {
    name: &'a str,
    up: bool,
    lines: LineCounts,
    bytes: u64,
    lag_bytes: u64,
    truncated_lines: u64,
    /// Seconds since 1970.
    last_line: Option<i64>,
    rotations: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct LineCounts {
    event: u64,
    noise: u64,
    unmatched: u64,
}

impl<'a> From<&'a SourceStats> for SourceEntry<'a> {
    fn from(stats: &'a SourceStats) -> Self {
        SourceEntry {
            name: &stats.name,
            up: stats.up,
            lines: LineCounts {
                event: stats.events,
                noise: stats.noise,
                unmatched: stats.unmatched,
            },
            bytes: stats.bytes,
            lag_bytes: stats.lag_bytes,
            truncated_lines: stats.truncated,
            last_line: stats.last_line,
            rotations: stats
                .rotations
                .iter()
                .map(|(kind, count)| ((*kind).to_owned(), (*count).into()))
                .collect(),
        }
    }
}

/// The sources, and how far each is read.
pub fn sources(view: &View) -> Vec<u8> {
    let document = SourcesDocument {
        sources: view.sources.iter().map(SourceEntry::from).collect(),
    };
    // Serializing names and numbers cannot fail.
    serde_json::to_vec(&document).unwrap_or_default()
}
