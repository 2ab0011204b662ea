//! What outlives the process: positions and counts, as one snapshot in one file.
//!
//! They belong together: a position without the counts of the lines before it would lose them, and
//! counts without their position would count lines again. So both are taken at one moment and
//! replace the file before in one step. `snapshot` is what is in it, `codec` how it is written
//! down, `disk` how it gets to the disk; this module decides whether a file may be used.

mod codec;
mod disk;
mod legacy;
mod sections;
mod snapshot;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

pub use codec::Damage;
pub use sections::Section;
pub use snapshot::{Snapshot, SourceState};

/// The file's name in a directory that is given in place of a file.
const DEFAULT_NAME: &str = "state";

/// Why the daemon must not start on a state file.
#[derive(Debug, Error)]
pub enum Error {
    /// Another process works with it.
    #[error("{}: another maillog_exporter works with this state; give each its own --state.path", .0.display())]
    InUse(PathBuf),
    /// It is there, and nothing can be made of it. Starting anew would make counters go back.
    #[error(
        "{}: {damage}; it stays as it is; to set it aside and count from zero, start once with \
         --state.reset", path.display()
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        damage: Damage,
    },
    /// It is there, and cannot be read or set aside.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

/// Where snapshots are kept, and what was there at the start.
#[derive(Default)]
pub struct State {
    /// `None` if nothing can be kept.
    pub(crate) store: Option<Store>,
    /// What the process before this one left.
    pub(crate) snapshot: Option<Snapshot>,
    /// Whether something should be kept and cannot be.
    pub(crate) failed: bool,
}

impl State {
    /// Keeps nothing.
    pub fn none() -> Self {
        State::default()
    }

    /// Opens the state at `path`, a file or a directory. With `reset`, a snapshot that is there is
    /// set aside first.
    ///
    /// Where nothing can be written, such as on a read-only file system, the daemon works all the
    /// same: that is told in the log, and [`State`] keeps nothing.
    ///
    /// # Errors
    ///
    /// If another process has it open, or if what is there cannot be used.
    pub fn open(path: &Path, reset: bool) -> Result<Self, Error> {
        let path = file_of(path);
        let store = match Store::open(path.clone()) {
            Ok(store) => Some(store),
            Err(Failure::InUse) => return Err(Error::InUse(path)),
            Err(Failure::Io(error)) => {
                tracing::warn!(
                    path = %path.display(), %error,
                    "cannot keep state here: counts and positions last as long as the process"
                );
                None
            }
        };
        if reset && store.is_some() {
            set_aside(&path).map_err(|error| Error::Unreadable {
                path: path.clone(),
                error,
            })?;
        }
        let snapshot = match std::fs::read(&path) {
            Ok(bytes) => match codec::decode(&bytes) {
                Ok(snapshot) => Some(snapshot),
                Err(damage) => return Err(Error::Refused { path, damage }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // On a path that leads nowhere there is nothing to read either.
            Err(_) if store.is_none() => None,
            Err(error) => return Err(Error::Unreadable { path, error }),
        };
        let failed = store.is_none();
        Ok(State {
            store,
            snapshot,
            failed,
        })
    }
}

/// The file itself, where a directory was named.
fn file_of(path: &Path) -> PathBuf {
    if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        path.join(DEFAULT_NAME)
    } else {
        path.to_owned()
    }
}

/// Renames a snapshot, so that nothing is lost by a reset.
fn set_aside(path: &Path) -> io::Result<()> {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%.fZ");
    let aside = with_ending(path, &format!(".aside-{now}"));
    match std::fs::rename(path, &aside) {
        Ok(()) => {
            tracing::warn!(
                path = %path.display(), aside = %aside.display(),
                "state is set aside, counting from zero"
            );
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes snapshots to one file that no other process writes to.
pub(crate) struct Store {
    path: PathBuf,
    /// Held as long as the process lives; `None` until there was room for it on the disk.
    lock: Option<File>,
}

enum Failure {
    InUse,
    Io(io::Error),
}

impl Store {
    fn open(path: PathBuf) -> Result<Self, Failure> {
        let mut store = Store { path, lock: None };
        match store.lock() {
            Ok(()) => Ok(store),
            // There will be room later.
            Err(Failure::Io(error))
                if matches!(
                    error.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
                ) =>
            {
                Ok(store)
            }
            Err(failure) => Err(failure),
        }
    }

    /// The lock is on a file beside the snapshot, because the snapshot is another file each time.
    fn lock(&mut self) -> Result<(), Failure> {
        if let Some(parent) = self.path.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(parent).map_err(Failure::Io)?;
        }
        let file = disk::private()
            .open(with_ending(&self.path, ".lock"))
            .map_err(Failure::Io)?;
        match file.try_lock() {
            Ok(()) => {
                self.lock = Some(file);
                Ok(())
            }
            Err(TryLockError::WouldBlock) => Err(Failure::InUse),
            // A file system without locks: better no protection than no state.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                self.lock = Some(file);
                Ok(())
            }
            Err(TryLockError::Error(error)) => Err(Failure::Io(error)),
        }
    }

    /// Puts a snapshot in the place of the one before. When this has returned, it survives anything
    /// that the disk survives.
    ///
    /// # Errors
    ///
    /// If it could not be written; then the one before is still there.
    pub fn save(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if self.lock.is_none() {
            self.lock().map_err(|failure| match failure {
                Failure::InUse => io::Error::other("another process works with this state"),
                Failure::Io(error) => error,
            })?;
        }
        let bytes = codec::encode(snapshot)?;
        disk::replace(&self.path, &bytes, &mut |_| Ok(()))
    }
}

#[cfg(test)]
mod restart_tests;
#[cfg(test)]
mod tests;
