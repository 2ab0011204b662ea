//! The content of an open file, plain or compressed, read by offset.

use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use super::compression::{CompressedFile, Compression};
use super::identity::HEAD_BYTES;

/// An open file.
pub(crate) enum Content {
    Plain(File),
    Compressed(CompressedFile),
}

impl Content {
    /// Opens a file, and returns its metadata too.
    ///
    /// # Errors
    ///
    /// If it cannot be opened, or is not a regular file.
    pub fn open(path: &Path) -> io::Result<(Self, Metadata)> {
        // Opening a pipe would wait for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        let file = File::open(path)?;
        // Of the open file: the path may lead to another one at any time.
        let metadata = file.metadata()?;
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
