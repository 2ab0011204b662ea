//! The types of the alert policy: signals, alert rules and inhibitions, as they are in `policy.toml`.

use serde::Deserialize;

use super::units::Span;
use super::vocabulary::{Severity, Text};

/// Which replies a signal is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Replies of remote servers to this one.
    Outbound,
    /// Replies of this server to its clients.
    Inbound,
    /// Replies of the local mail store to this server.
    Local,
}

impl Side {
    /// The value of the `direction` label.
    pub fn name(self) -> &'static str {
        match self {
            Side::Outbound => "outbound",
            Side::Inbound => "inbound",
            Side::Local => "local",
        }
    }
}

/// What a signal counts, and of what it is a share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Replies with some codes or conditions, of all replies of the same direction. Those of content filters on the
    /// loopback interface are left out; for inbound replies, accepted connections are part of the whole.
    Replies,
    /// Failed deliveries to other servers, of all deliveries to other servers.
    Deliveries,
    /// Deferred deliveries to local mailboxes and content filters, of all of these.
    LocalDeliveries,
    /// Messages that other servers accepted: not a share, but a number for each ten minutes.
    SentMessages,
    /// The same of one sender domain: the one that is farthest above what is usual for it.
    SenderMessages,
    /// Failed logins of clients, for each ten minutes.
    AuthFailures,
    /// Connections of clients, for each ten minutes.
    Connections,
    /// Messages with the level fatal or panic.
    FatalMessages,
}

/// A number that rules are about, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// Its name, and the `signal` label.
    pub name: String,
    /// What it counts.
    pub counts: Counted,
    /// Whether each provider has a signal of its own.
    #[serde(default)]
    pub by_provider: bool,
    /// The signal of all providers, from which that of the other ones follows.
    pub others: Option<String>,
    /// The direction of the replies.
    pub direction: Option<Side>,
    /// Reply codes, summed up.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// Conditions, summed up. Where there are codes too, the larger of the two sums counts, since one reply may be in
    /// both.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// All reply codes with one of these first digits.
    #[serde(default)]
    pub classes: Vec<u8>,
    /// Kinds of failed connections (the label `error` of `maillog_connect_errors_total`).
    #[serde(default)]
    pub errors: Vec<String>,
    /// Kinds of failed connections that are not counted, although their codes are.
    #[serde(default)]
    pub except_errors: Vec<String>,
    /// Conditions that are not counted, although their codes are.
    #[serde(default)]
    pub except: Vec<String>,
    /// Causes for which a deferred delivery is no failure.
    #[serde(default)]
    pub deferred_except: Vec<String>,
    /// Causes for which a bounced delivery is a failure. If this is given, but not `deferred_except`, no deferred
    /// delivery is one.
    #[serde(default)]
    pub bounced_for: Vec<String>,
    /// Whether deferrals of messages that have waited for an hour do not count, neither as failures nor in what it is a
    /// share of.
    #[serde(default)]
    pub new_only: bool,
    /// The windows in which it is judged, the shortest first.
    #[serde(default = "windows")]
    pub windows: Vec<Span>,
    /// How many there must be within a window; twice as many within an hour or more if `retried`.
    #[serde(default = "least")]
    pub least: u64,
    /// Whether one message is counted again with each attempt.
    #[serde(default = "yes")]
    pub retried: bool,
    /// Whether only the weeks before tell what is usual, so that nothing is judged in the first two.
    #[serde(default)]
    pub needs_weeks: bool,
    /// What is counted, for people: "421 replies".
    pub text: Text,
    /// What it is a share of, for people: "all outbound replies"; empty for numbers.
    #[serde(default)]
    pub whole: Text,
}

fn windows() -> Vec<Span> {
    [300, 900, 3_600].map(Span).into()
}

fn least() -> u64 {
    10
}

fn yes() -> bool {
    true
}

impl Signal {
    /// Whether it is a share of something, rather than a number for each ten minutes.
    pub fn is_share(&self) -> bool {
        matches!(
            self.counts,
            Counted::Replies | Counted::Deliveries | Counted::LocalDeliveries
        )
    }

    /// Whether a chart shows what it counts: the history has it.
    pub fn is_charted(&self) -> bool {
        matches!(
            self.counts,
            Counted::Replies | Counted::Deliveries | Counted::SentMessages
        )
    }

    /// The first digits of the reply codes that let a delivery fail, of signals about deliveries; 1 are failed
    /// connections.
    pub fn digits(&self) -> &'static [u16] {
        match (self.deferred_except.is_empty(), self.bounced_for.is_empty()) {
            (true, true) => &[],
            (true, false) => &[5],
            (false, true) => &[1, 4],
            (false, false) => &[1, 4, 5],
        }
    }

    /// Whether it is compared with the busiest ten minutes that are usual.
    pub fn is_surge(&self) -> bool {
        matches!(
            self.counts,
            Counted::SentMessages
                | Counted::SenderMessages
                | Counted::AuthFailures
                | Counted::Connections
        )
    }
}

/// What an alert rule evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// The share of a signal, against what is usual.
    Share,
    /// The number of a signal within ten minutes, against the busiest ten minutes that are usual.
    Surge,
    /// The number of a signal within a window.
    Count,
    /// The same alert on many instances. Only Prometheus can detect that.
    Fleet,
    /// The exporter cannot be scraped. Only Prometheus can detect that.
    ExporterDown,
    /// A source cannot be read.
    SourceDown,
    /// A source has no lines in a time in which it usually has some.
    SourceSilent,
    /// A large part of a source has not been read yet.
    SourceLagging,
    /// A backlog is being read.
    CatchingUp,
    /// The time stamps of a source differ from the clock of the exporter.
    ClockOff,
    /// Lines of an unknown format.
    Unmatched,
    /// Lines lost because they arrived faster than they were read.
    LinesDropped,
    /// Files of a source in which reading stopped were not found again.
    PositionsLost,
    /// The state cannot be written.
    StateNotWritten,
    /// The configuration could not be reloaded.
    ReloadFailed,
    /// A metric has reached its limit of series, and further label values are counted as `other`.
    SeriesFolded,
    /// Messages that wait for their first delivery, longer than usual.
    QueueAge,
    /// A queue that holds more messages than usual.
    QueueSize,
}

/// Another signal that must be above a share too, for the alert to start. If both are about providers, that of the same
/// provider.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Also {
    /// The name of the signal.
    pub signal: String,
    /// The share.
    pub share: f64,
}

/// Another alert that already says what this one would say.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Explained {
    /// The name of the other alert.
    pub by: String,
    /// The signal of each provider that both are about: its part in the events of the last hour, or of
    /// the last five minutes, decides.
    pub part: String,
    /// The signal of which it is a part; that of the rule if this is not given.
    pub of: Option<String>,
    /// It explains this alert if the part is above this share.
    pub share: f64,
}

/// An alert rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its name, and the `alertname` label.
    pub name: String,
    /// The rule group.
    pub group: String,
    /// The severity; `critical` pages.
    pub severity: Severity,
    /// What it evaluates.
    pub watch: Watch,
    /// The name of its signal, for rules about mail.
    pub signal: Option<String>,
    /// The direction of its signal.
    #[serde(skip)]
    pub direction: Option<Side>,
    /// The reply codes of its signal.
    #[serde(skip)]
    pub codes: Vec<u16>,
    /// The conditions of its signal.
    #[serde(skip)]
    pub conditions: Vec<String>,
    /// Whether there is one alert for each provider.
    #[serde(skip)]
    pub by_provider: bool,
    /// The catalog entry (code or condition) with its meaning and remedy.
    pub page: Option<String>,
    /// The window of rules that have one.
    pub window: Option<Span>,
    /// Fires above this count.
    pub count: Option<u64>,
    /// Fires only above this share, from 0 to 1.
    pub share: Option<f64>,
    /// Fires if the odds are this many times the usual ones; for numbers, this many times the usual number.
    pub factor: Option<f64>,
    /// Fires above this value, for gauges.
    pub threshold: Option<u64>,
    /// Another signal that must be above a share too.
    pub also: Option<Also>,
    /// Alerts while which are pending or firing this one does not start.
    #[serde(default)]
    pub not_while: Vec<String>,
    /// Alerts while which are firing this one does not start.
    #[serde(default)]
    pub not_while_firing: Vec<String>,
    /// Does not start while all other providers together are proven to be above this share: then it is not the fault of
    /// this one.
    pub others_below: Option<f64>,
    /// Alerts that say the same.
    #[serde(default)]
    pub explained: Vec<Explained>,
    /// How long the condition must hold before the alert fires.
    pub r#for: Span,
    /// How long the alert keeps firing after the condition no longer holds.
    pub keep_firing_for: Span,
    /// One line without figures, where the summary has some.
    pub title: Option<Text>,
    /// One line, with placeholders for figures in braces.
    pub summary: Text,
    /// The description, with placeholders for figures in braces.
    pub description: Text,
    /// The meaning, where there is no catalog entry.
    pub meaning: Option<Text>,
    /// The remedy, where there is no catalog entry.
    pub remedy: Option<Text>,
}

impl Alert {
    /// Whether the rule is about mail and follows the time of the log lines. The other rules are about the exporter
    /// itself and follow the wall clock.
    pub fn is_about_mail(&self) -> bool {
        matches!(self.watch, Watch::Share | Watch::Surge | Watch::Count)
    }

    /// What it is about, without figures.
    pub fn title(&self) -> &Text {
        self.title.as_ref().unwrap_or(&self.summary)
    }

    /// Whether only Prometheus can evaluate it.
    pub fn is_for_prometheus_only(&self) -> bool {
        matches!(self.watch, Watch::Fleet | Watch::ExporterDown)
    }

    /// The share from which it matches if this share is usual: the odds are [`Alert::factor`] times as high, and the
    /// share is above [`Alert::share`].
    pub fn threshold_share(&self, usual: f64) -> f64 {
        let factor = self.factor.unwrap_or(1.0);
        let grown = factor * usual / (1.0 + (factor - 1.0) * usual);
        grown.max(self.share.unwrap_or_default())
    }

    /// The level of a queue from which it matches if this level is usual: [`Alert::factor`] times as high, and above
    /// [`Alert::threshold`].
    pub fn threshold_level(&self, usual: f64) -> f64 {
        let grown = self.factor.unwrap_or(1.0) * usual;
        grown.max(self.threshold.unwrap_or_default() as f64)
    }

    /// The number from which it matches if this number is usual: [`Alert::factor`] times as many, and three standard
    /// deviations of a Poisson distribution more.
    pub fn threshold_number(&self, usual: f64) -> f64 {
        let expected = self.factor.unwrap_or(1.0) * usual;
        let count = self.count.unwrap_or_default() as f64;
        (expected + 3.0 * expected.sqrt()).max(count)
    }
}

/// Alerts that silence others of the same cause while they fire.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inhibition {
    /// The alerts that silence.
    pub sources: Vec<String>,
    /// The alerts that are silenced, on the same instance.
    pub targets: Vec<String>,
    /// Whether only alerts about the same provider are silenced.
    #[serde(default)]
    pub same_provider: bool,
    /// Only alerts about this provider are silenced.
    pub provider: Option<String>,
    /// Whether alerts of all instances are silenced.
    #[serde(default)]
    pub all_instances: bool,
}
