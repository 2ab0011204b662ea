//! `doctor`: what it finds about logs, and its exit codes.

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use jiff::{Timestamp, ToSpan};
use serde_json::Value;

fn doctor(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .env("TZ", "UTC")
        .arg("doctor")
        .args(args)
        .output()
        .expect("the program runs")
}

/// The one log of the output, and the exit code.
fn examined(args: &[&str]) -> (Value, Option<i32>) {
    let output = doctor(&[&["--format", "json"], args].concat());
    let mut report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(report["servers"].is_null(), "{report}");
    assert_eq!(report["logs"].as_array().map(Vec::len), Some(1), "{report}");
    (report["logs"][0].take(), output.status.code())
}

/// The severities and texts of the findings.
fn findings(log: &Value) -> String {
    let findings = log["findings"].as_array().expect("findings");
    let line = |it: &Value| format!("{} {} | {}\n", it["severity"], it["text"], it["mend"]);
    findings.iter().map(line).collect()
}

/// Delivery records of Postfix, the last of which is that old.
fn postfix(lines: usize, age: jiff::Span) -> String {
    let newest = Timestamp::now().checked_sub(age).expect("a time");
    let line = |number: usize| {
        let back = i64::try_from(lines - 1 - number).expect("small");
        let time = newest.checked_sub(back.seconds()).expect("a time");
        format!(
            "{time:.6} mx postfix/smtp[7]: 4F9D19{number:05X}: to=<a@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)\n"
        )
    };
    (0..lines).map(line).collect()
}

fn write(path: &Path, text: impl AsRef<[u8]>) -> String {
    std::fs::write(path, text).expect("written");
    path.display().to_string()
}

#[test]
fn healthy_log_has_nothing_to_mend() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder.path().join("mail.log"), postfix(50, 2.seconds()));
    write(&folder.path().join("mail.log.1"), "");
    let (log, code) = examined(&[&path]);
    assert_eq!(code, Some(0), "{log}");
    assert_eq!(log["sample"]["servers"][0], "postfix");
    assert_eq!(log["sample"]["decided"], "syslog, each line by its program");
    assert_eq!(log["sample"]["events"], 50);
    assert_eq!(log["rotation"]["naming"], "numbered");
    assert!(
        log["age_seconds"]
            .as_i64()
            .is_some_and(|age| (0..600).contains(&age)),
        "{log}"
    );
    assert!(!findings(&log).contains("problem"), "{log}");
    let output = doctor(&[&path]);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("first 64 lines and the last 4 MiB"), "{text}");
    assert!(text.contains("Nothing to mend."), "{text}");
}

#[test]
fn file_of_a_container_runtime_is_read_as_the_log_in_it_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let text: String = postfix(50, 2.seconds())
        .lines()
        .map(|line| format!("{:.9} stdout F {line}\n", Timestamp::now()))
        .collect();
    let path = write(&folder.path().join("0.log"), text);
    let (log, _) = examined(&[&path]);
    assert_eq!(log["sample"]["servers"][0], "postfix");
    assert_eq!(log["sample"]["events"], 50);
    let findings = findings(&log);
    assert!(
        findings.contains("under containers, not under files"),
        "{log}"
    );
    assert!(!findings.contains("problem"), "{log}");
}

#[test]
fn findings_are_in_chinese_by_option_and_by_environment_but_json_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder.path().join("mail.log"), postfix(50, 120.hours()));
    write(&folder.path().join("mail.log.1"), "");
    let by_environment = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .env("LC_ALL", "zh_CN.UTF-8")
        .args(["doctor", &path])
        .output()
        .expect("the program runs");
    for output in [doctor(&["--lang", "zh", &path]), by_environment] {
        let text = String::from_utf8_lossy(&output.stdout);
        for line in [
            "（syslog，由每行的程序名得知）；共 50 行：50 个事件，0 行无关内容，0 行未识别",
            "正常     共 50 行，已识别 100%",
            "正常     1 个轮转后的文件，按数字编号",
            "警告     已有 5 天没有新的行",
            "问题：0，警告：1",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
        assert!(!text.contains(" lines "), "{text}");
    }
    let (log, _) = examined(&["--lang", "zh", &path]);
    assert!(findings(&log).contains("50 lines are understood"), "{log}");
}

#[test]
fn lines_that_are_not_understood_are_shown_without_what_identifies_anyone() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = postfix(10, 2.seconds());
    for number in 0..7 {
        let time = Timestamp::now();
        text += &format!(
            "{time:.6} mx postfix/smtpd[9]: strange words from bob{number}@secret.example at mx{number}.secret.example[192.0.2.9]\n"
        );
    }
    let path = write(&folder.path().join("mail.log"), text);
    let (log, code) = examined(&[&path]);
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(log["sample"]["unmatched"], 7);
    let shapes = log["sample"]["shapes"].as_array().expect("shapes");
    assert_eq!(shapes.len(), 1, "{log}");
    assert_eq!(shapes[0]["count"], 7);
    assert_eq!(
        shapes[0]["text"],
        "postfix/smtpd: strange words from <address> at <host> [<ip>]"
    );
    assert!(findings(&log).contains("parse --unmatched"), "{log}");
}

#[test]
fn log_of_no_mail_server_is_a_problem_and_a_missing_one_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = "something else entirely\n".repeat(30);
    let path = write(&folder.path().join("other.log"), text);
    let (log, code) = examined(&[&path]);
    assert_eq!(code, Some(1));
    assert!(findings(&log).contains("--log-format NAME"), "{log}");
    let missing = folder.path().join("none.log").display().to_string();
    let (log, code) = examined(&[&missing]);
    assert_eq!(code, Some(1));
    assert!(findings(&log).contains("no such file"), "{log}");
    let output = doctor(&[&missing]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stderr.is_empty());
    assert!(String::from_utf8_lossy(&output.stdout).contains("Problems: 1, warnings: 0"));
}

#[test]
fn format_and_configuration_are_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = "2026-11-23 10:00:03 1vNabc-0000A1-01 Completed\n";
    let path = write(&folder.path().join("mainlog"), line.repeat(30));
    let (log, _) = examined(&[&path]);
    assert_eq!(
        log["sample"]["decided"], "own log of exim, by the form of its lines",
        "{log}"
    );
    let config = write(&folder.path().join("c.yml"), "time_zone: Asia/Tokyo\n");
    let (log, _) = examined(&["--log-format", "exim", "--config.file", &config, &path]);
    assert_eq!(log["sample"]["decided"], "given: exim", "{log}");
    assert_eq!(log["sample"]["newest"], "2026-11-23T01:00:03Z", "{log}");
}

#[test]
fn old_and_future_lines_and_another_zone_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder.path().join("mail.log"), postfix(30, 72.hours()));
    let old = SystemTime::now() - Duration::from_secs(72 * 3600);
    let file = std::fs::File::options()
        .append(true)
        .open(&path)
        .expect("a log");
    file.set_modified(old).expect("set");
    let (log, code) = examined(&[&path]);
    assert_eq!(code, Some(0), "{log}");
    assert!(findings(&log).contains("no new line for 3 days"), "{log}");
    let path = write(&folder.path().join("zone.log"), postfix(30, (-2).hours()));
    let (log, code) = examined(&[&path]);
    assert_eq!(code, Some(1), "{log}");
    assert!(findings(&log).contains("+2 h"), "{log}");
}

#[test]
fn writer_that_did_not_notice_the_rotation_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(&folder.path().join("mail.log"), "");
    let old = SystemTime::now() - Duration::from_secs(3600);
    let file = std::fs::File::options()
        .append(true)
        .open(&path)
        .expect("a log");
    file.set_modified(old).expect("set");
    write(&folder.path().join("mail.log.1"), postfix(3, 2.seconds()));
    let (log, code) = examined(&[&path]);
    assert_eq!(code, Some(1), "{log}");
    assert!(
        findings(&log).contains("still writes to the rotated file"),
        "{log}"
    );
    assert!(findings(&log).contains("is empty"), "{log}");
}

#[test]
fn without_arguments_the_machine_is_examined() {
    let output = doctor(&["--format=json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(report["servers"].is_array(), "{report}");
    let expected = if report["severity"] == "problem" {
        1
    } else {
        0
    };
    assert_eq!(output.status.code(), Some(expected), "{report}");
}
