//! *Overview*: is mail flowing, and if not, why?

use serde_json::json;

use super::dashboard::Dashboard;
use super::panel::{Panel, steps};
use super::promql::{copy, increase, rate, share, sum_by};
use super::texts;

/// Alerts of ours that fire. Some of them, such as those about an exporter that is gone, have no
/// instance.
const FIRING: &str =
    r#"ALERTS{alertname=~"Maillog.*",alertstate="firing",job=~"$job|",instance=~"$instance|"}"#;

/// The class of a code, as a label.
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

/// Orange as soon as there is any.
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
                "Alerts of this project's rules that fire now.",
                "short",
            )
            .now(format!("count({FIRING}) or vector(0)"), "Firing")
            .field("thresholds", steps("green", &[(1.0, "red")])),
        )
        .panel(
            Panel::stat(
                "Sent",
                "Recipients whose mail was delivered, per second.",
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
                "Share of delivery records that say: not now, tried again later.",
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
            Panel::stat("421 from others", texts::describe(421), "cps").query(code(421), "421"),
        ))
        .panel(alarming(
            Panel::stat("422 from others", texts::describe(422), "cps").query(code(422), "422"),
        ))
        .panel(alarming(
            Panel::stat(
                "Mailboxes full",
                format!(
                    "Replies of every code that say so, 422 among them. {}",
                    texts::describe_condition("mailbox_full")
                ),
                "cps",
            )
            .query(
                format!("sum({})", rate("maillog_conditions_total", full)),
                "Mailbox full",
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
        .row("Is mail flowing?")
        .panel(classes(
            Panel::stack(
                "Answers of other servers",
                "What other servers said to ours, by class: 2xx done, 4xx not now, 5xx no.",
                "cps",
            )
            .query(by_class("class", replies), "{{class}}"),
        ))
        .panel(classes(
            Panel::stack(
                "Our own answers",
                "What our server said to clients (inbound), and our own stores to it (local), by class. \
                 Mail servers log their refusals, and seldom that all went well.",
                "cps",
            )
            .query(format!("{} > 0", by_class("direction, class", own)), "{{direction}} {{class}}"),
        ))
        .panel(
            Panel::stack(
                "Refusals by code",
                "Every reply of other servers that is a 4xx or 5xx, and connections that could not be \
                 opened (101, 111).",
                "cps",
            )
            .query(format!("{} > 0", sum_by("code", &refused)), "{{code}}")
            .color("421", "dark-red")
            .color("422", "dark-purple")
            .color("/^1/", "light-blue")
            .field("links", json!([{
                "title": "Code ${__field.labels.code}: what it means, who says it",
                "url": "/d/maillog-codes?${__all_variables}&${__url_time_range}&var-code=${__field.labels.code}",
            }]))
            .empty("No refusals"),
        )
        .panel(
            Panel::lines(
                "Deliveries",
                "Delivery records by how they ended: sent, deferred to be tried again, bounced, or \
                 expired in the queue.",
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
        .row("Why not?")
        .panel(
            Panel::table(
                "Top reasons",
                "Why other servers refused our mail, how often in the time shown, and what to do.",
                "short",
            )
            .query(top, "")
            .prose("meaning", "Meaning", &texts::conditions(|it| &it.meaning))
            .prose("remedy", "What to do", &texts::conditions(|it| &it.remedy))
            .columns(&[
                ("condition", "Reason"),
                ("A", "Times"),
                ("meaning", "Meaning"),
                ("remedy", "What to do"),
            ])
            .whole()
            .column("Reason", &[("custom.width", 170.into())])
            .column("Times", &[("custom.width", 80.into())])
            .empty("Nothing was refused")
            .size(24, 10),
        )
        .panel(
            Panel::lines(
                "Connections that failed",
                "Connections to other servers that could not be opened, or broke.",
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
                "What fires now; the remedy is in the alert.",
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
            .empty("No alert fires"),
        )
}

fn clients(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("Clients of our server")
        .panel(
            Panel::lines(
                "Refusals by stage",
                "How often our own server said no, by the point of the session.",
                "cps",
            )
            .query(sum_by("stage", &rate("maillog_rejects_total", "")), "{{stage}}")
            .empty("Nobody was refused")
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Connections",
                "Clients that connected, and those that went without QUIT, by the point of the session.",
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
                "Logins and encryption",
                "Logins of clients that failed, and TLS sessions set up with servers (outbound) and \
                 clients (inbound).",
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
        "Is mail flowing, and if not, why? From the mail server's log.",
    );
    clients(reasons(flow(figures(dashboard))))
}
