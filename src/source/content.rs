//! The content of an open file, plain or compressed, read by offset.

use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::compression::{CompressedFile, Compression};
use super::identity::HEAD_BYTES;
use crate::{descriptors, sandbox};

/// An open file.
pub(crate) enum Content {
    Plain(File),
    Compressed(CompressedFile),
}

/// The file systems whose files are made by the kernel when they are read: their sizes say nothing, reading may wait
/// for the next message, and may take it away from another program. With the names by which they are known.
const KERNEL_FILE_SYSTEMS: [(u32, &str); 9] = [
    (0x9fa0, "procfs"),
    (0x6265_6572, "sysfs"),
    (0x6462_6720, "debugfs"),
    (0x7472_6163, "tracefs"),
    (0x7363_6673, "securityfs"),
    (0x0027_e0eb, "cgroup"),
    (0x6367_7270, "cgroup2"),
    (0xcafe_4a11, "bpf"),
    (0x6265_6570, "configfs"),
];

/// Opens a file to be followed, without waiting for anybody.
fn open_log(path: &Path) -> io::Result<(File, Metadata)> {
    let refused = |reason: String| io::Error::new(io::ErrorKind::InvalidInput, reason);
    let not_regular = || refused("not a regular file".to_owned());
    // Opening a device can have side effects.
    if !std::fs::metadata(path)?.is_file() {
        return Err(not_regular());
    }
    // The type has another width and sign on each platform; only its lower half is used.
    let kind = rustix::fs::statfs(path)?.f_type as u32;
    if let Some((_, name)) = KERNEL_FILE_SYSTEMS.iter().find(|it| it.0 == kind) {
        return Err(refused(format!(
            "a file of the kernel ({name}) is not a log"
        )));
    }
    // The path may lead to another file by now: opening a pipe would wait for its writer, and one with a lease for its
    // holder.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = OpenOptions::new();
    options.custom_flags(flags.bits().cast_signed());
    let file = options.read(true).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(not_regular());
    }
    Ok((file, metadata))
}

/// Checks that a file can be followed.
///
/// # Errors
///
/// If it cannot be opened, is not a regular file, or is one that the kernel makes.
pub fn check_log(path: &Path) -> io::Result<()> {
    open_log(path).map(|_| ())
}

impl Content {
    /// Opens a file, and returns its metadata too.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, is not a regular file, or is one that the kernel makes.
    pub fn open(path: &Path) -> io::Result<(Self, Metadata)> {
        let (file, metadata) = open_log(path)
            .inspect_err(descriptors::note_error)
            .map_err(|error| sandbox::explain(path, error))?;
        let content = match Compression::of(path) {
            Some(compression) => Content::Compressed(CompressedFile::new(file, compression)),
            None => Content::Plain(file),
        };
        Ok((content, metadata))
    }

    /// Whether it is compressed, and so never written to.
    pub fn is_compressed(&self) -> bool {
        matches!(self, Content::Compressed(_))
    }

    /// Fills the buffer from an offset, as far as the file goes. In a compressed file, the offset
    /// must not be before that of the last call.
    pub fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Content::Plain(file) => loop {
                match file.read_at(buffer, offset) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    result => return result,
                }
            },
            Content::Compressed(file) => file.read_at(buffer, offset),
        }
    }

    /// The first bytes of the file, at most [`HEAD_BYTES`].
    pub fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; HEAD_BYTES];
        let n = self.read_at(&mut head, 0)?;
        head.truncate(n);
        Ok(head)
    }

    /// The current metadata of a plain file.
    pub fn metadata(&self) -> io::Result<Option<Metadata>> {
        match self {
            Content::Plain(file) => file.metadata().map(Some),
            Content::Compressed(_) => Ok(None),
        }
    }

    /// The path of a plain file, wherever it was moved to, if the system tells.
    pub fn path(&self) -> Option<PathBuf> {
        match self {
            Content::Plain(file) => {
                std::fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd())).ok()
            }
            Content::Compressed(_) => None,
        }
    }

    /// Whether the file has a name now, rather than being removed.
    pub fn has_name(&self) -> bool {
        match self {
            Content::Plain(file) => file.metadata().is_ok_and(|metadata| metadata.nlink() > 0),
            Content::Compressed(_) => true,
        }
    }
}
