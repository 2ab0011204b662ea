//! Following logs through every kind of rotation.

use crate::daemon::*;
use std::fs;

#[test]
fn a_renamed_log_is_still_read_while_the_new_one_grows() {
    let folder = Folder::new();
    let mut old = folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let mut written = 0;
    for rotation in 1..=8 {
        for _ in 0..100 {
            write(&mut old, "before\n");
        }
        fs::rename(
            folder.path("mail.log"),
            folder.path(&format!("mail.log.{rotation}")),
        )
        .expect("renamed");
        // Writers keep the old file open until they are signalled; the new one may exist before that.
        for _ in 0..50 {
            write(&mut old, "late\n");
        }
        let mut new = folder.create("mail.log", "");
        for _ in 0..50 {
            write(&mut new, "early\n");
            write(&mut old, "later\n");
        }
        written += 250;
        let source = daemon.until_source("all lines", |source| lines(source) >= written);
        assert_eq!(lines(&source), written);
        write(&mut old, "last\n");
        written += 1;
        old = new;
    }
    let source = daemon.until_source("all lines", |source| lines(source) >= written);
    assert_eq!(lines(&source), written);
    assert_eq!(rotations(&source, "renamed"), 8);
    assert_eq!(number(&source, "lag_bytes"), 0);
}

#[test]
fn every_line_is_counted_once_with_fast_rotation_under_load() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    let mut written = 0;
    for rotation in 0..20 {
        for _ in 0..1000 {
            write(&mut log, "a line of the log\n");
            written += 1;
        }
        fs::rename(
            folder.path("mail.log"),
            folder.path(&format!("mail.log-{}", 20_260_101 + rotation)),
        )
        .expect("renamed");
        log = folder.create("mail.log", "");
        // The reader may notice it at any time before the file is renamed again.
        daemon.until_source("the rotation", |s| rotations(s, "renamed") > rotation);
    }
    let source = daemon.until_source("all lines", |source| lines(source) >= written);
    assert_eq!(lines(&source), written);
}

#[test]
fn no_line_is_lost_when_rotation_is_faster_than_reading_whatever_its_names_are() {
    type Name = fn(u32) -> String;
    let names: [Name; 6] = [
        |number| format!("mail.log.{}", 12_000 + number),
        |number| format!("mail.log-{}", 1_735_689_600 + number),
        |number| format!("mail.{number}.log"),
        |number| format!("mail.log_{:x}", number.wrapping_mul(0x9e37_79b9)),
        |number| format!("archive/mail.log.{number}"),
        // Nothing but the file event tells where the log has gone.
        |number| format!("saved-{:x}", number.wrapping_mul(0x9e37_79b9)),
    ];
    for name in names {
        let folder = Folder::new();
        fs::create_dir(folder.path("archive")).expect("a folder");
        let mut log = folder.create("mail.log", "first\n");
        let daemon = Daemon::follow(&folder.path("mail.log"));
        assert_eq!(lines(&daemon.source()), 1);
        let rotations = 400;
        for number in 0..rotations {
            write(&mut log, &format!("line {number} of a log\n"));
            let to = folder.path(&name(number));
            fs::rename(folder.path("mail.log"), to).expect("renamed");
            log = folder.create("mail.log", "");
        }
        let written = u64::from(rotations) + 1;
        let waited = format!("all lines of {}", name(0));
        let source = daemon.until_source(&waited, |source| lines(source) >= written);
        assert_eq!(lines(&source), written, "{}", name(0));
        // A rotation more, which makes it look at all files again.
        write(&mut log, "last\n");
        fs::rename(folder.path("mail.log"), folder.path(&name(rotations))).expect("renamed");
        folder.create("mail.log", "");
        let source = daemon.until_source("the last line", |source| lines(source) > written);
        assert_eq!(lines(&source), written + 1, "{}", name(0));
    }
}

#[test]
fn a_log_that_was_copied_and_truncated_is_read_from_its_beginning() {
    let folder = Folder::new();
    let mut log = folder.create("mail.log", "one\ntwo\nthree\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    assert_eq!(lines(&daemon.source()), 3);
    fs::copy(folder.path("mail.log"), folder.path("mail.log.1")).expect("copied");
    log.set_len(0).expect("emptied");
    write(&mut log, "four\n");
    let source = daemon.until_source("the fourth line", |source| lines(source) >= 4);
    assert_eq!((lines(&source), rotations(&source, "truncated")), (4, 1));

    // Grown past the old position before the next read: only the content before it differs.
    let daemon = Daemon::follow(&folder.path("mail.log"));
    assert_eq!(lines(&daemon.source()), 1);
    log.set_len(0).expect("emptied");
    write(&mut log, "five\nsix\nseven\n");
    let source = daemon.until_source("the truncation", |source| lines(source) >= 4);
    assert_eq!((lines(&source), rotations(&source, "truncated")), (4, 1));
}

#[test]
fn a_log_that_was_removed_and_created_again_is_read_from_its_beginning() {
    let folder = Folder::new();
    let mut old = folder.create("mail.log", "one\n");
    let daemon = Daemon::follow(&folder.path("mail.log"));
    fs::remove_file(folder.path("mail.log")).expect("removed");
    write(&mut old, "two\n");
    daemon.until_source("down", |source| source["up"] == false);
    let _new = folder.create("mail.log", "three\n");
    let source = daemon.until_source("up again", |source| source["up"] == true);
    assert_eq!((lines(&source), rotations(&source, "replaced")), (3, 1));

    // Replaced in one step.
    fs::write(folder.path("new"), "four\nfive\n").expect("a file");
    fs::rename(folder.path("new"), folder.path("mail.log")).expect("renamed");
    let source = daemon.until_source("the new file", |source| lines(source) >= 5);
    assert_eq!((lines(&source), rotations(&source, "replaced")), (5, 2));
}

#[test]
fn a_symbolic_link_is_followed_to_its_new_target() {
    let folder = Folder::new();
    fs::create_dir(folder.path("elsewhere")).expect("a folder");
    let mut first = folder.create("elsewhere/first", "one\n");
    let mut second = folder.create("elsewhere/second", "two\n");
    let link = folder.path("mail.log");
    std::os::unix::fs::symlink(folder.path("elsewhere/first"), &link).expect("a link");
    let daemon = Daemon::follow(&link);
    assert_eq!(lines(&daemon.source()), 1);

    std::os::unix::fs::symlink(folder.path("elsewhere/second"), folder.path("next"))
        .expect("a link");
    fs::rename(folder.path("next"), &link).expect("renamed");
    write(&mut first, "late\n");
    let source = daemon.until_source("both files", |source| lines(source) >= 3);
    assert_eq!((lines(&source), rotations(&source, "renamed")), (3, 1));
    write(&mut second, "three\n");
    assert_eq!(lines(&daemon.source()), 4);

    // The link stays and its target is rotated.
    fs::rename(
        folder.path("elsewhere/second"),
        folder.path("elsewhere/second.1"),
    )
    .expect("renamed");
    let _new = folder.create("elsewhere/second", "four\n");
    let source = daemon.until_source("the new target", |source| lines(source) >= 5);
    assert_eq!((lines(&source), rotations(&source, "renamed")), (5, 2));
}
