//! How a report is printed, and how times, durations and names are written in it.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::words;
use crate::catalog::{Language, commanded_servers};

/// How the report is printed.
pub(super) struct Style {
    /// Rows of each table of details.
    pub rows: usize,
    pub problems_first: bool,
    pub zero_fill: bool,
    /// The zone of times.
    pub zone: TimeZone,
    pub language: Language,
    /// The columns of the terminal; `None` if lines are not broken.
    pub columns: Option<usize>,
}

/// The first names, and how many there are more; in Chinese, how many there are.
pub(super) fn listed(names: &[String], language: Language) -> String {
    const SHOWN: usize = 3;
    let comma = language.comma();
    let (first, all) = (names.iter().take(SHOWN), names.len());
    let first = Vec::from_iter(first.map(String::as_str)).join(comma);
    match (language, all > SHOWN) {
        (_, false) => first,
        (Language::En, true) => words::AND_MORE.fill(language, &[&first, &(all - SHOWN)]),
        (Language::Zh, true) => words::AND_MORE.fill(language, &[&first, &all]),
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
pub(super) fn duration(seconds: f64, language: Language) -> String {
    let (number, unit) = match seconds {
        ..=60.0 => (seconds, words::SECONDS),
        ..=3600.0 => (seconds / 60.0, words::MINUTES),
        _ => (seconds / 3600.0, words::HOURS),
    };
    format!("{number:.1} {}", unit.of(language))
}
