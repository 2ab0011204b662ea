//! The band at the top of a page: the state, in one word, one sentence, and what to do first.
//!
//! Where several states hold, the first of these is shown and the rest is named below: a source is down, an alert fires,
//! there are no lines, old lines are read, an alert is pending, one has resolved, nothing.

use maud::{Markup, html};

use super::alerts::{self, Relevant};
use super::context::Context;
use super::numbers::byte_size;
use super::past;
use crate::metrics::{ActiveAlert, Series, SourceStats};

/// How long there must be no line before that is said, in seconds.
const NO_LINES: i64 = 15 * 60;

/// The band.
pub struct Band {
    /// The class of the style sheet.
    pub class: &'static str,
    /// Shown before the state, and in the title of the window.
    pub sign: &'static str,
    pub state: Markup,
    pub title: Markup,
    pub lines: Vec<Markup>,
    /// What to do first.
    pub first: Option<Markup>,
}

/// What a page says where nothing is wrong with the exporter itself.
#[derive(Default)]
pub struct Words {
    /// While an alert fires or is pending: what is wrong.
    pub trouble: Option<Markup>,
    /// Who and how much.
    pub facts: Vec<Markup>,
    /// What to do first.
    pub first: Option<Markup>,
    /// What is left to do when the alert has resolved.
    pub left: Option<Markup>,
    /// While no alert is active.
    pub quiet: Markup,
    pub quiet_facts: Vec<Markup>,
}

/// The band of a page about some alerts.
pub fn band(context: &Context<'_>, relevant: &Relevant<'_>, words: Words) -> Band {
    let down: Vec<&SourceStats> = context.view.sources.iter().filter(|it| !it.up).collect();
    let mut rest = Vec::new();
    if !down.is_empty() {
        if let Some(alert) = relevant.firing.first() {
            rest.push(html! { "▲ " (firing_state(context, alert)) ": " (summary(context, alert)) });
        }
        return source_down(context, &down, rest);
    }
    let silent = no_lines_since(context);
    let behind = is_behind(context);
    if let Some(alert) = relevant.firing.first() {
        if silent.is_some() {
            rest.push(html! { (context.t("– No data", "– 无数据")) });
        } else if behind {
            rest.push(behind_state(context));
        }
        return active_band(context, alert, words, rest);
    }
    if let Some(since) = silent {
        return no_data(context, since);
    }
    if behind {
        return catching_up(context, relevant);
    }
    if let Some(alert) = relevant.pending.first() {
        return active_band(context, alert, words, rest);
    }
    if let Some(alert) = relevant.silenced.first() {
        return silenced(context, alert, words);
    }
    if let Some(ended) = relevant.resolved(context.now) {
        let lasted = context.duration(ended.resolved - ended.fired);
        let text = context.known_text(&ended.summary);
        let mut lines: Vec<Markup> = text.into_iter().map(|text| html! { (text) }).collect();
        lines.extend(words.quiet_facts);
        return Band {
            class: "resolved",
            sign: "✓",
            state: html! {
                (context.t("Resolved ", "已于 ")) (context.time(ended.resolved))
                (context.t(" · fired for ", " 恢复 · 持续 ")) (lasted)
            },
            title: words.quiet,
            lines,
            first: words.left,
        };
    }
    if let Some(trouble) = words.trouble {
        // Measured, but no alert: neither red nor green.
        return Band {
            class: "none",
            sign: "–",
            state: html! { (context.t("No alert", "没有告警")) },
            title: trouble,
            lines: words.facts,
            first: words.first,
        };
    }
    Band {
        class: "quiet",
        sign: "✓",
        state: html! { (context.t("No alert", "没有告警")) },
        title: words.quiet,
        lines: words.quiet_facts,
        first: None,
    }
}

/// One line about an alert: its summary with figures, or the title of its rule.
pub fn summary(context: &Context<'_>, alert: &ActiveAlert) -> String {
    if let Some(summary) = context.known_text(&alert.summary) {
        return summary.to_owned();
    }
    let rule = alerts::rule(context, alerts::name(&alert.labels));
    let text = rule.map(|rule| context.text(rule.title()).to_owned());
    let text = text.unwrap_or_else(|| alerts::name(&alert.labels).to_owned());
    let subject = alert.labels.get("provider").or(alert.labels.get("source"));
    match subject {
        Some(subject) => format!("{text}{}{subject}", context.t(": ", "：")),
        None => text,
    }
}

fn severity(context: &Context<'_>, alert: &ActiveAlert) -> &'static str {
    match alerts::is_critical(&alert.labels) {
        true => context.t("critical", "严重"),
        false => context.t("warning", "警告"),
    }
}

/// `Firing · critical · since 02:41 (23 min)`.
fn firing_state(context: &Context<'_>, alert: &ActiveAlert) -> Markup {
    let since = alert.fired.unwrap_or(alert.since);
    let span = context.duration(context.as_of() - since);
    html! {
        (context.t("Firing · ", "告警中 · ")) (severity(context, alert))
        (context.t(" · since ", " · 自 ")) (context.time(since))
        @if context.zh() { " 起，已 " (span) } @else { " (" (span) ")" }
    }
}

/// The band of a firing or pending alert.
fn active_band(
    context: &Context<'_>,
    alert: &ActiveAlert,
    words: Words,
    rest: Vec<Markup>,
) -> Band {
    let name = alerts::name(&alert.labels);
    // What is measured about mail is not what an alert about the exporter says.
    let is_about_mail = alerts::rule(context, name).is_none_or(|rule| rule.is_about_mail());
    let measured = words.trouble.filter(|_| is_about_mail);
    let mut lines = words.facts;
    if measured.is_none() && !is_about_mail {
        lines.clear();
    }
    let title = measured.unwrap_or_else(|| html! { (summary(context, alert)) });
    let is_critical = alerts::is_critical(&alert.labels);
    let (class, sign, state) = match alert.fired {
        Some(_) if is_critical => ("firing", "▲", firing_state(context, alert)),
        Some(_) => ("warned", "▲", firing_state(context, alert)),
        None => {
            lines.push(pending_line(context, alert));
            let state = html! {
                (context.t("Pending · ", "待触发 · ")) (severity(context, alert))
                (context.t(" · since ", " · 自 ")) (context.time(alert.since)) (context.t("", " 起"))
            };
            ("pending", "◆", state)
        }
    };
    lines.extend(rest);
    Band {
        class,
        sign,
        state,
        title,
        lines,
        first: words.first,
    }
}

/// The band of an alert that another one of the same cause silences.
fn silenced(context: &Context<'_>, alert: &ActiveAlert, words: Words) -> Band {
    let by = alert.inhibited_by.as_deref().unwrap_or_default();
    let since = alert.fired.unwrap_or(alert.since);
    let mut lines = words.facts;
    lines.push(html! {
        (context.t("Same cause: ", "同一原因："))
        a href=(context.href(&format!("/alerts/{by}"))) { (by) }
    });
    Band {
        class: "none",
        sign: "–",
        state: html! {
            (context.t("Silenced · since ", "已静默 · 自 ")) (context.time(since)) (context.t("", " 起"))
        },
        title: words
            .trouble
            .unwrap_or_else(|| html! { (summary(context, alert)) }),
        lines,
        first: words.first,
    }
}

/// When a pending alert fires.
pub fn pending_line(context: &Context<'_>, alert: &ActiveAlert) -> Markup {
    let rule = alerts::rule(context, alerts::name(&alert.labels));
    let fires = rule.map(|rule| alert.since + rule.r#for.seconds());
    html! {
        @if let Some(fires) = fires.filter(|fires| *fires > context.as_of()) {
            (context.t("Fires at ", "若持续，将于 ")) (context.time(fires))
            (context.t(" if it stays so; nobody has been paged yet.", " 触发；尚未通知值班人员。"))
        } @else {
            (context.t("Nobody has been paged yet.", "尚未通知值班人员。"))
        }
    }
}

fn source_down(context: &Context<'_>, down: &[&SourceStats], rest: Vec<Markup>) -> Band {
    let others = context.view.sources.len() - down.len();
    let name = &down[0].name;
    let others = match (others, context.zh()) {
        (0, false) => "No other source is read.".to_owned(),
        (0, true) => "没有其他日志源可读。".to_owned(),
        (others, false) => format!("Its mail is not counted; {others} other sources are up."),
        (others, true) => format!("该日志的邮件未计入；另 {others} 个日志源正常。"),
    };
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-*?".contains(&byte);
    let command = Some(name).filter(|it| it.starts_with('/') && it.bytes().all(is_plain));
    let command = command.map(|path| {
        let program = if path.contains(['*', '?']) {
            "ls -l"
        } else {
            "namei -l"
        };
        format!("{program} {path}")
    });
    let mut lines = vec![html! { (others) }];
    lines.extend(rest);
    Band {
        class: "down",
        sign: "✕",
        state: html! {
            (context.t("Source down", "日志源不可读"))
            @if let Some(last) = down[0].last_line {
                (context.t(" · last line ", " · 最新一行 ")) (context.time(last))
            }
        },
        title: html! {
            @if down.len() == 1 {
                (context.t("Cannot read ", "无法读取 ")) (name)
            } @else {
                (context.t("Cannot read ", "无法读取 ")) (down.len()) (context.t(" sources", " 个日志源"))
            }
        },
        lines,
        first: command.map(|command| {
            html! { b { (context.t("Do first: ", "先做：")) } code { (command) } }
        }),
    }
}

/// Since when there was no line, although there usually are lines; `None` if there are some.
fn no_lines_since(context: &Context<'_>) -> Option<i64> {
    if context.view.sources.is_empty() {
        return None;
    }
    let last = context
        .view
        .sources
        .iter()
        .filter_map(|it| it.last_line)
        .max();
    let Some(last) = last else {
        return Some(i64::MIN);
    };
    if context.now - last < NO_LINES {
        return None;
    }
    // Nights without mail are usual.
    let any = |series: &Series| matches!(series, Series::Code(..)).then_some(0);
    let usual = past::usual(context, 1, any)[0];
    (usual.unwrap_or(0.0) * NO_LINES as f64 / 60.0 > 10.0).then_some(last)
}

fn no_data(context: &Context<'_>, since: i64) -> Band {
    let command = html! {
        b { (context.t("Do first: ", "先做：")) } code { "systemctl status rsyslog postfix" }
    };
    if since == i64::MIN {
        return Band {
            class: "none",
            sign: "–",
            state: html! { (context.t("No data", "无数据")) },
            title: html! { (context.t("No line of a mail log was read yet", "尚未读到邮件日志")) },
            lines: vec![
                html! { (context.t("Figures are “–” until there is one.", "读到之前，数值显示为“–”。")) },
            ],
            first: None,
        };
    }
    let span = context.duration(context.now - since);
    Band {
        class: "none",
        sign: "–",
        state: html! { (context.t("No data · since ", "无数据 · 自 ")) (context.time(since)) (context.t("", " 起")) },
        title: match context.zh() {
            false => html! { "No line in the mail log for " (span) },
            true => html! { "已有 " (span) "没有邮件日志" },
        },
        lines: vec![html! {
            (context.t("There usually are lines at this time.", "此时段平时有日志。"))
        }],
        first: Some(command),
    }
}

/// Whether old lines are read, so that the figures are not of now.
pub fn is_behind(context: &Context<'_>) -> bool {
    context.as_of() != context.now && context.view.sources.iter().any(|it| it.catching_up)
}

fn behind_state(context: &Context<'_>) -> Markup {
    let unread: u64 = context.view.sources.iter().map(|it| it.lag_bytes).sum();
    html! { "↻ " (context.t("Catching up · ", "补读中 · 未读 ")) (byte_size(unread)) (context.t(" unread", "")) }
}

fn catching_up(context: &Context<'_>, relevant: &Relevant<'_>) -> Band {
    let waiting = context.view.sources.iter().find(|it| it.catching_up);
    let unread: u64 = context.view.sources.iter().map(|it| it.lag_bytes).sum();
    let time = context.time(context.as_of());
    Band {
        class: "behind",
        sign: "↻",
        state: html! { (context.t("Catching up · ", "补读中 · 未读 ")) (byte_size(unread)) (context.t(" unread", "")) },
        title: match context.zh() {
            false => html! { "Figures are of " (time) ", not of now" },
            true => html! { "数值截至 " (time) "，并非当前" },
        },
        lines: waiting
            .map(|source| match context.zh() {
                false => html! { "Alerts on " b { (source.name) } " are suppressed until it is read; other sources alert as usual." },
                true => html! { b { (source.name) } " 读完之前不触发告警，其他日志源照常告警。" },
            })
            .into_iter()
            .chain(relevant.pending.first().map(|alert| html! { "◆ " (context.t("Pending: ", "待触发：")) (summary(context, alert)) }))
            .collect(),
        first: None,
    }
}

#[cfg(test)]
#[path = "situation_tests.rs"]
mod tests;
