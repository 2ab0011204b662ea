//! What promtool is asked: series, and what must follow from them.

mod conditions;
mod deliveries;
mod exporter;
mod spikes;
mod stories;
mod week;

pub use conditions::CONDITIONS;
pub use deliveries::DELIVERIES;
pub use exporter::EXPORTER;
pub use spikes::SPIKES;
pub use stories::STORIES;
pub use week::WEEK;

/// One alert.
pub struct Case {
    pub alert: &'static str,
    /// When both are looked at.
    pub at: &'static str,
    /// Series with which it fires: name and values, by the minute unless it looks far back.
    pub fires: &'static [(&'static str, &'static str)],
    /// Series with which it does not.
    pub silent: &'static [(&'static str, &'static str)],
    /// What it says, with its figures.
    pub description: &'static str,
    /// Labels that come from the series.
    pub labels: &'static [(&'static str, &'static str)],
}

/// Something that wakes nobody.
pub struct Story {
    pub name: &'static str,
    pub series: &'static [(&'static str, &'static str)],
    /// Alerts that do not fire, and when that is looked at.
    pub silent: &'static [(&'static str, &'static [&'static str])],
}
