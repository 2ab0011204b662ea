//! Durations as arguments: `90s`, `5m`.

use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;

/// Parses a duration that is longer than nothing.
///
/// # Errors
///
/// A message, if it is not one.
pub fn parse(text: &str) -> Result<Duration, String> {
    SignedDuration::from_str(text)
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| {
            format!("{text:?} is not a valid duration; expected a duration such as 90s or 5m")
        })
}
