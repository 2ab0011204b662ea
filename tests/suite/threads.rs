//! The number of threads does not change what commands print.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::write::GzEncoder;

const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");

/// How many messages of a log make several blocks of lines.
const MESSAGES: u32 = 4000;

/// A log of an hour: messages that are deferred and then delivered, of which every block cuts some apart.
fn log(day: u32) -> String {
    let mut log = String::new();
    for number in 0..MESSAGES {
        let second = number * 3000 / MESSAGES;
        let line = |log: &mut String, after: u32, text: &str| {
            let second = second + after;
            let (minute, second) = (second / 60, second % 60);
            let id = format!("4F{:09X}", number % 1_000_000 + day * 1_000_000);
            let text = text.replace("ID", &id);
            let head = format!("2026-11-{day:02}T10:{minute:02}:{second:02}+00:00 mx1 postfix");
            writeln!(log, "{head}/{text}").expect("a string");
        };
        let domain = ["gmail.com", "example.net", "qq.com"][number as usize % 3];
        let reply = "host mx.example.net[192.0.2.1] said: 421 4.7.28 Too many mails from you (in reply to end of DATA command)";
        line(
            &mut log,
            0,
            "smtpd[1]: ID: client=mx.example.org[192.0.2.7]",
        );
        line(&mut log, 0, "cleanup[2]: ID: message-id=<1@example.org>");
        let sender = format!(
            "qmgr[3]: ID: from=<s{}@example.org>, size={number}, nrcpt=1 (queue active)",
            number % 50
        );
        line(&mut log, 0, &sender);
        if number % 5 == 0 {
            line(&mut log, 1, &format!("smtp[4]: ID: {reply}"));
            let deferred = format!(
                "smtp[4]: ID: to=<r{number}@{domain}>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=4.7.28, status=deferred ({reply})"
            );
            line(&mut log, 1, &deferred);
        }
        if number % 100 == 0 {
            line(&mut log, 1, "smtpd[9]: warning: a line of no usual form");
        }
        let sent = format!(
            "smtp[4]: ID: to=<r{number}@{domain}>, relay=mx.example.net[192.0.2.1]:25, delay=2, delays=0/0/1/1, dsn=2.0.0, status=sent (250 2.0.0 OK)"
        );
        line(&mut log, 2, &sent);
        line(&mut log, 2, "qmgr[3]: ID: removed");
    }
    log
}

/// Logs of three days, one of them compressed, one of another server, and one without lines.
fn logs(folder: &Path) -> Vec<PathBuf> {
    let path = |name: &str| folder.join(name);
    fs::write(path("mail.log"), log(3)).expect("written");
    fs::write(path("mail.log.1"), log(2)).expect("written");
    let compressed = fs::File::create(path("mail.log.2.gz")).expect("created");
    let mut compressed = GzEncoder::new(compressed, Compression::fast());
    compressed.write_all(log(1).as_bytes()).expect("written");
    compressed.finish().expect("written");
    let exim = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/exim-mainlog.log");
    fs::copy(exim, path("mainlog")).expect("copied");
    fs::write(path("empty.log"), "").expect("written");
    [
        "mail.log",
        "mail.log.1",
        "empty.log",
        "mail.log.2.gz",
        "mainlog",
    ]
    .map(path)
    .into()
}

#[test]
fn the_number_of_threads_does_not_change_the_result() {
    let folder = tempfile::tempdir().expect("a directory");
    let logs = logs(folder.path());
    for command in [
        &["report", "--format", "json"][..],
        &["report", "--detail", "5"],
        &["backfill"],
    ] {
        let output = |threads: &str| {
            let mut program = Command::new(PROGRAM);
            let program = program
                .args(command)
                .args(["--threads", threads])
                .args(&logs);
            let output = program.env("TZ", "UTC").output().expect("started");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command:?}: {errors}");
            String::from_utf8(output.stdout).expect("UTF-8")
        };
        let one = output("1");
        assert!(one.len() > 500, "{one}");
        // With 64, there are more blocks to be filled than are decompressed ahead.
        for threads in ["2", "7", "64"] {
            assert!(output(threads) == one, "{command:?} with {threads} threads");
        }
    }
}

#[test]
fn a_file_that_cannot_be_decompressed_is_an_error_with_any_number_of_threads() {
    let folder = tempfile::tempdir().expect("a directory");
    let mut logs = logs(folder.path());
    let broken = folder.path().join("broken.gz");
    let gzip = fs::read(folder.path().join("mail.log.2.gz")).expect("read");
    fs::write(&broken, &gzip[..gzip.len() / 2]).expect("written");
    logs.push(broken);
    for threads in ["1", "2", "7"] {
        let mut program = Command::new(PROGRAM);
        let program = program.args(["report", "--threads", threads]).args(&logs);
        let output = program.output().expect("started");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && output.stdout.is_empty());
        assert!(errors.contains("broken.gz"), "{errors}");
    }
}
