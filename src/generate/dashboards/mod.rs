//! The Grafana dashboards.
//!
//! One file per dashboard. `dashboard.rs` and `panel.rs` build the JSON, with `panel_kinds.rs` (the look of each type of
//! panel), `colors.rs`, `links.rs`, `variables.rs` and `annotations.rs`; `promql.rs` the queries, `texts.rs` the texts
//! from the catalog.

mod annotations;
mod codes;
mod colors;
mod dashboard;
mod delivery;
mod exporter;
mod links;
mod overview;
mod overview_tables;
mod panel;
mod panel_kinds;
mod promql;
mod providers;
mod shared_panels;
mod texts;
mod variables;

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
