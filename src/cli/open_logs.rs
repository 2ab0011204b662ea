//! The open files of a command, one after the other: as lines for one thread, or as blocks of lines for several.

use std::io::{self, Read};
use std::path::Path;

use jiff::Timestamp;

use super::error::Error;
use super::open_file::{OpenFile, decompressed, unreadable};
use super::progress::ProgressMeter;
use crate::parse::{Format, LineParser, StreamKey};
use crate::source::{Block, BlockReader, DEFAULT_MAX_LINE_BYTES, Lines, LinesAhead};

/// The source that all files belong to.
pub(super) const SOURCE: u64 = 0;

type Input = Box<dyn Read + Send>;

/// Open files that are still to be read, with a progress bar if standard error is a terminal.
pub struct OpenLogs<'p> {
    files: std::vec::IntoIter<OpenFile<'p>>,
    opened: u64,
    progress: ProgressMeter,
}

/// The properties of one file that the parser needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogFile {
    /// When it was last written: no line in it can be newer.
    written: Timestamp,
    /// Its index among the files.
    number: u64,
}

/// A file whose content is about to be read.
pub struct OpenLog<'p, T> {
    /// As it was given on the command line.
    pub path: &'p Path,
    pub file: LogFile,
    pub content: T,
}

/// The lines of a file.
pub enum LogLines {
    /// Of a plain file: reading it costs less than passing it on to another thread.
    Plain(Lines<Input>),
    /// Of a compressed file, which a thread of its own decompresses.
    Compressed(LinesAhead),
}

/// The lines of a file in blocks.
pub struct LogBlocks {
    reader: BlockReader<Input>,
    /// Whether each block is decompressed as it is read.
    pub is_compressed: bool,
}

impl<'p> OpenLogs<'p> {
    /// These files.
    pub fn new(files: Vec<OpenFile<'p>>) -> Self {
        let total = files.iter().map(|file| file.size).sum();
        OpenLogs {
            files: files.into_iter(),
            opened: 0,
            progress: ProgressMeter::start(total),
        }
    }

    /// The lines of the next file, for one thread, or for a further one that decompresses.
    pub fn next_lines(
        &mut self,
        decompress_ahead: bool,
    ) -> Option<Result<OpenLog<'p, LogLines>, Error>> {
        self.next(|input, is_compressed, is_live| {
            Ok(match is_compressed && decompress_ahead {
                true => {
                    LogLines::Compressed(LinesAhead::new(input, DEFAULT_MAX_LINE_BYTES, is_live)?)
                }
                false => LogLines::Plain(Lines::new(input, DEFAULT_MAX_LINE_BYTES)),
            })
        })
    }

    /// The blocks of the next file, for several threads.
    pub fn next_blocks(&mut self) -> Option<Result<OpenLog<'p, LogBlocks>, Error>> {
        self.next(|input, is_compressed, is_live| {
            Ok(LogBlocks {
                reader: BlockReader::new(input, DEFAULT_MAX_LINE_BYTES, is_live),
                is_compressed,
            })
        })
    }

    /// The next file. `content` makes of its decompressed content what is read, given whether it was compressed, and
    /// whether it is live.
    fn next<T>(
        &mut self,
        content: impl FnOnce(Input, bool, bool) -> io::Result<T>,
    ) -> Option<Result<OpenLog<'p, T>, Error>> {
        let OpenFile {
            path,
            file,
            written,
            ..
        } = self.files.next()?;
        let file_of = LogFile {
            written,
            number: self.opened,
        };
        self.opened += 1;
        let is_live = path == Path::new("-");
        let content = decompressed(self.progress.counting(file))
            .and_then(|(input, is_compressed)| content(input, is_compressed, is_live));
        Some(match content {
            Ok(content) => Ok(OpenLog {
                path,
                file: file_of,
                content,
            }),
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
    /// As [`BlockReader::fill`].
    pub fn fill(&mut self, block: &mut Block) -> io::Result<bool> {
        self.reader.fill(block)
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
