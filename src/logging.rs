//! The daemon's own log, on standard error.

mod rate_limit;

use std::str::FromStr;

use rate_limit::RateLimit;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The format of a log record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// `key=value` pairs.
    #[default]
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// The severity of a log record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogLevel {
    /// Details of what the daemon does.
    Debug,
    /// Normal events.
    #[default]
    Info,
    /// Problems that the daemon can handle.
    Warn,
    /// Problems that need action.
    Error,
}

impl LogLevel {
    /// The names in the configuration and on the command line.
    pub const NAMES: [&str; 4] = ["debug", "info", "warn", "error"];
}

impl FromStr for LogLevel {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "debug" => Ok(LogLevel::Debug),
            "info" => Ok(LogLevel::Info),
            "warn" => Ok(LogLevel::Warn),
            "error" => Ok(LogLevel::Error),
            _ => Err(()),
        }
    }
}

impl LogFormat {
    /// The names in the configuration and on the command line.
    pub const NAMES: [&str; 2] = ["logfmt", "json"];
}

impl FromStr for LogFormat {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "logfmt" => Ok(LogFormat::Logfmt),
            "json" => Ok(LogFormat::Json),
            _ => Err(()),
        }
    }
}

/// Starts logging records of the given level and above. Must be called once, before the first record.
///
/// A message that repeats is logged only so often. What is returned must be run for as long as the daemon runs: it logs
/// how many were left out.
pub fn start(level: LogLevel, format: LogFormat) -> impl Future<Output = ()> + Send + use<> {
    let level = match level {
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Error => LevelFilter::ERROR,
    };
    let limit = RateLimit::default();
    let registry = tracing_subscriber::registry()
        .with(level)
        .with(limit.clone());
    match format {
        LogFormat::Logfmt => {
            registry
                .with(
                    tracing_logfmt::builder()
                        .with_target(false)
                        .layer()
                        .with_writer(std::io::stderr),
                )
                .init();
        }
        LogFormat::Json => {
            registry
                .with(
                    tracing_subscriber::fmt::layer()
                        .json()
                        .flatten_event(true)
                        .with_target(false)
                        .with_writer(std::io::stderr),
                )
                .init();
        }
    }
    limit.report()
}
