//! Gathers messages from all sockets into batches for the engine.
//!
//! It stands apart because it is where the pace is set: the first message after a silence is
//! handed over at once, and while more keep coming they go together, so that neither thread is
//! woken for each of them.

use std::cell::{Cell, RefCell, RefMut};
use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;

use super::super::StreamId;
use super::super::fed::{Batch, Feeder, Unwanted};

/// How long messages gather in the kernel while they keep coming: not so long that a burst of
/// datagrams runs over a buffer of the usual size.
const GATHER: Duration = Duration::from_millis(2);

/// How soon a full queue is tried again.
const FULL: Duration = Duration::from_millis(1);

/// The longest UDP datagram fits, and so does what one look at a stream takes.
const SCRATCH: usize = 64 * 1024;

/// The stream of the messages of a peer: its port may change, and a peer that is reached over IPv4
/// and IPv6 sockets alike is the same one.
pub(super) fn stream_of(peer: IpAddr) -> StreamId {
    match peer.to_canonical() {
        IpAddr::V4(address) => StreamId::of(&address.octets()),
        IpAddr::V6(address) => StreamId::of(&address.octets()),
    }
}

/// What all sockets of a source share.
pub(super) struct Collector {
    feeder: Feeder,
    cap: usize,
    batch: RefCell<Batch>,
    /// There is something to hand over.
    filled: Notify,
    /// There is room again.
    emptied: Notify,
    /// Senders wait until we read on.
    hurried: Cell<bool>,
    /// What all sockets are read into, in turns.
    scratch: RefCell<Box<[u8]>>,
}

impl Collector {
    /// Gathers messages, of each of which at most `cap` bytes are kept.
    pub fn new(feeder: Feeder, cap: usize) -> Self {
        // A longer message than the cap must be seen to be longer.
        let size = SCRATCH.max(cap + 2);
        Collector {
            feeder,
            cap,
            batch: RefCell::default(),
            filled: Notify::new(),
            emptied: Notify::new(),
            hurried: Cell::new(false),
            scratch: RefCell::new(vec![0; size].into_boxed_slice()),
        }
    }

    /// The longest message that is kept whole, in bytes.
    pub fn cap(&self) -> usize {
        self.cap
    }

    /// What to read into. Not to be held while waiting.
    pub fn scratch(&self) -> RefMut<'_, Box<[u8]>> {
        self.scratch.borrow_mut()
    }

    /// Takes a message of a stream, which took `received` bytes. Senders end messages with a newline or a NUL
    /// that is no part of it; one without anything else is none.
    pub fn push(&self, stream: StreamId, message: &[u8], received: usize) {
        let end = message
            .iter()
            .rposition(|byte| !matches!(byte, b'\n' | b'\r' | 0));
        if let Some(end) = end {
            let mut batch = self.batch.borrow_mut();
            batch.push(stream, &message[..=end], self.cap, received);
            self.filled.notify_one();
        }
    }

    /// Lets no time pass after what comes now.
    pub fn hurry(&self) {
        self.hurried.set(true);
    }

    /// Whether nothing more should be read now.
    pub fn is_full(&self) -> bool {
        self.batch.borrow().is_full()
    }

    /// Waits until more may be read.
    pub async fn room(&self) {
        while self.is_full() {
            self.emptied.notified().await;
        }
    }

    /// Counts messages that were lost.
    pub fn count_dropped(&self, messages: u64) {
        self.feeder.count_dropped(messages);
    }

    /// Hands over what comes, until the source is no longer wanted.
    pub async fn hand_over(&self) -> Unwanted {
        loop {
            self.filled.notified().await;
            let mut batch = self.batch.take();
            if batch.is_empty() {
                continue;
            }
            let full = batch.is_full();
            self.emptied.notify_waiters();
            loop {
                match self.feeder.try_send(batch) {
                    Ok(None) => break,
                    Ok(Some(back)) => batch = back,
                    Err(unwanted) => return unwanted,
                }
                sleep(FULL).await;
            }
            if !self.hurried.take() && !full {
                // The thread itself, and with it every socket: the runtime would wake for each
                // message that comes meanwhile.
                std::thread::sleep(GATHER);
            }
        }
    }
}
