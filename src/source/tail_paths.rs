//! Which logs a source follows: it expands its patterns, and takes changes of its configuration.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::Tail;
use crate::source::followed_log::FollowedLog;
use crate::source::input::{Files, ReadFrom};
use crate::source::log_names;
use crate::source::path_spec::PathSpec;

/// Patterns are expanded at most so often that it takes one in this many parts of the time.
const RESCAN_COST: u32 = 20;
/// The longest time between two expansions of patterns.
const MAX_RESCAN_INTERVAL: Duration = Duration::from_secs(10);

impl Tail {
    /// Changes which files are followed. Logs that stay keep their positions; the others are closed,
    /// and their positions saved.
    pub(in crate::source) fn configure(&mut self, files: &Files) {
        self.tracker
            .places
            .configured
            .clone_from(&files.rotated_dirs);
        let specs: Vec<PathSpec> = files.paths.iter().cloned().map(PathSpec::new).collect();
        let before = std::mem::replace(&mut self.paths, specs);
        let before: HashSet<PathBuf> = before.into_iter().map(|spec| spec.path).collect();
        let exact = self.paths.iter().filter(|spec| spec.pattern.is_none());
        self.exact_paths = exact.map(|spec| spec.path.clone()).collect();
        let (paths, exact, saved) = (&self.paths, &self.exact_paths, &mut self.saved_positions);
        let patterns: Vec<&PathSpec> = paths.iter().filter(|it| it.pattern.is_some()).collect();
        let is_covered =
            |path: &Path| exact.contains(path) || patterns.iter().any(|spec| spec.covers(path));
        self.tracker.retain(|log| {
            let stays = is_covered(&log.path);
            if !stays {
                saved.insert(log.path.clone(), log.positions().collect());
            }
            stays
        });
        // Logs with saved positions are followed even if rotation has left no file at their paths.
        let mut known: Vec<PathBuf> = saved.keys().cloned().collect();
        known.retain(|path| is_covered(path));
        known.sort();
        // Files of a path or pattern that was configured before, in this or another process, are new:
        // they are read from their beginning.
        let was_configured = |spec: &PathSpec| {
            before.contains(&spec.path)
                || match spec.pattern {
                    Some(_) => known.iter().any(|path| spec.covers(path)),
                    None => known.binary_search(&spec.path).is_ok(),
                }
        };
        let start_at_end: Vec<bool> = self
            .paths
            .iter()
            .map(|spec| files.from == ReadFrom::End && !was_configured(spec))
            .collect();
        for path in known {
            self.follow(path, false);
        }
        self.rescan(&start_at_end);
    }

    /// Follows a path, unless it is followed already.
    pub(super) fn follow(&mut self, path: PathBuf, start_at_end: bool) {
        if self.tracker.logs.has_path(&path) {
            return;
        }
        let saved = self.saved_positions.remove(&path);
        let mut log = FollowedLog::new(path, start_at_end && saved.is_none());
        log.restore(saved.unwrap_or_default());
        self.tracker.resume_pending |= !log.pending_resume.is_empty();
        self.tracker.logs.push(log);
        self.tracker.changed = true;
    }

    /// Follows new files, and forgets those that were removed and are read to their end.
    /// `start_at_end` is whether reading new files begins at their end, for each configured path.
    pub(super) fn rescan(&mut self, start_at_end: &[bool]) {
        let begin = Instant::now();
        self.rescan_due = false;
        let mut found = Vec::new();
        for (at, spec) in self.paths.iter_mut().enumerate() {
            let start_at_end = start_at_end.get(at).copied().unwrap_or_default();
            let logs = &self.tracker.logs;
            let paths = spec.expand(|path| logs.find(path).is_some());
            found.extend(paths.into_iter().map(|path| (path, start_at_end)));
        }
        for (path, start_at_end) in found {
            self.follow(path, start_at_end);
        }
        let exact = &self.exact_paths;
        self.tracker.changed |= self
            .tracker
            .retain(|log| !log.is_idle() || exact.contains(&log.path) || log.path.exists());
        let pause = begin.elapsed().saturating_mul(RESCAN_COST);
        self.next_rescan = Instant::now() + pause.min(MAX_RESCAN_INTERVAL);
    }

    /// Expands the patterns, unless that was done a short time ago for what it costs.
    pub(super) fn rescan_in_turn(&mut self) {
        self.rescan_due = true;
        if Instant::now() >= self.next_rescan {
            self.rescan(&[]);
        }
    }

    /// Follows a path that has changed, if it is a new log of a pattern.
    pub(super) fn follow_new(&mut self, path: &Path) {
        let logs = &self.tracker.logs;
        if log_names::is_dated(path) {
            // Which of several files with dates are live depends on all of them.
            self.rescan_due = true;
        } else if !log_names::is_rotated(path, |it| logs.find(it).is_some()) && path.is_file() {
            self.follow(path.to_owned(), false);
        }
    }
}
