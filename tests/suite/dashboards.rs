//! The dashboards: the committed files are generated, all panels follow the conventions, and queries use only metrics and
//! labels that exist.

mod design;
mod files;
mod links;
mod lint;
mod queries;

use std::collections::BTreeSet;

use maillog_exporter::catalog::Policy;
use serde_json::Value;

/// Every generated dashboard: file name and content.
pub fn dashboards() -> Vec<(String, Value)> {
    let found: Vec<_> = maillog_exporter::generate::files(&Policy::embedded())
        .into_iter()
        .filter(|file| file.path.starts_with("dashboards"))
        .map(|file| {
            let value = serde_json::from_str(&file.text).expect("JSON");
            (file.path.display().to_string(), value)
        })
        .collect();
    assert_eq!(found.len(), 5);
    found
}

pub fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

pub fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Every panel except rows, with a name for messages.
pub fn panels() -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for (file, dashboard) in dashboards() {
        for panel in list(&dashboard, "panels") {
            if panel["type"] != "row" {
                all.push((format!("{file}: {}", text(panel, "title")), panel.clone()));
            }
        }
    }
    assert!(all.len() > 40, "{}", all.len());
    all
}

/// Every query, with a name for messages.
pub fn queries() -> Vec<(String, String)> {
    panels()
        .iter()
        .flat_map(|(name, panel)| {
            list(panel, "targets")
                .iter()
                .map(|target| (name.clone(), text(target, "expr").to_owned()))
        })
        .collect()
}

/// The selectors of a query: metric and matchers.
pub fn selectors(query: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = query;
    while let Some(open) = rest.find('{') {
        let start = rest[..open]
            .rfind(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(0, |place| place + 1);
        let metric = &rest[start..open];
        let close = open + rest[open..].find('}').expect("a closing brace");
        // `${1}` in a replacement is not a selector.
        if !metric.is_empty() {
            found.push((metric, &rest[open + 1..close]));
        }
        rest = &rest[close + 1..];
    }
    found
}

/// The words of a query outside of string literals.
pub fn words(query: &str) -> BTreeSet<&str> {
    query
        .split('"')
        .step_by(2)
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
        .collect()
}
