//! Messages that were received and whose size is not known yet: a later line tells it.
//!
//! A message becomes active in the queue again at every retry, but it is one message, and its first
//! activation follows the line that says it was received.

use std::hash::Hasher;

use rustc_hash::{FxHashSet, FxHasher};

use crate::stable_hash::short_hash;

/// Messages in a row; the row is given by the queue id's hash.
const ROW: usize = 4;

/// Rows of the newest messages. Nearly all of them are asked for at once, so these few stay in the
/// processor's cache.
const NEAR: usize = 32;

/// Rows of older messages.
const FAR: usize = 4096;

/// The messages, each by a name made of its queue id, never 0.
#[derive(Clone)]
pub(crate) struct PendingMessages {
    near: [[u64; ROW]; NEAR],
    far: Box<[u64]>,
    /// Messages of a state before version 4, whose hashes are others; empty if there are none.
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

    /// A message was received.
    #[inline]
    pub(crate) fn begin(&mut self, queue_id: &[u8]) {
        let name = name(queue_id);
        let moved = begin_in(&mut self.near[row(name) % NEAR], name);
        if moved != 0 {
            // The oldest of the row moves on.
            begin_in(self.far_row(moved), moved);
        }
    }

    /// Whether this message was pending. From now on it is not.
    #[inline]
    pub(crate) fn end(&mut self, queue_id: &[u8]) -> bool {
        let name = name(queue_id);
        end_in(&mut self.near[row(name) % NEAR], name)
            || end_in(self.far_row(name), name)
            || !self.legacy.is_empty() && self.end_legacy(queue_id)
    }

    #[cold]
    fn end_legacy(&mut self, queue_id: &[u8]) -> bool {
        let mut hasher = FxHasher::default();
        hasher.write(queue_id);
        self.legacy.remove(&(hasher.finish() | 1))
    }

    fn far_row(&mut self, name: u64) -> &mut [u64; ROW] {
        let (rows, _) = self.far.as_chunks_mut();
        &mut rows[row(name) % FAR]
    }

    /// The messages, each with its place, to be kept over a restart.
    pub(crate) fn places(&self) -> Vec<(u16, u64)> {
        let mut all = self.clone();
        for name in self.near.as_flattened().iter().rev() {
            if *name != 0 {
                begin_in(all.far_row(*name), *name);
            }
        }
        all.far
            .iter()
            .zip(0u16..)
            .filter(|(name, _)| **name != 0)
            .map(|(name, place)| (place, *name))
            .collect()
    }

    /// The messages of a state before version 4.
    pub(crate) fn legacy_names(&self) -> Vec<u64> {
        self.legacy.iter().copied().collect()
    }

    /// Goes on with what [`PendingMessages::places`] and [`PendingMessages::legacy_names`] gave.
    pub(crate) fn restore(&mut self, places: &[(u16, u64)], legacy: &[u64]) {
        for &(place, name) in places {
            if let Some(slot) = self.far.get_mut(usize::from(place)) {
                *slot = name;
            }
        }
        self.legacy = legacy.iter().copied().take(FAR * ROW).collect();
    }
}

/// Puts a message in front of its row and returns the one that falls out, or 0.
#[inline]
fn begin_in(row: &mut [u64; ROW], name: u64) -> u64 {
    let [a, b, c, last] = *row;
    *row = [name, a, b, c];
    last
}

/// Takes a message out of its row, whether it was there.
#[inline]
fn end_in(row: &mut [u64; ROW], name: u64) -> bool {
    let Some(place) = row.iter().position(|&it| it == name) else {
        return false;
    };
    // The gap goes to the end, so that nobody gives way for it.
    let [a, b, c, d] = *row;
    *row = match place {
        0 => [b, c, d, 0],
        1 => [a, c, d, 0],
        2 => [a, b, d, 0],
        _ => [a, b, c, 0],
    };
    true
}

#[inline]
fn name(queue_id: &[u8]) -> u64 {
    short_hash(queue_id) | 1
}

#[inline]
fn row(name: u64) -> usize {
    (name >> 32) as usize
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
    fn thousands_are_pending_in_any_order_and_over_a_restart() {
        let mut pending = PendingMessages::new();
        for number in 0..5_000 {
            pending.begin(&id(number));
        }
        let mut restored = PendingMessages::new();
        restored.restore(&pending.places(), &[]);
        for pending in [&mut pending, &mut restored] {
            let found = (0..5_000).rev().filter(|&number| pending.end(&id(number)));
            // A row may be full by chance.
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
}
