//! The queries: existing metrics and labels, Grafana's intervals, guarded divisions, and a bounded number of series.

use std::collections::{BTreeMap, BTreeSet};

use crate::docs;

use super::{list, panels, queries, selectors, text, words};

/// Functions and keywords of PromQL, which are not names of metrics or labels.
const WORDS: [&str; 32] = [
    "and",
    "avg",
    "bottomk",
    "by",
    "ceil",
    "changes",
    "count",
    "end",
    "group",
    "group_left",
    "histogram_quantile",
    "ignoring",
    "increase",
    "instance",
    "job",
    "label_replace",
    "max",
    "max_over_time",
    "min",
    "on",
    "or",
    "rate",
    "sort",
    "sort_desc",
    "sum",
    "time",
    "topk",
    "vector",
    "ALERTS",
    "up",
    "le",
    "without",
];

/// Labels of alerts.
const ALERT: [&str; 6] = [
    "alertname",
    "alertstate",
    "severity",
    "provider",
    "code",
    "condition",
];

/// Series that Prometheus itself adds.
const OTHERS: [(&str, &[&str]); 3] = [
    ("up", &[]),
    ("ALERTS", &ALERT),
    ("ALERTS_FOR_STATE", &ALERT),
];

/// Labels that Prometheus adds to every sample.
const TARGET: [&str; 2] = ["job", "instance"];

/// The labels of every exposed metric; histograms also by the names of their series.
fn exposed() -> BTreeMap<String, BTreeSet<String>> {
    let mut families = BTreeMap::new();
    for line in docs::exposition().lines().filter(|it| !it.starts_with('#')) {
        let end = line.find(['{', ' ']).expect("a sample");
        let labels: &mut BTreeSet<String> = families.entry(line[..end].to_owned()).or_default();
        if let Some((_, rest)) = line.split_once('{') {
            let inside = rest.rsplit_once('}').expect("a closing brace").0;
            let names = inside.split("\",").filter_map(|it| it.split_once("=\""));
            labels.extend(names.map(|(name, _)| name.to_owned()));
        }
    }
    for (name, labels) in OTHERS {
        let labels = labels.iter().map(|it| (*it).to_owned()).collect();
        families.insert(name.to_owned(), labels);
    }
    assert!(families.len() > 40);
    families
}

#[test]
fn queries_use_grafana_intervals_and_guard_divisions() {
    for (name, query) in queries() {
        let outside: String = query.split('"').step_by(2).collect();
        for range in outside.split('[').skip(1) {
            let known = ["$__rate_interval]", "$__range]"];
            assert!(
                known.iter().any(|it| range.starts_with(it)),
                "{name}: an interval of its own: {query}"
            );
        }
        // The division operator is on a line of its own, and the divisor is guarded.
        for whole in query.split("\n/\n").skip(1) {
            assert!(whole.starts_with('('), "{name}: {query}");
            assert!(whole.contains(" > 0)"), "{name}: {query}");
        }
        let guarded = query.matches("\n/\n").count();
        assert_eq!(outside.matches('/').count(), guarded, "{name}: {query}");
    }
}

/// Labels with few values, whatever the number of hosts.
const FEW_VALUES: [&str; 10] = [
    "cause",
    "direction",
    "kind",
    "le",
    "queue",
    "result",
    "severity",
    "stage",
    "status",
    "window",
];

#[test]
fn time_series_are_few_even_with_200_hosts() {
    for (name, panel) in panels() {
        if panel["type"] == "table" {
            continue;
        }
        for target in list(&panel, "targets") {
            let query = text(target, "expr");
            let legend = text(target, "legendFormat");
            let labels = legend
                .split("{{")
                .skip(1)
                .filter_map(|it| it.split("}}").next());
            let many: Vec<_> = labels.filter(|label| !FEW_VALUES.contains(label)).collect();
            // 101 and 111.
            let two = many == ["code"] && query.contains(r#"code=~"1..""#);
            let limited = query.contains("topk(") || query.contains("bottomk(");
            assert!(many.is_empty() || two || limited, "{name}: {query}");
            let summed = ["sum", "avg", "max", "min", "count", "histogram_quantile"];
            let aggregated = summed.iter().any(|it| {
                query.contains(&format!("{it}(")) || query.contains(&format!("{it} by ("))
            });
            assert!(aggregated, "{name}: not aggregated: {query}");
        }
    }
}

#[test]
fn queried_metrics_and_labels_exist() {
    let exposed = exposed();
    for (name, query) in queries() {
        let mut labels: BTreeSet<&str> = TARGET.into_iter().collect();
        let selectors = selectors(&query);
        for (metric, matchers) in &selectors {
            let known = exposed.get(*metric);
            let known = known.unwrap_or_else(|| panic!("{name}: {metric} is not exposed"));
            labels.extend(known.iter().map(String::as_str));
            for matcher in matchers.split("\",") {
                let label = matcher.split(['=', '!']).next().unwrap_or_default();
                let there = known.contains(label) || TARGET.contains(&label);
                assert!(there, "{name}: {metric} has no label {label:?}");
            }
        }
        // Labels that the query itself adds.
        for made in query.split("label_replace(").skip(1) {
            // The label is a string after the inner vector, which may contain strings too.
            labels.extend(made.split('"').skip(1).step_by(2).filter(|it| it.len() > 3));
        }
        for word in words(&query) {
            let known = WORDS.contains(&word)
                || labels.contains(word)
                || selectors.iter().any(|(metric, _)| *metric == word);
            assert!(known, "{name}: what is {word:?} in {query}?");
        }
    }
    for (name, panel) in panels() {
        for target in list(&panel, "targets") {
            for label in text(target, "legendFormat").split("{{").skip(1) {
                let label = label.split("}}").next().unwrap_or_default();
                let query = text(target, "expr");
                let all = selectors(query)
                    .into_iter()
                    .flat_map(|(metric, _)| &exposed[metric]);
                let there = match query.contains(" by (") {
                    true => words(query).contains(label),
                    false => all.into_iter().any(|it| it == label) || TARGET.contains(&label),
                };
                assert!(there, "{name}: unknown label {label:?} in the legend");
            }
        }
    }
}
