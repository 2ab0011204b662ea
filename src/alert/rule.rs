//! One rule of the policy over the remembered numbers: does it find something now?

use super::history::Track;
use super::providers::ByProvider;
use super::signal::WEEK;
use crate::catalog::{Alert, Compared, Span, Watch};

/// What a rule has found.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// The label that tells it from others of the same rule.
    pub label: Option<(&'static str, String)>,
    pub figures: Figures,
}

/// The figures of an alert, for its description.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many within the window, or whatever the rule is about.
    pub value: u64,
    /// Of all replies or deliveries, from 0 to 1.
    pub share: Option<f64>,
    /// How many it was in a window of what it is compared with.
    pub baseline: Option<f64>,
    /// The provider that most of it comes from.
    pub leader: Option<String>,
}

/// A rule with the numbers it looks at.
pub(super) struct Rule {
    pub alert: Alert,
    /// Numbers of which the largest growth is meant.
    pub watched: Vec<usize>,
    /// What the share is of.
    pub whole: Option<usize>,
    /// What it counts of each provider.
    pub by_provider: Option<usize>,
    /// All that each provider says.
    pub provider_whole: Option<usize>,
}

impl Rule {
    /// How long it must last, and how long it must be over, in seconds.
    pub(super) fn times(&self) -> [i64; 2] {
        [self.alert.r#for, self.alert.keep_firing_for].map(Span::seconds)
    }

    /// The name of the label that tells its alerts apart, if it can have several.
    pub(super) fn label(&self) -> Option<&'static str> {
        match self.alert.watch {
            Watch::Providers => Some("provider"),
            Watch::SourceDown
            | Watch::SourceSilent
            | Watch::SourceLagging
            | Watch::Unmatched
            | Watch::LinesDropped => Some("source"),
            Watch::SeriesFolded => Some("metric"),
            _ => None,
        }
    }

    /// What a rule about mail finds.
    pub(super) fn find(&self, tracks: &[Track], providers: &ByProvider, found: &mut Vec<Finding>) {
        let window = self.alert.window.unwrap_or_default().seconds();
        if self.alert.watch == Watch::Providers {
            self.find_providers(providers, window, found);
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
            // Per window, whatever the length of what it is compared with.
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
        let known = |at: &usize| tracks[*at].knows(window + WEEK);
        if self.alert.compared_with == Some(Compared::WeekBefore) && !self.watched.iter().all(known)
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
            },
        });
    }

    fn find_providers(&self, providers: &ByProvider, window: i64, found: &mut Vec<Finding>) {
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
