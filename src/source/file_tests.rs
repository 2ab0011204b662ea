//! What a position does when the file changes under it.

use std::io::Write;

use super::*;

struct Log {
    path: tempfile::TempPath,
    scratch: Scratch,
}

impl Log {
    fn new(text: &str) -> Self {
        let path = tempfile::NamedTempFile::new()
            .expect("a file")
            .into_temp_path();
        std::fs::write(&path, text).expect("written");
        Log {
            path,
            scratch: Scratch::new(4096),
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

    fn read(&mut self, file: &mut TailFile) -> (Read, Vec<String>) {
        let mut lines = Vec::new();
        let mut sink = |batch: &[&[u8]]| {
            let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
            lines.extend(batch.iter().map(text));
        };
        let read = file.read(
            usize::MAX,
            &mut self.scratch,
            &mut Tally::default(),
            &mut sink,
        );
        (read.expect("read"), lines)
    }
}

#[test]
fn a_file_that_is_given_up_hands_over_its_unfinished_line() {
    let mut log = Log::new("one\nunfinished");
    let mut file = log.open();
    assert_eq!(log.read(&mut file), (Read::AtEnd, vec!["one".to_owned()]));
    log.append(" until now\nagain");
    let (mut tally, mut lines) = (Tally::default(), Vec::new());
    for _ in 0..2 {
        let mut sink = |batch: &[&[u8]]| lines.extend(batch.iter().map(|line| line.to_vec()));
        file.flush(&mut log.scratch, &mut tally, &mut sink)
            .expect("flushed");
    }
    assert_eq!(lines, [&b"unfinished until now"[..], b"again"]);
    assert_eq!((tally.bytes, file.lag()), (26, 0));
}

#[test]
fn reading_goes_on_from_a_position_unless_the_file_has_changed_before_it() {
    let mut log = Log::new("one\ntwo\n");
    let mut file = log.open();
    log.read(&mut file);
    let position = file.place(Path::new("mail.log"), State::Live);
    drop(file);
    log.append("three\n");
    let mut file = log.open();
    let beginning = file.beginning().expect("read");
    assert!(file.matches(&beginning, &position));
    file.resume(&position);
    assert_eq!(log.read(&mut file), (Read::AtEnd, vec!["three".to_owned()]));

    std::fs::write(&log.path, "another file of the same name\n").expect("written");
    let mut file = log.open();
    let beginning = file.beginning().expect("read");
    assert!(!file.matches(&beginning, &position));
    file.resume(&position);
    assert_eq!(log.read(&mut file), (Read::Truncated, vec![]));
    file.restart();
    assert_eq!(log.read(&mut file).1, ["another file of the same name"]);
}

#[test]
fn the_end_is_behind_the_last_newline_however_far_back_it_is() {
    let long = "x".repeat(300_000);
    for (text, expected) in [
        (format!("one\ntwo\n{long}"), 8),
        (format!("{long}\nrest"), 300_001),
        (long.clone(), 0),
        (String::new(), 0),
    ] {
        let mut log = Log::new(&text);
        let mut file = log.open();
        file.seek_end(&mut log.scratch).expect("the end");
        assert_eq!(file.offset(), expected);
        log.append("\nnext\n");
        let (read, lines) = log.read(&mut file);
        assert_eq!(read, Read::AtEnd);
        assert_eq!(lines.last().map(String::as_str), Some("next"));
    }
}

#[test]
fn a_folder_is_no_log() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(TailFile::open(folder.path(), Framing::Plain).is_err());
}
