//! What a code means, in the project's words, and the reference: the table's sentences to the letter, related codes and
//! sources. Totals since the start are here only.

use maud::{Markup, html};

use super::evidence_page::{short_text, topic_link};
use super::facts::Facts;
use crate::catalog::{DocumentRow, Topic};
use crate::web::context::Context;
use crate::web::layout;
use crate::web::numbers::thousands;

/// What it means, with its severity and the totals.
pub fn meaning(context: &Context<'_>, facts: &Facts<'_>, title: &str) -> Markup {
    let explanation = &facts.explanation;
    let zh = context.zh();
    let kinds: Vec<&str> = explanation.kinds.iter().map(|kind| kind.text(zh)).collect();
    let leading = facts.evidence.leading.filter(|it| it.0 != facts.topic);
    // What is measured decides it, as in the advice.
    let actor = leading.map_or(explanation.actor, |(topic, _)| {
        facts.catalog.explain(topic).actor
    });
    let name = facts.name();
    let rules = context.settings.policy.alerts.iter();
    let rules: Vec<_> = rules
        .filter(|rule| rule.page.as_deref() == Some(&name))
        .collect();
    layout::block(
        context.t("What it means", "含义"),
        title,
        &html! {
            p.s.dim {
                (explanation.severity.text(zh))
                @if !kinds.is_empty() { " · " (kinds.join(" / ")) }
                " · " (context.t("who should act: ", "谁来处理：")) (actor.text(zh))
            }
            p { (context.text(&explanation.meaning)) }
            @if let Some((topic, share)) = leading {
                p {
                    (context.percent(share)) (context.t(" of the recent replies: ", " 的近期回复为 "))
                    (topic_link(context, facts, topic)) " " (short_text(context, facts, topic))
                }
                p { (context.text(&explanation.remedy)) }
            }
            (totals(context, facts))
            @if !rules.is_empty() {
                p.s.dim {
                    (context.t("Alerts: ", "告警规则："))
                    @for (at, rule) in rules.iter().enumerate() {
                        @if at > 0 { (context.t(", ", "、")) }
                        a href=(context.href(&format!("/alerts/{}", rule.name))) { (rule.name) }
                    }
                }
            }
        },
    )
}

/// The counts since the start, by direction, and of the windows.
fn totals(context: &Context<'_>, facts: &Facts<'_>) -> Markup {
    let names = [
        context.t("outbound", "外发"),
        context.t("inbound", "接收"),
        context.t("local", "本地"),
    ];
    let [_, hour, day, _] = facts.evidence.counts;
    let counted = names
        .into_iter()
        .zip(facts.counts)
        .filter(|(_, count)| *count > 0);
    let counted: Vec<_> = counted.collect();
    html! {
        p.s.dim {
            @if counted.is_empty() {
                (context.t("Not seen yet.", "尚未出现。"))
            } @else {
                (context.t("Counted since the start: ", "累计："))
                @for (at, (name, count)) in counted.iter().enumerate() {
                    @if at > 0 { (context.t(", ", "，")) }
                    (name) " " (thousands(*count))
                }
                (context.t(" · failures of the last 24 h: ", " · 最近 24 小时失败："))
                (thousands(day)) (context.t(" · last hour: ", " · 最近 1 小时：")) (thousands(hour))
            }
        }
    }
}

/// The rows of the reference table, folded.
fn table_rows(context: &Context<'_>, facts: &Facts<'_>) -> Markup {
    let rows = facts.explanation.document;
    let name = facts.name();
    // The condition above a row may explain the word already.
    let explains = |row: &DocumentRow| {
        let when = row.when.as_ref().map(|when| context.text(when));
        when.is_some_and(|when| when.contains("邮递员"))
    };
    let lacks_remedy = rows.iter().all(|row| row.remedy.is_none());
    html! {
        details {
            summary {
                (context.t("Reference table (Chinese): ", "对照表原文：")) (name)
            }
            @for row in rows { (reference_row(context, row)) }
            @if rows.iter().any(names_postmaster) && !rows.iter().any(explains) {
                p.dim.s {
                    (context.t("In the table, “邮递员” means the postmaster.", "文中“邮递员”指邮件管理员（postmaster）。"))
                }
            }
            @if lacks_remedy {
                p.dim.s {
                    (context.t("The reference table has no remedy for this code; the advice above is from this project.",
                        "对照表没有给出此代码的处理办法；上面的建议来自本项目。"))
                }
            }
        }
    }
}

/// The last block.
pub fn block(context: &Context<'_>, facts: &Facts<'_>) -> Markup {
    let sources = facts.explanation.sources.iter();
    let sources: Vec<&str> = sources.map(|source| context.text(source)).collect();
    let related = match facts.topic {
        Topic::Condition(_) => context.t("Codes in this category", "此分类的代码"),
        _ => context.t("Related codes and conditions", "相关代码与原因分类"),
    };
    layout::block(
        context.t("Reference", "参考"),
        "",
        &html! {
            @if !facts.explanation.document.is_empty() { (table_rows(context, facts)) }
            @if !facts.related.is_empty() {
                details {
                    summary { (related) }
                    ul.codes.long {
                        @for topic in &facts.related {
                            li { (topic_link(context, facts, *topic)) span { (short_text(context, facts, *topic)) } }
                        }
                    }
                }
            }
            @if !sources.is_empty() {
                p.dim.s {
                    (context.t("Sources: ", "出处：")) (sources.join(context.t(", ", "、"))) (context.t(".", "。"))
                }
            }
        },
    )
}

/// Whether a row has the reference table's word for the postmaster.
fn names_postmaster(row: &DocumentRow) -> bool {
    let texts = [&row.explanation, &row.remedy].into_iter().flatten();
    texts
        .chain([&row.meaning])
        .any(|text| text.contains("邮递员"))
}

/// A row of the reference table, verbatim. Only the words around it are in the page's language.
fn reference_row(context: &Context<'_>, row: &DocumentRow) -> Markup {
    let quoted = |name: &str, text: &str| {
        html! { dt { (name) } dd lang="zh-Hans" { (text) } }
    };
    html! {
        @if let Some(when) = &row.when { h3 { (context.text(when)) } }
        dl.doc {
            dt { (context.t("English message", "英文信息")) }
            dd lang="en" { (row.message) }
            (quoted(context.t("Meaning", "含义"), &row.meaning))
            @if let Some(text) = &row.explanation { (quoted(context.t("Explanation", "说明"), text)) }
            @if let Some(text) = &row.remedy { (quoted(context.t("Remedy", "处理办法"), text)) }
        }
    }
}
