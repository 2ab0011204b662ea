//! docs/metrics.md is generated from an exposition: names, types, labels and HELP texts.
//!
//! After an intended change, `UPDATE_DOCS=1 cargo test docs` writes it again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use maillog_exporter::catalog::{Catalog, Providers};
use maillog_exporter::metrics::{
    Alerting, AlertmanagerStats, Counters, SignalState, SourceStats, UsualQueue, View, WebAddress,
    render,
};
use maillog_exporter::parse::LineParser;

const INTRODUCTION: &str = "\
# Metrics

Generated from an exposition by `UPDATE_DOCS=1 cargo test docs`; a test fails if this page is out of date.

Counters whose label values are known in advance start at zero, so that Prometheus sees the first increase. No label holds an
address, a host name, a message id or reply text. Families with label values that come from other servers are bounded; further
values are counted as `other`, and `maillog_series_dropped_total` shows how many counts that were.

| metric | type | labels | meaning |
|---|---|---|---|
";

const NOTES: &str = "
## OpenMetrics and exemplars

The default is Prometheus' text format 0.0.4. A client that asks for OpenMetrics 1.0 gets it; Prometheus does so by itself
(`scrape_protocols`). The metrics are the same. In addition there are:

- The units `seconds` and `bytes`.
- An exemplar on `maillog_codes_total`, `maillog_provider_codes_total`, `maillog_provider_conditions_total`, and on failed deliveries in
  `maillog_provider_deliveries_total`: the queue id of the latest line that was counted, with its time and how much it added. Lines
  without a queue id, and ids of more than 47 bytes, leave the one before. Exemplars are not kept across restarts. Prometheus
  stores them with `--enable-feature=exemplar-storage`; `/api/v1/query_exemplars` returns them. With `web.privacy: none` there are none.
- `…_created`: when a counter or histogram began at zero: at the first start with the state file, or at the start of the process for
  what it does not hold. Prometheus 3 uses it with `--enable-feature=created-timestamp-zero-ingestion`. Others store it as a series
  beside each counter and histogram, over half as many series again; `web.created_series: false` leaves it out.

```sh
curl -H 'Accept: application/openmetrics-text; version=1.0.0' http://localhost:9925/metrics
```

## Notes

- **Reply codes.** A code is counted when a log line records that it was sent or received: one record, one count. 111 is a
  refused connection; 101 is a connection that could not be opened for another reason: unreachable, timed out, or no address
  for the name. These two are not SMTP replies; they are counted on the line of the attempt, not again in the delivery record.
- **direction** is `outbound` for replies of other servers to ours, `inbound` for replies of our server to its clients, and
  `local` for deliveries to a local mailbox store by LMTP, local, virtual or pipe.
- **enhanced** is the enhanced status code in the text of the reply; empty if it has none. The mail server's own `dsn=` is in
  `maillog_deliveries_by_dsn_total`.
- **condition** is the cause of a failure. It is determined by what says most: an enhanced code that servers use only as
  defined, such as 4.2.2 or 5.7.26; then words that state a cause; then any other enhanced code; then words that hint at one;
  then the reply code. Addresses, URLs, host names and quoted text in the reply do not decide.
- **provider** is found by the name of the remote host. Where Exim defers a message without naming one, it is the provider that had
  mail for the same domain before. `loopback` are relays on the loopback interface (127.0.0.0/8, ::1, localhost), such as content filters; `other` are all hosts that are not known.
- **blocklist** is the list that a reply of another server names, by its name or domain, if the condition of the reply is
  `blocklisted`; `other` if it names none that is known.
- **Suspended deliveries** (`delivery temporarily suspended`) are deferred deliveries. The reply that caused the suspension was
  counted when it was received.
- **cause** in `maillog_provider_deliveries_total` is a group of conditions: `recipient` (unknown, disabled, mailbox full,
  message too large), `greylisting`, `throttling`, `reputation` (blocklists, policy, content, sender authentication), `remote`
  (faults of the remote server, and replies that give no reason), `network`, `local`. It is empty for `sent` and for messages
  that expired. A provider with any delivery has a series for every cause.
- **Limits of Postfix's anvil** (`smtpd_client_connection_rate_limit` and others) count as rejects, with the code that smtpd
  replies: 421 for connections and TLS sessions, 450 for the others. So do replies of a before-queue filter that smtpd passes on.
- `maillog_log_messages_total` counts lines of the mail server that begin with `warning:`, `error:`, `fatal:` or `panic:`.
- **Rates** (`maillog_code_rate`) use the timestamps of the lines, so old lines that are read late do not cause a spike. For
  alerts over longer times use `rate()` over `maillog_codes_total`, and exclude times at which `maillog_source_backlog_events_total` grew.
- **Sizes and recipients** are observed when a message first becomes active in the queue. If the log has no cleanup lines,
  which distinguish the first time from a retry, every time is observed.
- **Delays** below zero, which a clock that was set back causes in the log, are observed as zero.
- `maillog_queue_…` exists if `postfix.showq`, `exim.spool`, `sendmail.queue` or `qmail.queue` is configured; the queue is listed once a minute.
";

/// A view in which every family has a sample.
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
        formats: vec!["postfix"],
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

/// Rows of the table, by metric.
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
            // No label value here contains a quote.
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

/// An exposition that contains every family.
pub fn exposition() -> String {
    render(&view(), 1_795_435_200)
}

#[test]
fn docs_list_every_metric_with_type_labels_and_help() {
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

/// Alerting statistics and signals, so that their families are in the exposition.
fn alerting() -> Alerting {
    let signal = |name: &str, is_share| SignalState {
        name: name.to_owned(),
        provider: String::new(),
        is_share,
        share_lower: 0.0,
        share: 0.0,
        others_lower: Some(0.0),
        usual: Some(0.0),
        events: [0; 4],
    };
    Alerting {
        web: WebAddress {
            scheme: "http",
            ..WebAddress::default()
        },
        signals: Some(vec![
            signal("smtp421", true),
            signal("sent_messages", false),
        ]),
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
        missing_lines: vec![("mail".to_owned(), 0)],
        usual_queues: vec![UsualQueue {
            name: "incoming",
            messages: Some(1.0),
            oldest_age: Some(1.0),
        }],
        ..Alerting::default()
    }
}
