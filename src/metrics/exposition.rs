//! The text that Prometheus reads.

use std::sync::Arc;

use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;
use prometheus::proto::MetricFamily;

use crate::metrics::families::Moment;
use crate::metrics::family::Before;
use crate::metrics::{View, text};

/// The media type of [`render`]'s text, as Prometheus 3 insists on it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Room for the exposition of a busy server, in bytes.
const TYPICAL: usize = 256 * 1024;

/// Makes expositions one after the other. What hardly changes between them, the names and labels,
/// is kept, so that another costs less than the first.
#[derive(Default)]
pub struct Exposition {
    families: Vec<MetricFamily>,
}

impl Exposition {
    /// The exposition in Prometheus' text format 0.0.4, as of `now` (seconds since 1970; rates look
    /// back from there).
    ///
    /// The collectors are asked directly: a registry would check names that no input can change,
    /// and sort thousands of series that stand in order already, for a third of the time.
    pub fn render(&mut self, view: &Arc<View>, now: i64) -> String {
        let moment = Moment {
            view: Arc::clone(view),
            now,
            before: Before::new(std::mem::take(&mut self.families)),
        };
        let mut families = moment.collect();
        families.extend(ProcessCollector::for_self().collect());
        families.sort_by(|a, b| a.name().cmp(b.name()));
        let mut text = String::with_capacity(TYPICAL);
        text::write(&families, &mut text);
        self.families = families;
        text
    }
}

/// One exposition alone, as [`Exposition::render`] makes it.
pub fn render(view: &Arc<View>, now: i64) -> String {
    Exposition::default().render(view, now)
}
