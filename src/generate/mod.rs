//! Files made from the catalog: what Prometheus, Grafana and people read instead of it.
//!
//! It stands apart because nothing of it runs in the daemon. The committed files are its output,
//! and a test says so: whoever wants other words or figures changes the catalog.

mod alerts;
mod chart;
mod dashboards;
mod runbook;

use std::path::PathBuf;

use crate::catalog::{Catalog, Policy};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where, below the directory that was asked for.
    pub path: PathBuf,
    /// All of it.
    pub text: String,
}

/// Every file there is to write.
pub fn files(policy: &Policy) -> Vec<File> {
    let catalog = Catalog::embedded();
    let mut files = alerts::files(policy, catalog, alerts::Written::Numbers);
    files.push(runbook::file(policy, catalog));
    files.extend(dashboards::files());
    files.extend(chart::files(policy, catalog));
    files
}
