//! Tests with real parts: a real Postfix talks to a scripted remote server, a real Prometheus
//! scrapes the exporter.
//!
//! What the remote server said and what Postfix' own server answered to our client is the truth;
//! the exporter must find exactly that in the log. The files, in the order in which a trial uses
//! them: `sandbox` (a network of its own), `dns` and `remote` (the world outside), `cases` (what
//! that world does), `postfix` (the server under observation), `client` (who writes to it),
//! `truth` (what was said, counted), `exporter` and `prometheus` (what was found). `rsyslog` and
//! `journal` stand between a mail server's lines and the exporter. `page` and `faults` are about who
//! is woken: by the lines of `traffic`, through `alertmanager`, to a `webhook`; `examples` are what
//! the documentation shows of that. `image` is the container image, run by `podman` beside what is in
//! `inside`; `pods` are those of the chart.
//!
//! `package` installs the Debian package on a `machine` with a systemd of its own, `compose` checks the
//! example of Docker Compose.
//!
//! Each trial runs in a network namespace of its own, so that trials run side by side on the same
//! ports and no packet leaves the machine. A machine that does not allow this skips the trial by
//! name; with `MAILLOG_REQUIRE_REAL=1` a skipped trial is a failure.

mod alertmanager;
mod auth;
mod cases;
mod chart;
mod client;
mod compose;
mod dashboards;
mod dns;
mod examples;
mod exporter;
mod faults;
mod image;
mod inbound;
mod journal;
mod machine;
mod milter;
mod package;
mod page;
mod podman;
mod pods;
mod policy;
mod postfix;
mod prometheus;
mod remote;
mod replies;
mod rsyslog;
mod sandbox;
mod stores;
mod traffic;
mod trials;
mod truth;
mod wait;
mod webhook;
mod world;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// What every helper here returns: a trial fails with a sentence.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    if let Some(name) = sandbox::inner_trial() {
        return run_inside(&name);
    }
    let required = std::env::var_os("MAILLOG_REQUIRE_REAL").is_some_and(|value| value == "1");
    let trials = trials::ALL
        .iter()
        .map(|trial| match sandbox::obstacle(trial.needs) {
            None => Trial::test(trial.name, || Ok(sandbox::run(trial.name)?)),
            Some(reason) => {
                let kind = format!("skipped: {reason}");
                Trial::test(trial.name, move || Err(Failed::from(reason)))
                    .with_kind(kind)
                    .with_ignored_flag(!required)
            }
        })
        .collect();
    let mut arguments = Arguments::from_args();
    if arguments.test_threads.is_none() {
        // A page takes minutes in which next to nothing is done: it waits beside the others.
        let waiting = trials::ALL.iter().filter(|it| it.name.starts_with("page_"));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        arguments.test_threads = Some(cores + waiting.count());
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Runs one trial; we are in its namespace already.
fn run_inside(name: &str) -> ExitCode {
    let Some(trial) = trials::ALL.iter().find(|trial| trial.name == name) else {
        eprintln!("there is no trial named {name:?}");
        return ExitCode::FAILURE;
    };
    match (trial.run)() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
