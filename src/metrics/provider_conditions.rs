//! The counts by provider and condition as they are kept over restarts.

use serde::{Deserialize, Serialize};

use crate::metrics::counters::{Counters, OTHER_CODE};

/// What is counted by provider and condition, by their names, which outlive their numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ProviderConditions {
    /// Provider, condition (`None` for what was overflowed), count.
    counts: Vec<(String, Option<String>, u64)>,
    overflowed: u64,
}

impl ProviderConditions {
    /// The counts, with the names of the providers they were counted with.
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

    /// Goes on from here. What has lost its name is left behind.
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
