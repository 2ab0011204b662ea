//! Test cases for promtool: series and the alerts they must cause.

mod conditions;
mod deliveries;
mod exporter;
mod scenarios;
mod spikes;
mod week;

pub use conditions::CONDITIONS;
pub use deliveries::DELIVERIES;
pub use exporter::EXPORTER;
pub use scenarios::SCENARIOS;
pub use spikes::SPIKES;
pub use week::WEEK;

/// A test case of one alert.
pub struct Case {
    pub alert: &'static str,
    /// The evaluation time.
    pub at: &'static str,
    /// Series with which it fires: name and values, a minute apart unless the rule has a long window.
    pub fires: &'static [(&'static str, &'static str)],
    /// Series with which it does not fire.
    pub silent: &'static [(&'static str, &'static str)],
    /// The expected description.
    pub description: &'static str,
    /// Labels that come from the series.
    pub labels: &'static [(&'static str, &'static str)],
}

/// Series with which no alert fires.
pub struct Scenario {
    pub name: &'static str,
    pub series: &'static [(&'static str, &'static str)],
    /// Alerts that must not fire, with evaluation times.
    pub silent: &'static [(&'static str, &'static [&'static str])],
}
