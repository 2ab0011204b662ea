//! docs/metrics.md is made from the exposition itself, so that it cannot lag behind.
//!
//! After a wanted change, `UPDATE_DOCS=1 cargo test docs` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::metrics::{Alerting, AlertmanagerStats, Counters, SourceStats, View, render};
use maillog_exporter::parse::LineParser;

const INTRODUCTION: &str = "\
# Metrics

Made from the exposition by `UPDATE_DOCS=1 cargo test docs`; a test fails when it lags behind.

Counters start at zero where their series are known in advance, so that the first increase is seen. A label never
holds an address, a host name, a message id or reply text. Families whose label values come from other servers are
bounded; what does not fit is counted in the value `other`, and `maillog_series_dropped_total` says how much that was.

| metric | type | labels | what it is |
|---|---|---|---|
";

const NOTES: &str = "
## Notes

- **What counts as a code.** A code is counted when a log line records that it was said: one record, one count. 111 is a
  connection that was refused; 101 is one that could not be opened otherwise: unreachable, timed out, or no address for
  the name. They are no replies, and are counted on the line of the attempt, not again in the delivery record.
- **direction** is `outbound` where a server answered ours, `inbound` where ours answered a client, `local` where mail is
  delivered to a store of ours by LMTP, local, virtual or pipe.
- **enhanced** is the enhanced status code in the reply's own text; empty if it has none. The mail server's `dsn=` is in
  `maillog_deliveries_by_dsn_total`.
- **Suspended deliveries** (`delivery temporarily suspended`) are deferred deliveries; the reply that suspended them was
  counted when it was said.
- **Rates** (`maillog_code_rate`) go by the time stamps of the lines, so that old lines read late make no spike. For
  alerts over longer times use `rate()` over `maillog_codes_total`, and leave out what was read while
  `maillog_catching_up` was 1.
- **Sizes and recipients** are observed when a message first becomes active in the queue. Where the log has no cleanup
  lines to tell the first time from a retry, every time is observed.
- **Delays** below zero, which a clock that was set back leaves in the log, are observed as zero.
- `maillog_queue_…` is there where `postfix.showq` is configured; the queue is listed once a minute.
";

/// A view with something of everything.
fn view() -> Arc<View> {
    let catalog = Catalog::embedded();
    let providers = Providers::embedded();
    let now: Timestamp = "2026-11-23T12:00:00Z".parse().expect("a timestamp");
    let mut parser = LineParser::new(catalog, providers.clone(), TimeZone::UTC, now);
    let mut counters = Counters::new(catalog);
    for name in ["postfix-client", "postfix-server", "postfix-noise"] {
        let path = format!("{}/tests/golden/{name}.log", env!("CARGO_MANIFEST_DIR"));
        for line in std::fs::read(path).expect("a log").split(|&b| b == b'\n') {
            let mut slot = None;
            let parsed = parser.parse(line, &mut slot);
            counters.count(parsed.time, &parsed.line, now.as_second());
        }
    }
    let source = SourceStats {
        name: "mail".into(),
        rotations: vec![("renamed", 1)],
        ..SourceStats::default()
    };
    Arc::new(View {
        sources: vec![source],
        queues: Some(Default::default()),
        alerting: Some(Arc::new(alerting())),
        ..View::new(counters, providers.names().map(str::to_owned).collect())
    })
}

/// The table's rows, by metric.
fn rows(exposition: &str) -> BTreeMap<String, String> {
    let mut help = BTreeMap::new();
    let mut kinds = BTreeMap::new();
    let mut labels: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in exposition.lines() {
        if let Some((name, text)) = line
            .strip_prefix("# HELP ")
            .and_then(|it| it.split_once(' '))
        {
            help.insert(name.to_owned(), text.to_owned());
        } else if let Some((name, kind)) = line
            .strip_prefix("# TYPE ")
            .and_then(|it| it.split_once(' '))
        {
            kinds.insert(name.to_owned(), kind.to_owned());
        } else if let Some((name, rest)) = line.split_once('{') {
            let name = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|suffix| {
                    name.strip_suffix(suffix)
                        .filter(|it| help.contains_key(*it))
                })
                .unwrap_or(name);
            // No label value here holds a quote.
            let inside = rest.rsplit_once('}').map_or("", |(inside, _)| inside);
            let known = labels.entry(name.to_owned()).or_default();
            known.extend(
                inside
                    .split("\",")
                    .filter_map(|pair| pair.split_once("=\""))
                    .map(|(label, _)| label.to_owned()),
            );
            known.remove("le");
        }
    }
    help.into_iter()
        .filter(|(name, _)| name.starts_with("maillog_"))
        .map(|(name, text)| {
            let labels = labels.remove(&name).unwrap_or_default();
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let row = format!(
                "| `{name}` | {} | {} | {text} |\n",
                kinds[&name],
                labels.join(", ")
            );
            (name, row)
        })
        .collect()
}

/// An exposition with something of everything.
pub fn exposition() -> String {
    render(&view(), 1_795_435_200)
}

#[test]
fn docs_list_every_metric_with_its_type_labels_and_help() {
    let rows = rows(&exposition());
    assert!(rows.len() > 25, "{rows:?}");
    let found = rows
        .values()
        .fold(INTRODUCTION.to_owned(), |text, row| text + row)
        + NOTES;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &found).expect("written");
    }
    let expected = std::fs::read_to_string(&path).expect("docs/metrics.md");
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.len(), expected.len());
}

/// A daemon that alerts, so that its families are there.
fn alerting() -> Alerting {
    Alerting {
        active: Vec::new(),
        alertmanagers: vec![AlertmanagerStats {
            alertmanager: "http://localhost:9093".to_owned(),
            sent: 0,
            errors: 0,
            dropped: 0,
            queue_length: 0,
            queue_capacity: 0,
            last_success: None,
            latency: None,
        }],
    }
}
