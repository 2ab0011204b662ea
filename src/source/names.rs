//! What the configuration names: files and patterns, and where reading them begins.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

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

/// How long after a change of a directory it is listed at every look: its time is no finer than
/// the kernel's clock.
const SETTLED: Duration = Duration::from_secs(2);

/// A configured name: a file, or a pattern.
pub(crate) struct Named {
    pub path: PathBuf,
    pub pattern: Option<glob::Pattern>,
    /// The directory of all files of the pattern, if it has wildcards in their names only.
    directory: Option<PathBuf>,
    /// When that directory was last changed, as of the last look.
    listed: Option<SystemTime>,
}

impl Named {
    /// A name as it is configured.
    pub fn new(path: PathBuf) -> Self {
        let text = path.to_string_lossy();
        let pattern = discover::is_pattern(&text)
            .then(|| glob::Pattern::new(&text).ok())
            .flatten();
        let directory = path
            .parent()
            .filter(|parent| pattern.is_some() && !discover::is_pattern(&parent.to_string_lossy()))
            .map(Path::to_owned);
        Named {
            path,
            pattern,
            directory,
            listed: None,
        }
    }

    /// The files that it may have come to mean since the last call. Those that are known to the
    /// caller may be among them.
    pub fn expand(&mut self, known: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
        let Some(pattern) = &self.pattern else {
            return vec![self.path.clone()];
        };
        if let Some(directory) = &self.directory {
            let changed = std::fs::metadata(directory).and_then(|m| m.modified()).ok();
            let settled = changed
                .and_then(|changed| changed.elapsed().ok())
                .is_some_and(|age| age > SETTLED);
            if settled && self.listed == changed {
                return Vec::new();
            }
            // One that changes again within its time's grain is looked at once more.
            self.listed = changed.filter(|_| settled);
        }
        discover::expand(pattern.as_str())
            .filter(|path| known(path) || path.is_file())
            .collect()
    }

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
