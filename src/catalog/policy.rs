//! The alert policy (`policy.toml`), and how its figures are overridden.
//!
//! The Prometheus rules, the evaluator and `replay` are all derived from it. Deserializing is strict: a missing
//! or unknown field is an error.

use serde::Deserialize;

use super::rules::{Alert, Inhibition, Signal, Watch};
use super::units::Span;
use super::vocabulary::{Language, Severity};

/// The data file, `policy.toml`, as the build script hands it over.
const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/policy.json"));

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

/// All signals, alert rules and inhibitions, and what their texts depend on.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Policy {
    /// The signals that the rules are about.
    #[serde(rename = "signal")]
    pub signals: Vec<Signal>,
    /// The rules, in the order of the file.
    #[serde(rename = "alert")]
    pub alerts: Vec<Alert>,
    /// Which alerts silence which.
    #[serde(rename = "inhibition")]
    pub inhibitions: Vec<Inhibition>,
    /// A regular expression for the `job` label of the exporter's targets.
    #[serde(default = "default_job")]
    pub job: String,
    /// Base URL of `runbook_url` annotations, without a trailing slash; `None` for the exporter itself, at the
    /// address of its instance.
    #[serde(default)]
    pub runbook_url: Option<String>,
    /// Whether the texts of alerts name the domains of senders.
    #[serde(skip, default = "names_senders")]
    pub names_senders: bool,
    /// The language of summaries and descriptions.
    #[serde(skip, default = "default_language")]
    pub language: Language,
}

fn default_job() -> String {
    ".*maillog.*".to_owned()
}

fn names_senders() -> bool {
    true
}

fn default_language() -> Language {
    Language::En
}

impl Policy {
    /// The built-in policy.
    pub fn embedded() -> Self {
        let mut policy: Policy =
            serde_json::from_str(SOURCE).expect("the built-in policy is read by every test run");
        let Policy {
            signals, alerts, ..
        } = &mut policy;
        for alert in alerts {
            let signal = signals
                .iter()
                .find(|it| Some(&it.name) == alert.signal.as_ref());
            if let Some(signal) = signal {
                alert.direction = signal.direction;
                alert.codes = signal.codes.clone();
                alert.conditions = signal.conditions.clone();
                alert.by_provider = signal.by_provider;
            }
        }
        policy
    }

    /// The signal of a rule about mail.
    pub fn signal_of(&self, alert: &Alert) -> Option<&Signal> {
        self.signal_named(alert.signal.as_deref()?)
    }

    /// Whether there is a chart of what an alert links to, also as a picture at the address of the page followed by `.png`.
    pub fn has_picture(&self, alert: &Alert) -> bool {
        let signal = self.signal_of(alert);
        alert.watch == Watch::Fleet || signal.is_some_and(Signal::is_charted)
    }

    /// The signal with this name.
    pub fn signal_named(&self, name: &str) -> Option<&Signal> {
        self.signals.iter().find(|signal| signal.name == name)
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
        replace(&mut alert.share, change.share).ok_or(Some("share"))?;
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
