//! Files of container runtimes given to commands: read as the files that the container would have written itself.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, UNIX_EPOCH};

use flate2::Compression;
use flate2::write::GzEncoder;

const LOGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden");

fn run(arguments: &[&str], path: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_maillog_exporter"))
        .env("TZ", "UTC")
        .args(arguments)
        .arg(path)
        .output()
        .expect("the program runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {stderr}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Lines in the CRI format, of which every third one is in two parts.
fn cri(text: &str) -> String {
    let mut raw = String::new();
    for (number, line) in text.lines().enumerate() {
        let mut middle = line.len() / 2;
        while !line.is_char_boundary(middle) {
            middle += 1;
        }
        let (start, end) = line.split_at(middle);
        match number % 3 {
            0 => {
                raw += &format!("2026-11-30T10:00:00.123456789Z stdout P {start}\n");
                raw += &format!("2026-11-30T10:00:00.123456789Z stdout F {end}\n");
            }
            1 => raw += &format!("2026-11-30T10:00:00.123456789+08:00 stdout F {line}\n"),
            _ => raw += &format!("2026-11-30T10:00:00.1Z stderr F {line}\n"),
        }
    }
    raw
}

/// Lines in Docker's json-file.
fn docker(text: &str) -> String {
    let record = |line: &str| {
        let log = serde_json::to_string(&format!("{line}\n")).expect("JSON");
        format!("{{\"log\":{log},\"stream\":\"stdout\",\"time\":\"2026-11-30T10:00:00.1Z\"}}\n")
    };
    text.lines().map(record).collect()
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(text.as_bytes()).expect("compressed");
    gzip.finish().expect("compressed")
}

#[test]
fn files_of_container_runtimes_are_read_as_what_the_container_wrote() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, content: &[u8]| -> PathBuf {
        let path = folder.path().join(name);
        let mut file = File::create(&path).expect("a file");
        file.write_all(content).expect("written");
        // The year of lines without one.
        file.set_modified(UNIX_EPOCH + Duration::from_secs(1_796_000_000))
            .expect("a time");
        path
    };
    for name in ["postfix-client", "exim-mainlog", "stalwart"] {
        let text = std::fs::read_to_string(format!("{LOGS}/{name}.log")).expect("a golden log");
        let text = text.replace('\r', "");
        let plain = write("plain.log", text.as_bytes());
        let raws = [
            write("cri.log", cri(&text).as_bytes()),
            write("docker.log", docker(&text).as_bytes()),
            write("cri.log.gz", &gzip(&cri(&text))),
        ];
        for arguments in [
            &["parse"][..],
            &["parse", "--unmatched"],
            &["report", "--format", "json"],
        ] {
            let expected = run(arguments, &plain);
            assert!(!expected.is_empty() || arguments.len() == 2, "{name}");
            for raw in &raws {
                let found = run(arguments, raw);
                assert!(found == expected, "{name} {arguments:?} {}", raw.display());
            }
        }
    }
}

#[test]
fn time_of_the_runtime_is_that_of_lines_without_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(format!("{LOGS}/haraka.log")).expect("a golden log");
    let parsed = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        run(&["parse"], &path)
    };
    let plain = parsed("plain.log", &text);
    let expected = plain.replace(r#""time":null"#, r#""time":"2026-11-30T10:00:00.1Z""#);
    assert_ne!(plain, expected);
    assert_eq!(parsed("docker.log", &docker(&text)), expected);
    // As `docker logs -t` writes it.
    let dated: String = text
        .lines()
        .map(|line| format!("2026-11-30T10:00:00.100000000Z {line}\n"))
        .collect();
    assert_eq!(parsed("dated.log", &dated), expected);
}

/// Of records in JSON, as `docker logs -t` and `kubectl logs --timestamps` write them, the own time decides, if there is one.
#[test]
fn records_in_json_are_read_after_the_time_of_the_runtime() {
    let folder = tempfile::tempdir().expect("a folder");
    let parsed = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        run(&["parse"], &path)
    };
    for name in ["kumomta", "halon-json", "james-json", "zone-mta-gelf"] {
        let text = std::fs::read_to_string(format!("{LOGS}/{name}.log")).expect("a golden log");
        let expected = parsed("plain.log", &text);
        assert!(!expected.is_empty());
        for time in [
            "2026-11-30T10:00:00.120000000Z",
            "2026-11-30T10:00:00+08:00",
        ] {
            let dated = text.lines().map(|line| match line.starts_with('{') {
                true => format!("{time} {line}\n"),
                false => format!("{line}\n"),
            });
            assert_eq!(
                parsed("dated.log", &dated.collect::<String>()),
                expected,
                "{name}"
            );
        }
    }
    let haraka = r#"{"level":"INFO","uuid":"2DC5D28A-3154-44E1-844E-C663A1E1B6D3.1.1","origin":"outbound","message":"Temp failing 1_mail for 64 seconds: Upstream error: 421 4.7.0 busy"}"#;
    let time = r#""time":"2026-11-30T10:00:00.1Z""#;
    let dated = format!("2026-11-30T10:00:00.1Z {haraka}\n");
    for log in [dated, docker(haraka)] {
        let found = parsed("haraka.log", &log);
        assert!(
            found.contains(time) && found.contains(r#""code":421"#),
            "{found}"
        );
    }
}
