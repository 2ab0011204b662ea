//! The JSON behind the pages.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::metrics::{ActiveAlert, SourceStats, View};

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

/// In the shape in which Prometheus answers at the same path.
#[derive(Serialize)]
struct Alerts<'a> {
    status: &'static str,
    data: AlertsData<'a>,
}

#[derive(Serialize)]
struct AlertsData<'a> {
    alerts: Vec<Alert<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    state: &'static str,
    /// Since when its condition is true.
    active_at: Option<Timestamp>,
    /// Since when it fires.
    fired_at: Option<Timestamp>,
}

impl<'a> From<&'a ActiveAlert> for Alert<'a> {
    fn from(alert: &'a ActiveAlert) -> Self {
        let time = |seconds| Timestamp::from_second(seconds).ok();
        Alert {
            labels: &alert.labels,
            annotations: &alert.annotations,
            state: match alert.fired {
                Some(_) => "firing",
                None => "pending",
            },
            active_at: time(alert.since),
            fired_at: alert.fired.and_then(time),
        }
    }
}

/// What is pending or firing; nothing where the daemon does not alert.
pub fn alerts(view: &View) -> Vec<u8> {
    let active = view.alerting.iter().flat_map(|alerting| &alerting.active);
    let alerts = Alerts {
        status: "success",
        data: AlertsData {
            alerts: active.map(Alert::from).collect(),
        },
    };
    // Texts and times always have a JSON form.
    serde_json::to_vec(&alerts).unwrap_or_default()
}
