//! The followed logs of a source: which of them are to be checked, and which have files open.
//!
//! There may be tens of thousands of them, so nothing that is done for one log looks at all of them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::followed_log::FollowedLog;
use super::identity::Identity;
use super::tail_file::TailFile;
use crate::descriptors;

/// How many live files are open at a time. With more, those that have not grown for the longest time
/// are closed, and checked by their paths.
const MAX_OPEN: usize = 256;
/// How many logs are checked with a tick, without any event.
pub(crate) const MAX_PER_TICK: usize = 256;
/// How long a live file stays open without growing while other sources need descriptors.
const COLD: Duration = Duration::from_secs(10);

/// All logs of a source, by index.
///
/// The indices below are kept up to date by [`LogSet::note_files`] and [`LogSet::set_target`]. They may hold more than
/// is true now, and never less: what they lead to is checked.
#[derive(Default)]
pub(crate) struct LogSet {
    logs: Vec<FollowedLog>,
    /// Indices by path, and by target.
    by_path: HashMap<PathBuf, usize>,
    /// The logs with these targets, or of which a file was renamed to these paths.
    by_other_name: HashMap<PathBuf, Vec<usize>>,
    /// The logs that have this file open, or have evicted it.
    by_file: HashMap<Identity, Vec<usize>>,
    /// The logs with a live file that is open.
    open: HashSet<usize>,
    /// The logs with rotated files that are open.
    rotated: HashSet<usize>,
    /// The logs that are to be checked, in turn, so that a busy one does not delay the others. Among
    /// thousands of logs, only these cost anything.
    due: VecDeque<usize>,
    /// The log with which the next tick begins.
    next_tick: usize,
    /// How many logs were looked at to answer questions about all of them.
    #[cfg(test)]
    pub looked_at: std::cell::Cell<usize>,
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

    fn reindex(&mut self) {
        let due = self.logs.iter().enumerate().filter(|(_, log)| log.due);
        self.due = due.map(|(at, _)| at).collect();
        self.by_path.clear();
        self.by_other_name.clear();
        self.by_file.clear();
        self.open.clear();
        self.rotated.clear();
        for at in 0..self.logs.len() {
            self.by_path.insert(self.logs[at].path.clone(), at);
        }
        for at in 0..self.logs.len() {
            for name in &self.logs[at].renamed_to {
                add(&mut self.by_other_name, name, at);
            }
            self.note_target(at);
            self.note_files(at);
        }
    }

    /// Changes the target of a log.
    pub fn set_target(&mut self, at: usize, target: Option<PathBuf>) {
        let before = std::mem::replace(&mut self.logs[at].target, target);
        if before == self.logs[at].target {
            return;
        }
        if let Some(before) = before {
            if self.by_path.get(&before) == Some(&at) && self.logs[at].path != before {
                self.by_path.remove(&before);
            }
            remove(&mut self.by_other_name, &before, at);
            // Another log may lead there too.
            let mut others = self.by_other_name.get(&before).into_iter().flatten();
            let leads_there = |at: &&usize| self.logs[**at].target.as_ref() == Some(&before);
            if let Some(other) = others.find(leads_there).copied() {
                self.by_path.entry(before).or_insert(other);
            }
        }
        self.note_target(at);
    }

    fn note_target(&mut self, at: usize) {
        if let Some(target) = &self.logs[at].target {
            self.by_path.entry(target.clone()).or_insert(at);
            add(&mut self.by_other_name, target, at);
        }
    }

    /// To be called when a log has opened or evicted a file.
    pub fn note_files(&mut self, at: usize) {
        let log = &self.logs[at];
        for file in log.files() {
            let holders = self.by_file.entry(file).or_default();
            holders.retain(|it| *it != at && self.logs.get(*it).is_some_and(|log| log.holds(file)));
            holders.push(at);
        }
        if log.live.is_some() {
            self.open.insert(at);
        }
        if !log.rotated.is_empty() {
            self.rotated.insert(at);
        }
        // Those of files that are gone for good.
        if self.by_file.len() > 1024 + 4 * self.logs.len() {
            let logs = &self.logs;
            self.by_file.retain(|file, holders| {
                holders.retain(|at| logs[*at].holds(*file));
                !holders.is_empty()
            });
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
        let logs = &self.logs;
        self.rotated.retain(|at| !logs[*at].rotated.is_empty());
        let mut rotated: Vec<usize> = self.rotated.iter().copied().collect();
        rotated.sort_unstable();
        rotated.into_iter().for_each(|at| self.mark_due(at));
    }

    /// Tells the logs that a file was renamed, and has those checked that it belonged to.
    pub fn note_rename(&mut self, from: &Path, to: &Path) {
        let mut candidates = self.by_other_name.get(from).cloned().unwrap_or_default();
        candidates.extend(self.find(from));
        candidates.sort_unstable();
        candidates.dedup();
        for at in candidates {
            self.look_at(1);
            let log = &mut self.logs[at];
            let oldest = log.renamed_to.front().cloned();
            if log.note_rename(from, to) {
                let is_forgotten = |name: &Path| {
                    log.target.as_deref() != Some(name)
                        && !log.renamed_to.iter().any(|it| it == name)
                };
                for name in oldest.as_deref().into_iter().chain([from]) {
                    if is_forgotten(name) {
                        remove(&mut self.by_other_name, name, at);
                    }
                }
                add(&mut self.by_other_name, to, at);
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
        let holders = self.by_file.get(&identity);
        self.look_at(holders.map_or(0, Vec::len));
        let held = holders.is_some_and(|it| it.iter().any(|at| self.logs[*at].holds(identity)));
        #[cfg(test)]
        assert!(
            held || self.logs.len() > 1000 || !self.logs.iter().any(|it| it.holds(identity)),
            "a file is missing in the index"
        );
        held
    }

    /// Whether a path leads to this file while another one reads it.
    pub fn has_duplicate_of(&self, identity: Identity) -> bool {
        self.logs
            .iter()
            .any(|log| log.duplicate_of == Some(identity))
    }

    /// How many rotated files are open.
    pub fn rotated_count(&self) -> usize {
        self.look_at(self.rotated.len());
        let logs = self.rotated.iter().map(|at| self.logs[*at].rotated.len());
        logs.sum()
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
        self.open.len() < MAX_OPEN && descriptors::has_room()
    }

    /// Closes the live file that has not grown for the longest time, if too many are open.
    pub fn make_room(&mut self) {
        let logs = &self.logs;
        if !self.has_room() {
            self.open.retain(|at| logs[*at].live.is_some());
        }
        if self.has_room() {
            return;
        }
        self.look_at(self.open.len());
        // Files that are due only if there are no others.
        let idlest = self.open.iter().min_by_key(|at| {
            let log = &self.logs[**at];
            (log.due, log.live.as_ref().map(TailFile::last_growth))
        });
        if let Some(at) = idlest.copied() {
            self.evict(at);
        }
    }

    /// Closes the live file of a log.
    pub fn evict(&mut self, at: usize) {
        self.logs[at].evict();
        self.open.remove(&at);
    }

    /// Closes the live file of a log that was read to its end, if its source has no other one that it could close.
    pub fn evict_if_only(&mut self, at: usize) {
        if self.open.len() == 1 && self.logs[at].live.is_some() {
            self.evict(at);
        }
    }

    /// Closes all live files that were read to their end.
    pub fn evict_read(&mut self) {
        let read = self.open.iter().filter(|at| !self.logs[**at].due);
        for at in read.copied().collect::<Vec<_>>() {
            self.evict(at);
        }
    }

    /// Closes live files that were read to their end and have not grown for a while, as long as all sources together
    /// have more files open than they should.
    pub fn evict_cold(&mut self) {
        self.evict_cold_while(|_| !descriptors::has_room(), descriptors::are_short);
    }

    /// As [`LogSet::evict_cold`]. While `are_short`, files that have just grown are closed too.
    fn evict_cold_while(
        &mut self,
        are_too_many: impl Fn(&Self) -> bool,
        are_short: impl Fn() -> bool,
    ) {
        if !are_too_many(self) {
            return;
        }
        let age = |at: &usize| self.logs[*at].live.as_ref().map(TailFile::idle_time);
        let cold = self.open.iter().filter(|at| !self.logs[**at].due);
        let cold = cold.filter_map(|at| Some((age(at)?, *at)));
        let mut cold: Vec<(Duration, usize)> = cold.collect();
        cold.sort_unstable_by(|a, b| b.cmp(a));
        for (age, at) in cold {
            if !are_too_many(self) || (age < COLD && !are_short()) {
                return;
            }
            self.evict(at);
        }
    }

    #[cfg_attr(not(test), allow(clippy::unused_self))]
    fn look_at(&self, _logs: usize) {
        #[cfg(test)]
        self.looked_at.set(self.looked_at.get() + _logs);
    }
}

fn add(index: &mut HashMap<PathBuf, Vec<usize>>, name: &Path, at: usize) {
    match index.get_mut(name) {
        Some(logs) if logs.contains(&at) => {}
        Some(logs) => logs.push(at),
        None => {
            index.insert(name.to_owned(), vec![at]);
        }
    }
}

fn remove(index: &mut HashMap<PathBuf, Vec<usize>>, name: &Path, at: usize) {
    if let Some(logs) = index.get_mut(name) {
        logs.retain(|it| *it != at);
        if logs.is_empty() {
            index.remove(name);
        }
    }
}

#[cfg(test)]
#[path = "log_set_tests.rs"]
mod tests;
