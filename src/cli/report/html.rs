//! The report as one page of HTML that needs nothing else: it can be mailed, and opened without a network.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::{Style, duration, listed, local, server_name};
use super::hour_chart;
use super::log_report::LogReport;
use crate::catalog::{Language, grouped};
use crate::report::{Complaint, DomainRow, NameRow, ReplyRow, Traffic};

/// Colours for light and dark screens. Mail programs that drop style sheets show plain tables.
const STYLE: &str = "\
body{font:15px/1.45 system-ui,sans-serif;max-width:60em;margin:1.5em auto;padding:0 1em;color:#1b1f24;background:#fff}\
h1{font-size:1.4em;margin:0 0 .2em}h2{font-size:1.1em;margin:1.6em 0 .4em}\
table{border-collapse:collapse;width:100%}th,td{padding:.25em .6em;border-bottom:1px solid #d9dee3;vertical-align:top}\
th{font-weight:600}small,.muted{color:#57606a}code{font-size:.93em;overflow-wrap:anywhere}\
svg text{fill:#57606a}.bar{fill:#0969da}.bad{fill:#c62828}.wide{overflow-x:auto}.wide code{overflow-wrap:normal}\
svg text{font-size:11px}@media(max-width:30em){th,td{padding:.25em .4em}svg text{font-size:20px}}\
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}\
small,.muted{color:#9198a1}svg text{fill:#9198a1}.bar{fill:#4493f8}.bad{fill:#ff7b72}}";

const RIGHT: &str = "text-align:right;white-space:nowrap";
const LEFT: &str = "text-align:left";

/// A page in a language.
struct Page<'r> {
    report: &'r LogReport,
    style: &'r Style,
    language: Language,
}

/// Prints a report.
pub(super) fn print(
    output: &mut dyn Write,
    report: &LogReport,
    style: &Style,
    language: Language,
) -> io::Result<()> {
    let page = Page {
        report,
        style,
        language,
    };
    writeln!(output, "{}", page.document().into_string())
}

impl Page<'_> {
    fn t(&self, en: &'static str, zh: &'static str) -> &'static str {
        match self.language {
            Language::En => en,
            Language::Zh => zh,
        }
    }

    fn document(&self) -> Markup {
        let title = self.title();
        let language = match self.language {
            Language::En => "en",
            Language::Zh => "zh",
        };
        html! {
            (DOCTYPE)
            html lang=(language) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (title) }
                    (self.span())
                    (self.totals())
                    (self.problems())
                    @if self.style.problems_first { (self.failures()) (self.traffic()) }
                    @else { (self.traffic()) (self.failures()) }
                    (self.codes())
                    p { small { (self.footer()) } }
                }
            }
        }
    }

    fn title(&self) -> String {
        let hosts = &self.report.summary.hosts;
        let mail = self.t("Mail report", "邮件报告");
        match (hosts.is_empty(), self.language) {
            (true, _) => mail.to_owned(),
            (false, Language::En) => format!("{mail}: {}", listed(hosts)),
            (false, Language::Zh) => format!("{mail}：{}", hosts.join("、")),
        }
    }

    fn span(&self) -> Markup {
        let summary = &self.report.summary;
        let servers = self.report.formats.iter().map(|label| server_name(label));
        let servers: Vec<&str> = servers.collect();
        html! {
            p.muted {
                @if let (Some(from), Some(to)) = (summary.from, summary.to) {
                    (local(from, &self.style.zone)) " – " (local(to, &self.style.zone)) " · "
                }
                (servers.join(", "))
            }
        }
    }

    fn totals(&self) -> Markup {
        let it = &self.report.summary.messages;
        let rows = [
            (self.t("received", "收到"), it.received),
            (self.t("delivered", "已投递"), it.delivered),
            (self.t("forwarded", "已转发"), it.forwarded),
            (self.t("deferred (messages)", "延迟（邮件数）"), it.deferred),
            (self.t("deferrals (attempts)", "延迟（次数）"), it.deferrals),
            (self.t("bounced", "退信"), it.bounced),
            (self.t("expired", "过期退回"), it.expired),
            (self.t("rejected", "拒收"), it.rejected),
            (self.t("reject warnings", "拒收警告"), it.reject_warnings),
            (self.t("held", "暂扣"), it.held),
            (self.t("discarded", "丢弃"), it.discarded),
            (self.t("bytes received", "收到字节数"), it.bytes_received),
            (self.t("bytes delivered", "投递字节数"), it.bytes_delivered),
        ];
        html! {
            table style="width:auto" {
                @for (index, (name, count)) in rows.into_iter().enumerate() {
                    // The first screen is short: what is zero and not usual is left out.
                    @if count > 0 || matches!(index, 0 | 1 | 3 | 5 | 7) {
                        tr { td style=(RIGHT) { b { (grouped(count)) } } td { (name) } }
                    }
                }
            }
        }
    }

    fn problems(&self) -> Markup {
        let summary = &self.report.summary;
        let levels = &summary.sessions.diagnostics;
        let fatal: u64 = ["fatal", "panic"]
            .iter()
            .filter_map(|it| levels.get(it))
            .sum();
        html! {
            h2 { (self.t("What needs attention", "需要关注")) }
            @if fatal > 0 {
                p { b { (grouped(fatal)) } " "
                    (self.t("fatal errors and panics of the server itself", "服务器自身的致命错误")) }
            }
            @if summary.problems.is_empty() {
                @if fatal == 0 { p { (self.t("Nothing failed.", "没有失败。")) } }
            } @else {
                table {
                    (self.heading(&[
                        ("count", "次数", true), ("code", "代码", true), ("what failed, and what to do first", "问题与首要措施", false),
                    ]))
                    @for problem in &summary.problems {
                        tr {
                            td style=(RIGHT) { (grouped(problem.count)) }
                            td style=(RIGHT) { @if let Some(code) = problem.code { (format!("{code:03}")) } }
                            td {
                                b { (problem.short) } " "
                                small { (problem.condition)
                                    @if !matches!(problem.provider.as_str(), "" | "other") { " · " (problem.provider) }
                                    " · " (self.direction(problem.direction)) }
                                @if !problem.first_step.is_empty() { br; (problem.first_step) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn direction(&self, direction: &str) -> &'static str {
        match direction {
            "outbound" => self.t("outbound", "出站"),
            "inbound" => self.t("inbound", "入站"),
            _ => self.t("local", "本地"),
        }
    }

    /// The heading of a table: each column in both languages, and whether it holds numbers.
    fn heading(&self, columns: &[(&'static str, &'static str, bool)]) -> Markup {
        html! {
            tr {
                @for (en, zh, is_number) in columns {
                    th style=(if *is_number { RIGHT } else { LEFT }) { (self.t(en, zh)) }
                }
            }
        }
    }

    fn traffic(&self) -> Markup {
        let summary = &self.report.summary;
        let days = summary.days.iter().map(|it| (it.date.clone(), it.traffic));
        let days: Vec<_> = days.collect();
        let hours = summary.hours.iter();
        let hours = hours.filter(|it| self.style.zero_fill || !it.traffic.is_empty());
        let hours: Vec<_> = hours
            .map(|it| (format!("{:02}:00", it.hour), it.traffic))
            .collect();
        let top = &summary.top;
        html! {
            @if !hours.is_empty() {
                h2 { (self.t("By hour", "按小时")) }
                (hour_chart::chart(&summary.hours, self.t("Delivered and failed by hour", "每小时投递与失败")))
                p.muted { (self.t("Blue: delivered. Red: deferred or bounced.", "蓝色：已投递。红色：延迟或退信。")) }
                (self.by_time(&hours))
            }
            @if days.len() > 1 {
                h2 { (self.t("By day", "按天")) }
                (self.by_time(&days))
            }
            @if !top.recipient_domains.is_empty() {
                h2 { (self.t("Recipient domains", "收件域")) }
                (self.domains(&top.recipient_domains))
            }
            (self.names(self.t("Sender domains", "发件域"), &top.sender_domains))
            (self.names(self.t("Senders", "发件人"), &top.senders))
            (self.names(self.t("Recipients", "收件人"), &top.recipients))
            (self.names(self.t("Clients", "客户端"), &top.clients))
        }
    }

    fn by_time(&self, rows: &[(String, Traffic)]) -> Markup {
        html! {
            div.wide tabindex="0" { table {
                (self.heading(&[
                    ("", "", false), ("received", "收到", true), ("delivered", "已投递", true), ("deferred", "延迟", true),
                    ("bounced", "退信", true), ("rejected", "拒收", true),
                ]))
                @for (name, it) in rows {
                    tr {
                        td { (name) }
                        @for count in [it.received, it.delivered, it.deferred, it.bounced, it.rejected] {
                            td style=(RIGHT) { (grouped(count)) }
                        }
                    }
                }
            } }
        }
    }

    fn domains(&self, rows: &[DomainRow]) -> Markup {
        html! {
            div.wide tabindex="0" { table {
                (self.heading(&[
                    ("domain", "域", false), ("sent", "已投递", true), ("bytes", "字节", true), ("deferred", "延迟", true),
                    ("bounced", "退信", true), ("delay", "平均耗时", true), ("longest", "最长耗时", true),
                ]))
                @for row in rows {
                    tr {
                        td { code { (row.name) } }
                        @for count in [row.sent, row.bytes, row.deferred, row.bounced] {
                            td style=(RIGHT) { (grouped(count)) }
                        }
                        td style=(RIGHT) { (duration(row.delay_avg)) }
                        td style=(RIGHT) { (duration(row.delay_max)) }
                    }
                }
            } }
        }
    }

    fn names(&self, title: &str, rows: &[NameRow]) -> Markup {
        let rejects = rows.iter().any(|row| row.rejected > 0);
        let mut columns = vec![
            ("name", "名称", false),
            ("messages", "邮件", true),
            ("bytes", "字节", true),
        ];
        if rejects {
            columns.push(("rejected", "拒收", true));
        }
        html! {
            @if !rows.is_empty() {
                h2 { (title) }
                div.wide tabindex="0" { table {
                    (self.heading(&columns))
                    @for row in rows {
                        tr {
                            td { code { (row.name) } }
                            td style=(RIGHT) { (grouped(row.messages)) }
                            td style=(RIGHT) { (grouped(row.bytes)) }
                            @if rejects { td style=(RIGHT) { (grouped(row.rejected)) } }
                        }
                    }
                } }
            }
        }
    }

    fn failures(&self) -> Markup {
        let reasons = &self.report.summary.reasons;
        html! {
            (self.replies(self.t("Deferrals", "延迟原因"), &reasons.deferred))
            (self.replies(self.t("Bounces", "退信原因"), &reasons.bounced))
            (self.replies(self.t("Rejects", "拒收原因"), &reasons.rejected))
            (self.replies(self.t("Failed attempts", "失败的尝试"), &reasons.attempts))
            (self.complaints(self.t("Held, discarded, let through with a warning", "暂扣、丢弃、仅警告"), &reasons.actions))
            (self.complaints(self.t("Panics, fatal errors, errors and warnings", "致命错误、错误与警告"), &reasons.diagnostics))
        }
    }

    fn replies(&self, title: &str, rows: &[ReplyRow]) -> Markup {
        let row = |row: &ReplyRow| {
            let place = row.place.clone().unwrap_or_default();
            (row.count, place, row.text.clone())
        };
        counted(title, rows.iter().map(row))
    }

    fn complaints(&self, title: &str, rows: &[Complaint]) -> Markup {
        let row = |row: &Complaint| {
            let text = match row.program.is_empty() {
                true => row.text.clone(),
                false => format!("{}: {}", row.program, row.text),
            };
            (row.count, row.level.to_string(), text)
        };
        counted(title, rows.iter().map(row))
    }

    /// The reply codes by direction.
    fn codes(&self) -> Markup {
        html! {
            @for (direction, codes) in &self.report.totals.codes {
                @if !codes.is_empty() {
                    h2 { (self.t("Reply codes", "回复码")) ", " (self.direction(direction)) }
                    p { @for (code, count) in codes { b { (code) } " × " (grouped(*count)) "   " } }
                }
            }
        }
    }

    fn footer(&self) -> String {
        let report = self.report;
        let (lines, unmatched) = (grouped(report.lines), grouped(report.unmatched));
        let mut text = match self.language {
            Language::En => format!("{lines} lines, {unmatched} of unknown form. "),
            Language::Zh => format!("共 {lines} 行，{unmatched} 行格式未知。"),
        };
        let estimates: Vec<&str> = report.summary.top.estimates.keys().copied().collect();
        if !estimates.is_empty() {
            text += self.t("Estimates for lack of memory: ", "因内存不足为估计值：");
            text += &estimates.join(", ");
        }
        text
    }
}

/// A table of counted texts, each with a word about it.
fn counted(title: &str, rows: impl ExactSizeIterator<Item = (u64, String, String)>) -> Markup {
    html! {
        @if rows.len() > 0 {
            h2 { (title) }
            table {
                @for (count, word, text) in rows {
                    tr {
                        td style=(RIGHT) { (grouped(count)) }
                        td { (word) }
                        td { code { (text) } }
                    }
                }
            }
        }
    }
}
