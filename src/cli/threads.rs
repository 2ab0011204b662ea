//! Reads log files with several threads, with the same result as with one.
//!
//! One thread parses and counts all lines in their order. The others read the blocks of lines that follow and prescan them, which
//! does not depend on the lines before. Compressed files after the current one are decompressed ahead, in bounded
//! memory.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::error::Error;
use super::line_reader::LineReader;
use super::open_file::unreadable;
use super::open_logs::{LogBlocks, LogFile, OpenLog};
use crate::parse::{AheadScanner, Format, LineParser, Prescans};
use crate::source::Block;

/// The option that says how many threads read.
#[derive(clap::Args, Clone, Copy, Debug)]
pub struct Threads {
    /// Number of threads that read and parse [default: one for each processor]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    /// How many threads to use.
    pub fn count(self) -> usize {
        let count = self
            .threads
            .or_else(|| thread::available_parallelism().ok());
        count.map_or(1, NonZeroUsize::get).min(MAX_THREADS)
    }
}

/// More threads would have nothing to do.
const MAX_THREADS: usize = 64;

/// Where few lines of a block are of a usual form, this many blocks are not prescanned.
const NOT_PRESCANNED: u32 = 16;

/// So many blocks are given back at a time: waking a thread for each of them costs a tenth of what parsing it does.
const GIVEN_BACK: usize = 4;

/// The blocks of all files, in their order.
pub(super) struct BlockInput<'p, F> {
    /// Opens the next file.
    open: F,
    /// Open files: the one that is read, and those that are decompressed ahead.
    files: VecDeque<OpenLog<'p, LogBlocks>>,
    threads: usize,
    taken: u64,
    result: Result<(), Error>,
}

impl<'p, F> BlockInput<'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    /// The blocks of the files that `open` opens one after the other.
    pub fn new(open: F, threads: usize) -> Self {
        BlockInput {
            open,
            files: VecDeque::new(),
            threads,
            taken: 0,
            result: Ok(()),
        }
    }

    /// Fills the next block. Returns its number and file; `None` after the last one, or an error.
    fn next(&mut self, block: &mut Block) -> Option<(u64, LogFile)> {
        while self.result.is_ok() {
            while self.files.len() < self.threads
                && let Some(opened) = (self.open)()
            {
                match opened {
                    Ok(opened) => self.files.push_back(opened),
                    Err(error) => self.stop(error),
                }
            }
            let current = self.files.front_mut()?;
            match current.content.next(block) {
                Ok(true) => {
                    let number = self.taken;
                    self.taken += 1;
                    return Some((number, current.file));
                }
                Ok(false) => {
                    self.files.pop_front();
                }
                Err(error) => {
                    let error = unreadable(current.path, &error);
                    self.stop(error);
                }
            }
        }
        None
    }

    /// Takes no further block because of an error.
    fn stop(&mut self, error: Error) {
        if self.result.is_ok() {
            self.result = Err(error);
        }
    }
}

/// A block on its way from a thread that scans to the one that counts, and back to be used again.
#[derive(Default)]
struct ScannedBlock {
    block: Block,
    prescans: Prescans,
}

/// A block with its number and file.
type Numbered = (u64, LogFile, ScannedBlock);

/// Reads all blocks of an input with its number of threads, of which this one counts. Each of the others prescans with
/// what `scanner` returns.
///
/// # Errors
///
/// The first one of the input or the reader.
pub(super) fn read_blocks<'p, F, R>(
    input: BlockInput<'p, F>,
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
    scanner: impl Fn() -> AheadScanner,
) -> Result<(), Error>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>> + Send,
    R: LineReader,
{
    let threads = input.threads;
    let (used, spare) = channel();
    for _ in 0..2 * threads + GIVEN_BACK {
        // Never fails: the receiver is here. The buffer is allocated when it is filled.
        let _ = used.send(ScannedBlock::default());
    }
    let (scanned, blocks) = channel();
    let input = Mutex::new(input);
    let spare = Mutex::new(spare);
    let result = thread::scope(|scope| {
        for _ in 1..threads {
            let thread = ScanningThread {
                input: &input,
                spare: &spare,
                scanned: scanned.clone(),
                scanner: scanner(),
            };
            scope.spawn(|| thread.run());
        }
        drop(scanned);
        // The other threads end when `used` is dropped.
        count(format, parser, reader, &blocks, used)
    });
    let input = input.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.and(input.result)
}

/// Parses and counts blocks in their order, and gives them back.
fn count<R: LineReader>(
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
    blocks: &Receiver<Option<Numbered>>,
    used: Sender<ScannedBlock>,
) -> Result<(), Error> {
    let mut counted = Vec::with_capacity(GIVEN_BACK);
    let mut waiting = BTreeMap::new();
    let mut next = 0;
    let mut last = None;
    while let Ok(Some((number, file, block))) = blocks.recv() {
        waiting.insert(number, (file, block));
        while let Some((file, scanned)) = waiting.remove(&next) {
            next += 1;
            if last != Some(file) {
                last = Some(file);
                file.select(parser, format);
                reader.begin_file();
            }
            let lines: Vec<&[u8]> = scanned.block.lines().collect();
            parser.read_ahead(&lines, &scanned.prescans, &mut reader.visitor(&lines));
            reader.check()?;
            counted.push(scanned);
            if counted.len() == GIVEN_BACK {
                for scanned in counted.drain(..) {
                    // The other threads may have ended.
                    let _ = used.send(scanned);
                }
            }
        }
    }
    Ok(())
}

/// A thread that reads blocks and prescans them.
struct ScanningThread<'s, 'p, F> {
    input: &'s Mutex<BlockInput<'p, F>>,
    spare: &'s Mutex<Receiver<ScannedBlock>>,
    /// Where blocks go; `None` if this thread panicked.
    scanned: Sender<Option<Numbered>>,
    scanner: AheadScanner,
}

impl<'p, F> ScanningThread<'_, 'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    fn run(mut self) {
        let mut last = None;
        let mut not_prescanned = 0;
        loop {
            // A block has its buffer before it gets its number, so that there is always one for the block that is next.
            let Ok(mut spare) = lock(self.spare).recv() else {
                return;
            };
            let Some((number, file)) = lock(self.input).next(&mut spare.block) else {
                return;
            };
            if last != Some(file) {
                last = Some(file);
                self.scanner.set_reference(file.written());
                not_prescanned = 0;
            }
            spare.prescans.clear();
            if not_prescanned > 0 {
                not_prescanned -= 1;
            } else if !(self.scanner).scan(spare.block.lines(), &mut spare.prescans) {
                not_prescanned = NOT_PRESCANNED;
            }
            if self.scanned.send(Some((number, file, spare))).is_err() {
                return;
            }
        }
    }
}

impl<F> Drop for ScanningThread<'_, '_, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Otherwise the block of this thread would be waited for.
            let _ = self.scanned.send(None);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
