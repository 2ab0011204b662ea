//! The counts as a person or a program wants them after the fact: nested maps without zeros.
//!
//! It stands apart from the families because a report has no series that wait for their first
//! event, and no labels.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::catalog::{ProviderId, Providers};
use crate::metrics::counters::{Counters, OTHER_ENHANCED, code_label, unpack};
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
        for (key, count) in self.enhanced.sorted() {
            let mut name = code_label((key >> 32 & 0xffff) as u16);
            match key & 0xffff_ffff {
                OTHER_ENHANCED => name.push_str(" other"),
                packed => {
                    if let Some(enhanced) = unpack(packed) {
                        name.push_str(&format!(" {enhanced}"));
                    }
                }
            }
            let direction = Direction::ALL[(key >> 48 & 0xff) as usize].name();
            // The same code from two kinds of mail server is one line of a report.
            *totals
                .enhanced
                .entry(direction)
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
        for (key, count) in self.providers.sorted() {
            let provider = providers.name(ProviderId((key >> 16) as u8)).to_owned();
            let code = code_label((key & 0xffff) as u16);
            totals
                .providers
                .entry(provider)
                .or_default()
                .insert(code, count);
        }
        totals
    }
}
