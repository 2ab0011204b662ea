//! How a file is replaced so that at every moment there is a whole one.
//!
//! It stands apart because the order of these steps is the promise: whatever ends the machine
//! between two of them, the old or the new content is there, never a part of one.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// A step of [`replace`], before which a test can pull the plug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is done yet.
    Create,
    /// The new file is there and empty.
    WriteFirstHalf,
    /// Half of it is written.
    WriteSecondHalf,
    /// All of it is written, and some of it may be in memory only.
    SyncFile,
    /// It is on the disk, under its temporary name.
    Rename,
    /// It has its name, and the name may be in memory only.
    SyncDirectory,
}

impl Step {
    #[cfg(test)]
    pub const ALL: [Step; 6] = [
        Step::Create,
        Step::WriteFirstHalf,
        Step::WriteSecondHalf,
        Step::SyncFile,
        Step::Rename,
        Step::SyncDirectory,
    ];
}

/// A file to write to, which nobody else can read.
pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).mode(0o600);
    options
}

/// Replaces the content of a file in one step. `before` is asked before each part of it.
pub(crate) fn replace(
    path: &Path,
    bytes: &[u8],
    before: &mut dyn FnMut(Step) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = super::with_ending(path, ".tmp");
    let (first, second) = bytes.split_at(bytes.len() / 2);
    before(Step::Create)?;
    let mut file = private().truncate(true).open(&temporary)?;
    before(Step::WriteFirstHalf)?;
    file.write_all(first)?;
    before(Step::WriteSecondHalf)?;
    file.write_all(second)?;
    before(Step::SyncFile)?;
    file.sync_data()?;
    before(Step::Rename)?;
    std::fs::rename(&temporary, path)?;
    before(Step::SyncDirectory)?;
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()
}
