//! Which alert silences which: one cause is one page. Alertmanager does the same with the shipped inhibition rules.

use super::active::Active;
use super::rule::Rule;
use crate::catalog::Inhibition;

/// The inhibitions of a policy, with the numbers of rules in place of names.
pub(super) struct Inhibitions(Vec<Numbered>);

struct Numbered {
    sources: Vec<usize>,
    targets: Vec<usize>,
    same_provider: bool,
    provider: Option<String>,
}

impl Inhibitions {
    pub(super) fn new(inhibitions: &[Inhibition], rules: &[Rule]) -> Self {
        let numbers = |names: &[String]| {
            let rules = rules.iter().enumerate();
            let named = rules.filter(|(_, rule)| names.contains(&rule.alert.name));
            named.map(|(number, _)| number).collect()
        };
        // Alerts of other instances are not known here.
        let of_this = inhibitions.iter().filter(|it| !it.all_instances);
        let numbered = of_this.map(|it| Numbered {
            sources: numbers(&it.sources),
            targets: numbers(&it.targets),
            same_provider: it.same_provider,
            provider: it.provider.clone(),
        });
        Inhibitions(numbered.collect())
    }

    /// The firing alert among `all` that silences `target`.
    pub(super) fn silencer<'a>(&self, target: &Active, all: &'a [Active]) -> Option<&'a Active> {
        let rules = self.0.iter().filter(|it| it.targets.contains(&target.rule));
        let provider = |active: &Active| active.label.as_ref().map(|(_, value)| value.clone());
        let rules = rules.filter(|it| it.provider.is_none() || it.provider == provider(target));
        rules
            .flat_map(|rule| {
                all.iter().filter(move |source| {
                    source.fired.is_some()
                        && rule.sources.contains(&source.rule)
                        && (!rule.same_provider || provider(source) == provider(target))
                })
            })
            .next()
    }

    /// Whether any alert can silence those of this rule.
    pub(super) fn is_target(&self, rule: usize) -> bool {
        self.0.iter().any(|it| it.targets.contains(&rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(rule: usize, provider: Option<&str>, is_firing: bool) -> Active {
        let label = provider.map(|name| ("provider", name));
        Active::of_test(rule, label, is_firing.then_some(60))
    }

    /// Alerts of rule 1 silence those of rule 2.
    fn inhibitions(same_provider: bool, provider: Option<&str>) -> Inhibitions {
        Inhibitions(vec![Numbered {
            sources: vec![1],
            targets: vec![2],
            same_provider,
            provider: provider.map(str::to_owned),
        }])
    }

    #[test]
    fn only_a_firing_source_silences_a_target() {
        let inhibitions = inhibitions(false, None);
        let target = alert(2, None, true);
        let is_silenced = |source: Active| {
            let all = [target.clone(), source];
            inhibitions.silencer(&target, &all) == Some(&all[1])
        };
        assert!(is_silenced(alert(1, None, true)));
        assert!(is_silenced(alert(1, Some("google"), true)));
        assert!(!is_silenced(alert(1, None, false)));
        assert!(!is_silenced(alert(2, None, true)));
        assert!(!is_silenced(alert(3, None, true)));
        let all = [alert(1, None, true), alert(3, None, true)];
        assert_eq!(inhibitions.silencer(&all[1], &all), None, "no target");
        let targets = [1, 2, 3].map(|rule| inhibitions.is_target(rule));
        assert_eq!(targets, [false, true, false]);
    }

    #[test]
    fn providers_of_source_and_target_are_compared() {
        let is_silenced = |inhibitions: &Inhibitions, source, target| {
            let all = [alert(1, source, true), alert(2, target, true)];
            inhibitions.silencer(&all[1], &all).is_some()
        };
        let of_same = inhibitions(true, None);
        assert!(is_silenced(&of_same, Some("google"), Some("google")));
        assert!(!is_silenced(&of_same, Some("google"), Some("yahoo")));
        assert!(!is_silenced(&of_same, None, Some("yahoo")));
        let of_google = inhibitions(false, Some("google"));
        assert!(is_silenced(&of_google, None, Some("google")));
        assert!(!is_silenced(&of_google, None, Some("yahoo")));
        assert!(!is_silenced(&of_google, None, None));
    }
}
