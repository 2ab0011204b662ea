//! Pending and firing alerts, with the semantics of Prometheus: an alert fires when its condition has held for
//! `for`, and keeps firing for `keep_firing_for` after the condition no longer holds.

use serde::{Deserialize, Serialize};

use super::rule::{Figures, Finding};

/// A pending or firing alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// The index of its rule in the policy.
    pub rule: usize,
    /// The label that distinguishes alerts of the same rule.
    pub label: Option<(&'static str, String)>,
    /// Since when the condition has held, in seconds since 1970.
    pub since: i64,
    /// When it started firing; `None` while it is pending.
    pub fired: Option<i64>,
    /// When the condition last held.
    pub found: i64,
    /// The figures when the condition last held.
    pub figures: Figures,
    /// The figures at the highest value.
    pub peak: Figures,
}

/// An active alert in the state file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ActiveSnapshot {
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

/// All pending and firing alerts.
#[derive(Default)]
pub(super) struct Actives {
    pub list: Vec<Active>,
    /// Alerts that fired and have resolved, with the time of resolution.
    pub ended: Vec<(Active, i64)>,
}

impl Actives {
    /// Updates the alerts of a rule with its matches at `now`; `hold` is `for` and `keep` is `keep_firing_for`, in
    /// seconds.
    pub(super) fn update(
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

    /// Moves the times of alerts `seconds` into the past, for rules selected by `of`.
    pub(super) fn shift_back(&mut self, seconds: i64, of: impl Fn(usize) -> bool) {
        for active in self.list.iter_mut().filter(|active| of(active.rule)) {
            active.since -= seconds;
            active.found -= seconds;
            active.fired = active.fired.map(|fired| fired - seconds);
        }
    }

    /// The alerts for the state file; `name` gives the name of a rule.
    pub(super) fn snapshot<'a>(&self, name: impl Fn(usize) -> &'a str) -> Vec<ActiveSnapshot> {
        let snapshot = |active: &Active| ActiveSnapshot {
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
        self.list.iter().map(snapshot).collect()
    }
}

impl ActiveSnapshot {
    /// The name of its rule.
    pub(super) fn rule(&self) -> &str {
        &self.rule
    }

    /// Restores the alert for a rule whose label has this name.
    pub(super) fn restored(&self, rule: usize, label: Option<&'static str>) -> Active {
        let figures = Figures {
            value: self.value,
            share: self.share,
            baseline: self.baseline,
            leader: self.leader.clone(),
            // Known again with the next evaluation.
            cause: None,
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

    /// The states of an alert with `for` of one minute and `keep_firing_for` of two, when the condition holds at the
    /// steps marked `x`, 15 seconds apart.
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
            actives.update(0, &mut finding, at as i64 * 15, [60, 120]);
            match actives.list.first() {
                Some(active) if active.fired.is_some() => 'F',
                Some(_) => 'p',
                None => '.',
            }
        };
        found.chars().enumerate().map(step).collect()
    }

    #[test]
    fn fires_only_after_holding_without_interruption() {
        assert_eq!(run("xxxx.xxxxxx"), "pppp.ppppFF");
        assert_eq!(run("xxxxx"), "ppppF");
        assert_eq!(run("x.x.x.x.x"), "p.p.p.p.p");
    }

    #[test]
    fn keeps_firing_through_short_interruptions() {
        assert_eq!(run("xxxxx..x..x......."), "ppppFFFFFFFFFFFFFF");
        assert_eq!(run("xxxxx.........xx"), "ppppFFFFFFFFF.pp");
    }
}
