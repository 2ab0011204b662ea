//! Waiting for an event with a deadline. Tests never wait for a fixed time.

use std::time::{Duration, Instant};

use crate::Result;

/// Polling interval.
const INTERVAL: Duration = Duration::from_millis(20);

/// Polls `probe` until it returns a value. After `limit` the error names `what` was waited for.
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
            return Err(format!("timed out after {limit:?} waiting for {what}").into());
        }
        std::thread::sleep(INTERVAL);
    }
}
