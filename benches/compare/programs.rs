//! Runs the compared programs in turn.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use super::check::{self, Agreement};
use super::log::ExpectedCounts;
use super::measure::{self, Cost, Peak};
use super::options::Options;
use super::postfix_exporter;

/// mtail's Postfix program as installed by Debian.
const MTAIL_PROGRAM: &str = "/usr/share/doc/mtail/examples/postfix.mtail";

/// The runs of one program.
pub struct Outcome {
    /// Name in the table.
    pub name: &'static str,
    /// Cost of each run.
    pub costs: Vec<Cost>,
    /// Comparison of the counts of the last run.
    pub agreement: Agreement,
    /// Whether wrong counts are accepted, because it is another project's program.
    pub may_be_wrong: bool,
    /// Why the program was not run.
    pub skipped: Option<String>,
}

/// Names in the table and in the list of limits.
pub const OURS: &str = "maillog_exporter report";
pub const GREP: &str = "grep -c 'status='";
pub const WC: &str = "wc -l";
pub const MTAIL: &str = "mtail";
pub const POSTFIX_EXPORTER: &str = "prometheus-postfix-exporter";

/// Runs every program on the log, in rounds, one run per program and round.
pub fn run_all(
    options: &Options,
    log: &Path,
    expected: &ExpectedCounts,
    folder: &Path,
) -> Result<Vec<Outcome>> {
    let mut outcomes: Vec<Outcome> = [OURS, GREP, WC, POSTFIX_EXPORTER, MTAIL]
        .map(Outcome::new)
        .into();
    let rounds = options.runs.max(if options.no_peers {
        0
    } else {
        options.peer_runs
    });
    for round in 0..rounds {
        for outcome in &mut outcomes {
            let runs = if outcome.is_peer() {
                options.peer_runs
            } else {
                options.runs
            };
            if options.no_peers && outcome.is_peer() {
                outcome.skipped = Some("--no-peers".to_owned());
            }
            if round >= runs || outcome.skipped.is_some() {
                continue;
            }
            if options.as_written {
                measure::warm(log)?;
            } else {
                measure::read_from_disk(log)?;
            }
            match run(outcome.name, options, log, expected, folder)? {
                Ok((cost, agreement)) => {
                    let seconds = cost.cpu.as_secs_f64();
                    eprintln!("round {}: {}: {seconds:.3} s", round + 1, outcome.name);
                    outcome.costs.push(cost);
                    outcome.agreement = agreement;
                }
                Err(missing) => {
                    eprintln!("skipped: {}: {missing}", outcome.name);
                    outcome.skipped = Some(missing);
                }
            }
        }
    }
    Ok(outcomes)
}

impl Outcome {
    fn new(name: &'static str) -> Self {
        Outcome {
            name,
            costs: Vec::new(),
            agreement: Agreement {
                wrong: false,
                text: String::new(),
            },
            may_be_wrong: name != OURS,
            skipped: None,
        }
    }

    fn is_peer(&self) -> bool {
        [MTAIL, POSTFIX_EXPORTER].contains(&self.name)
    }

    /// Median of the CPU time in seconds; `None` if the program never ran.
    pub fn cpu(&self) -> Option<f64> {
        let mut seconds: Vec<f64> = self
            .costs
            .iter()
            .map(|cost| cost.cpu.as_secs_f64())
            .collect();
        seconds.sort_by(f64::total_cmp);
        Some(*seconds.get(seconds.len() / 2)?)
    }

    /// Peak memory over all runs.
    pub fn peak(&self) -> Option<Peak> {
        self.costs
            .iter()
            .map(|cost| cost.peak)
            .max_by_key(|peak| peak.bytes)
    }
}

/// One run, or the reason why the program was skipped: usually a missing package.
fn run(
    name: &str,
    options: &Options,
    log: &Path,
    expected: &ExpectedCounts,
    folder: &Path,
) -> Result<Result<(Cost, Agreement), String>> {
    let missing = |program: &str, package: &str| {
        (!measure::installed(program)).then(|| format!("Debian package {package} is not installed"))
    };
    let measured = |command: &mut Command| measure::run(command, options.core);
    Ok(Ok(match name {
        OURS => {
            let mut report = Command::new(&options.program);
            let (cost, printed) = measured(
                report
                    .args(["report", "--format", "json", "--detail", "0"])
                    .arg(log),
            )?;
            (cost, check::report(&printed, expected)?)
        }
        GREP => {
            let (cost, printed) = measured(Command::new("grep").args(["-c", "status="]).arg(log))?;
            (
                cost,
                check::number(&printed, expected.status_lines, "lines with status="),
            )
        }
        WC => {
            let (cost, printed) = measured(Command::new("wc").arg("-l").arg(log))?;
            (cost, check::number(&printed, expected.lines, "lines"))
        }
        MTAIL => {
            if let Some(missing) = missing("mtail", "mtail") {
                return Ok(Err(missing));
            }
            let (cost, printed) = measured(&mut mtail(log, folder)?)?;
            (cost, check::peer(&printed, expected))
        }
        POSTFIX_EXPORTER => {
            let package = "prometheus-postfix-exporter";
            if let Some(missing) = missing(package, package) {
                return Ok(Err(missing));
            }
            // It only supports Postfix's default syslog_name.
            match postfix_exporter::run(options, log, expected, folder) {
                Ok((cost, metrics)) => (cost, check::peer(&metrics, expected)),
                Err(error) => return Ok(Err(format!("{error:#}"))),
            }
        }
        other => unreachable!("{other} is not in the list of programs"),
    }))
}

/// mtail reads the log once with its example program for Postfix and prints its counts.
fn mtail(log: &Path, folder: &Path) -> Result<Command> {
    let programs = folder.join("mtail");
    fs::create_dir_all(&programs)?;
    fs::copy(MTAIL_PROGRAM, programs.join("postfix.mtail")).context(MTAIL_PROGRAM)?;
    let messages = folder.join("mtail-messages");
    fs::create_dir_all(&messages)?;
    let mut command = Command::new("mtail");
    command
        .args(["--one_shot", "--one_shot_format", "prometheus"])
        .args(["--address", "127.0.0.1", "--port", "0"])
        .arg("--log_dir")
        .arg(messages)
        .arg("--progs")
        .arg(programs)
        .arg("--logs")
        .arg(log);
    Ok(command)
}
