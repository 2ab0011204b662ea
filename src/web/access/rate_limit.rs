//! `rate_limit:` of `web-config.yml`: a token bucket for all requests.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde_saphyr::{Location, Spanned};

use super::schema::RateLimit;
use crate::yaml::Fault;

/// The longest interval: a year.
const MAX_INTERVAL: Duration = Duration::from_secs(365 * 24 * 3600);

/// A bucket of tokens, of which each request takes one.
#[derive(Debug)]
pub struct TokenBucket {
    /// How often a token is added.
    interval: Duration,
    /// How many tokens fit.
    burst: u32,
    /// When the bucket was or will be full of tokens.
    full_at: Mutex<Instant>,
}

impl TokenBucket {
    /// The bucket of a configuration, full; `None` if it limits nothing.
    ///
    /// # Errors
    ///
    /// If a value is not valid, or no request would ever be answered.
    pub fn new(place: Location, limit: &RateLimit) -> Result<Option<Self>, Fault> {
        let interval = match &limit.interval {
            Some(written) => interval(written)?,
            None => Duration::ZERO,
        };
        if interval.is_zero() {
            return Ok(None);
        }
        let burst = limit.burst.as_ref();
        match burst.map_or(0, |burst| burst.value) {
            0 => Err(Fault::new(
                burst.map_or(place, |burst| burst.referenced),
                "no request would ever be answered",
                "add a burst of at least 1, or set interval to 0",
            )),
            burst => Ok(Some(TokenBucket {
                interval,
                burst,
                full_at: Mutex::new(Instant::now()),
            })),
        }
    }

    /// Takes a token for a request. False if there is none.
    pub fn take(&self, now: Instant) -> bool {
        let mut full_at = self.full_at.lock().unwrap_or_else(PoisonError::into_inner);
        // Without the token, the bucket is full this much later.
        let later = (*full_at).max(now).checked_add(self.interval);
        let missing = later.map(|later| later.saturating_duration_since(now));
        match (later, missing) {
            (Some(later), Some(missing)) if missing <= self.interval * self.burst => {
                *full_at = later;
                true
            }
            _ => false,
        }
    }
}

/// A duration as Go writes it, such as `1s`, `1m30s` or `100ms`.
fn interval(written: &Spanned<String>) -> Result<Duration, Fault> {
    parse(&written.value)
        .filter(|duration| *duration <= MAX_INTERVAL)
        .ok_or_else(|| {
            Fault::new(
                written.referenced,
                format!("{:?} is not a valid duration", written.value),
                "expected a duration such as 1s or 100ms, up to 8760h",
            )
        })
}

fn parse(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let (mut rest, mut seconds) = (text, 0.0);
    while !rest.is_empty() {
        let digits = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let units = [
            ("ns", 1e-9),
            ("us", 1e-6),
            ("µs", 1e-6),
            ("ms", 1e-3),
            ("s", 1.0),
            ("m", 60.0),
            ("h", 3600.0),
        ];
        let (unit, size) = units.into_iter().find(|(unit, _)| rest.starts_with(unit))?;
        rest = &rest[unit.len()..];
        seconds += number * size;
    }
    (!text.is_empty()).then_some(())?;
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_as_in_go() {
        for (text, expected) in [
            ("0", Some(0)),
            ("0s", Some(0)),
            ("1s", Some(1000)),
            ("1m30s", Some(90_000)),
            ("1.5s", Some(1500)),
            ("250ms", Some(250)),
            ("1h", Some(3_600_000)),
            ("", None),
            ("1", None),
            ("s", None),
            ("1x", None),
            ("-1s", None),
            ("1s2", None),
        ] {
            let parsed = parse(text).map(|duration| duration.as_millis());
            assert_eq!(parsed, expected, "{text}");
        }
    }

    #[test]
    fn a_burst_is_answered_and_then_one_request_per_interval() {
        let now = Instant::now();
        let interval = Duration::from_secs(10);
        let bucket = TokenBucket {
            interval,
            burst: 2,
            full_at: Mutex::new(now),
        };
        let take = |seconds| bucket.take(now + Duration::from_secs(seconds));
        let taken = [0, 0, 0, 9, 10, 10, 100, 100, 100].map(take);
        let expected = [true, true, false, false, true, false, true, true, false];
        assert_eq!(taken, expected);
    }
}
