//! The *Providers* dashboard: replies and failures by provider.

use serde_json::json;

use super::dashboard::Dashboard;
use super::panel::{Panel, steps};
use super::promql::{increase, rate, share, sum_by};
use super::texts;

const METRIC: &str = "maillog_provider_codes_total";

/// Codes of replies; 101 and 111 are failed connections.
const REPLIES: &str = r#"code=~"[2-5]..""#;

/// A provider's share of replies, over time.
fn share_of(codes: &str) -> String {
    share(
        &sum_by("provider", &rate(METRIC, codes)),
        &sum_by("provider", &rate(METRIC, REPLIES)),
    )
}

fn over_time(dashboard: Dashboard) -> Dashboard {
    let limits = steps("green", &[(0.1, "orange"), (0.3, "red")]);
    let share_panel = |title, text: &str, codes| {
        Panel::lines(title, text, "percentunit")
            .query(share_of(codes), "{{provider}}")
            .field("thresholds", limits.clone())
            .field("max", 1.into())
            .empty("No replies")
    };
    dashboard
        .panel(share_panel(
            "Temporary failures (4xx)",
            "Share of 4xx replies of each provider: temporary failures, which are retried.",
            r#"code=~"4..""#,
        ))
        .panel(share_panel(
            "Permanent failures (5xx)",
            "Share of 5xx replies of each provider: permanent failures.",
            r#"code=~"5..""#,
        ))
        .panel(
            Panel::stack("421 by provider", texts::describe(421), "cps")
                .query(
                    format!("{} > 0", sum_by("provider", &rate(METRIC, r#"code="421""#))),
                    "{{provider}}",
                )
                .empty("No 421"),
        )
        .panel(
            Panel::stack(
                "Full mailboxes by provider",
                format!(
                    "Replies 422, 452 and 552, which most often report a full mailbox. {}",
                    texts::describe_condition("mailbox_full")
                ),
                "cps",
            )
            .query(
                format!(
                    "{} > 0",
                    sum_by("provider, code", &rate(METRIC, r#"code=~"422|452|552""#))
                ),
                "{{provider}} {{code}}",
            )
            .empty("None"),
        )
        .panel(
            Panel::stack(
                "Replies by provider",
                "All replies of remote servers by provider.",
                "cps",
            )
            .query(sum_by("provider", &rate(METRIC, REPLIES)), "{{provider}}"),
        )
        .panel(
            Panel::stack(
                "Failed connections",
                "Failed connections by provider: 111 is a refused connection, 101 any other failure.",
                "cps",
            )
            .query(
                format!(
                    "{} > 0",
                    sum_by("provider, code", &rate(METRIC, r#"code=~"101|111""#))
                ),
                "{{provider}} {{code}}",
            )
            .empty("None"),
        )
}

/// Counts by provider; 0 for providers with other replies only.
fn times(codes: &str) -> String {
    let all = sum_by("provider", &increase(METRIC, REPLIES));
    format!(
        "{}\nor\n0 * {all}",
        sum_by("provider", &increase(METRIC, codes))
    )
}

/// Share by provider in the selected time range.
fn share_of_times(codes: &str) -> String {
    let all = sum_by("provider", &increase(METRIC, REPLIES));
    share(&format!("({})", times(codes)), &all)
}

fn table(dashboard: Dashboard) -> Dashboard {
    let bar = |color: &str| {
        vec![
            ("unit", json!("percentunit")),
            ("decimals", json!(1)),
            ("min", json!(0)),
            ("max", json!(1)),
            (
                "custom.cellOptions",
                json!({"type": "gauge", "mode": "basic", "valueDisplayMode": "text"}),
            ),
            ("color", json!({"mode": "fixed", "fixedColor": color})),
        ]
    };
    dashboard.row("Selected time range").panel(
        Panel::table(
            "Providers",
            "Replies of each provider in the selected time range, with the shares of temporary (4xx) and permanent \
             (5xx) failures.",
            "short",
        )
        .query(times(REPLIES), "")
        .query(times(r#"code=~"2..""#), "")
        .query(times(r#"code="421""#), "")
        .query(times(r#"code=~"422|452|552""#), "")
        .query(share_of_times(r#"code=~"4..""#), "")
        .query(share_of_times(r#"code=~"5..""#), "")
        .columns(&[
            ("provider", "Provider"),
            ("A", "Replies"),
            ("B", "Accepted (2xx)"),
            ("C", "421"),
            ("D", "Full (422, 452, 552)"),
            ("E", "Share 4xx"),
            ("F", "Share 5xx"),
        ])
        .whole()
        .column("Share 4xx", &bar("orange"))
        .column("Share 5xx", &bar("red"))
        .option("sortBy", json!([{"displayName": "Replies", "desc": true}]))
        .empty("No replies")
        .size(24, 9),
    )
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let dashboard = Dashboard::new(
        "providers",
        "Mail: providers",
        "Replies, failures and failed connections of the providers that receive our mail.",
    );
    table(over_time(dashboard))
}
