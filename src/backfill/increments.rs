//! What metrics have grown by in each step, in a temporary file, by blocks of two hours.

use std::collections::BTreeMap;
use std::io;
use std::ops::RangeInclusive;

use super::spool::{Place, Spool};
use super::{BLOCK, varint};

/// Bytes of increments that are collected for a block before they are written.
const BUFFER: usize = 64 * 1024;

/// The growth of one value in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Increment {
    /// The index of its metric.
    pub metric: u32,
    pub step: i64,
    /// Its place among the values of the metric.
    pub value: u32,
    pub growth: u64,
}

/// The increments of all blocks, in the order in which they were counted.
pub(super) struct Increments {
    /// Seconds of a step.
    seconds: i64,
    spool: Spool,
    /// The last chunk of each block that has any, or whose last sample is the one before an increment.
    blocks: BTreeMap<i64, Place>,
    /// The block of `buffer`.
    block: i64,
    buffer: Vec<u8>,
}

impl Increments {
    /// `seconds` are those of a step.
    pub(super) fn new(seconds: i64) -> io::Result<Self> {
        Ok(Increments {
            seconds,
            spool: Spool::new()?,
            blocks: BTreeMap::new(),
            block: 0,
            buffer: Vec::new(),
        })
    }

    /// The steps of a block.
    pub(super) fn steps(&self, block: i64) -> RangeInclusive<i64> {
        let first = |block: i64| (block * BLOCK + self.seconds - 1).div_euclid(self.seconds);
        first(block)..=first(block + 1) - 1
    }

    fn block_of(&self, step: i64) -> i64 {
        (step * self.seconds).div_euclid(BLOCK)
    }

    /// Adds one.
    pub(super) fn add(&mut self, increment: Increment) -> io::Result<()> {
        let block = self.block_of(increment.step);
        let first = *self.steps(block).start();
        if block != self.block || self.buffer.len() >= BUFFER {
            self.write()?;
            self.block = block;
        }
        if increment.step == first {
            // There is a sample at the step before.
            self.blocks.entry(self.block_of(first - 1)).or_default();
        }
        let step = increment.step - first;
        varint::put(step as u64, &mut self.buffer);
        varint::put(increment.metric.into(), &mut self.buffer);
        varint::put(increment.value.into(), &mut self.buffer);
        varint::put(increment.growth, &mut self.buffer);
        Ok(())
    }

    fn write(&mut self) -> io::Result<()> {
        if !self.buffer.is_empty() {
            let last = self.blocks.entry(self.block).or_default();
            *last = self.spool.append(*last, &self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// The blocks with samples in the order of time. Up to a day without any between two of them belongs to them.
    pub(super) fn blocks(&mut self) -> io::Result<Vec<i64>> {
        self.write()?;
        let mut all: Vec<i64> = Vec::new();
        for &block in self.blocks.keys() {
            if let Some(&last) = all.last()
                && block - last <= super::DAY / BLOCK
            {
                all.extend(last + 1..block);
            }
            all.push(block);
        }
        Ok(all)
    }

    /// The increments of a block, sorted.
    pub(super) fn read(&mut self, block: i64) -> io::Result<Vec<Increment>> {
        self.write()?;
        let first = *self.steps(block).start();
        let mut all = Vec::new();
        let last = self.blocks.get(&block).copied().flatten();
        for place in self.spool.list(last)? {
            let bytes = self.spool.read(place)?;
            let mut rest = &bytes[..];
            while let Some(step) = varint::take(&mut rest) {
                let mut next = || varint::take(&mut rest).unwrap_or_default();
                all.push(Increment {
                    step: first + step as i64,
                    metric: next() as u32,
                    value: next() as u32,
                    growth: next(),
                });
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    /// Bytes in the temporary file.
    #[cfg(test)]
    pub(super) fn size(&self) -> u64 {
        self.spool.size() + self.buffer.len() as u64
    }
}
