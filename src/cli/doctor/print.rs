//! Prints the findings, those of one log or subject below each other.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};

use super::Examination;
use super::finding::{Finding, Severity};
use super::log::Log;
use super::sample::{HEAD_LINES, Sample, TAIL_BYTES};

/// Prints all of it.
pub fn print(out: &mut impl Write, examination: &Examination) -> io::Result<()> {
    writeln!(
        out,
        "As {}, at {:.0}; of each log, the first {HEAD_LINES} lines and the last {} MiB are read",
        examination.user,
        examination.time,
        TAIL_BYTES / (1024 * 1024)
    )?;
    if examination.servers.is_some() {
        heading(out, "This machine")?;
        if examination.findings.is_empty() {
            writeln!(out, "  no mail server is installed in a usual place")?;
        }
        findings(out, &examination.findings)?;
    }
    if let Some(journal) = &examination.journal {
        heading(out, "Journal")?;
        if let Some(sample) = journal.sample.as_ref().filter(|it| it.lines > 0) {
            print_sample(out, sample)?;
        }
        findings(out, &journal.findings)?;
    }
    for log in &examination.logs {
        heading(out, &log.path.display().to_string())?;
        print_log(out, log)?;
    }
    let count = |severity| {
        let of_severity = |it: &&Finding| it.severity == severity;
        examination.findings().filter(of_severity).count()
    };
    let (problems, warnings) = (count(Severity::Problem), count(Severity::Warning));
    let style = style(examination.severity);
    match examination.severity {
        Severity::Ok => writeln!(out, "\n{style}Nothing to mend.{style:#}")?,
        _ => writeln!(
            out,
            "\n{style}Problems: {problems}, warnings: {warnings}{style:#}"
        )?,
    }
    out.flush()
}

fn print_log(out: &mut impl Write, log: &Log) -> io::Result<()> {
    let mut facts = Vec::new();
    if let Some(size) = log.size {
        facts.push(size_for_people(size));
    }
    facts.extend(log.permissions.clone());
    if let Some(age) = log.age_seconds {
        facts.push(format!("newest line {}", age_for_people(age)));
    }
    if !facts.is_empty() {
        writeln!(out, "  {}", facts.join(", "))?;
    }
    if let Some(sample) = &log.sample {
        print_sample(out, sample)?;
    }
    findings(out, &log.findings)
}

fn print_sample(out: &mut impl Write, sample: &Sample) -> io::Result<()> {
    let servers = match &*sample.servers {
        [] => "no mail server".to_owned(),
        servers => servers.join(", "),
    };
    writeln!(
        out,
        "  {servers} ({}); {} lines: {} events, {} noise, {} of unknown form",
        sample.decided, sample.lines, sample.events, sample.noise, sample.unmatched
    )?;
    let dim = Style::new().dimmed();
    for shape in &sample.shapes {
        writeln!(out, "    {dim}{:>6} × {}{dim:#}", shape.count, shape.text)?;
    }
    Ok(())
}

fn heading(out: &mut impl Write, text: &str) -> io::Result<()> {
    let bold = Style::new().bold();
    writeln!(out, "\n{bold}{text}{bold:#}")
}

/// The worst first.
fn findings(out: &mut impl Write, findings: &[Finding]) -> io::Result<()> {
    let mut sorted: Vec<_> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    for finding in sorted {
        let style = style(finding.severity);
        writeln!(
            out,
            "  {style}{:<8}{style:#} {}",
            finding.severity.name(),
            finding.text
        )?;
        if let Some(mend) = &finding.mend {
            writeln!(out, "           mend: {mend}")?;
        }
    }
    Ok(())
}

fn style(severity: Severity) -> Style {
    let colour = match severity {
        Severity::Ok => AnsiColor::Green,
        Severity::Warning => AnsiColor::Yellow,
        Severity::Problem => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into()))
}

fn size_for_people(bytes: u64) -> String {
    match bytes {
        0..10_240 => format!("{bytes} bytes"),
        10_240..10_485_760 => format!("{} KiB", bytes / 1024),
        _ => format!("{} MiB", bytes / 1024 / 1024),
    }
}

fn age_for_people(seconds: i64) -> String {
    match seconds {
        ..0 => format!("{} s in the future", -seconds),
        0..120 => format!("{seconds} s ago"),
        120..7200 => format!("{} min ago", seconds / 60),
        7200..172_800 => format!("{} h ago", seconds / 3600),
        _ => format!("{} days ago", seconds / 86_400),
    }
}
