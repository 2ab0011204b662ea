//! The *Providers* dashboard: deliveries and failures by provider.

use serde_json::json;

use super::colors::{SUCCESS, TEMPORARY};
use super::dashboard::Dashboard;
use super::links;
use super::panel::{PER_MINUTE, Panel, steps};
use super::promql::{
    DELIVERIES, FAILING, failing_share, increase, most_counted, per_minute, rate, reply_rate,
    select, share, sum_by,
};
use super::shared_panels::{FAILING_MEANS, POINTS, SHARE_LIMITS, failing_by_provider, share_bar};
use super::texts;
use super::variables;

const CODES: &str = "maillog_provider_codes_total";
const CONDITIONS: &str = "maillog_provider_conditions_total";

/// The selected providers.
const SELECTED: &str = r#"provider=~"$provider""#;

/// A matcher within the selected providers.
fn selected(matchers: &str) -> String {
    let comma = if matchers.is_empty() { "" } else { "," };
    format!("{SELECTED}{comma}{matchers}")
}

/// Deliveries in the selected time range.
fn deliveries(matchers: &str) -> String {
    sum_by("provider", &increase(DELIVERIES, &selected(matchers)))
}

/// Replies with a condition in the selected time range; 0 for providers with other replies only.
fn conditions(condition: &str) -> String {
    let matchers = selected(&format!(r#"condition="{condition}""#));
    format!(
        "{} or 0 * {}",
        sum_by("provider", &increase(CONDITIONS, &matchers)),
        deliveries(r#"status="sent""#)
    )
}

/// The share of deliveries in the selected time range.
fn share_of_deliveries(matchers: &str) -> String {
    share(&deliveries(matchers), &deliveries(""))
}

fn table() -> Panel {
    let good_from = steps(
        super::colors::PERMANENT,
        &[(0.7, TEMPORARY), (0.9, SUCCESS)],
    );
    Panel::table(
        "Deliveries and failing shares by provider",
        format!(
            "Deliveries to each provider in the selected time range, the highest failing share first. {FAILING_MEANS}"
        ),
        "short",
    )
    .query(deliveries(""), "")
    .query(share_of_deliveries(r#"status="sent""#), "")
    .query(share_of_deliveries(FAILING), "")
    .query(conditions("rate_limited"), "")
    .query(conditions("blocklisted"), "")
    .query(conditions("greylisted"), "")
    .query(conditions("mailbox_full"), "")
    .columns(&[
        ("provider", "Provider"),
        ("A", "Deliveries"),
        ("B", "Delivered share"),
        ("C", "Failing share"),
        ("D", "Rate limited"),
        ("E", "Blocklisted"),
        ("F", "Greylisted"),
        ("G", "Mailbox full"),
    ])
    .whole()
    .column("Provider", &[("links", links::of_provider("${__value.raw}")), ("custom.minWidth", 130.into())])
    .column("Delivered share", &share_bar(&good_from))
    .column("Failing share", &share_bar(&steps(SUCCESS, &SHARE_LIMITS)))
    .option("sortBy", json!([{"displayName": "Failing share", "desc": true}]))
    .empty("No deliveries")
    .size(24, 9)
}

/// The failing shares of few providers, with what the alert rules have learnt as usual.
fn against_usual() -> Panel {
    let share = failing_share("provider", SELECTED);
    let usual = select(
        "maillog_signal_usual_share",
        &selected(r#"signal="provider_failing""#),
    );
    let usual = format!("avg by (provider) ({usual})");
    let failing = selected(FAILING);
    Panel::lines(
        "Failing share against the usual share",
        format!(
            "The three selected providers with the most failures in the time range. Thin dashed lines: the share that the \
             alert rules have learnt as usual, as an average of the hosts. {FAILING_MEANS}"
        ),
        "percentunit",
    )
    .query(most_counted(3, "provider", &share, DELIVERIES, &failing), "{{provider}}")
    .query(most_counted(3, "provider", &usual, DELIVERIES, &failing), "{{provider}} usual")
    .over("1m")
    .points(POINTS)
    .provider_colors()
    .dashed("/ usual$/")
    .reaching(0.1)
    .field("max", 1.into())
    .links(links::of_provider("${__field.labels.provider}"))
    .empty("No failed deliveries")
}

fn causes() -> Panel {
    let failed = selected(r#"status!="sent",cause!="""#);
    Panel::stack(
        "Failed deliveries per minute by cause",
        "Deliveries that were deferred, bounced or expired, by cause: of the recipient (mailbox full, unknown), greylisting, \
         throttling, reputation (blocklists, policy, authentication), faults of the remote server, the network, or this \
         server.",
        PER_MINUTE,
    )
    .query(per_minute("cause", DELIVERIES, &failed), "{{cause}}")
    .exemplars()
    .named_colors(&texts::causes())
    .empty("No failed deliveries")
}

/// A rate by provider, of the ten with most.
fn by_provider(
    title: &'static str,
    text: impl Into<String>,
    metric: &str,
    matchers: &str,
) -> Panel {
    let matchers = selected(matchers);
    let rates = per_minute("provider", metric, &matchers);
    Panel::stack(title, text, PER_MINUTE)
        .query(
            most_counted(10, "provider", &rates, metric, &matchers),
            "{{provider}}",
        )
        .provider_colors()
        .links(links::of_provider("${__field.labels.provider}"))
        .empty("None in the selected time range")
}

/// The dashboard.
pub fn dashboard() -> Dashboard {
    let permanent = sum_by("provider", &rate(CODES, &selected(r#"code=~"5..""#)));
    let replies = reply_rate("provider", CODES, SELECTED, &format!(",{SELECTED}"));
    Dashboard::new(
        "providers",
        "Mail: providers",
        "Deliveries, failures and failed connections of the providers that receive our mail.",
    )
    .variable(variables::provider())
    .panel(failing_by_provider(10, SELECTED))
    .panel(against_usual())
    .panel(table())
    .row("Causes and replies")
    .panel(causes())
    .panel(by_provider(
        "Deliveries per minute by provider",
        "All deliveries to other servers, whatever their status: the ten providers with most of them in the selected time \
         range.",
        DELIVERIES,
        "",
    ))
    .panel(by_provider(
        "421 replies per minute by provider",
        texts::describe(421),
        CODES,
        r#"code="421""#,
    ).exemplars())
    .panel(by_provider(
        "Replies about full mailboxes per minute by provider",
        texts::describe_condition("mailbox_full"),
        CONDITIONS,
        r#"condition="mailbox_full""#,
    ).exemplars())
    .panel(
        Panel::lines(
            "Permanent failures (5xx) as a share of replies",
            "Share of 5xx among the replies of each provider and the failed connections: the eight highest in the selected \
             time range. Where the log has no reply to accepted messages, accepted deliveries count instead.",
            "percentunit",
        )
        .query(
            most_counted(8, "provider", &share(&permanent, &replies), CODES, &selected(r#"code=~"5..""#)),
            "{{provider}}",
        )
        .provider_colors()
        .limits(&SHARE_LIMITS[..1])
        .reaching(0.12)
        .links(links::of_provider("${__field.labels.provider}"))
        .empty("None in the selected time range"),
    )
    .panel(by_provider(
        "Failed connections per minute by provider",
        "Connections that were refused (111) or failed for another reason (101).",
        CODES,
        r#"code=~"1..""#,
    ).exemplars())
}
