//! Prometheus' rules: what is recorded and what is alerted on, as YAML.

mod expression;
mod figures;
mod recording;
mod words;

use std::collections::BTreeMap;

use serde::Serialize;

use super::File;
use crate::alert::texts;
use crate::catalog::{Alert, Catalog, Policy};
use figures::Figures;
pub(super) use figures::{Written, present as figures};
use words::Annotations;

/// How often the rules are evaluated.
const INTERVAL: &str = "30s";

/// What stands above the rules.
const HEAD: &str = "\
# Made by `maillog_exporter generate` from src/catalog/: change it there, or give other figures with
# --policy (docs/alerting.md). The tests beside it: promtool test rules alerts/tests/*.yaml
";

#[derive(Serialize)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Serialize)]
struct Group {
    name: String,
    interval: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Rule {
    Recorded {
        record: String,
        expr: String,
    },
    Alerted {
        alert: String,
        expr: String,
        r#for: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        keep_firing_for: Option<String>,
        labels: BTreeMap<&'static str, String>,
        annotations: Box<Annotations>,
    },
}

/// The files of rules. The recording rules are a file of their own, for those who write alert rules
/// themselves.
pub(super) fn files(policy: &Policy, catalog: &Catalog, written: Written) -> Vec<File> {
    let mut recorded = Vec::new();
    for (record, expr) in recording::of(policy) {
        // The metric between the level and the operations.
        let group = record.split(':').nth(1).unwrap_or_default().to_owned();
        add(&mut recorded, &group, Rule::Recorded { record, expr });
    }
    let mut alerted = Vec::new();
    for alert in &policy.alerts {
        let Some(rule) = rule(alert, policy, catalog, written) else {
            continue;
        };
        add(&mut alerted, &alert.group, rule);
    }
    [("recording", recorded), ("alerts", alerted)]
        .into_iter()
        .filter_map(|(name, groups)| {
            let options = serde_saphyr::ser_options! { folded_wrap_chars: 110 };
            // Strings and lists of them always have a YAML form.
            let text = serde_saphyr::to_string_with_options(&Rules { groups }, options).ok()?;
            Some(File {
                path: format!("alerts/{name}.yaml").into(),
                text: format!("{HEAD}{text}"),
            })
        })
        .collect()
}

/// Adds a rule to its group.
fn add(groups: &mut Vec<Group>, name: &str, rule: Rule) {
    let name = format!("maillog_exporter.{name}");
    match groups.iter_mut().find(|group| group.name == name) {
        Some(group) => group.rules.push(rule),
        None => groups.push(Group {
            name,
            interval: INTERVAL,
            rules: vec![rule],
        }),
    }
}

fn rule(alert: &Alert, policy: &Policy, catalog: &Catalog, written: Written) -> Option<Rule> {
    let texts = texts::of(alert, catalog)?;
    let figures = Figures::of(alert, written);
    let mut labels = texts::labels(alert);
    labels.insert("severity", figures.severity.clone());
    Some(Rule::Alerted {
        alert: alert.name.clone(),
        expr: expression::of(alert, policy, &figures),
        r#for: figures.r#for,
        keep_firing_for: (alert.keep_firing_for.0 > 0).then_some(figures.keep_firing_for),
        labels,
        annotations: Box::new(words::annotations(alert, policy, texts)),
    })
}
