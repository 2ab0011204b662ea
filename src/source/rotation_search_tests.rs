//! Tests of what a search finds, each with a few files in one directory.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::*;
use crate::source::identity::FileTime;
use crate::source::read_buffer::ReadBuffer;
use crate::source::rotated_files::PlaceKind;
use crate::source::tail_file::ReadTotals;

const HOUR: i64 = 3600;

/// A log with its directory.
struct Logs {
    folder: tempfile::TempDir,
    log: FollowedLog,
    places: Vec<Place>,
}

/// The names of the files that were found.
#[derive(Debug, Default, PartialEq)]
struct Names {
    files: Vec<Option<String>>,
    missed: Vec<String>,
}

impl Logs {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let place = Place {
            directory: folder.path().to_owned(),
            log: "mail.log".into(),
            kind: PlaceKind::Own,
        };
        let log = FollowedLog::new(folder.path().join("mail.log"), false);
        Logs {
            folder,
            log,
            places: vec![place],
        }
    }

    /// As [`Logs::new`], but with a horizon in the present.
    fn with_horizon() -> Self {
        let mut logs = Logs::new();
        logs.log.horizon = Some(FileTime::before_now());
        logs
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("written");
    }

    fn compress(&self, name: &str, text: &str) {
        let file = File::create(self.path(name)).expect("a file");
        let mut gzip = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        gzip.write_all(text.as_bytes()).expect("compressed");
        gzip.finish().expect("compressed");
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).expect("removed");
    }

    /// Sets when a file was last written to, in seconds from now.
    fn age(&self, name: &str, seconds: i64) {
        let now = SystemTime::now();
        let span = Duration::from_secs(seconds.unsigned_abs());
        let time = if seconds < 0 { now - span } else { now + span };
        let file = File::options().write(true).open(self.path(name));
        file.and_then(|file| file.set_modified(time)).expect("set");
    }

    fn open(&self, name: &str) -> TailFile {
        TailFile::open(&self.path(name), Framing::Plain).expect("the file")
    }

    fn identity(&self, name: &str) -> Identity {
        self.open(name).identity()
    }

    /// The position at the end of a file.
    fn position(&self, name: &str) -> FilePosition {
        let mut file = self.open(name);
        let (mut buffer, mut totals) = (ReadBuffer::new(4096), ReadTotals::default());
        file.read(usize::MAX, &mut buffer, &mut totals, &mut |_| ())
            .expect("read");
        file.position(&self.log.path, FileState::Rotated)
    }

    fn search_with(&self, query: Query<'_>, is_open: &dyn Fn(Identity) -> bool) -> Names {
        let places = (&self.places[..], &Directories::default());
        let search = RotationSearch::new(&self.log, Framing::Plain, is_open, places, query);
        let found = search.run().expect("a search");
        let mut names = HashMap::new();
        for entry in fs::read_dir(self.folder.path()).expect("a folder") {
            let entry = entry.expect("an entry");
            let metadata = entry.metadata().expect("metadata");
            let name = entry.file_name().to_string_lossy().into_owned();
            names.insert(Identity::of(&metadata).inode, name);
        }
        let name = |file: &TailFile| names[&file.inode()].clone();
        Names {
            files: found.files.iter().map(|it| it.as_ref().map(name)).collect(),
            missed: found.missed.iter().map(name).collect(),
        }
    }

    fn search(&self, query: Query<'_>) -> Names {
        self.search_with(query, &|_| false)
    }

    /// The names of the missed files.
    fn missed(&self) -> Vec<String> {
        let query = Query {
            missed: true,
            ..Query::default()
        };
        self.search(query).missed
    }

    /// The names of the files of these positions.
    fn find(&self, wanted: &[FilePosition], exact_inode: bool) -> Vec<Option<String>> {
        let query = Query {
            wanted,
            exact_inode,
            ..Query::default()
        };
        self.search(query).files
    }
}

fn some(name: &str) -> Vec<Option<String>> {
    vec![Some(name.to_owned())]
}

#[test]
fn copy_is_found_though_its_times_are_too_old() {
    let logs = Logs::new();
    logs.write("mail.log.1", "a\nb\n");
    let wanted = [logs.position("mail.log.1")];
    logs.write("mail.log.2", "a\nb\nc\n");
    logs.age("mail.log.2", -HOUR);
    logs.remove("mail.log.1");
    logs.write("mail.log.3", "other\n");
    assert_eq!(logs.find(&wanted, true), some("mail.log.2"));
}

#[test]
fn recent_copy_is_preferred_to_an_old_one() {
    let logs = Logs::new();
    logs.write("mail.log.1", "a\nb\n");
    let wanted = [logs.position("mail.log.1")];
    logs.write("mail.log.2", "a\nb\nold\n");
    logs.age("mail.log.2", -HOUR);
    logs.write("mail.log.3", "a\nb\nrecent\n");
    logs.age("mail.log.3", 10);
    logs.remove("mail.log.1");
    assert_eq!(logs.find(&wanted, true), some("mail.log.3"));
}

#[test]
fn file_with_the_inode_is_preferred_only_on_request() {
    for (age_of_copy, newest) in [(-5, "mail.log.1"), (5, "mail.log.2")] {
        let logs = Logs::new();
        logs.write("mail.log.1", "a\n");
        logs.write("mail.log.2", "a\n");
        let mut wanted = [logs.position("mail.log.1")];
        logs.age("mail.log.2", age_of_copy);
        wanted[0].modified = FileTime::default();
        assert_eq!(logs.find(&wanted, true), some("mail.log.1"));
        assert_eq!(logs.find(&wanted, false), some(newest));
    }
}

#[test]
fn unrelated_old_files_are_not_opened() {
    let logs = Logs::new();
    logs.write("mail.log.1", "a\nb\n");
    let wanted = [logs.position("mail.log.1")];
    logs.write("mail.log.2", "other\n");
    logs.age("mail.log.1", -HOUR);
    logs.age("mail.log.2", -HOUR);
    let visited = RefCell::new(Vec::new());
    let query = Query {
        wanted: &wanted,
        exact_inode: true,
        ..Query::default()
    };
    let found = logs.search_with(query, &|identity| {
        visited.borrow_mut().push(identity);
        false
    });
    assert_eq!(found.files, some("mail.log.1"));
    // Before and after it is opened, in one pass.
    assert_eq!(*visited.borrow(), [logs.identity("mail.log.1"); 2]);
}

#[test]
fn search_is_repeated_while_files_are_renamed_but_not_for_ever() {
    for renames in [1, usize::MAX] {
        let logs = Logs::new();
        logs.write("mail.log.1", "a\nb\n");
        let wanted = [logs.position("mail.log.1")];
        let names = [logs.path("mail.log.1"), logs.path("mail.log.2")];
        let calls = Cell::new(0);
        let query = Query {
            wanted: &wanted,
            exact_inode: true,
            ..Query::default()
        };
        // The file gets another name when it is about to be opened.
        let found = logs.search_with(query, &|_| {
            let call = calls.get();
            calls.set(call + 1);
            if call < renames {
                fs::rename(&names[call % 2], &names[(call + 1) % 2]).expect("renamed");
            }
            false
        });
        if renames == 1 {
            assert_eq!((found.files, calls.get()), (some("mail.log.2"), 3));
        } else {
            assert_eq!((found.files, calls.get()), (vec![None], MAX_ATTEMPTS));
        }
    }
}

#[test]
fn only_new_files_are_missed_and_only_on_request() {
    let mut logs = Logs::with_horizon();
    logs.write("mail.log.1", "new\n");
    logs.write("mail.log.2", "older\n");
    logs.age("mail.log.2", -1);
    logs.write("mail.log.3", "before the horizon\n");
    logs.age("mail.log.3", -HOUR);
    logs.log.horizon = logs.log.horizon.map(|_| logs.open("mail.log.2").modified());
    // Something else was read before.
    logs.write("x", "else\n");
    logs.log.finished = vec![logs.position("x")];
    assert_eq!(logs.missed(), ["mail.log.2", "mail.log.1"]);
    assert_eq!(logs.search(Query::default()), Names::default());
    logs.log.ignored = logs.listed("mail.log.1");
    assert_eq!(logs.missed(), ["mail.log.2"]);
    logs.log.horizon = None;
    assert_eq!(logs.missed(), [""; 0]);
}

impl Logs {
    /// The entry of a file in a listing.
    fn listed(&self, name: &str) -> Vec<RotatedFile> {
        let fresh = (&Directories::default(), Freshness::Current);
        let listing = rotated_files::list(&self.places, fresh, std::iter::empty()).expect("listed");
        let path = self.path(name);
        listing
            .oldest_first()
            .filter(|it| it.path == path)
            .cloned()
            .collect()
    }
}

#[test]
fn file_that_was_created_before_the_horizon_is_missed_only_if_it_was_live() {
    let mut logs = Logs::new();
    logs.write("mail.log.1", "before\n");
    let mut wanted = [logs.position("mail.log.1")];
    // It was emptied, and written again.
    logs.write("mail.log.1", "after\n");
    logs.write("horizon", "");
    logs.age("horizon", HOUR);
    logs.log.horizon = Some(logs.open("horizon").modified());
    let missed = |logs: &Logs, wanted: &[FilePosition]| {
        let query = Query {
            wanted,
            missed: true,
            ..Query::default()
        };
        logs.search(query).missed
    };
    assert_eq!(missed(&logs, &wanted), [""; 0]);
    logs.age("mail.log.1", 2 * HOUR);
    assert_eq!(missed(&logs, &wanted), ["mail.log.1"]);
    wanted[0].identity = logs.identity("horizon");
    // Some file systems do not keep when a file was created.
    if fs::metadata(logs.path("mail.log.1")).is_ok_and(|it| it.created().is_ok()) {
        assert_eq!(missed(&logs, &wanted), [""; 0]);
    }
}

#[test]
fn files_that_are_read_elsewhere_are_not_missed() {
    let logs = Logs::with_horizon();
    for name in ["mail.log.1", "mail.log.2", "mail.log.3"] {
        logs.write(name, name);
    }
    let query = Query {
        live: Some(logs.identity("mail.log.1")),
        missed: true,
        ..Query::default()
    };
    let open = logs.identity("mail.log.2");
    let found = logs.search_with(query, &|identity| identity == open);
    assert_eq!(found.missed, ["mail.log.3"]);
}

#[test]
fn empty_file_is_missed_unless_it_is_compressed() {
    let logs = Logs::with_horizon();
    logs.write("mail.log.1", "");
    logs.compress("mail.log.2.gz", "");
    logs.compress("mail.log.3.gz", "a\n");
    let mut missed = logs.missed();
    missed.sort();
    assert_eq!(missed, ["mail.log.1", "mail.log.3.gz"]);
}

#[test]
fn file_with_two_names_is_missed_once() {
    let logs = Logs::with_horizon();
    logs.write("mail.log.1", "a\n");
    fs::hard_link(logs.path("mail.log.1"), logs.path("mail.log.2")).expect("linked");
    logs.write("mail.log.3", "b\n");
    assert_eq!(logs.missed().len(), 2);
}

#[test]
fn number_of_missed_files_is_limited() {
    let logs = Logs::with_horizon();
    for number in 0..=MAX_MISSED {
        logs.write(&format!("mail.log.{number}"), &format!("{number}\n"));
    }
    assert_eq!(logs.missed().len(), MAX_MISSED);
}

#[test]
fn position_with_content_is_preferred_to_that_of_an_empty_file() {
    let logs = Logs::new();
    logs.write("mail.log.1", "");
    let mut empty = logs.position("mail.log.1");
    // As if it had been looked at later.
    empty.modified = FileTime::before_now().max(empty.modified);
    logs.write("mail.log.1", "a\n");
    let mut full = logs.position("mail.log.1");
    let own = full.clone();
    logs.write("x", "a\n");
    full.identity = logs.identity("x");
    assert_eq!(
        logs.find(&[full.clone(), empty], true),
        [some("mail.log.1"), vec![None]].concat()
    );
    // Of two with the same content, that with the inode.
    assert_eq!(
        logs.find(&[own.clone(), full.clone()], true),
        [some("mail.log.1"), vec![None]].concat()
    );
    // Of nothing in the file with the inode and something in a copy of it, the copy.
    let unread = FilePosition {
        offset: 0,
        anchor: Checksum::of(b""),
        ..own
    };
    for wanted in [[unread.clone(), full.clone()], [full, unread]] {
        let found = logs.find(&wanted, true);
        let at = wanted.iter().position(|it| it.offset > 0);
        assert_eq!(at.map(|at| found[at].is_some()), Some(true));
    }
}

#[test]
fn copies_of_what_was_read_are_not_missed() {
    let mut logs = Logs::with_horizon();
    logs.write("a", "first\n");
    logs.write("b", "other\n");
    logs.write("c", "first\nsecond\n");
    let position = |name| logs.position(name);
    let (first, other, both) = (position("a"), position("b"), position("c"));
    logs.write("mail.log.1", "first\nsecond\n");
    for (finished, expected) in [
        (vec![], 1),
        (vec![first.clone()], 0),
        (vec![other.clone()], 1),
        // Of the same length, and of another one.
        (vec![other.clone(), first.clone()], 0),
        (vec![other, both.clone()], 0),
    ] {
        logs.log.finished = finished;
        assert_eq!(logs.missed().len(), expected);
    }
    // The content before the position differs.
    let mut changed = both;
    changed.anchor = Checksum::of(b"changed");
    logs.log.finished = vec![changed];
    assert_eq!(logs.missed().len(), 1);
}

#[test]
fn inode_of_an_empty_file_does_not_identify_a_file_with_content() {
    let mut logs = Logs::with_horizon();
    logs.write("mail.log.1", "");
    let mut empty = logs.position("mail.log.1");
    empty.modified = FileTime::before_now().max(empty.modified);
    logs.log.finished = vec![empty];
    assert_eq!(logs.missed(), [""; 0]);
    logs.write("mail.log.1", "a\n");
    assert_eq!(logs.missed(), ["mail.log.1"]);
}

#[test]
fn copies_of_the_live_file_are_not_missed() {
    let logs = Logs::with_horizon();
    logs.write("mail.log.1", "first\n");
    logs.write("mail.log.2", "other\n");
    let query = Query {
        live_head: b"first\nsecond\n",
        missed: true,
        ..Query::default()
    };
    assert_eq!(logs.search(query).missed, ["mail.log.2"]);
}

#[test]
fn long_copy_is_recognized_by_its_first_bytes() {
    let mut logs = Logs::with_horizon();
    let long = "x".repeat(HEAD_BYTES) + "\n";
    logs.write("a", &(long.clone() + "first\n"));
    logs.log.finished = vec![logs.position("a")];
    logs.write("mail.log.1", &(long.clone() + "other\n"));
    logs.write("mail.log.2", &long.replace('x', "y"));
    assert_eq!(logs.missed(), ["mail.log.2"]);
}

/// Which of the missed files remain beside an open one, whose content was `before`, of which whole lines were read, and
/// is `now`.
fn remaining(before: &str, now: &str, missed: &[&str]) -> Vec<String> {
    let logs = Logs::new();
    logs.write("open", before);
    let mut open = logs.open("open");
    let mut totals = ReadTotals::default();
    open.read(64, &mut ReadBuffer::new(64), &mut totals, &mut |_| {})
        .expect("read");
    write_in_place(&logs.path("open"), now);
    let open_missed = |(number, text): (usize, &&str)| {
        let name = format!("missed{number}");
        logs.write(&name, text);
        logs.open(&name)
    };
    let mut files: Vec<TailFile> = missed.iter().enumerate().map(open_missed).collect();
    drop_copies(&mut files, std::iter::once(&mut open));
    let text = |file: &mut TailFile| file.head_bytes().expect("read");
    let texts = files.iter_mut().map(text);
    texts
        .map(|it| String::from_utf8_lossy(&it).into_owned())
        .collect()
}

fn write_in_place(path: &Path, text: &str) {
    let mut file = File::options()
        .write(true)
        .truncate(true)
        .open(path)
        .expect("the file");
    file.write_all(text.as_bytes()).expect("written");
}

#[test]
fn missed_files_that_are_copies_of_an_open_one_are_dropped() {
    let missed = ["a\n", "a\nb\n", "other\n", ""];
    assert_eq!(remaining("a\nb\n", "a\nb\n", &missed), ["other\n", ""]);
    // Read while it was empty.
    assert_eq!(remaining("", "a\nb\n", &missed), ["other\n", ""]);
    assert_eq!(remaining("", "", &missed), missed);
    // Emptied since it was read.
    assert_eq!(remaining("a\n", "", &missed), ["other\n", ""]);
    assert_eq!(remaining("a\n", "new\n", &missed), ["other\n", ""]);
}

#[test]
fn a_part_of_a_line_does_not_make_a_copy() {
    // More of it may be written, or copied.
    assert_eq!(remaining("line 1\n", "line 1\n", &["li"]), ["li"]);
    // Of the open file, only a part of a line was written before it was emptied.
    assert_eq!(remaining("li", "", &["line 2\n"]), ["line 2\n"]);
    // A file that is longer than the open one is not a copy of it.
    assert_eq!(remaining("li", "li", &["line 2\n"]), ["line 2\n"]);
}

#[test]
fn content_tells_more_than_the_inode_of_a_file_that_was_empty() {
    let logs = Logs::new();
    logs.write("mail.log.1", "");
    let empty = logs.position("mail.log.1");
    logs.write("mail.log.2", "a\nb\n");
    let unread = logs
        .open("mail.log.2")
        .position(&logs.log.path, FileState::Rotated);
    logs.remove("mail.log.2");
    logs.write("mail.log.1", "a\nb\nc\n");
    let found = Some("mail.log.1".to_owned());
    let wanted = [empty.clone(), unread.clone()];
    assert_eq!(logs.find(&wanted, true), [None, found.clone()]);
    assert_eq!(logs.find(&[unread, empty], true), [found, None]);
}
