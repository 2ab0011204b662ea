//! The rules of the policy as PromQL.
//!
//! Every term is a rate per second over a window, recorded by `recording.rs`, with only the labels of the target,
//! `direction` and `provider`, so that all terms can be compared. The value of an alert is a count within its window.

use super::figures::Figures;
use crate::catalog::{Alert, Compared, Policy, Side, Span, Watch};

/// The hour before a window.
pub(super) const HOUR: Span = Span(3_600);
/// A week.
const WEEK: Span = Span(604_800);
/// The day before, in which a silent source had lines.
const DAY: Span = Span(86_400);

/// Matchers that select one target; `printf` in a template fills in the values.
pub(super) const ONE_TARGET: &str = "instance=%[1]q,job=%[2]q";

/// A matcher for several values of a label.
fn one_of<T: ToString>(label: &str, values: &[T]) -> String {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    match values.as_slice() {
        [value] => format!("{label}=\"{value}\""),
        _ => format!("{label}=~\"{}\"", values.join("|")),
    }
}

fn direction(alert: &Alert) -> String {
    let side = alert.direction.unwrap_or(Side::Outbound);
    format!("direction=\"{}\"", side.name())
}

/// A selector with all matchers that are not empty.
fn select(series: &str, matchers: &[&str], offset: Option<Span>) -> String {
    let matchers: Vec<&str> = matchers
        .iter()
        .copied()
        .filter(|it| !it.is_empty())
        .collect();
    let offset = offset.map_or_else(String::new, |offset| format!(" offset {offset}"));
    if matchers.is_empty() {
        return format!("{series}{offset}");
    }
    format!("{series}{{{}}}{offset}", matchers.join(","))
}

/// The rate per second of what a rule evaluates, within `window`. `target` restricts it to one target.
pub(super) fn watched(alert: &Alert, window: Span, target: &str, offset: Option<Span>) -> String {
    match alert.watch {
        Watch::Providers => format!(
            "sum without (condition) ({})",
            select(
                &format!("instance_provider_condition:maillog_provider_conditions:rate{window}"),
                &[&one_of("condition", &alert.conditions), target],
                offset,
            )
        ),
        Watch::Deliveries => {
            let status = alert.status.as_deref().unwrap_or_default();
            let series = format!("instance_status:maillog_deliveries:rate{window}");
            let selected = select(&series, &[&one_of("status", &[status]), target], offset);
            format!("sum without (status) ({selected})")
        }
        Watch::AuthFailures => {
            let series = format!("instance:maillog_auth_failures:rate{window}");
            select(&series, &[target], offset)
        }
        _ => replies(alert, window, target, offset),
    }
}

fn replies(alert: &Alert, window: Span, target: &str, offset: Option<Span>) -> String {
    let direction = direction(alert);
    if let Some(class) = alert.class {
        let series = format!("instance_direction_class:maillog_codes:rate{window}");
        let class = format!("class=\"{class}xx\"");
        let selected = select(&series, &[&direction, &class, target], offset);
        return format!("sum without (class) ({selected})");
    }
    let codes = || {
        let series = format!("instance_direction_code:maillog_codes:rate{window}");
        let codes = one_of("code", &alert.codes);
        let selected = select(&series, &[&direction, &codes, target], offset);
        format!("sum without (code) ({selected})")
    };
    let conditions = || {
        let series = format!("instance_direction_condition:maillog_conditions:rate{window}");
        let conditions = one_of("condition", &alert.conditions);
        let selected = select(&series, &[&direction, &conditions, target], offset);
        format!("sum without (condition) ({selected})")
    };
    match (alert.codes.is_empty(), alert.conditions.is_empty()) {
        (_, true) => codes(),
        (true, false) => conditions(),
        // One reply may be in both, so the larger sum counts.
        (false, false) => format!(
            "max without (by) (\n  label_replace({}, \"by\", \"code\", \"\", \"\")\n  or\n  \
             label_replace({}, \"by\", \"condition\", \"\", \"\")\n)",
            codes(),
            conditions()
        ),
    }
}

/// The rate per second of what the share refers to, within `window`.
pub(super) fn whole(alert: &Alert, window: Span, target: &str) -> String {
    match alert.watch {
        Watch::Providers => {
            let series = format!("instance_provider:maillog_provider_codes:rate{window}");
            select(&series, &[target], None)
        }
        Watch::Deliveries => {
            let series = format!("instance:maillog_deliveries:rate{window}");
            select(&series, &[target], None)
        }
        _ => {
            let series = format!("instance_direction:maillog_codes:rate{window}");
            select(&series, &[&direction(alert), target], None)
        }
    }
}

/// The rate per second in the compared period.
pub(super) fn baseline(alert: &Alert, window: Span, target: &str) -> Option<String> {
    Some(match alert.compared_with? {
        Compared::HourBefore => watched(alert, HOUR, target, Some(window)),
        Compared::WeekBefore => watched(alert, window, target, Some(WEEK)),
    })
}

/// A rate as a count within `window`.
fn as_count(rate: &str, window: Span) -> String {
    format!("{rate} * {}", window.seconds())
}

/// The expression of a rule.
pub(super) fn of(alert: &Alert, policy: &Policy, figures: &Figures) -> String {
    let window = alert.window.unwrap_or_default();
    let Figures {
        count,
        share,
        threshold,
        ..
    } = figures;
    match alert.watch {
        Watch::Replies | Watch::Providers | Watch::Deliveries | Watch::AuthFailures => {
            mail(alert, figures)
        }
        Watch::ExporterDown => {
            let up = format!("up{{job=~\"{}\"}}", policy.job);
            format!("{up} == 0\nor\nabsent({up})")
        }
        Watch::SourceDown => "maillog_source_up == 0".to_owned(),
        Watch::SourceSilent => format!(
            "sum without (result) (increase(maillog_lines_total[{DAY}] offset {window})) > {count}\n\
             and\nsum without (result) (increase(maillog_lines_total[{window}])) == 0"
        ),
        Watch::SourceLagging => format!("maillog_source_lag_bytes > {threshold}"),
        Watch::CatchingUp => "maillog_catching_up == 1".to_owned(),
        Watch::ClockOff => format!("abs(maillog_source_clock_offset_seconds) > {threshold}"),
        Watch::Unmatched => {
            let unmatched = format!(
                "sum without (result) (increase(maillog_lines_total{{result=\"unmatched\"}}[{window}]))"
            );
            let all = format!("sum without (result) (increase(maillog_lines_total[{window}]))");
            format!("{unmatched} > {count}\nand\n{unmatched} > {share} * {all}")
        }
        Watch::LinesDropped => {
            format!("increase(maillog_source_lines_dropped_total[{window}]) > {count}")
        }
        Watch::PositionsLost => {
            format!("increase(maillog_source_positions_lost_total[{window}]) > {count}")
        }
        Watch::StateNotWritten => {
            format!("increase(maillog_state_write_errors_total[{window}]) > 0")
        }
        Watch::SeriesFolded => {
            format!("increase(maillog_series_dropped_total[{window}]) > {count}")
        }
    }
}

fn mail(alert: &Alert, figures: &Figures) -> String {
    let window = alert.window.unwrap_or_default();
    let rate = watched(alert, window, "", None);
    let Figures {
        count,
        share,
        factor,
        ..
    } = figures;
    let mut terms = vec![format!("{} > {count}", as_count(&rate, window))];
    if let (Some(_), Some(baseline)) = (alert.factor, baseline(alert, window, "")) {
        // A missing hour before counts as zero. The week before must exist.
        let baseline = match alert.compared_with {
            Some(Compared::HourBefore) => format!("(\n  {baseline}\n  or\n  {rate} * 0\n)"),
            _ => baseline,
        };
        terms.push(format!("{rate}\n> {factor} * {baseline}"));
    }
    if alert.share.is_some() {
        for window in [Some(window), alert.short_window].into_iter().flatten() {
            let rate = watched(alert, window, "", None);
            terms.push(format!("{rate}\n> {share} * {}", whole(alert, window, "")));
        }
    }
    let terms: Vec<String> = terms
        .iter()
        .map(|term| format!("(\n  {}\n)", term.replace('\n', "\n  ")))
        .collect();
    // The counts of the sources lack the other labels.
    let ignored = match alert.watch {
        Watch::Replies => " ignoring (direction)",
        Watch::Providers => " ignoring (provider)",
        _ => "",
    };
    // Lines that are read late count now in Prometheus: if most of them are, the counts say nothing about now.
    let late =
        format!("sum without (source) (increase(maillog_source_backlog_events_total[{window}]))");
    let all = format!(
        "sum without (source, result) (increase(maillog_lines_total{{result=\"event\"}}[{window}]))"
    );
    format!(
        "{}\nunless{ignored}\n(\n  {late}\n  > 0.5 * {all}\n)",
        terms.join("\nand\n")
    )
}

/// The most frequent condition of outbound replies within the window.
pub(super) fn cause(alert: &Alert) -> String {
    let window = alert.window.unwrap_or_default();
    let grown = format!(
        "sum by (condition) (increase(maillog_conditions_total{{direction=\"outbound\",{ONE_TARGET}}}[{window}]))"
    );
    format!("topk(1, {grown} > 0)")
}

/// The provider with the largest count within the window. Series that start within the window count from zero.
pub(super) fn leader(alert: &Alert) -> String {
    let window = alert.window.unwrap_or_default();
    let (series, which) = if let Some(class) = alert.class {
        (
            "maillog_provider_codes_total",
            format!("code=~\"{class}..\""),
        )
    } else if alert.conditions.is_empty() {
        ("maillog_provider_codes_total", one_of("code", &alert.codes))
    } else {
        let conditions = one_of("condition", &alert.conditions);
        ("maillog_provider_conditions_total", conditions)
    };
    let now = format!("sum by (provider) ({series}{{{which},{ONE_TARGET}}})");
    let then = format!("sum by (provider) ({series}{{{which},{ONE_TARGET}}} offset {window})");
    format!("topk(1, {now} - ({then} or {now} * 0) > 0)")
}
