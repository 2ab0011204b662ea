//! `demo`: simulated mail traffic with spikes of 421 and of full mailboxes. It is written to a temporary
//! log and processed like any other log.

mod logs;
mod traffic;
mod words;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval_at};

use self::logs::DemoServer;
use self::traffic::{Phase, Traffic};
use crate::catalog::{Catalog, Language, Policy, Providers, Span};
use crate::cli::duration;
use crate::cli::error::Error;
use crate::cli::language::{LanguageParser, Locale};
use crate::cli::script;
use crate::cli::terminal::{left, wrap};
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
  maillog_exporter demo --lang zh        in Chinese
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
    /// Language of the text [default: from the environment]
    #[arg(long, value_parser = LanguageParser)]
    lang: Option<Locale>,
}

impl Args {
    /// The language that an option names.
    pub fn language(&self) -> Option<Locale> {
        self.lang
    }
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
        // The zone of the time stamps that do not say it.
        time_zone: TimeZone::UTC,
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
    let language = Locale::chosen(args.lang);
    let mut policy = quick(Policy::embedded());
    policy.language = language;
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
    print_introduction(&address, log, language)?;

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
        result = write_traffic(file, args.mta, &engine, language) => result,
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
async fn write_traffic(
    mut log: File,
    mta: DemoServer,
    engine: &Handle,
    language: Language,
) -> Result<(), Error> {
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
            print_phase(phase, language)?;
        }
        if tick % 50 == 49 {
            print_counts(engine, &mut alerts, language).await?;
        }
    }
    Ok(())
}

/// Prints the addresses of the pages, and what to expect.
fn print_introduction(address: &str, log: &Path, language: Language) -> Result<(), Error> {
    let mut out = anstream::stdout().lock();
    let title = words::INTRODUCTION.fill(language, &[&log.display()]);
    writeln!(out, "{title}\n")?;
    for (page, path) in words::PAGES {
        let page = left(page.of(language), 32);
        writeln!(out, "  {page}http://{address}{path}")?;
    }
    writeln!(out)?;
    for line in wrap(words::EXPECT.of(language)) {
        writeln!(out, "{line}")?;
    }
    writeln!(out)?;
    out.flush()?;
    Ok(())
}

/// Prints what a phase simulates, with the meaning and remedy of its code.
fn print_phase(phase: Phase, language: Language) -> Result<(), Error> {
    let (code, what) = match phase {
        Phase::Normal => return Ok(()),
        Phase::Throttled => (421, words::THROTTLED),
        Phase::MailboxesFull => (422, words::MAILBOXES_FULL),
    };
    let bold = anstyle::Style::new().bold();
    let mut out = anstream::stdout().lock();
    let spike = words::SPIKE.fill(language, &[&code]);
    writeln!(out, "{bold}{spike}{bold:#}{}", what.of(language))?;
    if let Some(entry) = Catalog::embedded().code(code) {
        for text in [&entry.meaning, &entry.remedy] {
            for line in wrap(&script::shown(language.of(text))) {
                writeln!(out, "  {line}")?;
            }
        }
    }
    out.flush()?;
    Ok(())
}

/// The alerts that were printed, with whether they fire.
#[derive(Default)]
struct Alerts(BTreeMap<String, bool>);

impl Alerts {
    /// Prints what has changed.
    fn print(&mut self, view: &View, language: Language) -> Result<(), Error> {
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
                let state = match fires {
                    true => words::FIRING,
                    false => words::PENDING,
                };
                let state = state.of(language);
                let summary = alert.annotations.get("summary");
                let summary = script::shown(summary.map_or("", String::as_str));
                let colon = language.colon();
                writeln!(out, "{bold}{state}{bold:#}{name}{colon}{summary}")?;
            }
        }
        let ended = self
            .0
            .keys()
            .filter(|name| !now.contains_key(name.as_str()));
        for name in ended.cloned().collect::<Vec<_>>() {
            if self.0.remove(&name) == Some(true) {
                let state = words::RESOLVED.of(language);
                writeln!(out, "{bold}{state}{bold:#}{name}")?;
            }
        }
        out.flush()?;
        Ok(())
    }
}

/// Prints the counts so far on one line, after the alerts that have changed.
async fn print_counts(
    engine: &Handle,
    alerts: &mut Alerts,
    language: Language,
) -> Result<(), Error> {
    let Ok(view) = engine.view().await else {
        return Ok(());
    };
    alerts.print(&view, language)?;
    let counters = &view.counters;
    let full = Catalog::embedded()
        .condition_named("mailbox_full")
        .map_or(0, |condition| {
            counters.condition(Direction::Outbound, condition)
        });
    let now = Timestamp::now().as_second();
    let mut out = anstream::stdout().lock();
    let number = |number: u64, columns: usize| format!("{number:>columns$}");
    let rate = counters.rates([60], now).of(Direction::Outbound, 421)[0];
    let lines = view
        .sources
        .iter()
        .map(|it| it.events + it.noise + it.unmatched);
    let counts = words::COUNTS.fill(
        language,
        &[
            &number(counters.deliveries(Outcome::Sent), 5),
            &number(counters.deliveries(Outcome::Deferred), 4),
            &number(counters.deliveries(Outcome::Bounced), 3),
            &number(counters.code(Direction::Outbound, 421), 4),
            &format!("{rate:.1}"),
            &number(counters.code(Direction::Outbound, 422), 3),
            &number(full, 3),
            &lines.sum::<u64>(),
        ],
    );
    writeln!(out, "{counts}")?;
    out.flush()?;
    Ok(())
}
