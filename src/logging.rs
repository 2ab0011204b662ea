//! The daemon's own log, on standard error.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The format of a log record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `key=value` pairs.
    #[default]
    Logfmt,
    /// One JSON object per line.
    Json,
}

/// The severity of a log record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Level {
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

impl Level {
    /// The names in the configuration and on the command line.
    pub const NAMES: [&str; 4] = ["debug", "info", "warn", "error"];
}

impl FromStr for Level {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "debug" => Ok(Level::Debug),
            "info" => Ok(Level::Info),
            "warn" => Ok(Level::Warn),
            "error" => Ok(Level::Error),
            _ => Err(()),
        }
    }
}

impl Format {
    /// The names in the configuration and on the command line.
    pub const NAMES: [&str; 2] = ["logfmt", "json"];
}

impl FromStr for Format {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "logfmt" => Ok(Format::Logfmt),
            "json" => Ok(Format::Json),
            _ => Err(()),
        }
    }
}

/// Starts logging records of the given level and above. Must be called once, before the first record.
pub fn start(level: Level, format: Format) {
    let level = match level {
        Level::Debug => LevelFilter::DEBUG,
        Level::Info => LevelFilter::INFO,
        Level::Warn => LevelFilter::WARN,
        Level::Error => LevelFilter::ERROR,
    };
    let registry = tracing_subscriber::registry().with(level);
    match format {
        Format::Logfmt => {
            registry
                .with(
                    tracing_logfmt::builder()
                        .with_target(false)
                        .layer()
                        .with_writer(std::io::stderr),
                )
                .init();
        }
        Format::Json => {
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
}
