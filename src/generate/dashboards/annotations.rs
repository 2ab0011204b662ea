//! Annotations of every dashboard: alerts while they fire, and restarts.

use serde_json::{Value, json};

use super::colors::{NEUTRAL, PERMANENT};
use super::panel::datasource;
use super::promql::{firing, select};

/// At most this many exporters are named when all of them restart at once.
const RESTARTS: u32 = 20;

fn annotation(name: &str, color: &str, expr: &str, title: &str, text: &str, tags: &str) -> Value {
    json!({
        "name": name,
        "datasource": datasource(),
        "enable": true,
        "hide": false,
        "iconColor": color,
        "expr": expr,
        "step": "30s",
        "titleFormat": title,
        "textFormat": text,
        "tagKeys": tags,
        "useValueForTime": false,
    })
}

/// The annotations.
pub fn all() -> Value {
    let alerts = format!(
        "count by (alertname, severity, provider, code) ({})",
        firing()
    );
    let restarts = format!(
        "topk({RESTARTS}, changes({}[$__rate_interval]) > 0)",
        select("process_start_time_seconds", "")
    );
    json!({"list": [
        annotation("Alerts firing", PERMANENT, &alerts, "{{alertname}}", "{{provider}} {{code}}", "severity"),
        annotation("Restarts", NEUTRAL, &restarts, "Restart of the exporter", "{{instance}}", ""),
    ]})
}
