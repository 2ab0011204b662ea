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

/// Whether a source is read as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceState {
    Up,
    Down,
    CatchingUp,
    ClockOff,
}

impl SourceState {
    /// The state of a source; where several hold, the worst.
    pub fn of(source: &SourceStats) -> Self {
        if !source.up {
            SourceState::Down
        } else if source.catching_up {
            SourceState::CatchingUp
        } else if source.clock_offset.abs() >= CLOCK_OFF {
            SourceState::ClockOff
        } else {
            SourceState::Up
        }
    }

    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            SourceState::Up => "up",
            SourceState::Down => "down",
            SourceState::CatchingUp => "catching_up",
            SourceState::ClockOff => "clock_off",
        }
    }
}

fn state(context: &Context<'_>, source: &SourceStats) -> Markup {
    match SourceState::of(source) {
        SourceState::Down => {
            html! { b.crit.nw { "✕ " (context.t("cannot be read", "不可读")) } }
        }
        SourceState::CatchingUp => {
            html! { b.warn.nw { "↻ " (context.t("catching up", "补读中")) } }
        }
        SourceState::ClockOff => {
            html! { b.warn.nw { "◆ " (context.t("clock off", "时钟偏差")) } }
        }
        SourceState::Up => html! { b.ok.nw { "✓ " (context.t("up", "正常")) } },
    }
}

/// The share of lines of unknown form; `None` without lines.
pub fn unmatched_share(source: &SourceStats) -> Option<f64> {
    let lines = source.events + source.noise + source.unmatched;
    (lines > 0).then(|| source.unmatched as f64 / lines as f64)
}

/// The format, the clock, and the share of lines that were not understood.
fn details(context: &Context<'_>, source: &SourceStats) -> Markup {
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
        @if let Some(unmatched) = unmatched_share(source) {
            " · " (context.percent(unmatched)) (context.t(" not understood", " 未识别"))
        }
        @if source.dropped + source.truncated > 0 {
            " · " (source.dropped + source.truncated) (context.t(" lines lost or cut", " 行丢失或截断"))
        }
    }
}
