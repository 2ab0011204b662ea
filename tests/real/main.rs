//! Tests with real programs: a real Postfix exchanges mail with scripted servers and clients, a real
//! Prometheus scrapes the exporter.
//!
//! The expected counts (`truth`) are recorded by the scripted remote servers and by the client; the exporter
//! must find the same counts in Postfix's log.
//!
//! - `sandbox`: namespaces of a test; `dns`, `remote`, `world`: scripted name server and mail servers;
//!   `cases`, `replies`: what they answer; `postfix`, `policy`, `auth`, `milter`: the tested Postfix and its
//!   helpers; `client`, `inbound`, `stores`: mail to and through it
//! - `exim_trials`: the same with a real Exim: `exim` runs it, `exim_config` is its configuration, `exim_cases` the
//!   replies of remote servers, `exim_stores` local deliveries, `exim_rejects` rejected clients; `records`: number
//!   of log records per failure
//! - `relays`: small programs that pass messages on: nullmailer, msmtp, dma; `haraka`: Haraka; `dovecot`: Dovecot's
//!   submission server and LMTP proxy
//! - `sendmail`, `opensmtpd`, `courier`: a real Sendmail, OpenSMTPD and Courier; `unpacked`: what the tests of complete servers that are not installed share
//! - `exporter`, `prometheus`: what is read from the log; `rsyslog`, `syslog_ng`, `journal`, `container_logs`: transports and formats of log lines
//! - `eximstats`: the figures of `report` against those of eximstats, on a log of Exim
//! - `pflogsumm`: the figures of `report` against those of pflogsumm, on the log of the benchmarks
//! - `page`, `faults`, `clocks`, `repeated_hour`: alerts from the lines of `traffic` through `alertmanager` to a `webhook`;
//!   `incidents`: stories of mail servers (`site`) through Prometheus with the shipped inhibitions; `examples`:
//!   the Alertmanager examples of the documentation
//! - `silent_mount`: a file system that stops answering
//! - `high_availability`: two Prometheus and a mesh of two Alertmanagers, one of which is killed; only with `MAILLOG_LONG=1`
//! - `mixin`: the monitoring mixin
//! - `docs_commands`: the commands and configurations of the documentation
//! - `history`: old logs in Prometheus, by `backfill` and promtool; `openmetrics`: exemplars in Prometheus, and a strict parser
//! - `completions`: the completion scripts in bash, zsh and fish
//! - `trace`: messages of a Postfix with a content filter, an alias and bounces, traced
//! - `browser`: the pages in Chromium while an alert fires
//! - `image`, `podman`, `inside`: the container image; `chart`, `pods`: the Helm chart and its pods; `kubernetes`,
//!   `long_pods`: manifests and values to copy, and their pods
//! - `package`, `machine`: the Debian package on a system with its own systemd; `compose`: the example of
//!   Docker Compose
//!
//! Each test runs in its own network namespace, so tests run in parallel on the same ports and no packet
//! leaves the machine. A machine that does not allow this skips the test by name; with
//! `MAILLOG_REQUIRE_REAL=1` a skipped test is a failure.

mod alertmanager;
mod auth;
#[path = "../../benches/log/mod.rs"]
// Not all of what the benchmarks use is used here.
#[allow(dead_code)]
mod bench_log;
mod browser;
mod cases;
mod chart;
mod client;
mod clocks;
mod completions;
mod compose;
mod container_logs;
mod courier;
mod dashboards;
mod dns;
mod docs_commands;
mod dovecot;
mod examples;
mod exim;
mod exim_cases;
mod exim_config;
mod exim_rejects;
mod exim_stores;
mod exim_trials;
mod eximstats;
mod exporter;
mod faults;
mod haraka;
mod high_availability;
mod history;
mod image;
mod inbound;
mod incidents;
mod journal;
mod kubernetes;
mod logrotate;
mod long_pods;
mod machine;
mod milter;
mod mixin;
mod openmetrics;
mod opensmtpd;
mod package;
mod page;
mod pflogsumm;
mod podman;
mod pods;
mod policy;
mod postfix;
mod prometheus;
mod records;
mod relays;
mod remote;
mod repeated_hour;
mod replies;
mod rsyslog;
mod rsyslog_tls;
mod sandbox;
mod sendmail;
mod silent_mount;
#[path = "../stories/site.rs"]
mod site;
mod stores;
mod syslog_ng;
mod trace;
mod traffic;
mod trials;
mod truth;
mod unpacked;
mod wait;
mod webhook;
mod world;

use std::process::ExitCode;

use libtest_mimic::{Arguments, Failed, Trial};

/// Result of all helpers; the error is the message of the failed test.
type Result<T, E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

fn main() -> ExitCode {
    if let Some(name) = sandbox::inner_trial() {
        return run_inside(&name);
    }
    let required = std::env::var_os("MAILLOG_REQUIRE_REAL").is_some_and(|value| value == "1");
    let trials = all()
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
        let waiting = all().filter(|it| it.name.starts_with("page_"));
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        arguments.test_threads = Some(cores + waiting.count());
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Whether tests run that take too long for every change: with `MAILLOG_LONG=1`.
fn is_long() -> bool {
    std::env::var_os("MAILLOG_LONG").is_some_and(|value| value == "1")
}

/// Every trial.
fn all() -> impl Iterator<Item = &'static trials::RealTrial> {
    let long = [trials::LONG, kubernetes::LONG, trace::LONG];
    let long = long.into_iter().filter(|_| is_long());
    trials::ALL
        .iter()
        .chain(long.flatten())
        .chain(exim_trials::ALL)
        .chain(relays::ALL)
        .chain(sendmail::ALL)
        .chain(opensmtpd::ALL)
        .chain(courier::ALL)
        .chain(haraka::ALL)
        .chain(dovecot::ALL)
        .chain(kubernetes::ALL)
        .chain(eximstats::ALL)
}

/// Runs one trial; we are in its namespace already.
fn run_inside(name: &str) -> ExitCode {
    let Some(trial) = all().find(|trial| trial.name == name) else {
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
