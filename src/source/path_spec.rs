//! A configured path or pattern, and the files that it stands for.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::directories::SETTLED;
use super::log_names;

/// A configured path: of a file, or a pattern.
pub(crate) struct PathSpec {
    pub path: PathBuf,
    pub pattern: Option<glob::Pattern>,
    /// The directory of all files of the pattern, if only its last component has wildcards.
    directory: Option<PathBuf>,
    /// The modification time of that directory when it was last listed and had settled.
    listed: Option<SystemTime>,
}

impl PathSpec {
    /// A path as it is configured.
    pub fn new(path: PathBuf) -> Self {
        let text = path.to_string_lossy();
        let pattern = log_names::is_pattern(&text)
            .then(|| glob::Pattern::new(&text).ok())
            .flatten();
        let directory = path
            .parent()
            .filter(|parent| pattern.is_some() && !log_names::is_pattern(&parent.to_string_lossy()))
            .map(Path::to_owned);
        PathSpec {
            path,
            pattern,
            directory,
            listed: None,
        }
    }

    /// The files that it stands for, without those of an unchanged directory. Files for which `known`
    /// is true are not checked again to be regular files.
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
            self.listed = changed.filter(|_| settled);
        }
        let mut paths = log_names::expand(pattern.as_str(), &known);
        paths.retain(|path| known(path) || path.is_file());
        paths
    }

    /// Whether it stands for a path: is equal to it, or matches it and is not the name of a rotated log.
    pub fn covers(&self, path: &Path) -> bool {
        match &self.pattern {
            Some(pattern) => {
                let options = glob::MatchOptions {
                    require_literal_separator: true,
                    ..glob::MatchOptions::new()
                };
                pattern.matches_path_with(path, options) && !log_names::is_rotated(path, |_| false)
            }
            None => self.path == path,
        }
    }
}
