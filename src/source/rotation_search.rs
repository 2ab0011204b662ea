//! Searches the rotated files of a log.
//!
//! One search answers three questions: where a file is now that was read before, which file is the
//! copy of a log that was emptied, and which files were created and rotated since the last check.
//! The answers do not depend on what the files are called, or on their order: a file is recognised
//! by device, inode and content, and one that is not recognised was missed if it is new enough.

use std::io;

use tracing::debug;

use super::directories::{Directories, Freshness};
use super::followed_log::FollowedLog;
use super::identity::{Checksum, HEAD_BYTES, Identity};
use super::input::Framing;
use super::position::{FilePosition, FileState};
use super::rotated_files::{self, Listing, Place, RotatedFile};
use super::tail_file::TailFile;

/// How often a search is repeated because files were renamed meanwhile: one that is renamed while its
/// directory is listed can be missed.
const MAX_ATTEMPTS: usize = 8;

/// How many missed files are found by one search, the oldest ones: they are open at a time.
pub(crate) const MAX_MISSED: usize = 64;

/// What is searched for.
#[derive(Clone, Copy, Default)]
pub(crate) struct Query<'a> {
    /// Positions in files that are to be found.
    pub wanted: &'a [FilePosition],
    /// Whether a file with the inode of a position is preferred to a copy of it. If not, the newest
    /// copy is taken.
    pub exact_inode: bool,
    /// The file that the path leads to, if the log does not hold it yet.
    pub live: Option<Identity>,
    /// The first bytes of that file, at most [`HEAD_BYTES`].
    pub live_head: &'a [u8],
    /// Whether files are searched that were never read. If not, only the wanted ones are.
    pub missed: bool,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    /// For each wanted position, in their order, its file.
    pub files: Vec<Option<TailFile>>,
    /// Files of the log that were never read, oldest first.
    pub missed: Vec<TailFile>,
}

/// A search for the files of one log.
pub(crate) struct RotationSearch<'a> {
    log: &'a FollowedLog,
    query: Query<'a>,
    framing: Framing,
    /// Positions in files that were read before.
    known: Vec<FilePosition>,
    /// Whether a log of the source has a file open.
    is_open: &'a dyn Fn(Identity) -> bool,
    places: &'a [Place],
    directories: &'a Directories,
}

impl<'a> RotationSearch<'a> {
    pub fn new(
        log: &'a FollowedLog,
        framing: Framing,
        is_open: &'a dyn Fn(Identity) -> bool,
        (places, directories): (&'a [Place], &'a Directories),
        query: Query<'a>,
    ) -> Self {
        let position = |file: &TailFile, state| file.position(&log.path, state);
        let mut known = log.finished.clone();
        let rotated = log.rotated.iter();
        known.extend(rotated.map(|file| position(file, FileState::Rotated)));
        known.extend(log.live.iter().map(|file| position(file, FileState::Live)));
        RotationSearch {
            log,
            query,
            framing,
            known,
            is_open,
            places,
            directories,
        }
    }

    /// Searches.
    ///
    /// # Errors
    ///
    /// If the directory of the log cannot be listed.
    pub fn run(&self) -> io::Result<Found> {
        let mut attempts = 0;
        loop {
            let listed = self.list()?;
            let mut pass = Pass::new(self);
            for file in listed.oldest_first() {
                if self.may_be_relevant(file) {
                    pass.visit(file);
                }
            }
            // Times are not reliable if the clock was set back.
            if !pass.has_found_all() {
                let others = listed.oldest_first();
                for file in others.filter(|file| !self.may_be_relevant(file)) {
                    pass.visit(file);
                }
            }
            attempts += 1;
            if attempts == MAX_ATTEMPTS || self.list()? == listed {
                return Ok(pass.found);
            }
        }
    }

    fn list(&self) -> io::Result<Listing> {
        let directories = (self.directories, Freshness::Current);
        rotated_files::list(self.places, directories, self.log.renamed_to.iter())
    }

    /// Whether a file may be wanted or missed, by its metadata: most need not be opened.
    fn may_be_relevant(&self, file: &RotatedFile) -> bool {
        let is_wanted = |position: &FilePosition| {
            position.identity == file.identity || file.modified.is_at_or_after(position.modified)
        };
        self.is_new(file) || self.query.wanted.iter().any(is_wanted)
    }

    /// Whether a file is new enough to be missed.
    fn is_new(&self, file: &RotatedFile) -> bool {
        let Some(horizon) = self.log.horizon.filter(|_| self.query.missed) else {
            return false;
        };
        if self.log.ignored.iter().any(|it| it.is_same(file)) {
            return false;
        }
        // A log that was copied and emptied is older than its content.
        let is_wanted = |it: &FilePosition| it.identity == file.identity;
        let was_live =
            self.query.wanted.iter().any(is_wanted) && file.modified.is_at_or_after(horizon);
        was_live || file.may_begin_at(horizon)
    }
}

/// Drops the missed files that are copies of open ones. A file may have been opened before its first line was written,
/// and rotated and compressed before the search came to it: then only its content of now tells.
pub(crate) fn drop_copies<'f>(
    missed: &mut Vec<TailFile>,
    open: impl Iterator<Item = &'f mut TailFile>,
) {
    if missed.is_empty() {
        return;
    }
    // First those of the copies: they are not ahead of what they are made of.
    let heads: Vec<Vec<u8>> = missed.iter_mut().map(head_to_compare).collect();
    let beginnings: Vec<Beginning> = open.map(Beginning::of).collect();
    let is_copy = |head: &Vec<u8>| beginnings.iter().any(|it| it.is_copied_by(head));
    let mut are_copies = heads.iter().map(is_copy);
    missed.retain(|_| are_copies.next() == Some(false));
}

/// The first bytes of a file, by which it is decided whether it is a copy; none if that is too early.
pub(crate) fn head_to_compare(file: &mut TailFile) -> Vec<u8> {
    let head = file.head_bytes().unwrap_or_default();
    // A part of a line is the beginning of too many files, and is not read yet either.
    if head.contains(&b'\n') || head.len() == HEAD_BYTES || file.complete {
        head
    } else {
        Vec::new()
    }
}

/// The first bytes of an open file.
pub(crate) struct Beginning {
    now: Vec<u8>,
    /// As of the last read, if anything was handed over: a log that was emptied meanwhile has other content now.
    before: Option<Checksum>,
}

impl Beginning {
    pub fn of(file: &mut TailFile) -> Self {
        Beginning {
            now: file.head_bytes().unwrap_or_default(),
            before: Some(file.head()).filter(|_| file.offset() > 0),
        }
    }

    /// Whether a file with this [`head_to_compare`] is a copy of this one, or of its beginning.
    pub fn is_copied_by(&self, head: &[u8]) -> bool {
        let was_copied = self.before.is_some_and(|it| it.matches_start_of(head));
        !head.is_empty() && (self.now.starts_with(head) || was_copied)
    }
}

/// One pass over the rotated files.
struct Pass<'s> {
    search: &'s RotationSearch<'s>,
    wanted: &'s [FilePosition],
    found: Found,
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
        }
    }

    fn has_found_all(&self) -> bool {
        self.found.files.iter().all(Option::is_some)
    }

    /// Looks at a file, and takes it if it is wanted or missed.
    fn visit(&mut self, listed: &RotatedFile) {
        let search = self.search;
        let is_known = |identity| search.query.live == Some(identity) || (search.is_open)(identity);
        if is_known(listed.identity) {
            return;
        }
        let opened = TailFile::open(&listed.path, search.framing)
            .and_then(|mut file| file.head_bytes().map(|head| (file, head)));
        let (mut file, head) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                debug!(path = %listed.path.display(), %error, "cannot open rotated log");
                return;
            }
        };
        // The name may lead to another file by now, and a compressed empty file has nothing to read.
        let identity = file.identity();
        if is_known(identity) || (head.is_empty() && file.complete) {
            return;
        }
        if let Some(at) = self.best_match(&mut file, &head) {
            file.resume(&self.wanted[at]);
            self.found.files[at] = Some(file);
            return;
        }
        let is_taken = |files: &[TailFile]| files.iter().any(|it| it.identity() == identity);
        if search.is_new(listed)
            && self.found.missed.len() < MAX_MISSED
            && !self.is_known_content(&mut file, &head)
            && !is_taken(&self.found.missed)
        {
            self.found.missed.push(file);
        }
    }

    /// The wanted position that a file matches best, if it is not found yet, or only in a worse file.
    fn best_match(&self, file: &mut TailFile, head: &[u8]) -> Option<usize> {
        let exact_inode = self.search.query.exact_inode;
        let is_better = |at: usize| {
            let wanted = &self.wanted[at];
            // Files are visited from the oldest to the newest.
            self.found.files[at]
                .as_ref()
                .is_none_or(|found| !exact_inode || found.identity() != wanted.identity)
        };
        let identity = file.identity();
        (0..self.wanted.len())
            .filter(|at| is_better(*at) && file.matches(head, &self.wanted[*at]))
            .max_by_key(|at| {
                let wanted = &self.wanted[*at];
                // A file of which nothing was read may turn out to be a copy of one that was.
                let was_read = wanted.offset > 0;
                (wanted.head.len > 0, was_read, wanted.identity == identity)
            })
    }

    /// Whether the content of a file was read before, or is read elsewhere: it is a copy of another
    /// file, or of its beginning.
    fn is_known_content(&self, file: &mut TailFile, head: &[u8]) -> bool {
        if !head.is_empty() && self.search.query.live_head.starts_with(head) {
            return true;
        }
        let mut beginnings = Beginnings::of(head);
        let mut positions = self.search.known.iter().chain(self.wanted);
        positions.any(|position| {
            // The inode of an empty file that is gone may be that of another file by now.
            let comparable = position.head.len > 0 || head.is_empty();
            comparable
                && beginnings.has(&position.head)
                && (position.head.len as usize == HEAD_BYTES || file.matches(head, position))
        })
    }
}

/// The checksums of the beginnings of a file, each computed once: there may be a thousand positions to compare.
struct Beginnings<'a> {
    head: &'a [u8],
    known: Vec<Checksum>,
}

impl<'a> Beginnings<'a> {
    fn of(head: &'a [u8]) -> Self {
        Beginnings {
            head,
            known: Vec::new(),
        }
    }

    /// Whether the file begins with the bytes of a checksum.
    fn has(&mut self, wanted: &Checksum) -> bool {
        if let Some(known) = self.known.iter().find(|it| it.len == wanted.len) {
            return known == wanted;
        }
        let Some(start) = self.head.get(..wanted.len as usize) else {
            return false;
        };
        let sum = Checksum::of(start);
        self.known.push(sum);
        sum == *wanted
    }
}

#[cfg(test)]
#[path = "rotation_search_tests.rs"]
mod tests;
