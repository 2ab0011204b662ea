//! What the threads that read log files share: which block of which file is read next, and the blocks that wait for their
//! turn to be counted.
//!
//! Blocks of a file are read one after the other, by whichever thread is free. Of a compressed file that takes long,
//! since a block is decompressed as it is read; meanwhile other threads read the next file.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::Path;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::error::Error;
use super::open_file::unreadable;
use super::open_logs::{LogBlocks, LogFile, OpenLog};
use crate::parse::ParsedLines;
use crate::source::Block;

/// How many blocks of the files after a compressed one are read ahead: 64 MiB. A file must be decompressed to about its
/// middle while the one before it is counted, for two threads to be busy all the time.
const BLOCKS_AHEAD: u64 = 256;

/// A block with what was parsed of it ahead.
#[derive(Default)]
pub(super) struct ParsedBlock {
    pub block: Block,
    pub parsed: ParsedLines,
}

/// The place of a block: the number of its file, and its number in the file.
type Place = (u64, u64);

/// The blocks of all files.
pub(super) struct BlockQueue<'p, F> {
    state: Mutex<State<'p, F>>,
    /// Notified when a block can be read: one thread for each block, because waking a thread takes time.
    readable: Condvar,
    /// Notified when there may be something to do for the thread that counts.
    countable: Condvar,
}

struct State<'p, F> {
    /// Opens the next file. Kept after the last one, because it shows the progress.
    open: F,
    /// Whether the last file was opened.
    all_open: bool,
    threads: usize,
    /// Open files, of which the first is counted; or why one cannot be read.
    files: VecDeque<Result<ReadFile<'p>, Error>>,
    /// The place of the block that is counted next.
    next: Place,
    /// Blocks that were read and parsed.
    parsed: BTreeMap<Place, ParsedBlock>,
    /// Blocks that were counted.
    spare: Vec<ParsedBlock>,
    stopped: bool,
}

/// A file that is read.
struct ReadFile<'p> {
    path: &'p Path,
    file: LogFile,
    /// `None` while a thread reads, and after the last block.
    blocks: Option<LogBlocks>,
    is_compressed: bool,
    /// How many blocks were or are read.
    taken: u64,
    /// Whether the last block was read.
    ended: bool,
}

/// A block that a thread reads.
pub(super) struct Reading {
    place: Place,
    pub file: LogFile,
    /// Where it is read from; `None` after that.
    blocks: Option<LogBlocks>,
    pub content: ParsedBlock,
}

/// What the thread that counts does next.
pub(super) enum Step {
    /// Count this block.
    Count(LogFile, ParsedBlock),
    /// Read a block, because the one that is counted next is not parsed yet.
    Read(Reading),
    /// Nothing: all is counted.
    End,
}

impl<'p, F> BlockQueue<'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    /// The blocks of the files that `open` opens one after the other, for so many threads.
    pub fn new(open: F, threads: usize) -> Self {
        BlockQueue {
            state: Mutex::new(State {
                open,
                all_open: false,
                threads,
                files: VecDeque::new(),
                next: (0, 0),
                parsed: BTreeMap::new(),
                spare: Vec::new(),
                stopped: false,
            }),
            readable: Condvar::new(),
            countable: Condvar::new(),
        }
    }

    /// What the thread that counts does next, which gives back the block that it has counted.
    ///
    /// # Errors
    ///
    /// If the file that is next cannot be read.
    pub fn step(&self, counted: Option<ParsedBlock>) -> Result<Step, Error> {
        let mut state = self.lock();
        state.spare.extend(counted);
        loop {
            if let Some((file, block)) = state.next_parsed()? {
                // There is room for a further block.
                self.wake_reader(&state);
                return Ok(Step::Count(file, block));
            }
            if let Some(reading) = state.take() {
                return Ok(Step::Read(reading));
            }
            if state.is_read() && state.files.is_empty() || state.stopped {
                return Ok(Step::End);
            }
            state = wait(&self.countable, state);
        }
    }

    /// A block to be read by another thread; `None` if there are no more.
    pub fn take(&self) -> Option<Reading> {
        let mut state = self.lock();
        while !state.stopped {
            if let Some(reading) = state.take() {
                // There may be a block of another file, too.
                self.wake_reader(&state);
                return Some(reading);
            }
            if state.is_read() {
                return None;
            }
            state = wait(&self.readable, state);
        }
        None
    }

    /// Fills a block with lines. Returns `false` if the file cannot be read.
    pub fn fill(&self, reading: &mut Reading) -> bool {
        let Some(mut blocks) = reading.blocks.take() else {
            return false;
        };
        let more = blocks.fill(&mut reading.content.block);
        let is_filled = more.is_ok();
        let mut state = self.lock();
        state.put_back(reading.place, blocks, more);
        match state.is_read() {
            true => self.readable.notify_all(),
            false => self.wake_reader(&state),
        }
        self.countable.notify_one();
        is_filled
    }

    /// Adds a block that is ready to be counted.
    pub fn add(&self, Reading { place, content, .. }: Reading) {
        let mut state = self.lock();
        state.parsed.insert(place, content);
        if place == state.next {
            self.countable.notify_one();
        }
    }

    /// Ends all threads.
    pub fn stop(&self) {
        self.lock().stopped = true;
        self.readable.notify_all();
        self.countable.notify_one();
    }

    /// Wakes a thread that waits for a block to be read, if there is one.
    fn wake_reader(&self, state: &State<'p, F>) {
        if state.readable().is_some() || state.opens_more() {
            self.readable.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<'p, F>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Waits until a condition may have changed.
fn wait<'s, T>(changed: &Condvar, state: MutexGuard<'s, T>) -> MutexGuard<'s, T> {
    changed.wait(state).unwrap_or_else(PoisonError::into_inner)
}

impl<'p, F> State<'p, F>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
{
    /// The block that is counted next, if it is parsed.
    fn next_parsed(&mut self) -> Result<Option<(LogFile, ParsedBlock)>, Error> {
        loop {
            let Some(first) = self.files.pop_front() else {
                return Ok(None);
            };
            let first = first?;
            if first.ended && first.taken == self.next.1 {
                self.next = (self.next.0 + 1, 0);
                continue;
            }
            let file = first.file;
            self.files.push_front(Ok(first));
            let block = self.parsed.remove(&self.next);
            self.next.1 += u64::from(block.is_some());
            return Ok(block.map(|block| (file, block)));
        }
    }

    /// The next block to be read; `None` if there is none now.
    fn take(&mut self) -> Option<Reading> {
        self.open_files();
        let index = self.readable()?;
        let file = self.files.get_mut(index)?.as_mut().ok()?;
        let blocks = file.blocks.take()?;
        let place = (self.next.0 + index as u64, file.taken);
        file.taken += 1;
        Some(Reading {
            place,
            file: file.file,
            blocks: Some(blocks),
            content: self.spare.pop().unwrap_or_default(),
        })
    }

    /// The index of the file of which a block can be read now.
    fn readable(&self) -> Option<usize> {
        // Enough that the thread that counts always finds a block, and few enough to stay in the processor's cache.
        let near = 2 * self.threads as u64 + 2;
        let mut limit = self.next.1 + near;
        for (index, file) in self.files.iter().enumerate() {
            // Nothing after a file that cannot be read is wanted.
            let file = file.as_ref().ok()?;
            if file.taken < limit && file.blocks.is_some() {
                return Some(index);
            }
            limit = match (index, file.is_compressed, file.ended) {
                // A plain file is read soon.
                (_, false, false) => return None,
                (0, true, _) => BLOCKS_AHEAD,
                (0, false, true) => near,
                _ => limit.saturating_sub(file.taken),
            };
        }
        None
    }

    /// Opens as many files as there are threads.
    fn open_files(&mut self) {
        while self.opens_more() {
            let Some(opened) = (self.open)() else {
                self.all_open = true;
                return;
            };
            self.files.push_back(opened.map(|log| ReadFile {
                path: log.path,
                file: log.file,
                is_compressed: log.content.is_compressed,
                blocks: Some(log.content),
                taken: 0,
                ended: false,
            }));
        }
    }

    /// Whether a further file is opened when a block is wanted.
    fn opens_more(&self) -> bool {
        self.files.len() < self.threads && !self.all_open
    }

    /// Puts back where blocks are read from, after one was; `more` is whether there are more of them.
    fn put_back(&mut self, (number, _): Place, blocks: LogBlocks, more: io::Result<bool>) {
        // The file is there until its last block is counted.
        let index = (number - self.next.0) as usize;
        let Some(Ok(file)) = self.files.get_mut(index) else {
            return;
        };
        match more {
            Ok(true) => file.blocks = Some(blocks),
            Ok(false) => file.ended = true,
            Err(error) => self.files[index] = Err(unreadable(file.path, &error)),
        }
    }

    /// Whether the last block of the last file was read.
    fn is_read(&self) -> bool {
        let is_read = |file: &Result<ReadFile<'_>, _>| file.as_ref().map_or(true, |it| it.ended);
        self.all_open && self.files.iter().all(is_read)
    }
}
