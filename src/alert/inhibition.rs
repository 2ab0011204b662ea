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
