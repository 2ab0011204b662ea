//! How a file is recognised, whatever its name is.
//!
//! Device and inode are not enough, because file systems give the inode of a removed file to the
//! next one at once: checksums of the content are compared too. All of this is saved and compared by
//! other processes and versions, so it must never change its meaning.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

/// How many bytes before the position are compared at each read. They differ if the file was emptied
/// and has grown past the position since. Fewer bytes might all be padding.
pub(crate) const ANCHOR_BYTES: usize = 1024;

/// How many bytes at the beginning of a file are compared.
pub(crate) const HEAD_BYTES: usize = 1024;

/// Device and inode of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Identity {
    device: u64,
    pub inode: u64,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// A time of a file, in seconds and nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct FileTime(i64, i64);

impl FileTime {
    /// When the file was last written to.
    pub fn modified(metadata: &Metadata) -> Self {
        FileTime(metadata.mtime(), metadata.mtime_nsec())
    }

    /// The present, a little earlier than the times of files that are created now: file systems take
    /// them from a coarser clock.
    pub fn before_now() -> Self {
        let since = UNIX_EPOCH.elapsed().unwrap_or_default();
        let since = since.saturating_sub(Duration::from_millis(50));
        FileTime(since.as_secs() as i64, i64::from(since.subsec_nanos()))
    }

    /// Whether it is not before `time`, as far as it is known: some programs keep only its seconds.
    pub fn is_at_or_after(self, time: FileTime) -> bool {
        self >= time || (self.1 == 0 && self.0 == time.0)
    }

    /// When the file was created; on file systems that do not keep that, when it was last written to.
    pub fn created(metadata: &Metadata) -> Self {
        let created = metadata.created().ok();
        let since = created.and_then(|created| created.duration_since(UNIX_EPOCH).ok());
        since.map_or_else(
            || FileTime::modified(metadata),
            |since| FileTime(since.as_secs() as i64, i64::from(since.subsec_nanos())),
        )
    }
}

/// The length and CRC-32 of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Checksum {
    pub len: u32,
    crc: u32,
}

impl Checksum {
    pub fn of(bytes: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        Checksum {
            len: bytes.len() as u32,
            crc: crc.sum(),
        }
    }

    /// Whether `bytes` begin with the bytes of this checksum.
    pub fn matches_start_of(&self, bytes: &[u8]) -> bool {
        bytes
            .get(..self.len as usize)
            .is_some_and(|bytes| Checksum::of(bytes) == *self)
    }
}

/// The metadata of a file when it was read to its end: while it does not change, there is nothing
/// more to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileStat {
    pub identity: Identity,
    pub modified: FileTime,
    size: u64,
}

impl FileStat {
    pub fn of(metadata: &Metadata) -> Self {
        FileStat {
            identity: Identity::of(metadata),
            modified: FileTime::modified(metadata),
            size: metadata.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_created_now_is_after_a_moment_ago() {
        let moment = FileTime::before_now();
        let file = tempfile::NamedTempFile::new().expect("a file");
        let times = |file: &std::fs::File| {
            let metadata = file.metadata().expect("metadata");
            [FileTime::created(&metadata), FileTime::modified(&metadata)]
        };
        assert!(
            times(file.as_file())
                .iter()
                .all(|it| it.is_at_or_after(moment))
        );
        let minute_ago = std::time::SystemTime::now() - Duration::from_secs(60);
        file.as_file().set_modified(minute_ago).expect("set");
        assert!(!times(file.as_file())[1].is_at_or_after(moment));
    }

    #[test]
    fn a_time_without_fractions_may_be_any_time_of_its_second() {
        let time = FileTime(10, 500);
        assert!(FileTime(10, 500).is_at_or_after(time) && FileTime(11, 0).is_at_or_after(time));
        assert!(FileTime(10, 0).is_at_or_after(time));
        assert!(!FileTime(10, 3).is_at_or_after(time) && !FileTime(9, 0).is_at_or_after(time));
    }
}
