//! Tests that a restart changes no counts, also with state files of earlier versions.

use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::codec;
use super::snapshot::Snapshot;
use crate::catalog::{Catalog, Providers};
use crate::metrics::{Counters, CountersSnapshot, View, render};
use crate::parse::{Format, LineParser, StreamKey};
use crate::source::StreamId;
use crate::stable_hash::hash;

const NOW: &str = "2026-11-29T12:00:00Z";

/// The stream of the lines.
const STREAM: StreamKey = StreamKey {
    source: 1,
    stream: 2,
};

fn folder(name: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The golden logs, each with a stream of its own.
fn golden() -> Vec<(StreamKey, Vec<u8>)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder("tests/golden"))
        .expect("the golden logs")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "log"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty());
    let read = |path| std::fs::read(path).expect("a log");
    let key = |stream| StreamKey { source: 1, stream };
    let logs = paths.into_iter().map(read).zip(1..);
    logs.map(|(log, number)| (key(number), log)).collect()
}

fn names(providers: &Providers) -> Vec<String> {
    providers.names().map(str::to_owned).collect()
}

/// Restores a snapshot, counts these lines of one stream, and returns the counters and the next snapshot.
fn count(before: &Snapshot, providers: &Providers, log: &[u8]) -> (Counters, Snapshot) {
    count_streams(before, providers, &[(STREAM, log)])
}

/// The same with lines of several streams, one after the other.
fn count_streams(
    before: &Snapshot,
    providers: &Providers,
    logs: &[(StreamKey, &[u8])],
) -> (Counters, Snapshot) {
    let now: Timestamp = NOW.parse().expect("a time");
    let catalog = Catalog::embedded();
    let mut counters = before.counters.restore(catalog, providers, now.as_second());
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    parser.resume(&before.parser);
    for (stream, log) in logs {
        parser.select(*stream, Format::Auto);
        for line in log.split(|&byte| byte == b'\n').filter(|it| !it.is_empty()) {
            let mut slot = None;
            let parsed = parser.parse(line, &mut slot);
            for _ in 0..parsed.times {
                counters.count(parsed.time, &parsed.line, now.as_second());
            }
        }
    }
    let snapshot = Snapshot {
        counters: CountersSnapshot::of(&counters, &names(providers)),
        parser: parser.snapshot(),
        ..Snapshot::default()
    };
    (counters, snapshot)
}

/// The exposition of the counts, without the metrics that depend on the process.
fn exposition(counters: &Counters, providers: &Providers) -> String {
    let view = View::new(counters.clone(), names(providers).into());
    let text = render(&Arc::new(view), 1_796_000_000);
    let ours = |line: &&str| !line.contains("process_") && !line.contains("catching_up");
    text.lines()
        .filter(ours)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn restart_at_any_line_changes_no_count() {
    let logs = golden();
    let logs: Vec<(StreamKey, &[u8])> = logs.iter().map(|(key, log)| (*key, &log[..])).collect();
    let providers = Providers::embedded();
    let (complete, _) = count_streams(&Snapshot::default(), &providers, &logs);
    let expected = exposition(&complete, &providers);
    let ends = logs
        .iter()
        .enumerate()
        .flat_map(|(at, (_, log))| memchr::memchr_iter(b'\n', log).map(move |end| (at, end)));
    let ends: Vec<(usize, usize)> = ends.collect();
    for &(at, end) in ends.iter().step_by(1 + ends.len() / 40) {
        let (key, log) = logs[at];
        let before: Vec<_> = logs[..at]
            .iter()
            .copied()
            .chain([(key, &log[..end])])
            .collect();
        let after: Vec<_> = [(key, &log[end + 1..])]
            .into_iter()
            .chain(logs[at + 1..].iter().copied())
            .collect();
        let (_, snapshot) = count_streams(&Snapshot::default(), &providers, &before);
        let bytes = codec::encode(&snapshot).expect("encoded");
        let read = codec::decode(&bytes).expect("decoded");
        assert_eq!(read, snapshot);
        let (counters, _) = count_streams(&read, &providers, &after);
        let restarted = exposition(&counters, &providers);
        for (restarted, expected) in restarted.lines().zip(expected.lines()) {
            assert_eq!(restarted, expected, "restart in log {at} at byte {end}");
        }
    }
}

#[test]
fn providers_are_restored_by_name() {
    let line = b"Nov 20 10:00:00 mx postfix/smtp[1]: 4A1B2C3D4E: to=<a@example.org>, \
        relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 ok)";
    let providers = |own: &[(&str, &str)]| {
        let mut providers = Providers::embedded();
        for (name, domain) in own {
            providers.add_own(name, &[(*domain).into()]).expect("added");
        }
        providers
    };
    let before = providers(&[("first", "example.org"), ("second", "example.net")]);
    let after = providers(&[("second", "example.net")]);
    let (_, snapshot) = count(&Snapshot::default(), &before, line);
    let (counters, _) = count(&snapshot, &after, b"");
    let text = exposition(&counters, &after);
    let expected = "maillog_provider_codes_total{provider=\"second\",code=\"250\"} 1\n";
    assert!(text.contains(expected), "{text}");
}

/// The state files were written by each version after `first.log`. For every new version, such a file and its content
/// as text are committed, and never changed.
#[test]
fn counting_continues_from_state_files_of_every_version() {
    let folder = folder("tests/state");
    let read = |name: &str| std::fs::read(folder.join(name)).expect(name);
    let (first, second) = (read("first.log"), read("second.log"));
    let rejects = read("exim-mainlog.log");
    let mail_log = stream_of("mail", "/srv/mail.log");
    let [main_log, reject_log] =
        ["mainlog", "rejectlog"].map(|it| stream_of("exim", &format!("/srv/{it}")));
    let providers = Providers::embedded();
    for version in VERSIONS {
        let before: &[_] = match version {
            "3" => &[(STREAM, &*first)],
            _ => &[(mail_log, &*first), (main_log, &*rejects)],
        };
        // The second log of Exim repeats the first: none of its rejects counts again.
        let after: &[_] = match version {
            "3" => &[(STREAM, &*second)],
            _ => &[(mail_log, &*second), (reject_log, &*rejects)],
        };
        let whole = [before, after].concat();
        let (complete, _) = count_streams(&Snapshot::default(), &providers, &whole);
        let name = format!("version-{version}.state");
        let snapshot = codec::decode(&read(&name)).expect("a snapshot");
        // The sketches are long, and have tests of their own.
        let insight = snapshot.insight.is_some();
        assert_eq!(insight, version == "4-signals");
        let without = Snapshot {
            insight: None,
            ..snapshot.clone()
        };
        let text = format!("{without:#?}\n");
        let path = folder.join(format!("version-{version}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).expect("written");
        }
        let known = std::fs::read_to_string(&path).expect("the text of the snapshot");
        assert!(text == known, "{name} is not read as {}", path.display());
        let (counters, _) = count_streams(&snapshot, &providers, after);
        let expected = comparable(&exposition(&complete, &providers));
        let found = comparable(&exposition(&counters, &providers));
        assert_eq!(found, expected, "{name}");
    }
}

/// The versions with a committed state file: written by `serve --config.file tests/state/version-4.yml` with
/// `first.log` as /srv/mail.log and `exim-mainlog.log` as /srv/mainlog. Since version 4, the file consists of sections;
/// `4-signals` is the first with those of the signals of alert rules and of the history for charts.
const VERSIONS: [&str; 3] = ["3", "4", "4-signals"];

/// A stream of the daemon that wrote the state file of version 4: a log of the source of this name.
fn stream_of(source: &str, path: &str) -> StreamKey {
    StreamKey {
        source: hash(&[source.as_bytes()]),
        stream: StreamId::of(path.as_bytes()).0,
    }
}

/// Families that these versions did not count.
const LATER_FAMILIES: [&str; 6] = [
    "maillog_actions_total",
    "maillog_blocklist_replies_total",
    "maillog_log_messages_total",
    "maillog_postscreen_results_total",
    "maillog_provider_deliveries_total",
    "maillog_tls_failures_total",
];

/// What these versions counted: the instances of each service are summed, because versions before 4 did not
/// distinguish them, TLS sessions of every trust and protocol, and the conditions, because a newer catalog may classify
/// the same reply otherwise.
fn comparable(exposition: &str) -> Vec<String> {
    let mut sums: std::collections::BTreeMap<String, f64> = Default::default();
    for line in exposition.lines().filter(|it| !it.starts_with('#')) {
        let (series, value) = line.rsplit_once(' ').expect("a value");
        if LATER_FAMILIES.iter().any(|it| series.starts_with(it)) {
            continue;
        }
        let series = match series.split_once(",trust=") {
            Some((before, _)) => format!("{before}}}"),
            None => series.to_owned(),
        };
        let series = match series.split_once("service=\"") {
            Some((before, after)) => {
                let (service, rest) = after.split_once('"').expect("a quote");
                let agent = service.rsplit('/').next().unwrap_or(service);
                format!("{before}service=\"{agent}\"{rest}")
            }
            None => series,
        };
        let series = match series.split_once("condition=\"") {
            Some((before, after)) => {
                let (_, rest) = after.split_once('"').expect("a quote");
                format!("{before}condition=\"\"{rest}")
            }
            None => series,
        };
        *sums.entry(series).or_default() += value.parse::<f64>().expect("a number");
    }
    sums.into_iter()
        .filter(|(_, value)| *value != 0.0)
        .map(|(series, value)| format!("{series} {value}"))
        .collect()
}
