//! What the Helm chart carries: the same rules and dashboards, the rules with places for figures.
//!
//! It stands apart because a chart's figures come from its values: `files/figures.yaml` has the
//! defaults, and the template puts what the user says over them.

use std::collections::BTreeMap;

use super::alerts::{self, Written};
use super::{File, dashboards};
use crate::catalog::{Catalog, Policy};

const FOLDER: &str = "helm/maillog-exporter/files";

const HEAD: &str = "# Made by `maillog_exporter generate`: the figures of the alert rules, which values replace.\n";

pub(super) fn files(policy: &Policy, catalog: &Catalog) -> Vec<File> {
    let inside = |file: File| File {
        path: std::path::Path::new(FOLDER).join(file.path),
        text: file.text,
    };
    let mut files: Vec<File> = alerts::files(policy, catalog, Written::Places)
        .into_iter()
        .chain(dashboards::files())
        .map(inside)
        .collect();
    let figures = policy.alerts.iter().map(|alert| {
        let figures = alerts::figures(alert).into_iter();
        (alert.name.as_str(), figures.collect::<BTreeMap<_, _>>())
    });
    let figures: BTreeMap<_, _> = figures.collect();
    // Names and numbers always have a YAML form.
    let text = serde_saphyr::to_string(&figures).unwrap_or_default();
    files.push(File {
        path: format!("{FOLDER}/figures.yaml").into(),
        text: format!("{HEAD}{text}"),
    });
    files
}
