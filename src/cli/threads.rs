//! Reads log files with several threads, with the same result as with one.
//!
//! One thread counts all lines in their order. The others read the blocks of lines that follow and parse of them what does
//! not depend on the lines before; the thread that counts does the same while the next block is not ready.

use std::num::NonZeroUsize;
use std::thread;

use super::block_queue::{BlockQueue, ParsedBlock, Reading, Step};
use super::error::Error;
use super::line_reader::LineReader;
use super::open_logs::{LogBlocks, LogFile, OpenLog};
use crate::parse::{AheadParser, Format, LineParser};

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

/// Reads all blocks of a queue with this number of threads, of which this one counts. Each parses ahead with what
/// `parser_ahead` returns.
///
/// # Errors
///
/// The first one of the files or the reader.
pub(super) fn read_blocks<'p, F, R>(
    queue: &BlockQueue<'p, F>,
    threads: usize,
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
    parser_ahead: impl Fn() -> AheadParser,
) -> Result<(), Error>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>> + Send,
    R: LineReader,
{
    thread::scope(|scope| {
        for _ in 1..threads {
            let mut ahead = ReadAhead::new(queue, parser_ahead());
            scope.spawn(move || {
                // Otherwise the block of a thread that panics would be waited for.
                let _stop = scopeguard::guard_on_unwind((), |()| queue.stop());
                while let Some(reading) = queue.take() {
                    ahead.read(reading);
                }
            });
        }
        // Otherwise the other threads would wait for this one.
        let _stop = scopeguard::guard((), |()| queue.stop());
        count(queue, format, parser, reader, parser_ahead())
    })
}

/// Counts the blocks in their order, and reads ahead while the next one is not ready.
fn count<'p, F, R>(
    queue: &BlockQueue<'p, F>,
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
    parser_ahead: AheadParser,
) -> Result<(), Error>
where
    F: FnMut() -> Option<Result<OpenLog<'p, LogBlocks>, Error>>,
    R: LineReader,
{
    let mut ahead = ReadAhead::new(queue, parser_ahead);
    let (mut counted, mut last) = (None, None);
    loop {
        let (file, content) = match queue.step(counted.take())? {
            Step::Count(file, content) => (file, content),
            Step::Read(reading) => {
                ahead.read(reading);
                continue;
            }
            Step::End => return Ok(()),
        };
        if last != Some(file) {
            last = Some(file);
            file.select(parser, format);
            reader.begin_file();
        }
        let lines: Vec<&[u8]> = content.block.lines().collect();
        parser.read_ahead(&lines, &content.parsed, &mut reader.visitor(&lines));
        reader.check()?;
        counted = Some(content);
    }
}

/// Reads blocks and parses them ahead: what each thread does.
struct ReadAhead<'s, 'p, F> {
    queue: &'s BlockQueue<'p, F>,
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
    fn new(queue: &'s BlockQueue<'p, F>, parser: AheadParser) -> Self {
        ReadAhead {
            queue,
            parser,
            file: None,
            not_parsed: 0,
        }
    }

    /// Fills a block with lines, and parses them.
    fn read(&mut self, mut reading: Reading) {
        if !self.queue.fill(&mut reading) {
            return;
        }
        if self.file != Some(reading.file) {
            self.file = Some(reading.file);
            self.parser.set_reference(reading.file.written());
            self.not_parsed = 0;
        }
        let ParsedBlock { block, parsed } = &mut reading.content;
        if self.not_parsed > 0 {
            self.not_parsed -= 1;
            parsed.clear();
        } else if !self.parser.parse(block.lines(), parsed) {
            self.not_parsed = NOT_PARSED;
        }
        self.queue.add(reading);
    }
}
