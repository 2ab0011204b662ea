//! A consistent copy of everything that is exposed, taken at one moment.

use std::sync::Arc;

use crate::insight::Insight;
use crate::metrics::alerting::Alerting;
use crate::metrics::counters::Counters;
use crate::metrics::history::History;
use crate::queue::Queues;

/// The statistics of one source, for the `maillog_source_…` families and `maillog_lines_total`.
#[derive(Clone, Debug, Default)]
pub struct SourceStats {
    /// The configured name or pattern.
    pub name: String,
    /// Lines that were events.
    pub events: u64,
    /// Lines of a known form that are not events.
    pub noise: u64,
    /// Lines of unknown form.
    pub unmatched: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Bytes available but not yet read.
    pub lag_bytes: u64,
    /// Whether the source can be read.
    pub up: bool,
    /// The time stamp of the newest line, in seconds since 1970.
    pub last_line: Option<i64>,
    /// Rotations detected, by kind (`renamed`, `truncated`, …).
    pub rotations: Vec<(&'static str, u64)>,
    /// Lines longer than the limit, of which only the beginning was read.
    pub truncated: u64,
    /// Lines lost because they arrived faster than they were read.
    pub dropped: u64,
    /// Syslog datagrams and connections refused.
    pub refused: u64,
    /// Files in which reading stopped and that were not found again.
    pub positions_lost: u64,
    /// How many of them were not found before the source was opened.
    pub positions_lost_before: u64,
    /// Events of lines that were read more than a minute late.
    pub backlog_events: u64,
    /// Whether there are unread lines, or most of the recent events were read late.
    pub catching_up: bool,
    /// Seconds by which its time stamps are ahead of this machine's clock; negative if they are behind.
    pub clock_offset: i64,
    /// The formats found: names of mail servers, or `syslog` if no record was read.
    pub formats: Vec<&'static str>,
}

/// The statistics of the state file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateStats {
    /// Whether a state file is written.
    pub kept: bool,
    /// When a snapshot was last written, in seconds since 1970.
    pub last_write: Option<i64>,
    /// Failed attempts to write it.
    pub errors: u64,
    /// Since when is counted, in seconds since 1970; `None` if a version that did not record it began.
    pub counting_since: Option<i64>,
}

/// Everything that is exposed, as of one moment.
#[derive(Clone)]
pub struct View {
    /// The counters.
    pub counters: Counters,
    /// The sources.
    pub sources: Vec<SourceStats>,
    /// The names of the providers, by index.
    pub providers: Arc<[String]>,
    /// The counts of the past.
    pub history: History,
    /// Who causes failed replies, and in which words.
    pub insight: Option<Insight>,
    /// The Postfix queues, if configured.
    pub queues: Option<Queues>,
    /// The state file.
    pub state: StateStats,
    /// Whether the kernel restricts the daemon to its logs, state and configuration.
    pub sandboxed: bool,
    /// Built-in alerting, if configured.
    pub alerting: Option<Arc<Alerting>>,
}

impl View {
    /// A view of counters only.
    pub fn new(counters: Counters, providers: Arc<[String]>) -> Self {
        View {
            history: History::new(counters.catalog, Arc::clone(&providers)),
            counters,
            sources: Vec::new(),
            providers,
            insight: None,
            queues: None,
            state: StateStats::default(),
            sandboxed: false,
            alerting: None,
        }
    }
}
