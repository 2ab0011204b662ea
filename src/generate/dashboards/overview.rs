//! The *Overview* dashboard: which host, which provider, is the queue growing; then codes, reasons and inbound clients.

use serde_json::json;

use super::colors::PERMANENT;
use super::dashboard::Dashboard;
use super::links;
use super::overview_tables::{firing_alerts, hosts};
use super::panel::{PER_MINUTE, Panel};
use super::promql::{
    DELIVERIES, FAILING, copy, failing_share, firing, increase, largest, most_counted, per_minute,
    select, sum_by,
};
use super::shared_panels::{
    FAILING_MEANS, NO_QUEUE, SHARE_LIMITS, failing_by_provider, oldest_by_host, oldest_in_queue,
    queued_messages, success_limits, success_share,
};
use super::texts;

/// Failing shares of providers with at least five failed deliveries in the interval.
fn worst_provider() -> String {
    let failed = format!(
        "increase({}[$__rate_interval])",
        select(DELIVERIES, FAILING)
    );
    let enough = format!("{} >= 5", sum_by("provider", &failed));
    format!(
        "topk(1, {}\nand on (provider)\n{enough})",
        failing_share("provider", "")
    )
}

fn figures(dashboard: Dashboard) -> Dashboard {
    let sent = per_minute("", "maillog_deliveries_total", r#"status="sent""#);
    dashboard
        .panel(
            Panel::stat(
                "Alerts firing",
                "Number of alerts of maillog_exporter that are firing now.",
                "short",
            )
            .now(format!("count({}) or vector(0)", firing()), "Firing")
            .good_until(&[(1.0, PERMANENT)])
            .links(json!([links::page("Alerts and rules of the exporter", "/alerts")])),
        )
        .panel(
            Panel::stat(
                "Delivered per minute",
                "Recipients to whom mail was delivered, locally or to other servers.",
                PER_MINUTE,
            )
            .query(sent, "Delivered")
            .over("2m"),
        )
        .panel(
            Panel::stat("Delivered share", "Share of deliveries with the status sent.", "percentunit")
                .query(success_share(""), "Delivered")
                .over("5m")
                .field("thresholds", success_limits())
                .field("decimals", 1.into())
                .empty("No deliveries"),
        )
        .panel(
            Panel::stat(
                "Worst provider",
                format!(
                    "Provider with the highest failing share over 15 minutes, if at least five deliveries failed. \
                     {FAILING_MEANS}"
                ),
                "percentunit",
            )
            .now(worst_provider(), "{{provider}}")
            .over("15m")
            .option("textMode", "value_and_name".into())
            .good_until(&SHARE_LIMITS)
            .field("decimals", 0.into())
            .links(links::of_provider("${__field.labels.provider}"))
            .empty("None failing"),
        )
        .panel(queued_messages())
        .panel(oldest_in_queue())
}

fn who_and_where(dashboard: Dashboard) -> Dashboard {
    dashboard
        .panel(failing_by_provider(8, ""))
        .panel(firing_alerts())
        .panel(
            Panel::lines(
                "Queued messages by host",
                "Messages in all queues of Postfix: the ten longest of the selected time range.",
                "short",
            )
            .query(
                largest(
                    10,
                    "instance",
                    &sum_by("instance", &select("maillog_queue_messages", "")),
                    "maillog_queue_messages",
                ),
                "{{instance}}",
            )
            .empty(NO_QUEUE),
        )
        .panel(oldest_by_host())
        .panel(hosts())
}

/// Reply rates of a class, in the order from the bottom of the stack: failures have a common base.
const CLASSES: [(&str, &str); 4] = [
    ("1", "failed connections"),
    ("5", "5xx"),
    ("4", "4xx"),
    ("2", "2xx"),
];

fn codes(dashboard: Dashboard) -> Dashboard {
    let mut classes = Panel::stack(
        "Outbound replies per minute by class",
        "Replies of remote servers by class: 2xx success, 4xx temporary failure, 5xx permanent failure; and failed \
         connections (101, 111).",
        PER_MINUTE,
    )
    .class_colors();
    for (digit, name) in CLASSES {
        let matchers = format!(r#"direction="outbound",code=~"{digit}..""#);
        classes = classes.query(per_minute("", "maillog_codes_total", &matchers), name);
    }
    let mut statuses = Panel::stack(
        "Deliveries per minute by status",
        "Deliveries by status: sent, deferred, bounced, or expired in the queue.",
        PER_MINUTE,
    )
    .status_colors();
    for status in ["expired", "bounced", "deferred", "sent"] {
        let matchers = format!(r#"status="{status}""#);
        statuses = statuses.query(
            per_minute("", "maillog_deliveries_total", &matchers),
            status,
        );
    }
    let by_code = |title, text: &str, digits: &str| {
        let matchers = format!(r#"direction="outbound",code=~"{digits}..""#);
        let rates = per_minute("code", "maillog_codes_total", &matchers);
        Panel::stack(title, text, PER_MINUTE)
            .query(
                most_counted(9, "code", &rates, "maillog_codes_total", &matchers),
                "{{code}}",
            )
            .exemplars()
            .code_colors()
            .empty("None in the selected time range")
    };
    let code = "${__field.labels.code}";
    dashboard
        .row("Reply codes")
        .panel(classes)
        .panel(statuses)
        .panel(
            by_code(
                "Temporary failures per minute (4xx)",
                "4xx replies of remote servers by code: the nine most frequent in the selected time range.",
                "4",
            )
            .links(links::of_code(code)),
        )
        .panel(
            by_code(
                "Permanent failures per minute (5xx)",
                "5xx replies of remote servers by code: the nine most frequent in the selected time range.",
                "5",
            )
            .links(links::of_code(code)),
        )
}

fn reasons(dashboard: Dashboard) -> Dashboard {
    let conditions = increase("maillog_conditions_total", r#"direction="outbound""#);
    let top = format!(
        "sort_desc(topk(5, {} > 0))",
        sum_by("condition", &conditions)
    );
    let top = copy(&copy(&top, "condition", "meaning"), "condition", "remedy");
    dashboard.row("Reasons for failures").panel(
        Panel::table(
            "Most frequent reasons for failures",
            "The five most frequent conditions of outbound failures in the selected time range, with meaning and \
             remedy.",
            "short",
        )
        .query(top, "")
        .map_texts("meaning", "Meaning", &texts::conditions(|it| &it.meaning))
        .map_texts("remedy", "What to do", &texts::conditions(|it| &it.remedy))
        .columns(&[
            ("condition", "Reason"),
            ("A", "Count"),
            ("meaning", "Meaning"),
            ("remedy", "What to do"),
        ])
        .whole()
        .column(
            "Reason",
            &[
                ("links", links::of_condition("${__value.raw}")),
                ("custom.width", 150.into()),
            ],
        )
        .column("Count", &[("custom.width", 80.into())])
        .empty("No failures")
        .size(24, 15),
    )
}

fn connections_and_clients(dashboard: Dashboard) -> Dashboard {
    let code = "${__field.labels.code}";
    dashboard
        .row("Connections and clients")
        .panel(
            Panel::stack(
                "Failed connections per minute by code",
                "Connections to remote servers that failed: 111 refused; 101 unreachable, timed out, or no usable \
                 address.",
                PER_MINUTE,
            )
            .query(
                per_minute("code", "maillog_codes_total", r#"direction="outbound",code=~"1..""#),
                "{{code}}",
            )
            .exemplars()
            .code_colors()
            .links(links::of_connection(code)),
        )
        .panel(
            Panel::lines(
                "Rejections per minute by stage",
                "Clients rejected by this server, by stage of the SMTP session.",
                PER_MINUTE,
            )
            .query(per_minute("stage", "maillog_rejects_total", ""), "{{stage}}")
            .named_colors(&texts::stages())
            .empty("No rejections"),
        )
        .panel(
            Panel::lines(
                "Client connections per minute by service",
                "Connections of clients: the eight busiest services of the selected time range.",
                PER_MINUTE,
            )
            .query(
                most_counted(
                    8,
                    "service",
                    &per_minute("service", "maillog_connections_total", ""),
                    "maillog_connections_total",
                    "",
                ),
                "{{service}}",
            )
            .empty("No connections"),
        )
        .panel(
            Panel::lines(
                "Failed logins per minute by service",
                "Failed authentication of clients: the eight services with the most in the selected time range.",
                PER_MINUTE,
            )
            .query(
                most_counted(
                    8,
                    "service",
                    &per_minute("service", "maillog_auth_failures_total", ""),
                    "maillog_auth_failures_total",
                    "",
                ),
                "{{service}}",
            )
            .empty("No failed logins"),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "overview",
        "Mail: overview",
        "Which host, which provider, is the queue growing: alerts, deliveries, failures and queues; then reply codes, \
         reasons and clients.",
    );
    connections_and_clients(reasons(codes(who_and_where(figures(dashboard)))))
}
