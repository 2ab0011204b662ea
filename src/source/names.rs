//! What the configuration names: files and patterns, and where reading them begins.

use std::path::{Path, PathBuf};

use super::discover;

/// Where reading begins in files that are there when the source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadFrom {
    /// At the first line.
    #[default]
    Beginning,
    /// Behind the last complete line. Files that appear later are read from their first line.
    End,
}

impl ReadFrom {
    /// The names, as the configuration and the flags take them.
    pub const NAMES: [&str; 2] = ["beginning", "end"];
}

impl std::str::FromStr for ReadFrom {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "beginning" => Ok(ReadFrom::Beginning),
            "end" => Ok(ReadFrom::End),
            _ => Err(()),
        }
    }
}

/// A configured name: a file, or a pattern.
pub(crate) struct Named {
    pub path: PathBuf,
    pub pattern: Option<glob::Pattern>,
}

impl Named {
    /// Whether a path is what is named, or matches it and is no rotated log.
    pub fn covers(&self, path: &Path) -> bool {
        match &self.pattern {
            Some(pattern) => {
                let options = glob::MatchOptions {
                    require_literal_separator: true,
                    ..glob::MatchOptions::new()
                };
                pattern.matches_path_with(path, options) && !discover::is_rotated(path)
            }
            None => self.path == path,
        }
    }
}
