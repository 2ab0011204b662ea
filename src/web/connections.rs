//! The open HTTP connections, of which there are only so many at a time.
//!
//! At the limit a new connection takes the place of the one that has been idle the longest, so that
//! clients that hold connections open cannot block a scrape. Busy connections are not closed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::activity::Activity;

/// How long to wait for a connection to end before looking for an idle one again.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// All open connections.
pub struct Connections {
    limit: u32,
    permits: Arc<Semaphore>,
    open: Mutex<Vec<Arc<Activity>>>,
}

impl Connections {
    /// No connection yet, and at most `limit` of them.
    pub fn new(limit: u32) -> Arc<Self> {
        Arc::new(Connections {
            limit,
            permits: Arc::new(Semaphore::new(limit as usize)),
            open: Mutex::default(),
        })
    }

    fn open(&self) -> MutexGuard<'_, Vec<Arc<Activity>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Registers a new connection, after waiting until there is a place for it. It is open until the
    /// returned value is dropped.
    pub async fn admit(self: &Arc<Self>) -> OpenConnection {
        let permit = loop {
            if self.permits.available_permits() == 0 {
                self.evict_longest_idle();
            }
            let permit = Arc::clone(&self.permits).acquire_owned();
            // Where all connections were busy, one may be idle after a while.
            if let Ok(permit) = tokio::time::timeout(RETRY_INTERVAL, permit).await {
                break permit.ok();
            }
        };
        let activity = Activity::new();
        self.open().push(Arc::clone(&activity));
        OpenConnection {
            activity,
            connections: Arc::clone(self),
            _permit: permit,
        }
    }

    fn evict_longest_idle(&self) {
        let open = self.open();
        let evictable = open
            .iter()
            .filter_map(|activity| Some((activity.evictable_since()?, activity)));
        if let Some((_, activity)) = evictable.min_by_key(|(since, _)| *since) {
            activity.evict();
        }
    }

    /// Waits until no connection is open.
    pub async fn all_closed(&self) {
        // Fails only if the semaphore is closed, which it never is.
        let _ = self.permits.acquire_many(self.limit).await;
    }
}

/// An open connection.
pub struct OpenConnection {
    /// What the connection is doing.
    pub activity: Arc<Activity>,
    connections: Arc<Connections>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.connections
            .open()
            .retain(|other| !Arc::ptr_eq(other, &self.activity));
    }
}
