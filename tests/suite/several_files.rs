//! `report`, `replay` and `parse` over the rotated files of one log: what a line of one file tells about a line of
//! the next is not lost.

use std::process::Command;

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
