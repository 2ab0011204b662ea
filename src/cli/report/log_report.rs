//! The output of `report`: the totals that `/metrics` has too, and what the log says about mail.

use serde::Serialize;

use crate::metrics::Totals;
use crate::report::Summary;

/// The output of `report`.
#[derive(Serialize)]
pub(super) struct LogReport {
    /// The mail servers whose logs were read, by their `mta` labels.
    pub formats: Vec<&'static str>,
    pub lines: u64,
    pub events: u64,
    pub noise: u64,
    pub unmatched: u64,
    #[serde(flatten)]
    pub totals: Totals,
    #[serde(flatten)]
    pub summary: Summary,
}
