//! The JSON documents of the sources and the active alerts.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::metrics::{ActiveAlert, SourceStats, View};

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

/// The same structure as Prometheus' answer at this path.
#[derive(Serialize)]
struct AlertsDocument<'a> {
    status: &'static str,
    data: AlertsData<'a>,
}

#[derive(Serialize)]
struct AlertsData<'a> {
    alerts: Vec<AlertEntry<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertEntry<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    state: &'static str,
    /// When the rule's condition became true.
    active_at: Option<Timestamp>,
    /// When the alert began to fire.
    fired_at: Option<Timestamp>,
}

impl<'a> From<&'a ActiveAlert> for AlertEntry<'a> {
    fn from(alert: &'a ActiveAlert) -> Self {
        let time = |seconds| Timestamp::from_second(seconds).ok();
        AlertEntry {
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

/// The pending and firing alerts; none if alerting is not configured.
pub fn alerts(view: &View) -> Vec<u8> {
    let active = view.alerting.iter().flat_map(|alerting| &alerting.active);
    let document = AlertsDocument {
        status: "success",
        data: AlertsData {
            alerts: active.map(AlertEntry::from).collect(),
        },
    };
    // Serializing texts and times cannot fail.
    serde_json::to_vec(&document).unwrap_or_default()
}
