//! Positions: where reading stopped, so that another process can continue there.
//!
//! Positions are saved with postcard, which encodes fields by their order: fields are never
//! reordered, added or removed here without a new version of the state file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::container::ContainerLines;
use super::identity::{ANCHOR_BYTES, Checksum, FileTime, HEAD_BYTES, Identity};

/// Where reading stopped: everything before it was handed over, nothing after it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Position {
    /// Nothing was read, or the source cannot be read again.
    #[default]
    Unset,
    /// In files.
    Files(Vec<FilePosition>),
    /// After the record with this cursor of the journal.
    Cursor(String),
}

impl Position {
    /// Where links led, and where rotation has moved files to.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &Path> {
        let files = match self {
            Position::Files(files) => &files[..],
            Position::Unset | Position::Cursor(_) => &[],
        };
        files.iter().filter_map(|file| file.target.as_deref())
    }
}

/// What a file is to the path by which it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum FileState {
    /// The path leads to it.
    Live,
    /// The path leads to another file, and this one is still read.
    Rotated,
    /// It was read to its end and closed. Kept so that it is not read again.
    Finished,
}

/// Where reading stopped in a file, and how the file is found again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilePosition {
    /// The path by which it was read.
    #[serde(with = "any_path")]
    pub(crate) path: PathBuf,
    /// Where that led, if it was a symbolic link.
    #[serde(with = "any_target")]
    pub(crate) target: Option<PathBuf>,
    pub(crate) identity: Identity,
    /// The offset of the first line that was not handed over.
    pub(crate) offset: u64,
    /// The first bytes of the file, at most [`HEAD_BYTES`].
    pub(crate) head: Checksum,
    /// The bytes before the offset, at most [`ANCHOR_BYTES`].
    pub(crate) anchor: Checksum,
    /// When the file was last written to.
    pub(crate) modified: FileTime,
    /// What the file was to its path.
    pub(crate) state: FileState,
    /// Whether the offset is inside a line whose beginning was handed over.
    pub(crate) skipping: bool,
    /// For logs of containers, the parts of unfinished lines before the offset.
    pub(crate) unfinished: Option<ContainerLines>,
}

impl FilePosition {
    /// Whether it is consistent: a state file may have been changed by anybody.
    pub(crate) fn is_valid(&self) -> bool {
        u64::from(self.anchor.len) <= self.offset.min(ANCHOR_BYTES as u64)
            && self.head.len as usize <= HEAD_BYTES
    }
}

/// Serializes a path that may not be UTF-8, which serde requires of a `Path`.
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

/// As [`any_path`], for a path that may be missing.
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

    fn position() -> FilePosition {
        let path = PathBuf::from(OsStr::from_bytes(b"/var/log/mail\xff.log"));
        let metadata = std::fs::metadata("/").expect("the root");
        FilePosition {
            path: path.clone(),
            target: Some(path),
            identity: Identity::of(&metadata),
            offset: 7,
            head: Checksum::of(b"x"),
            anchor: Checksum::of(b"x"),
            modified: FileTime::modified(&metadata),
            state: FileState::Live,
            skipping: false,
            unfinished: None,
        }
    }

    #[test]
    fn a_position_has_no_more_bytes_before_it_than_its_offset_and_the_limits() {
        let is_valid = |offset: usize, head: usize, anchor: usize| {
            let bytes = |length| Checksum::of(&b"x".repeat(length));
            let position = FilePosition {
                offset: offset as u64,
                head: bytes(head),
                anchor: bytes(anchor),
                ..position()
            };
            position.is_valid()
        };
        assert!(is_valid(7, HEAD_BYTES, 7) && is_valid(1 << 20, HEAD_BYTES, ANCHOR_BYTES));
        assert!(!is_valid(7, 1, 8));
        assert!(!is_valid(1 << 20, 1, ANCHOR_BYTES + 1));
        assert!(!is_valid(1 << 20, HEAD_BYTES + 1, 1));
    }

    #[test]
    fn a_position_of_a_path_that_is_not_utf8_is_saved() {
        let position = position();
        let bytes = postcard::to_stdvec(&position).expect("written");
        assert_eq!(postcard::from_bytes::<FilePosition>(&bytes), Ok(position));
    }
}
