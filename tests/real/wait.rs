//! Waiting for an event, with a deadline: no test here takes time for a sign that something
//! happened.

use std::time::{Duration, Instant};

use crate::Result;

/// How often a condition is looked at again.
const INTERVAL: Duration = Duration::from_millis(20);

/// Looks at `probe` until it gives a value. After `limit` the error says what was waited for.
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut probe: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let deadline = Instant::now() + limit;
    loop {
        if let Some(value) = probe()? {
            return Ok(value);
        }
        if Instant::now() > deadline {
            return Err(format!("waited {limit:?} in vain for {what}").into());
        }
        std::thread::sleep(INTERVAL);
    }
}
