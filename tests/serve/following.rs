//! Following growing logs.

use crate::daemon::*;
use std::fs;

#[test]
fn a_scrape_sees_every_line_written_before_it() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\ntwo\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    assert_eq!(lines(&daemon.source()), 2);
    for expected in 3..50 {
        write(&mut log, "another\n");
        // No waiting: the answer has to include every line written before the request.
        assert_eq!(lines(&daemon.source()), expected);
    }
    let source = daemon.source();
    assert_eq!(number(&source, "bytes"), 8 + 47 * 8);
    assert_eq!(number(&source, "lag_bytes"), 0);
    assert_eq!(source["up"], true);
}

#[test]
fn an_unfinished_line_is_counted_with_its_newline() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\nhalf of a li");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let source = daemon.source();
    assert_eq!((lines(&source), number(&source, "lag_bytes")), (1, 12));
    write(&mut log, "ne\r\n");
    let source = daemon.source();
    assert_eq!((lines(&source), number(&source, "lag_bytes")), (2, 0));
}

#[test]
fn a_line_of_megabytes_is_one_line_and_does_not_use_more_memory() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let before = peak_memory(&daemon);
    let part = "x".repeat(1 << 20);
    for _ in 0..32 {
        write(&mut log, &part);
    }
    daemon.until_source("all of it", |source| number(source, "lag_bytes") == 0);
    write(&mut log, "the end\nnext\n");
    let source = daemon.until_source("the next line", |source| lines(source) >= 3);
    assert_eq!((lines(&source), number(&source, "truncated_lines")), (3, 1));
    assert_eq!(number(&source, "bytes"), 4 + (32 << 20) + 8 + 5);
    // Pages of the program itself, which are loaded as they are needed, count too.
    let grown = peak_memory(&daemon) - before;
    assert!(grown < 8 * 1024, "{grown} KiB");
}

/// The most memory that a daemon has had so far, in KiB.
fn peak_memory(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.child.id())).expect("status");
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.expect("a peak").trim().trim_end_matches(" kB");
    peak.parse().expect("a number")
}

#[test]
fn a_pattern_follows_new_logs_but_not_rotated_ones() {
    let folder = Folder::new();
    let mut first = folder.create("a.log", "one\n");
    folder.create("a.log.1", "old\n");
    folder.create("a-20260101.log", "old\n");
    let daemon = Daemon::follow(&folder.path("*.log*"));
    let source = daemon.source();
    assert_eq!((lines(&source), source["up"] == true), (1, true));
    folder.create("b.log", "two\n");
    daemon.until_source("the new log", |source| lines(source) == 2);

    // Under a name that the pattern matches, a renamed log must not be read a second time.
    fs::rename(folder.path("a.log"), folder.path("c.log")).expect("renamed");
    daemon.until_source("the rename", |source| rotations(source, "renamed") == 1);
    folder.create("a.log", "three\n");
    daemon.until_source("the new log", |source| lines(source) == 3);
    daemon.logged("log is read under another of its names");
    write(&mut first, "four\n");
    daemon.until_source("the late line", |source| lines(source) == 4);
    assert_eq!(lines(&daemon.source()), 4);
}

#[test]
fn a_log_that_does_not_exist_yet_is_read_when_it_is_created() {
    let folder = Folder::new();
    let daemon = Daemon::start(&[
        "--read-from=end",
        folder.path("mail.log").to_str().expect("a name"),
    ]);
    assert_eq!(daemon.source()["up"], false);
    let caught_up = daemon.logged("caught up");
    assert!(caught_up.contains("unavailable="), "{caught_up}");
    let _log = folder.create("mail.log", "one\ntwo\n");
    let source = daemon.until_source("up", |source| source["up"] == true);
    assert_eq!(lines(&source), 2);
}

#[test]
fn reading_from_the_end_skips_existing_lines() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\ntwo\nthr");
    let daemon = Daemon::start(&[
        "--read-from=end",
        folder.path("mail.log").to_str().expect("a name"),
    ]);
    assert_eq!(lines(&daemon.source()), 0);
    write(&mut log, "ee\nfour\n");
    let source = daemon.source();
    assert_eq!((lines(&source), number(&source, "bytes")), (2, 11));
    assert_eq!(rotations(&source, "truncated"), 0);
}
