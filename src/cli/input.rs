//! Log files given to `parse`, `report`, `replay` and `backfill`: plain or compressed files, or standard input, read from beginning
//! to end. Live logs are followed by `source`.

use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::error::Error;
use super::file_order::oldest_first;
pub use super::open_file::unreadable;
use super::open_file::{OpenFile, decompressed, open};
use crate::catalog::{Catalog, Providers};
use crate::config::{self, Config};
use crate::parse::{Format, LineParser, Mta, Patterns, StreamKey};
use crate::source::{DEFAULT_MAX_LINE_BYTES, Lines, LinesAhead};

/// The source that all files belong to.
const SOURCE: u64 = 0;

/// The files to read.
#[derive(clap::Args, Debug)]
pub struct LogFiles {
    /// Log files, plain or compressed (.gz, .xz, .zst, .bz2); - for standard input
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

    /// Calls `each` for one file after the other in the order in which they were given, with a progress bar if standard
    /// error is a terminal.
    ///
    /// # Errors
    ///
    /// If a file cannot be opened, or `each` fails.
    pub fn for_each(
        &self,
        each: impl FnMut(&Path, LogFile, LogLines) -> Result<(), Error>,
    ) -> Result<(), Error> {
        read_each(self.open()?, each)
    }

    /// As [`LogFiles::for_each`], but the oldest file first, by the time of its first line: a shell expands
    /// `mail.log*` to the newest file first.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or `each` fails.
    pub fn for_each_by_time(
        &self,
        settings: &ReadSettings,
        format: Format,
        each: impl FnMut(&Path, LogFile, LogLines) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let parser = |written| {
            let mut parser = settings.parser(written);
            parser.select(StreamKey::default(), format);
            parser
        };
        read_each(oldest_first(self.open()?, parser)?, each)
    }

    /// Opens all files before the first is read, so that errors are reported early.
    fn open(&self) -> Result<Vec<OpenFile<'_>>, Error> {
        self.files.iter().map(|path| open(path)).collect()
    }
}

fn read_each(
    files: Vec<OpenFile<'_>>,
    mut each: impl FnMut(&Path, LogFile, LogLines) -> Result<(), Error>,
) -> Result<(), Error> {
    let progress = ProgressMeter::start(files.iter().map(|file| file.size).sum());
    for (number, file) in (0..).zip(files) {
        let path = file.path;
        let counted = CountingReader {
            inner: file.file,
            read: Arc::clone(&progress.read),
        };
        let (reader, is_compressed) =
            decompressed(counted).map_err(|error| unreadable(path, &error))?;
        let is_live = path == Path::new("-");
        let lines = LogLines::new(reader, is_compressed, is_live)
            .map_err(|error| unreadable(path, &error))?;
        let file = LogFile {
            written: file.written,
            number,
        };
        each(path, file, lines)?;
    }
    progress.finish();
    Ok(())
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
