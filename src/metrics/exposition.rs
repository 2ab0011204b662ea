//! The exposition: all metric families as text for Prometheus.

use std::sync::Arc;

use prometheus::core::{Collector, Desc};
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;

use crate::metrics::family::PreviousFamilies;
use crate::metrics::scrape::Scrape;
use crate::metrics::text;
use crate::metrics::view::View;

/// The media type of the exposition, as required by Prometheus 3.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The initial capacity of the text, in bytes: the size of the exposition for a busy server.
const INITIAL_CAPACITY: usize = 256 * 1024;

/// Renders expositions one after the other, and reuses the names and labels of the previous one, which rarely
/// change.
#[derive(Default)]
pub struct Exposition {
    /// How many HTTP connections were rejected because there were too many.
    pub connections_rejected: u64,
    families: Vec<MetricFamily>,
}

impl Exposition {
    /// The exposition in the text format 0.0.4 of Prometheus, as of `now` in seconds since 1970.
    ///
    /// The collectors are called without a registry, which would validate names that are constant, and sort
    /// thousands of series that are sorted already; that would take a third of the time.
    pub fn render(&mut self, view: &Arc<View>, now: i64) -> String {
        let scrape = Scrape {
            view: Arc::clone(view),
            now,
            connections_rejected: self.connections_rejected,
            previous: PreviousFamilies::new(std::mem::take(&mut self.families)),
        };
        let mut families = scrape.collect();
        families.extend(ProcessCollector::for_self().collect());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        let mut text = String::with_capacity(INITIAL_CAPACITY);
        text::write(&families, &mut text);
        self.families = families;
        text
    }
}

/// A single exposition; see [`Exposition::render`].
pub fn render(view: &Arc<View>, now: i64) -> String {
    Exposition::default().render(view, now)
}

impl Collector for Scrape {
    /// Empty: the set of series is only known when they are collected.
    fn desc(&self) -> Vec<&Desc> {
        Vec::new()
    }

    /// All families, in no particular order.
    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = self.mail_metrics();
        families.extend(self.source_metrics());
        families.extend(self.self_metrics());
        families.extend(self.signal_metrics());
        families.extend(self.alertmanager_metrics());
        families
    }
}
