//! A source of log files, configured by paths and patterns, that are followed through rotation.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{debug, warn};

use super::followed_log::FollowedLog;
use super::input::{Files, Input, ReadFrom};
use super::interface::{Hint, Progress, Source, Status};
use super::log_names;
use super::log_set::MAX_PER_TICK;
use super::path_spec::PathSpec;
use super::position::{FilePosition, Position};
use super::read_buffer::ReadBuffer;
use super::rotation::RotationTracker;
use super::stream_id::StreamId;
use super::tail_file::{ReadEnd, ReadTotals};

/// How long a rotated file is kept open after its last growth.
const IDLE_LIMIT: Duration = Duration::from_secs(60);
/// The same for a file that was removed.
const IDLE_LIMIT_REMOVED: Duration = Duration::from_secs(5);
/// How many rotated files of one log are kept open: rotation in a loop must not use up descriptors.
const MAX_ROTATED: usize = 32;
/// How many rotated files of all logs are kept open.
const MAX_ROTATED_TOTAL: usize = 256;

/// A source of log files.
pub struct Tail {
    paths: Vec<PathSpec>,
    tracker: RotationTracker,
    totals: ReadTotals,
    /// Where reading stopped in logs that are no longer configured, in case they are again.
    saved_positions: HashMap<PathBuf, Vec<FilePosition>>,
}

impl Tail {
    /// A source of files and patterns, which should be absolute. It continues from `position`.
    pub fn new(files: &Files, position: Position) -> Self {
        let mut saved: HashMap<PathBuf, Vec<FilePosition>> = HashMap::new();
        if let Position::Files(positions) = position {
            for position in positions.into_iter().filter(FilePosition::is_valid) {
                let path = position.path.clone();
                saved.entry(path).or_default().push(position);
            }
        }
        let mut tail = Tail {
            paths: Vec::new(),
            tracker: RotationTracker::new(files.framing),
            totals: ReadTotals::default(),
            saved_positions: saved,
        };
        tail.configure(files);
        tail
    }

    /// Changes which files are followed. Logs that stay keep their positions; the others are closed,
    /// and their positions saved.
    fn configure(&mut self, files: &Files) {
        self.tracker
            .places
            .configured
            .clone_from(&files.rotated_dirs);
        let specs = files.paths.iter().cloned().map(PathSpec::new).collect();
        let before = std::mem::replace(&mut self.paths, specs);
        let (paths, saved) = (&self.paths, &mut self.saved_positions);
        self.tracker.logs.retain(|log| {
            let stays = paths.iter().any(|spec| spec.covers(&log.path));
            if !stays {
                saved.insert(log.path.clone(), log.positions().collect());
            }
            stays
        });
        // Logs with saved positions are followed even if rotation has left no file at their paths.
        let mut known: Vec<PathBuf> = self.saved_positions.keys().cloned().collect();
        known.retain(|path| self.paths.iter().any(|spec| spec.covers(path)));
        known.sort();
        // Files of a path or pattern that was configured before, in this or another process, are new:
        // they are read from their beginning.
        let was_configured = |spec: &PathSpec| {
            before.iter().any(|old| old.path == spec.path)
                || known.iter().any(|path| spec.covers(path))
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
    fn follow(&mut self, path: PathBuf, start_at_end: bool) {
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
    fn rescan(&mut self, start_at_end: &[bool]) {
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
        let paths = &self.paths;
        let is_configured =
            |path: &Path| (paths.iter()).any(|spec| spec.pattern.is_none() && spec.path == path);
        self.tracker.changed |= self
            .tracker
            .logs
            .retain(|log| !log.is_idle() || is_configured(&log.path) || log.path.exists());
    }

    /// Reads one log. Returns [`ReadEnd::Budget`] if there may be more to read.
    fn read_log(
        &mut self,
        at: usize,
        budget: usize,
        buffer: &mut ReadBuffer,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> ReadEnd {
        loop {
            self.tracker.check_evicted(at);
            self.tracker.resume(at);
            if self.read_rotated(at, budget, buffer, sink) == ReadEnd::Budget {
                return ReadEnd::Budget;
            }
            if self.tracker.logs.get(at).evicted.is_some() {
                return ReadEnd::AtEnd;
            }
            if self.tracker.logs.get(at).live.is_none() {
                self.tracker.open_live(at, buffer);
            }
            if self.tracker.find_missed(at) {
                continue;
            }
            let log = self.tracker.logs.get_mut(at);
            let Some(live) = &mut log.live else {
                return ReadEnd::AtEnd;
            };
            let was_empty = live.was_read_empty();
            let changes = self.totals.changes;
            let end = live.read(budget, buffer, &mut self.totals, sink);
            // A file that was empty may have been filled, copied and emptied before it was filled
            // again.
            let log = self.tracker.logs.get_mut(at);
            log.check_missed |= was_empty && self.totals.changes != changes;
            if self.tracker.find_missed(at) {
                continue;
            }
            match end {
                Ok(ReadEnd::Budget) => return ReadEnd::Budget,
                Ok(ReadEnd::Truncated) => self.tracker.restart_truncated(at),
                Ok(ReadEnd::AtEnd) => {
                    if !self.tracker.detect_rotation(at) {
                        return ReadEnd::AtEnd;
                    }
                }
                Err(error) => {
                    self.tracker.logs.get_mut(at).set_error(&error);
                    return ReadEnd::AtEnd;
                }
            }
        }
    }

    /// Reads the rotated files of a log, and closes those that nothing writes to any more.
    fn read_rotated(
        &mut self,
        at: usize,
        budget: usize,
        buffer: &mut ReadBuffer,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> ReadEnd {
        if self.tracker.logs.get(at).rotated.is_empty() {
            return ReadEnd::AtEnd;
        }
        let too_many = self.tracker.logs.rotated_count() > MAX_ROTATED_TOTAL;
        let mut next = 0;
        while next < self.tracker.logs.get(at).rotated.len() {
            let log = self.tracker.logs.get_mut(at);
            if log.is_copy(next) {
                log.rotated.remove(next);
                self.tracker.changed = true;
                continue;
            }
            let too_many = too_many || log.rotated.len() > MAX_ROTATED;
            let file = &mut log.rotated[next];
            let is_finished = match file.read(budget, buffer, &mut self.totals, sink) {
                Ok(ReadEnd::Budget) => return ReadEnd::Budget,
                Ok(ReadEnd::Truncated) => {
                    self.tracker.rotations.truncated += 1;
                    file.restart();
                    continue;
                }
                Ok(ReadEnd::AtEnd) => {
                    let limit = if file.has_links() {
                        IDLE_LIMIT
                    } else {
                        IDLE_LIMIT_REMOVED
                    };
                    let (is_idle, complete) = (file.idle_time() > limit, file.complete);
                    let identity = file.identity();
                    // If another path leads to it, that would read it again once it is closed.
                    complete
                        || too_many
                        || (is_idle && !self.tracker.logs.has_duplicate_of(identity))
                }
                Err(error) => {
                    warn!(path = %log.path.display(), %error, "cannot read rotated log, closing it");
                    true
                }
            };
            if is_finished {
                self.close_rotated(at, next, buffer, sink);
            } else {
                next += 1;
            }
        }
        ReadEnd::AtEnd
    }

    /// Closes a rotated file, after handing over its last line.
    fn close_rotated(
        &mut self,
        at: usize,
        which: usize,
        buffer: &mut ReadBuffer,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) {
        let log = self.tracker.logs.get_mut(at);
        let mut file = log.rotated.remove(which);
        let path = log.path.display();
        debug!(
            %path, inode = file.inode(), position = file.offset(),
            "rotated log was read to its end"
        );
        if let Err(error) = file.flush(buffer, &mut self.totals, sink) {
            warn!(%path, %error, "cannot read the last line of rotated log");
        }
        log.add_finished(&file);
        self.tracker.changed = true;
    }
}

impl Source for Tail {
    fn hint(&mut self, hint: Hint<'_>) {
        match hint {
            Hint::Rescan => {
                self.rescan(&[]);
                if self.tracker.logs.len() <= MAX_PER_TICK {
                    self.tracker.logs.mark_all_due();
                }
            }
            Hint::All => {
                self.rescan(&[]);
                self.tracker.logs.mark_all_due();
            }
            // File events tell what has changed; this finds what they have missed.
            Hint::Tick => self.tracker.logs.mark_next_due(),
            Hint::Renamed { from, to } => self.tracker.logs.note_rename(from, to),
            Hint::Path(path) => {
                let is_new = |spec: &PathSpec| spec.pattern.is_some() && spec.covers(path);
                if let Some(at) = self.tracker.logs.find(path) {
                    self.tracker.logs.mark_due(at);
                } else if self.paths.iter().any(is_new) {
                    // Which of several files with dates are live depends on all of them.
                    self.rescan(&[]);
                } else {
                    // It may be the new name of a rotated file that is still written to.
                    self.tracker.logs.mark_rotated_due();
                }
            }
        }
    }

    fn read(
        &mut self,
        budget: usize,
        buffer: &mut ReadBuffer,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress {
        let before = self.totals;
        self.tracker.resume_all();
        // Each log once: those that become due meanwhile are for the next read.
        let mut more = false;
        for _ in 0..self.tracker.logs.due_count() {
            let used = (self.totals.bytes - before.bytes) as usize;
            if used >= budget {
                more = true;
                break;
            }
            let Some(at) = self.tracker.logs.take_due() else {
                continue;
            };
            let stream = self.tracker.logs.get(at).stream;
            let sink = &mut |lines: &[&[u8]]| sink(stream, lines);
            if self.read_log(at, budget - used, buffer, sink) == ReadEnd::Budget {
                self.tracker.logs.mark_due(at);
            }
        }
        let changed = std::mem::take(&mut self.tracker.changed);
        Progress {
            bytes: (self.totals.bytes - before.bytes) as usize,
            more: more || self.tracker.logs.due_count() > 0,
            changed: changed || self.totals.changes != before.changes,
        }
    }

    fn status(&self) -> Status {
        let up = self.paths.iter().all(|spec| {
            let mut logs = self.tracker.logs.iter();
            logs.any(|log| log.is_readable() && spec.covers(&log.path))
        });
        Status {
            bytes: self.totals.bytes,
            lag_bytes: self.tracker.logs.lag(),
            up,
            rotations: self.tracker.rotations,
            positions_lost: self.tracker.positions_lost,
            truncated: self.totals.truncated,
            dropped: 0,
            refused: 0,
        }
    }

    fn directories(&self) -> Vec<PathBuf> {
        let base = |spec: &PathSpec| log_names::base_directory(&spec.path.to_string_lossy());
        let mut directories: Vec<PathBuf> = self.paths.iter().map(base).collect();
        for log in self.tracker.logs.iter() {
            let Some(parent) = log.path.parent() else {
                continue;
            };
            if directories.last().is_none_or(|last| last != parent) {
                directories.push(parent.to_path_buf());
            }
            let target = log.target.as_deref().and_then(Path::parent);
            directories.extend(target.map(Path::to_owned));
        }
        directories.sort();
        directories.dedup();
        directories
    }

    fn position(&self) -> Position {
        let saved = self.saved_positions.values().flatten().cloned();
        let files = self.tracker.logs.iter().flat_map(FollowedLog::positions);
        Position::Files(files.chain(saved).collect())
    }

    fn reconfigure(&mut self, input: &Input) -> bool {
        match input {
            Input::Files(files) if files.framing == self.tracker.framing => {
                self.configure(files);
                true
            }
            _ => false,
        }
    }
}

#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
