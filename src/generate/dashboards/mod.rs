//! The Grafana dashboards.
//!
//! One file for each; `dashboard.rs` and `panel.rs` draw, `promql.rs` asks, `texts.rs` brings the
//! catalog's words.

mod codes;
mod dashboard;
mod delivery;
mod exporter;
mod overview;
mod panel;
mod promql;
mod providers;
mod texts;

use super::File;

/// One file for each dashboard.
pub(super) fn files() -> Vec<File> {
    [
        overview::dashboard(),
        codes::dashboard(),
        providers::dashboard(),
        delivery::dashboard(),
        exporter::dashboard(),
    ]
    .into_iter()
    .map(|dashboard| {
        let (name, text) = dashboard.finish();
        File {
            path: format!("dashboards/{name}.json").into(),
            text,
        }
    })
    .collect()
}
