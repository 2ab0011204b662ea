//! The past of a log in Prometheus: `backfill` writes it, promtool makes blocks of it, queries return what the log says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;

use crate::Result;
use crate::exporter::{PROGRAM, report};
use crate::prometheus::Prometheus;
use crate::sandbox::finish;

const HOUR: i64 = 3_600;

/// Replies with 421 in each hour of the log, at most one each five seconds.
const LIMITED: [u64; 6] = [40, 7, 0, 600, 120, 3];

/// A log of six hours over midnight, three days ago, and the time at which it begins.
fn log() -> Result<(String, i64)> {
    let day = Timestamp::now().as_second().div_euclid(86_400) - 3;
    let start = day * 86_400 - 3 * HOUR;
    let mut log = String::new();
    for second in (0..6 * HOUR).step_by(5) {
        let time = Timestamp::from_second(start + second)?;
        let mut line = |rest: &str| log.push_str(&format!("{time} mail postfix/smtp[1]: {rest}\n"));
        let limited = LIMITED[usize::try_from(second / HOUR)?];
        // In the middle of the hour, where `increase` need not guess what is beyond its range.
        let begins = 1_800 - 5 * i64::try_from(limited / 2)?;
        let nth = (second % HOUR - begins).div_euclid(5);
        if (0..i64::try_from(limited)?).contains(&nth) {
            line(
                "4F9D195432C: host mx.example.org[192.0.2.9] said: 421 4.7.0 Try again later (in reply to RCPT TO command)",
            );
        }
        if second % 60 == 0 {
            line(
                "4F9D195432C: to=<ann@example.net>, relay=mx.example.net[192.0.2.8]:25, delay=1, delays=0/0/0/1, \
                 dsn=2.0.0, status=sent (250 2.0.0 Ok)",
            );
        }
    }
    Ok((log, start))
}

/// The files that `backfill` makes of a rotated log, given in the wrong order.
fn backfill(folder: &Path, log: &str) -> Result<(Vec<PathBuf>, Vec<PathBuf>)> {
    let half = log.len() / 2;
    let half = half + log[half..].find('\n').ok_or("no line")? + 1;
    let logs = ["mail.log", "mail.log.1"].map(|name| folder.join(name));
    fs::write(&logs[1], &log[..half])?;
    fs::write(&logs[0], &log[half..])?;
    let past = folder.join("past");
    finish(
        Command::new(PROGRAM)
            .args(["backfill", "--instance", "mx1:9925", "--output-dir"])
            .arg(&past)
            .args(&logs),
    )?;
    let mut days = Vec::new();
    for entry in fs::read_dir(past)? {
        days.push(entry?.path());
    }
    Ok((logs.to_vec(), days))
}

fn number(answer: &Value) -> Result<f64> {
    let value = answer[0]["value"][1].as_str();
    Ok(value.ok_or(format!("no value: {answer}"))?.parse()?)
}

/// Totals, differences and increases at the end of each hour are those of the log.
pub fn past_in_prometheus(folder: &Path) -> Result<()> {
    let (log, start) = log()?;
    let (logs, days) = backfill(folder, &log)?;
    if days.len() != 2 {
        return Err(format!("{days:?} instead of a file for each of two days").into());
    }
    for day in &days {
        finish(
            Command::new("promtool")
                .args(["tsdb", "create-blocks-from", "openmetrics"])
                .arg(day)
                .arg(folder.join("tsdb")),
        )?;
    }
    let prometheus = Prometheus::start(folder, "127.0.0.1:1")?;
    let limited = "maillog_codes_total{code=\"421\",instance=\"mx1:9925\",job=\"maillog\"}";
    let mut total = 0;
    for (count, end) in LIMITED.iter().zip((start + HOUR..).step_by(3_600)) {
        let ask = |query: &str| number(&prometheus.ask_at(query, end)?);
        total += count;
        let found = ask(&format!("sum({limited})"))?;
        if found != total as f64 {
            return Err(format!("{found} instead of {total} replies with 421 until {end}").into());
        }
        let increase = ask(&format!("sum(increase({limited}[1h]))"))?;
        let rate = ask(&format!("sum(rate({limited}[1h]))"))? * 3_600.0;
        // What both say of live samples is extrapolated to the whole hour in the same way.
        let tolerance = *count as f64 * 0.1 + 0.001;
        for (name, found) in [("increase", increase), ("rate", rate)] {
            if (found - *count as f64).abs() > tolerance {
                return Err(format!("{name} says {found} instead of {count} until {end}").into());
            }
        }
        let before = ask("sum(maillog_deliveries_total{status=\"sent\"})")?;
        let expected = 60 * ((end - start) / HOUR);
        if before != expected as f64 {
            return Err(format!("{before} instead of {expected} deliveries until {end}").into());
        }
    }
    let delays = "sum(maillog_delivery_delay_seconds_count{stage=\"total\"})";
    let quantile = "histogram_quantile(0.5, sum by (le) (increase(maillog_delivery_delay_seconds_bucket[6h])))";
    let end = start + 6 * HOUR;
    let (delays, median) = (
        number(&prometheus.ask_at(delays, end)?)?,
        number(&prometheus.ask_at(quantile, end)?)?,
    );
    if delays != 360.0 || !(0.0..=1.0).contains(&median) {
        return Err(format!("{delays} delays with a median of {median}").into());
    }
    let reported = report(&logs)?["codes"]["outbound"]["421"].as_u64();
    if reported != Some(total) {
        return Err(format!("report says {reported:?} instead of {total}").into());
    }
    Ok(())
}
