//! The results, as Markdown.

use std::fmt::{self, Display, Formatter, Write};
use std::fs;
use std::path::Path;

use anyhow::Result;

use super::measure::Peak;
use super::programs::{GREP, MTAIL, OURS, Outcome, POSTFIX_EXPORTER};
use super::{Options, machine};

/// The promises of docs/performance.md.
const TIMES_GREP: f64 = 1.5;
const PEAK_MIB: f64 = 16.0;
const TIMES_LESS_THAN_POSTFIX_EXPORTER: f64 = 60.0;
const TIMES_LESS_THAN_MTAIL: f64 = 150.0;

/// The table, the machine, and what became of the promises.
///
/// # Errors
///
/// If the log is gone.
pub fn render(options: &Options, log: &Path, outcomes: &[Outcome]) -> Result<String> {
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
        "| program | runs | CPU seconds | times grep | peak MiB | lines per CPU second | counts agree with the log |"
    )?;
    writeln!(text, "|---|--:|--:|--:|--:|--:|---|")?;
    for outcome in outcomes {
        let Some(seconds) = outcome.cpu() else {
            let why = outcome.skipped.as_deref().unwrap_or("not run");
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
            outcome.agreement.words,
        )?;
    }
    let size = fs::metadata(log)?.len() as f64 / f64::from(1 << 20);
    writeln!(
        text,
        "\nLog: {} lines, {size:.1} MiB, seed {}, {:?} stamps, in the page cache {}. CPU seconds are user and system time, the median of the runs.",
        thousands(options.lines),
        options.seed,
        options.stamps,
        if options.as_written {
            "as it was written"
        } else {
            "as it was read from the disk"
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
    promise(
        &mut text,
        "times the CPU of grep",
        "at most",
        TIMES_GREP,
        grep.map(|grep| ours / grep),
    )?;
    let peak = outcomes
        .iter()
        .find(|outcome| outcome.name == OURS)
        .and_then(Outcome::peak);
    let peak = peak.map(|peak| peak.bytes as f64 / f64::from(1 << 20));
    promise(&mut text, "MiB at the peak", "at most", PEAK_MIB, peak)?;
    for (name, times) in [
        (POSTFIX_EXPORTER, TIMES_LESS_THAN_POSTFIX_EXPORTER),
        (MTAIL, TIMES_LESS_THAN_MTAIL),
    ] {
        let what = format!("times less CPU than {name}");
        promise(
            &mut text,
            &what,
            "at least",
            times,
            cpu(name).map(|peer| peer / ours),
        )?;
    }
    Ok(text)
}

/// One promise and what was measured.
fn promise(
    text: &mut String,
    what: &str,
    bound: &str,
    limit: f64,
    measured: Option<f64>,
) -> Result<()> {
    let Some(measured) = measured else {
        return Ok(());
    };
    let kept = if bound == "at most" {
        measured <= limit
    } else {
        measured >= limit
    };
    let verdict = if kept { "kept" } else { "NOT KEPT" };
    writeln!(
        text,
        "- {measured:.2} {what}; promised: {bound} {limit}: {verdict}"
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

/// A table of single measurements, each beside what is promised.
#[derive(Default)]
pub struct Rows(String);

impl Rows {
    /// A number that must not be above the limit.
    pub fn add(&mut self, what: &str, measured: f64, limit: Option<f64>) {
        let (promised, verdict) = match limit {
            Some(limit) if measured <= limit => (format!("at most {limit}"), "kept"),
            Some(limit) => (format!("at most {limit}"), "NOT KEPT"),
            None => Default::default(),
        };
        self.0.push_str(&format!(
            "| {what} | {measured:.2} | {promised} | {verdict} |\n"
        ));
    }

    /// Something that is no number.
    pub fn note(&mut self, what: &str, found: &str) {
        self.0.push_str(&format!("| {what} | {found} | | |\n"));
    }
}

impl Display for Rows {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "| what | measured | promised | |\n|---|--:|--:|---|\n{}",
            self.0
        )
    }
}
