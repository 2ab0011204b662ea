//! The rows of the lists.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::{App, Pane};
use super::spark::spark;
use super::text::{clean, fit, fit_end, left, right, width};
use crate::cli::script::shown;
use crate::web::numbers::{byte_size, duration, factor, percent, rate};
use crate::web::{AlertEntry, CodeEntry, ProviderEntry, SourceEntry, StatusDocument};

/// The columns of a small chart: one for each quarter of an hour, or for several.
const CHART_COLUMNS: [usize; 3] = [24, 12, 8];

/// The rows of a list in `limit` columns, each of one line or more.
pub fn rows(
    app: &App,
    status: &StatusDocument,
    pane: Pane,
    limit: usize,
) -> Vec<Vec<Line<'static>>> {
    match pane {
        Pane::Alerts => alerts(app, status, limit),
        Pane::Codes => {
            let rows = status.codes.iter();
            rows.map(|it| vec![code(app, it, limit)]).collect()
        }
        Pane::Providers => {
            let rows = status.providers.iter();
            rows.map(|it| vec![provider(app, it, limit)]).collect()
        }
        Pane::Sources => {
            let rows = status.sources.iter();
            rows.map(|it| vec![source(app, status, it, limit)])
                .collect()
        }
    }
}

/// The names of the columns, in the places of [`rows`].
pub fn heading(app: &App, pane: Pane, limit: usize) -> Option<Line<'static>> {
    let text = match pane {
        Pane::Alerts => return None,
        Pane::Codes => {
            let name = limit.saturating_sub(CODE_NUMBERS);
            left(app.t("5 min", "5 分钟"), name)
                + &numbers(
                    app,
                    [
                        ("per min", "每分钟", 8),
                        ("usual", "平时", 7),
                        ("change", "变化", 7),
                    ],
                )
        }
        Pane::Providers => {
            let chart = provider_chart(limit);
            let name = limit.saturating_sub(PROVIDER_NUMBERS + chart);
            let numbers = numbers(
                app,
                [
                    ("fails", "失败", 6),
                    ("usual", "平时", 6),
                    ("/min", "/分钟", 7),
                ],
            );
            let span = match chart {
                0 => String::new(),
                _ => format!(" {}", app.t("6 h", "6 小时")),
            };
            left(app.t("5 min", "5 分钟"), name) + &numbers + &span
        }
        Pane::Sources => {
            let name = limit.saturating_sub(SOURCE_NUMBERS);
            left("", name)
                + &numbers(
                    app,
                    [
                        ("last line", "最新一行", 10),
                        ("unread", "未读", 10),
                        ("", "", 0),
                    ],
                )
        }
    };
    Some(Line::styled(text, app.theme.dim()))
}

/// The columns that the numbers of each list take.
const CODE_NUMBERS: usize = 22;
const PROVIDER_NUMBERS: usize = 19;
const SOURCE_NUMBERS: usize = 20;

fn numbers(app: &App, columns: [(&'static str, &'static str, usize); 3]) -> String {
    let columns = columns.map(|(en, zh, columns)| right(app.t(en, zh), columns));
    columns.concat()
}

/// The columns of the chart of a provider.
fn provider_chart(limit: usize) -> usize {
    let wanted = CHART_COLUMNS.into_iter();
    let mut fitting = wanted.filter(|chart| limit >= PROVIDER_NUMBERS + 10 + 1 + chart);
    fitting.next().map_or(0, |chart| chart + 1)
}

fn alerts(app: &App, status: &StatusDocument, limit: usize) -> Vec<Vec<Line<'static>>> {
    let firing = status.firing.iter().map(|it| match &*it.severity {
        "critical" => ("▲", app.t("critical", "严重"), app.theme.critical(), it),
        _ => ("▲", app.t("warning", "警告"), app.theme.warning(), it),
    });
    let pending = status.pending.iter();
    let pending = pending.map(|it| ("◆", app.t("pending", "待触发"), app.theme.warning(), it));
    let silenced = status.silenced.iter();
    let silenced = silenced.map(|it| ("–", app.t("silenced", "已静默"), app.theme.dim(), it));
    let all = firing.chain(pending).chain(silenced);
    all.map(|(sign, state, style, it)| {
        let head = format!("{sign} {state}  ");
        alert(app, status, Span::styled(head, style), it, limit)
    })
    .collect()
}

/// One alert: its severity or state, its name and since when, and below that its summary.
fn alert(
    app: &App,
    status: &StatusDocument,
    head: Span<'static>,
    alert: &AlertEntry,
    limit: usize,
) -> Vec<Line<'static>> {
    let name = clean(alert.alert.strip_prefix("Maillog").unwrap_or(&alert.alert));
    let since = duration(status.as_of - alert.since, app.language);
    let since = format!(" {}{}", app.t("for ", "已 "), shown(&since));
    let room = limit.saturating_sub(width(&head.content) + width(&since));
    let summary = fit(&shown(&clean(&alert.summary)), limit.saturating_sub(2));
    vec![
        Line::from(vec![
            head,
            Span::styled(left(&name, room), app.theme.bold()),
            Span::styled(since, app.theme.dim()),
        ]),
        Line::from(format!("  {summary}")),
    ]
}

fn code(app: &App, code: &CodeEntry, limit: usize) -> Line<'static> {
    let arrow = match &*code.direction {
        "inbound" => "←",
        _ => "→",
    };
    let change = match code.usual {
        Some(usual) if usual > 0.0 => factor(code.per_minute / usual),
        Some(_) => app.t("new", "新增").to_owned(),
        None => "–".to_owned(),
    };
    let (sign, style) = match code.firing {
        true => ("▲ ", app.theme.critical()),
        false => ("", Style::new()),
    };
    let name = format!("{sign}{arrow} {} ", clean(&code.code));
    let room = limit.saturating_sub(CODE_NUMBERS);
    let words = left(
        &shown(&clean(&code.name)),
        room.saturating_sub(width(&name)),
    );
    Line::from(vec![
        Span::styled(fit(&name, room), style),
        Span::styled(words, app.theme.dim()),
        Span::styled(right(&rate(code.per_minute), 8), style),
        Span::styled(right(&dash(code.usual.map(rate)), 7), app.theme.dim()),
        Span::styled(right(&change, 7), style),
    ])
}

fn provider(app: &App, provider: &ProviderEntry, limit: usize) -> Line<'static> {
    let chart = provider_chart(limit);
    let room = limit.saturating_sub(PROVIDER_NUMBERS + chart);
    let share = |share: Option<f64>| dash(share.map(|it| clean(&percent(it, app.language))));
    let (sign, style) = match provider.firing {
        true => ("▲ ", app.theme.critical()),
        false => ("", Style::new()),
    };
    let mut spans = vec![
        Span::styled(
            left(&format!("{sign}{}", clean(&provider.name)), room),
            style,
        ),
        Span::styled(right(&share(provider.failing_share), 6), style),
        Span::styled(
            right(&share(provider.usual_failing_share), 6),
            app.theme.dim(),
        ),
        Span::raw(right(&rate(provider.per_minute), 7)),
    ];
    if chart > 1 {
        let bars = spark(&provider.failing_shares, chart - 1, 1.0);
        spans.push(Span::raw(" "));
        spans.push(Span::styled(bars, style));
    }
    Line::from(spans)
}

fn source(app: &App, status: &StatusDocument, source: &SourceEntry, limit: usize) -> Line<'static> {
    let (state, style) = source_state(app, source);
    let state = format!("{state}  ");
    let last = source
        .last_line
        .map(|last| duration(status.now - last, app.language))
        .map(|ago| shown(&ago).into_owned() + app.t("", "前"));
    let room = limit.saturating_sub(SOURCE_NUMBERS + width(&state));
    let name = fit_end(&clean(&source.name), room.max(4));
    Line::from(vec![
        Span::styled(state, style),
        Span::raw(left(&name, room)),
        Span::raw(right(&dash(last), 10)),
        Span::raw(right(&byte_size(source.lag_bytes), 10)),
    ])
}

/// A source's state in a sign and words.
pub fn source_state(app: &App, source: &SourceEntry) -> (&'static str, Style) {
    match &*source.state {
        "up" => (app.t("✓ up", "✓ 正常"), app.theme.good()),
        "catching_up" => (app.t("↻ behind", "↻ 补读中"), app.theme.warning()),
        "clock_off" => (app.t("◆ clock off", "◆ 时钟偏差"), app.theme.warning()),
        "down" => (app.t("✕ unreadable", "✕ 不可读"), app.theme.critical()),
        _ => ("–", Style::new()),
    }
}

/// A dash for what is not known.
pub fn dash(text: Option<String>) -> String {
    text.unwrap_or_else(|| "–".to_owned())
}
