//! The state file, which stores positions and counts across restarts as one snapshot.
//!
//! Positions and counts must be consistent: otherwise lines would be lost or counted twice. So both are taken at one
//! moment, and the file is replaced atomically. `snapshot` defines the content, `codec`, `sections` and `legacy`
//! encode it, and `disk` writes it; this module opens and locks the file.

mod codec;
mod disk;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;
mod legacy;
mod permissions;
mod section;
mod sections;
mod snapshot;

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use thiserror::Error;

use crate::regular_file;
use disk::with_suffix;

pub use codec::Damage;
pub use section::Section;
pub use snapshot::{Snapshot, SourceCounts, SourceState};

/// The name of the state file if the configured path is a directory.
const DEFAULT_NAME: &str = "state";

/// The largest state file that is read, in bytes.
const MAX_BYTES: u64 = 1 << 32;

/// How many symbolic links to the state file are followed.
const MAX_LINKS: usize = 8;

/// Why the daemon cannot start with a state file.
#[derive(Debug, Error)]
pub enum StateError {
    /// Another process uses it.
    #[error("{}: in use by another maillog_exporter; each process needs its own --state.path", .0.display())]
    InUse(PathBuf),
    /// It exists and cannot be decoded. Starting without it would reset counters.
    #[error(
        "{}: {damage}; the file was not changed; to rename it and start counting from zero, start once with \
         --state.reset", path.display()
    )]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why it cannot be decoded.
        damage: Damage,
    },
    /// It exists and cannot be read or renamed.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
}

/// An open state file and the snapshot in it.
pub struct StateFile {
    /// `None` if no state is stored.
    pub(crate) store: Option<Store>,
    /// The snapshot of the previous process.
    pub(crate) snapshot: Option<Snapshot>,
    /// Whether state should be stored, but cannot be.
    pub(crate) failed: bool,
}

impl StateFile {
    /// No state file.
    pub fn none() -> Self {
        StateFile {
            store: None,
            snapshot: None,
            failed: false,
        }
    }

    /// The path of the file that is written, without symbolic links; `None` if no state is stored.
    pub fn path(&self) -> Option<&Path> {
        self.store.as_ref().map(|store| &*store.path)
    }

    /// The files that links to logs led to, and that rotation has moved logs to, in the snapshot.
    pub fn followed_files(&self) -> impl Iterator<Item = &Path> {
        let sources = self.snapshot.iter().flat_map(|it| &it.sources);
        sources.flat_map(|source| source.place.targets())
    }

    /// Opens the state file at `path`, a file or a directory. With `reset`, an existing file is renamed first.
    ///
    /// If it cannot be written, such as on a read-only file system, a warning is logged, and the daemon runs without
    /// storing state.
    ///
    /// # Errors
    ///
    /// If another process uses the file, or if its content cannot be read.
    pub fn open(path: &Path, reset: bool) -> Result<Self, StateError> {
        let path = file_of(path);
        permissions::warn_if_unsafe(&path);
        let mut store = Store::new(path.clone());
        let store = match store.lock() {
            // While the disk is full, the lock is tried again with every snapshot.
            Ok(()) | Err(LockError::DiskFull(_)) => Some(store),
            Err(LockError::InUse) => return Err(StateError::InUse(path)),
            Err(LockError::Io(error)) => {
                tracing::warn!(
                    path = %path.display(), %error,
                    "cannot write the state file: counts and positions will be lost when the process ends"
                );
                None
            }
        };
        if reset && store.is_some() {
            rename_old(&path).map_err(|error| StateError::Unreadable {
                path: path.clone(),
                error,
            })?;
        }
        let snapshot = match regular_file::read_unlinked(&path, MAX_BYTES) {
            Ok(bytes) => match codec::decode(&bytes) {
                Ok(snapshot) => Some(snapshot),
                Err(damage) => return Err(StateError::Refused { path, damage }),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            // The path does not exist, so there is nothing to read.
            Err(_) if store.is_none() => None,
            Err(error) => return Err(StateError::Unreadable { path, error }),
        };
        let failed = store.is_none();
        Ok(StateFile {
            store,
            snapshot,
            failed,
        })
    }
}

/// The path of the state file, if `path` may be a directory or a symbolic link. Links are followed once: the file is
/// replaced with every snapshot, and the link would be replaced instead.
fn file_of(path: &Path) -> PathBuf {
    let mut path = if path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        path.join(DEFAULT_NAME)
    } else {
        path.to_owned()
    };
    for _ in 0..MAX_LINKS {
        let Ok(target) = std::fs::read_link(&path) else {
            break;
        };
        path = disk::directory_of(&path).join(target);
    }
    path
}

/// Renames an existing state file, so that it is not lost by a reset.
fn rename_old(path: &Path) -> io::Result<()> {
    let now = Timestamp::now().strftime("%Y%m%dT%H%M%S%.fZ");
    let renamed = with_suffix(path, &format!(".aside-{now}"));
    match std::fs::rename(path, &renamed) {
        Ok(()) => {
            tracing::warn!(
                path = %path.display(), renamed = %renamed.display(),
                "state file renamed, counting from zero"
            );
            Ok(())
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Writes snapshots to a file that is locked against other processes.
pub(crate) struct Store {
    path: PathBuf,
    /// The lock, held until the process ends; `None` until the lock file could be created.
    lock: Option<File>,
}

/// Why the lock could not be taken.
#[derive(Debug)]
enum LockError {
    /// Another process holds it.
    InUse,
    /// There is no space for the lock file yet.
    DiskFull(io::Error),
    /// The lock file cannot be created or locked.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => LockError::DiskFull(error),
            _ => LockError::Io(error),
        }
    }
}

/// Whether state may be stored after this attempt to lock the lock file.
fn check_lock(attempt: Result<(), TryLockError>) -> Result<(), LockError> {
    match attempt {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(LockError::InUse),
        // The file system does not support locks; state is stored without protection.
        Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => Ok(()),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

impl Store {
    fn new(path: PathBuf) -> Self {
        Store { path, lock: None }
    }

    /// Takes the lock. It is on a separate file, because the state file is replaced with every snapshot.
    fn lock(&mut self) -> Result<(), LockError> {
        std::fs::create_dir_all(disk::directory_of(&self.path))?;
        let mut options = disk::private();
        let file = options
            .create(true)
            .open(with_suffix(&self.path, ".lock"))?;
        check_lock(file.try_lock())?;
        self.lock = Some(file);
        Ok(())
    }

    /// Replaces the snapshot. When this returns, the new one is synced to disk.
    ///
    /// # Errors
    ///
    /// If it could not be written; the previous snapshot is then unchanged.
    pub fn save(&mut self, snapshot: &Snapshot) -> io::Result<()> {
        if self.lock.is_none() {
            self.lock().map_err(|failure| match failure {
                LockError::InUse => io::Error::other("in use by another process"),
                LockError::DiskFull(error) | LockError::Io(error) => error,
            })?;
        }
        let bytes = codec::encode(snapshot)?;
        disk::replace(&self.path, &bytes, &mut |_| Ok(()))
    }
}

#[cfg(test)]
mod lock_tests;
#[cfg(test)]
mod restart_tests;
#[cfg(test)]
mod tests;
