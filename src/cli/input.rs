//! Log files as `parse`, `report` and `replay` take them: plain, compressed, or standard input.
//!
//! It stands apart from `source`, which follows live logs: here a file has an end.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;

use super::error::Error;
use crate::catalog::{Catalog, Providers};
use crate::parse::{Format, LineParser, StreamKey};
use crate::source::{Compression, DEFAULT_MAX_LINE_BYTES, Lines};
use crate::zone;

/// The files to read.
#[derive(clap::Args, Debug)]
pub struct Files {
    /// Log files, plain or compressed (.gz, .xz, .zst, .bz2); `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Files {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// The same files in the order of the times that `first` finds in them; a file without one keeps
    /// its place, and standard input is last.
    ///
    /// # Errors
    ///
    /// A file that cannot be read.
    pub fn oldest_first(
        &self,
        first: impl Fn(Timestamp, Lines<Box<dyn Read>>) -> io::Result<Option<i64>>,
    ) -> Result<Files, Error> {
        let mut timed = Vec::new();
        let mut last = i64::MIN;
        for path in &self.files {
            if path != Path::new("-") {
                let input = open(path)?;
                let found = plain(input.file)
                    .and_then(|reader| {
                        first(input.written, Lines::new(reader, DEFAULT_MAX_LINE_BYTES))
                    })
                    .map_err(|error| unreadable(path, &error))?;
                last = found.unwrap_or(last);
            } else {
                last = i64::MAX;
            }
            timed.push((last, path.clone()));
        }
        timed.sort_by_key(|(time, _)| *time);
        Ok(Files {
            files: timed.into_iter().map(|(_, path)| path).collect(),
        })
    }

    /// A parser for all of them: what a line of one file tells about a line of the next is not lost.
    pub fn parser(&self, providers: &Providers) -> LineParser {
        let (catalog, now) = (Catalog::embedded(), Timestamp::now());
        let mut parser = LineParser::new(catalog, providers.clone(), zone::local(), now);
        parser.set_sequential();
        parser
    }

    /// Opens one after the other, with a progress bar if standard error is a terminal.
    ///
    /// # Errors
    ///
    /// A file that cannot be opened, or what `each` gives.
    pub fn for_each(
        &self,
        mut each: impl FnMut(&Path, LogFile, Lines<Box<dyn Read>>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // All are opened before the first is read: a mistake shows before an hour's work.
        let opened = self
            .files
            .iter()
            .map(|path| open(path))
            .collect::<Result<Vec<_>, _>>()?;
        let progress = Progress::start(opened.iter().map(|input| input.size).sum());
        for (number, (path, input)) in (0..).zip(self.files.iter().zip(opened)) {
            let counted = Counted {
                inner: input.file,
                read: Arc::clone(&progress.read),
            };
            let reader = plain(counted).map_err(|error| unreadable(path, &error))?;
            let file = LogFile {
                written: input.written,
                number,
            };
            each(path, file, Lines::new(reader, DEFAULT_MAX_LINE_BYTES))?;
        }
        progress.finish();
        Ok(())
    }
}

/// One of the files, as a parser has to know it.
#[derive(Clone, Copy)]
pub struct LogFile {
    /// When it was last written: no line in it can be newer.
    written: Timestamp,
    /// Its place among the files.
    number: u64,
}

impl LogFile {
    /// Makes the next lines of a parser those of this file.
    pub fn select(self, parser: &mut LineParser, format: Format) {
        let key = StreamKey {
            source: 0,
            stream: self.number,
        };
        parser.select(key, format);
        parser.set_reference(self.written);
    }
}

/// The message for a file that fails while it is read.
pub fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Runtime(format!("{}: {error}", path.display()))
}

struct Input {
    file: Box<dyn Read + Send>,
    /// When it was last written: no line in it can be newer.
    written: Timestamp,
    /// Bytes on disk, for the progress bar.
    size: u64,
}

fn open(path: &Path) -> Result<Input, Error> {
    if path == Path::new("-") {
        return Ok(Input {
            file: Box::new(io::stdin()),
            written: Timestamp::now(),
            size: 0,
        });
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return Err(Error::Usage(format!(
            "{}: is a directory, not a log file",
            path.display()
        )));
    }
    let written = metadata
        .modified()
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok());
    Ok(Input {
        file: Box::new(file),
        written: written.unwrap_or_else(Timestamp::now),
        size: metadata.len(),
    })
}

/// Unpacks what begins like something compressed, whatever its name.
fn plain(mut input: impl Read + Send + 'static) -> io::Result<Box<dyn Read>> {
    let mut head = [0; Compression::HEAD];
    let mut length = 0;
    while length < head.len() {
        match input.read(&mut head[length..]) {
            Ok(0) => break,
            Ok(read) => length += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let compression = Compression::by_content(&head[..length]);
    let whole = io::Cursor::new(head).take(length as u64).chain(input);
    Ok(match compression {
        Some(compression) => compression.decoder(BufReader::with_capacity(64 * 1024, whole)),
        None => Box::new(whole),
    })
}

/// Counts the bytes that are read.
struct Counted<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A bar on standard error; nothing where nobody watches.
struct Progress {
    read: Arc<AtomicU64>,
    bar: Option<ProgressBar>,
}

impl Progress {
    fn start(total: u64) -> Self {
        let read = Arc::new(AtomicU64::new(0));
        let bar = io::stderr().is_terminal().then(|| {
            let bar = if total > 0 {
                ProgressBar::new(total)
            } else {
                ProgressBar::new_spinner()
            };
            let template = "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            let (counter, shown) = (Arc::clone(&read), bar.downgrade());
            // Drawn from beside, so that reading pays nothing for it. Ends with the bar.
            std::thread::spawn(move || {
                while let Some(bar) = shown.upgrade().filter(|bar| !bar.is_finished()) {
                    bar.set_position(counter.load(Ordering::Relaxed));
                    drop(bar);
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
            bar
        });
        Progress { read, bar }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `one` and `two` on a line each, as each program packs them.
    const PACKED: [&[u8]; 4] = [
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\xcf\x4b\xe5\x2a\x29\xcf\xe7\x02\x00\
          \xe6\x0b\xba\x12\x08\x00\x00\x00",
        b"\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x1c\x00\x00\x00\
          \x10\xcf\x58\xcc\x01\x00\x07one\ntwo\n\x00\x51\xab\x9e\xaf\x57\x75\x70\x49\x00\
          \x01\x20\x08\xbb\x19\xd9\xbb\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04YZ",
        b"\x28\xb5\x2f\xfd\x24\x08\x41\x00\x00one\ntwo\n\xe6\xa6\x0e\x40",
        b"BZh91AY&SY\xa7\x14\x2b\x77\x00\x00\x02\xc1\x80\x00\x10\x02\x01\x84\x80\x20\x00\x21\
          \x80\x0c\x02\x38\xf5\x1b\x8b\xb9\x22\x9c\x28\x48\x53\x8a\x15\xbb\x80",
    ];

    fn read(bytes: &'static [u8]) -> Vec<u8> {
        let mut text = Vec::new();
        let mut reader = plain(bytes).expect("a reader");
        reader.read_to_end(&mut text).expect("read");
        text
    }

    #[test]
    fn what_is_compressed_is_known_by_its_first_bytes() {
        for packed in PACKED {
            assert_eq!(read(packed), b"one\ntwo\n");
        }
        for text in [&b""[..], b"o", b"one\ntwo\n", b"BZh9 is no bzip2", b"\x1f"] {
            assert_eq!(read(text), text);
        }
    }
}
