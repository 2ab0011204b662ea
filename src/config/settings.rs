//! The checked configuration, with its defaults.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::alert::notify;
use crate::catalog::{Policy, Providers};
use crate::logging::{LogFormat, LogLevel};
use crate::parse::{Format, Patterns};
use crate::queue::QueueSource;
use crate::source::{DEFAULT_MAX_LINE_BYTES, Input};
use crate::web::{ListenAddress, Privacy};
use crate::zone;

/// The default listen address.
pub const DEFAULT_LISTEN: &str = ":9925";
/// The default path of the metrics.
pub const DEFAULT_TELEMETRY_PATH: &str = "/metrics";

/// A checked configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Addresses to listen on; empty if the file names none.
    pub listen_addresses: Vec<ListenAddress>,
    /// The path of the metrics.
    pub telemetry_path: String,
    /// The base URL under which the pages are reached, without a slash at its end; `None` if it follows from the
    /// address of the instance.
    pub external_url: Option<String>,
    /// What every path begins with, such as `/mail`; empty for none.
    pub route_prefix: String,
    /// What pages show of the domains and networks in the log.
    pub privacy: Privacy,
    /// Whether OpenMetrics has the time of creation of each counter.
    pub created_series: bool,
    /// The least severe level that the daemon's own log contains.
    pub log_level: LogLevel,
    /// The format of the daemon's own log.
    pub log_format: LogFormat,
    /// The logs to read; empty if the file names none.
    pub sources: Vec<SourceSettings>,
    /// The longest line that is read as a whole, in bytes; of longer ones, the beginning is read.
    pub max_line_bytes: usize,
    /// The time zone of timestamps that name none.
    pub time_zone: TimeZone,
    /// Mail providers: the built-in ones and those of the file.
    pub providers: Providers,
    /// The patterns with which logs of the format `custom` are read.
    pub patterns: Arc<Patterns>,
    /// The file in which counts and positions are kept; `None` if they are not kept.
    pub state_path: Option<PathBuf>,
    /// Where the mail server's queue is listed; `None` if it is not.
    pub queue: Option<QueueSource>,
    /// Whether the daemon restricts itself to its logs, state and configuration.
    pub sandbox: bool,
    /// How the daemon evaluates alerts and sends them; `None` if it does not.
    pub alerting: Option<AlertingSettings>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            listen_addresses: Vec::new(),
            telemetry_path: DEFAULT_TELEMETRY_PATH.into(),
            external_url: None,
            route_prefix: String::new(),
            privacy: Privacy::default(),
            created_series: true,
            log_level: LogLevel::default(),
            log_format: LogFormat::default(),
            sources: Vec::new(),
            max_line_bytes: DEFAULT_MAX_LINE_BYTES,
            time_zone: zone::local(),
            providers: Providers::embedded(),
            patterns: Arc::default(),
            state_path: None,
            queue: None,
            sandbox: true,
            alerting: None,
        }
    }
}

/// A log, or several logs under one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSettings {
    /// The `source` label.
    pub name: String,
    /// Where its lines come from; paths as written.
    pub input: Input,
    /// Which mail server's log it is, or that this is to be detected.
    pub format: Format,
}

/// The checked `alerting:` section.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertingSettings {
    /// The Alertmanagers that alerts are sent to; at least one.
    pub alertmanagers: Vec<notify::Peer>,
    /// Where this exporter is reached, for the `instance` label; by default the host name and the first
    /// port.
    pub instance: Option<String>,
    /// The job of this exporter in Prometheus, for the `job` label; by default `maillog`.
    pub job: Option<String>,
    /// The alert rules.
    pub policy: Policy,
}
