//! The alerts of the last seven days.

use maud::{Markup, html};

use crate::catalog::Text;
use crate::web::alert_list::short_name;
use crate::web::alerts::{self, Relevant, Texts};
use crate::web::context::Context;
use crate::web::layout::{self, breakable};

/// Seconds of the time line: seven days.
const WEEK: i64 = 7 * 86_400;

/// How many alerts are listed.
const MAX_ROWS: usize = 30;

/// How many rules have a line in the time line.
const MAX_LINES: usize = 8;

/// One alert: its labels, annotations, beginning, and end if it has ended.
struct Row<'a> {
    labels: &'a Texts,
    annotations: &'a Texts,
    summary: &'a Text,
    fired: i64,
    resolved: Option<i64>,
    is_silenced: bool,
}

/// The block.
pub fn block(context: &Context<'_>, relevant: &Relevant<'_>) -> Markup {
    let firing = relevant
        .firing
        .iter()
        .chain(&relevant.silenced)
        .filter_map(|it| {
            Some(Row {
                labels: &it.labels,
                annotations: &it.annotations,
                summary: &it.summary,
                fired: it.fired?,
                resolved: None,
                is_silenced: it.inhibited_by.is_some(),
            })
        });
    let ended = relevant.ended.iter().map(|it| Row {
        labels: &it.labels,
        annotations: &it.annotations,
        summary: &it.summary,
        fired: it.fired,
        resolved: Some(it.resolved),
        is_silenced: false,
    });
    let mut rows: Vec<Row<'_>> = firing.chain(ended).collect();
    rows.sort_by_key(|it| std::cmp::Reverse(it.fired));
    let content = html! {
        @if rows.is_empty() {
            p.dim { (context.t("No alert has fired.", "没有触发过告警。")) }
        } @else {
            (time_line(context, &rows))
            (table(context, &rows))
        }
    };
    layout::block(context.t("Last 7 days", "最近 7 天"), "", &content)
}

/// One line for each rule, with a bar while it fired.
fn time_line(context: &Context<'_>, rows: &[Row<'_>]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for row in rows {
        let name = alerts::name(row.labels);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.truncate(MAX_LINES);
    let end = context.now;
    let place = |time: i64| {
        let share = (time - (end - WEEK)) as f64 / WEEK as f64;
        share.clamp(0.0, 1.0) * 100.0
    };
    let percent = |number: f64| format!("{number:.2}%");
    let height = 100.0 / names.len().max(1) as f64;
    html! {
        figure {
            svg.tl role="img" aria-labelledby="wt wd" height={ (names.len() * 36) } width="100%" {
                title id="wt" { (context.t("Alerts of the last 7 days", "最近 7 天的告警")) }
                desc id="wd" { (rows.len()) (context.t(" alerts, all listed in the table below.", " 次告警，均列于下表。")) }
                @for (line, name) in names.iter().enumerate() {
                    @let top = line as f64 * height;
                    text.v x="0" y=(percent(top + height * 0.4)) { (short_name(name)) }
                    line.g x1="0" x2="100%" y1=(percent(top + height * 0.8)) y2=(percent(top + height * 0.8)) {}
                    @for row in rows.iter().filter(|it| alerts::name(it.labels) == *name) {
                        @let left = place(row.fired);
                        @let width = (place(row.resolved.unwrap_or(end)) - left).clamp(0.9, 100.0);
                        rect class=(colour(row))
                            x=(percent(left.min(100.0 - width))) width=(percent(width)) y=(percent(top + height * 0.5)) height=(percent(height * 0.3)) {}
                    }
                }
            }
            p.key {
                span { svg viewBox="0 0 18 11" aria-hidden="true" { rect.tc width="18" height="11" {} } (context.t("critical", "严重")) } " "
                span { svg viewBox="0 0 18 11" aria-hidden="true" { rect.tw width="18" height="11" {} } (context.t("warning", "警告")) } " "
                span { svg viewBox="0 0 18 11" aria-hidden="true" { rect.ts width="18" height="11" {} } (context.t("silenced", "已静默")) }
            }
        }
    }
}

/// The colour of a bar.
fn colour(row: &Row<'_>) -> &'static str {
    match (row.is_silenced, alerts::is_critical(row.labels)) {
        (true, _) => "ts",
        (false, true) => "tc",
        (false, false) => "tw",
    }
}

fn table(context: &Context<'_>, rows: &[Row<'_>]) -> Markup {
    html! {
        table {
            thead {
                tr {
                    th scope="col" { (context.t("When", "时间")) }
                    th.l scope="col" { (context.t("Alert", "告警")) }
                    th scope="col" { (context.t("Lasted", "持续时间")) }
                }
            }
            tbody {
                @for row in rows.iter().take(MAX_ROWS) {
                    tr {
                        th scope="row" { span.nw { (context.time(row.fired)) } }
                        td.l {
                            a href=(alerts::path(context, row.labels, row.annotations)) { (breakable(short_name(alerts::name(row.labels)))) }
                            @if let Some(provider) = row.labels.get("provider") { (context.t(", ", "，")) (provider) }
                            " "
                            @if row.is_silenced {
                                span.dim.nw { "– " (context.t("silenced", "已静默")) }
                            } @else if alerts::is_critical(row.labels) {
                                b.crit.nw { "▲ " (context.t("critical", "严重")) }
                            } @else {
                                b.warn.nw { "◆ " (context.t("warning", "警告")) }
                            }
                            @if let Some(text) = context.known_text(row.summary) { br; span.s.dim { (text) } }
                        }
                        td class=[row.resolved.map(|_| "nw")] {
                            @match row.resolved {
                                Some(resolved) => (context.duration(resolved - row.fired)),
                                None => {
                                    (context.t("", "已 ")) (context.duration(context.now - row.fired)) (context.t(" so far", ""))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
