//! The rules of the policy as PromQL.
//!
//! The evidence of the rules about mail is computed by the exporter (`maillog_signal_…`), so a rule compares it with its
//! threshold and little else.

use super::figures::Figures;
use crate::catalog::{Alert, Explained, Policy, Watch};

/// The window in which texts name what leads.
pub(super) const LEADING_WINDOW: &str = "15m";

/// The window in which they do so if there is nothing in [`LEADING_WINDOW`].
const LONG_LEADING_WINDOW: &str = "1h";

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

/// The expression of a rule.
pub(super) fn of(alert: &Alert, policy: &Policy, figures: &Figures) -> String {
    let window = alert.window.unwrap_or_default();
    let Figures {
        count,
        share,
        factor,
        threshold,
        ..
    } = figures;
    match alert.watch {
        Watch::Share => of_share(alert, policy, figures),
        Watch::Surge => of_surge(alert, figures),
        Watch::Count => format!(
            "max without (window) ({}) > {count}",
            events(alert, "15m", "")
        ),
        Watch::Fleet => {
            let firing = "count by (provider) (ALERTS{alertname=\"MaillogProviderFailing\",alertstate=\"firing\"})";
            format!(
                "{firing} > {count}\n\
                 and\n{firing}\n> {share} * count by (provider) (maillog_provider_deliveries_total{{status=\"sent\"}} > 0)"
            )
        }
        Watch::ExporterDown => {
            let up = format!("up{{job=~\"{}\"}}", policy.job);
            format!("{up} == 0\nor\nabsent({up})")
        }
        Watch::SourceDown => "maillog_source_up == 0".to_owned(),
        Watch::SourceSilent => format!("maillog_source_missing_lines > {count}"),
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
        Watch::ReloadFailed => "maillog_config_last_reload_successful == 0".to_owned(),
        Watch::SeriesFolded => {
            format!("increase(maillog_series_dropped_total[{window}]) > {count}")
        }
        Watch::QueueAge => {
            let usual = "maillog_queue_usual_oldest_age_seconds";
            format!(
                "maillog_queue_oldest_age_seconds{{queue=~\"maildrop|incoming\"}}\n\
                 > clamp_min({factor} * {usual}, {threshold})"
            )
        }
        Watch::QueueSize => {
            let usual = "maillog_queue_usual_messages";
            format!("maillog_queue_messages\n> clamp_min({factor} * {usual}, {threshold})")
        }
    }
}

/// A metric of the signal of a rule; `more` are further matchers.
fn signal(alert: &Alert, metric: &str, more: &str) -> String {
    let name = alert.signal.as_deref().unwrap_or_default();
    format!("maillog_signal_{metric}{{signal=\"{name}\"{more}}}")
}

/// The events of the signal of a rule.
fn events(alert: &Alert, window: &str, more: &str) -> String {
    signal(alert, "events", &format!(",window=\"{window}\"{more}"))
}

/// The labels that the alerts of a rule have in common with its signal.
fn common(alert: &Alert) -> &'static str {
    match alert.by_provider {
        true => "instance, job, provider",
        false => "instance, job",
    }
}

/// The alerts of a rule that fire.
fn firing(alert: &Alert) -> String {
    let name = &alert.name;
    format!("ALERTS{{alertname=\"{name}\",alertstate=\"firing\"}}")
}

fn of_share(alert: &Alert, policy: &Policy, figures: &Figures) -> String {
    let Figures { share, factor, .. } = figures;
    let usual = signal(alert, "usual_share", "");
    let threshold =
        format!("clamp_min({factor} * {usual} / (1 + ({factor} - 1) * {usual}), {share})");
    let mut starts = format!("{}\n> {threshold}", signal(alert, "share_lower", ""));
    if let Some(also) = &alert.also {
        let (other, share) = (&also.signal, also.share);
        let by_provider = policy.signal_named(other).is_some_and(|it| it.by_provider);
        let same = if by_provider && alert.by_provider {
            "instance, job, provider"
        } else {
            "instance, job"
        };
        starts += &format!(
            "\nand on ({same}) maillog_signal_share_lower{{signal=\"{other}\"}} > {share}"
        );
    }
    if let Some(share) = alert.others_below {
        let others = signal(alert, "others_share_lower", "");
        starts += &format!("\nunless on (instance, job, provider) {others} > {share}");
    }
    if !alert.not_while.is_empty() {
        let others = one_of("alertname", &alert.not_while);
        starts += &format!("\nunless on (instance, job) ALERTS{{{others}}}");
    }
    if !alert.not_while_firing.is_empty() {
        let others = one_of("alertname", &alert.not_while_firing);
        starts += &format!("\nunless on (instance, job) ALERTS{{{others},alertstate=\"firing\"}}");
    }
    for explained in &alert.explained {
        starts += &is_explained(alert, explained, policy);
    }
    // What makes it start, and that it lasts.
    format!(
        "{}\n> ({usual} + {threshold}) / 2\nand on ({}) (\n  {}\n  or\n  {}\n)",
        signal(alert, "share", ""),
        common(alert),
        starts.replace('\n', "\n  "),
        firing(alert)
    )
}

/// That another alert does not say the same.
fn is_explained(alert: &Alert, explained: &Explained, policy: &Policy) -> String {
    let Explained {
        by,
        part,
        of,
        share,
        ..
    } = explained;
    let of_provider = policy
        .alerts
        .iter()
        .any(|it| it.name == *by && it.by_provider);
    let events =
        |signal: &str| format!("maillog_signal_events{{signal=\"{signal}\",window=~\"5m|1h\"}}");
    let part = events(part);
    let of = events(
        of.as_deref()
            .or(alert.signal.as_deref())
            .unwrap_or_default(),
    );
    let each = "on (instance, job, provider)";
    let part_of = "on (instance, job, provider, window)";
    match (alert.by_provider, of_provider) {
        (true, _) => {
            let same = if of_provider {
                each
            } else {
                "on (instance, job)"
            };
            format!(
                "\nunless {each} (\n  {part}\n  > {part_of} {share} * {of}\n  \
                 and {same} ALERTS{{alertname=\"{by}\"}}\n)"
            )
        }
        (false, true) => format!(
            "\nunless on (instance, job) (\n  sum by (instance, job, window) (\n    {part}\n    \
             and {each} ALERTS{{alertname=\"{by}\",alertstate=\"firing\"}}\n  )\n  \
             > on (instance, job, window) {share} * {of}\n)"
        ),
        (false, false) => format!(
            "\nunless on (instance, job) (\n  sum by (instance, job, window) (\n    {part}\n    <= {part_of} {of}\n    \
             or {part_of}\n    {of}\n    < {part_of} {part}\n  )\n  \
             > on (instance, job, window) {share} * sum by (instance, job, window) ({of})\n  \
             and on (instance, job) ALERTS{{alertname=\"{by}\"}}\n)"
        ),
    }
}

fn of_surge(alert: &Alert, figures: &Figures) -> String {
    let Figures { count, factor, .. } = figures;
    let usual = signal(alert, "usual_events", "");
    let threshold =
        format!("clamp_min({factor} * {usual} + 3 * sqrt({factor} * {usual}), {count})");
    let now = format!("max without (window) ({})", events(alert, "10m", ""));
    format!(
        "{now}\n> {threshold}\nor\n{now}\n> {threshold} / 2\nand on ({}) {}",
        common(alert),
        firing(alert)
    )
}

/// What a text says about the signal of one target: `share`, `usual_share`, `usual_events`, or `events` of a window.
pub(super) fn figure(alert: &Alert, metric: &str) -> String {
    let provider = if alert.by_provider {
        ",provider=%[3]q"
    } else {
        ""
    };
    let target = format!(",{ONE_TARGET}{provider}");
    match metric {
        "events" => {
            let window = match alert.watch {
                Watch::Surge => "10m",
                Watch::Count => "15m",
                _ => "1h",
            };
            events(alert, window, &target)
        }
        metric => signal(alert, metric, &target),
    }
}

/// The value of `label` with the largest growth of a counter within [`LEADING_WINDOW`], or else within
/// [`LONG_LEADING_WINDOW`]. Series that start within the window count from zero.
fn leading(label: &str, series: &str) -> String {
    let now = format!("sum by ({label}) ({series})");
    let within = |window| {
        let then = format!("sum by ({label}) ({series} offset {window})");
        format!("topk(1, {now} - ({then} or {now} * 0) > 0)")
    };
    let (short, long) = (within(LEADING_WINDOW), within(LONG_LEADING_WINDOW));
    format!("{short} or on () {long}")
}

/// The most frequent condition of outbound replies, of the alert's provider or of all, but `except`.
pub(super) fn cause(alert: &Alert, except: &[&str]) -> String {
    let mut matchers = ONE_TARGET.to_owned();
    if alert.by_provider {
        matchers += ",provider=%[3]q";
    }
    if !except.is_empty() {
        matchers += &format!(",condition!~\"{}\"", except.join("|"));
    }
    let series = format!("maillog_provider_conditions_total{{{matchers}}}");
    leading("condition", &series)
}

/// The most frequent code of outbound replies with one of these first digits, of the alert's provider or of all.
pub(super) fn code(alert: &Alert, digits: &[u16]) -> Option<String> {
    let digits: String = digits.iter().map(ToString::to_string).collect();
    let mut matchers = ONE_TARGET.to_owned();
    if alert.by_provider {
        matchers += ",provider=%[3]q";
    }
    let series = format!("maillog_provider_codes_total{{{matchers},code=~\"[{digits}]..\"}}");
    (!digits.is_empty()).then(|| leading("code", &series))
}

/// The provider with most replies that the rule is about.
pub(super) fn leader(alert: &Alert) -> String {
    leading(
        "provider",
        &of_providers(alert, !alert.conditions.is_empty()),
    )
}

/// The replies that the rule is about by provider: those with its conditions, or with its codes.
fn of_providers(alert: &Alert, by_condition: bool) -> String {
    match by_condition {
        true => {
            let which = one_of("condition", &alert.conditions);
            format!("maillog_provider_conditions_total{{{which},{ONE_TARGET}}}")
        }
        false => {
            let which = one_of("code", &alert.codes);
            format!("maillog_provider_codes_total{{{which},{ONE_TARGET}}}")
        }
    }
}

/// The most frequent enhanced status code of outbound replies with the rule's code.
pub(super) fn enhanced(alert: &Alert) -> String {
    let code = one_of("code", &alert.codes);
    let series = format!(
        "maillog_enhanced_codes_total{{direction=\"outbound\",{code},enhanced!~\"|other\",{ONE_TARGET}}}"
    );
    leading("enhanced", &series)
}

/// Not empty if most of the replies have the rule's condition, but not its code.
pub(super) fn is_condition(alert: &Alert) -> String {
    let increase = |by_condition| {
        let series = of_providers(alert, by_condition);
        format!("sum(increase({series}[{LEADING_WINDOW}]))")
    };
    format!(
        "{} > 2 * ({} or vector(0))",
        increase(true),
        increase(false)
    )
}
