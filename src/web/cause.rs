//! What most failed replies of the moment say: the measured cause.

use std::collections::BTreeMap;

use super::alerts::{self, Texts};
use super::context::Context;
use crate::insight::{Group, Window};
use crate::parse::{Direction, Enhanced};

/// The reply that most failed replies are.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The reply code, or 101 or 111; 0 if the log names none.
    pub code: u16,
    pub enhanced: Option<Enhanced>,
    /// The name of the condition.
    pub condition: String,
    /// The provider that most of them are of; empty if there is none.
    pub provider: String,
}

impl Cause {
    /// The reply as it is written: `421 4.7.28`.
    pub fn reply(&self) -> String {
        match (self.code, self.enhanced) {
            (0, Some(enhanced)) => enhanced.to_string(),
            (0, None) => self.condition.clone(),
            (code, Some(enhanced)) => format!("{code:03} {enhanced}"),
            (code, None) => format!("{code:03}"),
        }
    }

    /// What is wrong, in a few words; `None` if the replies give no reason.
    pub fn short<'a>(&self, context: &Context<'a>) -> Option<&'a str> {
        if self.condition == "other" {
            return None;
        }
        let mut conditions = context.catalog().conditions().iter();
        let condition = conditions.find(|it| it.name == self.condition)?;
        Some(context.text(&condition.short))
    }
}

/// What more than half of the wanted replies say, in the last five minutes or else in the last hour.
pub fn leading(context: &Context<'_>, wanted: impl Fn(&Group) -> bool) -> Option<Cause> {
    let insight = context.view.insight.as_ref()?;
    for window in [Window::FiveMinutes, Window::Hour] {
        let groups = insight.groups(window, context.as_of());
        let groups: Vec<_> = groups.into_iter().filter(|it| wanted(&it.key)).collect();
        let all: u64 = groups.iter().map(|it| it.count).sum();
        if all == 0 {
            continue;
        }
        let mut causes: BTreeMap<&str, u64> = BTreeMap::new();
        let mut providers: BTreeMap<&str, u64> = BTreeMap::new();
        for group in &groups {
            *causes.entry(&group.key.condition).or_default() += group.count;
            *providers.entry(&group.key.provider).or_default() += group.count;
        }
        let most = |counts: BTreeMap<&str, u64>| {
            let most = counts.into_iter().max_by_key(|(_, count)| *count);
            let (name, _) = most.filter(|(_, count)| count * 2 > all)?;
            Some(name.to_owned())
        };
        let provider = most(providers).filter(|name| !name.is_empty() && name != "other");
        let condition = most(causes)?;
        let replies = groups.iter().filter(|it| *it.key.condition == *condition);
        let most_frequent = replies.max_by_key(|it| it.count)?;
        return Some(Cause {
            code: most_frequent.key.code,
            enhanced: most_frequent.key.enhanced(),
            condition,
            provider: provider.unwrap_or_default(),
        });
    }
    None
}

/// The provider that an alert is about: that of its label, or the one that most of the replies are of that it counts.
pub fn provider_of(context: &Context<'_>, labels: &Texts) -> Option<String> {
    if let Some(provider) = labels.get("provider") {
        return Some(provider.clone());
    }
    let rule = alerts::rule(context, alerts::name(labels))?;
    let counted = |group: &Group| {
        let has_condition = rule.conditions.iter().any(|it| **it == *group.condition);
        group.direction() == Direction::Outbound
            && (rule.codes.contains(&group.code) || has_condition)
    };
    let cause = leading(context, counted)?;
    Some(cause.provider).filter(|provider| !provider.is_empty())
}
