//! `serve`: the daemon.

pub(super) mod default_logs;
mod file_task;
mod flags;
mod places;
mod reload;
mod tracer;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

pub use flags::Args;

use file_task::FileTask;
use reload::Reloader;

use crate::alert::notify;
use crate::build_info;
use crate::catalog::Policy;
use crate::cli::error::Error;
use crate::config::Config;
use crate::descriptors;
use crate::engine::{self, AlertSetup, Handle, Setup, SourceSetup};
use crate::logging;
use crate::metrics::{ReloadRecord, WebAddress};
use crate::queue;
use crate::sandbox::{self, Enforcement, Place};
use crate::service::ServiceManager;
use crate::source::{Files, Input};
use crate::state::StateFile;
use crate::web::{
    Access, Bound, Privacy, ReloadRequest, Reloads, Server, Site, SiteSettings, Tracing,
};
use tracer::LogTracer;

/// The job of exporters in the example configuration of Prometheus.
const DEFAULT_JOB: &str = "maillog";

/// How often a service that has found no mail log looks for one again.
const LOG_SEARCH_INTERVAL: Duration = Duration::from_secs(1);

/// How long shutdown may take. Whoever stops the process, such as `podman stop`, kills it after ten seconds.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(7);
/// How long the process waits for the engine after that.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(1);

/// Runs the daemon until it receives SIGTERM or SIGINT.
///
/// # Errors
///
/// If the configuration is invalid or there is nothing to follow, and if an address cannot be
/// listened on.
pub fn run(args: &Args) -> Result<(), Error> {
    let config = args.config().map_err(Error::Usage)?;
    let access = match &args.web_config_file {
        Some(file) => Access::load(file).map_err(|error| Error::Usage(error.to_string()))?,
        None => Access::open(),
    };
    let bound = if args.systemd_socket {
        Bound::from_systemd()
            .map_err(|error| Error::Runtime(format!("--web.systemd-socket: {error}")))?
    } else {
        Bound::new(&config.listen_addresses).map_err(|(address, error)| {
            Error::Runtime(format!("cannot listen on {address}: {error}"))
        })?
    };
    let reports = logging::start(config.log_level, config.log_format);
    let descriptors = descriptors::raise_limit();
    debug!(descriptors, "limit of open files");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::cannot_start)?;
    runtime.spawn(reports);
    let served = runtime.block_on(serve(&Arc::new(args.clone()), config, bound, access));
    // Nothing is waited for: threads may be blocked, and a password check of a high cost takes long.
    runtime.shutdown_background();
    served
}

async fn serve(
    args: &Arc<Args>,
    config: Config,
    bound: Bound,
    access: Access,
) -> Result<(), Error> {
    // From here on, no signal ends the process by itself.
    let signals = Signals::new().map_err(Error::cannot_start)?;
    info!(
        version = build_info::VERSION,
        revision = build_info::REVISION,
        sources = config.sources.len(),
        "starting"
    );
    let state = match &config.state_path {
        Some(path) => StateFile::open(path, args.state_reset)
            .map_err(|error| Error::Runtime(error.to_string()))?,
        None => StateFile::none(),
    };
    // Before there is any other thread, which would not be restricted.
    if config.sandbox {
        enter_sandbox(&places::all(args, &config, &state, &access))?;
    } else {
        info!("running without a sandbox, as configured");
    }
    let queues = config.queue.clone().map(queue::watch).transpose();
    let queues = queues.map_err(Error::cannot_start)?;
    let addresses = bound.addresses();
    let web = WebAddress {
        scheme: if access.is_tls() { "https" } else { "http" },
        route_prefix: config.route_prefix.clone(),
        external_url: config.external_url.clone().unwrap_or_default(),
    };
    let mut reloads = Reloads::default();
    let alerts = alert_setup(&config, &addresses, web, reloads.record.clone())
        .map_err(Error::cannot_start)?;
    let policy = alerts.policy.clone();
    let (engine, thread) = engine::start(
        engine_setup(&config),
        config.providers.clone(),
        queues,
        alerts,
        state,
    )
    .map_err(Error::cannot_start)?;
    let shows_addresses = config.privacy == Privacy::Addresses;
    if shows_addresses && !access.has_passwords() {
        warn!(
            "web.privacy is addresses, and no password is set: whoever reaches the port sees them"
        );
    }
    let settings = SiteSettings {
        privacy: config.privacy,
        created_series: config.created_series,
        traces: shows_addresses && access.has_passwords(),
        route_prefix: config.route_prefix.as_str().into(),
        ..SiteSettings::new(&config.telemetry_path, policy, config.time_zone.clone())
    };
    let requests = args.enable_lifecycle.then(|| reloads.enable());
    let tracer = shows_addresses.then(|| Arc::new(LogTracer::new(&config)));
    let reloader = Reloader {
        record: reloads.record.clone(),
        waiting: Vec::new(),
        tracer: tracer.clone(),
    };
    reloader.record.record(true, Timestamp::now().as_second());
    let tracing = tracer.map(|tracer| Tracing::new(tracer));
    let site = Site::new(engine.clone(), settings, reloads).with_tracing(tracing);
    let server = Server::start(bound, site, access).map_err(Error::cannot_start)?;
    for address in addresses {
        let path = format!("{}{}", config.route_prefix, config.telemetry_path);
        info!(%address, path, "listening");
    }
    let service = ServiceManager::listening(engine.clone());
    let watched = engine.clone();
    tokio::spawn(async move { watched.watch().await });

    let commands = Commands {
        signals,
        requests,
        reloader,
    };
    let name = wait_for_the_end(args, config, &engine, &service, commands).await;
    info!(signal = name, "stopping");
    let end = Instant::now() + SHUTDOWN_LIMIT;
    service.stopping();
    server.stop().await;
    engine.shut_down(end);
    let limit = end.saturating_duration_since(Instant::now()) + SHUTDOWN_GRACE;
    if !thread.ended(limit).await {
        return Err(Error::Runtime(
            "stopped while reading was blocked; the next start continues from the last snapshot"
                .into(),
        ));
    }
    info!("stopped");
    Ok(())
}

/// Restricts the process to these places, and logs how far the kernel does that.
fn enter_sandbox(places: &[Place]) -> Result<(), Error> {
    match sandbox::enter(places).map_err(Error::cannot_start)? {
        Enforcement::Full => debug!("running in a sandbox"),
        Enforcement::Partial => {
            info!(
                "running in a sandbox of which this kernel enforces a part: Linux 6.10 enforces all"
            );
        }
        Enforcement::None => {
            info!("running without a sandbox: this kernel has no Landlock, or does not allow it");
        }
    }
    Ok(())
}

/// The signals that the daemon handles.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

/// What tells the daemon to stop or to reload.
struct Commands {
    signals: Signals,
    /// Requests to reload by HTTP, if they are enabled.
    requests: Option<mpsc::Receiver<ReloadRequest>>,
    reloader: Reloader,
}

/// The next request to reload by HTTP; never returns if they are not enabled. May be cancelled.
async fn next_request(requests: &mut Option<mpsc::Receiver<ReloadRequest>>) -> ReloadRequest {
    if let Some(requests) = requests
        && let Some(request) = requests.recv().await
    {
        return request;
    }
    std::future::pending().await
}

/// Waits for a signal to stop, and returns its name. Until then, reloads the configuration on SIGHUP and on requests, and
/// looks for default logs as long as there is no source.
async fn wait_for_the_end(
    args: &Arc<Args>,
    mut config: Config,
    engine: &Handle,
    service: &ServiceManager,
    commands: Commands,
) -> &'static str {
    let Commands {
        mut signals,
        mut requests,
        mut reloader,
    } = commands;
    if config.sources.is_empty() {
        warn!(
            "no mail log found yet, waiting for one of {}",
            Vec::from_iter(default_logs::paths()).join(", ")
        );
    }
    let mut searches = tokio::time::interval(LOG_SEARCH_INTERVAL);
    let mut search = FileTask::default();
    let mut reading = FileTask::default();
    loop {
        tokio::select! {
            _ = searches.tick(), if config.sources.is_empty() && search.is_idle() => {
                search.start(args, Args::default_sources);
            }
            found = search.result() => {
                if config.sources.is_empty() && !found.is_empty() {
                    config.sources = found;
                    info!(sources = config.sources.len(), "mail log found");
                    engine.reload(engine_setup(&config));
                }
            }
            _ = signals.terminate.recv() => return "SIGTERM",
            _ = signals.interrupt.recv() => return "SIGINT",
            _ = signals.hangup.recv(), if reading.is_idle() => {
                service.reloading();
                reading.start(args, Args::config);
            }
            request = next_request(&mut requests), if reading.is_idle() => {
                reloader.waiting.push(request);
                service.reloading();
                reading.start(args, Args::config);
            }
            newer = reading.result() => {
                reloader.finish(newer, &mut config, engine, service);
            }
        }
    }
}

/// What the engine needs of a configuration.
fn engine_setup(config: &Config) -> Setup {
    let sources = config
        .sources
        .iter()
        .map(|source| SourceSetup {
            name: source.name.clone(),
            input: absolute_input(&source.input),
            format: source.format,
        })
        .collect();
    Setup {
        sources,
        max_line_bytes: config.max_line_bytes,
        time_zone: config.time_zone.clone(),
        patterns: Arc::clone(&config.patterns),
        records_addresses: config.privacy == Privacy::Addresses,
    }
}

/// The input with absolute paths.
fn absolute_input(input: &Input) -> Input {
    match input {
        Input::Files(files) => Input::Files(Files {
            paths: files
                .paths
                .iter()
                .map(|file| flags::absolute(file))
                .collect(),
            ..files.clone()
        }),
        // Their paths must be absolute in the configuration.
        Input::Journal(_) | Input::Syslog(_) | Input::Pipe(_) => input.clone(),
    }
}

/// What the engine needs to evaluate alerts, and to send them if that is configured.
fn alert_setup(
    config: &Config,
    addresses: &[SocketAddr],
    web: WebAddress,
    reloads: ReloadRecord,
) -> std::io::Result<AlertSetup> {
    let alerting = config.alerting.as_ref();
    let instance = alerting.and_then(|alerting| alerting.instance.clone());
    let instance = instance.unwrap_or_else(|| {
        let host = rustix::system::uname();
        let port = addresses.first().map_or(0, SocketAddr::port);
        format!("{}:{port}", host.nodename().to_string_lossy())
    });
    let peers = alerting.map(|alerting| &alerting.alertmanagers);
    let peers = peers.filter(|peers| !peers.is_empty());
    let notifier = peers.map(|peers| notify::start(peers.clone()));
    let policy = alerting.map_or_else(Policy::embedded, |alerting| alerting.policy.clone());
    Ok(AlertSetup {
        policy: Policy {
            names_senders: config.privacy != Privacy::None,
            ..policy
        },
        instance,
        job: (alerting.and_then(|alerting| alerting.job.clone()))
            .unwrap_or_else(|| DEFAULT_JOB.into()),
        reloads,
        web,
        notifier: notifier.transpose()?,
    })
}
