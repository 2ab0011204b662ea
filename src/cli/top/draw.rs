//! The screen: the state at the top, figures, the replies of six hours, and the lists.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use super::app::{App, Pane};
use super::band::band;
use super::popup;
use super::rows::{dash, heading, rows};
use super::spark::{highest, spark};
use super::text::{clean, fit, fit_end, left, right, width};
use crate::cli::script;
use crate::queue::WAITING;
use crate::web::numbers::{duration, percent, rate, thousands};
use crate::web::{DeliveryEntry, StatusDocument};

/// From this width on, lists are beside each other.
const TWO_COLUMNS: u16 = 76;

/// The fewest lines of a list that is shown together with others.
const MIN_PANE: u16 = 3;

/// Draws everything.
pub fn draw(frame: &mut Frame<'_>, app: &App) {
    let area = frame.area();
    let columns = usize::from(area.width);
    let mut top = vec![header(app, columns)];
    top.extend(band(app, columns));
    if let Some(status) = &app.status {
        top.extend(figures(app, status, columns));
        // The lists are worth more than the chart.
        if area.height >= top.len() as u16 + 16 {
            top.extend(chart(app, status, columns));
        }
    }
    let height = (top.len() as u16).min(area.height);
    let rest = Rect {
        y: area.y + height,
        height: area.height - height,
        ..area
    };
    frame.render_widget(Paragraph::new(top), Rect { height, ..area });
    if let Some(status) = &app.status {
        lists(frame, app, status, rest);
    }
    popup::draw(frame, app);
}

/// What the status is of and of which time, and the most important keys.
fn header(app: &App, columns: usize) -> Line<'static> {
    let time = clock(app, app.now);
    let keys = app.t("? help  q quit", "? 帮助  q 退出");
    let host = app.status.as_ref().map_or("", |it| &it.host);
    let origin = match app.is_remote && !host.is_empty() {
        true => format!("{} ({})", clean(host), clean(&app.origin)),
        false => clean(&app.origin),
    };
    let end = format!("  {time}  {keys}");
    let room = columns.saturating_sub(width(&end));
    let origin = if app.is_remote {
        fit(&origin, room)
    } else {
        fit_end(&origin, room)
    };
    Line::from(vec![
        Span::styled(left(&origin, room), app.theme.bold()),
        Span::styled(end, app.theme.dim()),
    ])
}

/// A time of the day.
pub fn clock(app: &App, seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map_or_else(
        |_| "--:--:--".to_owned(),
        |time| {
            time.to_zoned_datetime(app.zone.clone())
                .strftime("%H:%M:%S")
                .to_string()
        },
    )
}

/// Deliveries and the queue, as many on a line as fit.
fn figures(app: &App, status: &StatusDocument, columns: usize) -> Vec<Line<'static>> {
    let all: f64 = status.deliveries.iter().map(|it| it.per_minute).sum();
    let usual: Option<f64> = status.deliveries.iter().map(|it| it.usual).sum();
    let is_known = status.replies.accepted.last().copied().flatten().is_some();
    let share =
        |part: f64, all: f64| (all > 0.0).then(|| clean(&percent(part / all, app.language)));
    let mut figures = Vec::new();
    let mut add = |name: &str, value: String, more: String| {
        let more = match more.is_empty() {
            true => String::new(),
            false => format!("{}{more}{}", app.t(" (", "（"), app.t(")", "）")),
        };
        figures.push((format!("{name} "), value, more));
    };
    let usual_text = |text: Option<String>| match text {
        Some(text) => format!("{}{text}", app.t("usual ", "平时 ")),
        None => String::new(),
    };
    for DeliveryEntry {
        status: name,
        per_minute,
        usual: own,
    } in &status.deliveries
    {
        let title = match &**name {
            "sent" => app.t("Delivered", "已投递"),
            "deferred" => app.t("Deferred", "延迟"),
            "bounced" => app.t("Bounced", "退信"),
            _ if *per_minute > 0.0 => app.t("Expired", "过期"),
            _ => continue,
        };
        if name == "sent" {
            let value = is_known.then(|| rate(*per_minute) + app.t("/min", "/分钟"));
            add(title, dash(value), usual_text(own.map(rate)));
        } else {
            let before = own.zip(usual).and_then(|(own, usual)| share(own, usual));
            add(title, dash(share(*per_minute, all)), usual_text(before));
        }
    }
    if let Some(queues) = &status.queue {
        let waiting = queues.iter().filter(|it| WAITING.contains(&&*it.name));
        let oldest = waiting.clone().filter_map(|it| it.oldest).min();
        let oldest = oldest.map(|oldest| duration(status.now - oldest, app.language));
        let oldest = oldest.map_or_else(String::new, |it| {
            app.t("oldest ", "最早 ").to_owned() + &script::shown(&it)
        });
        add(
            app.t("Queue", "队列"),
            thousands(waiting.map(|it| it.count).sum()),
            oldest,
        );
    }
    flow(app, figures, columns)
}

/// Puts figures beside each other.
fn flow(app: &App, figures: Vec<(String, String, String)>, columns: usize) -> Vec<Line<'static>> {
    let mut lines = vec![Line::default()];
    let mut used = 0;
    for (name, value, more) in figures {
        let needed = width(&name) + width(&value) + width(&more);
        if used > 0 && used + 3 + needed > columns {
            lines.push(Line::default());
            used = 0;
        }
        if let Some(line) = lines.last_mut() {
            if used > 0 {
                line.push_span("   ");
                used += 3;
            }
            line.push_span(name);
            line.push_span(Span::styled(value, app.theme.bold()));
            line.push_span(Span::styled(more, app.theme.dim()));
        }
        used += needed;
    }
    lines
}

/// Outbound replies of six hours: a row for each class with the highest and the newest rate. Each row has a scale of its
/// own, so that few failures beside much mail can be seen.
fn chart(app: &App, status: &StatusDocument, columns: usize) -> Vec<Line<'static>> {
    let replies = &status.replies;
    let classes = [
        (
            app.t("accepted", "已接收"),
            &replies.accepted,
            app.theme.good(),
        ),
        (app.t("4xx", "4xx"), &replies.temporary, app.theme.warning()),
        (
            app.t("5xx", "5xx"),
            &replies.permanent,
            app.theme.critical(),
        ),
        (
            app.t("no conn.", "连接失败"),
            &replies.failed_connections,
            app.theme.critical(),
        ),
    ];
    let bars = columns.saturating_sub(9 + 16).min(72);
    if replies.accepted.is_empty() || bars < 12 {
        return Vec::new();
    }
    let title = app.t("Replies/min, 6 h", "每分钟回复，6 小时");
    let numbers = right(app.t("now", "当前"), 8) + &right(app.t("highest", "最高"), 8);
    let title = left(title, 9 + bars) + &numbers;
    let mut lines = vec![Line::styled(title, app.theme.dim())];
    for (name, values, style) in classes {
        let top = highest(values);
        let now = values.last().copied().flatten();
        lines.push(Line::from(vec![
            Span::raw(left(name, 9)),
            Span::styled(spark(values, bars, top), style),
            Span::raw(right(&dash(now.map(rate)), 8)),
            Span::styled(right(&rate(top), 8), app.theme.dim()),
        ]));
    }
    lines
}

/// The lists: beside each other, below each other, or only the selected one.
fn lists(frame: &mut Frame<'_>, app: &App, status: &StatusDocument, area: Rect) {
    if area.width >= TWO_COLUMNS && area.height >= 2 * (MIN_PANE + 1) {
        let half = (area.width - 1) / 2;
        let at = |x: u16, width: u16| Rect {
            x: area.x + x,
            width,
            ..area
        };
        stack(
            frame,
            app,
            status,
            at(0, half),
            &[Pane::Alerts, Pane::Codes],
        );
        let right = at(half + 1, area.width - half - 1);
        stack(frame, app, status, right, &[Pane::Providers, Pane::Sources]);
    } else if area.height >= 4 * MIN_PANE + 2 {
        stack(frame, app, status, area, &Pane::ALL);
    } else {
        stack(frame, app, status, area, &[app.focus]);
    }
}

/// Lists below each other. Each has the lines that it needs; where there are too few, the selected one has more.
fn stack(frame: &mut Frame<'_>, app: &App, status: &StatusDocument, area: Rect, panes: &[Pane]) {
    let inner = usize::from(area.width);
    let lines = |pane: Pane| {
        let rows: usize = rows(app, status, pane, inner).iter().map(Vec::len).sum();
        let heading = usize::from(heading(app, pane, inner).is_some() && rows > 0);
        (1 + heading + rows.max(1)) as u16
    };
    let needed: Vec<u16> = panes.iter().map(|pane| lines(*pane)).collect();
    let mut heights: Vec<u16> = needed.iter().map(|it| (*it).min(MIN_PANE)).collect();
    let mut left = area.height.saturating_sub(heights.iter().sum());
    let focus = panes.iter().position(|it| *it == app.focus);
    let order = focus
        .into_iter()
        .chain((0..panes.len()).filter(|it| Some(*it) != focus));
    for at in order {
        let share = match Some(at) == focus {
            // The others keep something.
            true => left - left / 3 * u16::from(panes.len() > 1),
            false => left,
        };
        let more = (needed[at] - heights[at]).min(share);
        heights[at] += more;
        left -= more;
    }
    if let Some(focus) = focus {
        let more = (needed[focus] - heights[focus]).min(left);
        heights[focus] += more;
    }
    let mut y = area.y;
    for (pane, height) in panes.iter().zip(heights) {
        let height = height.min((area.y + area.height).saturating_sub(y));
        list(frame, app, status, *pane, Rect { y, height, ..area });
        y += height;
    }
}

/// One list with its title. If not all rows fit, those around the selected one are shown, and how many there are.
fn list(frame: &mut Frame<'_>, app: &App, status: &StatusDocument, pane: Pane, area: Rect) {
    let columns = usize::from(area.width);
    let rows = rows(app, status, pane, columns);
    let is_focus = app.focus == pane;
    let selected = app.selected[pane.index()].min(rows.len().saturating_sub(1));
    let heading = heading(app, pane, columns).filter(|_| !rows.is_empty() && area.height > 2);
    let room = usize::from(area.height).saturating_sub(1 + usize::from(heading.is_some()));
    let mut first = 0;
    if is_focus {
        while first < selected && rows[first..=selected].iter().map(Vec::len).sum::<usize>() > room
        {
            first += 1;
        }
    }
    let mut body: Vec<Line<'static>> = Vec::new();
    let mut shown = 0;
    for (at, row) in rows.iter().enumerate().skip(first) {
        if body.len() + row.len() > room && !body.is_empty() {
            break;
        }
        shown += 1;
        for line in row.iter().cloned() {
            let is_selected = is_focus && at == selected;
            body.push(if is_selected {
                line.patch_style(app.theme.selected())
            } else {
                line
            });
        }
    }
    if rows.is_empty() {
        body.push(nothing(app, pane));
    }
    let hidden = rows.len() - shown;
    let mut lines = vec![title(app, status, pane, hidden, columns)];
    lines.extend(heading);
    lines.extend(body);
    frame.render_widget(Paragraph::new(lines), area);
}

fn nothing(app: &App, pane: Pane) -> Line<'static> {
    match pane {
        Pane::Alerts => Line::styled(
            app.t("✓ No alert", "✓ 没有告警").to_owned(),
            app.theme.good(),
        ),
        Pane::Codes => Line::raw(
            app.t("No failures in 5 minutes", "5 分钟内没有失败")
                .to_owned(),
        ),
        Pane::Providers => Line::raw(
            app.t("No replies in 6 hours", "6 小时内没有回复")
                .to_owned(),
        ),
        Pane::Sources => Line::raw(app.t("No source yet", "尚无日志源").to_owned()),
    }
}

fn title(
    app: &App,
    status: &StatusDocument,
    pane: Pane,
    hidden: usize,
    columns: usize,
) -> Line<'static> {
    let name = match pane {
        Pane::Alerts => app.t("Alerts", "告警"),
        Pane::Codes => app.t("Codes by trouble", "异常代码"),
        Pane::Providers => app.t("Providers", "服务商"),
        Pane::Sources => app.t("Sources", "日志源"),
    };
    let number = pane.index() + 1;
    let count = match pane {
        Pane::Alerts if !status.firing.is_empty() => {
            format!(
                " · {}{}",
                status.firing.len(),
                app.t(" firing", " 个告警中")
            )
        }
        _ => String::new(),
    };
    let hidden = match hidden {
        0 => String::new(),
        hidden => format!(" +{hidden}{} ", app.t(" more", " 项")),
    };
    let text = format!("{number} {name}{count} ");
    let rule = columns.saturating_sub(width(&text) + width(&hidden) + 3);
    let (style, rule_of) = match app.focus == pane {
        true => (app.theme.focus(), "━"),
        false => (app.theme.dim(), "─"),
    };
    let text = format!(
        "{} {text}{}{hidden}",
        rule_of.repeat(2),
        rule_of.repeat(rule)
    );
    Line::styled(fit(&text, columns), style)
}
