//! The state at the top: the same words as on the status page, or why there are none.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::app::App;
use super::draw::clock;
use super::feed::Problem;
use super::text::{clean, wrap};
use crate::cli::script::shown;
use crate::web::{StateEntry, StatusDocument};

/// The most lines of facts.
const MAX_LINES: usize = 3;

/// The lines.
pub fn band(app: &App, columns: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let Some(problem) = &app.problem {
        lines.extend(trouble(app, problem, columns));
    }
    match &app.status {
        Some(status) => lines.extend(state(app, status, columns)),
        None if app.problem.is_none() => {
            let text = match app.is_remote {
                true => app.t("Waiting for the daemon…", "正在等待服务…"),
                false => app.t("Reading the logs…", "正在读取日志…"),
            };
            lines.push(Line::raw(text.to_owned()));
        }
        None => {}
    }
    lines
}

/// Why there is no new status, and what to do.
fn trouble(app: &App, problem: &Problem, columns: usize) -> Vec<Line<'static>> {
    let (title, facts) = match problem {
        Problem::Unreachable(reason) => (
            app.t("Daemon unreachable", "无法连接服务"),
            format!("{}: {}", app.origin, reason),
        ),
        Problem::Unauthorized => (
            app.t("Password required", "需要密码"),
            app.t(
                "The daemon asks for a user: --username NAME --password-file FILE",
                "服务要求登录：--username NAME --password-file FILE",
            )
            .to_owned(),
        ),
        Problem::Refused(answer) => (app.t("No status", "没有状态"), answer.clone()),
        Problem::NotAnExporter => (
            app.t("No maillog_exporter there", "该地址不是 maillog_exporter"),
            app.t(
                "Its answer is not a status; is the address right, with its --web.route-prefix?",
                "返回的内容不是状态；请检查地址与 --web.route-prefix。",
            )
            .to_owned(),
        ),
        Problem::Blocked => (
            app.t("Reading is blocked", "日志读取受阻"),
            app.t(
                "A log does not answer; is its file system mounted?",
                "日志没有响应；文件系统是否正常挂载？",
            )
            .to_owned(),
        ),
    };
    let mut lines = paragraph(&format!("✕ {title}"), columns, app.theme.critical());
    lines.extend(paragraph(&clean(&facts), columns, Style::new()));
    let next = match &app.status {
        Some(status) => format!(
            "{}{}{}",
            app.t("Below are the figures of ", "以下数值截至 "),
            clock(app, status.as_of),
            app.t("; trying again.", "；正在重试。")
        ),
        None => app
            .t("Trying again every 2 seconds.", "每 2 秒重试一次。")
            .to_owned(),
    };
    lines.extend(paragraph(&next, columns, app.theme.dim()));
    lines
}

fn state(app: &App, status: &StatusDocument, columns: usize) -> Vec<Line<'static>> {
    let StateEntry {
        kind,
        sign,
        state,
        title,
        lines: facts,
        first,
    } = &status.state;
    // Of an older daemon.
    if state.is_empty() && title.is_empty() {
        let text = app.t(
            "An older daemon: it tells less than this version shows.",
            "服务版本较旧：部分信息不可用。",
        );
        return paragraph(text, columns, app.theme.dim());
    }
    let style = app.theme.of_state(kind);
    let mut lines = paragraph(&format!("{} {}", clean(sign), clean(state)), columns, style);
    lines.extend(paragraph(&clean(title), columns, app.theme.bold()));
    for fact in facts.iter().take(MAX_LINES) {
        lines.extend(paragraph(&clean(fact), columns, Style::new()));
    }
    // A link of the page is the selected alert here.
    if let Some(first) = first.as_ref().filter(|_| kind == "down" || kind == "none") {
        lines.extend(paragraph(&clean(first), columns, app.theme.focus()));
    }
    lines
}

fn paragraph(text: &str, columns: usize, style: Style) -> Vec<Line<'static>> {
    let lines = wrap(&shown(text), columns).into_iter();
    lines
        .map(|it| Line::from(Span::styled(it, style)))
        .collect()
}
