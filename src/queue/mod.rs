//! Sizes of the mail server's queues, read once a minute where that is configured.
//!
//! Listing a queue opens or examines every file in it, so a thread does it, and a scrape only reads the latest
//! listing.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tracing::warn;

mod showq;
mod spool;

pub use spool::Layout;

/// The time between two listings.
const INTERVAL: Duration = Duration::from_secs(60);

/// The names of the queues (Postfix's `QSHAPE_README`), in the order of [`Queues`].
pub const NAMES: [&str; 6] = [
    "maildrop", "incoming", "active", "deferred", "hold", "corrupt",
];

/// The queues whose mail waits for delivery.
pub const WAITING: [&str; 3] = ["incoming", "active", "deferred"];

/// The indexes of some of [`NAMES`].
const INCOMING: usize = 1;
const DEFERRED: usize = 3;
const HOLD: usize = 4;
const CORRUPT: usize = 5;

/// One queue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The number of messages.
    pub messages: u64,
    /// The total size of the messages, in bytes.
    pub bytes: u64,
    /// When the oldest message arrived, in seconds since 1970.
    pub oldest: Option<i64>,
}

impl Queue {
    /// Counts a message; what is not known of it is `None`.
    fn add(&mut self, bytes: Option<u64>, arrived: Option<i64>) {
        self.messages += 1;
        self.bytes = self.bytes.saturating_add(bytes.unwrap_or(0));
        self.oldest = arrived.into_iter().chain(self.oldest).min();
    }
}

/// Every queue, in the order of [`NAMES`].
pub type Queues = [Queue; NAMES.len()];

/// Where a mail server's queue is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueueSource {
    /// The socket of Postfix's showq(8) service.
    Showq(PathBuf),
    /// A directory with files for each message.
    Spool(Layout, PathBuf),
}

impl QueueSource {
    /// Lists the queues.
    ///
    /// # Errors
    ///
    /// If the socket does not answer as showq does, or the directory cannot be listed.
    pub fn list(&self) -> io::Result<Queues> {
        match self {
            QueueSource::Showq(socket) => showq::list(socket),
            QueueSource::Spool(layout, folder) => spool::list(*layout, folder),
        }
    }

    fn path(&self) -> &PathBuf {
        match self {
            QueueSource::Showq(path) | QueueSource::Spool(_, path) => path,
        }
    }
}

/// The latest listing; `None` before the first one and after a failure.
pub type Newest = Arc<Mutex<Option<Queues>>>;

/// Starts a thread that lists the queues once a minute.
///
/// # Errors
///
/// If the thread cannot be started.
pub fn watch(source: QueueSource) -> io::Result<Newest> {
    let newest = Newest::default();
    let shared = Arc::clone(&newest);
    std::thread::Builder::new()
        .name("queue".into())
        .spawn(move || {
            let mut failing = false;
            loop {
                let listing = source.list();
                if let Err(error) = &listing
                    && !failing
                {
                    let path = source.path().display();
                    warn!(%path, %error, "cannot list the mail server's queue");
                }
                failing = listing.is_err();
                *shared.lock().unwrap_or_else(PoisonError::into_inner) = listing.ok();
                std::thread::sleep(INTERVAL);
            }
        })?;
    Ok(newest)
}

/// A copy of the latest listing, if there is one.
pub fn newest(newest: &Newest) -> Option<Queues> {
    *newest.lock().unwrap_or_else(PoisonError::into_inner)
}
