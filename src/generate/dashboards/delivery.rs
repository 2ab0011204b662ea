//! The *Delivery* dashboard: delays, results, messages and the queue.

use super::dashboard::Dashboard;
use super::panel::Panel;
use super::promql::{increase, mean, quantile, rate, select, sum_by};

const DELAY: &str = "maillog_delivery_delay_seconds";

/// The stages of a delivery in order, as in the documentation of Postfix.
const STAGES: [(&str, &str, &str); 4] = [
    (
        "before_queue_manager",
        "Before the queue manager",
        "Time from arrival until the message became active in the queue manager, including the time in the deferred \
         queue.",
    ),
    (
        "queue_manager",
        "In the queue manager",
        "Time in the active queue: long if there are too few delivery agents or the concurrency of a destination is \
         low.",
    ),
    (
        "connection_setup",
        "Connection setup",
        "Time for DNS, TCP connection, EHLO and TLS.",
    ),
    (
        "transmission",
        "Transmission",
        "Time of the mail transaction until the remote server accepted or rejected the message.",
    ),
];

fn buckets(stage: &str) -> String {
    let matchers = format!(r#"stage="{stage}""#);
    sum_by("le", &rate(&format!("{DELAY}_bucket"), &matchers))
}

fn delays(dashboard: Dashboard) -> Dashboard {
    let total = r#"stage="total""#;
    let mut all = Panel::lines(
        "Delivery delay",
        "Time from arrival to delivery record: median, 95th and 99th percentile.",
        "s",
    );
    for (q, name) in [(0.5, "50%"), (0.95, "95%"), (0.99, "99%")] {
        all = all.query(quantile(q, "", DELAY, total), name);
    }
    let mut dashboard = dashboard
        .panel(all.empty("No deliveries"))
        .panel(
            Panel::lines(
                "Delay by stage",
                "95th percentile of the time spent in each stage.",
                "s",
            )
            .query(
                quantile(0.95, "stage", DELAY, r#"stage!="total""#),
                "{{stage}}",
            )
            .empty("No deliveries"),
        )
        .panel(
            Panel::heatmap(
                "Delivery delay distribution",
                "Delivery records by total delay since arrival.",
                "s",
            )
            .query(buckets("total"), "{{le}}")
            .size(24, 9),
        );
    for (stage, title, text) in STAGES {
        dashboard = dashboard.panel(
            Panel::heatmap(title, text, "s")
                .query(buckets(stage), "{{le}}")
                .size(12, 8),
        );
    }
    dashboard
}

fn outcome(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("Results")
        .panel(
            Panel::lines(
                "Deliveries by agent",
                "Delivery records by delivery agent (smtp, lmtp, local, virtual, pipe …) and status.",
                "cps",
            )
            .query(
                sum_by("service, status", &rate("maillog_deliveries_total", "")),
                "{{service}} {{status}}",
            ),
        )
        .panel(
            Panel::table(
                "Delivery status codes",
                "Delivery records by DSN status code (dsn=) in the selected time range.",
                "short",
            )
            .query(
                format!(
                    "sort_desc({} > 0)",
                    sum_by(
                        "status, dsn",
                        &increase("maillog_deliveries_by_dsn_total", "")
                    )
                ),
                "",
            )
            .columns(&[("status", "Status"), ("dsn", "DSN"), ("A", "Records")])
            .whole()
            .empty("No deliveries"),
        )
}

fn messages(dashboard: Dashboard) -> Dashboard {
    let size = "maillog_message_size_bytes";
    let recipients = "maillog_message_recipients";
    let mut sizes = Panel::lines(
        "Message size",
        "Size of messages: median, 95th percentile and mean.",
        "bytes",
    );
    for (q, name) in [(0.5, "50%"), (0.95, "95%")] {
        sizes = sizes.query(quantile(q, "", size, ""), name);
    }
    dashboard
        .row("Messages")
        .panel(
            sizes
                .query(mean(size), "mean")
                .empty("No messages")
                .size(8, 8),
        )
        .panel(
            Panel::lines(
                "Recipients per message",
                "Mean and 95th percentile. A sudden increase indicates bulk mail or a compromised account.",
                "short",
            )
            .query(mean(recipients), "mean")
            .query(
                format!("ceil({})", quantile(0.95, "", recipients, "")),
                "95%",
            )
            .empty("No messages")
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "New messages",
                "Messages that entered the active queue for the first time, per second.",
                "cps",
            )
            .query(
                format!("sum({})", rate(&format!("{size}_count"), "")),
                "messages",
            )
            .size(8, 8),
        )
}

fn queue(dashboard: Dashboard) -> Dashboard {
    let gauge = |title, text: &str, unit: &str, metric, sum: &str| {
        Panel::lines(
            title,
            format!("{text} Requires postfix.showq in the configuration."),
            unit,
        )
        .query(
            format!("{sum} by (queue) ({})", select(metric, "")),
            "{{queue}}",
        )
        .empty("postfix.showq is not configured")
        .size(8, 8)
    };
    dashboard
        .row("Postfix queue")
        .panel(gauge(
            "Queued messages",
            "Messages in each queue.",
            "short",
            "maillog_queue_messages",
            "sum",
        ))
        .panel(gauge(
            "Oldest message",
            "Age of the oldest message in each queue.",
            "s",
            "maillog_queue_oldest_age_seconds",
            "max",
        ))
        .panel(gauge(
            "Queue size",
            "Size of the messages in each queue.",
            "bytes",
            "maillog_queue_size_bytes",
            "sum",
        ))
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "delivery",
        "Mail: delivery",
        "Delivery delays by stage, results of deliveries, message sizes and the mail queue.",
    );
    queue(messages(outcome(delays(dashboard))))
}
