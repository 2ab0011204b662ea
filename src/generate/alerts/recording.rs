//! The recording rules: the rates that alert rules compare, named `level:metric:operations`.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::HOUR;
use crate::catalog::{Alert, Compared, Policy, Span, Watch};

/// All rates that the rules use: name and expression, ordered by name.
pub(super) fn of(policy: &Policy) -> BTreeMap<String, String> {
    let values = Values::of(policy);
    let mut rules = BTreeMap::new();
    for alert in policy.alerts.iter().filter(|alert| alert.is_about_mail()) {
        for window in windows(alert) {
            let named = rates(alert, window, &values).into_iter();
            rules.extend(named.map(|(name, rate)| (format!("{name}:rate{window}"), rate)));
        }
    }
    rules
}

/// The label values that any rule uses, as regular expressions.
struct Values {
    codes: String,
    conditions: String,
    provider_conditions: String,
}

impl Values {
    fn of(policy: &Policy) -> Self {
        let conditions = |watch| {
            let alerts = policy.alerts.iter().filter(move |it| it.watch == watch);
            joined(alerts.flat_map(|alert| &alert.conditions))
        };
        Values {
            codes: joined(policy.alerts.iter().flat_map(|alert| &alert.codes)),
            conditions: conditions(Watch::Replies),
            provider_conditions: conditions(Watch::Providers),
        }
    }
}

/// The rates of one rule over one window: level and metric, and expression.
fn rates(alert: &Alert, window: Span, values: &Values) -> Vec<(&'static str, String)> {
    match alert.watch {
        Watch::Providers => {
            let conditions = &values.provider_conditions;
            vec![
                (
                    "instance_provider_condition:maillog_provider_conditions",
                    format!(
                        "rate(maillog_provider_conditions_total{{condition=~\"{conditions}\"}}[{window}])"
                    ),
                ),
                (
                    "instance_provider:maillog_provider_codes",
                    format!("sum without (code) (rate(maillog_provider_codes_total[{window}]))"),
                ),
            ]
        }
        Watch::Deliveries => {
            let all = format!("rate(maillog_deliveries_total[{window}])");
            vec![
                (
                    "instance_status:maillog_deliveries",
                    format!("sum without (mta, service) ({all})"),
                ),
                (
                    "instance:maillog_deliveries",
                    format!("sum without (mta, service, status) ({all})"),
                ),
            ]
        }
        Watch::AuthFailures => vec![(
            "instance:maillog_auth_failures",
            format!("sum without (mta, service) (rate(maillog_auth_failures_total[{window}]))"),
        )],
        _ => reply_rates(alert, window, values),
    }
}

fn reply_rates(alert: &Alert, window: Span, values: &Values) -> Vec<(&'static str, String)> {
    let mut rates = vec![(
        "instance_direction:maillog_codes",
        format!("sum without (code) (rate(maillog_codes_total[{window}]))"),
    )];
    if alert.class.is_some() {
        let rate = format!("rate(maillog_codes_total{{code=~\"[45]..\"}}[{window}])");
        rates.push((
            "instance_direction_class:maillog_codes",
            format!(
                "sum without (code) (label_replace({rate}, \"class\", \"${{1}}xx\", \"code\", \"(.)..\"))"
            ),
        ));
    }
    if !alert.codes.is_empty() {
        let codes = &values.codes;
        rates.push((
            "instance_direction_code:maillog_codes",
            format!("rate(maillog_codes_total{{code=~\"{codes}\"}}[{window}])"),
        ));
    }
    if !alert.conditions.is_empty() {
        let conditions = &values.conditions;
        rates.push((
            "instance_direction_condition:maillog_conditions",
            format!("rate(maillog_conditions_total{{condition=~\"{conditions}\"}}[{window}])"),
        ));
    }
    rates
}

/// The windows of a rule.
fn windows(alert: &Alert) -> impl Iterator<Item = Span> {
    let hour = alert.compared_with == Some(Compared::HourBefore);
    [alert.window, alert.short_window, hour.then_some(HOUR)]
        .into_iter()
        .flatten()
}

/// Distinct values as a regular expression.
fn joined<T: ToString>(values: impl Iterator<Item = T>) -> String {
    let values: BTreeSet<String> = values.map(|value| value.to_string()).collect();
    Vec::from_iter(values).join("|")
}
