//! Whether the engine thread is at work: other threads must not wait for one that is blocked, for example by a network
//! file system that does not answer.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long the engine may take between two beats before it counts as blocked. Ordinary work is done in much shorter
/// parts; to find the position in a large compressed file takes some seconds.
pub(super) const BLOCKED_AFTER: Duration = Duration::from_secs(15);

/// When the engine thread was last seen at work, and at which source.
#[derive(Debug)]
pub(super) struct Heartbeat {
    start: Instant,
    /// Milliseconds since the start.
    last: AtomicU64,
    /// The source that is being read.
    source: Mutex<Option<String>>,
}

impl Heartbeat {
    pub fn new() -> Self {
        Heartbeat {
            start: Instant::now(),
            last: AtomicU64::new(0),
            source: Mutex::default(),
        }
    }

    /// To be called by the engine thread, at least once in a tick.
    pub fn beat(&self) {
        let now = self.start.elapsed().as_millis() as u64;
        self.last.store(now, Ordering::Relaxed);
    }

    /// To be called by the engine thread before it reads a source.
    pub fn begin_source(&self, name: &str) {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        let source = source.get_or_insert_default();
        source.clear();
        source.push_str(name);
    }

    /// For how long the engine thread has not been at work.
    pub fn age(&self) -> Duration {
        let last = Duration::from_millis(self.last.load(Ordering::Relaxed));
        self.start.elapsed().saturating_sub(last)
    }

    /// Whether the engine thread is blocked.
    pub fn is_blocked(&self) -> bool {
        self.age() > BLOCKED_AFTER
    }

    /// The source that was read last.
    pub fn source(&self) -> String {
        let source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        source.clone().unwrap_or_default()
    }
}
