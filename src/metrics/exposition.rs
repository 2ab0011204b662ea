//! The text that Prometheus reads.

use std::sync::Arc;

use prometheus::TextEncoder;
use prometheus::core::Collector;
use prometheus::process_collector::ProcessCollector;

use crate::metrics::View;
use crate::metrics::families::Moment;

/// The media type of [`render`]'s text, as Prometheus 3 insists on it.
pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Room for the exposition of a busy server, in bytes.
const TYPICAL: usize = 256 * 1024;

/// The exposition in Prometheus' text format 0.0.4, as of `now` (seconds since 1970; rates look
/// back from there).
///
/// The collectors are asked directly: a registry would check names that no input can change, and
/// sort thousands of series that stand in order already, for a third of the time.
///
/// # Errors
///
/// If a family has no name or no samples, which no input can bring about.
pub fn render(view: &Arc<View>, now: i64) -> prometheus::Result<String> {
    let moment = Moment {
        view: Arc::clone(view),
        now,
    };
    let mut families = moment.collect();
    families.extend(ProcessCollector::for_self().collect());
    families.retain(|family| !family.get_metric().is_empty());
    families.sort_by(|a, b| a.name().cmp(b.name()));
    let mut text = String::with_capacity(TYPICAL);
    TextEncoder::new().encode_utf8(&families, &mut text)?;
    Ok(text)
}
