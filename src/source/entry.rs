//! One path of a source, and the files that it means and meant.

use std::io;
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::file::{Identity, TailFile};

/// One path, and the files that it means and meant.
pub(crate) struct Entry {
    pub path: PathBuf,
    /// Where a link leads, if into another directory, as of the last opening.
    pub target: Option<PathBuf>,
    pub live: Option<TailFile>,
    /// Earlier files behind the path, oldest first.
    pub old: Vec<TailFile>,
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
            path,
            target: None,
            live: None,
            old: Vec::new(),
            twin: None,
            to_end,
            dirty: true,
            trouble: None,
        }
    }

    pub fn holds(&self, identity: Identity) -> bool {
        self.live
            .iter()
            .chain(&self.old)
            .any(|file| file.identity() == identity)
    }

    pub fn readable(&self) -> bool {
        self.trouble.is_none() && (self.live.is_some() || self.twin.is_some())
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
