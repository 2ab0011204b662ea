//! The metric families that only grow, of which values of the past can be given: counters and histograms about mail.

use std::sync::Arc;

use prometheus::proto::MetricFamily;

use crate::metrics::counters::Counters;
use crate::metrics::family::PreviousFamilies;
use crate::metrics::reloads::ReloadStats;
use crate::metrics::scrape::Scrape;
use crate::metrics::view::View;

/// Reads the families again and again, and reuses the names and labels of the time before.
pub(crate) struct CountedFamilies {
    families: Vec<MetricFamily>,
    providers: Arc<[String]>,
}

impl CountedFamilies {
    /// `providers` are the names of the providers by id.
    pub(crate) fn new(providers: Arc<[String]>) -> Self {
        CountedFamilies {
            families: Vec::new(),
            providers,
        }
    }

    /// The families as `/metrics` would show them now.
    pub(crate) fn read(&mut self, counters: &Counters) -> &[MetricFamily] {
        let scrape = Scrape {
            view: Arc::new(View::new(counters.clone(), Arc::clone(&self.providers))),
            now: 0,
            connections_rejected: 0,
            reload: ReloadStats::default(),
            shows_exemplars: false,
            previous: PreviousFamilies::new(std::mem::take(&mut self.families)),
        };
        self.families = scrape.mail_counters();
        &self.families
    }
}
