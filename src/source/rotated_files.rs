//! Lists the files that rotation may have made of a log.
//!
//! Names only decide which files are looked at. What a file is, is decided by its content and times.

use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tracing::debug;

use super::compression::Compression;
use super::directories::{Directories, Freshness};
use super::identity::{FileTime, Identity};
use super::rotated_names::{
    is_compressed, may_be_rotation_of, rotation_prefixes, without_compression,
};

/// A directory with rotated files of a log, and the name of the log there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub directory: PathBuf,
    pub log: OsString,
    pub kind: PlaceKind,
}

/// What a directory is to a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PlaceKind {
    /// The log is or was in it.
    Own,
    /// Rotation moves the log there.
    Elsewhere,
    /// A subdirectory of the log's directory, to which rotation may move the log. It is not searched if it has a log
    /// of the same name, whose rotated files would be taken for those of this one.
    Subdirectory,
}

/// A file that may be what rotation has made of a log.
#[derive(Clone, Debug)]
pub(crate) struct RotatedFile {
    pub path: PathBuf,
    pub identity: Identity,
    pub modified: FileTime,
    created: FileTime,
    compressed: bool,
}

impl RotatedFile {
    fn new(path: PathBuf, metadata: &Metadata) -> Self {
        RotatedFile {
            identity: Identity::of(metadata),
            modified: FileTime::modified(metadata),
            created: FileTime::created(metadata),
            compressed: is_compressed(&path),
            path,
        }
    }

    /// Whether its first line may have been written at that time or later.
    ///
    /// A file that was copied, restored or decompressed by hand is created later than its lines were written, and
    /// compression creates a file but keeps the time of its modification. So the earlier of both times counts.
    pub fn may_begin_at(&self, time: FileTime) -> bool {
        let created = self.compressed || self.created.is_at_or_after(time);
        created && self.modified.is_at_or_after(time)
    }

    /// Whether both are the same file, which may have been renamed.
    pub fn is_same(&self, other: &RotatedFile) -> bool {
        // The inode of a file that was removed is given to another one.
        self.identity == other.identity && self.created == other.created
    }
}

/// The files that rotation may have made of a log, the oldest first. Two listings are equal if no file was renamed in
/// between.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    files: Vec<RotatedFile>,
}

impl PartialEq for Listing {
    fn eq(&self, other: &Self) -> bool {
        let key = |file: &RotatedFile| (file.path.clone(), file.identity);
        self.files.iter().map(key).eq(other.files.iter().map(key))
    }
}

impl Listing {
    pub fn oldest_first(&self) -> impl Iterator<Item = &RotatedFile> {
        self.files.iter()
    }
}

/// Lists the rotated files in some places, and of some other paths those that exist.
///
/// # Errors
///
/// If a directory of a log itself cannot be listed.
pub(crate) fn list<'a>(
    places: &[Place],
    (directories, freshness): (&Directories, Freshness),
    others: impl Iterator<Item = &'a PathBuf>,
) -> io::Result<Listing> {
    let mut files: Vec<RotatedFile> = Vec::new();
    for place in places {
        match list_place(place, directories, freshness, &mut files) {
            Err(error) if place.kind == PlaceKind::Own => return Err(error),
            Err(error) => {
                debug!(directory = %place.directory.display(), %error, "cannot list directory");
            }
            Ok(()) => {}
        }
    }
    for path in others {
        if let Ok(metadata) = fs::metadata(path)
            && metadata.is_file()
        {
            files.push(RotatedFile::new(path.clone(), &metadata));
        }
    }
    // The resolution of times may be too coarse for rotations in quick succession: then by number.
    files.sort_by(|a, b| {
        let key = |file: &RotatedFile| (file.modified, file.created.min(file.modified));
        key(a)
            .cmp(&key(b))
            .then_with(|| natural_key(&a.path).cmp(&natural_key(&b.path)))
    });
    files.dedup_by(|a, b| a.path == b.path);
    Ok(Listing { files })
}

/// Adds the rotated files in a directory.
fn list_place(
    place: &Place,
    directories: &Directories,
    freshness: Freshness,
    files: &mut Vec<RotatedFile>,
) -> io::Result<()> {
    let elsewhere = place.kind != PlaceKind::Own;
    let listed = directories.names(&place.directory, freshness)?;
    if place.kind == PlaceKind::Subdirectory && listed.has(&place.log) {
        return Ok(());
    }
    let prefixes = rotation_prefixes(&place.log);
    let names = prefixes.iter().flat_map(|it| listed.with_prefix(it));
    let names = names.filter(|name| may_be_rotation_of(&place.log, name, elsewhere));
    let mut names: Vec<&OsStr> = names.collect();
    names.sort_unstable();
    names.dedup();
    // A file that is being compressed exists twice for a while.
    let has_plain = |name: &OsStr| {
        let plain = OsStr::from_bytes(without_compression(name.as_bytes()));
        plain != place.log && names.binary_search(&plain).is_ok()
    };
    for name in &names {
        let path = place.directory.join(name);
        if is_compressed(&path) && (Compression::of(&path).is_none() || has_plain(name)) {
            continue;
        }
        // It may have been renamed since it was listed.
        if let Ok(metadata) = fs::metadata(&path)
            && metadata.is_file()
        {
            files.push(RotatedFile::new(path, &metadata));
        }
    }
    Ok(())
}

/// A key by which the numbers in names are ordered by their values.
fn natural_key(path: &Path) -> Vec<u8> {
    let name = path.file_name().map_or(&b""[..], OsStr::as_bytes);
    let mut key = Vec::with_capacity(name.len() + 8);
    for part in name.chunk_by(|a, b| a.is_ascii_digit() && b.is_ascii_digit()) {
        if part[0].is_ascii_digit() {
            key.push(b'0');
            key.push(part.len() as u8);
        }
        key.extend_from_slice(part);
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path, kind: PlaceKind, make: &[&str]) -> Vec<String> {
        for name in make {
            fs::write(folder.join(name), name).expect("a file");
        }
        let place = Place {
            directory: folder.to_owned(),
            log: "mail.log".into(),
            kind,
        };
        let directories = Directories::default();
        let fresh = (&directories, Freshness::Current);
        let listing = list(&[place], fresh, std::iter::empty()).expect("listed");
        let name = |file: &RotatedFile| Some(file.path.file_name()?.to_str()?.to_owned());
        let mut names: Vec<String> = listing.oldest_first().filter_map(name).collect();
        names.sort();
        names
    }

    #[test]
    fn files_are_listed_once_and_only_if_they_can_be_read() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("mail.log.d")).expect("a folder");
        let make = [
            "mail.log",
            "mail.log.10.gz",
            "mail.log.2",
            "mail.log.2.gz",
            "mail.log.1",
            "mail.err.1",
            "mail.log.lz4",
        ];
        let listed = names(folder.path(), PlaceKind::Own, &make);
        assert_eq!(listed, ["mail.log.1", "mail.log.10.gz", "mail.log.2"]);
    }

    #[test]
    fn a_subdirectory_with_a_log_of_the_same_name_is_not_searched() {
        let folder = tempfile::tempdir().expect("a folder");
        let listed = names(folder.path(), PlaceKind::Subdirectory, &["mail.log.1"]);
        assert_eq!(listed, ["mail.log.1"]);
        let elsewhere = names(folder.path(), PlaceKind::Elsewhere, &["mail.log"]);
        assert_eq!(elsewhere, ["mail.log", "mail.log.1"]);
        let listed = names(folder.path(), PlaceKind::Subdirectory, &[]);
        assert_eq!(listed, [] as [&str; 0]);
    }

    #[test]
    fn a_file_that_got_the_inode_of_another_one_is_another_file() {
        let metadata = fs::metadata("/").expect("the root");
        let file = RotatedFile::new("/a".into(), &metadata);
        let renamed = RotatedFile::new("/b".into(), &metadata);
        assert!(file.is_same(&renamed));
        let mut later = file.clone();
        later.created = FileTime::before_now();
        assert!(!file.is_same(&later));
        let mut other = file.clone();
        other.identity.inode += 1;
        assert!(!file.is_same(&other));
    }

    #[test]
    fn only_the_directory_of_the_log_itself_must_be_there() {
        let folder = tempfile::tempdir().expect("a folder");
        let listed = |kind| {
            let place = Place {
                directory: folder.path().join("missing"),
                log: "mail.log".into(),
                kind,
            };
            let directories = Directories::default();
            list(
                &[place],
                (&directories, Freshness::Current),
                std::iter::empty(),
            )
            .is_ok()
        };
        assert!(!listed(PlaceKind::Own));
        assert!(listed(PlaceKind::Elsewhere) && listed(PlaceKind::Subdirectory));
    }

    #[test]
    fn files_of_one_time_are_ordered_by_number() {
        let mut names = ["a.10", "a.9", "a.100", "a.1b2", "a.1b11"].map(PathBuf::from);
        names.sort_by_key(|path| natural_key(path));
        assert_eq!(
            names,
            ["a.1b2", "a.1b11", "a.9", "a.10", "a.100"].map(PathBuf::from)
        );
    }

    #[test]
    fn the_earlier_of_both_times_of_a_plain_file_counts() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| {
            let path = folder.path().join(name);
            let file = fs::File::create(&path).expect("a file");
            file.set_modified(std::time::UNIX_EPOCH).expect("set");
            RotatedFile::new(path.clone(), &fs::metadata(&path).expect("metadata"))
        };
        let now = FileTime::created(&fs::metadata(folder.path()).expect("metadata"));
        let (old, packed) = (file("mail.log.1"), file("mail.log.1.gz"));
        assert!(!old.may_begin_at(now) && !packed.may_begin_at(now));
        let beginning = FileTime::default();
        assert!(old.may_begin_at(beginning) && packed.may_begin_at(beginning));
    }
}
