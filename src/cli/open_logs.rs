//! The open files of a command, one after the other: as lines for one thread, or as blocks of lines for several.

use std::io::{self, Read};
use std::path::Path;

use jiff::Timestamp;

use super::error::Error;
use super::open_file::{OpenFile, decompressed, unreadable};
use super::progress::ProgressMeter;
use crate::parse::{Format, LineParser, StreamKey};
use crate::source::{
    Block, BlockReader, DEFAULT_BLOCKS, DEFAULT_MAX_LINE_BYTES, Lines, LinesAhead,
};

/// The source that all files belong to.
pub(super) const SOURCE: u64 = 0;

/// How many blocks of all files together are decompressed ahead by several threads: 64 MiB. A file must be decompressed
/// to about its middle while the one before it is parsed, for two threads to be busy all the time.
const BLOCKS_AHEAD: usize = 256;

type Input = Box<dyn Read + Send>;

/// Open files that are still to be read.
pub struct OpenLogs<'p> {
    files: std::vec::IntoIter<OpenFile<'p>>,
    opened: u64,
    pub progress: ProgressMeter,
}

/// A file that was opened.
struct NextFile<'p> {
    path: &'p Path,
    file: LogFile,
    /// The content, decompressed.
    input: Input,
    is_compressed: bool,
}

/// The properties of one file that the parser needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// When it was last written: no line in it can be newer.
    written: Timestamp,
    /// Its index among the files.
    number: u64,
}

/// The lines of one file.
pub struct LinesOfFile<'p> {
    /// As it was given on the command line.
    pub path: &'p Path,
    pub file: LogFile,
    pub lines: LogLines,
}

/// The blocks of one file.
pub struct BlocksOfFile<'p> {
    /// As it was given on the command line.
    pub path: &'p Path,
    pub file: LogFile,
    pub blocks: LogBlocks,
}

/// The lines of a file.
pub enum LogLines {
    /// Of a plain file: reading it costs less than passing it on to another thread.
    Plain(Lines<Input>),
    /// Of a compressed file, which a thread of its own decompresses.
    Compressed(LinesAhead),
}

/// The lines of a file in blocks.
pub enum LogBlocks {
    /// Of a plain file; `None` after its last block.
    Plain(Option<BlockReader<Input>>),
    /// Of a compressed file, which a thread of its own decompresses.
    Compressed(LinesAhead),
}

impl<'p> OpenLogs<'p> {
    /// These files, with a progress bar if standard error is a terminal.
    pub fn new(files: Vec<OpenFile<'p>>) -> Self {
        let total = files.iter().map(|file| file.size).sum();
        OpenLogs {
            files: files.into_iter(),
            opened: 0,
            progress: ProgressMeter::start(total),
        }
    }

    /// The lines of the next file, for one thread, or for a further one that decompresses.
    pub fn next_lines(&mut self, decompress_ahead: bool) -> Option<Result<LinesOfFile<'p>, Error>> {
        let NextFile {
            path,
            file,
            input,
            is_compressed,
        } = match self.next()? {
            Ok(next) => next,
            Err(error) => return Some(Err(error)),
        };
        let is_live = path == Path::new("-");
        let lines = match is_compressed && decompress_ahead {
            true => LinesAhead::new(input, DEFAULT_MAX_LINE_BYTES, is_live, DEFAULT_BLOCKS)
                .map(LogLines::Compressed),
            false => Ok(LogLines::Plain(Lines::new(input, DEFAULT_MAX_LINE_BYTES))),
        };
        Some(match lines {
            Ok(lines) => Ok(LinesOfFile { path, file, lines }),
            Err(error) => Err(unreadable(path, &error)),
        })
    }

    /// The blocks of the next file, for several threads.
    pub fn next_blocks(&mut self, threads: usize) -> Option<Result<BlocksOfFile<'p>, Error>> {
        let NextFile {
            path,
            file,
            input,
            is_compressed,
        } = match self.next()? {
            Ok(next) => next,
            Err(error) => return Some(Err(error)),
        };
        let is_live = path == Path::new("-");
        let blocks = match is_compressed {
            true => {
                let blocks = (BLOCKS_AHEAD / threads).max(DEFAULT_BLOCKS);
                LinesAhead::new(input, DEFAULT_MAX_LINE_BYTES, is_live, blocks)
                    .map(LogBlocks::Compressed)
            }
            false => {
                let blocks = BlockReader::new(input, DEFAULT_MAX_LINE_BYTES, is_live);
                Ok(LogBlocks::Plain(Some(blocks)))
            }
        };
        Some(match blocks {
            Ok(blocks) => Ok(BlocksOfFile { path, file, blocks }),
            Err(error) => Err(unreadable(path, &error)),
        })
    }

    /// The next file.
    fn next(&mut self) -> Option<Result<NextFile<'p>, Error>> {
        let Some(file) = self.files.next() else {
            self.progress.finish();
            return None;
        };
        let (path, number) = (file.path, self.opened);
        self.opened += 1;
        Some(match decompressed(self.progress.counting(file.file)) {
            Ok((input, is_compressed)) => {
                let written = file.written;
                Ok(NextFile {
                    path,
                    file: LogFile { written, number },
                    input,
                    is_compressed,
                })
            }
            Err(error) => Err(unreadable(path, &error)),
        })
    }
}

impl LogLines {
    /// As [`Lines::read`].
    #[inline]
    pub fn read(&mut self, sink: impl FnMut(&[&[u8]])) -> io::Result<bool> {
        match self {
            LogLines::Plain(lines) => lines.read(sink),
            LogLines::Compressed(lines) => lines.read(sink),
        }
    }
}

impl LogBlocks {
    /// Fills a block with the next lines, or exchanges it for such a block. Returns `false` if there is none.
    ///
    /// # Errors
    ///
    /// Those of reading the file.
    pub fn next(&mut self, block: &mut Block) -> io::Result<bool> {
        match self {
            LogBlocks::Compressed(lines) => lines.next(block),
            LogBlocks::Plain(None) => Ok(false),
            LogBlocks::Plain(Some(reader)) => {
                if !reader.fill(block)? {
                    *self = LogBlocks::Plain(None);
                }
                Ok(true)
            }
        }
    }
}

impl LogFile {
    /// Selects this file as the stream of the next lines.
    pub fn select(self, parser: &mut LineParser, format: Format) {
        let key = StreamKey {
            source: SOURCE,
            stream: self.number,
        };
        parser.select(key, format);
        parser.set_reference(self.written);
    }

    /// When it was last written.
    pub fn written(self) -> Timestamp {
        self.written
    }
}
