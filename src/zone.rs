//! The time zone of stamps that name none.
//!
//! It stands apart because asking the time zone library for the system's zone makes it list every
//! zone there is, which takes longer than reading a small log. Linux keeps the rules themselves
//! where the answer is.

use jiff::tz::TimeZone;

/// Where Linux keeps the local time zone (localtime(5)).
const LOCALTIME: &str = "/etc/localtime";

/// The zone that the `TZ` environment variable names, else the machine's, else UTC.
pub fn local() -> TimeZone {
    if std::env::var_os("TZ").is_none()
        && let Ok(rules) = std::fs::read(LOCALTIME)
        && let Ok(zone) = TimeZone::tzif("local", &rules)
    {
        return zone;
    }
    TimeZone::system()
}
