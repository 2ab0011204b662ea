//! The command `replay`: evaluates the alert rules on existing logs.

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::error::Error;
use super::generate::policy;
use super::input::{LogFiles, unreadable};
use super::output::{self, OutputFormat};
use super::silence::SilenceWatch;
use super::source_format;
use crate::alert::{Active, Ended, Evaluator, GROUP_WAIT, Words};
use crate::catalog::{Catalog, Policy};
use crate::insight::{Insight, SenderVisitor, SenderVolumes};
use crate::metrics::{Counters, CountingVisitor, LineCounts, WebAddress};
use crate::parse::{Format, Stamp};
use crate::zone;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter replay /var/log/mail.log*                   with rotated logs
  maillog_exporter replay --policy mine.yml /var/log/mail.log  other thresholds
  maillog_exporter replay --format json mail.log | jq -r '.alerts[].alert'")]
pub struct Args {
    #[command(flatten)]
    files: LogFiles,
    /// Policy file with other thresholds for the alert rules
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// How to print the alerts
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: Format,
}

/// The output of `replay`.
#[derive(Serialize)]
struct ReplayReport {
    lines: u64,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    alerts: Vec<Fired>,
}

/// An alert that would have fired.
#[derive(Serialize)]
struct Fired {
    alert: String,
    severity: String,
    labels: std::collections::BTreeMap<String, String>,
    /// When its condition became true.
    since: Timestamp,
    /// When it started to fire.
    fired: Timestamp,
    /// When it was resolved; absent if it was still firing at the end of the log.
    resolved: Option<Timestamp>,
    /// From `fired` to `resolved`, or to the end of the log.
    seconds: i64,
    /// The highest value within its window.
    peak: u64,
    /// The texts with the figures of the peak.
    summary: String,
    description: String,
    /// The alert of the same cause that silenced it when it started to fire.
    inhibited: Option<String>,
}

/// Runs the command.
///
/// # Errors
///
/// If a file cannot be read or the policy is wrong.
pub fn run(args: &Args) -> Result<(), Error> {
    let catalog = Catalog::embedded();
    let settings = args.files.settings(args.log_format)?;
    let policy = policy(args.policy.as_deref())?;
    let names: Vec<String> = settings.providers.names().map(str::to_owned).collect();
    let mut insight = Insight::new(catalog, &names);
    let volumes = RefCell::new(SenderVolumes::default());
    let mut evaluator = Evaluator::new(policy.clone(), catalog, names.into());
    let mut silence = SilenceWatch::new();
    let mut counters = Counters::new(catalog);
    let (mut from, mut to) = (i64::MAX, i64::MIN);
    let mut read = LineCounts::default();
    let mut due = evaluator.due();
    let mut parser = args.files.parser(&settings);
    let format = args.log_format;
    args.files
        .for_each_by_time(&settings, format, |path, file, mut input| {
            file.select(&mut parser, format);
            let counting = CountingVisitor {
                counters: &mut counters,
                lines: &mut read,
                now: i64::MAX,
                before: |time: Option<Stamp>, _, counters: &_| {
                    let Stamp { seconds, .. } = time?;
                    from = from.min(seconds);
                    to = to.max(seconds);
                    if seconds >= due {
                        evaluator.take_senders(&mut volumes.borrow_mut());
                        evaluator.advance(seconds, counters, false);
                        due = evaluator.due();
                        silence.advance(&mut evaluator);
                    }
                    silence.count();
                    time
                },
            };
            let mut visitor = SenderVisitor {
                inner: counting,
                insight: &mut insight,
                volumes: &volumes,
            };
            while input
                .read(|lines| parser.read(lines, &mut visitor))
                .map_err(|error| unreadable(path, &error))?
            {}
            Ok(())
        })?;
    // Lines after the last evaluation count too. Without a time stamp, there was no evaluation.
    if from <= to {
        // An alert that fired with the last line is decided on as well.
        due += GROUP_WAIT;
        evaluator.take_senders(&mut volumes.borrow_mut());
        evaluator.advance(due, &counters, false);
    }
    let report = ReplayReport {
        lines: read.events + read.noise + read.unmatched,
        from: Timestamp::from_second(from).ok().filter(|_| from <= to),
        to: Timestamp::from_second(to).ok().filter(|_| from <= to),
        alerts: fired(&mut evaluator, &policy, due),
    };
    output::print(args.format, &report, print)
}

/// All alerts that fired, in the order of their start; `end` is the end of the log.
fn fired(evaluator: &mut Evaluator, policy: &Policy, end: i64) -> Vec<Fired> {
    let ended = evaluator.take_ended().into_iter();
    let mut all: Vec<(Active, Option<i64>)> = ended
        .map(|Ended { active, resolved }| (active, Some(resolved)))
        .collect();
    all.extend(
        evaluator
            .active()
            .iter()
            .map(|active| (active.clone(), None)),
    );
    all.sort_by_key(|(active, _)| (active.fired, active.rule));
    let fired = all.into_iter().filter_map(|(mut active, ended)| {
        let start = active.fired?;
        // The description shows the figures of the peak.
        active.figures = active.peak.clone();
        let Words {
            labels,
            annotations,
        } = evaluator.words(&active, "", &WebAddress::default())?;
        let alert = policy.alerts.get(active.rule)?;
        let resolved = match ended {
            Some(ended) => Some(Timestamp::from_second(ended).ok()?),
            None => None,
        };
        let hidden = ["alertname", "severity", "instance"];
        let shown = labels
            .into_iter()
            .filter(|(name, _)| !hidden.contains(&name.as_str()));
        Some(Fired {
            alert: alert.name.clone(),
            severity: alert.severity.as_str().to_owned(),
            labels: shown.collect(),
            since: Timestamp::from_second(active.since).ok()?,
            fired: Timestamp::from_second(start).ok()?,
            resolved,
            seconds: ended.unwrap_or(end) - start,
            peak: active.peak.value,
            summary: annotations.get("summary")?.clone(),
            description: annotations.get("description")?.clone(),
            inhibited: active.inhibited.clone().flatten(),
        })
    });
    fired.collect()
}

/// Prints the alerts as text.
fn print(output: &mut dyn Write, report: &ReplayReport) -> io::Result<()> {
    let zone = zone::local();
    let shown = |time: &Timestamp| {
        let time = time.to_zoned_datetime(zone.clone());
        time.strftime("%Y-%m-%d %H:%M:%S").to_string()
    };
    let count = report.alerts.len();
    let plural = if count == 1 { "alert" } else { "alerts" };
    write!(output, "{count} {plural} in {} lines", report.lines)?;
    match (&report.from, &report.to) {
        (Some(from), Some(to)) => writeln!(output, " from {} to {}", shown(from), shown(to))?,
        _ => writeln!(output, " without a time stamp")?,
    }
    for fired in &report.alerts {
        let labels = fired.labels.iter();
        let labels = labels.map(|(name, value)| format!("{name}={value}"));
        let labels = Vec::from_iter(labels).join(" ");
        let head = format!("\n{}  {}  {labels}", fired.alert, fired.severity);
        writeln!(output, "{}", head.trim_end())?;
        writeln!(output, "  since  {}", shown(&fired.since))?;
        let lasted = jiff::SignedDuration::from_secs(fired.seconds);
        writeln!(output, "  fired  {}  for {lasted:#}", shown(&fired.fired))?;
        match &fired.resolved {
            Some(resolved) => writeln!(output, "  ended  {}", shown(resolved))?,
            None => writeln!(output, "  ended  still firing at the end of the log")?,
        }
        if let Some(other) = &fired.inhibited {
            writeln!(output, "  silenced by {other}")?;
        }
        writeln!(output, "  what   {}", fired.summary)?;
        writeln!(output, "  why    {}", fired.description)?;
    }
    Ok(())
}
