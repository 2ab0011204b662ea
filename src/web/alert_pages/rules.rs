//! All rules with their value now against their threshold, the nearest first.

use maud::{Markup, html};

use crate::catalog::Alert;
use crate::metrics::{ActiveAlert, RuleState};
use crate::web::alert_list::{short_name, value};
use crate::web::alerts::{self, Relevant, nearness, rule_states};
use crate::web::context::Context;
use crate::web::layout::{self, bar, breakable};

/// One rule.
struct Row<'a> {
    rule: &'a Alert,
    /// Its state, or that of the provider or source that is nearest to the threshold.
    state: Option<&'a RuleState>,
}

/// The block.
pub fn block(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    let rules = &context.settings.policy.alerts;
    let mut groups: Vec<&str> = Vec::new();
    for rule in rules {
        if !groups.contains(&&*rule.group) {
            groups.push(&rule.group);
        }
    }
    let tables: Vec<Markup> = groups
        .iter()
        .map(|group| table(context, relevant, group))
        .collect();
    let content = html! {
        div.two {
            div { @for table in tables.iter().step_by(2) { (table) } }
            div { @for table in tables.iter().skip(1).step_by(2) { (table) } }
        }
        p.s.dim {
            (context.t("Names without their prefix Maillog; nearest to the threshold first. A full bar is the threshold.",
                "名称省略前缀 Maillog；接近阈值者在前。横条填满即达到阈值。"))
        }
    };
    layout::block(context.t("All rules", "全部规则"), "", &content)
}

/// What the rules of a group are about.
fn caption<'a>(context: &Context<'_>, group: &'a str) -> &'a str {
    match group {
        "refusals" => context.t("421 replies", "421 回复"),
        "mailboxes" => context.t("Full mailboxes", "邮箱已满"),
        "network" => context.t("Connections and DNS", "连接与 DNS"),
        "local" => context.t("This server", "本机"),
        "providers" => context.t("By provider", "按服务商"),
        "reputation" => context.t("What others think of our mail", "对方如何看待我们的邮件"),
        "deliveries" => context.t("Deliveries", "投递"),
        "surges" => context.t("Far more than usual", "远多于平时"),
        "fleet" => context.t("Several servers at once", "多台服务器同时"),
        "exporter" => context.t("The exporter itself", "导出器自身"),
        other => other,
    }
}

fn table(context: &Context<'_>, relevant: &Relevant<'_>, group: &str) -> Markup {
    let rules = context.settings.policy.alerts.iter();
    let mut rows: Vec<Row<'_>> = rules
        .filter(|rule| rule.group == group)
        .map(|rule| Row {
            rule,
            state: rule_states(context.view, &rule.name).first().copied(),
        })
        .collect();
    let near = |row: &Row<'_>| row.state.map_or(-1.0, nearness);
    rows.sort_by(|a, b| near(b).total_cmp(&near(a)));
    html! {
        table.rules {
            caption { b { (caption(context, group)) } }
            thead {
                tr {
                    th scope="col" { (context.t("Rule", "规则")) }
                    th.now scope="col" { (context.t("Now", "当前")) }
                    th scope="col" { (context.t("Alert from", "阈值")) }
                }
            }
            tbody { @for row in &rows { (rule_row(context, relevant, row)) } }
        }
    }
}

fn rule_row(context: &Context<'_>, relevant: &Relevant<'_>, row: &Row<'_>) -> Markup {
    let name = &row.rule.name;
    let has = |list: &[&ActiveAlert]| list.iter().any(|it| alerts::name(&it.labels) == name);
    let (firing, pending) = (has(&relevant.firing), has(&relevant.pending));
    let colour = match (firing, pending) {
        (true, _) => "tc",
        (_, true) => "tw",
        _ => "lo",
    };
    html! {
        tr {
            th scope="row" {
                a href=(context.href(&format!("/alerts/{name}"))) { (breakable(short_name(name))) } " "
                @if firing {
                    b.crit.nw { "▲ " (context.t("firing", "告警中")) }
                } @else if pending {
                    b.warn.nw { "◆ " (context.t("pending", "待触发")) }
                } @else if has(&relevant.silenced) {
                    span.dim.nw { "– " (context.t("silenced", "已静默")) }
                }
                br;
                span.s.dim {
                    (context.text(row.rule.title()))
                    @if let Some((_, label)) = row.state.and_then(|it| it.label.as_ref()) {
                        (context.t(": ", "：")) (label)
                    }
                }
            }
            @match row.state {
                Some(state) => {
                    td.now { (value(context, state, state.value)) (bar(nearness(state), colour)) }
                    td.nw {
                        (value(context, state, state.threshold))
                        @if let Some(usual) = state.usual {
                            br; span.s.dim { (context.t("usual ", "平时 ")) (value(context, state, usual)) }
                        }
                    }
                }
                None => {
                    td.now.dim { (context.t("no data", "无数据")) }
                    td.dim { "–" }
                }
            }
        }
    }
}
