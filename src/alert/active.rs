//! Pending and firing alerts, with the semantics of Prometheus: an alert fires when its condition has held for
//! `for`, and keeps firing for `keep_firing_for` after the condition no longer holds.

use serde::{Deserialize, Serialize};

use super::rule::{Figures, Finding};

/// The label that distinguishes alerts of the same rule: its name and value.
pub type Label = Option<(&'static str, String)>;

/// A pending or firing alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Active {
    /// The index of its rule in the policy.
    pub rule: usize,
    /// The label that distinguishes alerts of the same rule.
    pub label: Label,
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
    /// The alert of the same cause that silences it now.
    pub silenced_by: Option<String>,
    /// The alert that silenced it half a minute after it started firing; `None` before that.
    pub inhibited: Option<Option<String>>,
}

/// An alert that fired and has been resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// The alert as it was at the end.
    pub active: Active,
    /// When it was resolved, in seconds since 1970.
    pub resolved: i64,
}

/// An alert in the state file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ActiveSnapshot {
    rule: String,
    label: Option<String>,
    since: i64,
    fired: Option<i64>,
    found: i64,
    figures: Figures,
    peak: Figures,
    silenced_by: Option<String>,
    inhibited: Option<Option<String>>,
    resolved: Option<i64>,
}

/// All pending and firing alerts.
#[derive(Default)]
pub(super) struct Actives {
    pub list: Vec<Active>,
    /// Alerts that have been resolved since they were last taken.
    pub ended: Vec<Ended>,
}

impl Actives {
    /// Whether an alert of this rule is pending or firing.
    pub(super) fn has(&self, rule: usize) -> bool {
        self.list.iter().any(|active| active.rule == rule)
    }

    /// Whether the alert of this rule with this label is pending or firing.
    pub(super) fn has_labelled(&self, rule: usize, label: &Label) -> bool {
        let mut of_rule = self.list.iter().filter(|active| active.rule == rule);
        of_rule.any(|active| active.label == *label)
    }

    /// Whether any alert of this rule is firing.
    pub(super) fn fires(&self, rule: usize) -> bool {
        let mut of_rule = self.list.iter().filter(|active| active.rule == rule);
        of_rule.any(|active| active.fired.is_some())
    }

    /// Whether the alert of this rule with this label is firing.
    pub(super) fn is_firing(&self, rule: usize, label: &Label) -> bool {
        let mut of_rule = self.list.iter().filter(|active| active.rule == rule);
        of_rule.any(|active| active.fired.is_some() && active.label == *label)
    }

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
                    let resolved = now;
                    self.ended.push(Ended { active, resolved });
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
                silenced_by: None,
                inhibited: None,
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
}

impl ActiveSnapshot {
    /// An alert of the rule with this name; `resolved` if it is no longer active.
    pub(super) fn of(active: &Active, rule: &str, resolved: Option<i64>) -> Self {
        ActiveSnapshot {
            rule: rule.to_owned(),
            label: active.label.as_ref().map(|(_, value)| value.clone()),
            since: active.since,
            fired: active.fired,
            found: active.found,
            figures: active.figures.clone(),
            peak: active.peak.clone(),
            silenced_by: active.silenced_by.clone(),
            inhibited: active.inhibited.clone(),
            resolved,
        }
    }

    /// The name of its rule.
    pub(super) fn rule(&self) -> &str {
        &self.rule
    }

    /// When it was resolved.
    pub(super) fn resolved(&self) -> Option<i64> {
        self.resolved
    }

    /// Restores the alert for a rule whose label has this name.
    pub(super) fn restored(self, rule: usize, label: Option<&'static str>) -> Active {
        Active {
            rule,
            label: label.zip(self.label),
            since: self.since,
            fired: self.fired,
            found: self.found,
            figures: self.figures,
            peak: self.peak,
            silenced_by: self.silenced_by,
            inhibited: self.inhibited,
        }
    }
}

#[cfg(test)]
impl Active {
    /// A pending or firing alert without figures.
    pub fn of_test(rule: usize, label: Option<(&'static str, &str)>, fired: Option<i64>) -> Self {
        Active {
            rule,
            label: label.map(|(name, value)| (name, value.to_owned())),
            since: 0,
            fired,
            found: 60,
            figures: Figures::default(),
            peak: Figures::default(),
            silenced_by: None,
            inhibited: None,
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

    /// An alert of a rule about a source.
    fn alert(rule: usize, source: &str, fired: Option<i64>) -> Active {
        Active {
            since: 1_000,
            found: 3_000,
            ..Active::of_test(rule, Some(("source", source)), fired)
        }
    }

    #[test]
    fn alerts_are_found_by_rule_label_and_whether_they_fire() {
        let actives = Actives {
            list: vec![
                alert(1, "a", None),
                alert(2, "b", None),
                alert(2, "c", Some(2_000)),
            ],
            ended: Vec::new(),
        };
        assert_eq!([0, 1, 2].map(|rule| actives.has(rule)), [false, true, true]);
        let fires = [0, 1, 2].map(|rule| actives.fires(rule));
        assert_eq!(fires, [false, false, true]);
        for rule in 0..3 {
            for source in ["a", "b", "c"] {
                let label = Some(("source", source.to_owned()));
                let known = matches!((rule, source), (1, "a") | (2, "b" | "c"));
                let found = actives.has_labelled(rule, &label);
                assert_eq!(found, known, "{rule} {source}");
                let is_firing = actives.is_firing(rule, &label);
                assert_eq!(is_firing, (rule, source) == (2, "c"), "{rule} {source}");
            }
            assert!(!actives.has_labelled(rule, &None) && !actives.is_firing(rule, &None));
        }
    }

    #[test]
    fn an_alert_has_the_figures_of_now_and_those_at_the_first_of_the_highest_values() {
        let mut actives = Actives::default();
        let mut seen = Vec::new();
        for (at, value) in [3, 7, 5, 7, 9, 8].into_iter().enumerate() {
            let figures = Figures {
                value,
                share: Some(at as f64),
                ..Figures::default()
            };
            let label = None;
            actives.update(0, &mut vec![Finding { label, figures }], at as i64, [2, 60]);
            let [active] = &actives.list[..] else {
                panic!("one alert")
            };
            let figures = [&active.figures, &active.peak].map(|it| (it.value, it.share));
            seen.push((figures[0].0, figures[1].0, figures[1].1, active.fired));
        }
        let expected = [
            (3, 3, Some(0.0), None),
            (7, 7, Some(1.0), None),
            (5, 7, Some(1.0), Some(2)),
            (7, 7, Some(1.0), Some(2)),
            (9, 9, Some(4.0), Some(2)),
            (8, 9, Some(4.0), Some(2)),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn times_of_the_selected_rules_are_moved_into_the_past() {
        let mut actives = Actives {
            list: vec![
                alert(1, "a", Some(2_000)),
                alert(2, "b", Some(2_000)),
                alert(1, "c", None),
            ],
            ended: Vec::new(),
        };
        actives.shift_back(500, |rule| rule == 1);
        let times = actives.list.iter().map(|it| (it.since, it.fired, it.found));
        let expected = [
            (500, Some(1_500), 2_500),
            (1_000, Some(2_000), 3_000),
            (500, None, 2_500),
        ];
        assert_eq!(times.collect::<Vec<_>>(), expected);
    }
}
