//! One rule of the policy, evaluated over the history of its signals.

use super::history::Track;
use super::providers::ProviderTracks;
use super::signal::WEEK;
use crate::catalog::{Alert, Compared, Span, Watch};

/// A match of a rule: its condition holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// The label that distinguishes matches of the same rule.
    pub label: Option<(&'static str, String)>,
    pub figures: Figures,
}

/// The figures in the description of an alert.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// The count within the window, or the value of a gauge.
    pub value: u64,
    /// Share of all replies or deliveries, from 0 to 1.
    pub share: Option<f64>,
    /// The count per window in the compared period.
    pub baseline: Option<f64>,
    /// The provider with the largest part.
    pub leader: Option<String>,
    /// The most frequent condition of outbound replies.
    pub cause: Option<String>,
}

/// A rule and the positions of its signals.
pub(super) struct Rule {
    pub alert: Alert,
    /// The signals of which the largest growth counts.
    pub watched: Vec<usize>,
    /// The signal that the share refers to.
    pub whole: Option<usize>,
    /// The signal of each condition, if the description names the most frequent one.
    pub causes: Vec<(String, usize)>,
    /// What is counted per provider.
    pub by_provider: Option<usize>,
    /// All replies of each provider.
    pub provider_whole: Option<usize>,
}

impl Rule {
    /// `for` and `keep_firing_for` in seconds.
    pub(super) fn times(&self) -> [i64; 2] {
        [self.alert.r#for, self.alert.keep_firing_for].map(Span::seconds)
    }

    /// The name of the label that distinguishes its alerts, if it can have several.
    pub(super) fn label(&self) -> Option<&'static str> {
        match self.alert.watch {
            Watch::Providers => Some("provider"),
            Watch::SourceDown
            | Watch::SourceSilent
            | Watch::SourceLagging
            | Watch::Unmatched
            | Watch::CatchingUp
            | Watch::ClockOff
            | Watch::LinesDropped
            | Watch::PositionsLost => Some("source"),
            Watch::SeriesFolded => Some("metric"),
            _ => None,
        }
    }

    /// Evaluates a rule about mail.
    pub(super) fn evaluate(
        &self,
        tracks: &[Track],
        providers: &ProviderTracks,
        found: &mut Vec<Finding>,
    ) {
        let window = self.alert.window.unwrap_or_default().seconds();
        if self.alert.watch == Watch::Providers {
            self.evaluate_providers(providers, window, found);
            return;
        }
        let growth = |older, newer| {
            let growths = self
                .watched
                .iter()
                .map(|at| tracks[*at].growth(older, newer));
            growths.max().unwrap_or(0)
        };
        let value = growth(window, 0);
        if value <= self.alert.count.unwrap_or_default() {
            return;
        }
        let baseline = self.alert.compared_with.map(|compared| match compared {
            // Scaled to the length of the window.
            Compared::HourBefore => {
                let hour = super::signal::HOUR;
                growth(window + hour, window) as f64 * window as f64 / hour as f64
            }
            Compared::WeekBefore => growth(window + WEEK, WEEK) as f64,
        });
        if let (Some(factor), Some(baseline)) = (self.alert.factor, baseline)
            && value as f64 <= factor * baseline
        {
            return;
        }
        let covered = |at: &usize| tracks[*at].covers(window + WEEK);
        if self.alert.compared_with == Some(Compared::WeekBefore)
            && !self.watched.iter().all(covered)
        {
            return;
        }
        let share = |window| {
            let whole = tracks[self.whole?].growth(window, 0).max(1);
            Some(growth(window, 0) as f64 / whole as f64)
        };
        if let Some(floor) = self.alert.share {
            let short = self.alert.short_window.map(|it| it.seconds());
            for window in [Some(window), short].into_iter().flatten() {
                if share(window).is_some_and(|share| share <= floor) {
                    return;
                }
            }
        }
        found.push(Finding {
            label: None,
            figures: Figures {
                value,
                share: share(window),
                baseline,
                leader: self
                    .by_provider
                    .and_then(|number| providers.leader(number, window))
                    .map(str::to_owned),
                cause: self.cause(tracks, window),
            },
        });
    }

    /// The most frequent condition within `window` seconds.
    fn cause(&self, tracks: &[Track], window: i64) -> Option<String> {
        let grown = self.causes.iter();
        let grown = grown.map(|(name, at)| (name, tracks[*at].growth(window, 0)));
        // The first by name of equal ones, as Prometheus sorts them.
        let (name, _) = grown
            .filter(|(_, growth)| *growth > 0)
            .max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(a.0)))?;
        Some(name.clone())
    }

    fn evaluate_providers(
        &self,
        providers: &ProviderTracks,
        window: i64,
        found: &mut Vec<Finding>,
    ) {
        let (Some(number), Some(whole)) = (self.by_provider, self.provider_whole) else {
            return;
        };
        for (provider, value) in providers.growth(number, window) {
            if value <= self.alert.count.unwrap_or_default() {
                continue;
            }
            let whole = providers.growth_of(whole, provider, window).max(1);
            let share = value as f64 / whole as f64;
            if share > self.alert.share.unwrap_or_default()
                && let Some(name) = providers.name(provider)
            {
                found.push(Finding {
                    label: Some(("provider", name.to_owned())),
                    figures: Figures {
                        value,
                        share: Some(share),
                        ..Figures::default()
                    },
                });
            }
        }
    }
}
