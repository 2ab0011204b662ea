//! Traces messages for the page `/trace`, in the logs that the daemon follows and their rotated files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::flags;
use crate::catalog::Language;
use crate::cli::chinese_errors;
use crate::cli::input::ReadSettings;
use crate::cli::trace::{Query, trace};
use crate::config::{Config, SourceSettings};
use crate::parse::Format;
use crate::source::{self, Input, may_be_rotation_of};
use crate::traced::Trace;
use crate::web::Tracer;

/// The most bytes on disk that are searched: the newest files.
const MAX_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// How many messages are told.
const NEWEST: usize = 20;

/// Traces messages in files.
pub struct LogTracer {
    settings: ReadSettings,
    sources: Mutex<Vec<SourceSettings>>,
}

impl LogTracer {
    /// Traces in the logs of a configuration.
    pub fn new(config: &Config) -> Self {
        LogTracer {
            settings: ReadSettings::of_config(config),
            sources: Mutex::new(config.sources.clone()),
        }
    }

    /// From now on, traces in the logs of these sources.
    pub fn set_sources(&self, sources: &[SourceSettings]) {
        let mut mine = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        *mine = sources.to_vec();
    }

    /// The files to search, the oldest first.
    fn files(&self) -> Vec<PathBuf> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let patterns: Vec<PathBuf> = sources
            .iter()
            .filter_map(|source| match &source.input {
                Input::Files(files) => Some(&files.paths),
                Input::Journal(_) | Input::Syslog(_) | Input::Pipe(_) => None,
            })
            .flatten()
            .map(|path| flags::absolute(path))
            .collect();
        drop(sources);
        let mut known = BTreeSet::new();
        let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
        for pattern in patterns {
            for log in source::find(&pattern.to_string_lossy()) {
                for path in std::iter::once(log.clone()).chain(rotated(&log)) {
                    let Ok(metadata) = std::fs::metadata(&path) else {
                        continue;
                    };
                    if metadata.is_file() && known.insert(path.clone()) {
                        let written = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                        files.push((written, metadata.len(), path));
                    }
                }
            }
        }
        files.sort();
        let mut total = 0;
        let newest = files.into_iter().rev().take_while(|(_, length, _)| {
            total += length;
            total <= MAX_BYTES || total == *length
        });
        let mut newest: Vec<PathBuf> = newest.map(|(_, _, path)| path).collect();
        newest.reverse();
        newest
    }
}

/// What rotation has made of a log, in its directory.
fn rotated(log: &Path) -> Vec<PathBuf> {
    let (Some(directory), Some(name)) = (log.parent(), log.file_name()) else {
        return Vec::new();
    };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .filter(|entry| may_be_rotation_of(name, &entry.file_name(), false))
        .map(|entry| entry.path())
        .collect()
}

impl Tracer for LogTracer {
    fn trace(&self, what: &str, language: Language) -> Result<Trace, String> {
        let in_language = |error: String| match language {
            Language::En => error,
            Language::Zh => chinese_errors::translate(&error),
        };
        let query = Query::parse(what).map_err(in_language)?;
        let files = self.files();
        let found = trace(
            &query,
            &files,
            &self.settings,
            Format::Auto,
            language,
            Some(NEWEST),
        );
        found.map_err(|error| in_language(error.to_string()))
    }
}
