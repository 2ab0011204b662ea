//! What makes a file the same file, whatever its name, and where reading stopped in it.
//!
//! It stands apart because it is written down and read again by another process, perhaps of
//! another version: the sums must mean the same there. A device and an inode are no identity by
//! themselves, because file systems hand the inode of a removed file to the next one at once.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::container::Frames;

/// How many bytes before the position are compared at each read. A file that was emptied and has
/// grown past the position since differs in them. Shorter ones can all be padding.
pub(crate) const ANCHOR: usize = 1024;

/// How many bytes at the beginning of a file tell it from others.
pub(crate) const HEAD: usize = 1024;

/// Which file a name meant when it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// When a file was last written to, in seconds and nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Stamp(i64, i64);

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        Stamp(metadata.mtime(), metadata.mtime_nsec())
    }

    /// When the file came to be; where that is not kept, when it was last written to.
    pub fn of_birth(metadata: &Metadata) -> Self {
        let born = metadata.created().ok();
        let since = born.and_then(|born| born.duration_since(UNIX_EPOCH).ok());
        since.map_or_else(
            || Stamp::of(metadata),
            |since| Stamp(since.as_secs() as i64, i64::from(since.subsec_nanos())),
        )
    }
}

/// The length and CRC-32 of some bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sum {
    pub len: u32,
    crc: u32,
}

impl Sum {
    pub fn of(bytes: &[u8]) -> Self {
        let mut crc = flate2::Crc::new();
        crc.update(bytes);
        Sum {
            len: bytes.len() as u32,
            crc: crc.sum(),
        }
    }

    /// Whether some bytes begin with those that were summed.
    pub fn begins(&self, bytes: &[u8]) -> bool {
        bytes
            .get(..self.len as usize)
            .is_some_and(|bytes| Sum::of(bytes) == *self)
    }
}

/// What a file is to the name by which it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// The name means it.
    Live,
    /// The name means another file, and this one is still read.
    Draining,
    /// It is read to its end and closed. Kept so that it is not read again.
    Done,
}

/// Where reading stopped in a file, and what it takes to find the file again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilePlace {
    /// The name by which it was read.
    #[serde(with = "any_path")]
    pub(crate) path: PathBuf,
    /// Where that led, if it was a link.
    #[serde(with = "any_target")]
    pub(crate) target: Option<PathBuf>,
    pub(crate) identity: Identity,
    /// The offset of the first line that was not handed over.
    pub(crate) offset: u64,
    /// The first bytes of the file, as many as there were.
    pub(crate) head: Sum,
    /// The bytes before the offset.
    pub(crate) anchor: Sum,
    pub(crate) modified: Stamp,
    pub(crate) state: State,
    /// The offset is inside a line whose beginning was handed over.
    pub(crate) skipping: bool,
    /// The parts of unfinished lines that lie before the offset.
    pub(crate) frames: Option<Frames>,
}

impl FilePlace {
    /// Whether it can be a place: it comes from a file that anybody may have written.
    pub(crate) fn is_sound(&self) -> bool {
        u64::from(self.anchor.len) <= self.offset.min(ANCHOR as u64)
            && self.head.len as usize <= HEAD
    }
}

/// A path need not be UTF-8, which serde's own form of one asks for.
mod any_path {
    use std::ffi::OsString;
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(path: &Path, to: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathBuf, D::Error> {
        OsString::deserialize(from).map(PathBuf::from)
    }
}

mod any_target {
    use std::ffi::OsString;
    use std::path::PathBuf;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(path: &Option<PathBuf>, to: S) -> Result<S::Ok, S::Error> {
        path.as_ref().map(|path| path.as_os_str()).serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
        let path = Option::<OsString>::deserialize(from)?;
        Ok(path.map(PathBuf::from))
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn a_place_behind_a_name_of_any_bytes_is_written_down() {
        let path = PathBuf::from(OsStr::from_bytes(b"/var/log/mail\xff.log"));
        let metadata = std::fs::metadata("/").expect("the root");
        let place = FilePlace {
            path: path.clone(),
            target: Some(path),
            identity: Identity::of(&metadata),
            offset: 7,
            head: Sum::of(b"x"),
            anchor: Sum::of(b"x"),
            modified: Stamp::of(&metadata),
            state: State::Live,
            skipping: false,
            frames: None,
        };
        let bytes = postcard::to_stdvec(&place).expect("written");
        assert_eq!(postcard::from_bytes::<FilePlace>(&bytes), Ok(place));
    }
}
