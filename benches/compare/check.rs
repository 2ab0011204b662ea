//! Whether what a program counted is what the log says.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde_json::Value;

use super::log::Truth;

/// How a program's counts compare with the truth.
pub struct Agreement {
    /// Something that the program claims to count differs.
    pub wrong: bool,
    /// For the table.
    pub words: String,
}

/// What `report --format json` printed, number for number.
///
/// # Errors
///
/// If it is not JSON.
pub fn report(printed: &str, truth: &Truth) -> Result<Agreement> {
    let report: Value = serde_json::from_str(printed).context("the report")?;
    let found = numbers(&report);
    let truth = serde_json::to_value(truth)?;
    let mut expected = numbers(&truth);
    expected.insert("unmatched".to_owned(), 0);
    Ok(agreement(&found, &expected))
}

/// The same for two tables; what the truth does not name must not be there.
pub fn agreement(found: &BTreeMap<String, u64>, expected: &BTreeMap<String, u64>) -> Agreement {
    let mut wrong = 0;
    for name in found
        .keys()
        .chain(expected.keys().filter(|&name| !found.contains_key(name)))
    {
        let [found, expected] =
            [found, expected].map(|table| table.get(name).copied().unwrap_or(0));
        if found != expected {
            eprintln!("  {name}: {found}, but the log says {expected}");
            wrong += 1;
        }
    }
    let words = match wrong {
        0 => format!("yes, all {}", expected.len()),
        _ => format!("NO, {wrong} differ"),
    };
    Agreement {
        wrong: wrong > 0,
        words,
    }
}

/// The counts that have a truth, each by its path.
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

/// One number, such as `grep -c` prints.
pub fn number(printed: &str, expected: u64, what: &str) -> Agreement {
    let found = printed
        .split_whitespace()
        .next()
        .and_then(|number| number.parse().ok());
    match found == Some(expected) {
        true => Agreement {
            wrong: false,
            words: format!("yes ({what})"),
        },
        false => Agreement {
            wrong: true,
            words: format!("NO, {found:?} of {expected} {what}"),
        },
    }
}

/// What an exporter that knows no reply codes of other servers shows in Prometheus' format: the
/// messages that left the queue, and the rejects.
pub fn peer(metrics: &str, truth: &Truth) -> Agreement {
    let removed = sum(metrics, "postfix_qmgr_messages_removed_total");
    let rejects = sum(metrics, "postfix_smtpd_messages_rejected_total");
    let replies: u64 = truth
        .codes
        .get("inbound")
        .map_or(0, |codes| codes.values().sum());
    Agreement {
        wrong: removed != truth.removed || rejects != replies,
        words: format!(
            "messages removed: {removed} of {}; own rejects: {rejects} of {replies}; no code of \
             another server",
            truth.removed
        ),
    }
}

/// The sum of a family's samples.
pub fn sum(metrics: &str, family: &str) -> u64 {
    samples(metrics, family)
        .map(|(_, value)| value as u64)
        .sum()
}

/// A family's samples: labels as they are written, and values.
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
