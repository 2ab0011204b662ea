//! The variables of the dashboards.

use serde_json::{Value, json};

use super::panel::datasource;

/// The Prometheus data source. With a second data source, grafana/dashboard-linter wants the type in the name.
pub const PROMETHEUS: &str = "prometheus_datasource";

/// The Loki data source of the links to log lines.
pub const LOKI: &str = "loki_datasource";

/// The stream selector of the mail logs in Loki.
pub const LOG_SELECTOR: &str = "log_selector";

/// The exporter whose pages are linked: host and port, and a path if there is a prefix.
pub const EXPORTER: &str = "exporter";

/// The scheme of its pages.
pub const SCHEME: &str = "scheme";

/// Variables of every dashboard that links to other dashboards pass on.
pub const PASSED_ON: [&str; 7] = [
    PROMETHEUS,
    "job",
    "instance",
    EXPORTER,
    SCHEME,
    LOKI,
    LOG_SELECTOR,
];

fn data_source(name: &str, label: &str, kind: &str, text: &str) -> Value {
    json!({
        "name": name,
        "label": label,
        "description": text,
        "type": "datasource",
        "query": kind,
        "regex": "",
        "refresh": 1,
        "multi": false,
        "includeAll": false,
        "options": [],
        "hide": 0,
        "skipUrlSync": false,
    })
}

/// A variable of the values of a label.
fn label(name: &str, title: &str, text: &str, query: &str) -> Value {
    json!({
        "name": name,
        "label": title,
        "description": text,
        "type": "query",
        "datasource": datasource(),
        "query": {"query": query, "refId": "StandardVariableQuery"},
        "regex": "",
        "sort": 1,
        // On time range change: instances come and go.
        "refresh": 2,
        "multi": false,
        "includeAll": false,
        "options": [],
        "hide": 0,
        "skipUrlSync": false,
    })
}

/// A variable of any number of values of a label, by default all.
fn labels(name: &str, title: &str, text: &str, query: &str) -> Value {
    let mut variable = label(name, title, text, query);
    variable["multi"] = true.into();
    variable["includeAll"] = true.into();
    variable["allValue"] = ".+".into();
    variable["current"] = json!({"selected": true, "text": ["All"], "value": ["$__all"]});
    variable
}

/// The first variables of every dashboard: what is shown.
pub fn selection() -> Vec<Value> {
    vec![
        data_source(
            PROMETHEUS,
            "Prometheus data source",
            "prometheus",
            "Prometheus that scrapes the exporters.",
        ),
        labels(
            "job",
            "Job",
            "Scrape jobs of the exporter.",
            "label_values(maillog_build_info, job)",
        ),
        labels(
            "instance",
            "Instance",
            "Exporters to show.",
            r#"label_values(maillog_build_info{job=~"$job"}, instance)"#,
        ),
    ]
}

/// The providers to show.
pub fn provider() -> Value {
    labels(
        "provider",
        "Provider",
        "Providers to show.",
        r#"label_values(maillog_provider_deliveries_total{job=~"$job",instance=~"$instance"}, provider)"#,
    )
}

/// The last variables of every dashboard: where links lead.
pub fn link_targets() -> Vec<Value> {
    let option = |name: &str| json!({"selected": name == "http", "text": name, "value": name});
    vec![
        label(
            EXPORTER,
            "Exporter of links",
            "Exporter whose pages the links open. Any other host, port and path can be typed.",
            r#"label_values(maillog_build_info{job=~"$job",instance=~"$instance"}, instance)"#,
        ),
        json!({
            "name": SCHEME,
            "label": "Scheme of links",
            "description": "Scheme of the links to the exporter: https if it has a certificate.",
            "type": "custom",
            "query": "http,https",
            "current": option("http"),
            "options": [option("http"), option("https")],
            "multi": false,
            "includeAll": false,
            "hide": 0,
            "skipUrlSync": false,
        }),
        data_source(
            LOKI,
            "Loki data source",
            "loki",
            "Loki that stores the mail logs, for the links to log lines.",
        ),
        json!({
            "name": LOG_SELECTOR,
            "label": "Mail logs in Loki",
            "description": "Stream selector of the mail logs in Loki. Strings are quoted with backticks, not with double quotes.",
            "type": "textbox",
            "query": LOG_STREAMS,
            "current": {"selected": true, "text": LOG_STREAMS, "value": LOG_STREAMS},
            "options": [{"selected": true, "text": LOG_STREAMS, "value": LOG_STREAMS}],
            "hide": 0,
            "skipUrlSync": false,
        }),
    ]
}

/// Log files whose names contain `mail` or `exim`.
const LOG_STREAMS: &str = "{filename=~`.*(mail|exim).*`}";
