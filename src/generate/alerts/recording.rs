//! The recording rules: the rates that alert rules compare, each under a name of the form
//! `level:metric:operations`.

use std::collections::{BTreeMap, BTreeSet};

use super::expression::HOUR;
use crate::catalog::{Alert, Compared, Policy, Span, Watch};

/// Every rate that some rule needs: name and expression, in the order of the names.
pub(super) fn of(policy: &Policy) -> BTreeMap<String, String> {
    let mut rules = BTreeMap::new();
    let alerts = || policy.alerts.iter();
    let codes = joined(alerts().flat_map(|alert| &alert.codes));
    let conditions = joined(
        alerts()
            .filter(|alert| alert.watch == Watch::Replies)
            .flat_map(|alert| &alert.conditions),
    );
    let by_provider = joined(
        alerts()
            .filter(|alert| alert.watch == Watch::Providers)
            .flat_map(|alert| &alert.conditions),
    );
    for alert in alerts().filter(|alert| alert.is_about_mail()) {
        for window in windows(alert) {
            let mut add = |name: &str, expression: String| {
                rules.insert(format!("{name}:rate{window}"), expression);
            };
            match alert.watch {
                Watch::Providers => {
                    add(
                        "instance_provider_condition:maillog_provider_conditions",
                        format!(
                            "rate(maillog_provider_conditions_total{{condition=~\"{by_provider}\"}}[{window}])"
                        ),
                    );
                    add(
                        "instance_provider:maillog_provider_codes",
                        format!(
                            "sum without (code) (rate(maillog_provider_codes_total[{window}]))"
                        ),
                    );
                }
                Watch::Deliveries => {
                    let all = format!("rate(maillog_deliveries_total[{window}])");
                    add(
                        "instance_status:maillog_deliveries",
                        format!("sum without (mta, service) ({all})"),
                    );
                    add(
                        "instance:maillog_deliveries",
                        format!("sum without (mta, service, status) ({all})"),
                    );
                }
                Watch::AuthFailures => add(
                    "instance:maillog_auth_failures",
                    format!(
                        "sum without (mta, service) (rate(maillog_auth_failures_total[{window}]))"
                    ),
                ),
                _ => {
                    if alert.class.is_some() {
                        let class = "label_replace(rate(maillog_codes_total{code=~\"[45]..\"}[WINDOW]), \
                             \"class\", \"${1}xx\", \"code\", \"(.)..\")";
                        add(
                            "instance_direction_class:maillog_codes",
                            format!(
                                "sum without (code) ({})",
                                class.replace("WINDOW", &window.to_string())
                            ),
                        );
                    }
                    if !alert.codes.is_empty() {
                        add(
                            "instance_direction_code:maillog_codes",
                            format!("rate(maillog_codes_total{{code=~\"{codes}\"}}[{window}])"),
                        );
                    }
                    if !alert.conditions.is_empty() {
                        add(
                            "instance_direction_condition:maillog_conditions",
                            format!(
                                "rate(maillog_conditions_total{{condition=~\"{conditions}\"}}[{window}])"
                            ),
                        );
                    }
                    add(
                        "instance_direction:maillog_codes",
                        format!("sum without (code) (rate(maillog_codes_total[{window}]))"),
                    );
                }
            }
        }
    }
    rules
}

/// The windows that a rule looks at.
fn windows(alert: &Alert) -> impl Iterator<Item = Span> {
    let hour = alert.compared_with == Some(Compared::HourBefore);
    [alert.window, alert.short_window, hour.then_some(HOUR)]
        .into_iter()
        .flatten()
}

/// Each once, as a regular expression.
fn joined<T: ToString>(values: impl Iterator<Item = T>) -> String {
    let values: BTreeSet<String> = values.map(|value| value.to_string()).collect();
    Vec::from_iter(values).join("|")
}
