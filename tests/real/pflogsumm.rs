//! `report` against pflogsumm: totals, days, hours, names, domains with their delays, and the sums of deferrals, bounces
//! and warnings of one log are compared.
//!
//! The log is that of the benchmarks, on three days, with lines of the kinds that it lacks. Lines that pflogsumm does not
//! count, although it should, are not in it; docs/report.md lists them.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::Result;
use crate::bench_log;
use crate::exporter::PROGRAM;

/// Lines on each day.
const LINES: u64 = 60_000;

/// Kinds of lines that the benchmarks' log does not have: local mail that is forwarded, checks of cleanup and smtpd,
/// retries, addresses in capital letters, senders without a domain.
const OTHERS: &str = "\
pickup[11]: 5F9D1954321: uid=33 from=<www-data>
cleanup[12]: 5F9D1954321: message-id=<1@mx1.example.com>
qmgr[13]: 5F9D1954321: from=<www-data>, size=4210, nrcpt=1 (queue active)
local[14]: 5F9D1954321: to=<root@mx1.example.com>, orig_to=<root>, relay=local, delay=0.1, delays=0/0/0/0.1, dsn=2.0.0, status=sent (forwarded as 5F9D1954322)
qmgr[13]: 5F9D1954321: removed
cleanup[12]: 5F9D1954322: message-id=<1@mx1.example.com>
qmgr[13]: 5F9D1954322: from=<www-data>, size=4330, nrcpt=1 (queue active)
smtp[15]: 5F9D1954322: to=<Ann.Lee@Example.NET>, relay=mx.example.net[192.0.2.1]:25, delay=75, delays=70/0/1/4, dsn=2.0.0, status=sent (250 2.0.0 OK)
qmgr[13]: 5F9D1954322: removed
smtpd[16]: 5F9D1954323: client=a.b.example.org[192.0.2.7]
cleanup[12]: 5F9D1954323: message-id=<2@example.org>
cleanup[12]: 5F9D1954323: warning: header Subject: offer 1 from a.b.example.org[192.0.2.7]; from=<> to=<ben@example.com> proto=ESMTP helo=<x>
cleanup[12]: 5F9D1954323: hold: header X-Hold: yes from a.b.example.org[192.0.2.7]; from=<> to=<ben@example.com> proto=ESMTP helo=<x>
qmgr[13]: 5F9D1954323: from=<>, size=900, nrcpt=2 (queue active)
smtp[15]: 5F9D1954323: to=<ben@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=4000, delays=3999/0/0/1, dsn=4.2.2, status=deferred (host mx.example.com[192.0.2.2] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))
smtp[15]: 5F9D1954323: to=<cal@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=4001, delays=3999/0/0/1, dsn=4.2.2, status=deferred (host mx.example.com[192.0.2.2] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command))
qmgr[13]: 5F9D1954323: from=<>, size=900, nrcpt=2 (queue active)
smtp[15]: 5F9D1954323: to=<ben@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=8000, delays=7999/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 OK)
smtp[15]: 5F9D1954323: to=<cal@example.com>, relay=mx.example.com[192.0.2.2]:25, delay=8001, delays=7999/0/0/1, dsn=5.1.1, status=bounced (host mx.example.com[192.0.2.2] said: 550 5.1.1 User unknown (in reply to RCPT TO command))
qmgr[13]: 5F9D1954323: removed
smtpd[16]: 5F9D1954324: client=unknown[198.51.100.9]
cleanup[12]: 5F9D1954324: message-id=<3@example.org>
qmgr[13]: 5F9D1954324: from=<MAILER@Mixed.Example.org>, size=100, nrcpt=1 (queue active)
smtpd[16]: NOQUEUE: reject_warning: RCPT from unknown[198.51.100.9]: 554 5.7.1 <x@example.com>: Relay access denied; from=<a@example.net> to=<x@example.com> proto=SMTP helo=<x>
smtpd[16]: NOQUEUE: hold: RCPT from unknown[198.51.100.9]: <x@example.com>: Recipient address triggers HOLD action; from=<a@example.net> to=<x@example.com> proto=SMTP helo=<x>
smtpd[16]: NOQUEUE: discard: RCPT from unknown[198.51.100.9]: <x@example.com>: Recipient address triggers DISCARD action; from=<a@example.net> to=<x@example.com> proto=SMTP helo=<x>
smtpd[16]: fatal: no SASL authentication mechanisms
smtp[15]: 5F9D1954399: to=<dan@example.net>, relay=mx.example.net[192.0.2.1]:25, delay=1, delays=0/0/0/1, dsn=2.0.0, status=sent (250 2.0.0 OK)";

/// Compares all figures.
pub fn figures_are_those_of_pflogsumm(folder: &Path) -> Result<()> {
    let log = folder.join("mail.log");
    write_log(&log)?;
    let theirs = run(Command::new("pflogsumm").arg(&log))?;
    let theirs = Printed::of(&theirs);
    let mut report = Command::new(PROGRAM);
    report.args(["report", "--format", "json", "--detail", "1000000"]);
    let ours: Value = serde_json::from_str(&run(report.arg(&log))?)?;
    let mut differences = Vec::new();
    grand_totals(&theirs, &ours, &mut differences);
    days_and_hours(&theirs, &ours, &mut differences)?;
    names(&theirs, &ours, &mut differences);
    domains(&theirs, &ours, &mut differences);
    problems(&theirs, &ours, &mut differences);
    match differences.is_empty() {
        true => Ok(()),
        false => Err(differences[..differences.len().min(50)].join("\n").into()),
    }
}

/// Writes the log: three days.
fn write_log(path: &Path) -> Result<()> {
    let mut log = BufWriter::new(File::create(path)?);
    let now = Timestamp::now();
    for (day, seed) in (0..3).zip([421, 422, 450]) {
        let end = now - SignedDuration::from_hours(24 * (2 - day));
        let options = bench_log::Options {
            lines: LINES,
            seed,
            timestamps: bench_log::TimestampFormat::Rfc3164,
            style: bench_log::Style {
                syslog_name: "postfix".to_owned(),
                long_queue_ids: day == 1,
            },
            end,
        };
        bench_log::write(&options, &mut log)?;
        if day == 2 {
            let time = now.strftime("%b %e %H:%M:%S");
            for line in OTHERS.lines() {
                writeln!(log, "{time} mx1 postfix/{line}")?;
            }
        }
    }
    Ok(log.flush()?)
}

/// What a program prints. Both take the written times as they are.
fn run(program: &mut Command) -> Result<String> {
    let output = program.env("TZ", "UTC").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The output of pflogsumm: its lines by section.
struct Printed<'a> {
    sections: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Printed<'a> {
    fn of(text: &'a str) -> Self {
        let lines: Vec<&str> = text.lines().collect();
        let mut sections: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut current = "";
        for (at, line) in lines.iter().enumerate() {
            let is_title = lines.get(at + 1).is_some_and(|it| it.starts_with("---"));
            match is_title {
                true => current = line.trim(),
                // A rule below a title or the names of columns.
                false if !line.trim_start().starts_with("---") && !line.trim().is_empty() => {
                    sections.entry(current).or_default().push(line);
                }
                false => {}
            }
        }
        Printed { sections }
    }

    /// The lines of the section whose title begins so; empty if there is none.
    fn section(&self, title: &str) -> &[&'a str] {
        let mut sections = self.sections.iter();
        let found = sections.find(|(name, _)| name.starts_with(title));
        found.map_or(&[], |(_, lines)| lines)
    }

    /// The sums per group of a section of problems: `  smtp (total: 12)`.
    fn groups(&self, title: &str) -> BTreeMap<String, u64> {
        let lines = self.section(title).iter();
        let groups = lines.filter_map(|line| {
            let line = line.strip_prefix("  ").filter(|it| !it.starts_with(' '))?;
            let (name, total) = line.split_once(" (total: ")?;
            Some((name.to_owned(), total.trim_end_matches(')').parse().ok()?))
        });
        groups.collect()
    }
}

/// A figure as pflogsumm prints it: `318874k` is that many times 1024, rounded down.
fn is_figure(printed: &str, exact: u64) -> bool {
    let (digits, unit) = match printed.strip_suffix(['k', 'm']) {
        Some(digits) if printed.ends_with('k') => (digits, 1 << 10),
        Some(digits) => (digits, 1 << 20),
        None => (printed, 1),
    };
    digits.parse() == Ok(exact / unit)
}

/// A duration as pflogsumm prints it, with one digit after the point.
fn is_duration(printed: f64, unit: &str, exact: f64) -> bool {
    let unit = match unit {
        "h" => 3600.0,
        "m" => 60.0,
        _ => 1.0,
    };
    (printed - exact / unit).abs() < 0.0501
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(u64::MAX)
}

fn grand_totals(theirs: &Printed<'_>, ours: &Value, differences: &mut Vec<String>) {
    let (messages, distinct) = (&ours["messages"], &ours["top"]["distinct"]);
    let lines = theirs.section("Grand Totals");
    for (name, exact) in [
        ("received", &messages["received"]),
        ("delivered", &messages["delivered"]),
        ("forwarded", &messages["forwarded"]),
        ("deferred", &messages["deferred"]),
        ("bounced", &messages["bounced"]),
        ("rejected", &messages["rejected"]),
        ("reject warnings", &messages["reject_warnings"]),
        ("held", &messages["held"]),
        ("discarded", &messages["discarded"]),
        ("bytes received", &messages["bytes_received"]),
        ("bytes delivered", &messages["bytes_delivered"]),
        ("senders", &distinct["senders"]),
        ("sending hosts/domains", &distinct["sender_domains"]),
        ("recipients", &distinct["recipients"]),
        ("recipient hosts/domains", &distinct["recipient_domains"]),
    ] {
        let printed = lines.iter().find_map(|line| {
            let (figure, rest) = line.trim().split_once(' ')?;
            let rest = rest.trim().split("  (").next()?.split(" (").next()?;
            (rest == name).then_some(figure)
        });
        let exact = number(exact);
        if !printed.is_some_and(|printed| is_figure(printed, exact)) || exact == 0 {
            differences.push(format!("{name}: {printed:?}, {exact}"));
        }
    }
    let deferrals = lines.iter().find_map(|line| {
        let (_, rest) = line.split_once("deferred  (")?;
        rest.split_whitespace().next()
    });
    let exact = number(&messages["deferrals"]);
    if !deferrals.is_some_and(|printed| is_figure(printed, exact)) {
        differences.push(format!("deferrals: {deferrals:?}, {exact}"));
    }
}

/// The columns of traffic. pflogsumm's rejects include warnings and what was held or discarded.
fn columns(row: &Value) -> [u64; 5] {
    let of = |name: &str| number(&row[name]);
    let rejected = ["rejected", "reject_warnings", "held", "discarded"];
    [
        of("received"),
        of("delivered"),
        of("deferred"),
        of("bounced"),
        rejected.iter().map(|name| of(name)).sum(),
    ]
}

fn days_and_hours(theirs: &Printed<'_>, ours: &Value, differences: &mut Vec<String>) -> Result<()> {
    let days = ours["days"].as_array().ok_or("no days")?;
    let printed = theirs.section("Per-Day");
    let printed: Vec<&&str> = printed.iter().skip(1).collect();
    if printed.len() != days.len() || days.len() < 3 {
        differences.push(format!("days: {printed:?}, {days:?}"));
    }
    for (line, day) in printed.iter().zip(days) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let date: jiff::civil::Date = day["date"].as_str().ok_or("no date")?.parse()?;
        let is_day = words[..2] == [&*date.strftime("%b").to_string(), &date.day().to_string()];
        let mut figures = words[3..].iter().zip(columns(day));
        if !is_day || !figures.all(|(printed, exact)| is_figure(printed, exact)) {
            differences.push(format!("day: {line}, {day}"));
        }
    }
    let hours = ours["hours"].as_array().ok_or("no hours")?;
    let printed = theirs.section("Per-Hour");
    for (line, hour) in printed.iter().skip(1).zip(hours) {
        let mut figures = line.split_whitespace().skip(1).zip(columns(hour));
        // The average over the days, rounded.
        let days = days.len() as f64;
        let is_equal = figures
            .all(|(printed, exact)| is_figure(printed, (exact as f64 / days + 0.5).floor() as u64));
        if !is_equal {
            differences.push(format!("hour: {line}, {hour}"));
        }
    }
    if printed.len() != 25 {
        differences.push(format!("hours: {printed:?}"));
    }
    Ok(())
}

/// The rows of a table by name.
fn by_name(rows: &Value) -> BTreeMap<&str, &Value> {
    let rows = rows.as_array().into_iter().flatten();
    rows.filter_map(|row| Some((row["name"].as_str()?, row)))
        .collect()
}

fn names(theirs: &Printed<'_>, ours: &Value, differences: &mut Vec<String>) {
    for (title, table, figure) in [
        ("Senders by message count", "senders", "messages"),
        ("Senders by message size", "senders", "bytes"),
        ("Recipients by message count", "recipients", "messages"),
        ("Recipients by message size", "recipients", "bytes"),
    ] {
        let rows = by_name(&ours["top"][table]);
        let printed = theirs.section(title);
        if printed.len() != rows.len() || rows.is_empty() {
            let difference = format!("{title}: {} rows, {}", printed.len(), rows.len());
            differences.push(difference);
        }
        for line in printed {
            let (count, name) = line.trim().split_once(' ').unwrap_or_default();
            let name = match name.trim() {
                "from=<>" => "<>",
                name => name,
            };
            let row = rows.get(name);
            if !row.is_some_and(|row| is_figure(count, number(&row[figure]))) {
                differences.push(format!("{title}: {line}, {row:?}"));
            }
        }
    }
}

fn domains(theirs: &Printed<'_>, ours: &Value, differences: &mut Vec<String>) {
    let rows = by_name(&ours["top"]["sender_domains"]);
    let printed = theirs.section("Host/Domain Summary: Messages Received");
    for line in &printed[1..] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let name = if words[2] == "from=<>" {
            "<>"
        } else {
            words[2]
        };
        let row = rows.get(name);
        let is_equal = row.is_some_and(|row| {
            is_figure(words[0], number(&row["messages"]))
                && is_figure(words[1], number(&row["bytes"]))
        });
        if !is_equal {
            differences.push(format!("sender domain: {line}, {row:?}"));
        }
    }
    let rows = by_name(&ours["top"]["recipient_domains"]);
    let printed = theirs.section("Host/Domain Summary: Message Delivery");
    for line in &printed[1..] {
        let words: Vec<&str> = line.split_whitespace().collect();
        let [sent, bytes, deferred, average, unit, longest, of, name] = words[..] else {
            differences.push(format!("recipient domain: {line}"));
            continue;
        };
        let is_equal = rows.get(name).is_some_and(|row| {
            let duration = |printed: &str, unit, exact: &Value| {
                let printed = printed.parse().unwrap_or(-1.0);
                is_duration(printed, unit, exact.as_f64().unwrap_or_default())
            };
            is_figure(sent, number(&row["sent"]))
                && is_figure(bytes, number(&row["bytes"]))
                && is_figure(deferred, number(&row["deferred"]))
                && duration(average, unit, &row["delay_avg"])
                && duration(longest, of, &row["delay_max"])
        });
        if !is_equal {
            differences.push(format!("recipient domain: {line}, {:?}", rows.get(name)));
        }
    }
}

/// Sums up the counts of some reasons by a name.
fn sums<'a>(rows: &'a Value, name: impl Fn(&'a Value) -> Option<&'a str>) -> BTreeMap<String, u64> {
    let mut sums = BTreeMap::new();
    for row in rows.as_array().into_iter().flatten() {
        if let Some(name) = name(row) {
            *sums.entry(name.to_owned()).or_default() += number(&row["count"]);
        }
    }
    sums
}

fn problems(theirs: &Printed<'_>, ours: &Value, differences: &mut Vec<String>) {
    let reasons = &ours["reasons"];
    let deferred = sums(&reasons["deferred"], |row| row["place"].as_str());
    let of_level = |level: &'static str| {
        sums(&reasons["diagnostics"], move |row| {
            let program = row["program"].as_str().filter(|_| row["level"] == level)?;
            program.rsplit('/').next()
        })
    };
    for (title, exact) in [
        ("message deferral detail", deferred),
        ("Warnings", of_level("warning")),
        ("Fatal Errors", of_level("fatal")),
        ("Panics", of_level("panic")),
    ] {
        let printed = theirs.groups(title);
        if printed != exact || (printed.is_empty() && title != "Panics") {
            differences.push(format!("{title}: {printed:?}, {exact:?}"));
        }
    }
    let bounced: u64 = theirs.groups("message bounce detail").values().sum();
    let exact = sums(&reasons["bounced"], |row| {
        row["outcome"].as_str().filter(|it| *it == "bounced")
    });
    if exact.get("bounced") != Some(&bounced) {
        differences.push(format!("bounces: {bounced}, {exact:?}"));
    }
    let without = theirs.section("Messages with no size data").len() as u64;
    let exact = number(&ours["without_sender"]["messages"]);
    if without != exact || exact == 0 {
        differences.push(format!("without a sender record: {without}, {exact}"));
    }
}
