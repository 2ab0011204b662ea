//! The alert policy (`policy.toml`) as types, and how its figures are overridden.
//!
//! The Prometheus rules, the evaluator and `replay` are all derived from it. Deserializing is strict: a missing
//! or unknown field is an error.

use serde::Deserialize;

use super::units::{Span, percentage};
use super::vocabulary::{Severity, Text};

/// The data file, `policy.toml`, as the build script hands it over.
const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/policy.json"));

/// What an alert rule evaluates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Reply codes and conditions of one direction.
    Replies,
    /// Conditions of the replies of each provider.
    Providers,
    /// Delivery records with one status.
    Deliveries,
    /// Failed logins of clients.
    AuthFailures,
    /// The exporter cannot be scraped. Only Prometheus can detect that.
    ExporterDown,
    /// A source cannot be read.
    SourceDown,
    /// A source that used to have lines has none.
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
    /// A metric has reached its limit of series, and further label values are counted as `other`.
    SeriesFolded,
}

/// Which replies a rule is about.
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

/// The period a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The hour before the window.
    HourBefore,
    /// The same window a week before.
    WeekBefore,
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
    /// Which replies.
    pub direction: Option<Side>,
    /// Reply codes, summed up.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// Conditions, summed up. Where there are codes too, the larger of the two sums counts, since one reply
    /// may be in both.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// All reply codes with this first digit.
    pub class: Option<u8>,
    /// The status of delivery records.
    pub status: Option<String>,
    /// The catalog entry (code or condition) with its meaning and remedy.
    pub page: Option<String>,
    /// The evaluation window.
    pub window: Option<Span>,
    /// A shorter window in which the share must be exceeded too, so that the alert resolves soon after the
    /// problem ends.
    pub short_window: Option<Span>,
    /// Fires above this count within the window.
    pub count: Option<u64>,
    /// Fires above this share, from 0 to 1.
    pub share: Option<f64>,
    /// Fires above this multiple of the compared period.
    pub factor: Option<f64>,
    /// The period that `factor` refers to.
    pub compared_with: Option<Compared>,
    /// Fires above this value, for gauges.
    pub threshold: Option<u64>,
    /// How long the condition must hold before the alert fires.
    pub r#for: Span,
    /// How long the alert keeps firing after the condition no longer holds.
    pub keep_firing_for: Span,
    /// One line. A percentage in it is the share of the rule.
    pub summary: Text,
    /// The description, with placeholders for figures in braces.
    pub description: String,
    /// The meaning, where there is no catalog entry.
    pub meaning: Option<Text>,
    /// The remedy, where there is no catalog entry.
    pub remedy: Option<Text>,
}

impl Alert {
    /// Whether the rule is about mail. The other rules are about the exporter itself and are not suppressed
    /// during catch-up.
    pub fn is_about_mail(&self) -> bool {
        matches!(
            self.watch,
            Watch::Replies | Watch::Providers | Watch::Deliveries | Watch::AuthFailures
        )
    }
}

/// Overrides of one rule by the operator; `None` keeps the default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// `Some(false)` removes the rule.
    pub enabled: Option<bool>,
    /// See [`Alert`].
    pub severity: Option<Severity>,
    /// See [`Alert`].
    pub count: Option<u64>,
    /// See [`Alert`].
    pub share: Option<f64>,
    /// See [`Alert`].
    pub factor: Option<f64>,
    /// See [`Alert`].
    pub threshold: Option<u64>,
    /// See [`Alert`].
    pub window: Option<Span>,
    /// See [`Alert`].
    pub r#for: Option<Span>,
    /// See [`Alert`].
    pub keep_firing_for: Option<Span>,
}

/// All alert rules, and what their texts depend on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Policy {
    /// The rules, in the order of the file.
    #[serde(rename = "alert")]
    pub alerts: Vec<Alert>,
    /// A regular expression for the `job` label of the exporter's targets.
    #[serde(default = "default_job")]
    pub job: String,
    /// Base URL of `runbook_url` annotations, without a trailing slash; `None` for the exporter itself, at the
    /// address of its instance.
    #[serde(default)]
    pub runbook_url: Option<String>,
}

fn default_job() -> String {
    ".*maillog.*".to_owned()
}

impl Policy {
    /// The built-in policy.
    pub fn embedded() -> Self {
        serde_json::from_str(SOURCE).expect("the built-in policy is read by every test run")
    }

    /// Overrides figures of the rule with this name.
    ///
    /// # Errors
    ///
    /// The name of a figure that the rule does not have; `None` if there is no such rule.
    pub fn change(&mut self, name: &str, change: &Change) -> Result<(), Option<&'static str>> {
        let at = self.alerts.iter().position(|alert| alert.name == name);
        let at = at.ok_or(None)?;
        let alert = &mut self.alerts[at];
        replace(&mut alert.count, change.count).ok_or(Some("count"))?;
        let share = alert.share;
        replace(&mut alert.share, change.share).ok_or(Some("share"))?;
        if let (Some(old), Some(new)) = (share, alert.share) {
            alert.summary.replace(&percentage(old), &percentage(new));
        }
        replace(&mut alert.factor, change.factor).ok_or(Some("factor"))?;
        replace(&mut alert.threshold, change.threshold).ok_or(Some("threshold"))?;
        replace(&mut alert.window, change.window).ok_or(Some("window"))?;
        alert.severity = change.severity.unwrap_or(alert.severity);
        alert.r#for = change.r#for.unwrap_or(alert.r#for);
        alert.keep_firing_for = change.keep_firing_for.unwrap_or(alert.keep_firing_for);
        if change.enabled == Some(false) {
            self.alerts.remove(at);
        }
        Ok(())
    }
}

/// Replaces a figure; `None` if the rule does not have it.
fn replace<T>(figure: &mut Option<T>, value: Option<T>) -> Option<()> {
    if value.is_some() {
        figure.as_ref()?;
        *figure = value;
    }
    Some(())
}
