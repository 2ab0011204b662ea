//! Firing, pending and silenced alerts as lists.

use maud::{Markup, html};

use super::alerts::{self, Relevant};
use super::context::Context;
use super::layout::breakable;
use super::numbers::{rate, thousands};
use super::situation::{self, pending_line};
use crate::metrics::{ActiveAlert, RuleState};

/// All of them below each other, for the status page.
pub fn overview(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    let active = relevant.firing.iter().chain(&relevant.pending);
    html! {
        @if relevant.firing.is_empty() && relevant.pending.is_empty() {
            p { b.ok { "✓ " (context.t("No alert", "没有告警")) } }
            @if let Some(last) = relevant.ended.first() {
                p.s.dim {
                    (context.t("Last one: ", "上次告警：")) (breakable(alerts::name(&last.labels))) ", "
                    (context.time(last.fired)) " – " (context.time(last.resolved))
                }
            }
        } @else {
            (list(context, active.copied()))
        }
        (silenced(context, relevant))
        p { a href=(context.href("/alerts")) { (context.t("All alerts", "全部告警")) } }
    }
}

/// A list of alerts.
pub fn list<'a>(context: &Context<'_>, alerts: impl Iterator<Item = &'a ActiveAlert>) -> Markup {
    html! { ul.al { @for alert in alerts { (item(context, alert)) } } }
}

fn item(context: &Context<'_>, alert: &ActiveAlert) -> Markup {
    let critical = alerts::is_critical(&alert.labels);
    let severity = match critical {
        true => context.t("critical", "严重"),
        false => context.t("warning", "警告"),
    };
    let separator = context.t(", ", "，");
    let path = alerts::path(context, &alert.labels, &alert.annotations);
    let since = alert.fired.unwrap_or(alert.since);
    let state = alerts::state_of(context.view, &alert.labels);
    html! {
        li class=[(alert.fired.is_some() && critical).then_some("hot")] {
            p {
                b { a href=(path) { (breakable(alerts::name(&alert.labels))) } } " "
                @match alert.fired {
                    Some(_) if critical => b.crit.nw { "▲ " (context.t("firing", "告警中")) (separator) (severity) },
                    Some(_) => b.warn.nw { "▲ " (context.t("firing", "告警中")) (separator) (severity) },
                    None => b.warn.nw { "◆ " (context.t("pending", "待触发")) (separator) (severity) },
                }
            }
            p { (situation::summary(context, alert)) }
            @if alert.fired.is_none() { p.s { (pending_line(context, alert)) } }
            p.fx {
                span {
                    span.dim { (context.t("since ", "开始 ")) } (context.time(since))
                    (context.t(" (", "（")) (context.duration(context.as_of() - since)) (context.t(")", "）"))
                }
                @if let Some(state) = state {
                    " " span { span.dim { (context.t("now ", "当前 ")) } b { (value(context, state, state.value)) } }
                    " " span { span.dim { (context.t("alert from ", "阈值 ")) } (value(context, state, state.threshold)) }
                }
            }
        }
    }
}

/// The alerts that others silence, in one line.
pub fn silenced(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    html! {
        @if !relevant.silenced.is_empty() {
            p.s {
                (context.t("– Silenced, same cause: ", "– 已静默，同一原因："))
                @for (at, alert) in relevant.silenced.iter().enumerate() {
                    @if at > 0 { (context.t(", ", "、")) }
                    @let name = alerts::name(&alert.labels);
                    a href=(context.href(&format!("/alerts/{name}"))) { (breakable(short_name(name))) }
                    @if let Some(state) = alerts::state_of(context.view, &alert.labels) {
                        (context.t(" (", "（")) (value(context, state, state.value)) (context.t(")", "）"))
                    }
                }
                (context.t(".", "。"))
            }
        }
    }
}

/// The name of a rule without the prefix that all have.
pub fn short_name(name: &str) -> &str {
    name.strip_prefix("Maillog").unwrap_or(name)
}

/// A value of a rule: a share in percent, or a count.
pub fn value(context: &Context<'_>, state: &RuleState, value: f64) -> String {
    match value {
        value if !value.is_finite() => "–".to_owned(),
        value if state.is_share => context.percent(value),
        value if value >= 10.0 => thousands(value.round() as u64),
        value => rate(value),
    }
}
