//! Test cases for promtool: series and the alerts they must cause.

mod exporter;
mod mail;
mod together;

pub use exporter::EXPORTER;
pub use mail::mail_tests;
pub use together::together;

/// A test case of an alert about the exporter.
pub struct Case {
    pub alert: &'static str,
    /// The evaluation time.
    pub at: &'static str,
    /// Series with which it fires: name and values, a minute apart unless the rule has a long window.
    pub fires: &'static [(&'static str, &'static str)],
    /// Series with which it does not fire.
    pub silent: &'static [(&'static str, &'static str)],
    /// The expected description, without what to do.
    pub description: &'static str,
    /// Labels that come from the series.
    pub labels: &'static [(&'static str, &'static str)],
}
