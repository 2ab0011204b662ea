//! The *Overview* dashboard: deliveries, reasons for failures, and inbound clients.

use serde_json::json;

use super::dashboard::Dashboard;
use super::panel::{Panel, steps};
use super::promql::{copy, increase, rate, share, sum_by};
use super::texts;

/// Firing alerts of this project. Some, such as those about an exporter that is down, have no instance.
const FIRING: &str =
    r#"ALERTS{alertname=~"Maillog.*",alertstate="firing",job=~"$job|",instance=~"$instance|"}"#;

/// Reply rates by the class of the code.
fn by_class(labels: &str, matchers: &str) -> String {
    let rate = rate("maillog_codes_total", matchers);
    let classed = format!(r#"label_replace({rate}, "class", "${{1}}xx", "code", "(.).*")"#);
    sum_by(labels, &classed)
}

fn classes(panel: Panel) -> Panel {
    panel
        .color("/2xx/", "green")
        .color("/3xx/", "blue")
        .color("/4xx/", "orange")
        .color("/5xx/", "red")
        .size(12, 8)
}

/// Orange above zero.
fn alarming(panel: Panel) -> Panel {
    panel.field("thresholds", steps("green", &[(1e-6, "orange")]))
}

fn figures(dashboard: Dashboard) -> Dashboard {
    let code = |code| {
        let matchers = format!(r#"direction="outbound",code="{code}""#);
        format!("sum({})", rate("maillog_codes_total", &matchers))
    };
    let full = r#"direction="outbound",condition="mailbox_full""#;
    let deferred = share(
        &format!(
            "sum({})",
            rate("maillog_deliveries_total", r#"status="deferred""#)
        ),
        &format!("sum({})", rate("maillog_deliveries_total", "")),
    );
    dashboard
        .panel(
            Panel::stat(
                "Alerts firing",
                "Number of alerts of maillog_exporter that are firing now.",
                "short",
            )
            .now(format!("count({FIRING}) or vector(0)"), "Firing")
            .field("thresholds", steps("green", &[(1.0, "red")])),
        )
        .panel(
            Panel::stat(
                "Sent",
                "Recipients to whom mail was delivered, per second.",
                "cps",
            )
            .query(
                format!(
                    "sum({})",
                    rate("maillog_deliveries_total", r#"status="sent""#)
                ),
                "Sent",
            ),
        )
        .panel(
            Panel::stat(
                "Deferred",
                "Share of delivery records with status deferred.",
                "percentunit",
            )
            .query(deferred, "Deferred")
            .field(
                "thresholds",
                steps("green", &[(0.1, "orange"), (0.3, "red")]),
            )
            .empty("No deliveries"),
        )
        .panel(alarming(
            Panel::stat("Outbound 421", texts::describe(421), "cps").query(code(421), "421"),
        ))
        .panel(alarming(
            Panel::stat("Outbound 422", texts::describe(422), "cps").query(code(422), "422"),
        ))
        .panel(alarming(
            Panel::stat(
                "Full mailboxes",
                format!(
                    "Outbound replies with the condition mailbox_full, whatever the code (422, 452, 552 …). {}",
                    texts::describe_condition("mailbox_full")
                ),
                "cps",
            )
            .query(
                format!("sum({})", rate("maillog_conditions_total", full)),
                "Full mailboxes",
            ),
        ))
}

fn flow(dashboard: Dashboard) -> Dashboard {
    let replies = r#"direction="outbound",code=~"[2345]..""#;
    let own = r#"direction!="outbound",code=~"[2345]..""#;
    let refused = rate(
        "maillog_codes_total",
        r#"direction="outbound",code=~"[145]..""#,
    );
    dashboard
        .row("Mail flow")
        .panel(classes(
            Panel::stack(
                "Outbound replies by class",
                "Replies of remote servers to this one by class: 2xx success, 4xx temporary failure, 5xx permanent failure.",
                "cps",
            )
            .query(by_class("class", replies), "{{class}}"),
        ))
        .panel(classes(
            Panel::stack(
                "Inbound and local replies by class",
                "Replies of this server to its clients (inbound) and of the local mail store (local) by class. Mail servers \
                 log rejections, but rarely successful replies.",
                "cps",
            )
            .query(format!("{} > 0", by_class("direction, class", own)), "{{direction}} {{class}}"),
        ))
        .panel(
            Panel::stack(
                "Outbound failures by code",
                "4xx and 5xx replies of remote servers, and failed connections (101, 111).",
                "cps",
            )
            .query(format!("{} > 0", sum_by("code", &refused)), "{{code}}")
            .color("421", "dark-red")
            .color("422", "dark-purple")
            .color("/^1/", "light-blue")
            .field("links", json!([{
                "title": "Code ${__field.labels.code}: meaning and providers",
                "url": "/d/maillog-codes?${__all_variables}&${__url_time_range}&var-code=${__field.labels.code}",
            }]))
            .empty("No failures"),
        )
        .panel(
            Panel::lines(
                "Deliveries",
                "Delivery records by status: sent, deferred, bounced, or expired in the queue.",
                "cps",
            )
            .query(sum_by("status", &rate("maillog_deliveries_total", "")), "{{status}}")
            .color("sent", "green")
            .color("deferred", "orange")
            .color("bounced", "red")
            .color("expired", "purple"),
        )
}

fn reasons(dashboard: Dashboard) -> Dashboard {
    let conditions = increase("maillog_conditions_total", r#"direction="outbound""#);
    let top = format!(
        "sort_desc(topk(8, {} > 0))",
        sum_by("condition", &conditions)
    );
    let top = copy(&copy(&top, "condition", "meaning"), "condition", "remedy");
    dashboard
        .row("Reasons for failures")
        .panel(
            Panel::table(
                "Top conditions",
                "The most frequent conditions of outbound failures in the selected time range, with meaning and remedy.",
                "short",
            )
            .query(top, "")
            .map_texts("meaning", "Meaning", &texts::conditions(|it| &it.meaning))
            .map_texts("remedy", "What to do", &texts::conditions(|it| &it.remedy))
            .columns(&[
                ("condition", "Condition"),
                ("A", "Count"),
                ("meaning", "Meaning"),
                ("remedy", "What to do"),
            ])
            .whole()
            .column("Condition", &[("custom.width", 170.into())])
            .column("Count", &[("custom.width", 80.into())])
            .empty("No failures")
            .size(24, 10),
        )
        .panel(
            Panel::lines(
                "Failed connections",
                "Connections to remote servers that failed or were lost, by error.",
                "cps",
            )
            .query(
                sum_by("error", &rate("maillog_connect_errors_total", "")),
                "{{error}}",
            ),
        )
        .panel(
            Panel::table(
                "Alerts",
                "Alerts firing now. The annotations of each alert include the remedy.",
                "short",
            )
            .query(
                format!("max by (alertname, severity, code, condition, instance) ({FIRING})"),
                "",
            )
            .columns(&[
                ("alertname", "Alert"),
                ("severity", "Severity"),
                ("code", "Code"),
                ("condition", "Condition"),
                ("instance", "Instance"),
            ])
            .column(
                "Severity",
                &[
                    ("custom.cellOptions", json!({"type": "color-text"})),
                    (
                        "mappings",
                        super::panel::words(&[
                            ("critical", "critical", "red"),
                            ("warning", "warning", "orange"),
                            ("info", "info", "blue"),
                        ]),
                    ),
                ],
            )
            .empty("No alerts firing"),
        )
}

fn clients(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("Inbound clients")
        .panel(
            Panel::lines(
                "Rejections by stage",
                "Rejections by this server, by stage of the SMTP session.",
                "cps",
            )
            .query(sum_by("stage", &rate("maillog_rejects_total", "")), "{{stage}}")
            .empty("No rejections")
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Connections",
                "Client connections, and connections lost without QUIT by stage of the SMTP session.",
                "cps",
            )
            .query(
                sum_by("service", &rate("maillog_connections_total", "")),
                "{{service}}",
            )
            .query(
                sum_by("stage", &rate("maillog_connections_lost_total", "")),
                "lost after {{stage}}",
            )
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Authentication and TLS",
                "Failed client logins, and TLS sessions with remote servers (outbound) and clients (inbound).",
                "cps",
            )
            .query(
                sum_by("service", &rate("maillog_auth_failures_total", "")),
                "failed logins, {{service}}",
            )
            .query(
                sum_by("direction", &rate("maillog_tls_connections_total", "")),
                "TLS {{direction}}",
            )
            .size(8, 8),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "overview",
        "Mail: overview",
        "Deliveries, replies, reasons for failures and alerts, from the log of the mail server.",
    );
    clients(reasons(flow(figures(dashboard))))
}
