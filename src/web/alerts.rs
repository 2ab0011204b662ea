//! The alerts that a page is about: which fire, are pending, are silenced or have ended.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::context::Context;
use crate::catalog::{Alert, Topic};
use crate::metrics::{ActiveAlert, EndedAlert, RuleState, View};

/// How long a page says that an alert has resolved, in seconds.
const RESOLVED: i64 = 86_400;

/// Labels or annotations.
pub type Texts = BTreeMap<String, String>;

/// The alerts that a page is about.
#[derive(Debug, Default)]
pub struct Relevant<'a> {
    /// The critical ones first, and then the oldest.
    pub firing: Vec<&'a ActiveAlert>,
    pub pending: Vec<&'a ActiveAlert>,
    /// Firing or pending, but silenced by one of the same cause.
    pub silenced: Vec<&'a ActiveAlert>,
    /// Of the last seven days, the newest first.
    pub ended: Vec<&'a EndedAlert>,
}

impl<'a> Relevant<'a> {
    /// Those whose labels and annotations are wanted.
    pub fn of(view: &'a View, wanted: impl Fn(&Texts, &Texts) -> bool) -> Self {
        let Some(alerting) = view.alerting.as_deref() else {
            return Relevant::default();
        };
        let mut relevant = Relevant::default();
        for alert in &alerting.active {
            if !wanted(&alert.labels, &alert.annotations) {
                continue;
            }
            match (&alert.inhibited_by, alert.fired) {
                (Some(_), _) => relevant.silenced.push(alert),
                (None, Some(_)) => relevant.firing.push(alert),
                (None, None) => relevant.pending.push(alert),
            }
        }
        for list in [&mut relevant.firing, &mut relevant.pending] {
            list.sort_by_key(|it| (Reverse(is_critical(&it.labels)), it.since));
        }
        let ended = alerting.ended.iter().rev();
        relevant.ended = ended
            .filter(|it| wanted(&it.labels, &it.annotations))
            .collect();
        relevant
    }

    /// All alerts.
    pub fn all(view: &'a View) -> Self {
        Relevant::of(view, |_, _| true)
    }

    /// The alert that resolved last, if that was within a day and nothing fires.
    pub fn resolved(&self, now: i64) -> Option<&'a EndedAlert> {
        let last = self.ended.iter().max_by_key(|it| it.resolved).copied();
        last.filter(|it| self.firing.is_empty() && it.resolved > now - RESOLVED)
    }

    /// When any of them fired: beginning, and end if it has ended. The times do not overlap; the newest is the last.
    pub fn bands(&self) -> Vec<(i64, Option<i64>)> {
        let active = match self.firing.is_empty() {
            true => &self.silenced,
            false => &self.firing,
        };
        let firing = active.iter().filter_map(|it| Some((it.fired?, None)));
        let ended = self.ended.iter().map(|it| (it.fired, Some(it.resolved)));
        let mut times: Vec<(i64, Option<i64>)> = firing.chain(ended).collect();
        times.sort_unstable_by_key(|(from, _)| *from);
        let mut merged: Vec<(i64, Option<i64>)> = Vec::new();
        for (from, to) in times {
            match merged.last_mut() {
                Some((_, end)) if end.is_none_or(|end| from <= end) => {
                    *end = end.and_then(|end| Some(end.max(to?)));
                }
                _ => merged.push((from, to)),
            }
        }
        merged
    }
}

/// The firing alerts that nothing silences.
pub fn firing(view: &View) -> impl Iterator<Item = &ActiveAlert> {
    let active = view.alerting.iter().flat_map(|it| &it.active);
    active.filter(|it| it.fired.is_some() && it.inhibited_by.is_none())
}

/// The name of an alert's rule.
pub fn name(labels: &Texts) -> &str {
    labels.get("alertname").map_or("", String::as_str)
}

/// Whether somebody is paged.
pub fn is_critical(labels: &Texts) -> bool {
    labels.get("severity").is_some_and(|it| it == "critical")
}

/// The rule with a name.
pub fn rule<'a>(context: &Context<'a>, name: &str) -> Option<&'a Alert> {
    let mut rules = context.settings.policy.alerts.iter();
    rules.find(|rule| rule.name == name)
}

/// How near rules with this name are to their thresholds, the nearest first.
pub fn rule_states<'a>(view: &'a View, name: &str) -> Vec<&'a RuleState> {
    let all = view.alerting.iter().flat_map(|it| &it.rules);
    let mut states: Vec<&RuleState> = all.filter(|it| it.alert == name).collect();
    states.sort_by(|a, b| nearness(b).total_cmp(&nearness(a)));
    states
}

/// The minutes in which a rule counts: those of its window, or ten.
pub fn window_minutes(rule: &Alert) -> f64 {
    rule.window
        .map_or(10.0, |window| window.seconds().max(60) as f64 / 60.0)
}

/// The value as a multiple of the threshold.
pub fn nearness(state: &RuleState) -> f64 {
    if state.threshold > 0.0 && state.value.is_finite() {
        state.value / state.threshold
    } else {
        0.0
    }
}

/// The state that belongs to an alert with these labels.
pub fn state_of<'a>(view: &'a View, labels: &Texts) -> Option<&'a RuleState> {
    let states = rule_states(view, name(labels));
    let mut of_label = states.iter().copied().filter(|state| match &state.label {
        Some((label, value)) => labels.get(*label) == Some(value),
        None => true,
    });
    of_label.next()
}

/// The page of an alert's cause: that which its annotation names, or which its rule has, or that of the rule.
pub fn path(context: &Context<'_>, labels: &Texts, annotations: &Texts) -> String {
    context.href(&cause_path(context, labels, annotations))
}

/// The same without the prefix and the language.
pub fn cause_path(context: &Context<'_>, labels: &Texts, annotations: &Texts) -> String {
    let name = name(labels);
    let named = annotations.get("runbook_url").and_then(|url| {
        let (_, topic) = url.rsplit_once("/codes/")?;
        context.catalog().topic(topic).map(|_| topic)
    });
    let of_rule = || rule(context, name).and_then(|rule| rule.page.as_deref());
    match named.or_else(of_rule) {
        Some(topic) => format!("/codes/{topic}"),
        None => format!("/alerts/{name}"),
    }
}

/// Whether an alert is about a code or condition.
pub fn is_about(context: &Context<'_>, topic: Topic, labels: &Texts, annotations: &Texts) -> bool {
    let wanted = context.catalog().topic_name(topic);
    let named = annotations.get("runbook_url");
    if named.is_some_and(|url| url.ends_with(&format!("/codes/{wanted}"))) {
        return true;
    }
    rule(context, name(labels)).is_some_and(|rule| {
        rule.page.as_deref() == Some(&wanted)
            || rule.conditions.contains(&wanted)
            || matches!(topic, Topic::Code(code) if rule.codes.contains(&code))
    })
}
