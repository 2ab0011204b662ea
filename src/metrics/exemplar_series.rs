//! The exemplars of a scrape: of each family that has some, one for each of its series, in the order of `families`.

use crate::metrics::exemplars::{Exemplar, Exemplars};
use crate::metrics::scrape::Scrape;

impl Scrape {
    /// The exemplar of each series of a family, in their order; empty if the family has none.
    pub(super) fn exemplars(&self, family: &str) -> Vec<Option<&Exemplar>> {
        match &self.view.counters.exemplars {
            Some(exemplars) if self.shows_exemplars => self.of_family(exemplars, family),
            _ => Vec::new(),
        }
    }

    fn of_family<'a>(
        &'a self,
        exemplars: &'a Exemplars,
        family: &str,
    ) -> Vec<Option<&'a Exemplar>> {
        let counters = &self.view.counters;
        match family {
            "maillog_codes_total" => self
                .code_counts()
                .map(|(direction, code, _)| {
                    let series = counters.rate_series[direction.index()][usize::from(code)]?;
                    exemplars.codes.of(usize::from(series))
                })
                .collect(),
            "maillog_provider_codes_total" => counters
                .providers
                .sorted()
                .into_iter()
                .map(|(key, _)| {
                    exemplars
                        .provider_codes
                        .of(counters.providers.index_of(key)?)
                })
                .collect(),
            "maillog_provider_conditions_total" => self
                .provider_conditions()
                .into_iter()
                .map(|(key, _)| {
                    let series = counters.provider_conditions.index_of(key)?;
                    exemplars.provider_conditions.of(series)
                })
                .collect(),
            "maillog_provider_deliveries_total" => {
                let deliveries = &counters.provider_deliveries;
                self.known_provider_deliveries()
                    .map(|(_, (provider, status, cause, _))| {
                        let series = deliveries.failure_index(provider, status, cause)?;
                        exemplars.provider_failures.of(series)
                    })
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
