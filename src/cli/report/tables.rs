//! The tables of details: traffic by day and hour, senders, recipients, domains and clients; failures and warnings.

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::figures::{Style, duration};
use super::log_report::LogReport;
use crate::report::{Complaint, ConnectionTime, DomainRow, NameRow, ReplyRow, Traffic};

/// A named count.
type Row = (String, u64);

/// Mail by day and hour, and who it is from and to.
pub(super) fn traffic(output: &mut dyn Write, report: &LogReport, style: &Style) -> io::Result<()> {
    if style.rows == 0 {
        return Ok(());
    }
    let summary = &report.summary;
    let days = summary.days.iter().map(|it| (it.date.clone(), it.traffic));
    let days: Vec<_> = days.collect();
    if days.len() > 1 {
        by_time(output, "Mail by day", "day", &days)?;
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
        true => "Mail by hour, all days",
        false => "Mail by hour",
    };
    by_time(output, title, "hour", &hours)?;
    let top = &summary.top;
    let title = |name: &str, table| match top.distinct.get(table) {
        Some(all) => format!("{name} ({all})"),
        None => name.to_owned(),
    };
    domains(
        output,
        &title("Recipient domains", "recipient_domains"),
        &top.recipient_domains,
    )?;
    for (name, table, rows) in [
        ("Sender domains", "sender_domains", &top.sender_domains),
        ("Senders", "senders", &top.senders),
        ("Recipients", "recipients", &top.recipients),
        ("Clients", "clients", &top.clients),
    ] {
        names(output, &title(name, table), rows)?;
    }
    sessions(output, report)
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
    let reasons = &report.summary.reasons;
    for (title, rows) in [
        ("Deferrals, by agent and reason", &reasons.deferred),
        ("Bounces, by host and reason", &reasons.bounced),
        ("Rejects, by stage and reason", &reasons.rejected),
        ("Failed attempts, by agent and reason", &reasons.attempts),
    ] {
        replies(output, title, rows)?;
    }
    complaints(
        output,
        "Held, discarded, let through with a warning",
        &reasons.actions,
    )?;
    complaints(
        output,
        "Panics, fatal errors, errors and warnings",
        &reasons.diagnostics,
    )?;
    let without = &report.summary.without_sender;
    if without.messages == 0 {
        return Ok(());
    }
    writeln!(
        output,
        "\nDelivered messages without a sender record ({})",
        without.messages
    )?;
    for (queue_id, recipient) in without.first.iter().take(style.rows) {
        writeln!(output, "  {queue_id}  {recipient}")?;
    }
    Ok(())
}

/// Which tables did not fit into memory.
pub(super) fn estimates(output: &mut dyn Write, report: &LogReport) -> io::Result<()> {
    let estimates = &report.summary.top.estimates;
    if estimates.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\nEstimates, because the tables did not fit into memory (--memory):"
    )?;
    for (table, error) in estimates {
        match error {
            None => writeln!(
                output,
                "  bytes and deferred messages: messages in the queue were forgotten"
            )?,
            Some(error) => writeln!(
                output,
                "  {table}: rare names are missing; each count may be {error} too small"
            )?,
        }
    }
    Ok(())
}

fn by_time(
    output: &mut dyn Write,
    title: &str,
    unit: &str,
    rows: &[(String, Traffic)],
) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\n{title}\n  {unit:<11} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "received", "delivered", "deferred", "bounced", "rejected"
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

fn domains(output: &mut dyn Write, title: &str, rows: &[DomainRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "\n{title}\n  {:>10} {:>14} {:>9} {:>9} {:>9} {:>9}  domain",
        "sent", "bytes", "deferred", "bounced", "delay", "longest"
    )?;
    for row in rows {
        writeln!(
            output,
            "  {:>10} {:>14} {:>9} {:>9} {:>9} {:>9}  {}",
            row.sent,
            row.bytes,
            row.deferred,
            row.bounced,
            duration(row.delay_avg),
            duration(row.delay_max),
            row.name
        )?;
    }
    Ok(())
}

fn names(output: &mut dyn Write, title: &str, rows: &[NameRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let rejects = rows.iter().any(|row| row.rejected > 0);
    let heading = if rejects { "  rejected" } else { "" };
    writeln!(
        output,
        "\n{title}\n  {:>10} {:>14}{heading}  name",
        "messages", "bytes"
    )?;
    for row in rows {
        let rejected = match rejects {
            true => format!("{:>10}", row.rejected),
            false => String::new(),
        };
        writeln!(
            output,
            "  {:>10} {:>14}{rejected}  {}",
            row.messages, row.bytes, row.name
        )?;
    }
    Ok(())
}

fn replies(output: &mut dyn Write, title: &str, rows: &[ReplyRow]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{title}")?;
    for row in rows {
        let place = row.place.as_deref().unwrap_or_default();
        let provider = match row.provider.as_str() {
            "" | "other" => String::new(),
            provider => format!(" [{provider}]"),
        };
        let line = format!("{:>12}  {place}{provider}: {}", row.count, row.text);
        writeln!(output, "{}", line.trim_end())?;
    }
    Ok(())
}

fn complaints(output: &mut dyn Write, title: &str, rows: &[Complaint]) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    writeln!(output, "\n{title}")?;
    for row in rows {
        let program = match row.program.as_str() {
            "" => String::new(),
            program => format!("{program}: "),
        };
        writeln!(
            output,
            "{:>12}  {}: {program}{}",
            row.count, row.level, row.text
        )?;
    }
    Ok(())
}

/// Connections, authentication, TLS and postscreen.
fn sessions(output: &mut dyn Write, report: &LogReport) -> io::Result<()> {
    let sessions = &report.summary.sessions;
    let connections = [
        ("connections", sessions.connections),
        ("ended without QUIT", sessions.connections_lost),
        ("failed authentications", sessions.auth_failures),
    ];
    let connections = connections.map(|(name, count)| (name.to_owned(), count));
    counts(output, "Connections of clients", &connections)?;
    connection_time(output, &report.summary.connection_time)?;
    for (direction, protocols) in &sessions.tls {
        let mut rows = named(protocols);
        if let Some(failed) = sessions.tls_failures.get(direction) {
            rows.push(("failed".to_owned(), *failed));
        }
        counts(output, &format!("TLS sessions, {direction}"), &rows)?;
    }
    for (direction, failed) in &sessions.tls_failures {
        if !sessions.tls.contains_key(direction) {
            let rows = [("failed".to_owned(), *failed)];
            counts(output, &format!("TLS sessions, {direction}"), &rows)?;
        }
    }
    counts(
        output,
        "Results of postscreen",
        &named(&sessions.postscreen),
    )
}

/// How long clients stay connected.
fn connection_time(output: &mut dyn Write, time: &ConnectionTime) -> io::Result<()> {
    if time.connections == 0 {
        return Ok(());
    }
    writeln!(
        output,
        "\nConnection time by client domain\n  {:>11} {:>10} {:>9} {:>9}  domain",
        "connections", "total", "average", "longest"
    )?;
    let all = ("all", time.connections, time.seconds, time.longest);
    let clients = time.clients.iter();
    let clients = clients.map(|it| (&*it.name, it.connections, it.seconds, it.longest));
    for (name, connections, seconds, longest) in std::iter::once(all).chain(clients) {
        writeln!(
            output,
            "  {connections:>11} {:>10} {:>9} {:>9}  {name}",
            duration(seconds as f64),
            duration(seconds as f64 / connections.max(1) as f64),
            duration(longest as f64),
        )?;
    }
    Ok(())
}

/// Counts by name, the largest first.
fn named<K: ToString>(counts: &BTreeMap<K, u64>) -> Vec<Row> {
    let rows = counts
        .iter()
        .map(|(name, count)| (name.to_string(), *count));
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
