//! One path of a source, and the files that it means and meant.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::StreamId;
use super::file::{Seen, TailFile};
use super::identity::{FilePlace, Identity, State};

/// How many files that are read to their end are remembered, so that they are not read again.
const MOST_DONE: usize = 64;
/// How many of them are worth remembering in another process, which meets the newest first.
const MOST_DONE_KEPT: usize = 4;

/// A live file that is closed to save its descriptor.
pub(crate) struct Parked {
    pub place: FilePlace,
    /// `None` if it is to be read.
    pub seen: Option<Seen>,
    pub lag: u64,
}

/// One path, and the files that it means and meant.
pub(crate) struct Entry {
    pub path: PathBuf,
    /// Of the lines of all files behind the path, whatever rotation calls them.
    pub stream: StreamId,
    /// Where a link leads, if into another directory, as of the last opening.
    pub target: Option<PathBuf>,
    pub live: Option<TailFile>,
    /// In place of a live file.
    pub parked: Option<Parked>,
    /// Earlier files behind the path, oldest first.
    pub old: Vec<TailFile>,
    /// Files that are read to their end and closed, oldest first.
    pub done: Vec<FilePlace>,
    /// Files in which reading stopped, and which have to be found before anything else is read.
    pub sought: Vec<FilePlace>,
    /// The live file was taken for an old one, and what came after it was not looked for yet.
    pub parted: bool,
    /// Old files were found that are to be read before the live one.
    pub found: bool,
    /// The path means a file that another path of the source means or meant: it is read there.
    pub twin: Option<Identity>,
    pub to_end: bool,
    pub dirty: bool,
    /// What stands in the way of reading, if anything; told once.
    pub trouble: Option<io::ErrorKind>,
}

impl Entry {
    pub fn new(path: PathBuf, to_end: bool) -> Self {
        Entry {
            stream: StreamId::of(path.as_os_str().as_bytes()),
            path,
            target: None,
            live: None,
            parked: None,
            old: Vec::new(),
            done: Vec::new(),
            sought: Vec::new(),
            parted: false,
            found: false,
            twin: None,
            to_end,
            dirty: true,
            trouble: None,
        }
    }

    pub fn holds(&self, identity: Identity) -> bool {
        self.parked
            .as_ref()
            .is_some_and(|parked| parked.place.identity == identity)
            || self
                .live
                .iter()
                .chain(&self.old)
                .any(|file| file.identity() == identity)
    }

    /// Whether nothing would be forgotten with it.
    pub fn is_idle(&self) -> bool {
        self.live.is_none()
            && self.parked.is_none()
            && self.old.is_empty()
            && self.sought.is_empty()
            && !self.dirty
    }

    pub fn readable(&self) -> bool {
        let open = self.live.is_some() || self.parked.is_some() || self.twin.is_some();
        self.trouble.is_none() && open
    }

    /// Where reading stopped in each file.
    pub fn places(&self) -> impl Iterator<Item = FilePlace> {
        let done = &self.done[self.done.len().saturating_sub(MOST_DONE_KEPT)..];
        let old = self.old.iter().map(|file| (file, State::Draining));
        let live = self.live.iter().map(|file| (file, State::Live));
        done.iter()
            .chain(&self.sought)
            .cloned()
            .chain(
                old.chain(live)
                    .map(|(file, state)| file.place(&self.path, state)),
            )
            .chain(self.parked.iter().map(|parked| parked.place.clone()))
    }

    /// Takes over where reading stopped in each file.
    pub fn take(&mut self, places: Vec<FilePlace>) {
        let (done, sought) = places
            .into_iter()
            .partition(|place| place.state == State::Done);
        self.done = done;
        self.sought = sought;
    }

    /// Spares opening a file that was read to its end and has not changed since. Whether it did.
    pub fn is_as_it_was(&mut self) -> bool {
        let [place] = &self.sought[..] else {
            return false;
        };
        let Ok(metadata) = std::fs::metadata(&self.path) else {
            return false;
        };
        let seen = Seen::of(&metadata);
        let same = place.state == State::Live
            && place.head.len > 0
            && seen.is_that_of(place)
            && metadata.len() == place.offset;
        if same {
            self.target = elsewhere(&self.path);
            self.parked = self.sought.pop().map(|place| Parked {
                place,
                seen: Some(seen),
                lag: 0,
            });
        }
        same
    }

    /// Remembers a file that is read to its end.
    pub fn remember(&mut self, file: &TailFile) {
        if self.done.len() == MOST_DONE {
            self.done.remove(0);
        }
        self.done.push(file.place(&self.path, State::Done));
    }

    pub fn in_trouble(&mut self, error: &io::Error) {
        if self.trouble != Some(error.kind()) {
            self.trouble = Some(error.kind());
            let path = self.path.display();
            if error.kind() == io::ErrorKind::NotFound {
                info!(%path, "log is not there, waiting for it");
            } else {
                warn!(%path, %error, "cannot read log, trying again");
            }
        }
    }
}

/// What a path means with every link in it followed, if that is in another directory. The kernel
/// reports a directory under one of its names only, so the same one must not be watched twice.
pub(crate) fn elsewhere(path: &Path) -> Option<PathBuf> {
    let target = path.canonicalize().ok()?;
    let parent = path.parent()?.canonicalize().ok()?;
    Some(target).filter(|target| target.parent() != Some(&parent))
}

/// What a path means if it is a link, with every link in it followed.
pub(crate) fn link(path: &Path) -> Option<PathBuf> {
    let metadata = path.symlink_metadata().ok()?;
    if metadata.is_symlink() {
        path.canonicalize().ok()
    } else {
        None
    }
}
