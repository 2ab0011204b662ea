//! The `generate` command: files made from the catalog for Prometheus, Grafana, the Helm chart and people.
//!
//! Nothing of it runs in the daemon. The committed files are its output, as a test verifies: to change them, change the
//! catalog.

mod alerts;
mod chart;
mod dashboards;
mod file;
mod runbook;

pub use file::GeneratedFile;

use crate::catalog::{Catalog, Policy};

/// All files.
pub fn files(policy: &Policy) -> Vec<GeneratedFile> {
    let catalog = Catalog::embedded();
    let mut files = alerts::files(policy, catalog, alerts::FigureFormat::Numbers);
    files.extend(alerts::inhibition_files(policy));
    files.extend(runbook::files(policy, catalog));
    files.extend(dashboards::files());
    files.extend(chart::files(policy, catalog));
    files
}
