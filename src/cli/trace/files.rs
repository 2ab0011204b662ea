//! The files in which a message is traced. They are read several times, so what can be read only once is copied to a
//! temporary file first.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;

use super::search::{PART, Part};
use crate::cli::error::Error;
use crate::cli::input::{ReadSettings, unreadable};
use crate::source::{Compression, DEFAULT_MAX_LINE_BYTES, Lines};

/// An open file.
pub struct TracedFile {
    /// Its path as given; `-` for standard input.
    pub path: PathBuf,
    /// When it was last written: no line in it can be newer.
    pub written: Timestamp,
    file: Arc<File>,
    /// Bytes on disk, when it was opened. What is written later is not read.
    size: u64,
    compression: Option<Compression>,
}

impl TracedFile {
    /// Opens a file, or standard input for `-`.
    ///
    /// # Errors
    ///
    /// If it cannot be opened or copied, or is a directory.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |error: io::Error| unreadable(path, &error);
        let is_stdin = path == Path::new("-");
        let mut written = Timestamp::now();
        let mut file = if is_stdin {
            copied(io::stdin()).map_err(failed)?
        } else {
            let file = File::open(path).map_err(failed)?;
            let metadata = file.metadata().map_err(failed)?;
            if metadata.is_dir() {
                let problem = format!("{}: is a directory, not a log file", path.display());
                return Err(Error::Usage(problem));
            }
            let modified = metadata.modified().ok();
            written = modified
                .and_then(|time| Timestamp::try_from(time).ok())
                .unwrap_or(written);
            match metadata.is_file() {
                true => file,
                false => copied(file).map_err(failed)?,
            }
        };
        let size = file.seek(io::SeekFrom::End(0)).map_err(failed)?;
        let mut head = [0; Compression::HEAD];
        let length = file.read_at(&mut head, 0).map_err(failed)?;
        Ok(TracedFile {
            path: path.to_owned(),
            written,
            file: Arc::new(file),
            size,
            compression: Compression::by_content(&head[..length]),
        })
    }

    /// A reader of the decompressed content, from an offset in it, which for a compressed file must be 0.
    ///
    /// # Errors
    ///
    /// If the offset is in the middle of a compressed file.
    pub fn reader(&self, offset: u64) -> io::Result<Box<dyn Read + Send>> {
        let content = ContentReader {
            file: Arc::clone(&self.file),
            offset,
            end: self.size,
        };
        match self.compression {
            None => Ok(Box::new(content)),
            Some(compression) if offset == 0 => {
                Ok(compression.decoder(BufReader::with_capacity(64 * 1024, content)))
            }
            Some(_) => Err(io::Error::other(
                "a compressed log is read from its beginning",
            )),
        }
    }

    /// Whether parts of it can be read.
    pub fn is_plain(&self) -> bool {
        self.compression.is_none()
    }

    /// The bytes of a plain file.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// All parts of the file.
    pub fn parts(&self, file: usize) -> Vec<Part> {
        if !self.is_plain() {
            let (start, end) = (0, u64::MAX);
            return vec![Part { file, start, end }];
        }
        let starts = (0..self.size).step_by(PART as usize);
        starts
            .map(|start| Part {
                file,
                start,
                end: (start + PART).min(self.size),
            })
            .collect()
    }

    /// The first lines.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn head(&self) -> io::Result<Vec<Vec<u8>>> {
        let mut lines = Lines::new(self.reader(0)?, DEFAULT_MAX_LINE_BYTES);
        let mut head: Vec<Vec<u8>> = Vec::new();
        while head.len() < HEAD_LINES
            && lines.read(|lines| head.extend(lines.iter().map(|line| line.to_vec())))?
        {}
        head.truncate(HEAD_LINES);
        Ok(head)
    }

    /// The time of its first line that has one, in seconds since 1970.
    fn first_time(&self, settings: &ReadSettings) -> io::Result<Option<i64>> {
        let mut parser = settings.parser(self.written);
        let head = self.head()?;
        let lines: Vec<_> = head.iter().map(Vec::as_slice).collect();
        parser.detect(&lines);
        let mut times = lines.iter().map(|line| parser.parse(line, &mut None).time);
        Ok(times.find_map(|time| time).map(|time| time.seconds))
    }
}

/// How many lines are read to detect the format and the first time.
const HEAD_LINES: usize = 64;

/// Opens the files, sorted by the time of their first lines. A file without a time stays after its predecessor.
///
/// # Errors
///
/// If a file cannot be read.
pub fn open_all(paths: &[PathBuf], settings: &ReadSettings) -> Result<Vec<TracedFile>, Error> {
    let mut timed = Vec::new();
    let mut last = i64::MIN;
    for path in paths {
        let file = TracedFile::open(path)?;
        let first = file.first_time(settings);
        last = first
            .map_err(|error| unreadable(path, &error))?
            .unwrap_or(last);
        timed.push((last, file));
    }
    timed.sort_by_key(|(time, _)| *time);
    Ok(timed.into_iter().map(|(_, file)| file).collect())
}

/// A temporary copy, without a name.
fn copied(mut input: impl Read) -> io::Result<File> {
    let mut copy = tempfile::tempfile()?;
    io::copy(&mut input, &mut copy)?;
    Ok(copy)
}

/// Reads a shared file from an offset.
struct ContentReader {
    file: Arc<File>,
    offset: u64,
    end: u64,
}

impl Read for ContentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end - self.offset.min(self.end)).unwrap_or(usize::MAX);
        let length = buffer.len().min(left);
        let read = self.file.read_at(&mut buffer[..length], self.offset)?;
        self.offset += read as u64;
        Ok(read)
    }
}
