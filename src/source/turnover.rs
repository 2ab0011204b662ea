//! What a name comes to mean: files are opened, found again, taken for rotated, and put aside.
//!
//! It stands apart from [`super::tail`], which reads, because here every decision is made about
//! which file is which.

use std::io;
use std::path::{Path, PathBuf};

use tracing::{debug, info, warn};

use super::Scratch;
use super::entry::{Parked, elsewhere, link};
use super::file::{Seen, TailFile};
use super::identity::{FilePlace, HEAD, Identity, Stamp, State};
use super::tail::Tail;
use super::walk::{Walk, Walked};

/// How many live files are open at a time. Beyond, those that have not grown for the longest are
/// closed, and looked at by their names.
const MOST_OPEN: usize = 256;

impl Tail {
    /// Opens what the entry's path means now.
    pub(super) fn open(&mut self, at: usize, scratch: &mut Scratch) {
        let path = self.entries[at].path.clone();
        self.make_room();
        let opened = TailFile::open(&path, self.framing).and_then(|mut file| {
            if let Some(place) = self.read_before(at, &mut file)? {
                file.resume(&place);
                self.entries[at].done.retain(|done| *done != place);
            } else if self.entries[at].to_end {
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
                entry.in_trouble(&error);
                if entry.parted {
                    self.find_unseen(at);
                }
                return;
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
        let parted = std::mem::take(&mut entry.parted);
        self.set_live(at, file);
        if parted && !self.is_next(at) {
            self.find_unseen(at);
        }
    }

    fn set_live(&mut self, at: usize, mut file: TailFile) {
        let entry = &mut self.entries[at];
        info!(
            path = %entry.path.display(), inode = file.inode(), position = file.offset(),
            "reading log"
        );
        file.target = link(&entry.path);
        entry.twin = None;
        entry.trouble = None;
        entry.live = Some(file);
        self.changed = true;
        let target = elsewhere(&entry.path);
        if entry.target != target {
            entry.target = target;
            self.index();
        }
    }

    /// Where reading stopped in a file that was read under this name and closed, or of which this
    /// is a faithful copy.
    fn read_before(&self, at: usize, file: &mut TailFile) -> io::Result<Option<FilePlace>> {
        let entry = &self.entries[at];
        let mut done = entry.done.iter().rev().peekable();
        if done.peek().is_none() && entry.old.is_empty() {
            return Ok(None);
        }
        let beginning = file.beginning()?;
        let old = entry
            .old
            .iter()
            .map(|old| old.place(&entry.path, State::Draining));
        Ok(done.cloned().chain(old).find(|place| {
            // A short beginning may be any log's.
            let telling = place.identity == file.identity() || place.head.len as usize == HEAD;
            telling && place.head.len > 0 && file.matches(&beginning, place)
        }))
    }

    /// Whether nothing can have come between the live file and the newest old one: that has the
    /// first of the names of rotation.
    fn is_next(&self, at: usize) -> bool {
        let entry = &self.entries[at];
        let mut first = entry.path.clone().into_os_string();
        first.push(".1");
        let identity = std::fs::metadata(&first).map(|metadata| Identity::of(&metadata));
        entry
            .old
            .last()
            .is_some_and(|old| !old.is_empty() && identity.is_ok_and(|it| it == old.identity()))
    }

    /// Looks for files that came and went between the live file and those before it.
    fn find_unseen(&mut self, at: usize) -> bool {
        let entry = &self.entries[at];
        // Its writer may have gone on for long while others came and went.
        let since = entry.old.last().map(|old| {
            if old.is_empty() {
                old.modified()
            } else {
                old.born()
            }
        });
        let since = since.or(entry.done.last().map(|done| done.modified));
        // One that has a name elsewhere shows that rotation does not put its files here.
        let since = since.filter(|_| {
            !entry
                .old
                .last()
                .is_some_and(|old| old.has_name() && !old.is_empty())
        });
        self.find_after(at, since)
    }

    /// Looks for files that came and went before the live file and after the last one that is
    /// known, which was written to at `since`. Whether there are any.
    pub(super) fn find_newer(&mut self, at: usize, since: Stamp) -> bool {
        self.find_after(at, Some(since))
    }

    fn find_after(&mut self, at: usize, since: Option<Stamp>) -> bool {
        let newest = self.entries[at].live.as_ref().map(TailFile::identity);
        let walked = self.walk(at, &[], false, newest, false, since);
        // A directory that cannot be listed has been told of when its file could not be opened.
        walked.is_ok_and(|walked| self.take_unseen(at, walked.unseen))
    }

    fn take_unseen(&mut self, at: usize, unseen: Vec<TailFile>) -> bool {
        let entry = &mut self.entries[at];
        for file in &unseen {
            let (path, inode) = (entry.path.display(), file.inode());
            info!(%path, inode, "log was rotated more than once, reading all of it");
            self.rotations.renamed += 1;
        }
        let any = !unseen.is_empty();
        self.changed |= any;
        entry.found |= any;
        entry.old.extend(unseen);
        any
    }

    fn walk(
        &self,
        at: usize,
        wanted: &[FilePlace],
        very: bool,
        newest: Option<Identity>,
        newest_known: bool,
        since: Option<Stamp>,
    ) -> io::Result<Walked> {
        let entry = &self.entries[at];
        let mut known = entry.done.clone();
        let old = entry.old.iter();
        known.extend(old.map(|file| file.place(&entry.path, State::Draining)));
        let live = entry.live.as_ref();
        let mut paths: Vec<PathBuf> = vec![entry.path.clone()];
        paths.extend(link(&entry.path));
        paths.extend(wanted.iter().filter_map(|place| place.target.clone()));
        paths.extend(entry.old.iter().filter_map(|old| old.target.clone()));
        paths.dedup();
        let walk = Walk {
            framing: self.framing,
            wanted,
            very,
            known: &known,
            open: &|identity| {
                Some(identity) != newest && self.entries.iter().any(|entry| entry.holds(identity))
            },
            newest,
            newest_place: live.map(|file| file.place(&entry.path, State::Live)),
            newest_known,
            since,
        };
        let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
        walk.over(&paths)
    }

    /// Finds the files in which reading stopped, wherever rotation has put them since, and those
    /// that came after them.
    pub(super) fn find_sought(&mut self, at: usize) {
        if self.entries[at].sought.is_empty() {
            return;
        }
        if !self.has_room() && self.entries[at].is_as_it_was() {
            return;
        }
        self.make_room();
        let path = self.entries[at].path.clone();
        let mut wanted = self.entries[at].sought.clone();
        let last = wanted.last().cloned();
        let mut live = None;
        match TailFile::open(&path, self.framing)
            .and_then(|mut file| file.beginning().map(|beginning| (file, beginning)))
        {
            Ok((mut file, beginning)) => {
                // The very file before any that begins as it does.
                let same = |place: &&FilePlace| place.identity == file.identity();
                let order = wanted.iter().filter(same).chain(&wanted).cloned();
                let order: Vec<FilePlace> = order.collect();
                let place = order.iter().find(|place| file.matches(&beginning, place));
                if let Some(place) = place {
                    file.resume(place);
                    wanted.retain(|other| other != place);
                }
                live = Some((file, place.cloned()));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return self.entries[at].in_trouble(&error),
        }
        let matched = live.as_ref().and_then(|(_, place)| place.as_ref());
        // Nothing came after what the name still means. But one that was empty may have been filled
        // and emptied since.
        let current = matched.is_some_and(|place| Some(place) == last.as_ref());
        let look = !current || matched.is_some_and(|place| place.head.len == 0);
        let newest = live.as_ref().map(|(file, _)| file.identity());
        let mut walked = Walked::default();
        if look || !wanted.is_empty() {
            let since = last.as_ref().map(|place| place.modified);
            walked = match self.walk(at, &wanted, true, newest, !look, since) {
                Ok(walked) => walked,
                // It is not there, or cannot be looked at, yet.
                Err(error) => return self.entries[at].in_trouble(&error),
            };
        }
        let entry = &mut self.entries[at];
        for place in entry.sought.drain(..) {
            debug!(
                path = %path.display(), inode = place.identity.inode, position = place.offset,
                head = place.head.len, state = ?place.state, "reading stopped here"
            );
        }
        self.changed = true;
        for (place, found) in wanted.iter().zip(walked.found) {
            let Some(mut file) = found else {
                // One that was empty is among the unseen ones if anything was written to it.
                if place.head.len > 0 {
                    warn!(
                        path = %path.display(), position = place.offset,
                        "cannot find where reading stopped, what was not read of that file is lost"
                    );
                }
                continue;
            };
            file.target.clone_from(&place.target);
            let copied = newest == Some(place.identity);
            file.settled |= copied;
            if place.state == State::Live {
                let rotations = &mut self.rotations;
                let count = if copied {
                    &mut rotations.truncated
                } else {
                    &mut rotations.renamed
                };
                *count += 1;
                info!(
                    path = %path.display(), inode = file.inode(), position = place.offset,
                    "log was rotated meanwhile"
                );
            }
            entry.old.push(file);
        }
        entry.to_end = false;
        entry.parted = live.is_none();
        if look {
            self.take_unseen(at, walked.unseen);
        }
        if let Some((file, _)) = live {
            let taken = self.entries.iter().any(|e| e.holds(file.identity()));
            if !taken {
                self.set_live(at, file);
            }
        }
    }

    /// Compares the open file with what its name means now, and parts them if they differ.
    /// Whether they did.
    pub(super) fn part(&mut self, at: usize) -> bool {
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
            entry.parted = true;
            self.changed = true;
        }
        true
    }

    /// Goes back to the beginning of a live file that was emptied, and reads what was not read
    /// from the copy that was made of it.
    pub(super) fn truncated(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        let Some(live) = &mut entry.live else {
            return;
        };
        let place = live.place(&entry.path, State::Live);
        live.restart();
        self.rotations.truncated += 1;
        self.changed = true;
        let newest = Some(place.identity);
        let since = Some(place.modified);
        let walked = self.walk(
            at,
            std::slice::from_ref(&place),
            false,
            newest,
            false,
            since,
        );
        let walked = walked.unwrap_or_default();
        let entry = &mut self.entries[at];
        let path = entry.path.display();
        match walked.found.into_iter().flatten().next() {
            Some(mut copy) => {
                info!(%path, kind = "truncated", position = place.offset, "log was rotated");
                copy.settled = true;
                entry.old.push(copy);
            }
            None => warn!(
                %path, kind = "truncated", position = place.offset,
                "log was emptied and there is no copy of it, what was not read is lost"
            ),
        }
        self.take_unseen(at, walked.unseen);
    }

    /// The live files that are closed.
    pub(super) fn parked(&self) -> impl Iterator<Item = &Parked> {
        self.entries
            .iter()
            .filter_map(|entry| entry.parked.as_ref())
    }

    fn has_room(&self) -> bool {
        let open = self.entries.iter().filter(|entry| entry.live.is_some());
        open.count() < MOST_OPEN
    }

    /// Closes the live file that has not grown for the longest, if too many are open.
    fn make_room(&mut self) {
        if self.has_room() {
            return;
        }
        let open = self.entries.iter_mut().filter(|entry| entry.live.is_some());
        // Those that are still to be read only if there are no others.
        let longest =
            open.min_by_key(|entry| (entry.dirty, entry.live.as_ref().map(TailFile::grew)));
        if let Some(entry) = longest
            && let Some(live) = entry.live.take()
        {
            entry.parked = Some(Parked {
                place: live.place(&entry.path, State::Live),
                seen: live.seen(),
                lag: live.lag(),
            });
        }
    }

    /// Has the live file that was closed looked for if its name does not mean it any more, or if it
    /// has grown.
    pub(super) fn unpark(&mut self, at: usize) {
        let entry = &mut self.entries[at];
        let Some(parked) = &entry.parked else {
            return;
        };
        match std::fs::metadata(&entry.path) {
            Ok(metadata) if Some(Seen::of(&metadata)) == parked.seen => {}
            Err(error) if error.kind() != io::ErrorKind::NotFound => entry.in_trouble(&error),
            _ => {
                if let Some(parked) = entry.parked.take() {
                    entry.sought.push(parked.place);
                    self.seeking = true;
                }
            }
        }
    }
}
