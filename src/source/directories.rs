//! The names in directories, each listed once for all logs that are in it.
//!
//! With thousands of logs in one directory, listing it for each of them would take the square of their number.

use std::cell::RefCell;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::identity::Identity;
use crate::mounts;

/// How long after a change a directory is listed again every time: a second change within the resolution of its
/// modification time would be missed otherwise.
pub(crate) const SETTLED: Duration = Duration::from_secs(2);

/// How many directories are remembered, those that were asked for last.
const MAX_DIRECTORIES: usize = 16;

/// Which of the listings that may have become outdated are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// None.
    Current,
    /// One that is at most a tenth of a second old, of a directory whose modification time is the same.
    Recent,
}

/// How old a [`Freshness::Recent`] listing is at most.
const RECENT: Duration = Duration::from_millis(100);

/// The names in a directory.
#[derive(Debug, Default)]
pub(crate) struct DirectoryNames {
    /// Sorted by their bytes.
    names: Vec<OsString>,
    /// The directories among them, without links to directories, and without mount points of
    /// [file systems that may not answer](mounts).
    pub subdirectories: Vec<PathBuf>,
}

impl DirectoryNames {
    fn read(directory: &Path) -> io::Result<Self> {
        let mut listed = DirectoryNames::default();
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                listed.subdirectories.push(entry.path());
            }
            listed.names.push(entry.file_name());
        }
        if !listed.subdirectories.is_empty() {
            let mounts = mounts::unreliable_below(directory);
            listed.subdirectories.retain(|it| !mounts.contains(it));
        }
        listed.names.sort_unstable();
        listed.subdirectories.sort_unstable();
        Ok(listed)
    }

    /// Whether this name is in the directory.
    pub fn has(&self, name: &OsStr) -> bool {
        self.names.binary_search_by(|it| (**it).cmp(name)).is_ok()
    }

    /// The names that begin with these bytes, in their order.
    pub fn with_prefix<'a>(&'a self, prefix: &'a [u8]) -> impl Iterator<Item = &'a OsStr> {
        let start = self.names.partition_point(|it| it.as_bytes() < prefix);
        let rest = self.names[start..].iter().map(OsString::as_os_str);
        rest.take_while(move |it| it.as_bytes().starts_with(prefix))
    }
}

/// A listing, and what tells whether it is still right.
struct Listed {
    directory: PathBuf,
    identity: Identity,
    modified: Option<SystemTime>,
    /// Whether the directory had not changed for a while when it was listed.
    settled: bool,
    at: Instant,
    names: Arc<DirectoryNames>,
}

impl Listed {
    fn is_valid(&self, metadata: &Metadata, freshness: Freshness) -> bool {
        let same = self.identity == Identity::of(metadata)
            && self.modified.is_some()
            && self.modified == metadata.modified().ok();
        let recent = freshness == Freshness::Recent && self.at.elapsed() < RECENT;
        same && (self.settled || recent)
    }
}

/// The directories that were listed last.
#[derive(Default)]
pub(crate) struct Directories {
    /// The one that was asked for last is the last one.
    listed: RefCell<Vec<Listed>>,
    /// How many names were read from directories.
    #[cfg(test)]
    pub names_read: std::cell::Cell<usize>,
}

impl Directories {
    /// The names in a directory.
    ///
    /// # Errors
    ///
    /// If it cannot be listed.
    pub fn names(&self, directory: &Path, freshness: Freshness) -> io::Result<Arc<DirectoryNames>> {
        let metadata = fs::metadata(directory)?;
        let mut known = self.listed.borrow_mut();
        if let Some(at) = known.iter().rposition(|it| it.directory == directory) {
            let listed = known.remove(at);
            if listed.is_valid(&metadata, freshness) {
                let names = Arc::clone(&listed.names);
                known.push(listed);
                return Ok(names);
            }
        }
        let at = Instant::now();
        let names = Arc::new(DirectoryNames::read(directory)?);
        #[cfg(test)]
        self.names_read
            .set(self.names_read.get() + names.names.len());
        let modified = metadata.modified().ok();
        let age = modified.and_then(|modified| modified.elapsed().ok());
        if known.len() == MAX_DIRECTORIES {
            known.remove(0);
        }
        known.push(Listed {
            directory: directory.to_owned(),
            identity: Identity::of(&metadata),
            modified,
            settled: age.is_some_and(|age| age > SETTLED),
            at,
            names: Arc::clone(&names),
        });
        Ok(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_is_listed_again_only_if_it_may_have_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let create = |name: &str| fs::write(folder.path().join(name), "").expect("a file");
        create("a.");
        create("a.log");
        create("a.log.1");
        create("b.log");
        fs::create_dir(folder.path().join("old")).expect("a folder");
        let directories = Directories::default();
        let names = |freshness| {
            let names = directories.names(folder.path(), freshness).expect("listed");
            let with_prefix = names.with_prefix(b"a.").map(OsStr::to_owned);
            with_prefix.collect::<Vec<_>>()
        };
        assert_eq!(names(Freshness::Current), ["a.", "a.log", "a.log.1"]);
        // It has just changed, and might again in the same moment.
        names(Freshness::Current);
        assert_eq!(directories.names_read.get(), 10);
        let settle = || {
            let long_ago = SystemTime::now() - 2 * SETTLED;
            let folder = fs::File::open(folder.path()).expect("opened");
            folder.set_modified(long_ago).expect("set");
        };
        settle();
        names(Freshness::Current);
        names(Freshness::Current);
        assert_eq!(directories.names_read.get(), 15);
        create("a.log.2");
        assert_eq!(
            names(Freshness::Recent),
            ["a.", "a.log", "a.log.1", "a.log.2"]
        );
        let listed = directories.names(folder.path(), Freshness::Current);
        let listed = listed.expect("listed");
        assert_eq!(listed.subdirectories, [folder.path().join("old")]);
        assert!(listed.has(OsStr::new("b.log")) && !listed.has(OsStr::new("b")));
    }

    #[test]
    fn a_recent_listing_of_a_directory_that_has_just_changed_is_used_for_a_moment() {
        let metadata = fs::metadata("/").expect("the root");
        let is_valid = |age: Duration, settled, modified: Option<SystemTime>, freshness| {
            let listed = Listed {
                directory: PathBuf::from("/"),
                identity: Identity::of(&metadata),
                modified,
                settled,
                at: Instant::now().checked_sub(age).expect("a time"),
                names: Arc::default(),
            };
            listed.is_valid(&metadata, freshness)
        };
        let (modified, old) = (metadata.modified().ok(), 2 * RECENT);
        assert!(is_valid(Duration::ZERO, false, modified, Freshness::Recent));
        assert!(!is_valid(
            Duration::ZERO,
            false,
            modified,
            Freshness::Current
        ));
        assert!(!is_valid(old, false, modified, Freshness::Recent));
        assert!(is_valid(old, true, modified, Freshness::Current));
        let earlier = modified.map(|it| it - old);
        assert!(!is_valid(Duration::ZERO, true, earlier, Freshness::Recent));
    }
}
