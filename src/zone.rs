//! The time zone of timestamps that name none.
//!
//! `/etc/localtime` is read directly, because the time zone library lists every zone of the system to
//! find the name of the local one, which takes longer than reading a small log.

use jiff::tz::TimeZone;

/// Where Linux keeps the local time zone (localtime(5)).
const LOCALTIME: &str = "/etc/localtime";

/// The zone of the environment variable `TZ`, else the local zone of the machine, else UTC.
pub fn local() -> TimeZone {
    if std::env::var_os("TZ").is_none()
        && let Ok(rules) = std::fs::read(LOCALTIME)
        && let Ok(zone) = TimeZone::tzif("local", &rules)
    {
        return zone;
    }
    TimeZone::system()
}
