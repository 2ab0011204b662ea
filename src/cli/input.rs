//! Log files given to `parse`, `report` and `replay`: plain or compressed files, or standard input, read from beginning
//! to end. Live logs are followed by `source`.

use std::fs::File;
use std::io::{self, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::Error;
use crate::catalog::{Catalog, Providers};
use crate::config::{self, Config};
use crate::parse::{Format, LineParser, Mta, Patterns, StreamKey};
use crate::source::{Compression, DEFAULT_MAX_LINE_BYTES, Lines, LinesAhead};

/// The source that all files belong to.
const SOURCE: u64 = 0;

/// The files to read.
#[derive(clap::Args, Debug)]
pub struct LogFiles {
    /// Log files, plain or compressed (.gz, .xz, .zst, .bz2); `-` is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Configuration file, of which patterns, providers and time zone are used
    #[arg(long = "config.file", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// How logs are read: what `--config.file` says, or the defaults.
pub struct ReadSettings {
    /// Mail providers.
    pub providers: Providers,
    /// The patterns of the format `custom`.
    patterns: Arc<Patterns>,
    /// The time zone of time stamps without an offset.
    zone: TimeZone,
}

impl ReadSettings {
    /// The settings of a configuration file for logs in a format.
    ///
    /// # Errors
    ///
    /// If the configuration is not valid, or has no patterns for the format `custom`.
    pub fn of(config: Option<&Path>, format: Format) -> Result<Self, Error> {
        let config = match config {
            Some(path) => config::load(path).map_err(|error| Error::Usage(error.to_string()))?,
            None => Config::default(),
        };
        if format == Format::Server(Mta::Custom) && config.patterns.is_empty() {
            let problem = "the format custom needs patterns; name a configuration with the section \
                           patterns with --config.file";
            return Err(Error::Usage(problem.to_owned()));
        }
        Ok(ReadSettings {
            providers: config.providers,
            patterns: config.patterns,
            zone: config.time_zone,
        })
    }

    /// A parser with these settings. `reference` is the latest possible time of a line.
    pub fn parser(&self, reference: Timestamp) -> LineParser {
        let (catalog, zone) = (Catalog::embedded(), self.zone.clone());
        let mut parser = LineParser::new(catalog, self.providers.clone(), zone, reference);
        parser.set_patterns(Arc::clone(&self.patterns));
        parser
    }

    /// The time zone of time stamps without an offset.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

impl LogFiles {
    /// How the files are read in a format.
    ///
    /// # Errors
    ///
    /// If the configuration is not valid, or has no patterns for the format `custom`.
    pub fn settings(&self, format: Format) -> Result<ReadSettings, Error> {
        ReadSettings::of(self.config.as_deref(), format)
    }

    /// The files as given.
    pub fn paths(&self) -> &[PathBuf] {
        &self.files
    }

    /// The number of files.
    pub fn count(&self) -> usize {
        self.files.len()
    }

    /// The same files, sorted by the time that `first` finds in each. A file without a time stays after its
    /// predecessor, and standard input is last.
    ///
    /// # Errors
    ///
    /// If a file cannot be read.
    pub fn oldest_first(
        &self,
        first: impl Fn(Timestamp, Lines<Box<dyn Read + Send>>) -> io::Result<Option<i64>>,
    ) -> Result<LogFiles, Error> {
        let mut timed = Vec::new();
        let mut last = i64::MIN;
        for path in &self.files {
            if path != Path::new("-") {
                let input = open(path)?;
                let found = decompressed(input.file)
                    .and_then(|(reader, _)| {
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
        Ok(LogFiles {
            files: timed.into_iter().map(|(_, path)| path).collect(),
            config: self.config.clone(),
        })
    }

    /// A parser for all files, so that its state is carried over from one file to the next.
    pub fn parser(&self, settings: &ReadSettings) -> LineParser {
        let mut parser = settings.parser(Timestamp::now());
        parser.set_sequential();
        parser
    }

    /// The mail servers whose logs a parser of these files has read.
    pub fn formats(&self, parser: &LineParser) -> Vec<&'static str> {
        parser.formats(SOURCE)
    }

    /// Calls `each` for one file after the other, with a progress bar if standard error is a terminal.
    ///
    /// # Errors
    ///
    /// If a file cannot be opened, or `each` fails.
    pub fn for_each(
        &self,
        mut each: impl FnMut(&Path, LogFile, LogLines) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // All files are opened before the first is read, so that errors are reported early.
        let opened = self
            .files
            .iter()
            .map(|path| open(path))
            .collect::<Result<Vec<_>, _>>()?;
        let progress = ProgressMeter::start(opened.iter().map(|input| input.size).sum());
        for (number, (path, input)) in (0..).zip(self.files.iter().zip(opened)) {
            let counted = CountingReader {
                inner: input.file,
                read: Arc::clone(&progress.read),
            };
            let (reader, is_compressed) =
                decompressed(counted).map_err(|error| unreadable(path, &error))?;
            let file = LogFile {
                written: input.written,
                number,
            };
            let is_live = path == Path::new("-");
            let lines = LogLines::new(reader, is_compressed, is_live)
                .map_err(|error| unreadable(path, &error))?;
            each(path, file, lines)?;
        }
        progress.finish();
        Ok(())
    }
}

/// The lines of a file.
pub enum LogLines {
    /// Of a plain file: reading it costs less than passing it on to another thread.
    Plain(Lines<Box<dyn Read + Send>>),
    /// Of a compressed file, which a thread of its own decompresses.
    Compressed(LinesAhead),
}

impl LogLines {
    fn new(reader: Box<dyn Read + Send>, is_compressed: bool, is_live: bool) -> io::Result<Self> {
        Ok(match is_compressed {
            true => LogLines::Compressed(LinesAhead::new(reader, DEFAULT_MAX_LINE_BYTES, is_live)?),
            false => LogLines::Plain(Lines::new(reader, DEFAULT_MAX_LINE_BYTES)),
        })
    }

    /// As [`Lines::read`].
    #[inline]
    pub fn read(&mut self, sink: impl FnMut(&[&[u8]])) -> io::Result<bool> {
        match self {
            LogLines::Plain(lines) => lines.read(sink),
            LogLines::Compressed(lines) => lines.read(sink),
        }
    }
}

/// The properties of one file that the parser needs.
#[derive(Clone, Copy)]
pub struct LogFile {
    /// When it was last written: no line in it can be newer.
    written: Timestamp,
    /// Its index among the files.
    number: u64,
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
}

/// The error for a file that cannot be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Runtime(format!("{}: {error}", path.display()))
}

/// An open file.
struct OpenFile {
    file: Box<dyn Read + Send>,
    /// When it was last written: no line in it can be newer.
    written: Timestamp,
    /// Bytes on disk, for the progress bar.
    size: u64,
}

/// Opens a file, or standard input for `-`.
fn open(path: &Path) -> Result<OpenFile, Error> {
    if path == Path::new("-") {
        return Ok(OpenFile {
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
    Ok(OpenFile {
        file: Box::new(file),
        written: written.unwrap_or_else(Timestamp::now),
        size: metadata.len(),
    })
}

/// A reader of the decompressed content, and whether it was compressed. The compression is detected from the content, not from the name.
fn decompressed(mut input: impl Read + Send + 'static) -> io::Result<(Box<dyn Read + Send>, bool)> {
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
    let content = io::Cursor::new(head).take(length as u64).chain(input);
    let reader = match compression {
        Some(compression) => compression.decoder(BufReader::with_capacity(64 * 1024, content)),
        None => Box::new(content) as Box<dyn Read + Send>,
    };
    Ok((reader, compression.is_some()))
}

/// Counts the bytes read.
struct CountingReader<R> {
    inner: R,
    read: Arc<AtomicU64>,
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.read.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// A progress bar on standard error, if that is a terminal.
struct ProgressMeter {
    read: Arc<AtomicU64>,
    bar: Option<ProgressBar>,
}

impl ProgressMeter {
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
            // Drawn by a separate thread, so that reading is not slowed down. The thread ends with the bar.
            std::thread::spawn(move || {
                while let Some(bar) = shown.upgrade().filter(|bar| !bar.is_finished()) {
                    bar.set_position(counter.load(Ordering::Relaxed));
                    drop(bar);
                    std::thread::sleep(Duration::from_millis(100));
                }
            });
            bar
        });
        ProgressMeter { read, bar }
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

    /// Two lines, `one` and `two`, in each compression format.
    const COMPRESSED: [&[u8]; 4] = [
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
        let (mut reader, _) = decompressed(bytes).expect("a reader");
        reader.read_to_end(&mut text).expect("read");
        text
    }

    #[test]
    fn compression_is_detected_from_the_content() {
        for compressed in COMPRESSED {
            assert_eq!(read(compressed), b"one\ntwo\n");
        }
        for text in [&b""[..], b"o", b"one\ntwo\n", b"BZh9 is no bzip2", b"\x1f"] {
            assert_eq!(read(text), text);
        }
    }
}
