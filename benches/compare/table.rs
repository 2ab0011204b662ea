//! The results as Markdown tables.

use std::fmt::{self, Display, Formatter, Write};
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::clock::Clock;
use super::machine;
use super::measure::Peak;
use super::options::Options;
use super::programs::{GREP, MTAIL, OURS, Outcome, POSTFIX_EXPORTER};

// The limits of docs/performance.md.

/// CPU time and time on the clock relative to grep.
const MAX_RELATIVE_TO_GREP: f64 = 1.0;
/// Peak memory in MiB.
const MAX_PEAK: f64 = 16.0;
/// CPU time of prometheus-postfix-exporter relative to ours.
const MIN_POSTFIX_EXPORTER: f64 = 60.0;
/// CPU time of mtail relative to ours.
const MIN_MTAIL: f64 = 150.0;

/// The table, a description of the machine, and for each limit whether it is met.
///
/// # Errors
///
/// If the log cannot be read.
pub fn render(
    options: &Options,
    log: &Path,
    outcomes: &[Outcome],
    clock: &Clock,
) -> Result<String> {
    let mut text = String::new();
    let cpu = |name| {
        outcomes
            .iter()
            .find(|outcome| outcome.name == name)
            .and_then(Outcome::cpu)
    };
    let grep = cpu(GREP);
    writeln!(
        text,
        "| program | runs | CPU seconds | relative to grep | peak MiB | lines per CPU second | counts agree with the log |"
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|---|")?;
    for outcome in outcomes {
        let Some(seconds) = outcome.cpu() else {
            let why = outcome.skipped.as_deref().unwrap_or("no runs");
            writeln!(
                text,
                "| `{}` | 0 | – | – | – | – | skipped: {why} |",
                outcome.name
            )?;
            continue;
        };
        writeln!(
            text,
            "| `{}` | {} | {seconds:.3} | {} | {} | {} | {} |",
            outcome.name,
            outcome.costs.len(),
            grep.map_or(String::new(), |grep| format!("{:.2}", seconds / grep)),
            outcome.peak().map_or(String::new(), mebibytes),
            thousands((options.lines as f64 / seconds) as u64),
            outcome.agreement.text,
        )?;
    }
    let size = fs::metadata(log)?.len() as f64 / f64::from(1 << 20);
    writeln!(
        text,
        "\nLog: {} lines, {size:.1} MiB, seed {}, {:?} timestamps, page cache {}. CPU seconds are user and system time, median of the runs.",
        thousands(options.lines),
        options.seed,
        options.timestamps,
        if options.as_written {
            "as written"
        } else {
            "filled from the disk"
        },
    )?;
    writeln!(
        text,
        "Machine: {}. {}.\n",
        machine::description(),
        machine::packages()
    )?;
    let Some(ours) = cpu(OURS) else {
        return Ok(text);
    };
    limit_line(
        &mut text,
        "times the CPU time of grep",
        "at most",
        MAX_RELATIVE_TO_GREP,
        grep.map(|grep| ours / grep),
    )?;
    let what = format!(
        "times the time of grep on the clock, with {} processors",
        clock.processors
    );
    let relative = Some(clock.relative());
    limit_line(&mut text, &what, "at most", MAX_RELATIVE_TO_GREP, relative)?;
    let peak = outcomes
        .iter()
        .find(|outcome| outcome.name == OURS)
        .and_then(Outcome::peak);
    let peak = peak.map(|peak| peak.bytes as f64 / f64::from(1 << 20));
    limit_line(&mut text, "MiB peak memory", "at most", MAX_PEAK, peak)?;
    for (name, times) in [(POSTFIX_EXPORTER, MIN_POSTFIX_EXPORTER), (MTAIL, MIN_MTAIL)] {
        let what = format!("times less CPU time than {name}");
        limit_line(
            &mut text,
            &what,
            "at least",
            times,
            cpu(name).map(|peer| peer / ours),
        )?;
    }
    Ok(text)
}

/// A measured value, its limit, and whether the limit is met.
fn limit_line(
    text: &mut String,
    what: &str,
    bound: &str,
    limit: f64,
    measured: Option<f64>,
) -> Result<()> {
    let Some(measured) = measured else {
        return Ok(());
    };
    let met = if bound == "at most" {
        measured <= limit
    } else {
        measured >= limit
    };
    let verdict = if met { "met" } else { "NOT MET" };
    writeln!(
        text,
        "- {measured:.2} {what} (limit: {bound} {limit}): {verdict}"
    )?;
    Ok(())
}

fn mebibytes(peak: Peak) -> String {
    let at_most = if peak.exact { "" } else { "≤ " };
    format!("{at_most}{:.1}", peak.bytes as f64 / f64::from(1 << 20))
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A table of single measurements with their limits.
#[derive(Default)]
pub struct Rows(String);

impl Rows {
    /// Adds a value that must not exceed the limit.
    pub fn add(&mut self, what: &str, measured: f64, limit: Option<f64>) {
        let (limit, verdict) = match limit {
            Some(limit) if measured <= limit => (format!("at most {limit}"), "met"),
            Some(limit) => (format!("at most {limit}"), "NOT MET"),
            None => Default::default(),
        };
        self.0.push_str(&format!(
            "| {what} | {measured:.2} | {limit} | {verdict} |\n"
        ));
    }

    /// Adds a result that is not a number.
    pub fn note(&mut self, what: &str, found: &str) {
        self.0.push_str(&format!("| {what} | {found} | | |\n"));
    }
}

impl Display for Rows {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| measurement | result | limit | verdict |\n|---|--:|--:|---|\n{}",
            self.0
        )
    }
}
