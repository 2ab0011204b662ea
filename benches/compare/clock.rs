//! How long `report` and grep take on the clock, where `report` may use all processors.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use super::measure;
use super::options::Options;

/// Medians in seconds.
pub struct Clock {
    pub report: f64,
    pub grep: f64,
    pub processors: usize,
}

impl Clock {
    /// How much longer `report` takes.
    pub fn relative(&self) -> f64 {
        self.report / self.grep
    }
}

/// Runs both in turn.
pub fn measure(options: &Options, log: &Path) -> Result<Clock> {
    let (mut report, mut grep) = (Vec::new(), Vec::new());
    for _ in 0..options.runs.max(1) {
        measure::read_from_disk(log)?;
        report.push(seconds(
            Command::new(&options.program)
                .args(["report", "--format", "json", "--detail", "0"])
                .arg(log),
        )?);
        grep.push(seconds(
            Command::new("grep").args(["-c", "status="]).arg(log),
        )?);
    }
    Ok(Clock {
        report: median(report),
        grep: median(grep),
        processors: thread::available_parallelism()?.get(),
    })
}

/// Runs a program until it exits. Its output is read, because grep stops at the first match if that is discarded.
fn seconds(command: &mut Command) -> Result<f64> {
    let command = command.stdin(Stdio::null()).env("LC_ALL", "C");
    let start = Instant::now();
    let output = command.output().with_context(|| format!("{command:?}"))?;
    let seconds = start.elapsed().as_secs_f64();
    ensure!(output.status.success(), "{command:?} failed");
    Ok(seconds)
}

fn median(mut seconds: Vec<f64>) -> f64 {
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied().unwrap_or(f64::NAN)
}
