//! Replaces a file atomically: if the machine stops between any two steps, the file has either the old or the new
//! content, never a part of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// A step of [`replace`], at which tests simulate a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReplaceStep {
    /// Create the temporary file.
    Create,
    /// Write the first half.
    WriteFirstHalf,
    /// Write the second half.
    WriteSecondHalf,
    /// Sync the temporary file to disk.
    SyncFile,
    /// Rename the temporary file.
    Rename,
    /// Sync the directory to disk.
    SyncDirectory,
}

impl ReplaceStep {
    #[cfg(test)]
    pub const ALL: [ReplaceStep; 6] = [
        ReplaceStep::Create,
        ReplaceStep::WriteFirstHalf,
        ReplaceStep::WriteSecondHalf,
        ReplaceStep::SyncFile,
        ReplaceStep::Rename,
        ReplaceStep::SyncDirectory,
    ];
}

/// Options to open a file for writing that only its owner can read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

/// The path with a suffix appended to its name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Replaces the content of a file atomically. `before` is called before each step.
///
/// # Errors
///
/// If a step fails, or `before` returns an error. The file then has its old content, or, if only the directory could
/// not be synced, the new one.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    before: &mut dyn FnMut(ReplaceStep) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = with_suffix(path, ".tmp");
    let (first, second) = bytes.split_at(bytes.len() / 2);
    before(ReplaceStep::Create)?;
    let mut file = private().truncate(true).open(&temporary)?;
    before(ReplaceStep::WriteFirstHalf)?;
    file.write_all(first)?;
    before(ReplaceStep::WriteSecondHalf)?;
    file.write_all(second)?;
    before(ReplaceStep::SyncFile)?;
    file.sync_data()?;
    before(ReplaceStep::Rename)?;
    std::fs::rename(&temporary, path)?;
    before(ReplaceStep::SyncDirectory)?;
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
