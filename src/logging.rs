//! The daemon's own log, on standard error.

use std::str::FromStr;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How a log record is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// `key=value` pairs.
    #[default]
    Logfmt,
    /// One JSON object a line.
    Json,
}

/// From which level on records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Level {
    /// Everything that is decided.
    Debug,
    /// What an operator may want to know.
    #[default]
    Info,
    /// What goes wrong and is dealt with.
    Warn,
    /// What goes wrong and stays so.
    Error,
}

impl Level {
    /// The names, as the configuration and the flags take them.
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
    /// The names, as the configuration and the flags take them.
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

/// Begins to log. Called once, before anything logs.
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
