//! The exposition: all metric families as text for Prometheus.

use std::sync::Arc;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;

use crate::metrics::family::PreviousFamilies;
use crate::metrics::openmetrics::{self, Beginnings};
use crate::metrics::process_metrics;
use crate::metrics::reloads::ReloadStats;
use crate::metrics::scrape::Scrape;
use crate::metrics::text;
use crate::metrics::view::View;

/// A format of the exposition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExpositionFormat {
    /// The text format 0.0.4 of Prometheus, the default.
    Text,
    /// OpenMetrics text 1.0, for clients that ask for it.
    OpenMetrics,
}

impl ExpositionFormat {
    /// The media type, as required by Prometheus 3.
    pub const fn content_type(self) -> &'static str {
        match self {
            ExpositionFormat::Text => "text/plain; version=0.0.4; charset=utf-8",
            ExpositionFormat::OpenMetrics => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
        }
    }
}

/// The initial capacity of the text, in bytes: the size of the exposition for a busy server.
const INITIAL_CAPACITY: usize = 256 * 1024;

/// Renders expositions one after the other, and reuses the names and labels of the previous one, which rarely
/// change.
#[derive(Default)]
pub struct Exposition {
    /// How many HTTP connections were rejected because there were too many.
    pub connections_rejected: u64,
    /// How the last reload of the configuration ended.
    pub reload: ReloadStats,
    /// Whether exemplars are shown, which hold the queue ids of messages.
    pub shows_exemplars: bool,
    /// Whether OpenMetrics has the time of creation of each counter and histogram.
    pub shows_created: bool,
    families: Vec<MetricFamily>,
}

impl Exposition {
    /// The exposition in a format, as of `now` in seconds since 1970.
    ///
    /// The collectors are called without a registry, which would validate names that are constant, and sort
    /// thousands of series that are sorted already; that would take a third of the time.
    pub fn render(&mut self, view: &Arc<View>, now: i64, format: ExpositionFormat) -> String {
        let scrape = Scrape {
            view: Arc::clone(view),
            now,
            connections_rejected: self.connections_rejected,
            reload: self.reload,
            shows_exemplars: self.shows_exemplars,
            previous: PreviousFamilies::new(std::mem::take(&mut self.families)),
        };
        let mut families = scrape.collect();
        families.extend(process_metrics::collect());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        let mut text = String::with_capacity(INITIAL_CAPACITY);
        match format {
            ExpositionFormat::Text => text::write(&families, &mut text),
            ExpositionFormat::OpenMetrics => {
                let beginnings = Beginnings {
                    counting: view.state.counting_since.map(|time| time as f64),
                    process: process_metrics::start_time(&families),
                };
                let beginnings = match self.shows_created {
                    true => beginnings,
                    false => Beginnings::UNKNOWN,
                };
                let exemplars = |family: &str| scrape.exemplars(family);
                openmetrics::write(&families, beginnings, exemplars, &mut text);
            }
        }
        self.families = families;
        text
    }
}

/// A single exposition in the text format 0.0.4; see [`Exposition::render`].
pub fn render(view: &Arc<View>, now: i64) -> String {
    Exposition::default().render(view, now, ExpositionFormat::Text)
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
