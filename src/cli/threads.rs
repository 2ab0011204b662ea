//! Reads log files with several threads, with the same result as with one.
//!
//! One thread counts all lines in their order. The others read the blocks of lines that follow and parse of them what does
//! not depend on the lines before; the thread that counts does the same while the next block is not ready. Compressed
//! files after the current one are decompressed ahead, in bounded memory.

use std::collections::{BTreeMap, VecDeque};
use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use super::error::Error;
use super::line_reader::LineReader;
use super::open_file::unreadable;
use super::open_logs::{LogBlocks, LogFile, OpenLog};
use crate::parse::{AheadParser, Format, LineParser, ParsedLines};
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

/// Where few lines of a block are of a usual form, this many blocks are not parsed ahead.
const NOT_PARSED: u32 = 16;

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

/// A block with what was parsed of it ahead, on its way to the thread that counts, and back to be used again.
#[derive(Default)]
struct ParsedBlock {
    block: Block,
    parsed: ParsedLines,
}

/// A block with its number and file.
type Numbered = (u64, LogFile, ParsedBlock);

/// Reads all blocks of an input with its number of threads, of which this one counts. Each parses ahead with what
/// `parser_ahead` returns.
///
/// # Errors
///
/// The first one of the input or the reader.
pub(super) fn read_blocks<'p, F, R>(
    input: BlockInput<'p, F>,
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
    parser_ahead: impl Fn() -> AheadParser,
) -> Result<(), Error>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>> + Send,
    R: LineReader,
{
    let threads = input.threads;
    let (used, spare) = channel();
    for _ in 0..2 * threads + GIVEN_BACK {
        // Never fails: the receiver is here. The buffer is allocated when it is filled.
        let _ = used.send(ParsedBlock::default());
    }
    let (parsed, blocks) = channel();
    let input = Mutex::new(input);
    let spare = Mutex::new(spare);
    let result = thread::scope(|scope| {
        for _ in 1..threads {
            let thread = ParsingThread {
                ahead: ReadAhead::new(&input, parser_ahead()),
                spare: &spare,
                parsed: parsed.clone(),
            };
            scope.spawn(|| thread.run());
        }
        drop(parsed);
        let thread = CountingThread {
            ahead: Some(ReadAhead::new(&input, parser_ahead())),
            blocks,
            waiting: BTreeMap::new(),
            // One to read into while no block is ready.
            counted: vec![ParsedBlock::default()],
            used,
        };
        // The other threads end when `used` is dropped.
        thread.run(format, parser, reader)
    });
    let input = input.into_inner().unwrap_or_else(PoisonError::into_inner);
    result.and(input.result)
}

/// Reads blocks and parses them ahead: what each thread does.
struct ReadAhead<'s, 'p, F> {
    input: &'s Mutex<BlockInput<'p, F>>,
    parser: AheadParser,
    /// The file of the last block.
    file: Option<LogFile>,
    /// How many blocks are still not parsed ahead.
    not_parsed: u32,
}

impl<'s, 'p, F> ReadAhead<'s, 'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    fn new(input: &'s Mutex<BlockInput<'p, F>>, parser: AheadParser) -> Self {
        ReadAhead {
            input,
            parser,
            file: None,
            not_parsed: 0,
        }
    }

    /// Fills a block with the next lines and parses them; `None` after the last one, or an error.
    fn next(&mut self, mut block: ParsedBlock) -> Option<Numbered> {
        let (number, file) = lock(self.input).next(&mut block.block)?;
        if self.file != Some(file) {
            self.file = Some(file);
            self.parser.set_reference(file.written());
            self.not_parsed = 0;
        }
        if self.not_parsed > 0 {
            self.not_parsed -= 1;
            block.parsed.clear();
        } else if !(self.parser).parse(block.block.lines(), &mut block.parsed) {
            self.not_parsed = NOT_PARSED;
        }
        Some((number, file, block))
    }
}

/// The thread that counts the blocks in their order, and gives them back.
struct CountingThread<'s, 'p, F> {
    /// `None` after the end of the input.
    ahead: Option<ReadAhead<'s, 'p, F>>,
    /// Blocks of the other threads; `None` from one that panicked.
    blocks: Receiver<Option<Numbered>>,
    /// Blocks whose turn has not come.
    waiting: BTreeMap<u64, (LogFile, ParsedBlock)>,
    /// Blocks that were counted and not given back yet.
    counted: Vec<ParsedBlock>,
    used: Sender<ParsedBlock>,
}

impl<'p, F> CountingThread<'_, 'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    fn run<R: LineReader>(
        mut self,
        format: Format,
        parser: &mut LineParser,
        reader: &mut R,
    ) -> Result<(), Error> {
        let (mut next, mut last) = (0, None);
        while let Some((number, file, block)) = self.receive() {
            self.waiting.insert(number, (file, block));
            while let Some((file, block)) = self.waiting.remove(&next) {
                next += 1;
                if last != Some(file) {
                    last = Some(file);
                    file.select(parser, format);
                    reader.begin_file();
                }
                let lines: Vec<&[u8]> = block.block.lines().collect();
                parser.read_ahead(&lines, &block.parsed, &mut reader.visitor(&lines));
                reader.check()?;
                self.give_back(block);
            }
        }
        Ok(())
    }

    /// A block that another thread parsed, or else one that this thread parses now; `None` if there are no more.
    fn receive(&mut self) -> Option<Numbered> {
        match self.blocks.try_recv() {
            Ok(block) => return block,
            // The other threads have ended, because there is nothing left to read.
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => {}
        }
        if let Some(ahead) = &mut self.ahead
            && let Some(block) = self.counted.pop()
        {
            match ahead.next(block) {
                Some(block) => return Some(block),
                None => self.ahead = None,
            }
        }
        self.blocks.recv().ok().flatten()
    }

    /// Gives blocks back, several at a time.
    fn give_back(&mut self, block: ParsedBlock) {
        self.counted.push(block);
        if self.counted.len() > GIVEN_BACK {
            for block in self.counted.drain(1..) {
                // The other threads may have ended.
                let _ = self.used.send(block);
            }
        }
    }
}

/// Another thread.
struct ParsingThread<'s, 'p, F> {
    ahead: ReadAhead<'s, 'p, F>,
    spare: &'s Mutex<Receiver<ParsedBlock>>,
    /// Where blocks go; `None` if this thread panicked.
    parsed: Sender<Option<Numbered>>,
}

impl<'p, F> ParsingThread<'_, 'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    fn run(mut self) {
        loop {
            // A block has its buffer before it gets its number, so that there is always one for the block that is next.
            let Ok(spare) = lock(self.spare).recv() else {
                return;
            };
            let Some(block) = self.ahead.next(spare) else {
                return;
            };
            if self.parsed.send(Some(block)).is_err() {
                return;
            }
        }
    }
}

impl<F> Drop for ParsingThread<'_, '_, F> {
    fn drop(&mut self) {
        if thread::panicking() {
            // Otherwise the block of this thread would be waited for.
            let _ = self.parsed.send(None);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
