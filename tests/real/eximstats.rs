//! `report` against eximstats on a log of Exim: totals, volumes, hours, and the tables of hosts, domains and addresses.
//!
//! Exim logs the first recipient of a delivery with `=>` and each further one with `->`. eximstats adds the size of the
//! message only for the first, and counts only it in its messages and hours; `report` counts a delivery for each
//! recipient, as for every other server. So the figures of deliveries differ by what the lines with `->` say, and the
//! test adds that.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::Result;
use crate::exporter::PROGRAM;
use crate::trials::{RealTrial, with_folder};

/// The script, which `.ci/run` unpacks.
const EXIMSTATS: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/target/exim/usr/sbin/eximstats"
);

/// The test.
pub const ALL: &[RealTrial] = &[RealTrial {
    name: "report_has_every_figure_of_eximstats",
    needs: &["perl", EXIMSTATS],
    run: || with_folder(figures_are_those_of_eximstats),
}];

/// Messages in the log, which is of one day.
const MESSAGES: u32 = 3_000;

fn figures_are_those_of_eximstats(folder: &Path) -> Result<()> {
    let log = folder.join("mainlog");
    let (text, further) = written();
    std::fs::write(&log, text)?;
    let theirs = run(Command::new("perl")
        .args([EXIMSTATS, "-txt", "-nvr", "-nr", "-t1000"])
        .arg(&log))?;
    let theirs = Printed { text: &theirs };
    let mut report = Command::new(PROGRAM);
    report.args(["report", "--format", "json", "--detail", "1000000"]);
    let ours: Value = serde_json::from_str(&run(report.arg(&log))?)?;
    let mut differences = totals(&theirs, &ours, &further);
    differences.extend(hours(&theirs, &ours, &further));
    differences.extend(tables(&theirs, &ours, &further));
    match differences.is_empty() {
        true => Ok(()),
        false => Err(differences[..differences.len().min(50)].join("\n").into()),
    }
}

/// What the lines with `->` say, which eximstats leaves out of some figures.
#[derive(Default)]
struct Further {
    recipients: u64,
    bytes: u64,
    by_hour: [u64; 24],
    /// Bytes by recipient domain.
    by_domain: BTreeMap<String, u64>,
}

/// A log with every kind of line that eximstats counts.
fn written() -> (String, Further) {
    const HOSTS: [&str; 4] = [
        "mx.example.net",
        "gmail-smtp-in.l.google.com",
        "mx1.example.org",
        "mta5.am0.yahoodns.net",
    ];
    let mut random = 421u32;
    let mut random = |limit: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % limit
    };
    let mut log = String::new();
    let mut further = Further::default();
    for number in 0..MESSAGES {
        let second = number * (86_400 / MESSAGES);
        let hour = second / 3600;
        let time = format!(
            "2026-11-23 {hour:02}:{:02}:{:02}",
            second % 3600 / 60,
            second % 60
        );
        let id = format!("1vN{:03}-{number:06}-Kt", number % 1000);
        let (size, client) = (500 + random(300_000), 1 + random(40));
        let mut line = |text: &str| {
            // Writing to a string does not fail.
            let _ = writeln!(log, "{time} {text}");
        };
        line(&format!(
            "{id} <= s{}@client{client}.example.com H=client{client}.example.com [192.0.2.{client}] P=esmtps \
             X=TLS1.3:TLS_AES_256_GCM_SHA384:256 CV=no S={size} id=m{number}@client.example.com",
            random(30)
        ));
        let host = HOSTS[random(4) as usize];
        let route = format!("R=dnslookup T=remote_smtp H={host} [198.51.100.1]");
        let refused = "SMTP error from remote mail server after RCPT TO";
        match random(20) {
            0 => line(&format!(
                "{id} ** u{number}@{host} {route}: {refused}:<u{number}@{host}>: 550 5.1.1 User unknown"
            )),
            kind => {
                if kind < 3 {
                    line(&format!(
                        "{id} == u{number}@{host} {route} defer (-44): {refused}:<u{number}@{host}>: 421 4.7.0 Try again later"
                    ));
                }
                for recipient in 0..=random(3) {
                    let sign = if recipient == 0 { "=>" } else { "->" };
                    line(&format!(
                        "{id} {sign} u{number}x{recipient}@{host} {route} C=\"250 2.0.0 OK\""
                    ));
                    if recipient > 0 {
                        further.recipients += 1;
                        further.bytes += u64::from(size);
                        further.by_hour[hour as usize] += 1;
                        *further.by_domain.entry(host.to_owned()).or_default() += u64::from(size);
                    }
                }
            }
        }
        line(&format!("{id} Completed"));
        if number % 20 == 0 {
            line(&format!(
                "H=bad{client}.example.org [203.0.113.{client}] F=<x@bad.example.org> rejected RCPT <nobody@example.com>: Unknown user"
            ));
        }
        if number % 33 == 0 {
            line(&format!(
                "H=grey{client}.example.org [203.0.113.{client}] F=<x@grey.example.org> temporarily rejected RCPT <ann@example.com>: greylisted"
            ));
        }
    }
    (log, further)
}

/// What a program prints. Both take the written times as they are.
fn run(program: &mut Command) -> Result<String> {
    let output = program.env("TZ", "UTC").output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The output of eximstats.
struct Printed<'a> {
    text: &'a str,
}

impl<'a> Printed<'a> {
    /// The lines of the table with this title, without its rule and the names of its columns.
    fn table(&self, title: &str) -> Vec<&'a str> {
        let mut lines = self.text.lines();
        lines.by_ref().find(|line| line.starts_with(title));
        let lines = lines.skip_while(|line| line.starts_with("---") || line.trim().is_empty());
        lines.take_while(|line| !line.trim().is_empty()).collect()
    }

    /// The numbers of a row of the grand totals.
    fn total(&self, name: &str) -> Vec<u64> {
        let table = self.table("Grand total summary");
        let row = table.iter().find_map(|line| line.trim().strip_prefix(name));
        let words = row.unwrap_or_default().split_whitespace();
        words.filter_map(|word| word.parse().ok()).collect()
    }
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(u64::MAX)
}

fn totals(theirs: &Printed<'_>, ours: &Value, further: &Further) -> Vec<String> {
    let messages = &ours["messages"];
    let of = |name: &str| number(&messages[name]);
    let delivered = of("delivered");
    let exact = [
        (
            "Received",
            vec![
                of("bytes_received"),
                of("received"),
                40,
                of("deferred"),
                of("bounced"),
            ],
        ),
        (
            "Delivered",
            vec![
                of("bytes_delivered") - further.bytes,
                delivered - further.recipients,
                delivered,
                4,
            ],
        ),
    ];
    let mut differences = Vec::new();
    for (name, exact) in exact {
        let printed = theirs.total(name);
        if printed != exact {
            differences.push(format!("{name}: {printed:?}, {exact:?}"));
        }
    }
    // Their rejects are permanent ones; the hosts that were rejected follow.
    let rejects = theirs.total("Rejects").first().copied().unwrap_or_default()
        + theirs
            .total("Temp Rejects")
            .first()
            .copied()
            .unwrap_or_default();
    if rejects != of("rejected") || rejects == 0 {
        differences.push(format!("rejects: {rejects}, {}", of("rejected")));
    }
    differences
}

fn hours(theirs: &Printed<'_>, ours: &Value, further: &Further) -> Vec<String> {
    let mut differences = Vec::new();
    for (title, column) in [
        ("Messages received per hour", "received"),
        ("Deliveries per hour", "delivered"),
    ] {
        let table = theirs.table(title);
        if table.len() != 24 {
            differences.push(format!("{title}: {table:?}"));
        }
        for (hour, line) in table.iter().enumerate() {
            let printed: Option<u64> = line
                .split_whitespace()
                .nth(1)
                .and_then(|it| it.parse().ok());
            let left_out = match column {
                "delivered" => further.by_hour[hour],
                _ => 0,
            };
            let exact = number(&ours["hours"][hour][column]);
            if printed.map(|it| it + left_out) != Some(exact) {
                differences.push(format!("{title}: {line}, {exact} with {left_out}"));
            }
        }
    }
    differences
}

/// Senders and recipient domains: eximstats names hosts, and here each client has one sender domain.
fn tables(theirs: &Printed<'_>, ours: &Value, further: &Further) -> Vec<String> {
    let mut differences = Vec::new();
    for (title, table, count, has_further) in [
        (
            "Top 1000 sending hosts by message count",
            "sender_domains",
            "messages",
            false,
        ),
        (
            "Top 1000 host destinations by message count",
            "recipient_domains",
            "sent",
            true,
        ),
    ] {
        let rows = ours["top"][table].as_array();
        let rows: BTreeMap<&str, &Value> = rows
            .into_iter()
            .flatten()
            .filter_map(|row| Some((row["name"].as_str()?, row)))
            .collect();
        let printed: Vec<Vec<&str>> = theirs
            .table(title)
            .into_iter()
            .map(|line| line.split_whitespace().collect())
            .filter(|words: &Vec<&str>| words.first().is_some_and(|it| it.parse::<u64>().is_ok()))
            .collect();
        if printed.is_empty() || printed.len() != rows.len() {
            differences.push(format!("{title}: {} rows, {}", printed.len(), rows.len()));
        }
        for words in printed {
            let name = words.last().copied().unwrap_or_default();
            let row = rows.get(name).copied().unwrap_or(&Value::Null);
            let left_out = match has_further {
                true => further.by_domain.get(name).copied().unwrap_or_default(),
                false => 0,
            };
            let exact = match has_further {
                // Messages, addresses, bytes: addresses are ours.
                true => [words.get(1), words.get(2)],
                false => [words.first(), words.get(1)],
            };
            let exact = exact.map(|word| word.and_then(|it| it.parse::<u64>().ok()));
            let own = [
                number(&row[count]),
                number(&row["bytes"]).wrapping_sub(left_out),
            ];
            if exact != own.map(Some) {
                differences.push(format!("{title}: {words:?}, {row}"));
            }
        }
    }
    differences
}
