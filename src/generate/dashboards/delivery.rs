//! *Delivery*: how long mail takes, where it waits, and what it is like.

use super::dashboard::Dashboard;
use super::panel::Panel;
use super::promql::{increase, mean, quantile, rate, select, sum_by};

const DELAY: &str = "maillog_delivery_delay_seconds";

/// The stages of a delivery, in their order, with Postfix' own words for them.
const STAGES: [(&str, &str, &str); 4] = [
    (
        "before_queue_manager",
        "Before the queue manager",
        "Time from arrival until the queue manager took the message, the time in which it waits to \
         be tried again included.",
    ),
    (
        "queue_manager",
        "In the queue manager",
        "Time in the active queue: long when there are not enough delivery agents, or when a \
         destination's concurrency is low.",
    ),
    (
        "connection_setup",
        "Setting up connections",
        "Time for DNS, connecting, EHLO and TLS.",
    ),
    (
        "transmission",
        "Transmission",
        "Time for the mail transaction itself, until the other server took the message or refused it.",
    ),
];

fn buckets(stage: &str) -> String {
    let matchers = format!(r#"stage="{stage}""#);
    sum_by("le", &rate(&format!("{DELAY}_bucket"), &matchers))
}

fn delays(dashboard: Dashboard) -> Dashboard {
    let total = r#"stage="total""#;
    let mut all = Panel::lines(
        "Delay, from arrival to delivery record",
        "Half, 95 % and 99 % of the delivery records came within this time.",
        "s",
    );
    for (q, name) in [(0.5, "50 %"), (0.95, "95 %"), (0.99, "99 %")] {
        all = all.query(quantile(q, "", DELAY, total), name);
    }
    let mut dashboard = dashboard
        .panel(all.empty("No deliveries"))
        .panel(
            Panel::lines(
                "Delay by stage",
                "95 % of the delivery records spent less than this in each stage.",
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
                "Delay, all stages",
                "Delivery records by their whole delay, from arrival on.",
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
        .row("Outcome")
        .panel(
            Panel::lines(
                "Deliveries by agent",
                "Delivery records by the delivery agent (smtp, lmtp, local, virtual, pipe …) and \
                 how they ended.",
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
                "The mail server's own dsn= of its delivery records, in the time shown.",
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
        "Half and 95 % of the messages are smaller than this, and the mean, which few large ones \
         pull up.",
        "bytes",
    );
    for (q, name) in [(0.5, "50 %"), (0.95, "95 %")] {
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
                "Recipients of a message",
                "The mean, and what 95 % of the messages do not exceed. A jump is a mailing, or an \
                 account in wrong hands.",
                "short",
            )
            .query(mean(recipients), "mean")
            .query(
                format!("ceil({})", quantile(0.95, "", recipients, "")),
                "95 %",
            )
            .empty("No messages")
            .size(8, 8),
        )
        .panel(
            Panel::lines(
                "New messages",
                "Messages that became active in the queue for the first time, per second.",
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
            format!("{text} Known where postfix.showq is configured."),
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
        .row("Postfix's queue")
        .panel(gauge(
            "Messages waiting",
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
        "How long mail takes, where it waits, what it is like, and what is left in the queue.",
    );
    queue(messages(outcome(delays(dashboard))))
}
