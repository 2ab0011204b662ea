//! The counts as a person or a program wants them after the fact: nested maps without zeros.
//!
//! It stands apart from the families because a report has no series that wait for their first
//! event, and no labels.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::Providers;
use crate::metrics::counters::{Counters, code_label};
use crate::metrics::reading::Beside;
use crate::parse::{ConnectError, Direction, Outcome};

/// Counts by name.
pub type Counts = BTreeMap<String, u64>;

/// Everything that a log said, summed up.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Totals {
    /// Reply codes by direction.
    pub codes: BTreeMap<&'static str, Counts>,
    /// Reply codes with the enhanced code of their text, `421 4.7.0` or `421`, by direction.
    pub enhanced: BTreeMap<&'static str, Counts>,
    /// Delivery records by status.
    pub deliveries: Counts,
    /// Connections that could not be opened or did not last.
    pub connect_errors: Counts,
    /// Why, by direction.
    pub conditions: BTreeMap<&'static str, Counts>,
    /// Reply codes of remote servers, by who runs them.
    pub providers: BTreeMap<String, Counts>,
}

impl Counters {
    /// The counts, summed up.
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
        for (direction, code, beside, count) in self.beside() {
            let mut name = code_label(code);
            match beside {
                Beside::Nothing => {}
                Beside::Enhanced(enhanced) => name.push_str(&format!(" {enhanced}")),
                Beside::Other => name.push_str(" other"),
            }
            // The same code from two kinds of mail server is one line of a report.
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
        for (provider, code, count) in self.answers() {
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
