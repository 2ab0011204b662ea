//! `report`, `replay` and `parse` over the rotated files of one log: what a line of one file tells about a line of
//! the next is not lost.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

const ATTEMPT: &str = "Nov 23 10:00:00 mail postfix/smtp[1]: 4F9D195432C: host mx.example.org[192.0.2.10] said: \
    451 4.3.0 Try again later (in reply to DATA command)\n";
const RECORD: &str = "Nov 23 10:00:01 mail postfix/smtp[1]: 4F9D195432C: to=<bob@example.org>, \
    relay=mx.example.org[192.0.2.10]:25, delay=1, delays=0/0/0.5/0.5, dsn=4.3.0, status=deferred (host \
    mx.example.org[192.0.2.10] said: 451 4.3.0 Try again later (in reply to DATA command))\n";

#[test]
fn reply_logged_in_two_rotated_files_counts_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = ["mail.log.1", "mail.log"].map(|name| folder.path().join(name));
    for (path, line) in paths.iter().zip([ATTEMPT, RECORD]) {
        std::fs::write(path, line).expect("written");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(["report", "--format", "json"])
        .args(&paths)
        .output()
        .expect("the program runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["codes"]["outbound"]["451"], 1, "{report}");
    assert_eq!(report["deliveries"]["deferred"], 1, "{report}");
    assert_eq!(report["unmatched"], 0, "{report}");
}

/// The report of files, of which `-` is standard input with this content.
fn report(files: &[&Path], input: &str) -> Vec<u8> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(["report", "--format", "json"])
        .args(files)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(input.as_bytes()).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("an output");
    assert!(output.status.success(), "{files:?}");
    output.stdout
}

/// All orders of these files.
fn orders(files: &[PathBuf]) -> Vec<Vec<&Path>> {
    let [first, rest @ ..] = files else {
        return vec![Vec::new()];
    };
    let mut all = Vec::new();
    for order in orders(rest) {
        for at in 0..=order.len() {
            let mut order = order.clone();
            order.insert(at, first);
            all.push(order);
        }
    }
    all
}

#[test]
fn files_are_read_in_the_order_of_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mut oldest = GzEncoder::new(Vec::new(), Compression::fast());
    let first = ATTEMPT.replace("mx.example.org", "mx.example.com");
    let first = format!("no time\n{}", first.replace("10:00:00", "09:59:58"));
    oldest.write_all(first.as_bytes()).expect("compressed");
    std::fs::write(at("mail.log.2.gz"), oldest.finish().expect("compressed")).expect("written");
    let second = RECORD.replace("mx.example.org", "mx.example.com");
    let second = second.replace("10:00:01", "09:59:59");
    std::fs::write(at("mail.log.1"), second + ATTEMPT).expect("written");
    std::fs::write(at("mail.log"), RECORD).expect("written");
    let files = ["mail.log", "mail.log.1", "mail.log.2.gz"].map(at);
    let expected = report(&[&files[2], &files[1], &files[0]], "");
    let totals: Value = serde_json::from_slice(&expected).expect("JSON");
    assert_eq!(totals["codes"]["outbound"]["451"], 2, "{totals}");
    let orders = orders(&files);
    assert_eq!(orders.len(), 6);
    for order in orders {
        assert!(report(&order, "") == expected, "{order:?}");
    }
}

#[test]
fn standard_input_is_read_at_its_time() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("mail.log");
    std::fs::write(&file, RECORD).expect("written");
    let many = "no time\n".repeat(1000) + ATTEMPT;
    for order in [[&file, Path::new("-")], [Path::new("-"), &file]] {
        let found: Value = serde_json::from_slice(&report(&order, &many)).expect("JSON");
        assert_eq!(found["codes"]["outbound"]["451"], 1, "{order:?}");
        assert_eq!(found["lines"], 1002, "{order:?}");
    }
}
