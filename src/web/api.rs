//! The JSON behind the pages.

use serde::Serialize;

use crate::metrics::{SourceStats, View};

#[derive(Serialize)]
struct Sources<'a> {
    sources: Vec<Source<'a>>,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    up: bool,
    lines: Lines,
    bytes: u64,
    lag_bytes: u64,
    truncated_lines: u64,
    /// Seconds since 1970.
    last_line: Option<i64>,
    rotations: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct Lines {
    event: u64,
    noise: u64,
    unmatched: u64,
}

impl<'a> From<&'a SourceStats> for Source<'a> {
    fn from(stats: &'a SourceStats) -> Self {
        Source {
            name: &stats.name,
            up: stats.up,
            lines: Lines {
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

/// What is read, and how far.
pub fn sources(view: &View) -> Vec<u8> {
    let sources = Sources {
        sources: view.sources.iter().map(Source::from).collect(),
    };
    // Names and numbers always have a JSON form.
    serde_json::to_vec(&sources).unwrap_or_default()
}
