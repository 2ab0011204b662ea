//! Signals: the totals that rules about mail evaluate, read from the counters. Rules that use the same signal share
//! its history.

use crate::catalog::{Alert, Catalog, Compared, ConditionId, Side, Watch};
use crate::metrics::Counters;
use crate::parse::{Direction, Outcome};

use super::history::Retention;

/// A monotonic total.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// Replies of one direction with one of these codes.
    Codes(Direction, Vec<u16>),
    /// Replies of one direction with one of these conditions.
    Conditions(Direction, Vec<ConditionId>),
    /// Replies of one direction whose code starts with this digit.
    Class(Direction, u8),
    /// All replies of one direction.
    Replies(Direction),
    /// Delivery records with this status, or all.
    Deliveries(Option<Outcome>),
    /// Failed logins of clients.
    AuthFailures,
}

impl Signal {
    /// The current total.
    pub(super) fn total(&self, counters: &Counters) -> u64 {
        match self {
            Signal::Codes(direction, codes) => {
                let codes = codes.iter();
                codes.map(|code| counters.code(*direction, *code)).sum()
            }
            Signal::Conditions(direction, conditions) => {
                let conditions = conditions.iter();
                conditions
                    .map(|condition| counters.condition(*direction, *condition))
                    .sum()
            }
            Signal::Class(direction, class) => {
                let first = u16::from(*class) * 100;
                counters.codes_between(*direction, first, first + 99)
            }
            Signal::Replies(direction) => counters.codes_between(*direction, 0, u16::MAX),
            Signal::Deliveries(Some(status)) => counters.deliveries(*status),
            Signal::Deliveries(None) => {
                let statuses = Outcome::DELIVERIES.iter();
                statuses.map(|status| counters.deliveries(*status)).sum()
            }
            Signal::AuthFailures => counters.auth_failures(),
        }
    }

    /// The key in the state file. It must not change between versions.
    pub(super) fn key(&self, catalog: &Catalog) -> String {
        match self {
            Signal::Codes(direction, codes) => format!("{} codes {codes:?}", direction.name()),
            Signal::Conditions(direction, conditions) => {
                let names = conditions.iter().map(|id| catalog.condition_name(*id));
                let names = Vec::from_iter(names).join(" ");
                format!("{} conditions {names}", direction.name())
            }
            Signal::Class(direction, class) => format!("{} class {class}", direction.name()),
            Signal::Replies(direction) => format!("{} replies", direction.name()),
            Signal::Deliveries(Some(status)) => format!("deliveries {}", status.name()),
            Signal::Deliveries(None) => "deliveries".to_owned(),
            Signal::AuthFailures => "auth failures".to_owned(),
        }
    }
}

/// The signals of a rule, of which the largest growth counts.
pub(super) fn watched(alert: &Alert, catalog: &Catalog) -> Vec<Signal> {
    let direction = direction(alert);
    match alert.watch {
        Watch::Replies => {
            let mut signals = Vec::new();
            if let Some(class) = alert.class {
                signals.push(Signal::Class(direction, class));
            }
            if !alert.codes.is_empty() {
                signals.push(Signal::Codes(direction, alert.codes.clone()));
            }
            if !alert.conditions.is_empty() {
                signals.push(Signal::Conditions(direction, conditions(alert, catalog)));
            }
            signals
        }
        Watch::Deliveries => {
            let status = Outcome::DELIVERIES
                .into_iter()
                .find(|status| Some(status.name()) == alert.status.as_deref());
            vec![Signal::Deliveries(status)]
        }
        Watch::AuthFailures => vec![Signal::AuthFailures],
        _ => Vec::new(),
    }
}

/// The signal that a rule's share refers to.
pub(super) fn whole(alert: &Alert) -> Option<Signal> {
    match alert.watch {
        Watch::Replies => Some(Signal::Replies(direction(alert))),
        Watch::Deliveries => Some(Signal::Deliveries(None)),
        _ => None,
    }
}

/// The ids of the conditions of a rule.
pub(super) fn conditions(alert: &Alert, catalog: &Catalog) -> Vec<ConditionId> {
    let names = alert.conditions.iter();
    names
        .filter_map(|name| catalog.condition_named(name))
        .collect()
}

fn direction(alert: &Alert) -> Direction {
    match alert.direction {
        Some(Side::Inbound) => Direction::Inbound,
        Some(Side::Local) => Direction::Local,
        Some(Side::Outbound) | None => Direction::Outbound,
    }
}

/// Seconds in an hour.
pub(super) const HOUR: i64 = 3_600;
/// Seconds in a week.
pub(super) const WEEK: i64 = 604_800;
/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;

/// How far back a rule needs history, in seconds.
pub(super) fn reach(alert: &Alert) -> i64 {
    let window = alert.window.unwrap_or_default().seconds();
    match (alert.compared_with, alert.watch) {
        (Some(Compared::HourBefore), _) => window + HOUR,
        (Some(Compared::WeekBefore), _) => window + WEEK,
        (None, Watch::SourceSilent) => window + DAY,
        (None, _) => window,
    }
}

/// The retentions for a history of `reach` seconds: up to 75 minutes in intervals of `step`, the rest in intervals
/// of five minutes.
pub(super) fn retentions(step: i64, reach: i64) -> Vec<Retention> {
    const FINE: i64 = HOUR + 900;
    let mut retentions = vec![Retention::of(step, reach.min(FINE))];
    if reach > FINE {
        retentions.push(Retention::of(300, reach));
    }
    retentions
}
