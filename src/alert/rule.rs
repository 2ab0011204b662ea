//! One rule about mail, evaluated over the evidence.

use super::active::{Actives, Label};
use super::evidence::{Evidence, Key};
use super::leading::Leading;
use super::series::Judgement;
use crate::catalog::{Alert, Catalog, Cause, ConditionId, Counted, Policy, Signal, Span, Watch};

/// A match of a rule: its condition holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Finding {
    /// The label that distinguishes matches of the same rule.
    pub label: Label,
    pub figures: Figures,
}

/// The figures in the texts of an alert.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Figures {
    /// The count within the window, or the value of a gauge.
    pub value: u64,
    /// Share of all replies or deliveries now, from 0 to 1.
    pub share: Option<f64>,
    /// The usual share or number.
    pub usual: Option<f64>,
    /// The provider with the largest part; of rules about senders, the domain.
    pub leader: Option<String>,
    /// The most frequent enhanced status code of the rule's reply code; of rules about deliveries, the most frequent
    /// reply code.
    pub enhanced: Option<String>,
    /// The most frequent condition.
    pub cause: Option<String>,
    /// Whether most of these replies have the condition of the rule, but not its code.
    pub is_condition: bool,
}

/// What another alert explains.
struct Explained {
    /// The rule of the other alert, and whether it has one alert for each provider.
    by: usize,
    by_provider: bool,
    part: usize,
    of: usize,
    share: f64,
}

/// A rule about mail, with numbers in place of names.
pub(super) struct Rule {
    pub alert: Alert,
    /// Its signal; `None` for rules about the exporter.
    pub signal: Option<usize>,
    /// The other signal, whether it is about providers, and its share.
    also: Option<(usize, bool, f64)>,
    not_while: Vec<usize>,
    not_while_firing: Vec<usize>,
    explained: Vec<Explained>,
    /// Whether its signal is about one sender domain.
    pub about_sender: bool,
    conditions: Vec<ConditionId>,
    /// Conditions that are never the cause.
    never_cause: Vec<ConditionId>,
    /// The first digits of the reply codes that can be the cause.
    digits: &'static [u16],
}

/// The indexes of the last five and ten minutes, quarter hour and hour in [`Judgement::events`].
const FIVE_MINUTES: usize = 0;
const TEN_MINUTES: usize = 1;
const QUARTER: usize = 2;
const HOUR: usize = 3;

impl Explained {
    /// Whether the other alert says what an alert would say about `provider`, or about all of them: in the last hour, or
    /// in the last minutes, since in the first ones the hour has what is usual instead.
    fn holds(&self, provider: Option<u8>, evidence: &Evidence, actives: &Actives) -> bool {
        [FIVE_MINUTES, HOUR]
            .into_iter()
            .any(|window| self.holds_within(window, provider, evidence, actives))
    }

    fn holds_within(
        &self,
        window: usize,
        provider: Option<u8>,
        evidence: &Evidence,
        actives: &Actives,
    ) -> bool {
        let events = |signal, provider| {
            let found = evidence.of(Key { signal, provider });
            found.map_or(0, |it| it.events[window])
        };
        let label = |provider: Option<u8>| {
            let name = provider.map(|it| evidence.name(it).to_owned());
            name.map(|name| ("provider", name))
        };
        let parts = || evidence.all_of(self.part);
        let (part, of) = match (provider, self.by_provider) {
            // Both about one provider, or this one about a provider and the other one about all.
            (Some(_), _) => {
                let other = label(provider.filter(|_| self.by_provider));
                if !actives.has_labelled(self.by, &other) {
                    return false;
                }
                (events(self.part, provider), events(self.of, provider))
            }
            // All providers for which the other alert fires, together.
            (None, true) => {
                let firing =
                    parts().filter(|(key, _)| actives.is_firing(self.by, &label(key.provider)));
                let part = firing.map(|(_, it)| it.events[window]).sum();
                (part, events(self.of, None))
            }
            // Both about all providers: what they can have in common.
            (None, false) => {
                if !actives.has(self.by) {
                    return false;
                }
                let common = parts()
                    .map(|(key, part)| part.events[window].min(events(self.of, key.provider)));
                let all = evidence.all_of(self.of).map(|(_, it)| it.events[window]);
                (common.sum(), all.sum())
            }
        };
        part as f64 > self.share * of as f64
    }
}

impl Rule {
    /// The rule of a policy with this number.
    pub(super) fn new(
        number: usize,
        policy: &Policy,
        evidence: &Evidence,
        catalog: &Catalog,
    ) -> Self {
        let alert = &policy.alerts[number];
        let rule = |name: &String| policy.alerts.iter().position(|it| it.name == *name);
        let causes = policy.signal_of(alert).map(|it| &it.deferred_except);
        let except = |cause: Cause| {
            causes.is_some_and(|causes| causes.iter().any(|name| name == cause.as_str()))
        };
        let numbered = catalog.conditions().iter().enumerate();
        let never_cause = numbered.filter(|(_, condition)| except(condition.cause));
        Rule {
            signal: alert.signal.as_ref().and_then(|name| evidence.number(name)),
            about_sender: policy
                .signal_of(alert)
                .is_some_and(|it| it.counts == Counted::SenderMessages),
            also: alert.also.as_ref().and_then(|also| {
                let signal = policy.signal_named(&also.signal)?;
                Some((
                    evidence.number(&signal.name)?,
                    signal.by_provider,
                    also.share,
                ))
            }),
            not_while: alert.not_while.iter().filter_map(rule).collect(),
            not_while_firing: alert.not_while_firing.iter().filter_map(rule).collect(),
            explained: alert
                .explained
                .iter()
                .filter_map(|it| {
                    let by = rule(&it.by)?;
                    Some(Explained {
                        by,
                        by_provider: policy.alerts[by].by_provider,
                        part: evidence.number(&it.part)?,
                        of: evidence.number(it.of.as_ref().or(alert.signal.as_ref())?)?,
                        share: it.share,
                    })
                })
                .collect(),
            conditions: alert
                .conditions
                .iter()
                .filter_map(|name| catalog.condition_named(name))
                .collect(),
            never_cause: never_cause.map(|(id, _)| ConditionId(id as u8)).collect(),
            digits: policy.signal_of(alert).map_or(&[], Signal::digits),
            alert: alert.clone(),
        }
    }

    /// The signals that its alert about a provider, or about all of them, is about.
    pub(super) fn keys(&self, provider: Option<u8>) -> impl Iterator<Item = Key> {
        let own = self.signal.map(|signal| Key { signal, provider });
        let also = self.also.map(|(signal, by_provider, _)| Key {
            signal,
            provider: provider.filter(|_| by_provider),
        });
        own.into_iter().chain(also)
    }

    /// `for` and `keep_firing_for` in seconds.
    pub(super) fn times(&self) -> [i64; 2] {
        [self.alert.r#for, self.alert.keep_firing_for].map(Span::seconds)
    }

    /// The name of the label that distinguishes its alerts, if it can have several.
    pub(super) fn label(&self) -> Option<&'static str> {
        match self.alert.watch {
            Watch::Share if self.alert.by_provider => Some("provider"),
            Watch::SourceDown
            | Watch::SourceSilent
            | Watch::SourceLagging
            | Watch::Unmatched
            | Watch::CatchingUp
            | Watch::ClockOff
            | Watch::LinesDropped
            | Watch::PositionsLost => Some("source"),
            Watch::SeriesFolded => Some("metric"),
            Watch::QueueAge | Watch::QueueSize => Some("queue"),
            _ => None,
        }
    }

    /// The value now, the value from which the rule matches, and whether both are shares.
    pub(super) fn state(&self, judgement: &Judgement) -> Option<(f64, f64, bool)> {
        match self.alert.watch {
            Watch::Share => {
                let threshold = self
                    .alert
                    .threshold_share(judgement.usual.unwrap_or_default());
                Some((judgement.share, threshold, true))
            }
            Watch::Surge => {
                let threshold = self.alert.threshold_number(judgement.usual?);
                Some((judgement.events[TEN_MINUTES] as f64, threshold, false))
            }
            Watch::Count => {
                let count = self.alert.count.unwrap_or_default();
                Some((judgement.events[QUARTER] as f64, count as f64, false))
            }
            _ => None,
        }
    }

    /// Evaluates the rule with number `number`.
    pub(super) fn evaluate(
        &self,
        number: usize,
        evidence: &Evidence,
        leading: &Leading,
        actives: &Actives,
        catalog: &Catalog,
        found: &mut Vec<Finding>,
    ) {
        let Some(signal) = self.signal else { return };
        for (key, judgement) in evidence.all_of(signal) {
            let provider = key.provider.map(|it| evidence.name(it).to_owned());
            let label = provider.map(|name| ("provider", name));
            let fires = || actives.is_firing(number, &label);
            let usual = judgement.usual.unwrap_or_default();
            let Some((value, threshold, is_share)) = self.state(judgement) else {
                continue;
            };
            let (lasts, starts) = match self.alert.watch {
                Watch::Share => (
                    judgement.share > (usual + threshold) / 2.0,
                    judgement.share_lower > threshold,
                ),
                Watch::Surge => (value > threshold / 2.0, value > threshold),
                _ => (value > threshold, value > threshold),
            };
            let may_start = || self.may_start(key, judgement, evidence, actives);
            if !lasts || !(fires() || starts && may_start()) {
                continue;
            }
            let figures = Figures {
                value: judgement.events[match self.alert.watch {
                    Watch::Share => HOUR,
                    Watch::Surge => TEN_MINUTES,
                    _ => QUARTER,
                }],
                share: is_share.then_some(judgement.share),
                usual: judgement.usual,
                ..self.words(key, evidence, leading, catalog)
            };
            found.push(Finding { label, figures });
        }
    }

    /// Whether no other alert says the same, and the other signal is above its share.
    fn may_start(
        &self,
        key: Key,
        judgement: &Judgement,
        evidence: &Evidence,
        actives: &Actives,
    ) -> bool {
        if let Some((signal, by_provider, share)) = self.also {
            let provider = key.provider.filter(|_| by_provider);
            let other = evidence.of(Key { signal, provider });
            if other.is_none_or(|it| it.share_lower <= share) {
                return false;
            }
        }
        let others = self.alert.others_below;
        if others.is_some_and(|share| judgement.others_lower > share) {
            return false;
        }
        let waits = self.not_while.iter().any(|rule| actives.has(*rule))
            || self.not_while_firing.iter().any(|it| actives.fires(*it));
        let mut explained = self.explained.iter();
        !waits && !explained.any(|it| it.holds(key.provider, evidence, actives))
    }

    /// What the texts name.
    fn words(
        &self,
        key: Key,
        evidence: &Evidence,
        leading: &Leading,
        catalog: &Catalog,
    ) -> Figures {
        let alert = &self.alert;
        let mut figures = Figures::default();
        if self.about_sender {
            figures.leader = evidence.senders.domain().map(str::to_owned);
            return figures;
        }
        if alert.codes.is_empty() && alert.conditions.is_empty() || key.provider.is_some() {
            let cause = leading.condition(key.provider, &self.never_cause);
            figures.cause = cause.map(|id| catalog.condition_name(id).to_owned());
            let code = leading.code(key.provider, self.digits);
            figures.enhanced = code.map(|it| it.to_string());
        }
        if key.provider.is_none() {
            let leader = leading.provider(&alert.codes, &self.conditions);
            figures.leader = leader.map(|id| evidence.name(id.0).to_owned());
        }
        if let ([code], []) = (&*alert.codes, &*alert.conditions) {
            let enhanced = leading.enhanced(*code);
            figures.enhanced = enhanced.map(|it| it.to_string());
        }
        let [with_code, with_condition] = leading.counts(&alert.codes, &self.conditions);
        figures.is_condition = with_condition > 2 * with_code;
        figures
    }
}

#[cfg(test)]
#[path = "rule_tests.rs"]
mod tests;
