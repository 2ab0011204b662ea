//! The report as one page of HTML that needs nothing else: it can be mailed, and opened without a network.

use std::io::{self, Write};

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::figures::{Style, duration, listed, local, server_name};
use super::log_report::LogReport;
use super::{hour_chart, tables, words};
use crate::catalog::{Language, grouped};
use crate::cli::wording::Wording;
use crate::cli::{labels, script};
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
}

/// Prints a report.
pub(super) fn print(output: &mut dyn Write, report: &LogReport, style: &Style) -> io::Result<()> {
    let page = Page { report, style };
    writeln!(output, "{}", page.document().into_string())
}

impl Page<'_> {
    fn word(&self, wording: Wording) -> &'static str {
        wording.of(self.style.language)
    }

    fn document(&self) -> Markup {
        let title = self.title();
        let language = match self.style.language {
            Language::En => "en",
            Language::Zh if script::is_traditional() => "zh-Hant-TW",
            Language::Zh => "zh-Hans",
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
                    (self.estimates())
                }
            }
        }
    }

    fn title(&self) -> String {
        let (hosts, language) = (&self.report.summary.hosts, self.style.language);
        match hosts.is_empty() {
            true => self.word(words::PAGE).to_owned(),
            false => words::PAGE_OF.fill(language, &[&listed(hosts, language)]),
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
                (servers.join(self.style.language.comma()))
            }
        }
    }

    fn totals(&self) -> Markup {
        let it = &self.report.summary.messages;
        let rows = [
            (words::RECEIVED, it.received),
            (words::DELIVERED, it.delivered),
            (words::FORWARDED, it.forwarded),
            (words::DEFERRED_MESSAGES, it.deferred),
            (words::DEFERRED_ATTEMPTS, it.deferrals),
            (words::BOUNCED, it.bounced),
            (words::EXPIRED, it.expired),
            (words::REJECTED, it.rejected),
            (words::REJECT_WARNINGS, it.reject_warnings),
            (words::HELD, it.held),
            (words::DISCARDED, it.discarded),
            (words::BYTES_RECEIVED, it.bytes_received),
            (words::BYTES_DELIVERED, it.bytes_delivered),
        ];
        html! {
            table style="width:auto" {
                @for (index, (name, count)) in rows.into_iter().enumerate() {
                    // The first screen is short: what is zero and not usual is left out.
                    @if count > 0 || matches!(index, 0 | 1 | 3 | 5 | 7) {
                        tr { td style=(RIGHT) { b { (grouped(count)) } } td { (self.word(name)) } }
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
            h2 { (self.word(words::ATTENTION)) }
            @if fatal > 0 {
                p { b { (grouped(fatal)) } " "
                    (self.word(words::FATAL)) }
            }
            @if summary.problems.is_empty() {
                @if fatal == 0 { p { (self.word(words::NOTHING_FAILED)) } }
            } @else {
                table {
                    (self.heading(&[
                        (words::COUNT, true), (words::CODE, true), (words::WHAT_FAILED, false),
                    ]))
                    @for problem in &summary.problems {
                        tr {
                            td style=(RIGHT) { (grouped(problem.count)) }
                            td style=(RIGHT) { @if let Some(code) = problem.code { (format!("{code:03}")) } }
                            td {
                                b { (script::shown(&problem.short)) } " "
                                small { (problem.condition)
                                    @if !matches!(problem.provider.as_str(), "" | "other") { " · " (problem.provider) }
                                    " · " (self.direction(problem.direction)) }
                                @if !problem.first_step.is_empty() { br; (script::shown(&problem.first_step)) }
                            }
                        }
                    }
                }
            }
        }
    }

    fn direction(&self, direction: &'static str) -> &'static str {
        labels::direction(direction, self.style.language)
    }

    /// The heading of a table: each column, and whether it holds numbers.
    fn heading(&self, columns: &[(Wording, bool)]) -> Markup {
        html! {
            tr {
                @for (column, is_number) in columns {
                    th style=(if *is_number { RIGHT } else { LEFT }) { (self.word(*column)) }
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
                h2 { (self.word(words::BY_HOUR)) }
                (hour_chart::chart(&summary.hours, self.word(words::CHART)))
                p.muted { (self.word(words::CHART_COLORS)) }
                (self.by_time(words::HOUR, &hours))
            }
            @if days.len() > 1 {
                h2 { (self.word(words::BY_DAY)) }
                (self.by_time(words::DAY, &days))
            }
            @if !top.recipient_domains.is_empty() {
                h2 { (self.word(words::RECIPIENT_DOMAINS)) }
                (self.domains(&top.recipient_domains))
            }
            (self.names(words::SENDER_DOMAINS, &top.sender_domains))
            (self.names(words::SENDERS, &top.senders))
            (self.names(words::RECIPIENTS, &top.recipients))
            (self.names(words::CLIENTS, &top.clients))
        }
    }

    fn by_time(&self, unit: Wording, rows: &[(String, Traffic)]) -> Markup {
        html! {
            div.wide tabindex="0" { table {
                (self.heading(&[
                    (unit, false), (words::RECEIVED, true), (words::DELIVERED, true), (words::DEFERRED, true),
                    (words::BOUNCED, true), (words::REJECTED, true),
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
                    (words::DOMAIN, false), (words::SENT, true), (words::BYTES, true), (words::DEFERRED, true),
                    (words::BOUNCED, true), (words::DELAY, true), (words::LONGEST, true),
                ]))
                @for row in rows {
                    tr {
                        td { code { (row.name) } }
                        @for count in [row.sent, row.bytes, row.deferred, row.bounced] {
                            td style=(RIGHT) { (grouped(count)) }
                        }
                        td style=(RIGHT) { (duration(row.delay_avg, self.style.language)) }
                        td style=(RIGHT) { (duration(row.delay_max, self.style.language)) }
                    }
                }
            } }
        }
    }

    fn names(&self, title: Wording, rows: &[NameRow]) -> Markup {
        let rejects = rows.iter().any(|row| row.rejected > 0);
        let mut columns = vec![
            (words::NAME, false),
            (words::MESSAGES, true),
            (words::BYTES, true),
        ];
        if rejects {
            columns.push((words::REJECTED, true));
        }
        html! {
            @if !rows.is_empty() {
                h2 { (self.word(title)) }
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
            (self.replies(words::DEFERRALS_BY_REASON, &reasons.deferred))
            (self.replies(words::BOUNCES_BY_REASON, &reasons.bounced))
            (self.replies(words::REJECTS_BY_REASON, &reasons.rejected))
            (self.replies(words::ATTEMPTS_BY_REASON, &reasons.attempts))
            (self.complaints(words::ACTIONS, labels::action, &reasons.actions))
            (self.complaints(words::DIAGNOSTICS, labels::level, &reasons.diagnostics))
        }
    }

    fn replies(&self, title: Wording, rows: &[ReplyRow]) -> Markup {
        let row = |row: &ReplyRow| {
            let place = tables::place(row, self.style.language).to_owned();
            (row.count, place, row.text.clone())
        };
        counted(self.word(title), rows.iter().map(row))
    }

    fn complaints(
        &self,
        title: Wording,
        word: fn(&str, Language) -> &str,
        rows: &[Complaint],
    ) -> Markup {
        let row = |row: &Complaint| {
            let text = match row.program.is_empty() {
                true => row.text.clone(),
                false => format!("{}: {}", row.program, row.text),
            };
            let level = word(&row.level, self.style.language);
            (row.count, level.to_owned(), text)
        };
        counted(self.word(title), rows.iter().map(row))
    }

    /// The reply codes by direction.
    fn codes(&self) -> Markup {
        html! {
            @for (direction, codes) in &self.report.totals.codes {
                @if !codes.is_empty() {
                    h2 { (words::CODES.fill(self.style.language, &[&self.direction(direction)])) }
                    p { @for (code, count) in codes { b { (code) } " × " (grouped(*count)) "   " } }
                }
            }
        }
    }

    fn footer(&self) -> String {
        let (report, language) = (self.report, self.style.language);
        let counts = [report.lines, report.events, report.noise, report.unmatched].map(grouped);
        let [lines, events, noise, unmatched] = &counts;
        words::LINES.fill(language, &[lines, events, noise, unmatched])
    }

    /// Which tables are estimates.
    fn estimates(&self) -> Markup {
        let estimates = tables::estimated(self.report, self.style.language);
        html! {
            @if !estimates.is_empty() {
                p { small {
                    (self.word(words::ESTIMATES))
                    @for line in estimates { br; (line) }
                } }
            }
        }
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
