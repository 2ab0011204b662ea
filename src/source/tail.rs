//! A source of log files, configured by paths and patterns, that are followed through rotation.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tracing::{debug, warn};

use super::followed_log::FollowedLog;
use super::input::{Files, Input};
use super::interface::{Hint, Progress, Source, Status};
use super::log_names;
use super::log_set::MAX_PER_TICK;
use super::path_spec::PathSpec;
use super::position::{FilePosition, Position};
use super::read_buffer::ReadBuffer;
use super::rotation::{LOGS_PER_CLOCK, RotationTracker};
use super::stream_id::StreamId;
use super::tail_file::{ReadEnd, ReadTotals};
use crate::descriptors;

/// How long a rotated file is kept open after its last growth.
const IDLE_LIMIT: Duration = Duration::from_secs(60);
/// The same for a file that was removed.
const IDLE_LIMIT_REMOVED: Duration = Duration::from_secs(5);
/// How many rotated files of one log are kept open: rotation in a loop must not use up descriptors.
const MAX_ROTATED: usize = 32;
/// How many rotated files of all logs are kept open.
const MAX_ROTATED_TOTAL: usize = 256;
/// How long a read may take, however many logs are due: a scrape waits for it.
const MAX_READ_TIME: Duration = Duration::from_millis(20);

/// A source of log files.
pub struct Tail {
    paths: Vec<PathSpec>,
    /// Those of them that are no patterns.
    exact_paths: HashSet<PathBuf>,
    tracker: RotationTracker,
    totals: ReadTotals,
    /// Where reading stopped in logs that are no longer configured, in case they are again.
    saved_positions: HashMap<PathBuf, Vec<FilePosition>>,
    /// Whether a file may be new of which the live ones have to be chosen among several with dates.
    rescan_due: bool,
    /// Before that, patterns are not expanded again.
    next_rescan: Instant,
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
            exact_paths: HashSet::new(),
            tracker: RotationTracker::new(files.framing),
            totals: ReadTotals::default(),
            saved_positions: saved,
            rescan_due: false,
            next_rescan: Instant::now(),
        };
        tail.configure(files);
        tail
    }

    /// Closes the live files that were read to their end. They are opened again when they have grown.
    pub(super) fn close_read_files(&mut self) {
        self.tracker.logs.evict_read();
    }

    /// Reads one log. Returns [`ReadEnd::Budget`] if there may be more to read.
    fn read_log(
        &mut self,
        at: usize,
        budget: usize,
        buffer: &mut ReadBuffer,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> ReadEnd {
        let mut was_truncated = false;
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
                // One that seems to be emptied again and again must not delay the others.
                Ok(ReadEnd::Truncated) if was_truncated => return ReadEnd::AtEnd,
                Ok(ReadEnd::Truncated) => {
                    was_truncated = true;
                    self.tracker.restart_truncated(at);
                }
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
        let mut restarted = None;
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
                    if restarted.replace(file.identity()) == Some(file.identity()) {
                        next += 1;
                        continue;
                    }
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
                self.tracker.retry_resume();
                self.rescan_in_turn();
                self.tracker.logs.evict_cold();
                if self.tracker.logs.len() <= MAX_PER_TICK {
                    self.tracker.logs.mark_all_due();
                }
            }
            Hint::All => {
                self.rescan_in_turn();
                self.tracker.logs.mark_all_due();
            }
            // File events tell what has changed; this finds what they have missed.
            Hint::Tick => {
                self.tracker.logs.mark_next_due();
                if descriptors::are_short() {
                    self.tracker.logs.evict_cold();
                }
            }
            Hint::Renamed { from, to } => self.tracker.logs.note_rename(from, to),
            Hint::Path(path) => {
                let is_new = |spec: &PathSpec| spec.pattern.is_some() && spec.covers(path);
                if let Some(at) = self.tracker.logs.find(path) {
                    self.tracker.logs.mark_due(at);
                } else if self.paths.iter().any(is_new) {
                    self.follow_new(path);
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
        let deadline = Instant::now() + MAX_READ_TIME;
        if self.rescan_due && Instant::now() >= self.next_rescan {
            self.rescan(&[]);
        }
        // Each log once: those that become due meanwhile are for the next read.
        let mut more = !self.tracker.resume_all(deadline);
        let due = if more {
            0
        } else {
            self.tracker.logs.due_count()
        };
        for handled in 1..=due {
            let used = (self.totals.bytes - before.bytes) as usize;
            let late = handled % LOGS_PER_CLOCK == 0 && Instant::now() > deadline;
            if used >= budget || late {
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
            } else if !descriptors::has_room() {
                // Another source needs the descriptor.
                self.tracker.logs.evict_if_only(at);
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
        let logs = &self.tracker.logs;
        let up = self.paths.iter().all(|spec| match spec.pattern {
            Some(_) => logs
                .iter()
                .any(|it| it.is_readable() && spec.covers(&it.path)),
            None => {
                let log = logs.find(&spec.path).map(|at| logs.get(at));
                log.is_some_and(|it| it.path == spec.path && it.is_readable())
            }
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

    fn has_own_limit(&self) -> bool {
        false
    }

    fn reconfigure(&mut self, input: &Input) -> bool {
        match input {
            Input::Files(files)
                if files.framing == self.tracker.framing && !files.are_on_unreliable_mount() =>
            {
                self.configure(files);
                true
            }
            _ => false,
        }
    }
}

#[path = "tail_paths.rs"]
mod paths;
#[cfg(test)]
#[path = "rotation_tests.rs"]
mod rotation_tests;
#[cfg(test)]
#[path = "tail_tests.rs"]
mod tests;
