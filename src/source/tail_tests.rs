//! Changes of the configuration, and the work for many logs.

use std::fs;

use super::*;
use crate::source::input::{Framing, ReadFrom};

#[test]
fn a_new_file_of_a_pattern_that_stays_configured_is_read_from_its_beginning() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = |names: &[&str]| Files {
        paths: names.iter().map(|name| folder.path().join(name)).collect(),
        rotated_dirs: Vec::new(),
        from: ReadFrom::End,
        framing: Framing::Plain,
    };
    let write = |name, text| fs::write(folder.path().join(name), text).expect("written");
    write("a.log", "skipped\n");
    write("other", "skipped too\n");
    let mut tail = Tail::new(&files(&["*.log"]), Position::Unset);
    let mut lines: Vec<String> = Vec::new();
    let mut read = |tail: &mut Tail| {
        tail.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, batch| {
            let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
            lines.extend(batch.iter().map(text));
        });
    };
    read(&mut tail);
    // After the last rescan of the pattern.
    write("b.log", "new\n");
    assert!(tail.reconfigure(&Input::Files(files(&["*.log", "other"]))));
    read(&mut tail);
    assert_eq!(lines, ["new"]);
}

/// How many logs and names are looked at for each of `count` logs in one directory: when they are read for the first
/// time, and when all of them have grown.
fn work_for_each_of(count: usize) -> [usize; 2] {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |at: usize| folder.path().join(format!("host{at}.log"));
    (0..count).for_each(|at| fs::write(path(at), "one\n").expect("written"));
    // Otherwise it is listed again from time to time, because it has just changed.
    let directory = fs::File::open(folder.path()).expect("opened");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(60);
    directory.set_modified(long_ago).expect("set");
    let files = Files {
        paths: vec![folder.path().join("*.log")],
        rotated_dirs: Vec::new(),
        from: ReadFrom::Beginning,
        framing: Framing::Plain,
    };
    let mut tail = Tail::new(&files, Position::Unset);
    let (mut buffer, mut lines) = (ReadBuffer::new(100), 0);
    let mut work_before = 0;
    let mut read_all = |tail: &mut Tail, expected: usize| {
        while tail
            .read(usize::MAX, &mut buffer, &mut |_, batch| {
                lines += batch.len()
            })
            .more
        {}
        assert_eq!(lines, expected);
        let logs = tail.tracker.logs.looked_at.get();
        let names = tail.tracker.places.directories.names_read.get();
        let work = logs + names - work_before;
        work_before += work;
        work / count
    };
    let first = read_all(&mut tail, count);
    for at in 0..count {
        let log = fs::OpenOptions::new().append(true).open(path(at));
        std::io::Write::write_all(&mut log.expect("opened"), b"two\n").expect("written");
    }
    tail.hint(Hint::All);
    [first, read_all(&mut tail, 2 * count)]
}

#[test]
fn the_work_for_a_log_does_not_grow_with_the_number_of_logs() {
    let (few, many) = (work_for_each_of(500), work_for_each_of(3000));
    for (few, many) in few.into_iter().zip(many) {
        // Of those that are open, the one that has been idle the longest is closed.
        let most = 2 * 256 + 64;
        assert!(few < most && many < most, "{few} and {many}");
    }
}

#[test]
fn new_files_of_a_pattern_are_followed_without_expanding_it_for_each() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Files {
        paths: vec![folder.path().join("*.log")],
        rotated_dirs: Vec::new(),
        from: ReadFrom::Beginning,
        framing: Framing::Plain,
    };
    let mut tail = Tail::new(&files, Position::Unset);
    tail.next_rescan = Instant::now() + Duration::from_secs(3600);
    for name in ["a.log", "b.log", "b.log.1", "c-20260101.log", "d"] {
        fs::write(folder.path().join(name), "one\n").expect("written");
        tail.hint(Hint::Path(&folder.path().join(name)));
    }
    let names = |tail: &Tail| {
        let logs = tail.tracker.logs.iter();
        let names = logs.filter_map(|it| it.path.file_name()?.to_str().map(str::to_owned));
        names.collect::<Vec<_>>()
    };
    assert_eq!(names(&tail), ["a.log", "b.log"]);
    // Whether a file with a date is live depends on the others.
    tail.next_rescan = Instant::now();
    tail.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, _| ());
    assert_eq!(names(&tail), ["a.log", "b.log", "c-20260101.log"]);
    // Without an event, it is found when the pattern is expanded the next time.
    fs::write(folder.path().join("e.log"), "one\n").expect("written");
    tail.next_rescan = Instant::now() + Duration::from_secs(3600);
    tail.hint(Hint::Rescan);
    assert_eq!(names(&tail).len(), 3);
    tail.next_rescan = Instant::now();
    tail.hint(Hint::Rescan);
    assert_eq!(names(&tail).last().map(String::as_str), Some("e.log"));
}

#[test]
fn each_read_tells_how_many_bytes_it_has_read_and_the_directories_of_all_files_are_watched() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    for name in ["logs", "data", "other"] {
        fs::create_dir(folder.join(name)).expect("a folder");
    }
    fs::write(folder.join("data/mail"), "one\n").expect("written");
    std::os::unix::fs::symlink("../data/mail", folder.join("logs/mail.log")).expect("a link");
    let files = Files {
        paths: vec![folder.join("logs/mail.log"), folder.join("other/*.log")],
        rotated_dirs: Vec::new(),
        from: ReadFrom::Beginning,
        framing: Framing::Plain,
    };
    let mut tail = Tail::new(&files, Position::Unset);
    let read = |tail: &mut Tail| {
        tail.hint(Hint::All);
        let progress = tail.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, _| ());
        progress.bytes
    };
    assert_eq!(read(&mut tail), 4);
    assert_eq!(read(&mut tail), 0);
    let log = fs::OpenOptions::new()
        .append(true)
        .open(folder.join("data/mail"));
    std::io::Write::write_all(&mut log.expect("opened"), b"two three\n").expect("written");
    assert_eq!(read(&mut tail), 10);
    let expected = ["data", "logs", "other"].map(|name| folder.join(name));
    assert_eq!(tail.directories(), expected);
}
