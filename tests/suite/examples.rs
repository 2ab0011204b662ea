//! The examples of `--help` and of the documentation run, those of commands that end by themselves. That all others are
//! valid, and that every option has one, is a test of `src/cli/examples`.

#[path = "../../src/cli/examples/extract.rs"]
mod extract;

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const PROGRAM: &str = env!("CARGO_BIN_EXE_maillog_exporter");

/// The commands whose examples run.
const COMMANDS: [&str; 10] = [
    "backfill",
    "check",
    "completions",
    "explain",
    "generate",
    "man",
    "parse",
    "replay",
    "report",
    "trace",
];

/// Words of examples that stand for something else.
const PLACEHOLDERS: [&str; 4] = ["FILE", "LOG", "WHAT", "CODE"];

const LINES: &str = "\
2026-11-23T10:00:00+00:00 mx1 postfix/qmgr[7]: 4F9D195432C: from=<bob@example.net>, size=10, nrcpt=1 (queue active)
2026-11-23T10:00:01+00:00 mx1 postfix/smtp[9]: 4F9D195432C: to=<ann@example.com>, relay=mx.example.com[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 OK)
";

const CONFIG: &str = "\
patterns:
  - regex: '^(?<time>\\S+) (?<text>[2-5][0-9][0-9] .*)'
sources:
  - name: gateway
    files: [gateway.log]
    format: custom
";

/// Makes the files that the examples name.
fn prepare(folder: &Path) {
    let logs = [
        "var/log/mail.log",
        "var/log/mail.log.1",
        "var/log/central.log",
        "var/log/mx1/mail.log",
        "var/log/mx2/mail.log",
        "var/log/exim4/mainlog",
        "mx1/mail.log",
        "mx2/mail.log",
        "mail.log",
        "mainlog",
        "app.log",
    ];
    let write = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    };
    for name in logs {
        write(name, LINES);
    }
    for name in [
        "maillog.yml",
        "mx.yml",
        "etc/maillog_exporter.yml",
        "etc/maillog_exporter/maillog_exporter.yml",
    ] {
        write(name, CONFIG);
    }
    for name in ["policy.yml", "mine.yml"] {
        write(name, include_str!("../../docs/examples/policy.yml"));
    }
    for name in ["mail.log.1.gz", "mail.log.2.gz"] {
        let file = fs::File::create(folder.join("var/log").join(name)).expect("a file");
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(LINES.as_bytes()).expect("written");
        packed.finish().expect("written");
    }
}

/// The examples of `--help` of a command.
fn of_help(command: &str, names: &BTreeSet<String>) -> Vec<String> {
    let output = Command::new(PROGRAM).args([command, "--help"]).output();
    let text = String::from_utf8(output.expect("it runs").stdout).expect("text");
    let examples = text.split("Examples:").nth(1).unwrap_or_default();
    extract::examples(&format!("```\n{examples}\n```"), names)
}

#[test]
fn examples_run() {
    let folder = tempfile::tempdir().expect("a folder");
    prepare(folder.path());
    let names: BTreeSet<String> = COMMANDS.map(str::to_owned).into();
    let documents = extract::of_documents(&names);
    let mut all: BTreeSet<String> = documents.into_iter().map(|(_, it)| it).collect();
    for command in COMMANDS {
        all.extend(of_help(command, &names));
    }
    let here = format!("{}/", folder.path().display());
    let mut count = 0;
    let mut failed = Vec::new();
    for example in &all {
        let words = extract::words(example);
        let is_pattern = |word: &String| !word.is_ascii() || PLACEHOLDERS.contains(&word.as_str());
        if !words.get(1).is_some_and(|it| names.contains(it)) || words.iter().any(is_pattern) {
            continue;
        }
        count += 1;
        let line = example
            .replace("/var/log/", &format!("{here}var/log/"))
            .replace("/etc/", &format!("{here}etc/"))
            .replacen("maillog_exporter", "\"$PROGRAM\"", 1);
        let output = Command::new("sh")
            .args(["-c", &line])
            .env("PROGRAM", PROGRAM)
            .env("TZ", "UTC")
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .expect("it runs");
        let code = output.status.code();
        // A message that is in none of these logs is not found.
        let is_right = code == Some(0) || (words[1] == "trace" && code == Some(1));
        if !is_right {
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            failed.push(format!("{example}: {error}"));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    assert!(count > 40, "{count}: {all:#?}");
}
