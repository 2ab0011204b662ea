//! The *Delivery* dashboard: shares, delays, the queue, results and messages.

use super::dashboard::Dashboard;
use super::panel::{PER_MINUTE, Panel};
use super::promql::{increase, mean, most_counted, per_minute, quantile, rate, select, sum_by};
use super::shared_panels::{
    NO_QUEUE, oldest_by_host, oldest_in_queue, queued_messages, success_limits, success_share,
};
use super::texts;

const DELAY: &str = "maillog_delivery_delay_seconds";

const SIZE: &str = "maillog_message_size_bytes";

/// The stages of a delivery in order, as in the documentation of Postfix.
const STAGES: [&str; 4] = [
    "before_queue_manager",
    "queue_manager",
    "connection_setup",
    "transmission",
];

/// The whole delivery.
const TOTAL: &str = r#"stage="total""#;

fn figures(dashboard: Dashboard) -> Dashboard {
    let delay = |title, q, text: &str| {
        Panel::stat(title, text, "s")
            .query(quantile(q, "", DELAY, TOTAL), "delay")
            .over("5m")
            .field("decimals", 1.into())
            .empty("No deliveries")
    };
    dashboard
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
                "Messages per minute",
                "Messages that entered the active queue for the first time.",
                PER_MINUTE,
            )
            .query(per_minute("", &format!("{SIZE}_count"), ""), "messages")
            .over("5m"),
        )
        .panel(delay(
            "Delay (p50)",
            0.5,
            "Median time from arrival to delivery record, over five minutes.",
        ))
        .panel(delay(
            "Delay (p90)",
            0.9,
            "Nine of ten deliveries took at most this time from arrival to delivery record, over five minutes.",
        ))
        .panel(queued_messages())
        .panel(oldest_in_queue())
}

fn delays(dashboard: Dashboard) -> Dashboard {
    let mut all = Panel::lines(
        "Delivery delay in seconds",
        "Time from arrival to delivery record: median, 90th and 99th percentile.",
        "s",
    )
    .named_colors(&["p50", "p90", "p99"]);
    for (q, name) in [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")] {
        all = all.query(quantile(q, "", DELAY, TOTAL), name);
    }
    let buckets = sum_by("le", &rate(&format!("{DELAY}_bucket"), TOTAL));
    dashboard
        .panel(all.over("1m").empty("No deliveries"))
        .panel(
            Panel::lines(
                "Delay by stage in seconds (p90)",
                "90th percentile of the time in each stage: before the queue manager (with the time in the deferred \
                 queue), in the active queue (long if a destination's concurrency is low), connection setup (DNS, TCP, \
                 EHLO, TLS), and transmission.",
                "s",
            )
            .query(quantile(0.9, "stage", DELAY, r#"stage!="total""#), "{{stage}}")
            .over("1m")
            .named_colors(&STAGES)
            .empty("No deliveries"),
        )
        .panel(
            Panel::heatmap(
                "Deliveries per minute by delay",
                "Delivery records by the time since the arrival of the message.",
                "s",
            )
            .query(format!("60 * {buckets}"), "{{le}}")
            .over("1m")
            .size(24, 9),
        )
}

fn outcome(dashboard: Dashboard) -> Dashboard {
    dashboard
        .row("Results")
        .panel(
            Panel::lines(
                "Deliveries per minute by agent and status",
                "Deliveries by delivery agent (smtp, lmtp, local, virtual, pipe …) and status: the ten most frequent of the \
                 selected time range.",
                PER_MINUTE,
            )
            .query(
                most_counted(
                    10,
                    "service, status",
                    &per_minute("service, status", "maillog_deliveries_total", ""),
                    "maillog_deliveries_total",
                    "",
                ),
                "{{service}} {{status}}",
            )
            .status_colors(),
        )
        .panel(
            Panel::table(
                "Deliveries by status code of the mail server",
                "Delivery records by DSN status code (dsn=) in the selected time range: the 20 most frequent.",
                "short",
            )
            .query(
                format!(
                    "sort_desc(topk(20, {} > 0))",
                    sum_by(
                        "status, dsn",
                        &increase("maillog_deliveries_by_dsn_total", "")
                    )
                ),
                "",
            )
            .columns(&[("status", "Status"), ("dsn", "DSN"), ("A", "Count")])
            .whole()
            .empty("No deliveries"),
        )
}

fn messages(dashboard: Dashboard) -> Dashboard {
    let recipients = "maillog_message_recipients";
    let mut sizes = Panel::lines(
        "Message size in bytes",
        "Size of messages: median, 95th percentile and mean.",
        "bytes",
    )
    .named_colors(&["p50", "p95", "mean"]);
    for (q, name) in [(0.5, "p50"), (0.95, "p95")] {
        sizes = sizes.query(quantile(q, "", SIZE, ""), name);
    }
    dashboard
        .row("Messages")
        .panel(sizes.query(mean(SIZE), "mean").over("2m").empty("No messages"))
        .panel(
            Panel::lines(
                "Recipients per message",
                "Mean and 95th percentile. A sudden increase indicates bulk mail or a compromised account.",
                "short",
            )
            .query(mean(recipients), "mean")
            .query(format!("ceil({})", quantile(0.95, "", recipients, "")), "p95")
            .over("2m")
            .named_colors(&["p50", "p95", "mean"])
            .empty("No messages"),
        )
}

fn queue(dashboard: Dashboard) -> Dashboard {
    let by_queue = |title, text: &str, unit: &str, metric| {
        Panel::lines(
            title,
            format!("{text} Requires the queue in the configuration, such as postfix.showq."),
            unit,
        )
        .query(sum_by("queue", &select(metric, "")), "{{queue}}")
        .named_colors(&texts::queues())
        .empty(NO_QUEUE)
    };
    dashboard
        .row("Postfix queue")
        .panel(by_queue(
            "Queued messages by queue",
            "Messages in each queue.",
            "short",
            "maillog_queue_messages",
        ))
        .panel(oldest_by_host())
        .panel(by_queue(
            "Size of the queued messages in bytes",
            "Size of the messages in each queue.",
            "bytes",
            "maillog_queue_size_bytes",
        ))
        .panel(
            Panel::lines(
                "Age of the oldest message by queue",
                "Age of the oldest message in each queue. Requires the queue in the configuration, such as postfix.showq.",
                "s",
            )
            .query(
                format!("max by (queue) ({})", select("maillog_queue_oldest_age_seconds", "")),
                "{{queue}}",
            )
            .named_colors(&texts::queues())
            .empty(NO_QUEUE),
        )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "delivery",
        "Mail: delivery",
        "Delivered share, delays by stage, the mail queue, results of deliveries and message sizes.",
    );
    messages(outcome(queue(delays(figures(dashboard)))))
}
