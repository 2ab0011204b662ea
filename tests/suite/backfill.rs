//! `backfill`: the counters of old logs as OpenMetrics, compared with `report` of the same logs.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

fn run(arguments: &[&str], files: &[PathBuf]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .args(arguments)
        .args(files)
        .env("TZ", "UTC")
        .output()
        .expect("the program runs")
}

fn backfill(arguments: &[&str], files: &[PathBuf]) -> String {
    let output = run(&[&["backfill"], arguments].concat(), files);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// A sample: its name with labels, value and time.
fn samples(document: &str) -> impl Iterator<Item = (&str, f64, i64)> {
    let lines = document.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| {
        let (rest, time) = line.rsplit_once(' ').expect("a time");
        let (name, value) = rest.rsplit_once(' ').expect("a value");
        let value = value.parse().expect("a number");
        (name, value, time.parse().expect("a time in seconds"))
    })
}

/// The last values of a counter, summed by these labels.
fn last(document: &str, counter: &str, labels: &[&str]) -> BTreeMap<String, u64> {
    let mut values = BTreeMap::new();
    for (name, value, _) in samples(document) {
        if name.starts_with(&format!("{counter}{{")) {
            values.insert(name, value as u64);
        }
    }
    let mut sums = BTreeMap::new();
    for (name, value) in values {
        let label = |label: &&str| {
            let after = name.split_once(&format!("{label}=\"")).expect("a label").1;
            after.split_once('"').expect("a value").0.to_owned()
        };
        let key: Vec<String> = labels.iter().map(label).collect();
        *sums.entry(key.join(" ").trim().to_owned()).or_default() += value;
    }
    sums
}

/// The counts of `report` under a key, by the path to each.
fn reported(report: &Value) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for (key, value) in report.as_object().expect("an object") {
        if let Some(count) = value.as_u64() {
            if count > 0 {
                counts.insert(key.clone(), count);
            }
            continue;
        }
        for (rest, count) in reported(value) {
            counts.insert(format!("{key} {rest}"), count);
        }
    }
    counts
}

fn golden(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    folder.join(name)
}

#[test]
fn last_samples_are_the_totals_of_report() {
    for log in [
        "postfix-client.log",
        "postfix-server.log",
        "exim-mainlog.log",
        "sendmail.log",
        "stalwart.log",
    ] {
        let files = [golden(log)];
        let document = backfill(&[], &files);
        let report = run(&["report", "--format", "json"], &files);
        let report: Value = serde_json::from_slice(&report.stdout).expect("JSON");
        for (key, counter, labels) in [
            ("codes", "maillog_codes_total", &["direction", "code"][..]),
            (
                "enhanced",
                "maillog_enhanced_codes_total",
                &["direction", "code", "enhanced"],
            ),
            (
                "conditions",
                "maillog_conditions_total",
                &["direction", "condition"],
            ),
            ("deliveries", "maillog_deliveries_total", &["status"]),
            ("connect_errors", "maillog_connect_errors_total", &["error"]),
            (
                "providers",
                "maillog_provider_codes_total",
                &["provider", "code"],
            ),
        ] {
            let expected = reported(&report[key]);
            assert_eq!(last(&document, counter, labels), expected, "{log} {key}");
        }
        assert!(!reported(&report["codes"]).is_empty(), "{log}");
    }
}

#[test]
fn document_is_ordered_as_openmetrics_requires() {
    let logs = [
        "postfix-client.log",
        "postfix-server.log",
        "exim-mainlog.log",
    ];
    let labels = ["--instance", "mx\"1", "--job", "old mail", "--step", "15s"];
    let document = backfill(&labels, &logs.map(golden));
    assert!(document.ends_with("\n# EOF\n") && document.matches("# EOF").count() == 1);
    let mut families = HashSet::new();
    let mut finished = HashSet::new();
    let mut last: Option<(&str, f64, i64)> = None;
    for line in document.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            let (name, kind) = family.split_once(' ').expect("a type");
            assert!(families.insert(name) && !name.ends_with("_total"), "{name}");
            assert!(kind == "counter" || kind == "histogram", "{family}");
        }
    }
    for sample in samples(&document) {
        let (name, value, time) = sample;
        assert!(
            name.contains("instance=\"mx\\\"1\",job=\"old mail\""),
            "{name}"
        );
        assert_eq!(time % 15, 0, "{name} {time}");
        if name.contains("_bucket{") || name.contains("_sum{") || name.contains("_count{") {
            // The parts of a histogram are together for each time.
            continue;
        }
        match last.replace(sample) {
            Some((known, before, earlier)) if known == name => {
                assert!(value >= before && time > earlier, "{name} {time}");
                assert!(time - earlier <= 120 || time - earlier > 86_400, "{name}");
            }
            _ => {
                assert!(finished.insert(name), "{name} is in two places");
                assert_eq!(value, 0.0, "{name}");
            }
        }
    }
    assert!(families.contains("maillog_delivery_delay_seconds") && finished.len() > 50);
}

#[test]
fn files_for_each_day_have_all_samples() {
    let folder = tempfile::tempdir().expect("a folder");
    let evening = folder.path().join("mail.log.1");
    let lines = [
        "2026-11-22T20:00:00Z",
        "2026-11-22T23:59:59Z",
        "2026-11-23T00:00:00Z",
    ]
    .map(|time| format!("{time} mail postfix/smtpd[1]: connect from unknown[192.0.2.1]\n"));
    std::fs::write(&evening, lines.concat()).expect("written");
    let files = [golden("postfix-client.log"), evening];
    let days = folder.path().join("past");
    let days = days.to_str().expect("text");
    assert_eq!(backfill(&["--output-dir", days], &files), "");
    let mut together = Vec::new();
    let mut names: Vec<PathBuf> = std::fs::read_dir(days)
        .expect("a folder")
        .map(|entry| entry.expect("a file").path())
        .collect();
    names.sort();
    for path in &names {
        let text = std::fs::read_to_string(path).expect("text");
        let name = path.file_name().expect("a name").to_string_lossy();
        assert!(
            name.len() == "2026-11-23.om".len() && name.ends_with(".om"),
            "{name}"
        );
        assert!(text.ends_with("# EOF\n"), "{name}");
        together.extend(
            samples(&text).map(|(name, value, time)| (name.to_owned(), time, value as u64)),
        );
    }
    let file = folder.path().join("past.om");
    let arguments = ["--output", file.to_str().expect("text")];
    assert_eq!(backfill(&arguments, &files), "");
    let whole = std::fs::read_to_string(file).expect("text");
    assert_eq!(whole, backfill(&[], &files));
    let mut all: Vec<(String, i64, u64)> = samples(&whole)
        .map(|(name, value, time)| (name.to_owned(), time, value as u64))
        .collect();
    all.sort();
    together.sort();
    assert!(names.len() == 2 && all == together);
}

#[test]
fn mistakes_are_told_from_failures() {
    for (arguments, code) in [
        (&["--step", "5m"][..], 2),
        (&["--step", "1.5s"], 2),
        (&["--output", "a", "--output-dir", "b"], 2),
        (&["--format", "nothing"], 2),
        (&["--output", "/nowhere/past.om"], 1),
    ] {
        let output = run(
            &[&["backfill"], arguments].concat(),
            &[golden("postfix-client.log")],
        );
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
    let output = run(&["backfill"], &[PathBuf::from("/nowhere/mail.log")]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
}
