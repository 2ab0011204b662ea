//! Panels and values that several dashboards show.

use serde_json::{Value, json};

use super::colors::{PERMANENT, SUCCESS, TEMPORARY};
use super::links;
use super::panel::{Panel, steps};
use super::promql::{
    DELIVERIES, FAILING, failing_share, largest, most_counted, rate, select, share, sum_by,
};

/// Limits of a failing share, in the colours of the classes.
pub const SHARE_LIMITS: [(f64, &str); 2] = [(0.1, TEMPORARY), (0.3, PERMANENT)];

/// The failing share, as explained in panels.
pub const FAILING_MEANS: &str = "Deliveries that were deferred, bounced or expired. Greylisting and failures that concern the \
     recipient only (mailbox full, unknown, disabled, message too large) do not count.";

/// Points of panels that add up the many counters by provider and cause: a query of 200 hosts takes a few seconds for a
/// day.
pub const POINTS: u32 = 240;

/// What a queue panel shows without data.
pub const NO_QUEUE: &str = "No queue is configured";

/// The share of deliveries with the status sent.
pub fn success_share(labels: &str) -> String {
    let metric = "maillog_deliveries_total";
    share(
        &sum_by(labels, &rate(metric, r#"status="sent""#)),
        &sum_by(labels, &rate(metric, "")),
    )
}

/// Limits of the success share.
pub fn success_limits() -> Value {
    steps(PERMANENT, &[(0.7, TEMPORARY), (0.9, SUCCESS)])
}

/// The failing shares of the providers with the most failures.
pub fn failing_by_provider(count: u32, within: &str) -> Panel {
    let comma = if within.is_empty() { "" } else { "," };
    let failing = format!("{FAILING}{comma}{within}");
    let share = failing_share("provider", within);
    Panel::lines(
        "Failing share by provider",
        format!(
            "Share of deliveries to each provider that fail: the providers with the most failures in the selected time \
             range. {FAILING_MEANS} Dashed lines: 10 % and 30 %."
        ),
        "percentunit",
    )
    .query(most_counted(count, "provider", &share, DELIVERIES, &failing), "{{provider}}")
    .exemplars()
    .over("1m")
    .points(POINTS)
    .provider_colors()
    .limits(&SHARE_LIMITS)
    .reaching(0.35)
    .field("max", 1.into())
    .links(links::of_provider("${__field.labels.provider}"))
    .empty("No failed deliveries")
}

/// The age of the queue of each host.
pub fn oldest_by_host() -> Panel {
    let metric = "maillog_queue_oldest_age_seconds";
    Panel::lines(
        "Age of the oldest queued message by host",
        "Age of the oldest message in any queue of Postfix: the ten oldest of the selected time range. It grows by a \
         minute per minute while nothing is delivered.",
        "s",
    )
    .query(
        largest(
            10,
            "instance",
            &format!("max by (instance) ({})", select(metric, "")),
            metric,
        ),
        "{{instance}}",
    )
    .limits(&[(3600.0, TEMPORARY)])
    .empty(NO_QUEUE)
}

/// A cell with a bar from 0 to 1.
pub fn share_bar(limits: &Value) -> Vec<(&'static str, Value)> {
    vec![
        ("unit", json!("percentunit")),
        ("decimals", json!(1)),
        ("min", json!(0)),
        ("max", json!(1)),
        (
            "custom.cellOptions",
            json!({"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
        ),
        ("thresholds", limits.clone()),
    ]
}

/// The number of messages in the queues.
pub(super) fn queued_messages() -> Panel {
    Panel::stat(
        "Queued messages",
        "Messages in all queues of Postfix.",
        "short",
    )
    .query(
        format!("sum({})", select("maillog_queue_messages", "")),
        "Queued",
    )
    .empty(NO_QUEUE)
}

/// The age of the oldest message in any queue.
pub(super) fn oldest_in_queue() -> Panel {
    Panel::stat(
        "Oldest in queue",
        "Age of the oldest message in any queue of Postfix.",
        "s",
    )
    .query(
        format!("max({})", select("maillog_queue_oldest_age_seconds", "")),
        "Oldest",
    )
    .good_until(&[(3600.0, TEMPORARY), (86400.0, PERMANENT)])
    .empty(NO_QUEUE)
}
