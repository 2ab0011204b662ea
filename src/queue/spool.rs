//! The queues of servers that keep files for each message in a directory: Exim, Sendmail and qmail.
//!
//! Nothing in the directory is changed, and of a file at most the beginning is read. Files that disappear meanwhile,
//! because their message was delivered, are no error.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, File, Metadata};
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{CORRUPT, DEFERRED, HOLD, INCOMING, Queues};

/// How much of a file is read. What is searched for is near its beginning.
const HEAD_BYTES: u64 = 64 * 1024;

/// How a server keeps its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `input/` of the spool directory, or its subdirectories (`split_spool_directory`): `ID-H` has the envelope, with
    /// `-frozen` for a frozen message, and `ID-D` the content (Exim's specification, "Format of spool files").
    Exim,
    /// A queue directory, or subdirectories (`QueueDirectory` with `*`), in each of which files of one kind may have one
    /// of their own: `qf` has the envelope with the time of arrival as `T`, `df` the content; `hf` is a quarantined
    /// message, `Qf` a lost one (Sendmail's Operations Guide, "Queue Files").
    Sendmail,
    /// `info/` has a file for each message that is to be delivered, `todo/` those that came in since, `mess/` the
    /// content; each directory may be split (qmail's INTERNALS).
    Qmail,
}

/// Lists the queues of a server.
///
/// # Errors
///
/// If the directory, or one that every such directory has, cannot be listed.
pub(super) fn list(layout: Layout, folder: &Path) -> io::Result<Queues> {
    let mut queues = Queues::default();
    match layout {
        Layout::Exim => walk(&folder.join("input"), 1, &mut |entry| {
            count_exim(entry, &mut queues);
        })?,
        Layout::Sendmail => walk(folder, 2, &mut |entry| count_sendmail(entry, &mut queues))?,
        Layout::Qmail => {
            let content = |entry: &DirEntry| {
                let relative = entry.path().strip_prefix(folder).ok()?.to_owned();
                let number: PathBuf = relative.iter().skip(1).collect();
                size_of(&folder.join("mess").join(number))
            };
            for (name, queue) in [("info", DEFERRED), ("todo", INCOMING)] {
                walk(&folder.join(name), 1, &mut |entry| {
                    if let Some(found) = regular(entry) {
                        queues[queue].add(content(entry), Some(found.mtime()));
                    }
                })?;
            }
        }
    }
    Ok(queues)
}

/// Visits the files of a directory and of its subdirectories, `depth` levels down.
fn walk(folder: &Path, depth: u32, visit: &mut dyn FnMut(&DirEntry)) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 => {
                // It may be gone, or not be readable: the others count.
                let _ = walk(&entry.path(), depth - 1, visit);
            }
            Ok(kind) if kind.is_file() => visit(&entry),
            _ => {}
        }
    }
    Ok(())
}

fn regular(entry: &DirEntry) -> Option<Metadata> {
    entry.metadata().ok().filter(Metadata::is_file)
}

fn size_of(path: &Path) -> Option<u64> {
    let found = fs::symlink_metadata(path).ok()?;
    found.is_file().then_some(found.len())
}

/// The first bytes of a file.
fn head_of(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

fn count_exim(entry: &DirEntry, queues: &mut Queues) {
    let name = entry.file_name();
    let Some(id) = name.as_bytes().strip_suffix(b"-H") else {
        return;
    };
    let Some(found) = regular(entry) else {
        return;
    };
    let path = entry.path();
    let content = path.with_file_name(OsStr::from_bytes(&[id, b"-D"].concat()));
    let head = head_of(&path).unwrap_or_default();
    let queue = if is_frozen(&head) { HOLD } else { DEFERRED };
    let arrived = exim_time(id).unwrap_or(found.mtime());
    queues[queue].add(size_of(&content), Some(arrived));
}

/// Whether the envelope has the option `-frozen`. The options end where the tree of addresses that need no more delivery
/// begins: with two letters that tell whether there are branches, `XX` if there is none.
fn is_frozen(envelope: &[u8]) -> bool {
    let is_tree =
        |line: &&[u8]| matches!(line.get(..2), Some(b"XX" | b"YY" | b"YN" | b"NY" | b"NN"));
    let options = envelope.split(|byte| *byte == b'\n').skip(4);
    let mut options = options.take_while(|line| !is_tree(line));
    options.any(|line| line.starts_with(b"-frozen "))
}

/// The time in a message id, whose first six digits count the seconds since 1970 in base 62.
fn exim_time(id: &[u8]) -> Option<i64> {
    let seconds = id.get(..6).filter(|_| id.get(6) == Some(&b'-'))?;
    seconds.iter().try_fold(0, |sum: i64, digit| {
        let value = match digit {
            b'0'..=b'9' => digit - b'0',
            b'A'..=b'Z' => digit - b'A' + 10,
            b'a'..=b'z' => digit - b'a' + 36,
            _ => return None,
        };
        Some(sum * 62 + i64::from(value))
    })
}

fn count_sendmail(entry: &DirEntry, queues: &mut Queues) {
    let name = entry.file_name();
    let Some((kind, id)) = name.as_bytes().split_at_checked(2) else {
        return;
    };
    let queue = match kind {
        b"qf" => DEFERRED,
        b"hf" => HOLD,
        b"Qf" => CORRUPT,
        _ => return,
    };
    let Some(found) = regular(entry) else {
        return;
    };
    let path = entry.path();
    let content = OsStr::from_bytes(&[b"df", id].concat()).to_owned();
    let beside = path.with_file_name(&content);
    // `qf/qfID` and `df/dfID`, if each kind has a directory of its own.
    let apart = path.parent().and_then(Path::parent);
    let apart = apart.map(|folder| folder.join("df").join(&content));
    let size = size_of(&beside).or_else(|| size_of(&apart?));
    let head = head_of(&path).unwrap_or_default();
    let arrived = sendmail_time(&head).unwrap_or(found.mtime());
    queues[queue].add(size, Some(arrived));
}

/// The time of arrival in an envelope: a line with `T` and the seconds since 1970.
fn sendmail_time(envelope: &[u8]) -> Option<i64> {
    let mut lines = envelope.split(|byte| *byte == b'\n');
    let time = lines.find_map(|line| line.strip_prefix(b"T"))?;
    std::str::from_utf8(time).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Queue;

    struct Spool(tempfile::TempDir);

    impl Spool {
        fn new() -> Self {
            Spool(tempfile::tempdir().expect("a folder"))
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.0.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("created");
            fs::write(path, text).expect("written");
        }

        fn list(&self, layout: Layout) -> Queues {
            list(layout, self.0.path()).expect("a listing")
        }
    }

    fn queue(messages: u64, bytes: u64, oldest: i64) -> Queue {
        Queue {
            messages,
            bytes,
            oldest: Some(oldest),
        }
    }

    #[test]
    fn exim_messages_are_counted_by_age_in_their_ids_and_frozen_ones_apart() {
        let spool = Spool::new();
        let envelope =
            "ID-H\nmail 8 8\n<ann@example.com>\n1767225600 0\n-local\nXX\n1\nbob@example.org\n";
        let frozen = envelope.replace("-local\n", "-local\n-frozen 1767225700\n");
        let quoted = envelope.replace("XX\n", "XX\n-frozen 5\n");
        spool.write("input/1vb8Ya-0000000Abcd-1234-H", envelope);
        spool.write("input/1vb8Ya-0000000Abcd-1234-D", "12345");
        spool.write("input/a/1vb8YZ-000Abc-01-H", &quoted);
        spool.write("input/a/1vb8YZ-000Abc-01-D", "1");
        spool.write("input/b/1vb8Yb-000Abc-01-H", &frozen);
        // Still being received.
        spool.write("input/b/1vb8Yc-000Abc-01-D", "123");
        let queues = spool.list(Layout::Exim);
        let time = exim_time(b"1vb8YZ-000Abc-01").expect("a time");
        assert_eq!(queues[DEFERRED], queue(2, 6, time));
        assert_eq!(queues[HOLD], queue(1, 0, time + 2));
        assert_eq!(queues[INCOMING], Queue::default());
    }

    #[test]
    fn times_in_exim_ids_are_in_base_62() {
        // From Exim's specification: the id 16VDhn-0001bo-D3 and its digits.
        assert_eq!(exim_time(b"000010-"), Some(62));
        assert_eq!(exim_time(b"00000z-"), Some(61));
        assert_eq!(exim_time(b"16VDhn-0001bo-D3"), Some(1_012_231_703));
        assert_eq!(exim_time(b"16VDh"), None);
        assert_eq!(exim_time(b"16VDh%-"), None);
    }

    #[test]
    fn sendmail_messages_are_counted_wherever_their_files_are() {
        let spool = Spool::new();
        let envelope = |time: i64| format!("V8\nT{time}\nK0\nN0\nSann@example.com\n");
        spool.write("qf6ANA000a000001", &envelope(500));
        spool.write("df6ANA000a000001", "12345");
        spool.write("q1/qf/qf6ANA000a000002", &envelope(400));
        spool.write("q1/df/df6ANA000a000002", "123");
        spool.write("q1/qf/hf6ANA000a000003", &envelope(300));
        spool.write("Qf6ANA000a000004", &envelope(200));
        spool.write("xf6ANA000a000001", "transcript");
        let queues = spool.list(Layout::Sendmail);
        assert_eq!(queues[DEFERRED], queue(2, 8, 400));
        assert_eq!(queues[HOLD], queue(1, 0, 300));
        assert_eq!(queues[CORRUPT], queue(1, 0, 200));
    }

    #[test]
    fn qmail_messages_are_counted_with_their_content() {
        let spool = Spool::new();
        spool.write("info/3/1003", "Fann@example.com\0");
        spool.write("mess/3/1003", "1234567");
        spool.write("todo/1004", "u1\0");
        spool.write("mess/4/1004", "1");
        let queues = spool.list(Layout::Qmail);
        let found = |queue: usize| (queues[queue].messages, queues[queue].bytes);
        assert_eq!(found(DEFERRED), (1, 7));
        assert_eq!(found(INCOMING), (1, 0));
        assert!(queues[DEFERRED].oldest.is_some());
    }

    #[test]
    fn a_directory_that_is_not_a_queue_is_an_error_and_links_are_not_followed() {
        let spool = Spool::new();
        for layout in [Layout::Exim, Layout::Qmail] {
            assert!(list(layout, spool.0.path()).is_err());
        }
        assert!(list(Layout::Sendmail, &spool.0.path().join("none")).is_err());
        std::os::unix::fs::symlink("/etc/passwd", spool.0.path().join("qf1")).expect("a link");
        assert_eq!(spool.list(Layout::Sendmail), Queues::default());
    }
}
