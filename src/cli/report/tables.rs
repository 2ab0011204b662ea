//! The tables of details: traffic by day and hour, senders, recipients, domains and clients; failures and warnings.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::figures::{Style, duration};
use super::log_report::LogReport;
use super::{row, words};
use crate::catalog::Language;
use crate::cli::labels;
use crate::cli::terminal::{left, right};
use crate::cli::wording::Wording;
use crate::report::{Complaint, ConnectionTime, DomainRow, NameRow, ReplyRow, Traffic};

/// A named count.
type Row = (String, u64);

/// Mail by day and hour, and who it is from and to.
pub(super) fn traffic(output: &mut dyn Write, report: &LogReport, style: &Style) -> io::Result<()> {
    if style.rows == 0 {
        return Ok(());
    }
    let (summary, language) = (&report.summary, style.language);
    let days = summary.days.iter().map(|it| (it.date.clone(), it.traffic));
    let days: Vec<_> = days.collect();
    if days.len() > 1 {
        by_time(output, style, words::BY_DAY, words::DAY, &days)?;
    }
    let hours = summary.hours.iter();
    let hours = hours.filter(|it| style.zero_fill || !it.traffic.is_empty());
    let hours: Vec<_> = hours
        .map(|it| {
            (
                format!("{:02}:00-{:02}:00", it.hour, it.hour + 1),
                it.traffic,
            )
        })
        .collect();
    let title = match days.len() > 1 {
        true => words::BY_HOUR_ALL_DAYS,
        false => words::BY_HOUR,
    };
    by_time(output, style, title, words::HOUR, &hours)?;
    let top = &summary.top;
    let title = |name: Wording, table| match top.distinct.get(table) {
        Some(all) => words::COUNTED.fill(language, &[&name.of(language), all]),
        None => name.of(language).to_owned(),
    };
    domains(
        output,
        style,
        &title(words::RECIPIENT_DOMAINS, "recipient_domains"),
        &top.recipient_domains,
    )?;
    for (name, table, rows) in [
        (words::SENDER_DOMAINS, "sender_domains", &top.sender_domains),
        (words::SENDERS, "senders", &top.senders),
        (words::RECIPIENTS, "recipients", &top.recipients),
        (words::CLIENTS, "clients", &top.clients),
    ] {
        names(output, style, &title(name, table), rows)?;
    }
    sessions(output, report, language)
}

/// Why mail failed, and what the server warns about.
pub(super) fn problems(
    output: &mut dyn Write,
    report: &LogReport,
    style: &Style,
) -> io::Result<()> {
    if style.rows == 0 {
        return Ok(());
    }
    let (reasons, language) = (&report.summary.reasons, style.language);
    for (title, rows) in [
        (words::DEFERRALS_BY_REASON, &reasons.deferred),
        (words::BOUNCES_BY_REASON, &reasons.bounced),
        (words::REJECTS_BY_REASON, &reasons.rejected),
        (words::ATTEMPTS_BY_REASON, &reasons.attempts),
    ] {
        replies(output, style, title, rows)?;
    }
    complaints(
        output,
        style,
        words::ACTIONS,
        labels::action,
        &reasons.actions,
    )?;
    complaints(
        output,
        style,
        words::DIAGNOSTICS,
        labels::level,
        &reasons.diagnostics,
    )?;
    let without = &report.summary.without_sender;
    if without.messages == 0 {
        return Ok(());
    }
    let title = words::WITHOUT_SENDER.fill(language, &[&without.messages]);
    writeln!(output, "\n{title}")?;
    for (queue_id, recipient) in without.first.iter().take(style.rows) {
        writeln!(output, "  {queue_id}  {recipient}")?;
    }
    Ok(())
}

/// Which tables did not fit into memory.
pub(super) fn estimates(
    output: &mut dyn Write,
    report: &LogReport,
    language: Language,
) -> io::Result<()> {
    let estimates = estimated(report, language);
    if estimates.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{}", words::ESTIMATES.of(language))?;
    for line in estimates {
        writeln!(output, "  {line}")?;
    }
    Ok(())
}

/// What is not exact, and by how much.
pub(super) fn estimated(report: &LogReport, language: Language) -> Vec<String> {
    let estimates = report.summary.top.estimates.iter();
    let lines = estimates.map(|(table, error)| match error {
        None => words::MESSAGES_FORGOTTEN.of(language).to_owned(),
        Some(error) => {
            words::NAMES_MISSING.fill(language, &[&words::table(table, language), error])
        }
    });
    lines.collect()
}

/// Prints a line of words and numbers, each at the right of its columns, and a name behind them.
fn line(output: &mut dyn Write, cells: &[(&str, usize)], name: &str) -> io::Result<()> {
    let cells = cells.iter().map(|(text, columns)| right(text, *columns));
    let cells: Vec<String> = cells.collect();
    writeln!(output, "  {}  {name}", cells.join(" "))
}

fn by_time(
    output: &mut dyn Write,
    style: &Style,
    title: Wording,
    unit: Wording,
    rows: &[(String, Traffic)],
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let language = style.language;
    let columns = [
        words::RECEIVED,
        words::DELIVERED,
        words::DEFERRED,
        words::BOUNCED,
        words::REJECTED,
    ];
    let columns = columns.map(|column| right(column.of(language), 10));
    writeln!(
        output,
        "\n{}\n  {} {}",
        title.of(language),
        left(unit.of(language), 11),
        columns.join(" ")
    )?;
    for (name, it) in rows {
        writeln!(
            output,
            "  {name:<11} {:>10} {:>10} {:>10} {:>10} {:>10}",
            it.received, it.delivered, it.deferred, it.bounced, it.rejected
        )?;
    }
    Ok(())
}

fn domains(
    output: &mut dyn Write,
    style: &Style,
    title: &str,
    rows: &[DomainRow],
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let language = style.language;
    writeln!(output, "\n{title}")?;
    let columns = [10, 14, 9, 9, 9, 9];
    let heading = [
        words::SENT,
        words::BYTES,
        words::DEFERRED,
        words::BOUNCED,
        words::DELAY,
        words::LONGEST,
    ];
    let heading = heading.map(|it| it.of(language));
    let cells: Vec<_> = heading.into_iter().zip(columns).collect();
    line(output, &cells, words::DOMAIN.of(language))?;
    for row in rows {
        let cells = [
            row.sent.to_string(),
            row.bytes.to_string(),
            row.deferred.to_string(),
            row.bounced.to_string(),
            duration(row.delay_avg, language),
            duration(row.delay_max, language),
        ];
        let cells = cells.iter().map(String::as_str).zip(columns);
        line(output, &cells.collect::<Vec<_>>(), &row.name)?;
    }
    Ok(())
}

fn names(output: &mut dyn Write, style: &Style, title: &str, rows: &[NameRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let language = style.language;
    // What was rejected, if anything was.
    let shown = match rows.iter().any(|row| row.rejected > 0) {
        true => 3,
        false => 2,
    };
    const COLUMNS: [usize; 3] = [10, 14, 9];
    writeln!(output, "\n{title}")?;
    let heading = [words::MESSAGES, words::BYTES, words::REJECTED].map(|it| it.of(language));
    let cells: Vec<_> = heading.into_iter().zip(COLUMNS).collect();
    line(output, &cells[..shown], words::NAME.of(language))?;
    for row in rows {
        let cells = [row.messages, row.bytes, row.rejected].map(|it| it.to_string());
        let cells: Vec<_> = cells.iter().map(String::as_str).zip(COLUMNS).collect();
        line(output, &cells[..shown], &row.name)?;
    }
    Ok(())
}

fn replies(
    output: &mut dyn Write,
    style: &Style,
    title: Wording,
    rows: &[ReplyRow],
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{}", title.of(style.language))?;
    for reply in rows {
        let text = reply_text(reply, style.language);
        row::counted(output, style, &reply.count.to_string(), &text)?;
    }
    Ok(())
}

/// Where something failed, at which provider, and what was said.
fn reply_text(row: &ReplyRow, language: Language) -> String {
    let mut place = place(row, language).to_owned();
    if !matches!(row.provider.as_str(), "" | "other") {
        place += &format!(" [{}]", row.provider);
    }
    match place.is_empty() {
        true => row.text.clone(),
        false => format!("{}{}{}", place.trim_start(), language.colon(), row.text),
    }
}

/// The agent, host or stage of a failure.
pub(super) fn place(row: &ReplyRow, language: Language) -> &str {
    let place = row.place.as_deref().unwrap_or_default();
    match row.outcome {
        "rejected" => labels::stage(place, language),
        _ => place,
    }
}

fn complaints(
    output: &mut dyn Write,
    style: &Style,
    title: Wording,
    word: fn(&str, Language) -> &str,
    rows: &[Complaint],
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let language = style.language;
    writeln!(output, "\n{}", title.of(language))?;
    for complaint in rows {
        let program = match complaint.program.as_str() {
            "" => String::new(),
            program => format!("{program}: "),
        };
        let level = word(&complaint.level, language);
        let text = format!("{level}{}{program}{}", language.colon(), complaint.text);
        row::counted(output, style, &complaint.count.to_string(), &text)?;
    }
    Ok(())
}

/// Connections, authentication, TLS and postscreen.
fn sessions(output: &mut dyn Write, report: &LogReport, language: Language) -> io::Result<()> {
    let sessions = &report.summary.sessions;
    let connections = [
        (words::CONNECTIONS, sessions.connections),
        (words::ENDED_WITHOUT_QUIT, sessions.connections_lost),
        (words::FAILED_AUTHENTICATIONS, sessions.auth_failures),
    ];
    let connections = connections.map(|(name, count)| (name.of(language).to_owned(), count));
    let title = words::CONNECTIONS_OF_CLIENTS.of(language);
    counts(output, title, &connections)?;
    connection_time(output, &report.summary.connection_time, language)?;
    let title = |direction: &str| {
        words::TLS_SESSIONS.fill(language, &[&labels::direction(direction, language)])
    };
    let failed = words::FAILED.of(language).to_owned();
    for (direction, protocols) in &sessions.tls {
        let mut rows = named(protocols, |name| labels::tls_session(name, language));
        if let Some(count) = sessions.tls_failures.get(direction) {
            rows.push((failed.clone(), *count));
        }
        counts(output, &title(direction), &rows)?;
    }
    for (direction, count) in &sessions.tls_failures {
        if !sessions.tls.contains_key(direction) {
            counts(output, &title(direction), &[(failed.clone(), *count)])?;
        }
    }
    let results = named(&sessions.postscreen, |name| {
        labels::postscreen(name, language).to_owned()
    });
    counts(output, words::POSTSCREEN.of(language), &results)
}

/// How long clients stay connected.
fn connection_time(
    output: &mut dyn Write,
    time: &ConnectionTime,
    language: Language,
) -> io::Result<()> {
    if time.connections == 0 {
        return Ok(());
    }
    let columns = [11, 10, 9, 9];
    writeln!(output, "\n{}", words::CONNECTION_TIME.of(language))?;
    let heading = [
        words::CONNECTIONS,
        words::TOTAL,
        words::AVERAGE,
        words::LONGEST,
    ];
    let heading = heading.map(|it| it.of(language));
    let cells: Vec<_> = heading.into_iter().zip(columns).collect();
    line(output, &cells, words::DOMAIN.of(language))?;
    let name = words::ALL.of(language);
    let all = (name, time.connections, time.seconds, time.longest);
    let clients = time.clients.iter();
    let clients = clients.map(|it| (&*it.name, it.connections, it.seconds, it.longest));
    for (name, connections, seconds, longest) in std::iter::once(all).chain(clients) {
        let cells = [
            connections.to_string(),
            duration(seconds as f64, language),
            duration(seconds as f64 / connections.max(1) as f64, language),
            duration(longest as f64, language),
        ];
        let cells = cells.iter().map(String::as_str).zip(columns);
        line(output, &cells.collect::<Vec<_>>(), name)?;
    }
    Ok(())
}

/// Counts by name, the largest first.
fn named<K: AsRef<str>>(counts: &BTreeMap<K, u64>, word: impl Fn(&str) -> String) -> Vec<Row> {
    let rows = counts
        .iter()
        .map(|(name, count)| (word(name.as_ref()), *count));
    let mut rows: Vec<Row> = rows.collect();
    rows.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    rows
}

fn counts(output: &mut dyn Write, title: &str, rows: &[Row]) -> io::Result<()> {
    if rows.iter().all(|(_, count)| *count == 0) {
        return Ok(());
    }
    writeln!(output, "\n{title}")?;
    for (name, count) in rows.iter().filter(|(_, count)| *count > 0) {
        writeln!(output, "{count:>12}  {name}")?;
    }
    Ok(())
}
