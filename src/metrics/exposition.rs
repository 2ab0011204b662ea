//! The text that Prometheus reads.

use std::sync::Arc;

use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

use crate::metrics::View;
use crate::metrics::families::Moment;

/// The media type of [`render`]'s text, as Prometheus 3 insists on it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The exposition in Prometheus' text format 0.0.4, as of `now` (seconds since 1970; rates look
/// back from there).
///
/// # Errors
///
/// If two families share a name, which no input can bring about.
pub fn render(view: &Arc<View>, now: i64) -> prometheus::Result<String> {
    // A registry for each scrape: what it gathers is one moment, not the state of live counters.
    let registry = Registry::new();
    registry.register(Box::new(Moment {
        view: Arc::clone(view),
        now,
    }))?;
    registry.register(Box::new(ProcessCollector::for_self()))?;
    let mut text = String::new();
    TextEncoder::new().encode_utf8(&registry.gather(), &mut text)?;
    Ok(text)
}
