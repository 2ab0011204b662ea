//! The alert policy: its types, strict to read, and how its figures are replaced.
//!
//! It stands apart from the codes because it says when somebody is woken, not what a code means.
//! Prometheus' rules, the evaluator and `replay` read it and nothing else.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use super::data::{Severity, Text};

/// The data file, `policy.toml`, as the build script hands it over.
const SOURCE: &str = include_str!(concat!(env!("OUT_DIR"), "/policy.json"));

/// How long something lasts, in whole seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub u32);

impl Span {
    /// In seconds.
    pub fn seconds(self) -> i64 {
        i64::from(self.0)
    }
}

/// The units of [`Span`], the largest first.
const UNITS: [(char, u32); 5] = [
    ('w', 604_800),
    ('d', 86_400),
    ('h', 3_600),
    ('m', 60),
    ('s', 1),
];

impl fmt::Display for Span {
    /// In the largest unit that it is a whole number of, as Prometheus writes durations: `90s`, `5m`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS
            .iter()
            .find(|(_, seconds)| self.0 != 0 && self.0.is_multiple_of(*seconds));
        let (unit, seconds) = whole.copied().unwrap_or(('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

impl FromStr for Span {
    type Err = ();

    /// A whole number and a unit, such as `5m`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let unit = text.chars().next_back().ok_or(())?;
        let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit).ok_or(())?;
        let number = text.strip_suffix(unit).ok_or(())?;
        if !number.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(());
        }
        let number: u32 = number.parse().map_err(|_| ())?;
        number.checked_mul(*seconds).map(Span).ok_or(())
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map_err(|()| serde::de::Error::custom(format!("{text:?} is no duration")))
    }
}

/// What an alert looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watch {
    /// Codes and conditions of one direction.
    Replies,
    /// Conditions of each provider's replies.
    Providers,
    /// Delivery records of one status.
    Deliveries,
    /// Failed logins of clients.
    AuthFailures,
    /// The exporter cannot be scraped. Only Prometheus can see that.
    ExporterDown,
    /// A source cannot be read.
    SourceDown,
    /// A source that used to speak does not.
    SourceSilent,
    /// Much of a source is not read yet.
    SourceLagging,
    /// Old lines are being read.
    CatchingUp,
    /// Lines of no known form.
    Unmatched,
    /// Lines that were lost because they came too fast.
    LinesDropped,
    /// The state cannot be written.
    StateNotWritten,
    /// A metric's guard folds.
    SeriesFolded,
}

/// Whose words the codes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Other servers'.
    Outbound,
    /// Our own server's.
    Inbound,
    /// Our own stores'.
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

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// The hour before the window.
    HourBefore,
    /// The same window a week before.
    WeekBefore,
}

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// Its name, and the `alertname` label.
    pub name: String,
    /// The group of rules it stands in.
    pub group: String,
    /// Whether it pages.
    pub severity: Severity,
    /// What it looks at.
    pub watch: Watch,
    /// Whose replies.
    pub direction: Option<Side>,
    /// Codes, added up.
    #[serde(default)]
    pub codes: Vec<u16>,
    /// Conditions, added up. Where there are codes too, the larger of the two sums is meant, since
    /// one reply may be in both.
    #[serde(default)]
    pub conditions: Vec<String>,
    /// All codes that begin with this digit.
    pub class: Option<u8>,
    /// The status of deliveries.
    pub status: Option<String>,
    /// The catalog's entry that the page shows: a code or a condition.
    pub page: Option<String>,
    /// What is counted is counted within this time.
    pub window: Option<Span>,
    /// The share must be reached in this one too, so that what is over ends.
    pub short_window: Option<Span>,
    /// More than this many within the window.
    pub count: Option<u64>,
    /// More than this share, from 0 to 1.
    pub share: Option<f64>,
    /// More than so many times what it is compared with.
    pub factor: Option<f64>,
    /// What the factor is about.
    pub compared_with: Option<Compared>,
    /// More than this, for what is no count.
    pub threshold: Option<u64>,
    /// How long it must last.
    pub r#for: Span,
    /// How long it must be over.
    pub keep_firing_for: Span,
    /// One line.
    pub summary: Text,
    /// What is seen, with places for figures in braces.
    pub description: String,
    /// What it means, where the catalog has no entry for it.
    pub meaning: Option<Text>,
    /// What to do, where the catalog has no entry for it.
    pub remedy: Option<Text>,
}

impl Alert {
    /// Whether it is about mail; the others are about the exporter itself, and are not quiet while
    /// old lines are read.
    pub fn is_about_mail(&self) -> bool {
        matches!(
            self.watch,
            Watch::Replies | Watch::Providers | Watch::Deliveries | Watch::AuthFailures
        )
    }
}

/// What an operator wants otherwise; `None` leaves a figure as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// Whether the rule is there at all.
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

/// All rules, and what their texts need to know.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Policy {
    /// The rules, in the order of the file.
    #[serde(rename = "alert")]
    pub alerts: Vec<Alert>,
    /// A regular expression for the `job` label of the exporter's targets.
    #[serde(default = "default_job")]
    pub job: String,
    /// Where the pages behind `runbook_url` are, without a slash at the end; `None` for the exporter
    /// itself, at its instance's address.
    #[serde(default)]
    pub runbook_url: Option<String>,
}

fn default_job() -> String {
    ".*maillog.*".to_owned()
}

impl Policy {
    /// The policy that is built in.
    pub fn embedded() -> Self {
        serde_json::from_str(SOURCE).expect("the built-in policy is read by every test run")
    }

    /// Replaces figures of the rule with this name.
    ///
    /// # Errors
    ///
    /// The name of the figure that the rule does not have; `None` if there is no such rule.
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

/// Replaces a figure; `None` if there is another one and none to replace.
fn replace<T>(figure: &mut Option<T>, another: Option<T>) -> Option<()> {
    if another.is_some() {
        figure.as_ref()?;
        *figure = another;
    }
    Some(())
}
