//! What covers the lists: the keys, or the details of the selected row.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Block, Clear, Paragraph};

use super::app::{App, Pane, Popup};
use super::rows::{dash, source_state};
use super::text::{clean, width, wrap};
use crate::catalog::{Catalog, Language};
use crate::cli::script::shown;
use crate::web::numbers::{byte_size, percent, rate};
use crate::web::{AlertEntry, StatusDocument};

/// The widest popup, in columns with its frame.
const WIDEST: u16 = 84;

/// Draws what is open.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let Some(popup) = app.popup else { return };
    let area = frame.area();
    let outer = area.width.saturating_sub(2).clamp(1, WIDEST);
    let inner = usize::from(outer.saturating_sub(4));
    let (title, lines, first) = match popup {
        Popup::Help => (app.t(" Keys ", " 按键 "), help(app, inner), 0),
        Popup::Details(line) => match &app.status {
            Some(status) => (
                app.t(" Details ", " 详情 "),
                details(app, status, inner),
                line,
            ),
            None => return,
        },
    };
    let height = (lines.len() as u16 + 2).min(area.height);
    let hidden = lines
        .len()
        .saturating_sub(usize::from(height.saturating_sub(2)));
    let place = Rect {
        x: area.x + (area.width - outer) / 2,
        y: area.y + (area.height - height) / 2,
        width: outer,
        height,
    };
    let foot = match hidden {
        0 => app.t(" Esc closes ", " Esc 关闭 "),
        _ => app.t(" ↑↓ scrolls, Esc closes ", " ↑↓ 滚动，Esc 关闭 "),
    };
    let block = Block::bordered().title(title).title_bottom(foot);
    let block = block.padding(ratatui::widgets::Padding::horizontal(1));
    let scroll = first.min(hidden as u16);
    frame.render_widget(Clear, place);
    frame.render_widget(
        Paragraph::new(lines).block(block).scroll((scroll, 0)),
        place,
    );
}

fn help(app: &App, columns: usize) -> Vec<Line<'static>> {
    let keys = [
        ("↑ ↓  k j", "select a row", "选择行"),
        ("Enter", "what it is and what to do", "原因与处理办法"),
        ("Tab ← → 1–4", "select a list", "选择列表"),
        ("Home End g G", "first or last row", "第一行或最后一行"),
        ("Esc", "close this", "关闭"),
        ("q  Ctrl-C", "quit", "退出"),
    ];
    let signs = app.t(
        "▲ firing  ◆ pending  ✓ as it should be  ↻ old lines are read  ✕ cannot be read  → other servers' replies  ← our replies",
        "▲ 告警中  ◆ 待触发  ✓ 正常  ↻ 补读中  ✕ 不可读  → 对方服务器的回复  ← 我方的回复",
    );
    let mut lines: Vec<Line<'static>> = Vec::new();
    for (key, en, zh) in keys {
        let space = " ".repeat(14usize.saturating_sub(width(key)));
        lines.push(Line::raw(format!("{key}{space}{}", app.t(en, zh))));
    }
    lines.push(Line::default());
    text(&mut lines, signs, columns, Style::new());
    lines
}

fn text(lines: &mut Vec<Line<'static>>, text: &str, columns: usize, style: Style) {
    let wrapped = wrap(&shown(&clean(text)), columns).into_iter();
    lines.extend(wrapped.map(|it| Line::styled(it, style)));
}

/// The details of the selected row.
fn details(app: &App, status: &StatusDocument, columns: usize) -> Vec<Line<'static>> {
    let at = app.selected[app.focus.index()];
    let mut lines = Vec::new();
    match app.focus {
        Pane::Alerts => {
            let all = status.firing.iter().chain(&status.pending);
            if let Some(alert) = all.chain(&status.silenced).nth(at) {
                alert_details(app, alert, columns, &mut lines);
            }
        }
        Pane::Codes => {
            if let Some(code) = status.codes.get(at) {
                explanation(app, &code.code, columns, &mut lines);
            }
        }
        Pane::Providers => {
            if let Some(provider) = status.providers.get(at) {
                text(&mut lines, &provider.name, columns, app.theme.bold());
                let share = |share: Option<f64>| dash(share.map(|it| percent(it, app.language)));
                let (now, usual) = (
                    share(provider.failing_share),
                    share(provider.usual_failing_share),
                );
                let rate = rate(provider.per_minute);
                let facts = match app.language {
                    Language::En => {
                        format!("{now} of {rate} replies per minute fail; usual: {usual}.")
                    }
                    Language::Zh => format!("每分钟 {rate} 个回复，失败 {now}；平时 {usual}。"),
                };
                text(&mut lines, &facts, columns, Style::new());
                let page = app
                    .is_remote
                    .then(|| format!("{}/providers/{}", app.origin, provider.name));
                if let Some(page) = page {
                    text(&mut lines, &page, columns, app.theme.focus());
                }
            }
        }
        Pane::Sources => {
            if let Some(source) = status.sources.get(at) {
                text(&mut lines, &source.name, columns, app.theme.bold());
                let (state, style) = source_state(app, source);
                text(&mut lines, state, columns, style);
                let unread = byte_size(source.lag_bytes);
                let unmatched = dash(source.unmatched_share.map(|it| percent(it, app.language)));
                let formats = source.formats.join(", ");
                let facts = match app.language {
                    Language::En => format!(
                        "{formats}; {unread} unread; {unmatched} of its lines are not understood."
                    ),
                    Language::Zh => format!("{formats}；未读 {unread}；未识别 {unmatched}。"),
                };
                text(&mut lines, &facts, columns, Style::new());
            }
        }
    }
    lines
}

fn alert_details(app: &App, alert: &AlertEntry, columns: usize, lines: &mut Vec<Line<'static>>) {
    text(lines, &alert.alert, columns, app.theme.bold());
    text(lines, &alert.summary, columns, Style::new());
    if !alert.description.is_empty() && alert.description != alert.summary {
        text(lines, &alert.description, columns, Style::new());
    }
    if let Some(other) = &alert.silenced_by {
        let same = app.t("Silenced, same cause: ", "已静默，同一原因：");
        text(lines, &format!("{same}{other}"), columns, app.theme.dim());
    }
    if let Some(code) = alert.page.strip_prefix("/codes/") {
        lines.push(Line::default());
        explanation(app, code, columns, lines);
    } else if app.is_remote && !alert.page.is_empty() {
        text(
            lines,
            &format!("{}{}", app.origin, alert.page),
            columns,
            app.theme.focus(),
        );
    }
}

/// What a code means, what to do, and the command that tells more.
fn explanation(app: &App, code: &str, columns: usize, lines: &mut Vec<Line<'static>>) {
    let catalog = Catalog::embedded();
    let Some(topic) = catalog.topic(code) else {
        return;
    };
    let explained = catalog.explain(topic);
    let name = explained.name.as_ref().map(|it| app.language.of(it));
    text(
        lines,
        &format!("{code} {}", name.unwrap_or_default()),
        columns,
        app.theme.bold(),
    );
    text(
        lines,
        app.language.of(&explained.meaning),
        columns,
        Style::new(),
    );
    lines.push(Line::default());
    text(
        lines,
        app.t("What to do", "处理办法"),
        columns,
        app.theme.bold(),
    );
    text(
        lines,
        app.language.of(&explained.remedy),
        columns,
        Style::new(),
    );
    let command = format!("maillog_exporter explain {code}");
    text(lines, &command, columns, app.theme.focus());
}
