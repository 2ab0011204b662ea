//! The expected counts: replies that were sent, and results of each message.
//!
//! They have the field names of `report --format json`, so that both can be compared directly. Nothing in them is
//! taken from the log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

type Counts = BTreeMap<String, u64>;

/// The counts. Clones share them, so that all threads of the scripted servers add to the same counts.
#[derive(Clone, Default)]
pub struct Truth(Arc<Mutex<Totals>>);

#[derive(Default)]
struct Totals {
    codes: BTreeMap<&'static str, Counts>,
    enhanced: BTreeMap<&'static str, Counts>,
    deliveries: Counts,
    connect_errors: Counts,
}

impl Truth {
    /// Adds a reply that is logged `times` times: once for each recipient it concerns.
    pub fn reply(&self, direction: &'static str, code: u16, enhanced: &str, times: u64) {
        if times == 0 {
            return;
        }
        let both = if enhanced.is_empty() {
            code.to_string()
        } else {
            format!("{code} {enhanced}")
        };
        self.with(|totals| {
            *totals
                .codes
                .entry(direction)
                .or_default()
                .entry(code.to_string())
                .or_default() += times;
            *totals
                .enhanced
                .entry(direction)
                .or_default()
                .entry(both)
                .or_default() += times;
        });
    }

    /// Adds a failed connection: one that could not be opened, counted as 111 (refused) or 101, or one that was lost,
    /// which has no code.
    pub fn connect_error(
        &self,
        direction: &'static str,
        error: &str,
        code: Option<u16>,
        times: u64,
    ) {
        if let Some(code) = code {
            self.reply(direction, code, "", times);
        }
        self.with(|totals| *totals.connect_errors.entry(error.to_owned()).or_default() += times);
    }

    /// Adds the result of a delivery.
    pub fn delivery(&self, status: &str, times: u64) {
        if times == 0 {
            return;
        }
        self.with(|totals| *totals.deliveries.entry(status.to_owned()).or_default() += times);
    }

    /// All counts, with the field names of `report --format json`.
    pub fn to_json(&self) -> Value {
        self.with(|totals| {
            json!({
                "codes": totals.codes,
                "enhanced": totals.enhanced,
                "deliveries": totals.deliveries,
                "connect_errors": totals.connect_errors,
            })
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Totals) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The counts below `keys` that differ between two reports, one per line. A missing count is zero.
pub fn differences(expected: &Value, actual: &Value, keys: &[&str]) -> Vec<String> {
    let mut left = BTreeMap::new();
    let mut right = BTreeMap::new();
    for key in keys {
        flatten(key, &expected[*key], &mut left);
        flatten(key, &actual[*key], &mut right);
    }
    let names: std::collections::BTreeSet<_> = left.keys().chain(right.keys()).collect();
    names
        .into_iter()
        .filter_map(|name| {
            let (l, r) = (left.get(name).unwrap_or(&0), right.get(name).unwrap_or(&0));
            (l != r).then(|| format!("{name}: expected {l}, counted {r}"))
        })
        .collect()
}

fn flatten(path: &str, value: &Value, into: &mut Counts) {
    if let Some(map) = value.as_object() {
        for (key, value) in map {
            flatten(&format!("{path} / {key}"), value, into);
        }
    } else {
        into.insert(path.to_owned(), value.as_u64().unwrap_or(0));
    }
}
