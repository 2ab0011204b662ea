//! The Grafana dashboards.
//!
//! One file per dashboard. `dashboard.rs` and `panel.rs` build the JSON, `promql.rs` the queries, `texts.rs` the texts
//! from the catalog.

mod codes;
mod dashboard;
mod delivery;
mod exporter;
mod overview;
mod panel;
mod promql;
mod providers;
mod texts;

use super::file::GeneratedFile;

/// The dashboard files.
pub(super) fn files() -> Vec<GeneratedFile> {
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
        GeneratedFile {
            path: format!("dashboards/{name}.json").into(),
            text,
        }
    })
    .collect()
}
