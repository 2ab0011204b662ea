//! `trace`: messages are found whole, by each of their ids and addresses, and told in words.
//!
//! After an intended change, `UPDATE_TRACE=1 cargo test --test suite trace` writes the expected texts again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use serde_json::Value;

const LOGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/trace");

fn trace(args: &[&str], logs: &[impl AsRef<Path>]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .env("TZ", "UTC")
        .arg("trace")
        .args(args)
        .args(logs.iter().map(AsRef::as_ref))
        .output()
        .expect("the program runs")
}

fn json(args: &[&str], logs: &[impl AsRef<Path>]) -> Value {
    let output = trace(&[&["--format", "json", "--all"], args].concat(), logs);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().expect("a list");
    list.iter().filter_map(Value::as_str).collect()
}

/// A copy of the committed log of that name, last written in 2026: its lines have no year.
pub fn log(name: &str) -> PathBuf {
    static COPIES: LazyLock<PathBuf> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("trace");
        std::fs::create_dir_all(&folder).expect("a folder");
        for name in ["mx1.log", "mx2.log", "exim.log"] {
            let copy = folder.join(name);
            std::fs::copy(Path::new(LOGS).join(name), &copy).expect("copied");
            let written = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_500_000);
            let file = std::fs::File::options().append(true).open(&copy);
            file.expect("a log")
                .set_modified(written)
                .expect("its time is set");
        }
        folder
    });
    COPIES.join(name)
}

#[test]
fn positive_replies_of_a_session_are_no_failures() {
    let log = Path::new(LOGS).join("../golden/mailenable.log");
    let output = trace(&["4D3B0008.MAI"], &[log]);
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        text.contains("a positive reply at mx.example.net"),
        "{text}"
    );
    assert!(text.contains("delivered to bob@example.net"), "{text}");
    assert!(!text.contains("failed"), "{text}");
}

#[test]
fn stories_are_told_as_expected() {
    let both = [log("mx2.log"), log("mx1.log")];
    let exim = [log("exim.log")];
    for (name, args, logs) in [
        ("filter-alias-bounce", &["5A10C54330B"][..], &both[..]),
        ("domain", &["@example.net"], &both),
        ("exim", &["--raw", "1vNabd-0000A2-02"], &exim),
    ] {
        let output = trace(args, logs);
        let found = String::from_utf8(output.stdout).expect("UTF-8");
        let path = Path::new(LOGS).join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_TRACE").is_some() {
            std::fs::write(&path, &found).expect("written");
        }
        let expected = std::fs::read_to_string(&path).expect("the expected text");
        assert_eq!(found, expected, "{name}");
        assert_eq!(output.status.code(), Some(0));
    }
}

#[test]
fn message_is_whole_by_each_of_its_ids_and_addresses() {
    let logs = [log("mx1.log"), log("mx2.log")];
    for query in [
        "4F9D195432A",
        "5A10C54330B",
        "66F0754330C",
        "7B2E1A0F33D",
        "77AA154330D",
        "<one@example.org>",
        "one@example.org",
        "SALES@example.com",
        "carol@example.net",
        "nobody@example.net",
        "@mx1.example.com",
    ] {
        let trace = json(&[query], &logs);
        let messages = trace["messages"].as_array().expect("a list");
        let of_ids = |it: &&Value| texts(&it["queue_ids"]).contains(&"66F0754330C");
        let message = messages
            .iter()
            .find(of_ids)
            .unwrap_or_else(|| panic!("{query}: {trace}"));
        assert_eq!(texts(&message["queue_ids"]).len(), 5, "{query}: {message}");
        assert_eq!(
            message["steps"].as_array().map(Vec::len),
            Some(29),
            "{query}: {message}"
        );
        assert_eq!(message["outcome"], "failed", "{query}");
        assert_eq!(texts(&message["hosts"]), ["mx1", "mx2"], "{query}");
        assert_eq!(message["advice"][0]["condition"], "user_unknown", "{query}");
    }
}

#[test]
fn queue_id_that_is_used_again_is_another_message() {
    let trace = json(&["4F9D195432A"], &[log("mx1.log")]);
    let messages = trace["messages"].as_array().expect("a list");
    assert_eq!(messages.len(), 2, "{trace}");
    assert_eq!(texts(&messages[1]["message_ids"]), ["two@example.org"]);
    assert_eq!(messages[1]["outcome"], "deferred");
    assert_eq!(messages[1]["steps"].as_array().map(Vec::len), Some(4));
}

#[test]
fn nothing_found_is_exit_code_1() {
    let logs = [log("mx1.log")];
    for query in [
        "0000000000",
        "stranger@example.net",
        "@xample.net",
        "10:00:00",
    ] {
        let output = trace(&[query], &logs);
        assert_eq!(output.status.code(), Some(1), "{query}");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("no message found"), "{query}: {error}");
        let trace = json(&[query], &logs);
        assert_eq!(trace["found"], 0, "{query}");
    }
    let output = trace(&["two words"], &logs);
    assert_eq!(output.status.code(), Some(2));
}

/// The lines of a message on a server with a content filter: it has two queue ids there, and a third on the next server
/// for an alias or a bounce.
fn message(number: usize, log: &mut String) {
    let (first, second, third) = (
        format!("{:X}", 0x004F_9D10_0000_u64 + number as u64 * 3),
        format!("{:X}", 0x005A_9D10_0000_u64 + number as u64 * 3),
        format!("{:X}", 0x006B_9D10_0000_u64 + number as u64 * 3),
    );
    let time = format!(
        "Nov 23 {:02}:{:02}:{:02}",
        10 + number / 60,
        number % 60,
        number % 59
    );
    let mut line = |program: &str, text: String| {
        let _ = writeln!(
            log,
            "{time} mx postfix/{program}[{}]: {text}",
            300 + number % 7
        );
    };
    let sender = format!("s{number}@example.org");
    let recipient = format!("r{number}@example.net");
    let relay = "relay=127.0.0.1[127.0.0.1]:10024, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent";
    line("smtpd", format!("{first}: client=c.example.org[192.0.2.7]"));
    line(
        "cleanup",
        format!("{first}: message-id=<{number}@example.org>"),
    );
    line(
        "qmgr",
        format!("{first}: from=<{sender}>, size=100, nrcpt=1 (queue active)"),
    );
    line("smtpd", format!("{second}: client=localhost[127.0.0.1]"));
    line(
        "cleanup",
        format!("{second}: message-id=<{number}@example.org>"),
    );
    line(
        "qmgr",
        format!("{second}: from=<{sender}>, size=200, nrcpt=1 (queue active)"),
    );
    line(
        "smtp",
        format!(
            "{first}: to=<{recipient}>, {relay} (250 2.0.0 from MTA(smtp:[127.0.0.1]:10025): 250 2.0.0 Ok: queued as {second})"
        ),
    );
    line("qmgr", format!("{first}: removed"));
    match number % 3 {
        0 => line(
            "smtp",
            format!(
                "{second}: to=<{recipient}>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
            ),
        ),
        1 => {
            line(
                "cleanup",
                format!("{third}: message-id=<{number}@example.org>"),
            );
            line(
                "local",
                format!(
                    "{second}: to=<{recipient}>, relay=local, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (forwarded as {third})"
                ),
            );
            line(
                "qmgr",
                format!("{third}: from=<{sender}>, size=300, nrcpt=1 (queue active)"),
            );
            line(
                "virtual",
                format!(
                    "{third}: to=<box{number}@example.net>, orig_to=<{recipient}>, relay=virtual, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (delivered to maildir)"
                ),
            );
            line("qmgr", format!("{third}: removed"));
        }
        _ => {
            line(
                "smtp",
                format!(
                    "{second}: to=<{recipient}>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=5.1.1, status=bounced (host mx.example.net[192.0.2.1] said: 550 5.1.1 <{recipient}>: no such user (in reply to RCPT TO command))"
                ),
            );
            line(
                "cleanup",
                format!("{third}: message-id=<bounce{number}@mx.example.org>"),
            );
            line(
                "qmgr",
                format!("{third}: from=<>, size=300, nrcpt=1 (queue active)"),
            );
            line(
                "bounce",
                format!("{second}: sender non-delivery notification: {third}"),
            );
            line(
                "smtp",
                format!(
                    "{third}: to=<{sender}>, relay=mail.example.org[192.0.2.2]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 Ok)"
                ),
            );
            line("qmgr", format!("{third}: removed"));
        }
    }
    line("qmgr", format!("{second}: removed"));
}

#[test]
fn each_of_200_messages_is_found_whole_in_rotated_and_compressed_logs() {
    let mut all = String::new();
    for number in 0..200 {
        message(number, &mut all);
    }
    let lines: Vec<&str> = all.split_inclusive('\n').collect();
    let folder = tempfile::tempdir().expect("a folder");
    let (live, rotated) = (
        folder.path().join("mail.log"),
        folder.path().join("mail.log.1.gz"),
    );
    // Rotation cuts in the middle of a message.
    let (old, new) = lines.split_at(lines.len() / 2 + 3);
    std::fs::write(&live, new.concat()).expect("written");
    let file = std::fs::File::create(&rotated).expect("a file");
    let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    encoder
        .write_all(old.concat().as_bytes())
        .expect("compressed");
    encoder.finish().expect("compressed");
    // The newest first: they are read in the order of their times.
    let logs = [live, rotated];
    let trace = json(&["@example.org"], &logs);
    assert_eq!(trace["found"], 200);
    let mut seen = BTreeSet::new();
    for found in trace["messages"].as_array().expect("a list") {
        let id = texts(&found["message_ids"])[0].to_owned();
        let number: usize = id
            .split('@')
            .next()
            .and_then(|it| it.parse().ok())
            .expect("a number");
        let mut expected = String::new();
        message(number, &mut expected);
        let lines = found["steps"].as_array().expect("steps");
        let lines: Vec<_> = lines.iter().filter_map(|it| it["line"].as_str()).collect();
        assert_eq!(lines, expected.lines().collect::<Vec<_>>(), "{number}");
        let ids = if number.is_multiple_of(3) { 2 } else { 3 };
        assert_eq!(texts(&found["queue_ids"]).len(), ids, "{number}");
        let outcome = if number % 3 == 2 {
            "failed"
        } else {
            "delivered"
        };
        assert_eq!(found["outcome"], outcome, "{number}");
        assert!(seen.insert(number));
    }
    // Any of the ids leads to the same.
    for number in [0, 100, 101] {
        let second = format!("{:X}", 0x005A_9D10_0000_u64 + number * 3);
        let recipient = format!("r{number}@example.net");
        let whole = json(&[&format!("{number}@example.org")], &logs);
        for query in [&second, &recipient] {
            assert_eq!(
                json(&[query], &logs)["messages"],
                whole["messages"],
                "{query}"
            );
        }
    }
    // Without --all, the newest ones as a list.
    let output = trace_text(&["@example.org"], &logs);
    assert!(output.starts_with("200 messages: "), "{output}");
    assert!(
        output.contains("180 older messages are not shown; --all"),
        "{output}"
    );
    assert_eq!(output.matches(" → ").count(), 20, "{output}");
    let output = trace_text(&["--all", "@example.org"], &logs);
    assert_eq!(output.matches(" → ").count(), 200, "{output}");
}

fn trace_text(args: &[&str], logs: &[impl AsRef<Path>]) -> String {
    String::from_utf8(trace(args, logs).stdout).expect("UTF-8")
}

#[test]
fn standard_input_and_the_format_of_the_log_work_as_in_other_commands() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(["trace", "--log-format", "exim", "1vNabe-0000A3-03", "-"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the program runs");
    let text = std::fs::read(log("exim.log")).expect("a log");
    let mut stdin = child.stdin.take().expect("a pipe");
    stdin.write_all(&text).expect("written");
    drop(stdin);
    let output = child.wait_with_output().expect("it ends");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("still in the queue") && text.contains("greylisted"),
        "{text}"
    );
}
