//! What is measured about a code or condition now: its rates, the provider that causes most of it, and the threshold.

use crate::catalog::{ConditionId, Topic};
use crate::metrics::{PastRates, RuleState, Series};
use crate::parse::Direction;
use crate::web::alerts::{self, Relevant};
use crate::web::cause::{self, Cause};
use crate::web::context::Context;
use crate::web::past::{self, SLOTS, is};

use super::evidence::Filter;
use super::facts::Facts;

/// The group of the topic's own replies in [`Measured::hours`].
pub const OWN: usize = 0;
/// The group of all replies of the direction.
pub const ALL: usize = 1;

/// What is measured.
pub struct Measured<'a> {
    /// The direction that most of the replies have.
    pub direction: Direction,
    /// Whether there are rates: the history has no enhanced codes.
    pub has_rates: bool,
    /// The rates of six hours, by [`OWN`] and [`ALL`].
    pub hours: PastRates,
    /// The rate now, an hour ago, yesterday and a week ago.
    pub compare: [Option<f64>; 4],
    pub usual: Option<f64>,
    pub relevant: Relevant<'a>,
    /// The rule that is nearest to its threshold among those about the topic.
    pub rule: Option<&'a RuleState>,
    /// What most of the replies say.
    pub cause: Option<Cause>,
}

/// The group of a series.
pub fn group(
    context: &Context<'_>,
    topic: Topic,
    direction: Direction,
    series: &Series,
) -> Option<usize> {
    match (topic, series) {
        (Topic::Code(wanted), Series::Code(number, code)) if is(*number, direction) => {
            Some(if wanted == *code { OWN } else { ALL })
        }
        (Topic::Condition(id), Series::Condition(number, name)) if is(*number, direction) => {
            (context.catalog().condition_name(id) == name).then_some(OWN)
        }
        (Topic::Condition(_), Series::Code(number, _)) if is(*number, direction) => Some(ALL),
        _ => None,
    }
}

impl<'a> Measured<'a> {
    /// What is measured about the topic of the facts.
    pub fn of(context: &Context<'a>, facts: &Facts<'_>) -> Self {
        let direction = direction(context, facts.topic);
        let group = |series: &Series| group(context, facts.topic, direction, series);
        let hours = past::six_hours(context, 2, group);
        let has_rates = !matches!(facts.topic, Topic::Enhanced(_));
        let filter = Filter::of(facts.catalog, facts.topic);
        let relevant = Relevant::of(context.view, |labels, annotations| {
            alerts::is_about(context, facts.topic, labels, annotations)
        });
        Measured {
            direction,
            has_rates,
            compare: past::compare(context, &hours, &[OWN], group),
            usual: past::usual(context, 2, group)[OWN].filter(|_| has_rates),
            rule: rule(context, facts.topic, &relevant),
            cause: cause::leading(context, |group| {
                filter.covers(group.code, group.enhanced(), &group.condition)
            }),
            relevant,
            hours,
        }
    }

    /// The rate now; `None` if it is not known.
    pub fn now(&self) -> Option<f64> {
        self.hours.last(OWN).filter(|_| self.has_rates)
    }

    /// The rate of all replies of the direction; of a code, `ALL` are the others.
    pub fn all(&self, facts: &Facts<'_>, slot: usize) -> Option<f64> {
        let all = self.hours.at(slot, ALL)?;
        match facts.topic {
            Topic::Condition(_) => Some(all),
            _ => Some(all + self.hours.at(slot, OWN)?),
        }
    }

    /// The highest rate while the alert fired that has resolved, if that was within the six hours.
    pub fn peak(&self, context: &Context<'_>) -> Option<f64> {
        let ended = self.relevant.resolved(context.now)?;
        let start = context.as_of() - SLOTS as i64 * past::SLOT * 60;
        if ended.fired < start {
            return None;
        }
        let slot =
            |time: i64| ((time - start) / (past::SLOT * 60)).clamp(0, SLOTS as i64 - 1) as usize;
        let slots = slot(ended.fired)..=slot(ended.resolved);
        let rates = slots.filter_map(|slot| self.hours.at(slot, OWN));
        rates.max_by(f64::total_cmp).filter(|_| self.has_rates)
    }

    /// The value from which the alert fires, per minute, by slot.
    pub fn thresholds(&self, context: &Context<'_>, facts: &Facts<'_>) -> Option<Vec<Option<f64>>> {
        let state = self.rule.filter(|_| self.has_rates)?;
        if state.is_share {
            let slots = (0..SLOTS).map(|slot| Some(self.all(facts, slot)? * state.threshold));
            return Some(slots.collect());
        }
        let rule = alerts::rule(context, &state.alert)?;
        let rate = state.threshold / alerts::window_minutes(rule);
        Some(vec![Some(rate); SLOTS])
    }
}

/// The direction with most of the topic's counts.
fn direction(context: &Context<'_>, topic: Topic) -> Direction {
    let count = |direction: Direction| match topic {
        Topic::Code(code) => context.view.counters.code(direction, code),
        Topic::Condition(ConditionId(id)) => {
            context.view.counters.condition(direction, ConditionId(id))
        }
        Topic::Enhanced(_) => 0,
    };
    let mut most = Direction::Outbound;
    for direction in Direction::ALL {
        if count(direction) > count(most) {
            most = direction;
        }
    }
    most
}

/// The state of the rule that fires, or else of the one that is nearest to its threshold. Only rules about this topic
/// alone have a threshold that its chart can show.
fn rule<'a>(context: &Context<'a>, topic: Topic, relevant: &Relevant<'a>) -> Option<&'a RuleState> {
    let wanted = context.catalog().topic_name(topic);
    let active = relevant.firing.iter().chain(&relevant.pending);
    let rules = context.settings.policy.alerts.iter();
    let rules = rules.filter(|rule| rule.page.as_deref() == Some(&wanted));
    let names = active
        .map(|it| alerts::name(&it.labels))
        .chain(rules.map(|rule| &*rule.name));
    let states = names.flat_map(|name| alerts::rule_states(context.view, name));
    states.into_iter().find(|state| state.label.is_none())
}
