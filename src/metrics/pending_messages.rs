//! Messages that were received and whose size, in a later line, is not known yet.
//!
//! A message becomes active in the queue again at every retry, but must be observed only once. Its first activation
//! is the one after the line about its receipt.

use std::hash::Hasher;

use rustc_hash::{FxHashSet, FxHasher};

use crate::stable_hash::short_hash;

/// The number of messages in a row. The row is determined by the hash of the queue id.
const ROW: usize = 4;

/// The number of rows for the newest messages. Nearly all messages are removed soon, so that these rows stay in the
/// CPU cache.
const NEAR: usize = 32;

/// The number of rows for older messages.
const FAR: usize = 4096;

/// The pending messages, each as a hash of its queue id, never 0.
#[derive(Clone)]
pub(crate) struct PendingMessages {
    near: [[u64; ROW]; NEAR],
    far: Box<[u64]>,
    /// Messages from a state file before version 4, which used a different hash.
    legacy: FxHashSet<u64>,
}

impl PendingMessages {
    pub(crate) fn new() -> Self {
        PendingMessages {
            near: [[0; ROW]; NEAR],
            far: vec![0; FAR * ROW].into(),
            legacy: FxHashSet::default(),
        }
    }

    /// Adds a message that was received.
    #[inline]
    pub(crate) fn begin(&mut self, queue_id: &[u8]) {
        let hash = message_hash(queue_id);
        let evicted = insert(&mut self.near[row(hash) % NEAR], hash);
        if evicted != 0 {
            insert(self.far_row(evicted), evicted);
        }
    }

    /// Removes a message, and returns whether it was pending.
    #[inline]
    pub(crate) fn end(&mut self, queue_id: &[u8]) -> bool {
        let hash = message_hash(queue_id);
        remove(&mut self.near[row(hash) % NEAR], hash)
            || remove(self.far_row(hash), hash)
            || !self.legacy.is_empty() && self.end_legacy(queue_id)
    }

    #[cold]
    fn end_legacy(&mut self, queue_id: &[u8]) -> bool {
        let mut hasher = FxHasher::default();
        hasher.write(queue_id);
        self.legacy.remove(&(hasher.finish() | 1))
    }

    fn far_row(&mut self, hash: u64) -> &mut [u64; ROW] {
        let (rows, _) = self.far.as_chunks_mut();
        &mut rows[row(hash) % FAR]
    }

    /// The messages to store in the state file, each with its position.
    pub(crate) fn positions(&self) -> Vec<(u16, u64)> {
        let mut all = self.clone();
        for hash in self.near.as_flattened().iter().rev() {
            if *hash != 0 {
                insert(all.far_row(*hash), *hash);
            }
        }
        all.far
            .iter()
            .zip(0u16..)
            .filter(|(hash, _)| **hash != 0)
            .map(|(hash, position)| (position, *hash))
            .collect()
    }

    /// The messages from a state file before version 4.
    pub(crate) fn legacy_hashes(&self) -> Vec<u64> {
        self.legacy.iter().copied().collect()
    }

    /// Restores the values of [`PendingMessages::positions`] and [`PendingMessages::legacy_hashes`].
    pub(crate) fn restore(&mut self, positions: &[(u16, u64)], legacy: &[u64]) {
        for &(position, hash) in positions {
            if let Some(slot) = self.far.get_mut(usize::from(position)) {
                *slot = hash;
            }
        }
        self.legacy = legacy.iter().copied().take(FAR * ROW).collect();
    }
}

/// Inserts a message at the front of a row, and returns the evicted one, or 0.
#[inline]
fn insert(row: &mut [u64; ROW], hash: u64) -> u64 {
    let [a, b, c, last] = *row;
    *row = [hash, a, b, c];
    last
}

/// Removes a message from a row, and returns whether it was there.
#[inline]
fn remove(row: &mut [u64; ROW], hash: u64) -> bool {
    let Some(position) = row.iter().position(|&it| it == hash) else {
        return false;
    };
    // The gap moves to the end, so that the next insertion evicts no message.
    let [a, b, c, d] = *row;
    *row = match position {
        0 => [b, c, d, 0],
        1 => [a, c, d, 0],
        2 => [a, b, d, 0],
        _ => [a, b, c, 0],
    };
    true
}

#[inline]
fn message_hash(queue_id: &[u8]) -> u64 {
    short_hash(queue_id) | 1
}

#[inline]
fn row(hash: u64) -> usize {
    (hash >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> Vec<u8> {
        format!("{number:010X}").into_bytes()
    }

    #[test]
    fn message_is_pending_once() {
        let mut pending = PendingMessages::new();
        pending.begin(&id(1));
        pending.begin(&id(2));
        assert!(pending.end(&id(1)) && !pending.end(&id(1)));
        assert!(pending.end(&id(2)) && !pending.end(&id(3)));
    }

    #[test]
    fn thousands_of_messages_are_pending_across_a_restart() {
        let mut pending = PendingMessages::new();
        for number in 0..5_000 {
            pending.begin(&id(number));
        }
        let mut restored = PendingMessages::new();
        restored.restore(&pending.positions(), &[]);
        for pending in [&mut pending, &mut restored] {
            let found = (0..5_000).rev().filter(|&number| pending.end(&id(number)));
            // Some rows overflow by chance.
            let found = found.count();
            assert!(found > 4_900, "{found}");
            assert_eq!((0..5_000).filter(|&it| pending.end(&id(it))).count(), 0);
        }
    }

    #[test]
    fn oldest_messages_are_evicted() {
        let mut pending = PendingMessages::new();
        for number in 0..100_000 {
            pending.begin(&id(number));
        }
        let newest = (95_000..100_000).filter(|&number| pending.end(&id(number)));
        assert!(newest.count() > 4_500);
    }

    #[test]
    fn each_message_of_a_row_ends_once_and_the_others_remain() {
        // Messages that share a row of the newest ones: four of them fit, and a fifth moves the oldest.
        let shares = |number: &usize| row(message_hash(&id(*number))) % NEAR == 1;
        let ids: Vec<Vec<u8>> = (0..).filter(shares).map(id).take(6).collect();
        for count in 1..=5 {
            for first in 0..count {
                let mut pending = PendingMessages::new();
                ids[..count].iter().for_each(|id| pending.begin(id));
                assert!(pending.end(&ids[first]));
                // The place is used again, so that no message has to make room.
                pending.begin(&ids[5]);
                let of = |it: &mut PendingMessages| ids.iter().map(|id| it.end(id)).collect();
                let mut restored = PendingMessages::new();
                restored.restore(&pending.positions(), &pending.legacy_hashes());
                let expected: Vec<bool> = (0..6)
                    .map(|at| at == 5 || at < count && at != first)
                    .collect();
                for pending in [&mut pending, &mut restored] {
                    let found: Vec<bool> = of(pending);
                    assert_eq!(found, expected, "{first} of {count}");
                    let again: Vec<bool> = of(pending);
                    assert_eq!(again, [false; 6], "{first} of {count}");
                }
            }
        }
    }

    #[test]
    fn messages_of_an_older_state_file_are_pending_until_they_end() {
        let hash = |queue_id: &[u8]| {
            let mut hasher = FxHasher::default();
            hasher.write(queue_id);
            hasher.finish() | 1
        };
        let mut pending = PendingMessages::new();
        // A position that does not exist is ignored.
        pending.restore(&[(u16::MAX, 7)], &[hash(&id(1)), hash(&id(2))]);
        assert_eq!(pending.positions(), []);
        assert!(pending.end(&id(1)) && !pending.end(&id(1)) && !pending.end(&id(3)));
        assert_eq!(pending.legacy_hashes(), [hash(&id(2))]);
    }
}
