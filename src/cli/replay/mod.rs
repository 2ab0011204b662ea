//! The command `replay`: evaluates the alert rules on existing logs.

mod judge;
mod tune;
mod tune_text;
mod words;

use std::io::{self, Write};
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use self::judge::{Judge, Reading};

use crate::alert::{Active, Ended, Evaluator, Words};
use crate::catalog::{Language, Policy, Severity};
use crate::cli::error::Error;
use crate::cli::generate::policy;
use crate::cli::input::{LogFiles, ReadSettings};
use crate::cli::language::{LanguageParser, Locale};
use crate::cli::output::{self, OutputFormat};
use crate::cli::script;
use crate::cli::source_format;
use crate::cli::threads::Threads;
use crate::metrics::WebAddress;
use crate::parse::Format;
use crate::zone;

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  maillog_exporter replay /var/log/mail.log*          with rotated logs
  maillog_exporter replay --policy mine.yml mail.log  other thresholds
  maillog_exporter replay --tune /var/log/mail.log*   what others would do
  maillog_exporter replay --lang zh mail.log          in Chinese
  maillog_exporter replay --threads 1 --log-format postfix mail.log
  maillog_exporter replay --format json mail.log | jq -r '.alerts[].alert'")]
pub struct Args {
    #[command(flatten)]
    files: LogFiles,
    #[command(flatten)]
    threads: Threads,
    /// Policy file with other thresholds for the alert rules
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Print what other thresholds and durations of each rule would have done, instead of alerts
    #[arg(long)]
    tune: bool,
    /// How to print the alerts
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    format: OutputFormat,
    /// Format of the logs: a mail server or syslog; detected by default
    #[arg(long, value_name = "NAME", default_value = "auto", value_parser = source_format::parse)]
    log_format: Format,
    /// Language of the text [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }

    /// The language of the text.
    fn text_language(&self) -> Language {
        Locale::chosen(self.lang)
    }

    /// How the logs are read.
    fn reading<'r>(&'r self, settings: &'r ReadSettings) -> Reading<'r> {
        Reading {
            files: &self.files,
            settings,
            format: self.log_format,
            threads: self.threads.count(),
        }
    }
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
    let settings = args.files.settings(args.log_format)?;
    let mut policy = policy(args.policy.as_deref())?;
    let language = args.text_language();
    // The texts of alerts are those of the policy, unless a person wants them in another language.
    if matches!(args.format, OutputFormat::Text)
        && (args.lang.is_some() || language == Language::Zh)
    {
        policy.language = language;
    }
    if args.tune {
        return tune::run(args, &settings, &policy);
    }
    let names: Vec<String> = settings.providers.names().map(str::to_owned).collect();
    let mut judges = vec![Judge::with_silence(policy.clone(), names)];
    let replayed = judge::read(&args.reading(&settings), &mut judges)?;
    let Some(Judge { mut evaluator, .. }) = judges.pop() else {
        return Ok(());
    };
    let report = ReplayReport {
        lines: replayed.lines,
        from: replayed.from(),
        to: replayed.to(),
        alerts: fired(&mut evaluator, &policy, replayed.end),
    };
    output::print(args.format, &report, |output, report| {
        print(output, report, language)
    })
}

/// Pending, firing and ended alerts, each with when it ended.
fn all_alerts(evaluator: &mut Evaluator) -> Vec<(Active, Option<i64>)> {
    let ended = evaluator.take_ended().into_iter();
    let ended = ended.map(|Ended { active, resolved }| (active, Some(resolved)));
    let mut all: Vec<(Active, Option<i64>)> = ended.collect();
    let active = evaluator.active().iter();
    all.extend(active.map(|active| (active.clone(), None)));
    all
}

/// All alerts that fired, in the order of their start; `end` is the end of the log.
fn fired(evaluator: &mut Evaluator, policy: &Policy, end: i64) -> Vec<Fired> {
    let mut all = all_alerts(evaluator);
    all.sort_by_key(|(active, _)| (active.fired, active.rule));
    let fired = all.into_iter().filter_map(|(mut active, ended)| {
        let start = active.fired?;
        // The description shows the figures of the peak.
        active.figures = active.peak.clone();
        let Words {
            labels,
            annotations,
            ..
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

/// A time in the local zone.
fn shown(time: &Timestamp) -> String {
    let time = time.to_zoned_datetime(zone::local());
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A line about a number of lines and their time span.
fn headline(
    count: &str,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    language: Language,
) -> String {
    match (&from, &to) {
        (Some(from), Some(to)) => words::SPAN.fill(language, &[&count, &shown(from), &shown(to)]),
        _ => words::NO_TIME.fill(language, &[&count]),
    }
}

/// A number of seconds in words: `1h 10m 20s`.
fn lasted(seconds: i64, language: Language) -> String {
    let duration = jiff::SignedDuration::from_secs(seconds);
    match language {
        Language::En => format!("{duration:#}"),
        Language::Zh => {
            let parts = [
                (seconds / 3_600, script::own("小时")),
                (seconds / 60 % 60, script::own("分钟")),
                (seconds % 60, "秒"),
            ];
            let parts = parts.iter().filter(|(number, _)| *number > 0);
            let parts: Vec<String> = parts.map(|(it, unit)| format!("{it} {unit}")).collect();
            match parts.is_empty() {
                true => "0 秒".to_owned(),
                false => parts.join(" "),
            }
        }
    }
}

/// Prints the alerts as text.
fn print(output: &mut dyn Write, report: &ReplayReport, language: Language) -> io::Result<()> {
    let count = report.alerts.len();
    let alerts = match count {
        1 => words::ALERT,
        _ => words::ALERTS,
    };
    let head = alerts.fill(language, &[&count, &report.lines]);
    writeln!(
        output,
        "{}",
        headline(&head, report.from, report.to, language)
    )?;
    for fired in &report.alerts {
        let labels = fired.labels.iter();
        let labels = labels.map(|(name, value)| format!("{name}={value}"));
        let labels = Vec::from_iter(labels).join(" ");
        let severity = severity(&fired.severity, language);
        let head = format!("\n{}  {severity}  {labels}", fired.alert);
        writeln!(output, "{}", head.trim_end())?;
        let lasted = lasted(fired.seconds, language);
        let ended = match &fired.resolved {
            Some(resolved) => shown(resolved),
            None => words::STILL_FIRING.of(language).to_owned(),
        };
        let inhibited = fired.inhibited.as_ref();
        let rows = [
            words::SINCE.fill(language, &[&shown(&fired.since)]),
            words::FIRED.fill(language, &[&shown(&fired.fired), &lasted]),
            words::ENDED.fill(language, &[&ended]),
            inhibited.map_or(String::new(), |it| words::SILENCED.fill(language, &[it])),
            words::WHAT.fill(language, &[&script::shown(&fired.summary)]),
            words::WHY.fill(language, &[&script::shown(&fired.description)]),
        ];
        for row in rows.iter().filter(|row| !row.is_empty()) {
            writeln!(output, "  {row}")?;
        }
    }
    Ok(())
}

/// The word for the name of a severity.
fn severity(name: &str, language: Language) -> String {
    let severity: Option<Severity> = name.parse().ok();
    severity.map_or(name.to_owned(), |it| {
        script::own(it.text(language == Language::Zh)).to_owned()
    })
}
