//! Messages that were received and whose size is awaited: the line that tells it comes a little later.
//!
//! It stands apart from the counters because it remembers lines and counts nothing: a message becomes
//! active again at every retry, but it is one message, and its first time follows the line that says it
//! was received.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Messages of one row wait beside each other; the rows are given by the queue ids.
const ROW: usize = 4;

/// Rows of the messages that came last. Nearly all of them are asked for at once, so these few stay
/// where the processor has them at hand.
const NEAR: usize = 32;

/// Rows of those that wait longer.
const FAR: usize = 4096;

/// The messages, each by a name made of its queue id, never 0.
#[derive(Clone)]
pub(crate) struct Awaited {
    near: [[u64; ROW]; NEAR],
    far: Box<[u64]>,
}

impl Awaited {
    pub(crate) fn new() -> Self {
        Awaited {
            near: [[0; ROW]; NEAR],
            far: vec![0; FAR * ROW].into(),
        }
    }

    /// A message was received.
    #[inline]
    pub(crate) fn begin(&mut self, queue_id: &[u8]) {
        let name = name(queue_id);
        let moved = begin_in(&mut self.near[row(name) % NEAR], name);
        if moved != 0 {
            // Whoever waited longest gives way.
            begin_in(self.far_row(moved), moved);
        }
    }

    /// Whether this message was awaited. From now on it is not.
    #[inline]
    pub(crate) fn end(&mut self, queue_id: &[u8]) -> bool {
        let name = name(queue_id);
        end_in(&mut self.near[row(name) % NEAR], name) || end_in(self.far_row(name), name)
    }

    fn far_row(&mut self, name: u64) -> &mut [u64; ROW] {
        let (rows, _) = self.far.as_chunks_mut();
        &mut rows[row(name) % FAR]
    }

    /// Who waits, each with its place, to be kept over a restart.
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

    /// Puts back who waited.
    pub(crate) fn restore(&mut self, places: &[(u16, u64)]) {
        for &(place, name) in places {
            if let Some(slot) = self.far.get_mut(usize::from(place)) {
                *slot = name;
            }
        }
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
    let mut hasher = FxHasher::default();
    hasher.write(queue_id);
    hasher.finish() | 1
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
    fn a_message_is_awaited_once() {
        let mut awaited = Awaited::new();
        awaited.begin(&id(1));
        awaited.begin(&id(2));
        assert!(awaited.end(&id(1)) && !awaited.end(&id(1)));
        assert!(awaited.end(&id(2)) && !awaited.end(&id(3)));
    }

    #[test]
    fn thousands_wait_in_any_order_and_over_a_restart() {
        let mut awaited = Awaited::new();
        for number in 0..5_000 {
            awaited.begin(&id(number));
        }
        let mut restored = Awaited::new();
        restored.restore(&awaited.places());
        for awaited in [&mut awaited, &mut restored] {
            let found = (0..5_000).rev().filter(|&number| awaited.end(&id(number)));
            // A row may be full by chance.
            let found = found.count();
            assert!(found > 4_900, "{found}");
            assert_eq!((0..5_000).filter(|&it| awaited.end(&id(it))).count(), 0);
        }
    }

    #[test]
    fn the_longest_waiting_gives_way() {
        let mut awaited = Awaited::new();
        for number in 0..100_000 {
            awaited.begin(&id(number));
        }
        let newest = (95_000..100_000).filter(|&number| awaited.end(&id(number)));
        assert!(newest.count() > 4_500);
    }
}
