//! The configuration file: what it may say, and what is wrong with it if it says something else.
//!
//! It is read in two steps. [`raw`] is the file's own shape, in which every value knows its place;
//! [`check`] makes it into a [`Config`] whose values are all right. Flags are laid over the result
//! by the command that takes them.

mod check;
mod error;
mod raw;

use std::path::Path;

use jiff::tz::TimeZone;

pub use error::Error;

use crate::logging::{Format, Level};
use crate::source::{DEFAULT_CAP, ReadFrom};
use crate::web::ListenAddress;

/// Where the daemon listens unless it is told otherwise.
pub const DEFAULT_LISTEN: &str = ":9925";
/// Where the exposition is served unless it is told otherwise.
pub const DEFAULT_TELEMETRY_PATH: &str = "/metrics";

/// What a configuration file says, checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Addresses to listen on; none if the file names none.
    pub listen_addresses: Vec<ListenAddress>,
    /// The path of the exposition.
    pub telemetry_path: String,
    /// How much the daemon says in its own log.
    pub log_level: Level,
    /// How it says it.
    pub log_format: Format,
    /// What to read; none if the file names none.
    pub sources: Vec<Source>,
    /// The longest line that is looked at whole, in bytes.
    pub max_line_bytes: usize,
    /// The time zone of stamps that name none.
    pub time_zone: TimeZone,
    /// Mail providers beyond the known ones.
    pub providers: Vec<Provider>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen_addresses: Vec::new(),
            telemetry_path: DEFAULT_TELEMETRY_PATH.into(),
            log_level: Level::default(),
            log_format: Format::default(),
            sources: Vec::new(),
            max_line_bytes: DEFAULT_CAP,
            time_zone: TimeZone::system(),
            providers: Vec::new(),
        }
    }
}

/// A log, or several that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The `source` label.
    pub name: String,
    /// Paths and patterns, as written.
    pub files: Vec<String>,
    /// Where to begin in files that are there from the start.
    pub read_from: ReadFrom,
}

/// A mail provider, recognised by its servers' names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The `provider` label.
    pub name: String,
    /// Domains: each stands for itself and everything below it.
    pub hosts: Vec<String>,
}

impl Config {
    /// Reads and checks a file.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its place, and what would be right.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Config::parse(&name, &text),
            Err(error) => Err(Error::unreadable(&name, &error)),
        }
    }

    /// What is wrong with a file or pattern to follow, and what would be right.
    ///
    /// # Errors
    ///
    /// If it is empty, no pattern, or a compressed file, which does not grow.
    pub fn check_file(file: &str) -> Result<(), (String, &'static str)> {
        check::source_file(file)
    }

    /// What is wrong with a path for the exposition.
    ///
    /// # Errors
    ///
    /// If it is no path, or the daemon's own pages live there.
    pub fn check_telemetry_path(path: &str) -> Result<(), String> {
        check::telemetry_path(path)
    }

    /// Checks the text of a file of the given name.
    ///
    /// # Errors
    ///
    /// As for [`Config::load`].
    pub fn parse(file: &str, text: &str) -> Result<Self, Error> {
        check::check(raw::read(text).map_err(|fault| fault.at(file, text))?)
            .map_err(|fault| fault.at(file, text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_file_is_the_default() {
        for text in ["", "\n# nothing yet\n", "---\n"] {
            assert_eq!(
                Config::parse("x.yml", text),
                Ok(Config::default()),
                "{text:?}"
            );
        }
    }
}
