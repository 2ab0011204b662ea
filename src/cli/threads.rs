//! Reads log files with several threads, with the same result as with one.
//!
//! Each thread takes the next block of lines and parses what does not depend on the lines before it. Then it waits for its
//! turn to do the rest, so that all blocks are counted in their order. Compressed files after the current one are
//! decompressed ahead, in bounded memory.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::error::Error;
use super::line_reader::LineReader;
use super::open_file::unreadable;
use super::open_logs::{BlocksOfFile, LogFile};
use crate::parse::{AheadParser, Format, LineParser, ParsedAhead};
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

/// More threads would wait for their turn.
const MAX_THREADS: usize = 64;

/// Every so many blocks it is tried again whether lines can be parsed ahead.
const RETRY: u64 = 16;

/// The blocks of all files, in their order.
pub(super) struct BlockInput<'p, F> {
    /// Opens the next file.
    open: F,
    /// Open files: the one that is read, and those that are decompressed ahead.
    files: VecDeque<BlocksOfFile<'p>>,
    threads: usize,
    taken: u64,
    result: Result<(), Error>,
}

impl<'p, F> BlockInput<'p, F>
where
    F: FnMut() -> Option<Result<BlocksOfFile<'p>, Error>>,
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
            match current.blocks.next(block) {
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

/// What is done block by block.
struct InOrder<'r, R> {
    /// The number of the next block; `None` if a thread panicked.
    next: Option<u64>,
    /// The file of the last block.
    file: Option<LogFile>,
    parser: &'r mut LineParser,
    reader: &'r mut R,
}

/// All threads' work.
struct Work<'r, 'p, F, R> {
    input: Mutex<BlockInput<'p, F>>,
    in_order: Mutex<InOrder<'r, R>>,
    advanced: Condvar,
    /// Whether parsing ahead read most lines of the last block.
    is_useful: AtomicBool,
    format: Format,
}

/// Reads all blocks of an input with its number of threads. Each parses ahead with what `ahead` returns.
///
/// # Errors
///
/// The first one of the input or the reader.
pub(super) fn read_blocks<'p, F, R>(
    input: BlockInput<'p, F>,
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
    ahead: impl Fn() -> AheadParser + Sync,
) -> Result<(), Error>
where
    F: FnMut() -> Option<Result<BlocksOfFile<'p>, Error>> + Send,
    R: LineReader + Send,
{
    let threads = input.threads;
    let work = Work {
        input: Mutex::new(input),
        in_order: Mutex::new(InOrder {
            next: Some(0),
            file: None,
            parser,
            reader,
        }),
        advanced: Condvar::new(),
        is_useful: AtomicBool::new(true),
        format,
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(|| work.run(ahead()));
        }
        work.run(ahead());
    });
    let input = work.input.into_inner();
    input.unwrap_or_else(PoisonError::into_inner).result
}

impl<'r, 'p, F, R> Work<'r, 'p, F, R>
where
    F: FnMut() -> Option<Result<BlocksOfFile<'p>, Error>>,
    R: LineReader,
{
    fn run(&self, mut ahead: AheadParser) {
        let _guard = ReleaseOthers(self);
        let mut block = Block::default();
        let mut last = None;
        loop {
            // Not within the condition of a `while let`, in which the lock would be held.
            let next = lock(&self.input).next(&mut block);
            let Some((number, file)) = next else { return };
            if last != Some(file) {
                ahead.set_reference(file.written());
                last = Some(file);
            }
            let lines: Vec<&[u8]> = block.lines().collect();
            let tries = number % RETRY == 0 || self.is_useful.load(Ordering::Relaxed);
            let mut parsed = match tries {
                true => ahead.parse(&lines),
                false => ParsedAhead::default(),
            };
            if tries {
                let is_useful = !parsed.is_mostly_unread();
                self.is_useful.store(is_useful, Ordering::Relaxed);
            }
            let Some(mut in_order) = self.turn_of(number) else {
                return;
            };
            let result = in_order.read(self.format, file, &lines, &mut parsed);
            in_order.next = Some(number + 1);
            drop(in_order);
            self.advanced.notify_all();
            if let Err(error) = result {
                lock(&self.input).stop(error);
            }
        }
    }

    /// Waits until the block with this number is the next one; `None` if a thread panicked.
    fn turn_of(&self, number: u64) -> Option<MutexGuard<'_, InOrder<'r, R>>> {
        let waits = |it: &mut InOrder<'r, R>| it.next.is_some_and(|next| next != number);
        let in_order = self.advanced.wait_while(lock(&self.in_order), waits);
        let in_order = in_order.unwrap_or_else(PoisonError::into_inner);
        in_order.next.is_some().then_some(in_order)
    }
}

impl<R: LineReader> InOrder<'_, R> {
    fn read<'a>(
        &mut self,
        format: Format,
        file: LogFile,
        lines: &[&'a [u8]],
        parsed: &mut ParsedAhead<'a>,
    ) -> Result<(), Error> {
        if self.file != Some(file) {
            self.file = Some(file);
            file.select(self.parser, format);
            self.reader.begin_file();
        }
        self.parser
            .read_ahead(lines, parsed, &mut self.reader.visitor(lines));
        self.reader.check()
    }
}

/// Lets the other threads end if this one panics.
struct ReleaseOthers<'w, 'r, 'p, F, R>(&'w Work<'r, 'p, F, R>);

impl<F, R> Drop for ReleaseOthers<'_, '_, '_, F, R> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.in_order).next = None;
            self.0.advanced.notify_all();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
