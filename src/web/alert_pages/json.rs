//! The JSON document of alerts, `/api/v1/alerts`: Prometheus' structure, and what the page shows besides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use crate::metrics::{ActiveAlert, EndedAlert, View};
use crate::web::alerts::{nearness, rule_states};
use crate::web::context::Context;

/// The same structure as Prometheus' answer at this path.
#[derive(Serialize)]
struct AlertsDocument<'a> {
    status: &'static str,
    data: AlertsData<'a>,
}

#[derive(Serialize)]
struct AlertsData<'a> {
    alerts: Vec<AlertEntry<'a>>,
    /// Those of the last seven days that have resolved, the oldest first.
    ended: Vec<EndedEntry<'a>>,
    /// All rules, the nearest to the threshold first.
    rules: Vec<RuleEntry<'a>>,
    /// Whether alerts are sent to Alertmanagers.
    sends: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AlertEntry<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    state: &'static str,
    /// When the rule's condition became true.
    active_at: Option<Timestamp>,
    /// When the alert began to fire.
    fired_at: Option<Timestamp>,
    /// The alert of the same cause that silences it.
    inhibited_by: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct EndedEntry<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    fired_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    alert: &'a str,
    /// `firing`, `pending` or `inactive`.
    state: &'static str,
    /// The provider or source, where the rule has several alerts.
    label: Option<&'a str>,
    /// A share from 0 to 1, or a count; null if nothing is known.
    value: Option<f64>,
    threshold: Option<f64>,
    usual: Option<f64>,
    /// The value as a multiple of the threshold.
    ratio: Option<f64>,
}

impl<'a> From<&'a ActiveAlert> for AlertEntry<'a> {
    fn from(alert: &'a ActiveAlert) -> Self {
        AlertEntry {
            labels: &alert.labels,
            annotations: &alert.annotations,
            state: match alert.fired {
                Some(_) => "firing",
                None => "pending",
            },
            active_at: time(alert.since),
            fired_at: alert.fired.and_then(time),
            inhibited_by: alert.inhibited_by.as_deref(),
        }
    }
}

impl<'a> From<&'a EndedAlert> for EndedEntry<'a> {
    fn from(alert: &'a EndedAlert) -> Self {
        EndedEntry {
            labels: &alert.labels,
            annotations: &alert.annotations,
            fired_at: time(alert.fired),
            resolved_at: time(alert.resolved),
        }
    }
}

fn time(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}

/// The document.
pub fn json(context: &Context<'_>) -> Vec<u8> {
    let alerting = context.view.alerting.as_deref();
    let active = alerting.iter().flat_map(|it| &it.active);
    let ended = alerting.iter().flat_map(|it| &it.ended);
    let document = AlertsDocument {
        status: "success",
        data: AlertsData {
            alerts: active.map(AlertEntry::from).collect(),
            ended: ended.map(EndedEntry::from).collect(),
            rules: rules(context),
            sends: alerting.is_some_and(|it| it.sends),
        },
    };
    // Serializing texts, times and finite numbers cannot fail.
    serde_json::to_vec(&document).unwrap_or_default()
}

/// The rules, each with its states by provider or source.
fn rules<'a>(context: &Context<'a>) -> Vec<RuleEntry<'a>> {
    let mut entries = Vec::new();
    for rule in &context.settings.policy.alerts {
        let states = rule_states(context.view, &rule.name);
        let entry = |label: Option<&'a str>| RuleEntry {
            alert: &rule.name,
            state: state(context.view, &rule.name, label),
            label,
            value: None,
            threshold: None,
            usual: None,
            ratio: None,
        };
        if states.is_empty() {
            entries.push(entry(None));
        }
        for known in states {
            let label = known.label.as_ref().map(|(_, label)| label.as_str());
            entries.push(RuleEntry {
                value: Some(known.value).filter(|it| it.is_finite()),
                threshold: Some(known.threshold).filter(|it| it.is_finite()),
                usual: known.usual,
                ratio: Some(nearness(known)),
                ..entry(label)
            });
        }
    }
    let ratio = |entry: &RuleEntry<'_>| entry.ratio.unwrap_or(-1.0);
    entries.sort_by(|a, b| ratio(b).total_cmp(&ratio(a)));
    entries
}

fn state(view: &View, rule: &str, label: Option<&str>) -> &'static str {
    let active = view.alerting.iter().flat_map(|it| &it.active);
    let mut of_rule = active.filter(|it| {
        it.labels.get("alertname").is_some_and(|name| name == rule)
            && label.is_none_or(|label| it.labels.values().any(|value| value == label))
    });
    match of_rule.next() {
        Some(alert) if alert.fired.is_some() => "firing",
        Some(_) => "pending",
        None => "inactive",
    }
}
