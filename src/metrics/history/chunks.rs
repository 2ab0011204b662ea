//! Counts by slot of time, in chunks of bytes: a chunk is compressed when it is over and never changes after that.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};

use crate::serde_bytes;

/// The number of series that one slot can hold: those with the largest counts.
pub(super) const MAX_ENTRIES: usize = 256;

/// The longest entry in bytes: a series number of two bytes at most, and a count of five.
const MAX_ENTRY_BYTES: usize = 7;

/// What a slot adds to its entries, in bytes: its place in the chunk and the number of entries.
const SLOT_BYTES: usize = 3;

/// How slots are kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    /// Slots in one chunk, at most 256.
    pub chunk: i64,
    /// How many slots are kept besides those of the current chunk.
    pub slots: i64,
    /// The largest size of all closed chunks, in bytes. The oldest chunks are dropped where they would exceed it.
    pub budget: usize,
}

impl Shape {
    /// The largest size of a chunk before it is compressed.
    pub const fn max_chunk(&self) -> usize {
        self.chunk as usize * (SLOT_BYTES + MAX_ENTRIES * MAX_ENTRY_BYTES)
    }
}

/// A chunk that is over: its number since 1970, and its compressed slots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Closed(i64, #[serde(with = "serde_bytes")] Arc<[u8]>);

/// The counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Chunks {
    /// The newest last.
    closed: VecDeque<Closed>,
    /// The number of the current chunk.
    current: i64,
    /// The slots of the current chunk.
    #[serde(with = "serde_bytes")]
    open: Vec<u8>,
    /// The first slot that was not dropped.
    oldest: i64,
}

/// The counts of one slot: number of the series and its count.
pub(super) type Entry = (u16, u32);

impl Chunks {
    /// Adds a slot after all others.
    pub fn push(&mut self, shape: &Shape, slot: i64, entries: &mut Vec<Entry>) {
        let number = slot.div_euclid(shape.chunk);
        if number != self.current {
            self.close(shape, number);
        }
        entries.retain(|(_, count)| *count > 0);
        if entries.is_empty() {
            return;
        }
        if entries.len() > MAX_ENTRIES {
            entries.sort_unstable_by_key(|(_, count)| std::cmp::Reverse(*count));
            entries.truncate(MAX_ENTRIES);
        }
        entries.sort_unstable_by_key(|(series, _)| *series);
        self.open.push(slot.rem_euclid(shape.chunk) as u8);
        put(&mut self.open, entries.len() as u32);
        let mut before = 0;
        for (series, count) in entries.iter() {
            put(&mut self.open, u32::from(series - before));
            put(&mut self.open, *count);
            before = *series;
        }
    }

    /// Compresses the current chunk and begins another one.
    fn close(&mut self, shape: &Shape, next: i64) {
        if !self.open.is_empty() {
            let data = compressed(&self.open).into();
            self.closed.push_back(Closed(self.current, data));
            self.open.clear();
        }
        self.current = next;
        let first = next - shape.slots.div_euclid(shape.chunk);
        let is_old = |it: &Closed| it.0 < first;
        while self.closed.front().is_some_and(is_old) || self.size() > shape.budget {
            let dropped = self.closed.pop_front();
            self.oldest = dropped.map_or(self.oldest, |it| (it.0 + 1) * shape.chunk);
        }
    }

    /// The size of the closed chunks in bytes.
    fn size(&self) -> usize {
        self.closed.iter().map(|it| it.1.len()).sum()
    }

    /// All bytes that are held.
    #[cfg(test)]
    pub fn held(&self) -> usize {
        self.size() + self.open.capacity()
    }

    /// Calls `visit` with the slots from `first` to `last`, in order: slot, series, count.
    pub fn read(&self, shape: &Shape, first: i64, last: i64, mut visit: impl FnMut(i64, u16, u32)) {
        let wanted = first.div_euclid(shape.chunk)..=last.div_euclid(shape.chunk);
        let mut visit = |slot: i64, entry: Entry| {
            if (first..=last).contains(&slot) {
                visit(slot, entry.0, entry.1);
            }
        };
        for Closed(number, data) in self.closed.iter().filter(|it| wanted.contains(&it.0)) {
            decode(&uncompressed(shape, data), number * shape.chunk, &mut visit);
        }
        if wanted.contains(&self.current) {
            decode(&self.open, self.current * shape.chunk, &mut visit);
        }
    }

    /// The first slot that is held, if the history began with `began`.
    pub fn begin(&self, began: i64) -> i64 {
        began.max(self.oldest)
    }

    /// Drops the slots after `last`; the clock was set back.
    pub fn truncate(&mut self, shape: &Shape, last: i64) {
        let number = last.div_euclid(shape.chunk);
        if number > self.current {
            return;
        }
        let mut kept: Vec<(i64, Vec<Entry>)> = Vec::new();
        self.read(
            shape,
            number * shape.chunk,
            last,
            |slot, series, count| match kept.last_mut() {
                Some((known, entries)) if *known == slot => entries.push((series, count)),
                _ => kept.push((slot, vec![(series, count)])),
            },
        );
        self.closed.retain(|it| it.0 < number);
        self.open.clear();
        self.current = number;
        for (slot, mut entries) in kept {
            self.push(shape, slot, &mut entries);
        }
    }
}

/// Decodes the slots of a chunk whose first slot is `base`. Damaged bytes end it.
fn decode(mut bytes: &[u8], base: i64, visit: &mut impl FnMut(i64, Entry)) {
    while let Some((&place, rest)) = bytes.split_first() {
        bytes = rest;
        let slot = base + i64::from(place);
        let Some(entries) = take(&mut bytes) else {
            return;
        };
        let mut series = 0u16;
        for _ in 0..entries {
            let (Some(step), Some(count)) = (take(&mut bytes), take(&mut bytes)) else {
                return;
            };
            series = series.wrapping_add(step as u16);
            visit(slot, (series, count));
        }
    }
}

/// Appends a number in groups of seven bits, the lowest first.
fn put(bytes: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// The inverse of [`put`].
fn take(bytes: &mut &[u8]) -> Option<u32> {
    let mut number = 0u32;
    for shift in (0..32).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u32::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    // Writing to memory cannot fail.
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

/// The inverse of [`compressed`], as far as the bytes are intact.
fn uncompressed(shape: &Shape, bytes: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    let mut decoder = DeflateDecoder::new(bytes).take(shape.max_chunk() as u64);
    // What was read before an error is used.
    let _ = decoder.read_to_end(&mut all);
    all
}

#[cfg(test)]
#[path = "chunks_tests.rs"]
mod tests;
