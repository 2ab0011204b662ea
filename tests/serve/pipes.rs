//! Standard input and named pipes.

use crate::daemon::*;
use std::fs::OpenOptions;
use std::io::Write;
use std::process::{Command, Stdio};

#[test]
fn standard_input_is_counted_to_its_last_line_and_the_daemon_keeps_running() {
    let mut writer = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("cat runs");
    let output = writer.stdout.take().expect("its output");
    let daemon = Daemon::start_with(&["-"], output.into());
    let mut input = writer.stdin.take().expect("its input");
    for _ in 0..100 {
        input
            .write_all("a line of the log\n".repeat(500).as_bytes())
            .expect("written");
    }
    let source = daemon.until_source("all lines", |source| lines(source) >= 50_000);
    assert_eq!((lines(&source), source["up"] == true), (50_000, true));
    assert_eq!(source["name"], "stdin");
    input.write_all(b"the last one").expect("written");
    drop(input);
    assert!(writer.wait().expect("cat ends").success());
    let source = daemon.until_source("its end", |source| source["up"] == false);
    let source = if lines(&source) > 50_000 {
        source
    } else {
        daemon.until_source("the last line", |source| lines(source) > 50_000)
    };
    assert_eq!(lines(&source), 50_001);
    assert_eq!(number(&source, "bytes"), 50_000 * 18 + 12);
}

#[test]
fn a_named_pipe_is_read_from_several_writers_in_turn() {
    let folder = Folder::new();
    let path = folder.path("mail.fifo");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo runs").success());
    let mut daemon = Daemon::follow(&path);
    for (text, expected) in [("one\ntwo\nunfinished", 3), ("three\n", 4), ("four", 5)] {
        let mut writer = OpenOptions::new()
            .write(true)
            .open(&path)
            .expect("a reader");
        writer.write_all(text.as_bytes()).expect("written");
        drop(writer);
        let source = daemon.until_source("its lines", |source| lines(source) >= expected);
        assert_eq!((lines(&source), source["up"] == true), (expected, true));
    }
    daemon.signal("TERM");
    assert_eq!(daemon.ended().code(), Some(0));
}
