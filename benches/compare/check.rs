//! Compares the counts of a program with the expected counts of the log.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::log::ExpectedCounts;

/// Result of a comparison.
pub struct Agreement {
    /// A value that the program claims to count differs.
    pub wrong: bool,
    /// Text for the table.
    pub text: String,
}

/// Compares the output of `report --format json`, number by number.
///
/// # Errors
///
/// If the output is not JSON.
pub fn report(printed: &str, expected: &ExpectedCounts) -> Result<Agreement> {
    let report: Value = serde_json::from_str(printed).context("output of report")?;
    let found = numbers(&report);
    let expected = serde_json::to_value(expected)?;
    let mut expected = numbers(&expected);
    expected.insert("unmatched".to_owned(), 0);
    Ok(agreement(&found, &expected))
}

/// Compares two tables of counts. A name that is not in `expected` must not be in `found`.
pub fn agreement(found: &BTreeMap<String, u64>, expected: &BTreeMap<String, u64>) -> Agreement {
    let mut wrong = 0;
    for name in found
        .keys()
        .chain(expected.keys().filter(|&name| !found.contains_key(name)))
    {
        let [found, expected] =
            [found, expected].map(|table| table.get(name).copied().unwrap_or(0));
        if found != expected {
            eprintln!("  {name}: {found}, expected {expected}");
            wrong += 1;
        }
    }
    let text = match wrong {
        0 => format!("yes, all {}", expected.len()),
        _ => format!("NO, {wrong} differ"),
    };
    Agreement {
        wrong: wrong > 0,
        text,
    }
}

/// The counts of a report that have an expected value, by their path.
fn numbers(report: &Value) -> BTreeMap<String, u64> {
    let mut numbers = BTreeMap::new();
    for name in [
        "lines",
        "unmatched",
        "codes",
        "enhanced",
        "deliveries",
        "connect_errors",
    ] {
        collect(name.to_owned(), &report[name], &mut numbers);
    }
    numbers
}

fn collect(path: String, value: &Value, numbers: &mut BTreeMap<String, u64>) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                collect(format!("{path}/{name}"), value, numbers);
            }
        }
        value => numbers.extend(value.as_u64().map(|number| (path, number))),
    }
}

/// Compares a single number, such as the output of `grep -c`.
pub fn number(printed: &str, expected: u64, what: &str) -> Agreement {
    let found = printed
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok());
    match found == Some(expected) {
        true => Agreement {
            wrong: false,
            text: format!("yes ({what})"),
        },
        false => Agreement {
            wrong: true,
            text: format!("NO, {found:?} of {expected} {what}"),
        },
    }
}

/// Compares the metrics of an exporter that does not count reply codes of other servers: messages removed
/// from the queue, and rejects.
pub fn peer(metrics: &str, expected: &ExpectedCounts) -> Agreement {
    let removed = sum(metrics, "postfix_qmgr_messages_removed_total");
    let rejects = sum(metrics, "postfix_smtpd_messages_rejected_total");
    let replies: u64 = expected
        .codes
        .get("inbound")
        .map_or(0, |codes| codes.values().sum());
    Agreement {
        wrong: removed != expected.removed || rejects != replies,
        text: format!(
            "messages removed: {removed} of {}; own rejects: {rejects} of {replies}; no code of \
             another server",
            expected.removed
        ),
    }
}

/// Sum of the samples of a metric family.
pub fn sum(metrics: &str, family: &str) -> u64 {
    samples(metrics, family)
        .map(|(_, value)| value as u64)
        .sum()
}

/// Samples of a metric family: labels as written, and value.
pub fn samples<'a>(metrics: &'a str, family: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
    metrics.lines().filter_map(move |line| {
        let rest = line.strip_prefix(family)?;
        let (labels, value) = match rest.strip_prefix('{') {
            Some(rest) => rest.rsplit_once("} ")?,
            None => ("", rest.strip_prefix(' ')?),
        };
        Some((labels, value.parse().ok()?))
    })
}
