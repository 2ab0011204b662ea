//! `demo`: simulated mail traffic with spikes of 421 and of full mailboxes. It is written to a temporary
//! log and processed like any other log.

mod traffic;

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use self::traffic::{Phase, Traffic};
use crate::catalog::{Catalog, Policy, Providers};
use crate::cli::error::Error;
use crate::config::Config;
use crate::engine::{self, AlertSetup, Handle, Setup, SourceSetup};
use crate::parse::{Direction, Format, Outcome};
use crate::source::{Files, Framing, Input, ReadFrom};
use crate::state::StateFile;
use crate::web::{Access, Bound, ListenAddress, Server, Site};

/// The interval at which traffic is written.
const TICK: Duration = Duration::from_millis(100);

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter demo                  run until Ctrl-C
  maillog_exporter demo --duration 2m    run for two minutes
  curl -s localhost:9925/metrics | grep 'codes_total.*\"421\"'")]
pub struct Args {
    /// Address to listen on
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:9925",
          value_parser = ListenAddress::from_str)]
    listen_address: ListenAddress,
    /// Stop after this time, such as 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration)]
    duration: Option<Duration>,
}

fn duration(text: &str) -> Result<Duration, String> {
    SignedDuration::from_str(text)
        .ok()
        .and_then(|duration| Duration::try_from(duration).ok())
        .filter(|duration| !duration.is_zero())
        .ok_or_else(|| {
            format!("{text:?} is not a valid duration; expected a duration such as 90s or 5m")
        })
}

/// Runs the demo until it is interrupted or the time is over.
///
/// # Errors
///
/// If the address cannot be listened on, or the log cannot be written.
pub fn run(args: &Args) -> Result<(), Error> {
    let bound = Bound::new(std::slice::from_ref(&args.listen_address)).map_err(|(at, error)| {
        Error::Runtime(format!(
            "cannot listen on {at}: {error}; choose another address with --web.listen-address"
        ))
    })?;
    let folder = tempfile::Builder::new()
        .prefix("maillog-demo-")
        .tempdir()
        .map_err(Error::cannot_start)?;
    let log = folder.path().join("mail.log");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::cannot_start)?;
    runtime.block_on(demo(args, bound, &log))
}

async fn demo(args: &Args, bound: Bound, log: &Path) -> Result<(), Error> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::cannot_start)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::cannot_start)?;
    let config = Config::default();
    let setup = Setup {
        sources: vec![SourceSetup {
            name: "demo".into(),
            input: Input::Files(Files {
                rotated_dirs: Vec::new(),
                paths: vec![log.to_owned()],
                from: ReadFrom::default(),
                framing: Framing::Plain,
            }),
            format: Format::Auto,
        }],
        max_line_bytes: config.max_line_bytes,
        time_zone: config.time_zone,
    };
    let file = OpenOptions::new()
        .create(true)
        .append(true)
        .open(log)
        .map_err(Error::cannot_start)?;
    let address = bound
        .addresses()
        .first()
        .map(ToString::to_string)
        .unwrap_or_default();
    let alerts = AlertSetup {
        policy: Policy::embedded(),
        instance: address.clone(),
        scheme: "http",
        notifier: None,
    };
    let providers = Providers::embedded();
    let (engine, thread) = engine::start(setup, providers, None, alerts, StateFile::none())
        .map_err(Error::cannot_start)?;
    let site = Site::new(engine.clone(), config.telemetry_path, Policy::embedded());
    let server = Server::start(bound, site, Access::open()).map_err(Error::cannot_start)?;
    print_introduction(&address, log)?;

    let end = async {
        match args.duration {
            Some(duration) => tokio::time::sleep(duration).await,
            None => std::future::pending().await,
        }
    };
    let result = tokio::select! {
        _ = terminate.recv() => Ok(()),
        _ = interrupt.recv() => Ok(()),
        () = end => Ok(()),
        result = write_traffic(file, &engine) => result,
    };
    server.stop().await;
    engine.shut_down();
    if thread.join().is_err() {
        return Err(Error::Runtime("the engine thread failed".into()));
    }
    result
}

/// Writes traffic to the log, and prints phases and counts.
async fn write_traffic(mut log: File, engine: &Handle) -> Result<(), Error> {
    let mut traffic = Traffic::new();
    let mut ticks = interval_at(Instant::now(), TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut phase = Phase::Normal;
    for tick in 0.. {
        ticks.tick().await;
        let timestamp = Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00")
            .to_string();
        log.write_all(traffic.tick(tick, &timestamp).as_bytes())?;
        let now = Phase::at(tick / 10);
        if now != phase {
            phase = now;
            print_phase(phase)?;
        }
        if tick % 50 == 49 {
            print_counts(engine).await?;
        }
    }
    Ok(())
}

/// Prints the addresses of the pages, and what to expect.
fn print_introduction(address: &str, log: &Path) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    writeln!(out, "Simulated mail traffic, written to {}", log.display())?;
    writeln!(out)?;
    writeln!(out, "  status page                     http://{address}/")?;
    writeln!(
        out,
        "  metrics                         http://{address}/metrics"
    )?;
    writeln!(
        out,
        "  421: meaning and remedy          http://{address}/codes/421"
    )?;
    writeln!(
        out,
        "  alerts                          http://{address}/alerts"
    )?;
    writeln!(out)?;
    writeln!(
        out,
        "Every minute, one provider throttles this server (421) for 20 s, then mailboxes are full"
    )?;
    writeln!(
        out,
        "(422, 452 4.2.2, 552 5.2.2) for 20 s. Ctrl-C stops the demo and removes the log."
    )?;
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Prints what a phase simulates, with the meaning and remedy of its code.
fn print_phase(phase: Phase) -> Result<(), Error> {
    let (code, what) = match phase {
        Phase::Normal => return Ok(()),
        Phase::Throttled => (421, "a provider throttles this server"),
        Phase::MailboxesFull => (422, "mailboxes are full"),
    };
    let bold = anstyle::Style::new().bold();
    let mut out = anstream::stdout().lock();
    writeln!(out, "{bold}{code} spike:{bold:#} {what}")?;
    if let Some(entry) = Catalog::embedded().code(code) {
        writeln!(out, "  {}", entry.meaning.en)?;
        writeln!(out, "  {}", entry.remedy.en)?;
    }
    out.flush()?;
    Ok(())
}

/// Prints the counts so far on one line.
async fn print_counts(engine: &Handle) -> Result<(), Error> {
    let Some(view) = engine.view().await else {
        return Ok(());
    };
    let counters = &view.counters;
    let full = Catalog::embedded()
        .condition_named("mailbox_full")
        .map_or(0, |condition| {
            counters.condition(Direction::Outbound, condition)
        });
    let now = Timestamp::now().as_second();
    let mut out = anstream::stdout().lock();
    writeln!(
        out,
        "sent {:>5}  deferred {:>4}  bounced {:>3}  |  421: {:>4} ({:.1}/s)  422: {:>3}  \
         mailbox full: {:>3}  |  lines {}",
        counters.deliveries(Outcome::Sent),
        counters.deliveries(Outcome::Deferred),
        counters.deliveries(Outcome::Bounced),
        counters.code(Direction::Outbound, 421),
        counters.rates([60], now).of(Direction::Outbound, 421)[0],
        counters.code(Direction::Outbound, 422),
        full,
        view.sources
            .iter()
            .map(|s| s.events + s.noise + s.unmatched)
            .sum::<u64>(),
    )?;
    out.flush()?;
    Ok(())
}
