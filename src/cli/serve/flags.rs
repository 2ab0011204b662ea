//! The flags of `serve`, and the configuration with the flags applied.

use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::cli::serve::default_logs;
use crate::cli::source_format;
use crate::config::{self, Config};
use crate::logging;
use crate::mounts;
use crate::parse::Format;
use crate::source::{self, Files, Framing, Input, ReadFrom};
use crate::web::ListenAddress;

/// The arguments of `serve`.
#[derive(clap::Args, Clone, Debug)]
pub struct Args {
    /// Logs to follow: files, quoted patterns or named pipes, - for standard input; replaces the
    /// sources of the configuration file
    #[arg(value_name = "LOG")]
    pub logs: Vec<String>,

    /// Configuration file
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,

    /// Address to listen on, such as :9925 or 127.0.0.1:9925; can be repeated [default: :9925]
    #[arg(long = "web.listen-address", value_name = "ADDRESS", value_parser = ListenAddress::from_str)]
    listen_addresses: Vec<ListenAddress>,

    /// Listen on the sockets that systemd has opened, instead of the listen addresses
    #[arg(long = "web.systemd-socket")]
    pub systemd_socket: bool,

    /// Path of the metrics [default: /metrics]
    #[arg(long = "web.telemetry-path", value_name = "PATH")]
    telemetry_path: Option<String>,

    /// URL under which the pages are reached from outside, for the links of alerts [default: this machine]
    #[arg(long = "web.external-url", value_name = "URL", value_parser = config::external_url)]
    external_url: Option<String>,

    /// What every path begins with, for example behind a reverse proxy [default: the path of
    /// --web.external-url]
    #[arg(long = "web.route-prefix", value_name = "PATH", value_parser = config::route_prefix)]
    route_prefix: Option<String>,

    /// Allow the configuration to be reloaded by a POST request to /-/reload
    #[arg(long = "web.enable-lifecycle")]
    pub enable_lifecycle: bool,

    /// File with TLS and authentication settings, in the format of the Prometheus exporter toolkit
    /// (web-config.yml)
    #[arg(long = "web.config.file", value_name = "FILE")]
    pub web_config_file: Option<PathBuf>,

    /// Log format of every source [default: auto]
    #[arg(long, value_name = "NAME", value_parser = source_format::parse)]
    format: Option<Format>,

    /// Where to start reading logs that exist at startup [default: beginning]
    #[arg(long = "read-from", value_name = "WHERE")]
    read_from: Option<ReadFrom>,

    /// File or directory to keep counts and positions in across restarts [default: not kept]
    #[arg(long = "state.path", value_name = "PATH")]
    state_path: Option<PathBuf>,

    /// Move an existing state file aside, and count from zero
    #[arg(long = "state.reset")]
    pub state_reset: bool,

    /// Run without the sandbox, which restricts the daemon to its logs, state and configuration
    #[arg(long = "no-sandbox")]
    no_sandbox: bool,

    /// Least severe level to log to standard error [default: info]
    #[arg(long = "log.level", value_name = "LEVEL")]
    log_level: Option<logging::LogLevel>,

    /// Format of the log on standard error [default: logfmt]
    #[arg(long = "log.format", value_name = "FORMAT")]
    log_format: Option<logging::LogFormat>,
}

impl Args {
    /// The configuration file with the flags applied.
    ///
    /// # Errors
    ///
    /// A message, if the file or a flag is invalid, or if there is nothing to follow.
    pub fn config(&self) -> Result<Config, String> {
        let mut config = match &self.config_file {
            Some(path) => config::load(path).map_err(|error| error.to_string())?,
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
            config::check_telemetry_path(path).map_err(|problem| {
                format!("--web.telemetry-path: {problem}; expected a path such as /metrics")
            })?;
            config.telemetry_path.clone_from(path);
        }
        if let Some(url) = &self.external_url {
            config.route_prefix = config::path_of(url).to_owned();
            config.external_url = Some(url.clone());
        }
        if let Some(prefix) = &self.route_prefix {
            config.route_prefix.clone_from(prefix);
        }
        if let Some(path) = &self.state_path {
            config.state_path = Some(path.clone());
        }
        config.sandbox &= !self.no_sandbox;
        config.log_level = self.log_level.unwrap_or(config.log_level);
        config.log_format = self.log_format.unwrap_or(config.log_format);
        if !self.logs.is_empty() {
            config.sources = self.sources()?;
        }
        if config.sources.is_empty() {
            config.sources = self.default_sources();
        }
        // With a configuration file it is a service, which waits for the first log.
        if config.sources.is_empty() && self.config_file.is_none() {
            return Err(format!(
                "no mail log found: none of {} exists, and there is no journal; name a log, as in \
                 `maillog_exporter /path/to/mail.log`, or a configuration file with --config.file",
                Vec::from_iter(default_logs::paths()).join(", ")
            ));
        }
        self.apply_to_sources(&mut config.sources);
        Ok(config)
    }

    /// The files with settings that are named.
    pub fn files(&self) -> Vec<PathBuf> {
        let files = [&self.config_file, &self.web_config_file];
        files.into_iter().flatten().cloned().collect()
    }

    /// Sources for the default logs that exist now, or else for the journal, with the flags applied.
    pub fn default_sources(&self) -> Vec<config::SourceSettings> {
        let mut sources: Vec<_> = default_logs::existing().map(source_for).collect();
        if sources.is_empty() {
            let journal = default_logs::journal().map(|journal| config::SourceSettings {
                name: "journal".to_owned(),
                input: Input::Journal(journal),
                format: Format::Auto,
            });
            sources.extend(journal);
        }
        self.apply_to_sources(&mut sources);
        sources
    }

    /// A source for each log that is named on the command line.
    fn sources(&self) -> Result<Vec<config::SourceSettings>, String> {
        let mut sources: Vec<config::SourceSettings> = Vec::new();
        for log in &self.logs {
            config::check_file(log).map_err(|(problem, hint)| format!("LOG: {problem}; {hint}"))?;
            let source = source_for(log);
            if !sources.iter().any(|other| other.name == source.name) {
                sources.push(source);
            }
        }
        Ok(sources)
    }

    /// Applies the flags that concern every source.
    fn apply_to_sources(&self, sources: &mut Vec<config::SourceSettings>) {
        for source in sources {
            if let Some(format) = self.format {
                source.format = format;
            }
            if let Some(from) = self.read_from {
                match &mut source.input {
                    Input::Files(files) => files.from = from,
                    Input::Journal(journal) => journal.from = from,
                    Input::Syslog(_) | Input::Pipe(_) => {}
                }
            }
        }
    }
}

/// A source for a file, pattern or pipe that is named on the command line.
fn source_for(log: &str) -> config::SourceSettings {
    let (name, input) = if log == "-" {
        ("stdin", Input::Pipe(log.into()))
    } else if mounts::metadata(Path::new(log)).is_some_and(|it| it.file_type().is_fifo()) {
        (log, Input::Pipe(absolute(Path::new(log))))
    } else {
        let files = Files {
            rotated_dirs: Vec::new(),
            paths: vec![log.into()],
            from: ReadFrom::default(),
            framing: Framing::Plain,
        };
        (log, Input::Files(files))
    };
    config::SourceSettings {
        name: name.to_owned(),
        input,
        format: Format::Auto,
    }
}

/// A file or pattern as an absolute path.
pub fn absolute(file: &Path) -> PathBuf {
    if file.is_absolute() || !source::is_pattern(&file.to_string_lossy()) {
        // Fails without a working directory only, where a relative path cannot be used either.
        return std::path::absolute(file).unwrap_or_else(|_| file.into());
    }
    let here = std::env::current_dir().unwrap_or_default();
    Path::new(&glob::Pattern::escape(&here.to_string_lossy())).join(file)
}
