//! Alerts that are pending or firing, and when that changes.
//!
//! It stands apart from the rules because it only knows whether something was found, as Prometheus
//! does: what is found for as long as `for` says fires, and what is no longer found goes on firing
//! for as long as `keep_firing_for` says.

use serde::{Deserialize, Serialize};

use super::rule::{Figures, Finding};

/// An alert that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// The number of its rule in the policy.
    pub rule: usize,
    /// The label that tells it from others of the same rule.
    pub label: Option<(&'static str, String)>,
    /// Since when it has been found, in seconds since 1970.
    pub since: i64,
    /// When it began to fire; `None` while it is pending.
    pub fired: Option<i64>,
    /// When it was last found.
    pub found: i64,
    /// Its figures when it was last found.
    pub figures: Figures,
    /// Its figures when there was most of it.
    pub peak: Figures,
}

/// The same as it is kept over restarts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Image {
    rule: String,
    label: Option<String>,
    since: i64,
    fired: Option<i64>,
    found: i64,
    value: u64,
    share: Option<f64>,
    baseline: Option<f64>,
    leader: Option<String>,
}

/// All that are pending or firing.
#[derive(Default)]
pub(super) struct Actives {
    pub list: Vec<Active>,
    /// Those that fired and are over: when that was.
    pub ended: Vec<(Active, i64)>,
}

impl Actives {
    /// What a rule has found at `now`. It must have lasted `hold` seconds, and must be over for
    /// `keep` seconds.
    pub(super) fn settle(
        &mut self,
        rule: usize,
        found: &mut Vec<Finding>,
        now: i64,
        [hold, keep]: [i64; 2],
    ) {
        let mut at = 0;
        while let Some(active) = self.list.get_mut(at) {
            if active.rule != rule {
                at += 1;
                continue;
            }
            let finding = found.iter().position(|it| it.label == active.label);
            if let Some(finding) = finding {
                let finding = found.swap_remove(finding);
                active.found = now;
                if finding.figures.value > active.peak.value {
                    active.peak = finding.figures.clone();
                }
                active.figures = finding.figures;
                if active.fired.is_none() && now - active.since >= hold {
                    active.fired = Some(now);
                }
                at += 1;
            } else if active.fired.is_some() && now - active.found <= keep {
                at += 1;
            } else {
                let active = self.list.remove(at);
                if active.fired.is_some() {
                    self.ended.push((active, now));
                }
            }
        }
        for finding in found.drain(..) {
            self.list.push(Active {
                rule,
                label: finding.label,
                since: now,
                fired: (hold == 0).then_some(now),
                found: now,
                peak: finding.figures.clone(),
                figures: finding.figures,
            });
        }
    }

    /// What is to be kept, where `name` names rules.
    pub(super) fn image<'a>(&self, name: impl Fn(usize) -> &'a str) -> Vec<Image> {
        let image = |active: &Active| Image {
            rule: name(active.rule).to_owned(),
            label: active.label.as_ref().map(|(_, value)| value.clone()),
            since: active.since,
            fired: active.fired,
            found: active.found,
            value: active.figures.value,
            share: active.figures.share,
            baseline: active.figures.baseline,
            leader: active.figures.leader.clone(),
        };
        self.list.iter().map(image).collect()
    }
}

impl Image {
    /// The name of its rule.
    pub(super) fn rule(&self) -> &str {
        &self.rule
    }

    /// Goes on from here, as an alert of a rule whose label has this name.
    pub(super) fn restored(&self, rule: usize, label: Option<&'static str>) -> Active {
        let figures = Figures {
            value: self.value,
            share: self.share,
            baseline: self.baseline,
            leader: self.leader.clone(),
        };
        Active {
            rule,
            label: label.zip(self.label.clone()),
            since: self.since,
            fired: self.fired,
            found: self.found,
            peak: figures.clone(),
            figures,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What happens when a rule that must last a minute and be over for two finds something at these
    /// steps of fifteen seconds.
    fn run(found: &str) -> String {
        let mut actives = Actives::default();
        let step = |(at, found): (usize, char)| {
            let mut finding = Vec::new();
            if found == 'x' {
                finding.push(Finding {
                    label: None,
                    figures: Figures::default(),
                });
            }
            actives.settle(0, &mut finding, at as i64 * 15, [60, 120]);
            match actives.list.first() {
                Some(active) if active.fired.is_some() => 'F',
                Some(_) => 'p',
                None => '.',
            }
        };
        found.chars().enumerate().map(step).collect()
    }

    #[test]
    fn what_lasts_fires_and_what_flickers_does_not() {
        assert_eq!(run("xxxx.xxxxxx"), "pppp.ppppFF");
        assert_eq!(run("xxxxx"), "ppppF");
        assert_eq!(run("x.x.x.x.x"), "p.p.p.p.p");
    }

    #[test]
    fn what_fires_and_flickers_goes_on_firing() {
        assert_eq!(run("xxxxx..x..x......."), "ppppFFFFFFFFFFFFFF");
        assert_eq!(run("xxxxx.........xx"), "ppppFFFFFFFFF.pp");
    }
}
