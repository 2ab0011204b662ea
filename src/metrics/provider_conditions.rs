//! The counts by provider and condition, as stored in the state file.

use serde::{Deserialize, Serialize};

use crate::metrics::counters::{Counters, OTHER_CODE};

/// The counts by provider and condition. Both are stored by name, because their indexes may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProviderConditions {
    /// Provider, condition (`None` beyond the limit), count.
    counts: Vec<(String, Option<String>, u64)>,
    overflowed: u64,
}

impl ProviderConditions {
    /// The counts; `providers` are the names of the providers by index.
    pub(crate) fn of(counters: &Counters, providers: &[String]) -> Self {
        let conditions = counters.catalog.conditions();
        let counts = counters.provider_conditions.entries();
        ProviderConditions {
            counts: counts
                .filter_map(|(key, count)| {
                    let provider = providers.get((key >> 16) as usize)?;
                    let condition = conditions.get((key & 0xffff) as usize);
                    let condition = condition.map(|condition| condition.name.clone());
                    Some((provider.clone(), condition, count))
                })
                .collect(),
            overflowed: counters.provider_conditions.overflowed(),
        }
    }

    /// Restores the counts. Those whose provider or condition no longer exists are dropped.
    pub(crate) fn restore(&self, counters: &mut Counters, providers: &[String]) {
        let catalog = counters.catalog;
        let counts = self
            .counts
            .iter()
            .filter_map(|(provider, condition, count)| {
                let provider = providers.iter().position(|known| known == provider)? as u64;
                let condition = match condition {
                    Some(name) => u64::from(catalog.condition_named(name)?.0),
                    None => u64::from(OTHER_CODE),
                };
                Some((provider << 16 | condition, *count))
            });
        counters
            .provider_conditions
            .restore(counts, self.overflowed);
    }
}
