//! The codes by trouble: by how much more there is of them than usual, never by number.

use std::cmp::Reverse;

use maud::{Markup, html};

use super::document::CodeEntry;
use crate::catalog::{Text, Topic};
use crate::metrics::{OTHER_CODE, Series};
use crate::parse::Direction;
use crate::web::alerts::{self, Relevant};
use crate::web::context::Context;
use crate::web::layout;
use crate::web::numbers::{factor, rate};
use crate::web::past::{self, is};

/// How many codes are shown of each direction.
const MAX_CODES: usize = 7;

/// The condition that is shown beside the codes, because several codes say it.
const MAILBOX_FULL: &str = "mailbox_full";

/// The groups of rates: each code, and [`MAILBOX_FULL`].
const GROUPS: usize = OTHER_CODE as usize + 1;

/// One row.
struct Trouble {
    topic: Topic,
    rate: f64,
    usual: Option<f64>,
}

/// The rows of a direction, the worst first.
fn troubles(context: &Context<'_>, direction: Direction) -> Vec<Trouble> {
    let full = context.catalog().condition_named(MAILBOX_FULL);
    let group = |series: &Series| match series {
        Series::Code(number, code) if is(*number, direction) => {
            let fails = matches!(code / 100, 1 | 4 | 5);
            fails.then_some(usize::from(*code))
        }
        Series::Condition(number, name) if is(*number, direction) && name == MAILBOX_FULL => {
            Some(GROUPS - 1)
        }
        _ => None,
    };
    let now = past::five_minutes(context, GROUPS, group);
    let seen: Vec<(usize, f64)> = (0..GROUPS)
        .filter_map(|at| Some((at, now.at(0, at)?)))
        .filter(|(_, rate)| *rate > 0.0)
        .collect();
    let place = |series: &Series| {
        let wanted = group(series)?;
        seen.iter().position(|(at, _)| *at == wanted)
    };
    let usual = past::usual(context, seen.len().max(1), place);
    let rows = seen.iter().zip(usual).filter_map(|(&(at, rate), usual)| {
        let topic = match at {
            at if at == GROUPS - 1 => Topic::Condition(full?),
            at => Topic::Code(u16::try_from(at).ok()?),
        };
        Some(Trouble { topic, rate, usual })
    });
    let mut rows: Vec<Trouble> = rows.collect();
    let excess = |it: &Trouble| (it.rate - it.usual.unwrap_or(0.0)).max(0.0);
    rows.sort_by_key(|it| Reverse(((excess(it) * 100.0) as u64, (it.rate * 100.0) as u64)));
    rows.truncate(MAX_CODES);
    rows
}

/// The codes of both directions.
pub fn block(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    let outbound = troubles(context, Direction::Outbound);
    let inbound = troubles(context, Direction::Inbound);
    layout::block(
        context.t("Codes by trouble", "按异常程度排列的代码"),
        context.t(
            "5 min, against what is usual at this time",
            "5 分钟，与平时此时段相比",
        ),
        &html! {
            (table(context, relevant, context.t("Other servers’ replies to us, worst first", "对方服务器的回复，异常在前"), &outbound))
            (table(context, relevant, context.t("Our replies to clients", "我方对客户端的回复"), &inbound))
            p { a href=(context.href("/codes")) { (context.t("All codes", "全部代码")) } }
        },
    )
}

fn table(
    context: &Context<'_>,
    relevant: &Relevant<'_>,
    caption: &str,
    rows: &[Trouble],
) -> Markup {
    let fires = |topic: Topic| is_firing(context, relevant, topic);
    html! {
        table {
            caption { (caption) }
            thead {
                tr {
                    th scope="col" { (context.t("Code", "代码")) }
                    th scope="col" { (context.t("per min", "每分钟")) }
                    th scope="col" { (context.t("usual", "平时")) }
                    th scope="col" { (context.t("Change", "变化")) }
                }
            }
            tbody {
                @for row in rows {
                    tr class=[fires(row.topic).then_some("hot")] {
                        th scope="row" { (topic_link(context, row.topic)) }
                        td { (rate(row.rate)) }
                        td { (context.rate_or_dash(row.usual)) }
                        td {
                            @match row.usual {
                                Some(usual) if usual > 0.0 => (factor(row.rate / usual)),
                                Some(_) => (context.t("new", "新增")),
                                None => "–",
                            }
                        }
                    }
                }
                @if rows.is_empty() {
                    tr { td.dim colspan="4" { (context.t("No failures in the last 5 minutes.", "最近 5 分钟没有失败。")) } }
                }
            }
        }
    }
}

/// The codes of both directions, for JSON.
pub fn entries(context: &Context<'_>, relevant: &Relevant<'_>) -> Vec<CodeEntry> {
    let directions = [Direction::Outbound, Direction::Inbound].into_iter();
    let entries = directions.flat_map(|direction| {
        let entry = move |it: Trouble| CodeEntry {
            code: context.catalog().topic_name(it.topic),
            name: short_name(context, it.topic)
                .map_or_else(String::new, |it| context.text(&it).to_owned()),
            direction: direction.name().to_owned(),
            per_minute: it.rate,
            usual: it.usual,
            firing: is_firing(context, relevant, it.topic),
        };
        troubles(context, direction).into_iter().map(entry)
    });
    entries.collect()
}

/// Whether a firing alert is about a code or condition.
fn is_firing(context: &Context<'_>, relevant: &Relevant<'_>, topic: Topic) -> bool {
    let mut firing = relevant.firing.iter();
    firing.any(|it| alerts::is_about(context, topic, &it.labels, &it.annotations))
}

/// A few words about a topic.
fn short_name(context: &Context<'_>, topic: Topic) -> Option<Text> {
    let catalog = context.catalog();
    match topic {
        Topic::Condition(id) => catalog
            .conditions()
            .get(usize::from(id.0))
            .map(|it| it.short.clone()),
        _ => catalog.explain(topic).name,
    }
}

/// A link to the page of a topic with its name behind it.
fn topic_link(context: &Context<'_>, topic: Topic) -> Markup {
    let name = context.catalog().topic_name(topic);
    html! {
        a href=(context.href(&format!("/codes/{name}"))) { (name) } " "
        @if let Some(words) = &short_name(context, topic) { span.s.dim { (context.text(words)) } }
    }
}
