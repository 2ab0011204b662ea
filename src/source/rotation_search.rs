//! Searches the rotated files of a log, from the newest to the first one that is known.
//!
//! One search answers three questions: where a file is now that was read before, which file is the
//! copy of a log that was emptied, and which files were created and rotated since the last check.

use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use tracing::debug;

use super::followed_log::{FollowedLog, link_target};
use super::identity::{FileTime, Identity};
use super::input::Framing;
use super::position::{FilePosition, FileState};
use super::siblings::{self, Listing};
use super::tail_file::TailFile;

/// How often a search is repeated because files were renamed meanwhile: one that is renamed while its
/// directory is listed can be missed.
const MAX_ATTEMPTS: usize = 8;

/// What is searched for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Query<'a> {
    /// Positions in files that are to be found.
    pub wanted: &'a [FilePosition],
    /// Whether a file with the inode of a position is preferred to a copy of it. If not, the newest
    /// copy is taken.
    pub exact_inode: bool,
    /// The file that the path leads to. Files newer than that are ignored.
    pub live: Option<Identity>,
    /// Whether that file is known: then so is everything older.
    pub live_is_known: bool,
    /// If no known file is found: only files that were written to since then were missed.
    pub missed_since: Option<FileTime>,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// For each wanted position, in their order, its file.
    pub files: Vec<Option<TailFile>>,
    /// Files that are newer than all known ones, oldest first.
    pub missed: Vec<TailFile>,
}

/// A search for the files of one log.
pub(crate) struct RotationSearch<'a> {
    query: Query<'a>,
    framing: Framing,
    /// Positions in other files that were read before.
    known: Vec<FilePosition>,
    /// Whether a log of the source has a file open.
    is_open: &'a dyn Fn(Identity) -> bool,
    /// The position in the live file: a copy of that is not another file.
    live_position: Option<FilePosition>,
    /// The paths whose siblings are searched.
    paths: Vec<PathBuf>,
}

impl<'a> RotationSearch<'a> {
    pub fn new(
        log: &FollowedLog,
        framing: Framing,
        is_open: &'a dyn Fn(Identity) -> bool,
        query: Query<'a>,
    ) -> Self {
        let position = |file: &TailFile, state| file.position(&log.path, state);
        let mut known = log.finished.clone();
        let rotated = log.rotated.iter();
        known.extend(rotated.map(|file| position(file, FileState::Rotated)));
        let mut paths = vec![log.path.clone()];
        paths.extend(link_target(&log.path));
        paths.extend(query.wanted.iter().filter_map(|it| it.target.clone()));
        paths.extend(log.rotated.iter().filter_map(|file| file.target.clone()));
        paths.dedup();
        let live = log.live.as_ref();
        RotationSearch {
            query,
            framing,
            known,
            is_open,
            live_position: live.map(|file| position(file, FileState::Live)),
            paths,
        }
    }

    /// Searches.
    ///
    /// # Errors
    ///
    /// If a directory cannot be listed.
    pub fn run(&self) -> io::Result<Found> {
        let mut attempts = 0;
        loop {
            let listed = self.list()?;
            let mut pass = Pass::new(self);
            for path in listed.iter().flat_map(Listing::newest_first) {
                if pass.visit(path).is_break() {
                    break;
                }
            }
            let found = pass.finish();
            attempts += 1;
            if self.list()? == listed || attempts == MAX_ATTEMPTS {
                return Ok(found);
            }
        }
    }

    fn list(&self) -> io::Result<Vec<Listing>> {
        self.paths.iter().map(|path| siblings::list(path)).collect()
    }
}

/// One pass over the rotated files, newest first.
struct Pass<'s> {
    search: &'s RotationSearch<'s>,
    wanted: &'s [FilePosition],
    found: Found,
    /// Whether a known file was reached: all older ones are known too.
    reached_known: bool,
    /// Wanted files that were empty, the newest last. They are identified only by their order.
    wanted_empty: Vec<usize>,
}

impl<'s> Pass<'s> {
    fn new(search: &'s RotationSearch<'s>) -> Self {
        let wanted = search.query.wanted;
        Pass {
            search,
            wanted,
            found: Found {
                files: wanted.iter().map(|_| None).collect(),
                missed: Vec::new(),
            },
            reached_known: search.query.live_is_known,
            wanted_empty: (0..wanted.len())
                .filter(|at| wanted[*at].head.len == 0)
                .collect(),
        }
    }

    /// Whether every wanted file was found, and no better match can follow.
    fn is_satisfied(&self) -> bool {
        let exact = |file: &TailFile, wanted: &FilePosition| {
            !self.search.query.exact_inode || file.identity() == wanted.identity
        };
        self.found
            .files
            .iter()
            .zip(self.wanted)
            .all(|(file, wanted)| file.as_ref().is_some_and(|file| exact(file, wanted)))
    }

    /// Visits the next file. Breaks if the older ones need not be visited.
    fn visit(&mut self, path: &Path) -> ControlFlow<()> {
        if self.reached_known && self.is_satisfied() {
            return ControlFlow::Break(());
        }
        let opened = TailFile::open(path, self.search.framing)
            .and_then(|mut file| file.head_bytes().map(|head| (file, head)));
        let (mut file, head) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                debug!(path = %path.display(), %error, "cannot open rotated log");
                return ControlFlow::Continue(());
            }
        };
        if head.is_empty() && file.complete {
            // A compressed empty file can only be recognised by its place in the order.
            if self.reached_known {
                self.wanted_empty.pop();
            }
        } else if self.is_live(&mut file, &head) {
            self.found.missed.clear();
        } else if (self.search.is_open)(file.identity()) {
            // A file that is empty may have been filled, copied and emptied any number of times.
            self.reached_known |= !head.is_empty();
        } else {
            return self.classify(file, &head);
        }
        ControlFlow::Continue(())
    }

    /// Whether it is the live file or a copy of it.
    fn is_live(&self, file: &mut TailFile, head: &[u8]) -> bool {
        let position = self.search.live_position.as_ref();
        let is_copy = position.is_some_and(|it| it.head.len > 0 && file.matches(head, it));
        is_copy || self.search.query.live == Some(file.identity())
    }

    /// Takes a file that is not open as wanted, known or missed.
    fn classify(&mut self, mut file: TailFile, head: &[u8]) -> ControlFlow<()> {
        let matching: Vec<usize> = (0..self.wanted.len())
            .filter(|at| file.matches(head, &self.wanted[*at]))
            .collect();
        let known = self.search.known.iter().any(|position| {
            // The inode of an empty file that is gone may be that of another file by now.
            (position.head.len > 0 || head.is_empty()) && file.matches(head, position)
        });
        if let Some(at) = self.best_match(&file, &matching, known) {
            let wanted = &self.wanted[at];
            self.reached_known |= wanted.head.len > 0;
            file.resume(wanted);
            self.found.files[at] = Some(file);
            self.wanted_empty.retain(|empty| *empty != at);
            return ControlFlow::Continue(());
        }
        if head.is_empty() && known {
            return ControlFlow::Continue(());
        }
        if known || matching.iter().any(|at| self.wanted[*at].head.len > 0) {
            self.reached_known = true;
            return ControlFlow::Continue(());
        }
        if self.reached_known {
            self.take_as_wanted_empty(file);
            return ControlFlow::Continue(());
        }
        let since = self.search.query.missed_since;
        if since.is_some_and(|since| file.modified() < since) && self.is_satisfied() {
            return ControlFlow::Break(());
        }
        let mut missed = self.found.missed.iter();
        if !missed.any(|it| it.identity() == file.identity()) {
            self.found.missed.push(file);
        }
        ControlFlow::Continue(())
    }

    /// Of the positions that match a file, the best one that has no file yet, or only a copy.
    fn best_match(&self, file: &TailFile, matching: &[usize], known: bool) -> Option<usize> {
        let is_better = |at: usize| {
            let wanted = &self.wanted[at];
            self.found.files[at].as_ref().is_none_or(|found| {
                self.search.query.exact_inode
                    && found.identity() != wanted.identity
                    && wanted.identity == file.identity()
            })
        };
        matching
            .iter()
            .copied()
            .filter(|at| is_better(*at) && (self.wanted[*at].head.len > 0 || !known))
            .max_by_key(|at| {
                let wanted = &self.wanted[*at];
                (wanted.head.len > 0, wanted.identity == file.identity())
            })
    }

    /// Takes an unknown file that is older than a known one. It must be a wanted file that was empty,
    /// and was filled and perhaps compressed since.
    fn take_as_wanted_empty(&mut self, file: TailFile) {
        let filled = self
            .wanted_empty
            .last()
            .is_some_and(|at| file.modified() >= self.wanted[*at].modified);
        if filled && let Some(at) = self.wanted_empty.pop() {
            self.found.files[at] = Some(file);
        }
    }

    fn finish(mut self) -> Found {
        if !self.reached_known {
            let since = self.search.query.missed_since;
            self.found
                .missed
                .retain(|file| since.is_some_and(|since| file.modified() >= since));
        }
        self.found.missed.reverse();
        self.found
    }
}
