//! Log files given to `parse`, `report`, `replay` and `backfill`: plain or compressed files, or standard input, read from beginning
//! to end. Live logs are followed by `source`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::block_queue::BlockQueue;
use super::error::Error;
use super::file_order::oldest_first;
pub use super::line_reader::LineReader;
pub use super::open_file::unreadable;
use super::open_file::{OpenFile, open};
pub use super::open_logs::{LogFile, LogLines};
use super::open_logs::{OpenLog, OpenLogs, SOURCE};
use super::threads::read_blocks;
use crate::catalog::{Catalog, Providers};
use crate::config::{self, Config};
use crate::parse::{AheadParser, Format, LineParser, Mta, Patterns, StreamKey};

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
            Some(path) => config::load(path)?,
            None => Config::default(),
        };
        if format == Format::Server(Mta::Custom) && config.patterns.is_empty() {
            let problem = "the format custom needs patterns; name a configuration with the section \
                           patterns with --config.file";
            return Err(Error::Usage(problem.to_owned()));
        }
        Ok(ReadSettings::of_config(&config))
    }

    /// The settings of a configuration.
    pub fn of_config(config: &Config) -> Self {
        ReadSettings {
            providers: config.providers.clone(),
            patterns: Arc::clone(&config.patterns),
            zone: config.time_zone.clone(),
        }
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
        mut each: impl FnMut(&Path, LogFile, LogLines) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut files = OpenLogs::new(self.open()?);
        while let Some(next) = files.next_lines(true) {
            let OpenLog {
                path,
                file,
                content,
            } = next?;
            each(path, file, content)?;
        }
        Ok(())
    }

    /// Passes all lines to a reader, those of the oldest file first, by the time of its first line: a shell expands
    /// `mail.log*` to the newest file first. The number of threads does not change the result.
    ///
    /// # Errors
    ///
    /// If a file cannot be read, or the reader fails.
    pub fn read_by_time<R: LineReader>(
        &self,
        settings: &ReadSettings,
        format: Format,
        threads: usize,
        parser: &mut LineParser,
        reader: &mut R,
    ) -> Result<(), Error> {
        let mut files = OpenLogs::new(self.open_by_time(settings, format)?);
        if threads == 1 {
            return read_alone(files, format, parser, reader);
        }
        let ahead = || {
            let (providers, zone) = (settings.providers.clone(), settings.zone.clone());
            AheadParser::new(Catalog::embedded(), providers, zone, Timestamp::now())
        };
        let queue = BlockQueue::new(move || files.next_blocks(), threads);
        read_blocks(&queue, threads, format, parser, reader, ahead)
    }

    /// Opens all files, and sorts them by the time of their first lines.
    fn open_by_time(
        &self,
        settings: &ReadSettings,
        format: Format,
    ) -> Result<Vec<OpenFile<'_>>, Error> {
        let parser = |written| {
            let mut parser = settings.parser(written);
            parser.select(StreamKey::default(), format);
            parser
        };
        oldest_first(self.open()?, parser)
    }

    /// Opens all files before the first is read, so that errors are reported early.
    fn open(&self) -> Result<Vec<OpenFile<'_>>, Error> {
        self.files.iter().map(|path| open(path)).collect()
    }
}

/// Reads all files with one thread.
fn read_alone<R: LineReader>(
    mut files: OpenLogs<'_>,
    format: Format,
    parser: &mut LineParser,
    reader: &mut R,
) -> Result<(), Error> {
    while let Some(next) = files.next_lines(false) {
        let OpenLog {
            path,
            file,
            content: mut lines,
        } = next?;
        file.select(parser, format);
        reader.begin_file();
        let mut read = |lines: &[&[u8]]| reader.read(parser, lines);
        while lines
            .read(&mut read)
            .map_err(|error| unreadable(path, &error))?
        {}
        reader.check()?;
    }
    Ok(())
}
