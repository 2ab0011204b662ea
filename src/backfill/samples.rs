//! Makes the samples of each metric from what it has grown by.

use std::io::{self, Write};

use super::document::Document;
use super::increments::{Increment, Increments};
use super::series::{Metric, SeriesTable};
use super::spool::{Place, Spool};
use super::{BLOCK, DAY, REPEATED_AFTER, Target, varint};

/// The samples of all metrics, in the order of time.
///
/// A metric has a sample of 0 at the step before it was first counted, at each step in which it grew and the one before
/// that, and repeated ones in between. Where nothing at all was counted for more than a day, there are none.
pub struct Samples {
    table: SeriesTable,
    increments: Increments,
    /// Steps after which a sample is repeated.
    repeated_after: i64,
    document: Document,
    /// What is in the document, in chunks that each begin with a step.
    spool: Spool,
    /// The last chunk of each metric.
    lists: Vec<Place>,
    /// The last step of each metric that has a sample.
    last: Vec<Option<i64>>,
}

/// The steps of a block that have samples.
#[derive(Clone, Copy)]
struct Covered {
    first: i64,
    last: i64,
}

impl Samples {
    /// `seconds` are those of a step.
    pub(super) fn new(
        seconds: i64,
        table: SeriesTable,
        increments: Increments,
        target: &Target,
    ) -> io::Result<Self> {
        let metrics = table.metrics().len();
        Ok(Samples {
            repeated_after: (REPEATED_AFTER / seconds).max(1),
            document: Document::new(seconds, &table, target),
            table,
            increments,
            spool: Spool::new()?,
            lists: vec![None; metrics],
            last: vec![None; metrics],
        })
    }

    /// Writes all samples into one document.
    ///
    /// # Errors
    ///
    /// If it or a temporary file cannot be written.
    pub fn write(&mut self, output: &mut dyn Write) -> io::Result<()> {
        let blocks = self.increments.blocks()?;
        for at in 0..blocks.len() {
            self.add_block(&blocks, at)?;
        }
        self.write_document(output)
    }

    /// Writes a document for each day (UTC) with samples; `open` opens it, given the beginning of the day in seconds since
    /// 1970. A day is divided from the next one where blocks of Prometheus are.
    ///
    /// # Errors
    ///
    /// If one of them or a temporary file cannot be written.
    pub fn write_days<W: Write>(
        &mut self,
        mut open: impl FnMut(i64) -> io::Result<W>,
    ) -> io::Result<()> {
        let blocks = self.increments.blocks()?;
        let day = |block: i64| (block * BLOCK).div_euclid(DAY);
        for (at, &block) in blocks.iter().enumerate() {
            self.add_block(&blocks, at)?;
            let next = blocks.get(at + 1);
            if next.is_none_or(|&next| day(next) != day(block)) {
                let mut output = open(day(block) * DAY)?;
                self.write_document(&mut output)?;
            }
        }
        Ok(())
    }

    fn write_document(&mut self, output: &mut dyn Write) -> io::Result<()> {
        self.document
            .write(&self.table, &mut self.spool, &self.lists, output)?;
        self.lists.fill(None);
        self.spool.clear()
    }

    /// Adds the samples of the block at this place in the list of blocks.
    fn add_block(&mut self, blocks: &[i64], at: usize) -> io::Result<()> {
        let block = blocks[at];
        let steps = self.increments.steps(block);
        let increments = self.increments.read(block)?;
        let counted = increments.iter().map(|it| it.step);
        let (first, last) = (counted.clone().min(), counted.max());
        // Neighbours continue each other; at the ends, samples are only near what was counted.
        let continues = at > 0 && blocks[at - 1] + 1 == block;
        let continued = blocks.get(at + 1) == Some(&(block + 1));
        let covered = Covered {
            first: match first {
                _ if continues => *steps.start(),
                Some(first) => first - 1,
                None => *steps.end(),
            },
            last: match last {
                Some(last) if !continued => last,
                _ => *steps.end(),
            },
        };
        let mut rest = &increments[..];
        for index in 0..self.lists.len() {
            let is_own = |it: &Increment| it.metric as usize == index;
            let (own, others) = rest.split_at(rest.partition_point(is_own));
            rest = others;
            self.add_samples(index, covered, own)?;
        }
        Ok(())
    }

    /// Adds the samples of one metric in a block with these increments, which are sorted.
    fn add_samples(
        &mut self,
        index: usize,
        covered: Covered,
        increments: &[Increment],
    ) -> io::Result<()> {
        let metric = &self.table.metrics()[index];
        let mut chunk = Chunk::default();
        let mut last = match self.last[index] {
            Some(last) if last + self.repeated_after >= covered.first => last,
            None if metric.first_step - 1 > covered.last => return Ok(()),
            known => {
                let first = known.map_or(metric.first_step - 1, |_| covered.first);
                chunk.repeat(first);
                first
            }
        };
        let repeated_after = self.repeated_after;
        let repeat_until = |last: &mut i64, end: i64, chunk: &mut Chunk| {
            while *last < end {
                *last = end.min(*last + repeated_after);
                chunk.repeat(*last);
            }
        };
        for grown in increments.chunk_by(|one, other| one.step == other.step) {
            let step = grown[0].step;
            repeat_until(&mut last, step - 1, &mut chunk);
            chunk.grow(step, metric, grown);
            last = step;
        }
        repeat_until(&mut last, covered.last, &mut chunk);
        self.last[index] = Some(last);
        if !chunk.bytes.is_empty() {
            self.lists[index] = self.spool.append(self.lists[index], &chunk.bytes)?;
        }
        Ok(())
    }
}

/// The samples of one metric in one block: the distance of each from the one before in steps, the first one from 0; twice
/// that, and 1 more if the growth of each value follows.
#[derive(Default)]
struct Chunk {
    bytes: Vec<u8>,
    step: i64,
}

impl Chunk {
    /// Adds a sample with the values of the one before.
    fn repeat(&mut self, step: i64) {
        self.put_step(step, false);
    }

    /// Adds a sample whose values have grown.
    fn grow(&mut self, step: i64, metric: &Metric, grown: &[Increment]) {
        self.put_step(step, true);
        // Increments of one step are sorted by value, and a value has several where files overlap.
        for value in 0..metric.values {
            let own = grown.iter().filter(|it| it.value as usize == value);
            varint::put(own.map(|it| it.growth).sum(), &mut self.bytes);
        }
    }

    fn put_step(&mut self, step: i64, grows: bool) {
        let distance = (step - self.step) as u64;
        varint::put(distance << 1 | u64::from(grows), &mut self.bytes);
        self.step = step;
    }
}
