//! The messages in the queue: who submitted each, and how large it is. A message is forgotten a little after it left the
//! queue, so that a queue id that is used again is another message.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::stable_hash::short_hash;

/// How many messages are remembered after they left the queue, because their last lines may be out of order.
const REMOVED: usize = 256;

/// What a message costs in memory, about.
const COST: usize = 64;

/// The messages in the queue.
pub(super) struct Messages {
    /// The client of each message whose sender is not logged yet; empty for a local program.
    submitted: FxHashMap<u64, Box<[u8]>>,
    /// The size of each message whose sender was logged; `None` if its deliveries came without it.
    known: FxHashMap<u64, Option<u64>>,
    /// Messages that were deferred.
    deferred: FxHashSet<u64>,
    /// Messages that left the queue, the oldest first.
    removed: VecDeque<u64>,
    limit: usize,
    /// Whether messages were forgotten because there are too many.
    pub overflowed: bool,
}

impl Messages {
    /// With a limit in bytes.
    pub fn new(bytes: usize) -> Self {
        Messages {
            submitted: FxHashMap::default(),
            known: FxHashMap::default(),
            deferred: FxHashSet::default(),
            removed: VecDeque::new(),
            limit: bytes / COST,
            overflowed: false,
        }
    }

    /// A message is submitted: if its id was used before, that was another message.
    #[inline]
    pub fn begin(&mut self, queue_id: &[u8]) {
        if self.known.is_empty() && self.deferred.is_empty() {
            return;
        }
        let message = short_hash(queue_id);
        let was_known = self.known.remove(&message).is_some();
        if self.deferred.remove(&message) || was_known {
            self.removed.retain(|removed| *removed != message);
        }
    }

    /// A client, or a local program if it is empty, submits a message.
    pub fn submit(&mut self, queue_id: &[u8], client: &[u8]) {
        self.begin(queue_id);
        self.make_room();
        self.submitted.insert(short_hash(queue_id), client.into());
    }

    /// The size and sender of a message became known. Returns the client if that is the first time since it was submitted.
    pub fn queue(&mut self, queue_id: &[u8], size: u64) -> Option<Box<[u8]>> {
        let message = short_hash(queue_id);
        self.make_room();
        self.known.insert(message, Some(size));
        match self.submitted.is_empty() {
            true => None,
            false => self.submitted.remove(&message),
        }
    }

    /// The size of a message that is delivered: `Ok`, or else whether this is its first delivery without a size.
    pub fn delivered(&mut self, queue_id: &[u8]) -> Result<u64, bool> {
        let message = short_hash(queue_id);
        match self.known.get(&message) {
            Some(Some(size)) => Ok(*size),
            Some(None) => Err(false),
            None => {
                self.make_room();
                self.known.insert(message, None);
                Err(true)
            }
        }
    }

    /// Whether a message is deferred for the first time.
    pub fn defer(&mut self, queue_id: &[u8]) -> bool {
        self.make_room();
        self.deferred.insert(short_hash(queue_id))
    }

    /// A message left the queue.
    #[inline]
    pub fn remove(&mut self, queue_id: &[u8]) {
        let message = short_hash(queue_id);
        if self.known.is_empty() && !self.deferred.contains(&message) {
            return;
        }
        self.removed.push_back(message);
        if self.removed.len() > REMOVED
            && let Some(oldest) = self.removed.pop_front()
        {
            self.known.remove(&oldest);
            self.submitted.remove(&oldest);
            self.deferred.remove(&oldest);
        }
    }

    /// Forgets all messages when there are too many.
    fn make_room(&mut self) {
        if self.submitted.len() + self.known.len() + self.deferred.len() >= self.limit {
            self.forget();
        }
    }

    #[cold]
    fn forget(&mut self) {
        self.submitted = FxHashMap::default();
        self.known = FxHashMap::default();
        self.deferred = FxHashSet::default();
        self.overflowed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_followed_from_submission_to_delivery() {
        let mut messages = Messages::new(1 << 20);
        messages.submit(b"A1", b"mx.example.net[192.0.2.1]");
        let client = messages.queue(b"A1", 500);
        assert_eq!(client.as_deref(), Some(&b"mx.example.net[192.0.2.1]"[..]));
        assert_eq!(messages.queue(b"A1", 500), None, "active again");
        assert_eq!(messages.delivered(b"A1"), Ok(500));
        assert_eq!(messages.delivered(b"B2"), Err(true));
        assert_eq!(messages.delivered(b"B2"), Err(false));
        assert!(messages.defer(b"A1") && !messages.defer(b"A1"));
    }

    #[test]
    fn a_queue_id_that_is_used_again_is_another_message() {
        let mut messages = Messages::new(1 << 20);
        messages.submit(b"A1", b"");
        messages.queue(b"A1", 500);
        messages.remove(b"A1");
        assert_eq!(messages.delivered(b"A1"), Ok(500), "a line out of order");
        messages.submit(b"A1", b"");
        assert_eq!(messages.queue(b"A1", 700).as_deref(), Some(&b""[..]));
        assert_eq!(messages.delivered(b"A1"), Ok(700));
        messages.defer(b"A1");
        messages.remove(b"A1");
        for number in 0..=REMOVED {
            messages.remove(format!("C{number}").as_bytes());
        }
        assert!(messages.defer(b"A1"), "another message");
    }

    #[test]
    fn the_number_of_messages_is_bounded() {
        let mut messages = Messages::new(100 * COST);
        for number in 0..1000 {
            messages.submit(format!("{number}").as_bytes(), b"");
        }
        assert!(messages.submitted.len() <= 100 && messages.overflowed);
    }
}
