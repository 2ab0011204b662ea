//! How a report is printed, and how times, durations and names are written in it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::catalog::commanded_servers;

/// How the report is printed.
pub(super) struct Style {
    /// Rows of each table of details.
    pub rows: usize,
    pub problems_first: bool,
    pub zero_fill: bool,
    /// The zone of times.
    pub zone: TimeZone,
}

/// The first names, and how many there are more.
pub(super) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 3;
    match names.len() {
        ..=SHOWN => names.join(", "),
        more => format!("{} and {} more", names[..SHOWN].join(", "), more - SHOWN),
    }
}

/// The name of a mail server as people write it.
pub(super) fn server_name(label: &'static str) -> &'static str {
    let known = commanded_servers().find(|(known, _)| *known == label);
    known.map_or(label, |(_, name)| name)
}

/// A time in the zone of the report.
pub(super) fn local(time: Timestamp, zone: &TimeZone) -> String {
    let local = zone.to_datetime(time);
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A duration in its largest unit: `1.5 s`, `12.0 min`, `3.1 h`.
pub(super) fn duration(seconds: f64) -> String {
    match seconds {
        ..=60.0 => format!("{seconds:.1} s"),
        ..=3600.0 => format!("{:.1} min", seconds / 60.0),
        _ => format!("{:.1} h", seconds / 3600.0),
    }
}
