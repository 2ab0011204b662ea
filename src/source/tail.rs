//! One configured log, or pattern of logs, followed through rotation.
//!
//! A name and the file behind it are two things: the name may come to mean another file at any
//! time, and the writer may go on writing to the old one. So the old file stays open and is read
//! until nobody can be writing to it any more, while the new one is read from its beginning.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tracing::{debug, info, warn};

use super::entry::{Entry, elsewhere};
use super::file::{FilePlace, Identity, Read, TailFile, Tally};
use super::names::{Named, ReadFrom};
use super::{
    Files, Framing, Input, News, Place, Progress, Rotations, Scratch, Source, Status, discover,
};

/// How long a file that its name no longer means is kept open after its last growth.
const QUIET: Duration = Duration::from_secs(60);
/// The same for one that has no name at all any more.
const QUIET_UNLINKED: Duration = Duration::from_secs(5);
/// How many such files one name keeps open; rotation in a loop must not use up descriptors.
const MOST_OLD: usize = 32;

/// A source of one or more files that grow.
pub struct Tail {
    name: String,
    names: Vec<Named>,
    framing: Framing,
    entries: Vec<Entry>,
    /// Entries by path and by target.
    by_path: HashMap<PathBuf, usize>,
    /// The entry whose turn it is, so that one busy log does not keep the others waiting.
    turn: usize,
    tally: Tally,
    rotations: Rotations,
    /// Where reading stopped in files that are no longer followed, should they be again.
    left_off: HashMap<PathBuf, FilePlace>,
}

impl Tail {
    /// A source of the given files and patterns, which should be absolute, under a name. It goes on
    /// from `place`.
    pub fn new(name: String, files: &Files, place: Place) -> Self {
        let left_off = match place {
            Place::Files(files) => files,
            Place::Nowhere | Place::Cursor(_) => Vec::new(),
        };
        let mut tail = Tail {
            name,
            names: Vec::new(),
            framing: files.framing,
            entries: Vec::new(),
            by_path: HashMap::new(),
            turn: 0,
            tally: Tally::default(),
            rotations: Rotations::default(),
            left_off: left_off
                .into_iter()
                .map(|place| (place.path.clone(), place))
                .collect(),
        };
        tail.look_for(files);
        tail
    }

    /// Changes what is followed. Files that stay keep their positions; the others are closed, and
    /// go on where they were should they come back.
    fn look_for(&mut self, files: &Files) {
        self.names = files
            .paths
            .iter()
            .map(|path| {
                let text = path.to_string_lossy();
                let pattern = discover::is_pattern(&text)
                    .then(|| glob::Pattern::new(&text).ok())
                    .flatten();
                Named {
                    path: path.clone(),
                    pattern,
                }
            })
            .collect();
        let Tail {
            names,
            entries,
            left_off,
            ..
        } = self;
        entries.retain(|entry| {
            let stays = names.iter().any(|name| name.covers(&entry.path));
            if let Some(live) = entry.live.as_ref().filter(|_| !stays) {
                left_off.insert(entry.path.clone(), live.place(&entry.path));
            }
            stays
        });
        self.index();
        self.scan(files.from == ReadFrom::End);
    }

    fn index(&mut self) {
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
            self.entries.push(Entry::new(path, to_end));
        }
    }

    /// Looks for new files, and forgets those that are gone and read to their end.
    fn scan(&mut self, to_end: bool) {
        let found: Vec<PathBuf> = self
            .names
            .iter()
            .flat_map(|name| match &name.pattern {
                Some(pattern) => discover::expand(pattern.as_str())
                    .filter(|path| self.by_path.contains_key(path) || path.is_file())
                    .collect(),
                None => vec![name.path.clone()],
            })
            .collect();
        for path in found {
            self.add(path, to_end);
        }
        let names = &self.names;
        let before = self.entries.len();
        self.entries.retain(|entry| {
            entry.live.is_some()
                || !entry.old.is_empty()
                || entry.dirty
                || names
                    .iter()
                    .any(|name| name.pattern.is_none() && name.path == entry.path)
                || entry.path.exists()
        });
        if self.entries.len() != before {
            self.index();
        }
    }

    /// Opens what the entry's path means now.
    fn open(&mut self, at: usize, scratch: &mut Scratch) {
        let path = self.entries[at].path.clone();
        let opened = TailFile::open(&path, self.framing).and_then(|mut file| {
            let known = self
                .left_off
                .remove(&path)
                .is_some_and(|left| file.resume(&left));
            if self.entries[at].to_end && !known {
                file.seek_end(scratch)?;
            }
            Ok(file)
        });
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => {
                let entry = &mut self.entries[at];
                entry.twin = None;
                // What is not there yet will be new when it comes.
                entry.to_end &= error.kind() != io::ErrorKind::NotFound;
                return entry.in_trouble(&error);
            }
        };
        let identity = file.identity();
        // A file that comes back to the name it had.
        if let Some(old) = self.entries[at]
            .old
            .iter()
            .position(|old| old.identity() == identity)
        {
            file = self.entries[at].old.remove(old);
        }
        let taken = self.entries.iter().any(|entry| entry.holds(identity));
        let entry = &mut self.entries[at];
        entry.to_end = false;
        entry.trouble = None;
        if taken {
            if entry.twin.replace(identity).is_none() {
                info!(path = %path.display(), "log is read under another of its names");
            }
            return;
        }
        entry.twin = None;
        info!(path = %path.display(), position = file.offset(), "reading log");
        entry.live = Some(file);
        let target = elsewhere(&path);
        if entry.target != target {
            entry.target = target;
            self.index();
        }
    }

    /// Compares the open file with what its name means now, and parts them if they differ.
    /// Whether they did.
    fn part(&mut self, at: usize) -> bool {
        let entry = &mut self.entries[at];
        let Some(live) = &entry.live else {
            return false;
        };
        match std::fs::metadata(&entry.path) {
            Ok(metadata) if Identity::of(&metadata) == live.identity() => {
                entry.trouble = None;
                return false;
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                entry.in_trouble(&error);
                return false;
            }
            _ => {}
        }
        if let Some(live) = entry.live.take() {
            let (kind, count) = if live.has_name() {
                ("renamed", &mut self.rotations.renamed)
            } else {
                ("replaced", &mut self.rotations.replaced)
            };
            *count += 1;
            info!(path = %entry.path.display(), kind, "log was rotated");
            entry.old.push(live);
        }
        true
    }

    /// Reads the earlier files of an entry, and gives up those nobody writes to any more.
    fn drain(
        &mut self,
        at: usize,
        budget: usize,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Read {
        let twins: Vec<Identity> = self.entries.iter().filter_map(|entry| entry.twin).collect();
        let entry = &mut self.entries[at];
        let mut next = 0;
        while next < entry.old.len() {
            let surplus = entry.old.len() > MOST_OLD;
            let file = &mut entry.old[next];
            let done = match file.read(budget, scratch, &mut self.tally, sink) {
                Ok(Read::More) => return Read::More,
                Ok(Read::Truncated) => {
                    self.rotations.truncated += 1;
                    continue;
                }
                Ok(Read::AtEnd) => {
                    let limit = if file.linked() { QUIET } else { QUIET_UNLINKED };
                    // Closing a file that another path means would make it new to that path.
                    (file.quiet() > limit && !twins.contains(&file.identity())) || surplus
                }
                Err(error) => {
                    warn!(path = %entry.path.display(), %error, "giving up a rotated log");
                    true
                }
            };
            if done {
                let mut file = entry.old.remove(next);
                debug!(path = %entry.path.display(), "rotated log is read to its end");
                if let Err(error) = file.flush(scratch, &mut self.tally, sink) {
                    warn!(path = %entry.path.display(), %error, "lost a rotated log's last line");
                }
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
        sink: &mut dyn FnMut(&[u8]),
    ) -> Read {
        loop {
            if self.drain(at, budget, scratch, sink) == Read::More {
                return Read::More;
            }
            if self.entries[at].live.is_none() {
                self.open(at, scratch);
            }
            let entry = &mut self.entries[at];
            let Some(live) = &mut entry.live else {
                return Read::AtEnd;
            };
            match live.read(budget, scratch, &mut self.tally, sink) {
                Ok(Read::More) => return Read::More,
                Ok(Read::Truncated) => {
                    info!(path = %entry.path.display(), kind = "truncated", "log was rotated");
                    self.rotations.truncated += 1;
                }
                Ok(Read::AtEnd) => {
                    if !self.part(at) {
                        return Read::AtEnd;
                    }
                }
                Err(error) => {
                    entry.in_trouble(&error);
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
            News::Rescan => self.scan(false),
            News::Tick => {}
            News::Path(path) => {
                if let Some(at) = self.by_path.get(path) {
                    self.entries[*at].dirty = true;
                } else if self
                    .names
                    .iter()
                    .any(|n| n.pattern.is_some() && n.covers(path))
                {
                    self.add(path.to_path_buf(), false);
                } else {
                    // It may be the new name of a rotated file that is still written to.
                    for entry in self
                        .entries
                        .iter_mut()
                        .filter(|entry| !entry.old.is_empty())
                    {
                        entry.dirty = true;
                    }
                }
                return;
            }
        }
        for entry in &mut self.entries {
            entry.dirty = true;
        }
    }

    fn read(
        &mut self,
        budget: usize,
        scratch: &mut Scratch,
        sink: &mut dyn FnMut(&[u8]),
    ) -> Progress {
        let before = self.tally.bytes;
        let count = self.entries.len();
        let first = self.turn;
        for at in (0..count).map(|i| (first + i) % count) {
            if !self.entries[at].dirty {
                continue;
            }
            let used = (self.tally.bytes - before) as usize;
            if used >= budget {
                self.turn = at;
                return Progress {
                    bytes: used,
                    more: true,
                    changed: used > 0,
                };
            }
            if self.read_entry(at, budget - used, scratch, sink) == Read::AtEnd {
                self.entries[at].dirty = false;
            }
        }
        let bytes = (self.tally.bytes - before) as usize;
        Progress {
            bytes,
            more: self.entries.iter().any(|entry| entry.dirty),
            changed: bytes > 0,
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
            lag_bytes: files.map(TailFile::lag).sum(),
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
            directories.push(parent.to_path_buf());
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
        let files = self.entries.iter().flat_map(|entry| {
            let open = entry.old.iter().chain(&entry.live);
            open.map(|file| file.place(&entry.path))
        });
        Place::Files(files.collect())
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
