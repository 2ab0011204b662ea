//! The followed logs of a source: which of them are to be checked, and which have files open.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};

use super::followed_log::FollowedLog;
use super::identity::Identity;
use super::tail_file::TailFile;

/// How many live files are open at a time. With more, those that have not grown for the longest time
/// are closed, and checked by their paths.
const MAX_OPEN: usize = 256;
/// How many logs are checked with a tick, without any event.
pub(crate) const MAX_PER_TICK: usize = 256;

/// All logs of a source, by index.
#[derive(Default)]
pub(crate) struct LogSet {
    logs: Vec<FollowedLog>,
    /// Indices by path, and by target.
    by_path: HashMap<PathBuf, usize>,
    /// The logs that are to be checked, in turn, so that a busy one does not delay the others. Among
    /// thousands of logs, only these cost anything.
    due: VecDeque<usize>,
    /// The log with which the next tick begins.
    next_tick: usize,
}

impl LogSet {
    pub fn len(&self) -> usize {
        self.logs.len()
    }

    pub fn get(&self, at: usize) -> &FollowedLog {
        &self.logs[at]
    }

    pub fn get_mut(&mut self, at: usize) -> &mut FollowedLog {
        &mut self.logs[at]
    }

    pub fn iter(&self) -> impl Iterator<Item = &FollowedLog> {
        self.logs.iter()
    }

    /// The log whose path or target this is.
    pub fn find(&self, path: &Path) -> Option<usize> {
        self.by_path.get(path).copied()
    }

    /// Whether a log has this path.
    pub fn has_path(&self, path: &Path) -> bool {
        self.find(path).is_some_and(|at| self.logs[at].path == path)
    }

    /// Adds a log, which is due.
    pub fn push(&mut self, log: FollowedLog) {
        self.by_path.insert(log.path.clone(), self.logs.len());
        self.due.push_back(self.logs.len());
        self.logs.push(log);
    }

    /// Removes logs. Returns whether any was removed.
    pub fn retain(&mut self, keep: impl FnMut(&FollowedLog) -> bool) -> bool {
        let before = self.logs.len();
        self.logs.retain(keep);
        let removed = self.logs.len() != before;
        if removed {
            self.reindex();
        }
        removed
    }

    /// To be called when the target of a log has changed.
    pub fn reindex(&mut self) {
        let due = self.logs.iter().enumerate().filter(|(_, log)| log.due);
        self.due = due.map(|(at, _)| at).collect();
        self.by_path.clear();
        for (at, log) in self.logs.iter().enumerate() {
            self.by_path.insert(log.path.clone(), at);
            if let Some(target) = &log.target {
                self.by_path.entry(target.clone()).or_insert(at);
            }
        }
    }

    /// Has a log checked by one of the next reads.
    pub fn mark_due(&mut self, at: usize) {
        if !std::mem::replace(&mut self.logs[at].due, true) {
            self.due.push_back(at);
        }
    }

    pub fn mark_all_due(&mut self) {
        (0..self.logs.len()).for_each(|at| self.mark_due(at));
    }

    /// Has some logs checked, without any event for them: the next ones in turn.
    pub fn mark_next_due(&mut self) {
        let count = self.logs.len();
        let first = self.next_tick;
        for at in (0..count.min(MAX_PER_TICK)).map(|i| (first + i) % count) {
            self.mark_due(at);
        }
        self.next_tick = (first + MAX_PER_TICK.min(count)) % count.max(1);
    }

    /// Has the logs checked that have rotated files open.
    pub fn mark_rotated_due(&mut self) {
        for at in 0..self.logs.len() {
            if !self.logs[at].rotated.is_empty() {
                self.mark_due(at);
            }
        }
    }

    /// Tells the logs that a file was renamed, and has those checked that it belonged to.
    pub fn note_rename(&mut self, from: &Path, to: &Path) {
        for at in 0..self.logs.len() {
            if self.logs[at].note_rename(from, to) {
                self.mark_due(at);
            }
        }
    }

    /// How many logs are due, some of them possibly twice.
    pub fn due_count(&self) -> usize {
        self.due.len()
    }

    /// Takes the next log of the queue, unless it is no longer due.
    pub fn take_due(&mut self) -> Option<usize> {
        let at = self.due.pop_front()?;
        let log = self.logs.get_mut(at)?;
        std::mem::take(&mut log.due).then_some(at)
    }

    /// Whether a log has this file open, or has evicted it.
    pub fn holds(&self, identity: Identity) -> bool {
        self.logs.iter().any(|log| log.holds(identity))
    }

    /// Whether a path leads to this file while another one reads it.
    pub fn has_duplicate_of(&self, identity: Identity) -> bool {
        self.logs
            .iter()
            .any(|log| log.duplicate_of == Some(identity))
    }

    /// How many rotated files are open.
    pub fn rotated_count(&self) -> usize {
        self.logs.iter().map(|log| log.rotated.len()).sum()
    }

    /// Bytes that were not read yet.
    pub fn lag(&self) -> u64 {
        let open = |log: &FollowedLog| -> u64 {
            let files = log.rotated.iter().chain(&log.live);
            files.map(TailFile::lag).sum()
        };
        let evicted = |log: &FollowedLog| log.evicted.as_ref().map_or(0, |evicted| evicted.lag);
        self.logs.iter().map(|log| open(log) + evicted(log)).sum()
    }

    /// Whether another live file may be opened.
    pub fn has_room(&self) -> bool {
        let open = self.logs.iter().filter(|log| log.live.is_some());
        open.count() < MAX_OPEN
    }

    /// Closes the live file that has not grown for the longest time, if too many are open.
    pub fn make_room(&mut self) {
        if self.has_room() {
            return;
        }
        let open = self.logs.iter_mut().filter(|log| log.live.is_some());
        // Files that are due only if there are no others.
        let idlest = open.min_by_key(|log| (log.due, log.live.as_ref().map(TailFile::last_growth)));
        if let Some(log) = idlest {
            log.evict();
        }
    }
}
