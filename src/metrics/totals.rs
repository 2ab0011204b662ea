//! The totals for `report`: nested maps of the counts that are not zero.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::Providers;
use crate::metrics::counters::{Counters, code_label};
use crate::metrics::reading::EnhancedStatus;
use crate::parse::{ConnectError, Direction, Outcome};

/// Counts by name.
pub type Counts = BTreeMap<String, u64>;

/// The totals of a log.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Reply codes by direction.
    pub codes: BTreeMap<&'static str, Counts>,
    /// Reply codes with the enhanced code of their text, `421 4.7.0` or `421`, by direction.
    pub enhanced: BTreeMap<&'static str, Counts>,
    /// Delivery records by status.
    pub deliveries: Counts,
    /// Connection errors.
    pub connect_errors: Counts,
    /// Conditions by direction.
    pub conditions: BTreeMap<&'static str, Counts>,
    /// Reply codes of remote servers by provider.
    pub providers: BTreeMap<String, Counts>,
}

impl Counters {
    /// The totals of all counts.
    pub fn totals(&self, providers: &Providers) -> Totals {
        let mut totals = Totals::default();
        for direction in Direction::ALL {
            let codes = (0..).zip(self.codes[direction.index()].iter());
            totals.codes.insert(
                direction.name(),
                codes
                    .filter(|(_, count)| **count > 0)
                    .map(|(code, &count)| (code_label(code), count))
                    .collect(),
            );
            let conditions = self
                .catalog
                .conditions()
                .iter()
                .zip(&self.conditions[direction.index()]);
            totals.conditions.insert(
                direction.name(),
                conditions
                    .filter(|(_, count)| **count > 0)
                    .map(|(condition, &count)| (condition.name.clone(), count))
                    .collect(),
            );
            totals.enhanced.insert(direction.name(), Counts::new());
        }
        for (direction, code, enhanced, count) in self.enhanced_counts() {
            let mut name = code_label(code);
            match enhanced {
                EnhancedStatus::Absent => {}
                EnhancedStatus::Code(enhanced) => name.push_str(&format!(" {enhanced}")),
                EnhancedStatus::Overflowed => name.push_str(" other"),
            }
            // The counts of several mail servers are summed.
            *totals
                .enhanced
                .entry(direction.name())
                .or_default()
                .entry(name)
                .or_insert(0) += count;
        }
        for status in Outcome::DELIVERIES {
            totals
                .deliveries
                .insert(status.name().to_owned(), self.deliveries(status));
        }
        for error in ConnectError::ALL {
            let count: u64 = self
                .connect_errors
                .iter()
                .map(|errors| errors[error.index()])
                .sum();
            if count > 0 {
                totals.connect_errors.insert(error.name().to_owned(), count);
            }
        }
        for (provider, code, count) in self.provider_code_counts() {
            let provider = providers.name(provider).to_owned();
            totals
                .providers
                .entry(provider)
                .or_default()
                .insert(code_label(code), count);
        }
        totals
    }
}
