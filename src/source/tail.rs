//! One configured log, or pattern of logs, followed through rotation.
//!
//! A name and the file behind it are two things: the name may come to mean another file at any
//! time, and the writer may go on writing to the old one. So the old file stays open and is read
//! until nobody can be writing to it any more, while the new one is read from its beginning.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{debug, warn};

use super::entry::Entry;
use super::file::{Read, TailFile, Tally};
use super::identity::{FilePlace, Identity};
use super::names::{Named, ReadFrom};
use super::{
    Files, Framing, Input, News, Place, Progress, Rotations, Scratch, Source, Status, StreamId,
    discover,
};

/// How long a file that its name no longer means is kept open after its last growth.
const QUIET: Duration = Duration::from_secs(60);
/// The same for one that has no name at all any more.
const QUIET_UNLINKED: Duration = Duration::from_secs(5);
/// How many such files one name keeps open; rotation in a loop must not use up descriptors.
const MOST_OLD: usize = 32;
/// How many entries are looked at when time has passed, and nothing is known to have happened.
const AT_ONCE: usize = 256;
/// How many such files all names together keep open.
const MOST_OLD_OF_ALL: usize = 256;

/// A source of one or more files that grow.
pub struct Tail {
    name: String,
    names: Vec<Named>,
    pub(super) framing: Framing,
    pub(super) entries: Vec<Entry>,
    /// Entries by path and by target.
    by_path: HashMap<PathBuf, usize>,
    /// The entries that are to be looked at, in turn, so that one busy log does not keep the others
    /// waiting. Among thousands, only those cost anything.
    due: VecDeque<usize>,
    /// The entry behind the last one that was looked at because time had passed.
    turn: usize,
    /// Whether there may be files to be found before anything else is read.
    pub(super) seeking: bool,
    pub(super) tally: Tally,
    pub(super) rotations: Rotations,
    /// Where reading stopped behind paths that are not followed now, should they be again.
    left_off: HashMap<PathBuf, Vec<FilePlace>>,
    /// Files have been opened, parted or closed since the last read.
    pub(super) changed: bool,
}

impl Tail {
    /// A source of the given files and patterns, which should be absolute, under a name. It goes on
    /// from `place`.
    pub fn new(name: String, files: &Files, place: Place) -> Self {
        let mut left_off: HashMap<PathBuf, Vec<FilePlace>> = HashMap::new();
        if let Place::Files(files) = place {
            for place in files.into_iter().filter(FilePlace::is_sound) {
                left_off.entry(place.path.clone()).or_default().push(place);
            }
        }
        let mut tail = Tail {
            name,
            names: Vec::new(),
            framing: files.framing,
            entries: Vec::new(),
            by_path: HashMap::new(),
            due: VecDeque::new(),
            turn: 0,
            seeking: true,
            tally: Tally::default(),
            rotations: Rotations::default(),
            left_off,
            changed: false,
        };
        tail.look_for(files);
        tail
    }

    /// Changes what is followed. Files that stay keep their positions; the others are closed, and
    /// go on where they were should they come back.
    fn look_for(&mut self, files: &Files) {
        self.names = files.paths.iter().cloned().map(Named::new).collect();
        let Tail {
            names,
            entries,
            left_off,
            ..
        } = self;
        entries.retain(|entry| {
            let stays = names.iter().any(|name| name.covers(&entry.path));
            if !stays {
                left_off.insert(entry.path.clone(), entry.places().collect());
            }
            stays
        });
        self.index();
        // What was followed before is gone on with, even if rotation has left nothing at its name.
        let mut before: Vec<PathBuf> = self.left_off.keys().cloned().collect();
        before.retain(|path| self.names.iter().any(|name| name.covers(path)));
        before.sort();
        // What has come to a pattern since is new.
        let names: Vec<bool> = self
            .names
            .iter()
            .map(|name| files.from == ReadFrom::End && !before.iter().any(|path| name.covers(path)))
            .collect();
        for path in before {
            self.add(path, false);
        }
        self.scan(&names);
    }

    /// Has an entry looked at by one of the next reads.
    fn mark(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        if !std::mem::replace(&mut entry.dirty, true) {
            self.due.push_back(at);
        }
    }

    fn mark_all(&mut self) {
        (0..self.entries.len()).for_each(|at| self.mark(at));
    }

    pub(super) fn index(&mut self) {
        let dirty = self.entries.iter().enumerate().filter(|(_, it)| it.dirty);
        self.due = dirty.map(|(at, _)| at).collect();
        self.by_path.clear();
        for (at, entry) in self.entries.iter().enumerate() {
            self.by_path.insert(entry.path.clone(), at);
            if let Some(target) = &entry.target {
                self.by_path.entry(target.clone()).or_insert(at);
            }
        }
    }

    fn add(&mut self, path: PathBuf, to_end: bool) {
        let known = self
            .by_path
            .get(&path)
            .is_some_and(|at| self.entries[*at].path == path);
        if !known {
            self.by_path.insert(path.clone(), self.entries.len());
            let left_off = self.left_off.remove(&path);
            let mut entry = Entry::new(path, to_end && left_off.is_none());
            entry.take(left_off.unwrap_or_default());
            self.seeking |= !entry.sought.is_empty();
            self.due.push_back(self.entries.len());
            self.entries.push(entry);
            self.changed = true;
        }
    }

    /// Looks for new files, and forgets those that are gone and read to their end. `to_end` is
    /// about each name.
    fn scan(&mut self, to_end: &[bool]) {
        let mut found = Vec::new();
        for (at, name) in self.names.iter_mut().enumerate() {
            let to_end = to_end.get(at).copied().unwrap_or_default();
            let by_path = &self.by_path;
            let paths = name.expand(|path| by_path.contains_key(path));
            found.extend(paths.into_iter().map(|path| (path, to_end)));
        }
        for (path, to_end) in found {
            self.add(path, to_end);
        }
        let names = &self.names;
        let before = self.entries.len();
        self.entries.retain(|entry| {
            !entry.is_idle()
                || names
                    .iter()
                    .any(|name| name.pattern.is_none() && name.path == entry.path)
                || entry.path.exists()
        });
        if self.entries.len() != before {
            self.changed = true;
            self.index();
        }
    }

    /// Reads the earlier files of an entry, and gives up those nobody writes to any more.
    fn drain(
        &mut self,
        at: usize,
        budget: usize,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> Read {
        if self.entries[at].old.is_empty() {
            return Read::AtEnd;
        }
        let twins: Vec<Identity> = self.entries.iter().filter_map(|entry| entry.twin).collect();
        let all: usize = self.entries.iter().map(|entry| entry.old.len()).sum();
        let entry = &mut self.entries[at];
        let mut next = 0;
        while next < entry.old.len() {
            let surplus = entry.old.len() > MOST_OLD || all > MOST_OLD_OF_ALL;
            let file = &mut entry.old[next];
            let done = match file.read(budget, scratch, &mut self.tally, sink) {
                Ok(Read::More) => return Read::More,
                Ok(Read::Truncated) => {
                    self.rotations.truncated += 1;
                    file.restart();
                    continue;
                }
                Ok(Read::AtEnd) => {
                    let limit = if file.linked() { QUIET } else { QUIET_UNLINKED };
                    // Closing a file that another path means would make it new to that path.
                    (file.quiet() > limit && !twins.contains(&file.identity()))
                        || file.settled
                        || surplus
                }
                Err(error) => {
                    warn!(path = %entry.path.display(), %error, "giving up a rotated log");
                    true
                }
            };
            if done {
                let mut file = entry.old.remove(next);
                debug!(
                    path = %entry.path.display(), inode = file.inode(), position = file.offset(),
                    "rotated log is read to its end"
                );
                if let Err(error) = file.flush(scratch, &mut self.tally, sink) {
                    warn!(path = %entry.path.display(), %error, "lost a rotated log's last line");
                }
                entry.remember(&file);
                self.changed = true;
            } else {
                next += 1;
            }
        }
        Read::AtEnd
    }

    /// Reads one entry; `More` if the budget ended it.
    fn read_entry(
        &mut self,
        at: usize,
        budget: usize,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> Read {
        loop {
            self.unpark(at);
            self.find_sought(at);
            if self.drain(at, budget, scratch, sink) == Read::More {
                return Read::More;
            }
            if self.entries[at].parked.is_some() {
                return Read::AtEnd;
            }
            if self.entries[at].live.is_none() {
                self.open(at, scratch);
                // What came and went before it is to be read first.
                if std::mem::take(&mut self.entries[at].found) {
                    continue;
                }
            }
            let entry = &mut self.entries[at];
            let Some(live) = &mut entry.live else {
                return Read::AtEnd;
            };
            let (empty, looks) = (live.was_empty().then(|| live.modified()), self.tally.looks);
            let read = live.read(budget, scratch, &mut self.tally, sink);
            if let Some(since) = empty
                && self.tally.looks != looks
                && self.find_newer(at, since)
            {
                continue;
            }
            match read {
                Ok(Read::More) => return Read::More,
                Ok(Read::Truncated) => self.truncated(at),
                Ok(Read::AtEnd) => {
                    if !self.part(at) {
                        return Read::AtEnd;
                    }
                }
                Err(error) => {
                    self.entries[at].in_trouble(&error);
                    return Read::AtEnd;
                }
            }
        }
    }
}

impl Source for Tail {
    fn name(&self) -> &str {
        &self.name
    }

    fn notice(&mut self, news: News<'_>) {
        match news {
            News::Rescan => {
                self.scan(&[]);
                if self.entries.len() <= AT_ONCE {
                    self.mark_all();
                }
            }
            News::Everything => {
                self.scan(&[]);
                self.mark_all();
            }
            News::Tick => {
                // Events tell of what happens; this is for those that were missed.
                let count = self.entries.len();
                let first = self.turn;
                for at in (0..count.min(AT_ONCE)).map(|i| (first + i) % count) {
                    self.mark(at);
                }
                self.turn = (first + AT_ONCE.min(count)) % count.max(1);
            }
            News::Path(path) => {
                if let Some(at) = self.by_path.get(path) {
                    self.mark(*at);
                } else if self
                    .names
                    .iter()
                    .any(|n| n.pattern.is_some() && n.covers(path))
                {
                    self.add(path.to_path_buf(), false);
                } else {
                    // It may be the new name of a rotated file that is still written to.
                    for at in 0..self.entries.len() {
                        if !self.entries[at].old.is_empty() {
                            self.mark(at);
                        }
                    }
                }
            }
        }
    }

    fn read(
        &mut self,
        budget: usize,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress {
        let before = self.tally.bytes;
        let looks = self.tally.looks;
        // Before any path is opened anew: it may mean what another one meant.
        if std::mem::take(&mut self.seeking) {
            for at in 0..self.entries.len() {
                self.find_sought(at);
                self.seeking |= !self.entries[at].sought.is_empty();
            }
            // Targets of links that were not opened.
            self.index();
        }
        // Each once: what becomes due meanwhile is for the next read.
        let mut more = false;
        for _ in 0..self.due.len() {
            let used = (self.tally.bytes - before) as usize;
            if used >= budget {
                more = true;
                break;
            }
            let Some(at) = self.due.pop_front() else {
                break;
            };
            if at >= self.entries.len() || !self.entries[at].dirty {
                continue;
            }
            self.entries[at].dirty = false;
            let stream = self.entries[at].stream;
            let sink = &mut |lines: &[&[u8]]| sink(stream, lines);
            if self.read_entry(at, budget - used, scratch, sink) == Read::More {
                self.mark(at);
            }
        }
        Progress {
            bytes: (self.tally.bytes - before) as usize,
            more: more || !self.due.is_empty(),
            changed: std::mem::take(&mut self.changed) || self.tally.looks != looks,
        }
    }

    fn status(&self) -> Status {
        let up = self.names.iter().all(|name| {
            self.entries
                .iter()
                .any(|entry| entry.readable() && name.covers(&entry.path))
        });
        let files = self
            .entries
            .iter()
            .flat_map(|entry| entry.old.iter().chain(&entry.live));
        Status {
            bytes: self.tally.bytes,
            lag_bytes: files.map(TailFile::lag).sum::<u64>()
                + self.parked().map(|parked| parked.lag).sum::<u64>(),
            up,
            rotations: self.rotations,
            truncated: self.tally.truncated,
            dropped: 0,
        }
    }

    fn directories(&self) -> Vec<PathBuf> {
        let mut directories: Vec<PathBuf> = self
            .names
            .iter()
            .map(|name| discover::base(&name.path.to_string_lossy()))
            .collect();
        for entry in &self.entries {
            let Some(parent) = entry.path.parent() else {
                continue;
            };
            if directories.last().is_none_or(|last| last != parent) {
                directories.push(parent.to_path_buf());
            }
            directories.extend(
                entry
                    .target
                    .as_deref()
                    .and_then(Path::parent)
                    .map(Path::to_owned),
            );
        }
        directories.sort();
        directories.dedup();
        directories
    }

    fn place(&self) -> Place {
        let left_off = self.left_off.values().flatten().cloned();
        let files = self.entries.iter().flat_map(Entry::places);
        Place::Files(files.chain(left_off).collect())
    }

    fn change(&mut self, input: &Input) -> bool {
        match input {
            Input::Files(files) if files.framing == self.framing => {
                self.look_for(files);
                true
            }
            _ => false,
        }
    }
}
