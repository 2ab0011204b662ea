//! `serve`: the daemon.

use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tracing::{error, info, warn};

use super::Error;
use crate::alert::notify;
use crate::catalog::Policy;
use crate::config::{self, Alerting, Config};
use crate::engine::{self, AlertSetup, Setup, SourceSetup};
use crate::logging;
use crate::parse::Format;
use crate::service::Service;
use crate::showq;
use crate::source::{self, Files, Framing, Input, ReadFrom};
use crate::state::State;
use crate::web::{Access, Bound, ListenAddress, Server, Site};

/// Where mail servers and syslog daemons write by default: followed if nothing else is asked for.
const WELL_KNOWN: [&str; 9] = [
    "/var/log/mail.log",
    "/var/log/maillog",
    "/var/log/mail",
    "/var/log/mail/mail.log",
    "/var/log/exim4/mainlog",
    "/var/log/exim/mainlog",
    "/var/log/exim/main.log",
    "/var/log/exim_mainlog",
    "/var/log/postfix.log",
];

/// How often a service that has found no mail log looks again.
const LOOK: Duration = Duration::from_secs(1);

/// The arguments.
#[derive(clap::Args, Debug)]
pub struct Args {
    /// Logs to follow: files, quoted patterns or named pipes, - for standard input; instead of the
    /// configuration's sources
    #[arg(value_name = "LOG")]
    pub logs: Vec<String>,

    /// Configuration file
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// Address to listen on, such as :9925 or 127.0.0.1:9925; can be given more than once
    /// [default: :9925]
    #[arg(long = "web.listen-address", value_name = "ADDRESS", value_parser = ListenAddress::from_str)]
    listen_addresses: Vec<ListenAddress>,

    /// Path of the metrics [default: /metrics]
    #[arg(long = "web.telemetry-path", value_name = "PATH")]
    telemetry_path: Option<String>,

    /// File with TLS and passwords, in the form that Prometheus' exporters share (web-config.yml)
    #[arg(long = "web.config.file", value_name = "FILE")]
    web_config_file: Option<PathBuf>,

    /// Where to begin in logs that are there at the start [default: beginning]
    #[arg(long = "read-from", value_name = "WHERE")]
    read_from: Option<ReadFrom>,

    /// File or directory in which counts and positions are kept over restarts [default: not kept]
    #[arg(long = "state.path", value_name = "PATH")]
    state_path: Option<PathBuf>,

    /// Set a state that is there aside, and count from zero
    #[arg(long = "state.reset")]
    state_reset: bool,

    /// How much to say on standard error [default: info]
    #[arg(long = "log.level", value_name = "LEVEL")]
    log_level: Option<logging::Level>,

    /// How to say it [default: logfmt]
    #[arg(long = "log.format", value_name = "FORMAT")]
    log_format: Option<logging::Format>,
}

impl Args {
    /// The configuration with the flags laid over it.
    fn config(&self) -> Result<Config, String> {
        let mut config = match &self.config_file {
            Some(path) => Config::load(path).map_err(|error| error.to_string())?,
            None => Config::default(),
        };
        if !self.listen_addresses.is_empty() {
            config.listen_addresses.clone_from(&self.listen_addresses);
        }
        if config.listen_addresses.is_empty() {
            config
                .listen_addresses
                .extend(ListenAddress::from_str(config::DEFAULT_LISTEN).ok());
        }
        if let Some(path) = &self.telemetry_path {
            Config::check_telemetry_path(path).map_err(|wrong| {
                format!("--web.telemetry-path: {wrong}; right would be a path such as /metrics")
            })?;
            config.telemetry_path.clone_from(path);
        }
        if let Some(path) = &self.state_path {
            config.state_path = Some(path.clone());
        }
        config.log_level = self.log_level.unwrap_or(config.log_level);
        config.log_format = self.log_format.unwrap_or(config.log_format);
        if !self.logs.is_empty() {
            config.sources.clear();
            for log in &self.logs {
                Config::check_file(log)
                    .map_err(|(wrong, right)| format!("LOG: {wrong}; {right}"))?;
                let source = source_of(log);
                if !config.sources.iter().any(|other| other.name == source.name) {
                    config.sources.push(source);
                }
            }
        }
        if config.sources.is_empty() {
            config.sources = well_known();
        }
        // A service may be there before the first mail, and waits; a person is told.
        if config.sources.is_empty() && self.config_file.is_none() {
            return Err(format!(
                "no mail log found: none of {} exists; name one, as in \
                 `maillog_exporter /path/to/mail.log`, or in a file given by --config.file",
                WELL_KNOWN.join(", ")
            ));
        }
        self.begin(&mut config.sources);
        Ok(config)
    }

    /// Lets the sources begin where the flag says.
    fn begin(&self, sources: &mut [config::Source]) {
        let Some(from) = self.read_from else { return };
        for source in sources {
            match &mut source.input {
                Input::Files(files) => files.from = from,
                Input::Journal(journal) => journal.from = from,
                Input::Syslog(_) | Input::Pipe(_) => {}
            }
        }
    }
}

fn source_of(file: &str) -> config::Source {
    if file == "-" {
        return config::Source {
            name: "stdin".to_owned(),
            input: Input::Pipe(file.into()),
        };
    }
    if std::fs::metadata(file).is_ok_and(|it| it.file_type().is_fifo()) {
        return config::Source {
            name: file.to_owned(),
            input: Input::Pipe(absolute(Path::new(file))),
        };
    }
    config::Source {
        name: file.to_owned(),
        input: Input::Files(Files {
            paths: vec![file.into()],
            from: ReadFrom::default(),
            framing: Framing::Plain,
        }),
    }
}

/// The well-known logs that exist here.
fn well_known() -> Vec<config::Source> {
    WELL_KNOWN
        .iter()
        .filter(|path| Path::new(path).is_file())
        .map(|path| source_of(path))
        .collect()
}

/// What the engine needs of a configuration.
fn setup(config: &Config) -> Setup {
    let sources = config
        .sources
        .iter()
        .map(|source| SourceSetup {
            name: source.name.clone(),
            input: absolute_input(&source.input),
            format: Format::Auto,
        })
        .collect();
    Setup {
        sources,
        max_line_bytes: config.max_line_bytes,
        time_zone: config.time_zone.clone(),
    }
}

/// The input with its files from the root on.
fn absolute_input(input: &Input) -> Input {
    match input {
        Input::Files(files) => Input::Files(Files {
            paths: files.paths.iter().map(|file| absolute(file)).collect(),
            ..files.clone()
        }),
        // Their paths must be absolute in the configuration.
        Input::Journal(_) | Input::Syslog(_) | Input::Pipe(_) => input.clone(),
    }
}

/// A file or pattern from the root on.
fn absolute(file: &Path) -> PathBuf {
    if file.is_absolute() || !source::is_pattern(&file.to_string_lossy()) {
        // Fails only without a working directory, and then the name is as good as any.
        return std::path::absolute(file).unwrap_or_else(|_| file.into());
    }
    let here = std::env::current_dir().unwrap_or_default();
    Path::new(&glob::Pattern::escape(&here.to_string_lossy())).join(file)
}

/// Runs the daemon until it is told to stop.
///
/// # Errors
///
/// If the configuration is wrong or names nothing to follow, and if an address cannot be
/// listened on.
pub fn run(args: &Args) -> Result<(), Error> {
    let config = args.config().map_err(Error::Usage)?;
    let access = match &args.web_config_file {
        Some(file) => Access::load(file).map_err(|error| Error::Usage(error.to_string()))?,
        None => Access::open(),
    };
    let bound = Bound::new(&config.listen_addresses).map_err(|(address, error)| {
        Error::Runtime(format!("cannot listen on {address}: {error}"))
    })?;
    logging::start(config.log_level, config.log_format);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::Runtime(format!("cannot start: {error}")))?;
    runtime.block_on(serve(args, config, bound, access))
}

async fn serve(args: &Args, mut config: Config, bound: Bound, access: Access) -> Result<(), Error> {
    let failed = |error: std::io::Error| Error::Runtime(format!("cannot start: {error}"));
    // From here on no signal ends the process unasked.
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut hangup = signal(SignalKind::hangup()).map_err(failed)?;

    info!(
        version = env!("CARGO_PKG_VERSION"),
        sources = config.sources.len(),
        "starting"
    );
    let state = match &config.state_path {
        Some(path) => State::open(path, args.state_reset)
            .map_err(|error| Error::Runtime(error.to_string()))?,
        None => State::none(),
    };
    let queues = config.showq.clone().map(showq::watch).transpose();
    let queues = queues.map_err(failed)?;
    let addresses = bound.addresses();
    let alarm = match &config.alerting {
        Some(alerting) => Some(alarm(alerting, &addresses).map_err(failed)?),
        None => None,
    };
    let (engine, thread) = engine::start(
        setup(&config),
        config.providers.clone(),
        queues,
        alarm,
        state,
    )
    .map_err(failed)?;
    let policy = config.alerting.as_ref().map(|it| it.policy.clone());
    let site = Site::new(
        engine.clone(),
        config.telemetry_path.clone(),
        policy.unwrap_or_else(Policy::embedded),
    );
    let server = Server::start(bound, site, access).map_err(failed)?;
    for address in addresses {
        info!(%address, path = config.telemetry_path, "listening");
    }
    let service = Service::listening(engine.clone());

    if config.sources.is_empty() {
        warn!(
            "no mail log yet, waiting for one of {}",
            WELL_KNOWN.join(", ")
        );
    }
    let mut looks = tokio::time::interval(LOOK);
    let name = loop {
        tokio::select! {
            _ = looks.tick(), if config.sources.is_empty() => {
                config.sources = well_known();
                args.begin(&mut config.sources);
                if !config.sources.is_empty() {
                    info!(sources = config.sources.len(), "there is a mail log now");
                    engine.reload(setup(&config));
                }
            }
            _ = terminate.recv() => break "SIGTERM",
            _ = interrupt.recv() => break "SIGINT",
            _ = hangup.recv() => {
                service.reloading();
                match args.config() {
                    Ok(newer) => {
                        for what in needs_restart(&config, &newer) {
                            warn!(setting = what, "changed, and takes effect at the next start only");
                        }
                        info!("configuration read again");
                        engine.reload(setup(&newer));
                        config = newer;
                    }
                    Err(error) => error!(%error, "configuration is wrong, keeping the old one"),
                }
                service.reloaded();
            }
        }
    };
    info!(signal = name, "stopping");
    service.stopping();
    server.stop().await;
    engine.shut_down();
    if thread.join().is_err() {
        return Err(Error::Runtime("reading ended with a failure".into()));
    }
    info!("stopped");
    Ok(())
}

/// What the engine needs to alert.
fn alarm(alerting: &Alerting, addresses: &[SocketAddr]) -> std::io::Result<AlertSetup> {
    let instance = alerting.instance.clone().unwrap_or_else(|| {
        let host = rustix::system::uname();
        let port = addresses.first().map_or(0, SocketAddr::port);
        format!("{}:{port}", host.nodename().to_string_lossy())
    });
    Ok(AlertSetup {
        policy: alerting.policy.clone(),
        instance,
        notifier: notify::start(alerting.alertmanagers.clone())?,
    })
}

/// What differs between two configurations and cannot change while the daemon runs.
fn needs_restart(old: &Config, new: &Config) -> Vec<&'static str> {
    let mut settings = Vec::new();
    if old.listen_addresses != new.listen_addresses {
        settings.push("web.listen_addresses");
    }
    if old.telemetry_path != new.telemetry_path {
        settings.push("web.telemetry_path");
    }
    if old.log_level != new.log_level {
        settings.push("log.level");
    }
    if old.log_format != new.log_format {
        settings.push("log.format");
    }
    if old.providers != new.providers {
        settings.push("providers");
    }
    if old.state_path != new.state_path {
        settings.push("state.path");
    }
    if old.showq != new.showq {
        settings.push("postfix.showq");
    }
    if old.alerting != new.alerting {
        settings.push("alerting");
    }
    settings
}
