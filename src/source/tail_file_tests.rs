//! Tests of reading a file that changes.

use std::fs::File;
use std::io::Write;

use super::*;

struct Log {
    path: tempfile::TempPath,
    buffer: ReadBuffer,
}

impl Log {
    fn new(text: &str) -> Self {
        let path = tempfile::NamedTempFile::new()
            .expect("a file")
            .into_temp_path();
        std::fs::write(&path, text).expect("written");
        Log {
            path,
            buffer: ReadBuffer::new(4096),
        }
    }

    fn append(&self, text: &str) {
        let mut file = File::options()
            .append(true)
            .open(&self.path)
            .expect("the file");
        file.write_all(text.as_bytes()).expect("written");
    }

    fn open(&self) -> TailFile {
        TailFile::open(&self.path, Framing::Plain).expect("the file")
    }

    fn read(&mut self, file: &mut TailFile) -> (ReadEnd, Vec<String>) {
        let mut lines = Vec::new();
        let mut sink = |batch: &[&[u8]]| {
            let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
            lines.extend(batch.iter().map(text));
        };
        let read = file.read(
            usize::MAX,
            &mut self.buffer,
            &mut ReadTotals::default(),
            &mut sink,
        );
        (read.expect("read"), lines)
    }
}

#[test]
fn flushing_hands_over_the_unfinished_line() {
    let mut log = Log::new("one\nunfinished");
    let mut file = log.open();
    assert_eq!(
        log.read(&mut file),
        (ReadEnd::AtEnd, vec!["one".to_owned()])
    );
    log.append(" until now\nagain");
    let (mut totals, mut lines) = (ReadTotals::default(), Vec::new());
    for _ in 0..2 {
        let mut sink = |batch: &[&[u8]]| lines.extend(batch.iter().map(|line| line.to_vec()));
        file.flush(&mut log.buffer, &mut totals, &mut sink)
            .expect("flushed");
        // Another process recognizes the file by the position after that line.
        let position = file.position(&log.path, FileState::Finished);
        let mut again = log.open();
        let head = again.head_bytes().expect("read");
        assert!(again.matches(&head, &position));
    }
    assert_eq!(lines, [&b"unfinished until now"[..], b"again"]);
    assert_eq!((totals.bytes, file.lag()), (26, 0));
}

#[test]
fn reading_continues_from_a_position_unless_the_file_has_changed_before_it() {
    let mut log = Log::new("one\ntwo\n");
    let mut file = log.open();
    log.read(&mut file);
    let position = file.position(Path::new("mail.log"), FileState::Live);
    drop(file);
    log.append("three\n");
    let mut file = log.open();
    let head = file.head_bytes().expect("read");
    assert!(file.matches(&head, &position));
    file.resume(&position);
    assert_eq!(
        log.read(&mut file),
        (ReadEnd::AtEnd, vec!["three".to_owned()])
    );

    std::fs::write(&log.path, "another file of the same name\n").expect("written");
    let mut file = log.open();
    let head = file.head_bytes().expect("read");
    assert!(!file.matches(&head, &position));
    file.resume(&position);
    assert_eq!(log.read(&mut file), (ReadEnd::Truncated, vec![]));
    file.restart();
    assert_eq!(log.read(&mut file).1, ["another file of the same name"]);
}

#[test]
fn the_end_is_after_the_last_newline_however_far_back_it_is() {
    let long = "x".repeat(300_000);
    for (text, expected) in [
        (format!("one\ntwo\n{long}"), 8),
        (format!("{long}\nrest"), 300_001),
        (long.clone(), 0),
        (String::new(), 0),
    ] {
        let mut log = Log::new(&text);
        let mut file = log.open();
        file.seek_end(&mut log.buffer).expect("the end");
        assert_eq!(file.offset(), expected);
        log.append("\nnext\n");
        let (read, lines) = log.read(&mut file);
        assert_eq!(read, ReadEnd::AtEnd);
        assert_eq!(lines.last().map(String::as_str), Some("next"));
    }
}

#[test]
fn a_file_of_the_kernel_or_a_pipe_is_refused_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let link = folder.path().join("mail.log");
    // Its size is 0, and it has content.
    std::os::unix::fs::symlink("/proc/version", &link).expect("a link");
    let error = TailFile::open(&link, Framing::Plain)
        .err()
        .expect("refused");
    assert_eq!(
        error.to_string(),
        "a file of the kernel (procfs) is not a log"
    );
    // Opening it would wait for a writer.
    let pipe = folder.path().join("pipe");
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).expect("a pipe");
    let error = TailFile::open(&pipe, Framing::Plain)
        .err()
        .expect("refused");
    assert_eq!(error.to_string(), "not a regular file");
}

#[test]
fn a_file_whose_size_is_wrong_is_refused() {
    // Network and FUSE file systems can have such files too.
    let file = std::fs::File::open("/proc/version").expect("opened");
    let metadata = file.metadata().expect("metadata");
    assert_eq!(metadata.len(), 0);
    let file = TailFile::of_content(Content::Plain(file), &metadata, Framing::Plain);
    let error = file.err().expect("refused").to_string();
    assert!(error.contains("more content than its size"), "{error}");
}

#[test]
fn a_directory_is_not_a_log() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(TailFile::open(folder.path(), Framing::Plain).is_err());
}

#[test]
fn log_of_a_container_runtime_is_recognised() {
    let line = |tag: char, text: &str| format!("2026-11-30T10:00:00.1Z stdout {tag} {text}\n");
    let mut log = Log::new("");
    let mut file = log.open();
    assert_eq!(log.read(&mut file).1, [""; 0]);
    log.append(&line('F', "one"));
    log.append(&line('P', "tw"));
    assert_eq!(log.read(&mut file).1, ["one"]);

    // In another process, where the file has content as soon as it is opened.
    let position = file.position(&log.path, FileState::Live);
    let mut file = log.open();
    file.resume(&position);
    log.append(&line('F', "o"));
    assert_eq!(log.read(&mut file).1, ["two"]);

    // With the position of a process that read the file as plain lines.
    let mut file = log.open();
    file.resume(&FilePosition {
        unfinished: None,
        ..position
    });
    log.append("{\"log\":\"three\\n\",\"stream\":\"stdout\"}\n");
    assert_eq!(log.read(&mut file).1, ["o", "three"]);

    // What only looks alike further on is the text of a plain log.
    let plain = format!("zero\n{}", line('F', "one"));
    let mut log = Log::new(&plain);
    let mut file = log.open();
    assert_eq!(
        log.read(&mut file).1,
        ["zero", "2026-11-30T10:00:00.1Z stdout F one"]
    );
}

#[test]
fn a_file_that_grows_while_it_is_opened_is_read() {
    let mut log = Log::new("");
    let (content, metadata) = Content::open(&log.path).expect("opened");
    log.append("one\n");
    let file = TailFile::of_content(content, &metadata, Framing::Plain);
    assert_eq!(log.read(&mut file.expect("a log")).1, ["one"]);
}

#[test]
fn a_file_is_known_to_be_moved_or_removed() {
    let mut log = Log::new("one\n");
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path().canonicalize().expect("a folder");
    let [first, renamed, moved] = ["a/log", "a/log.1", "b/log"].map(|name| folder.join(name));
    for name in ["a", "b"] {
        std::fs::create_dir(folder.join(name)).expect("a folder");
    }
    std::fs::write(&first, "one\n").expect("written");
    let mut file = TailFile::open(&first, Framing::Plain).expect("the file");
    assert_eq!(file.moved_from(&first), None);
    std::fs::rename(&first, &renamed).expect("renamed");
    assert_eq!(file.moved_from(&first), None);
    std::fs::rename(&renamed, &moved).expect("renamed");
    assert_eq!(file.moved_from(&first), Some(moved.clone()));
    assert_eq!(log.read(&mut file).1, ["one"]);
    assert!(file.has_links());
    std::fs::remove_file(&moved).expect("removed");
    assert_eq!(file.moved_from(&first), None);
    log.read(&mut file);
    assert!(!file.has_links());
}

#[test]
fn a_long_line_is_truncated_and_counted_whether_it_is_finished_or_not() {
    let long = "x".repeat(5000);
    for text in [
        format!("{long}\n"),
        long.clone(),
        format!("2026-11-30T10:00:00.1Z stdout F {long}\n"),
        format!("2026-11-30T10:00:00.1Z stdout P {long}\n"),
        format!("2026-11-30T10:00:00.1Z stdout F {long}"),
    ] {
        let mut log = Log::new(&text);
        let (mut file, mut totals, mut lines) = (log.open(), ReadTotals::default(), Vec::new());
        let mut sink = |batch: &[&[u8]]| lines.extend(batch.iter().map(|line| line.len()));
        let flushed = file.flush(&mut log.buffer, &mut totals, &mut sink);
        flushed.expect("flushed");
        assert_eq!((lines, totals.truncated), (vec![4096], 1));
    }
}
