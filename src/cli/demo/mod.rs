//! `demo`: simulated mail traffic with spikes of 421 and of full mailboxes. It is written to a temporary
//! log and processed like any other log.

mod logs;
mod traffic;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use self::logs::DemoServer;
use self::traffic::{Phase, Traffic};
use crate::catalog::{Catalog, Policy, Providers, Span};
use crate::cli::duration;
use crate::cli::error::Error;
use crate::config::Config;
use crate::engine::{self, AlertSetup, Handle, Setup, SourceSetup};
use crate::metrics::{ActiveAlert, ReloadRecord, View, WebAddress};
use crate::parse::{Direction, Format, Outcome};
use crate::source::{Files, Framing, Input, ReadFrom};
use crate::state::StateFile;
use crate::web::{Access, Bound, ListenAddress, Reloads, Server, Site, SiteSettings};

/// The interval at which traffic is written.
const TICK: Duration = Duration::from_millis(100);
/// How long the engine may take to end.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(5);

/// The arguments.
#[derive(clap::Args, Debug)]
#[command(after_help = "Examples:
  maillog_exporter demo                  run until Ctrl-C
  maillog_exporter demo --duration 2m    run for two minutes
  maillog_exporter demo --mta sendmail   the log of another mail server
  curl -s localhost:9925/metrics | grep 'codes_total.*\"421\"'")]
pub struct Args {
    /// Address to listen on
    #[arg(long = "web.listen-address", value_name = "ADDRESS", default_value = "127.0.0.1:9925",
          value_parser = ListenAddress::from_str)]
    listen_address: ListenAddress,
    /// Stop after this time, such as 90s or 5m
    #[arg(long, value_name = "TIME", value_parser = duration::parse)]
    duration: Option<Duration>,
    /// Mail server whose log is simulated
    #[arg(long, value_name = "NAME", default_value = "postfix")]
    mta: DemoServer,
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
        time_zone: config.time_zone.clone(),
        patterns: config.patterns.clone(),
        records_addresses: false,
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
    let policy = quick(Policy::embedded());
    let alerts = AlertSetup {
        policy: policy.clone(),
        instance: address.clone(),
        job: "demo".into(),
        reloads: ReloadRecord::default(),
        web: WebAddress {
            scheme: "http",
            ..WebAddress::default()
        },
        notifier: None,
    };
    let providers = Providers::embedded();
    let (engine, thread) = engine::start(setup, providers, None, alerts, StateFile::none())
        .map_err(Error::cannot_start)?;
    let settings = SiteSettings::new(&config.telemetry_path, policy, config.time_zone);
    let site = Site::new(engine.clone(), settings, Reloads::default());
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
        result = write_traffic(file, args.mta, &engine) => result,
    };
    server.stop().await;
    engine.shut_down(std::time::Instant::now() + SHUTDOWN_LIMIT);
    if !thread.ended(SHUTDOWN_LIMIT).await {
        return Err(Error::Runtime("the engine does not end".into()));
    }
    result
}

/// How long an alert of the demo keeps firing after its condition no longer holds, in seconds.
const KEEP_FIRING: Span = Span(30);

/// The policy of the demo: an alert fires and ends while one watches.
fn quick(mut policy: Policy) -> Policy {
    for alert in policy.alerts.iter_mut().filter(|it| it.is_about_mail()) {
        alert.keep_firing_for = alert.keep_firing_for.min(KEEP_FIRING);
    }
    policy
}

/// Writes traffic to the log, and prints phases, alerts and counts.
async fn write_traffic(mut log: File, mta: DemoServer, engine: &Handle) -> Result<(), Error> {
    let mut traffic = Traffic::new(mta);
    log.write_all(traffic.past(Timestamp::now()).as_bytes())?;
    let mut alerts = Alerts::default();
    let mut ticks = interval_at(Instant::now(), TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut phase = Phase::Normal;
    for tick in 0.. {
        ticks.tick().await;
        log.write_all(traffic.tick(tick, Timestamp::now()).as_bytes())?;
        let now = Phase::at(tick / 10);
        if now != phase {
            phase = now;
            print_phase(phase)?;
        }
        if tick % 50 == 49 {
            print_counts(engine, &mut alerts).await?;
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
        "One provider throttles this server (421) for some minutes, then mailboxes are full (422,"
    )?;
    writeln!(
        out,
        "452 4.2.2, 552 5.2.2); each raises its alert, which ends some minutes after it. Alerts end"
    )?;
    writeln!(
        out,
        "sooner here than with the usual policy. Ctrl-C stops the demo and removes the log."
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

/// The alerts that were printed, with whether they fire.
#[derive(Default)]
struct Alerts(BTreeMap<String, bool>);

impl Alerts {
    /// Prints what has changed.
    fn print(&mut self, view: &View) -> Result<(), Error> {
        let active = view.alerting.iter().flat_map(|alerting| &alerting.active);
        let shown = active.filter(|alert| alert.inhibited_by.is_none());
        let now: BTreeMap<&str, &ActiveAlert> = shown
            .filter_map(|alert| Some((alert.labels.get("alertname")?.as_str(), alert)))
            .collect();
        let bold = anstyle::Style::new().bold();
        let mut out = anstream::stdout().lock();
        for (name, alert) in &now {
            let fires = alert.fired.is_some();
            if self.0.insert((*name).to_owned(), fires) != Some(fires) {
                let state = if fires { "firing" } else { "pending" };
                let summary = alert.annotations.get("summary");
                let summary = summary.map_or("", String::as_str);
                writeln!(out, "{bold}alert {state}:{bold:#} {name}: {summary}")?;
            }
        }
        let ended = self
            .0
            .keys()
            .filter(|name| !now.contains_key(name.as_str()));
        for name in ended.cloned().collect::<Vec<_>>() {
            if self.0.remove(&name) == Some(true) {
                writeln!(out, "{bold}alert resolved:{bold:#} {name}")?;
            }
        }
        out.flush()?;
        Ok(())
    }
}

/// Prints the counts so far on one line, after the alerts that have changed.
async fn print_counts(engine: &Handle, alerts: &mut Alerts) -> Result<(), Error> {
    let Ok(view) = engine.view().await else {
        return Ok(());
    };
    alerts.print(&view)?;
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
