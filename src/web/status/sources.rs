//! The sources with how far each is read, its clock, and what was not understood.

use maud::{Markup, html};

use crate::metrics::SourceStats;
use crate::web::context::Context;
use crate::web::layout;
use crate::web::numbers::byte_size;

/// From how many seconds on a clock is said to be off.
const CLOCK_OFF: i64 = 30;

/// The table.
pub fn block(context: &Context<'_>) -> Markup {
    let sources = &context.view.sources;
    layout::block(
        context.t("Sources", "日志源"),
        "",
        &html! {
            table {
                thead {
                    tr {
                        th scope="col" { (context.t("Source", "日志源")) }
                        th.l scope="col" { (context.t("State", "状态")) }
                        th scope="col" { (context.t("Last line", "最新一行")) }
                        th scope="col" { (context.t("Unread", "未读")) }
                    }
                }
                tbody {
                    @for source in sources { (row(context, source)) }
                    @if sources.is_empty() {
                        tr { td.dim colspan="4" { (context.t("No source yet: no mail log was found.", "尚无日志源：没有找到邮件日志。")) } }
                    }
                }
            }
        },
    )
}

fn row(context: &Context<'_>, source: &SourceStats) -> Markup {
    html! {
        tr {
            th.any scope="row" { (source.name) br; span.s.dim { (details(context, source)) } }
            td.l { (state(context, source)) }
            td.nw {
                @match source.last_line {
                    Some(last) => { (context.duration(context.now - last)) (context.t("", "前")) }
                    None => "–",
                }
            }
            td.nw { (byte_size(source.lag_bytes)) }
        }
    }
}

fn state(context: &Context<'_>, source: &SourceStats) -> Markup {
    if !source.up {
        return html! { b.crit.nw { "✕ " (context.t("cannot be read", "不可读")) } };
    }
    if source.catching_up {
        return html! { b.warn.nw { "↻ " (context.t("catching up", "补读中")) } };
    }
    if source.clock_offset.abs() >= CLOCK_OFF {
        return html! { b.warn.nw { "◆ " (context.t("clock off", "时钟偏差")) } };
    }
    html! { b.ok.nw { "✓ " (context.t("up", "正常")) } }
}

/// The format, the clock, and the share of lines that were not understood.
fn details(context: &Context<'_>, source: &SourceStats) -> Markup {
    let lines = source.events + source.noise + source.unmatched;
    let unmatched = source.unmatched as f64 / lines.max(1) as f64;
    let offset = source.clock_offset;
    let sign = match offset {
        0 => "±",
        1.. => "+",
        _ => "−",
    };
    let clock = format!("{sign}{}", context.duration(offset.abs()));
    html! {
        @if !source.formats.is_empty() { (source.formats.join(context.t(", ", "、"))) " · " }
        (context.t("clock ", "时钟 "))
        @if offset.abs() >= CLOCK_OFF { b.warn { (clock) } } @else { (clock) }
        @if lines > 0 {
            " · " (context.percent(unmatched)) (context.t(" not understood", " 未识别"))
        }
        @if source.dropped + source.truncated > 0 {
            " · " (source.dropped + source.truncated) (context.t(" lines lost or cut", " 行丢失或截断"))
        }
    }
}
