//! Test cases for promtool: series, and the alerts expected from them.

mod conditions;
mod deliveries;
mod exporter;
mod no_alerts;
mod spikes;
mod week;

pub use conditions::CONDITIONS;
pub use deliveries::DELIVERIES;
pub use exporter::EXPORTER;
pub use no_alerts::NO_ALERTS;
pub use spikes::SPIKES;
pub use week::WEEK;

/// One alert.
pub struct Case {
    pub alert: &'static str,
    /// Evaluation time of both series.
    pub at: &'static str,
    /// Series with which the alert fires: name and values, one per minute unless the range is long.
    pub fires: &'static [(&'static str, &'static str)],
    /// Series with which the alert does not fire.
    pub silent: &'static [(&'static str, &'static str)],
    /// Expected description, with its values.
    pub description: &'static str,
    /// Labels taken from the series.
    pub labels: &'static [(&'static str, &'static str)],
}

/// A situation in which certain alerts must not fire.
pub struct QuietCase {
    pub name: &'static str,
    pub series: &'static [(&'static str, &'static str)],
    /// Alerts that must not fire, and the evaluation time.
    pub silent: &'static [(&'static str, &'static [&'static str])],
}
