//! The tables of the *Overview* dashboard: firing alerts, and hosts.

use serde_json::json;

use super::colors::{CONNECTION, PERMANENT, SUCCESS, TEMPORARY};
use super::links;
use super::panel::{Panel, steps, words};
use super::promql::{alerts, failing_share, firing, per_minute, select, sum_by};
use super::shared_panels::{FAILING_MEANS, SHARE_LIMITS, share_bar, success_limits, success_share};

/// The alerts that fire, by cause.
pub fn firing_alerts() -> Panel {
    let labels = "alertname, severity, provider, code";
    let since = alerts("ALERTS_FOR_STATE", "");
    Panel::table(
        "Alerts firing by cause",
        "Alerts that are firing now, since when, and on how many hosts. The links lead to cause and remedy.",
        "short",
    )
    .query(format!("count by ({labels}) ({})", firing()), "")
    .query(
        format!(
            "1000 * min by ({labels}) ({since} and ignoring (alertstate) {})",
            firing()
        ),
        "",
    )
    .columns(&[
        ("alertname", "Alert"),
        ("severity", "Severity"),
        ("provider", "Provider"),
        ("code", "Code"),
        ("B", "Since"),
        ("A", "Hosts"),
    ])
    .column(
        "Alert",
        &[
            ("links", links::of_alert("${__value.raw}")),
            ("custom.minWidth", 190.into()),
        ],
    )
    .column("Hosts", &[("custom.width", 60.into())])
    .column("Code", &[("links", links::of_code("${__value.raw}")),
            ("noValue", "".into()), ("custom.width", 60.into())])
    .column("Provider", &[("links", links::of_provider("${__value.raw}")),
            ("noValue", "".into()), ("custom.width", 90.into())])
    .column("Since", &[("unit", "dateTimeFromNow".into()), ("custom.width", 120.into())])
    .column(
        "Severity",
        &[
            ("custom.width", 80.into()),
            ("custom.cellOptions", json!({"type": "color-text"})),
            (
                "mappings",
                words(&[
                    ("critical", "critical", PERMANENT),
                    ("warning", "warning", TEMPORARY),
                    ("info", "info", CONNECTION),
                ]),
            ),
        ],
    )
    .empty("No alerts firing")
}

/// The hosts, the worst first.
pub fn hosts() -> Panel {
    let codes = r#"direction="outbound",code="421""#;
    let failing = failing_share("instance", "");
    let alerts = format!(
        "count by (instance) ({})",
        alerts("ALERTS", r#",alertstate="firing",instance!="""#)
    );
    let up = format!("min by (instance) ({})", select("up", ""));
    Panel::table(
        "Hosts: deliveries per minute, shares and queues",
        format!("Each exporter over the last five minutes, the highest failing share first. {FAILING_MEANS}"),
        "short",
    )
    .query(up, "")
    .query(alerts, "")
    .query(per_minute("instance", "maillog_deliveries_total", r#"status="sent""#), "")
    .query(success_share("instance"), "")
    .query(failing, "")
    .query(per_minute("instance", "maillog_codes_total", codes), "")
    .query(sum_by("instance", &select("maillog_queue_messages", "")), "")
    .query(format!("max by (instance) ({})", select("maillog_queue_oldest_age_seconds", "")), "")
    .over("5m")
    .columns(&[
        ("instance", "Host"),
        ("A", "Exporter"),
        ("B", "Alerts"),
        ("C", "Delivered/min"),
        ("D", "Delivered share"),
        ("E", "Failing share"),
        ("F", "421/min"),
        ("G", "Queued"),
        ("H", "Oldest"),
    ])
    .column("Host", &[("links", links::of_instance()), ("custom.minWidth", 180.into())])
    .column(
        "Exporter",
        &[
            ("mappings", words(&[("1", "up", SUCCESS), ("0", "down", PERMANENT)])),
            ("custom.cellOptions", json!({"type": "color-text"})),
            ("custom.width", 80.into()),
        ],
    )
    .column("Alerts", &[("custom.width", 70.into())])
    .column("Delivered/min", &[("decimals", 1.into()), ("custom.width", 120.into())])
    .column("421/min", &[("decimals", 1.into()), ("custom.width", 90.into())])
    .column("Queued", &[("custom.width", 90.into())])
    .column("Oldest", &[("unit", "s".into()), ("custom.width", 100.into())])
    .column("Delivered share", &share_bar(&success_limits()))
    .column("Failing share", &share_bar(&steps(SUCCESS, &SHARE_LIMITS)))
    .option("sortBy", json!([{"displayName": "Failing share", "desc": true}]))
    .size(24, 8)
}
