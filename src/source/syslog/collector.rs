//! Collects messages from all sockets into batches for the engine.
//!
//! The first message after a pause is handed over at once; while more keep coming, they are handed
//! over together, so that neither thread is woken for each of them.

use std::cell::{Cell, RefCell, RefMut};
use std::net::IpAddr;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::sleep;
use tracing::{debug, warn};

use super::super::channel_source::{Batch, ChannelSender, Closed};
use super::super::stream_id::StreamId;
use super::super::syslog_senders::AllowedSenders;

/// How long messages wait in the kernel while they keep coming: not so long that a burst of datagrams
/// overflows a receive buffer of the usual size.
const BATCH_DELAY: Duration = Duration::from_millis(2);

/// How soon a full queue is tried again.
const RETRY_DELAY: Duration = Duration::from_millis(1);

/// The size of the receive buffer: the longest UDP datagram fits.
const BUFFER_BYTES: usize = 64 * 1024;

/// The stream of the messages of a peer: its port may change, and a peer that is reached over IPv4
/// and IPv6 sockets alike is the same one.
pub(super) fn stream_of(peer: IpAddr) -> StreamId {
    match peer.to_canonical() {
        IpAddr::V4(address) => StreamId::of(&address.octets()),
        IpAddr::V6(address) => StreamId::of(&address.octets()),
    }
}

/// The batch and the buffer that all sockets of a source share.
pub(super) struct Collector {
    sender: ChannelSender,
    cap: usize,
    senders: AllowedSenders,
    /// Whether a refused sender was logged.
    warned: Cell<bool>,
    batch: RefCell<Batch>,
    /// Notified when the batch gets a message.
    filled: Notify,
    /// Notified when the batch was taken.
    emptied: Notify,
    /// Whether the next batch is sent without [`BATCH_DELAY`] after it, because senders are waiting.
    skip_delay: Cell<bool>,
    /// Where every socket receives, in turns.
    buffer: RefCell<Box<[u8]>>,
}

impl Collector {
    /// A collector that keeps at most `cap` bytes of each message, of these senders.
    pub fn new(sender: ChannelSender, cap: usize, senders: AllowedSenders) -> Self {
        // Two more, so that a message longer than the cap is recognised as such.
        let size = BUFFER_BYTES.max(cap + 2);
        Collector {
            sender,
            cap,
            senders,
            warned: Cell::new(false),
            batch: RefCell::default(),
            filled: Notify::new(),
            emptied: Notify::new(),
            skip_delay: Cell::new(false),
            buffer: RefCell::new(vec![0; size].into_boxed_slice()),
        }
    }

    /// The longest message that is kept whole, in bytes.
    pub fn cap(&self) -> usize {
        self.cap
    }

    /// The receive buffer. Must not be held across an `await`.
    pub fn buffer(&self) -> RefMut<'_, Box<[u8]>> {
        self.buffer.borrow_mut()
    }

    /// Adds a message of a stream, for which `received` bytes were received. A newline or NUL at the
    /// end is not part of the message, and an empty message is ignored.
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

    /// Sends the next batch without a delay after it.
    pub fn skip_delay(&self) {
        self.skip_delay.set(true);
    }

    /// Whether the batch is full.
    pub fn is_full(&self) -> bool {
        self.batch.borrow().is_full()
    }

    /// Waits until the batch is not full.
    pub async fn wait_for_room(&self) {
        while self.is_full() {
            self.emptied.notified().await;
        }
    }

    /// Counts lost messages.
    pub fn count_dropped(&self, messages: u64) {
        self.sender.count_dropped(messages);
    }

    /// Whether every sender with this address may send.
    pub fn allows(&self, address: IpAddr) -> bool {
        self.senders.allow_address(address)
    }

    /// The allowed senders.
    pub fn senders(&self) -> &AllowedSenders {
        &self.senders
    }

    /// Counts a refused datagram or connection, and logs the first one.
    pub fn refuse(&self, sender: IpAddr, reason: &str) {
        self.sender.count_refused();
        let sender = sender.to_canonical();
        if !self.warned.replace(true) {
            warn!(%sender, reason, "syslog sender refused; further ones are only counted");
        }
        debug!(%sender, reason, "syslog sender refused");
    }

    /// Sends batches to the engine, until the source is closed.
    pub async fn send_batches(&self) -> Closed {
        loop {
            self.filled.notified().await;
            let mut batch = self.batch.take();
            if batch.is_empty() {
                continue;
            }
            let full = batch.is_full();
            self.emptied.notify_waiters();
            loop {
                match self.sender.try_send(batch) {
                    Ok(None) => break,
                    Ok(Some(back)) => batch = back,
                    Err(closed) => return closed,
                }
                sleep(RETRY_DELAY).await;
            }
            if !self.skip_delay.take() && !full {
                // This pauses the whole thread: the runtime would wake for every message otherwise.
                std::thread::sleep(BATCH_DELAY);
            }
        }
    }
}
