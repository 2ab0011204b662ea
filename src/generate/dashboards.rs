//! The Grafana dashboards.

use super::File;

/// One file for each dashboard.
pub(super) fn files() -> Vec<File> {
    Vec::new()
}
