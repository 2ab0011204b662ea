//! The input of one scrape, from which the metric families are built.

use std::sync::Arc;

use crate::metrics::family::PreviousFamilies;
use crate::metrics::reloads::ReloadStats;
use crate::metrics::view::View;

/// One scrape. Its families are in `families`, `self_metrics`, `signal_metrics` and `alertmanager_metrics`.
pub(super) struct Scrape {
    pub view: Arc<View>,
    /// The time of the scrape, in seconds since 1970.
    pub now: i64,
    /// How many HTTP connections were rejected because there were too many.
    pub connections_rejected: u64,
    /// How the last reload of the configuration ended.
    pub reload: ReloadStats,
    /// Whether queue ids may be shown.
    pub shows_exemplars: bool,
    /// The families of the previous scrape, for reuse.
    pub previous: PreviousFamilies,
}
