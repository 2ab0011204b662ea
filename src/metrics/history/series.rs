//! What a history is kept of, and its totals in the counters.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, ConditionId, ProviderId};
use crate::metrics::counters::{Counters, OTHER_CODE};
use crate::parse::{Direction, Outcome};

/// One counted thing. It is stored in the state file: variants keep their order, and names stand for ids that may
/// change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Series {
    /// Replies with a code, or failed connections (101 and 111), by [`Direction::index`].
    Code(u8, u16),
    /// Replies with a condition, by [`Direction::index`] and the name of the condition.
    Condition(u8, String),
    /// Replies of a provider whose code has this first digit. For 2 also the deliveries that it accepted, since not every
    /// server logs the reply to them.
    Provider(String, u8),
    /// Deliveries with this status.
    Delivery(String),
}

/// A [`Series`] by ids of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Code(u8, u16),
    Condition(u8, u8),
    Provider(u8, u8),
    Delivery(u8),
}

impl Key {
    /// The same by names; `None` for an unknown id.
    pub fn series(self, catalog: &Catalog, providers: &[String]) -> Option<Series> {
        Some(match self {
            Key::Code(direction, code) => Series::Code(direction, code),
            Key::Condition(direction, id) => {
                let condition = catalog.conditions().get(usize::from(id))?;
                Series::Condition(direction, condition.name.clone())
            }
            Key::Provider(id, class) => {
                Series::Provider(providers.get(usize::from(id))?.clone(), class)
            }
            Key::Delivery(status) => {
                let status = Outcome::DELIVERIES.get(usize::from(status))?;
                Series::Delivery(status.name().to_owned())
            }
        })
    }

    /// The same by ids; `None` for a name that no longer exists.
    pub fn of(series: &Series, catalog: &Catalog, providers: &[String]) -> Option<Key> {
        Some(match series {
            Series::Code(direction, code) => Key::Code(*direction, *code),
            Series::Condition(direction, name) => {
                Key::Condition(*direction, catalog.condition_named(name)?.0)
            }
            Series::Provider(name, class) => {
                let at = providers.iter().position(|it| it == name)?;
                Key::Provider(u8::try_from(at).ok()?, *class)
            }
            Series::Delivery(name) => {
                let mut statuses = Outcome::DELIVERIES.into_iter();
                Key::Delivery(statuses.position(|it| it.name() == name)? as u8)
            }
        })
    }
}

/// The first digit of a reply that accepts a message.
const ACCEPTED: usize = 2;

/// Calls `visit` with each total that is not zero. The most important ones come first, in case the number of series
/// is exhausted.
pub(super) fn totals(counters: &Counters, mut visit: impl FnMut(Key, u64)) {
    let mut visit = |key, total| {
        if total > 0 {
            visit(key, total);
        }
    };
    for (at, status) in (0u8..).zip(Outcome::DELIVERIES) {
        visit(Key::Delivery(at), counters.deliveries(status));
    }
    let directions = || (0u8..).zip(Direction::ALL);
    for (at, direction) in directions() {
        for code in 0..=OTHER_CODE {
            visit(Key::Code(at, code), counters.code(direction, code));
        }
    }
    for (at, direction) in directions() {
        for id in 0..counters.catalog.conditions().len() as u8 {
            let total = counters.condition(direction, ConditionId(id));
            visit(Key::Condition(at, id), total);
        }
    }
    let mut classes = vec![[0u64; 6]; 256];
    for (provider, code, count) in counters.provider_code_counts() {
        if let Some(sum) = classes[usize::from(provider.0)].get_mut(usize::from(code / 100)) {
            *sum += count;
        }
    }
    for (provider, mut sums) in (0u8..=u8::MAX).zip(classes) {
        let sent = counters.provider_deliveries.sent(ProviderId(provider));
        sums[ACCEPTED] = sums[ACCEPTED].max(sent);
        for (class, total) in (0u8..).zip(sums) {
            visit(Key::Provider(provider, class), total);
        }
    }
}
