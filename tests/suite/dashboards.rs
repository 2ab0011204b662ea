//! The dashboards: the committed files are generated, all panels follow the conventions, and queries use only metrics and
//! labels that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use maillog_exporter::catalog::{Catalog, Policy};
use serde_json::Value;

use crate::docs;

/// Functions and keywords of PromQL, which are not names of metrics or labels.
const WORDS: [&str; 25] = [
    "by",
    "ceil",
    "count",
    "group",
    "group_left",
    "histogram_quantile",
    "increase",
    "instance",
    "job",
    "label_replace",
    "max",
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

/// Series that Prometheus itself adds.
const PROMETHEUS: [(&str, &[&str]); 2] = [
    ("up", &[]),
    (
        "ALERTS",
        &["alertname", "alertstate", "severity", "code", "condition"],
    ),
];

/// Labels that Prometheus adds to every sample.
const TARGET: [&str; 2] = ["job", "instance"];

/// Every generated dashboard: file name and content.
fn dashboards() -> Vec<(String, Value)> {
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

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// Every panel except rows, with a name for messages.
fn panels() -> Vec<(String, Value)> {
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
fn queries() -> Vec<(String, String)> {
    panels()
        .iter()
        .flat_map(|(name, panel)| {
            list(panel, "targets")
                .iter()
                .map(|target| (name.clone(), text(target, "expr").to_owned()))
        })
        .collect()
}

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
    for (name, labels) in PROMETHEUS {
        let labels = labels.iter().map(|it| (*it).to_owned()).collect();
        families.insert(name.to_owned(), labels);
    }
    assert!(families.len() > 40);
    families
}

/// The selectors of a query: metric and matchers.
fn selectors(query: &str) -> Vec<(&str, &str)> {
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
fn words(query: &str) -> BTreeSet<&str> {
    query
        .split('"')
        .step_by(2)
        .flat_map(|part| part.split(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '$'))
        .filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()))
        .collect()
}

#[test]
fn committed_dashboards_are_generated() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut written = BTreeSet::new();
    for file in maillog_exporter::generate::files(&Policy::embedded()) {
        if file.path.starts_with("dashboards") {
            let committed = std::fs::read_to_string(root.join(&file.path)).unwrap_or_default();
            let same = committed == file.text;
            assert!(
                same,
                "{} is outdated: run cargo run -- generate .",
                file.path.display()
            );
            written.insert(file.path);
        }
    }
    for entry in std::fs::read_dir(root.join("dashboards")).expect("the folder") {
        let path = Path::new("dashboards").join(entry.expect("an entry").file_name());
        assert!(written.contains(&path), "{} is obsolete", path.display());
    }
}

#[test]
fn dashboards_are_importable_and_linked() {
    let mut uids = BTreeSet::new();
    for (file, dashboard) in dashboards() {
        assert!(dashboard["__inputs"].is_null(), "{file}");
        assert!(dashboard["id"].is_null(), "{file}");
        assert_eq!(dashboard["editable"], false, "{file}");
        assert_eq!(dashboard["schemaVersion"], 38, "{file}");
        let stem = Path::new(&file).file_stem().expect("a name");
        let uid = text(&dashboard, "uid");
        assert_eq!(uid, format!("maillog-{}", stem.display()));
        assert!(uids.insert(uid.to_owned()), "duplicate {uid}");
        assert!(!text(&dashboard, "title").is_empty(), "{file}");
        assert!(!text(&dashboard, "description").is_empty(), "{file}");
        let tags = list(&dashboard, "tags");
        assert!(tags.contains(&"maillog".into()), "{file}");
        let link = &dashboard["links"][0];
        assert_eq!(link["type"], "dashboards", "{file}");
        assert_eq!(link["tags"], serde_json::json!(["maillog"]), "{file}");
        assert_eq!(link["includeVars"], true, "{file}");
        assert_eq!(link["keepTime"], true, "{file}");
    }
}

#[test]
fn dashboards_have_the_common_variables() {
    for (file, dashboard) in dashboards() {
        let variables = list(&dashboard["templating"], "list");
        let names: Vec<_> = variables.iter().map(|it| text(it, "name")).collect();
        assert_eq!(names[..3], ["datasource", "job", "instance"], "{file}");
        assert_eq!(variables[0]["type"], "datasource", "{file}");
        assert_eq!(variables[0]["label"], "Data source", "{file}");
        assert_eq!(variables[0]["query"], "prometheus", "{file}");
        for variable in &variables[1..3] {
            assert_eq!(variable["multi"], true, "{file}");
            assert_eq!(variable["includeAll"], true, "{file}");
            assert_eq!(variable["allValue"], ".+", "{file}");
        }
        let sources = variables.iter().filter(|it| it["type"] == "datasource");
        assert_eq!(sources.count(), 1, "{file}");
    }
}

#[test]
fn panels_have_title_description_unit_and_data_source() {
    let core = ["timeseries", "stat", "bargauge", "table", "heatmap"];
    for (name, panel) in panels() {
        assert!(core.contains(&text(&panel, "type")), "{name}");
        assert!(!text(&panel, "title").is_empty(), "{name}");
        assert!(text(&panel, "description").len() > 20, "{name}");
        let unit = text(&panel["fieldConfig"]["defaults"], "unit");
        assert!(!unit.is_empty(), "{name}");
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{name}");
        assert!(!list(&panel, "targets").is_empty(), "{name}");
        for target in list(&panel, "targets") {
            assert_eq!(target["datasource"]["uid"], "${datasource}", "{name}");
        }
    }
}

#[test]
fn panels_have_unique_ids_and_do_not_overlap() {
    for (file, dashboard) in dashboards() {
        let mut ids = BTreeSet::new();
        let mut taken = BTreeSet::new();
        for panel in list(&dashboard, "panels") {
            assert!(ids.insert(panel["id"].as_u64()), "{file}");
            let place = |name| panel["gridPos"][name].as_u64().expect("a number");
            assert!(place("x") + place("w") <= 24, "{file}");
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "{file}: {}", panel["title"]);
                }
            }
        }
    }
}

#[test]
fn selectors_use_the_job_and_instance_variables() {
    for (name, query) in queries() {
        assert!(!selectors(&query).is_empty(), "{name}");
        for (metric, matchers) in selectors(&query) {
            let (job, instance) = match metric {
                // Some alerts, such as those about an exporter that is down, have neither.
                "ALERTS" => (r#"job=~"$job|""#, r#"instance=~"$instance|""#),
                _ => (r#"job=~"$job""#, r#"instance=~"$instance""#),
            };
            assert!(matchers.contains(job), "{name}: {metric}");
            assert!(matchers.contains(instance), "{name}: {metric}");
        }
    }
}

#[test]
fn queries_use_grafana_intervals_and_guard_divisions() {
    for (name, query) in queries() {
        let rates = query.matches("rate(").count();
        let intervals = query.matches("[$__rate_interval])").count();
        assert_eq!(rates, intervals, "{name}: {query}");
        let increases = query.matches("increase(").count();
        let ranges = query.matches("[$__range])").count();
        assert_eq!(increases, ranges, "{name}: {query}");
        let outside = query.split('"').step_by(2);
        let all: usize = outside.map(|part| part.matches('[').count()).sum();
        assert_eq!(
            all,
            rates + increases,
            "{name}: an interval of its own: {query}"
        );
        // The division operator is on a line of its own, and the divisor is guarded.
        for whole in query.split("\n/\n").skip(1) {
            assert!(whole.starts_with('('), "{name}: {query}");
            assert!(whole.contains(" > 0)"), "{name}: {query}");
        }
        let divisions = query
            .split('"')
            .step_by(2)
            .map(|it| it.matches('/').count());
        let guarded = query.matches("\n/\n").count();
        assert_eq!(divisions.sum::<usize>(), guarded, "{name}: {query}");
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

#[test]
fn codes_dashboard_has_every_code_and_the_document_verbatim() {
    let (_, codes) = dashboards().remove(1);
    let variable = &codes["templating"]["list"][3];
    let catalog = Catalog::embedded();
    let offered: Vec<_> = list(variable, "options")
        .iter()
        .map(|it| text(it, "value"))
        .collect();
    let known: Vec<_> = catalog.codes().map(|it| it.code.to_string()).collect();
    assert_eq!(offered, known);
    // Grafana parses the options from the query: commas separate them, ` : ` precedes the value.
    let query = text(variable, "query").replace("\\,", "");
    let parsed: Vec<_> = query
        .split(',')
        .map(|it| it.rsplit_once(" : ").expect("text and value").1)
        .collect();
    assert_eq!(parsed, known);

    let table = &codes["panels"][0];
    let mut sentences = BTreeSet::new();
    for rule in list(&table["fieldConfig"], "overrides") {
        for property in list(rule, "properties")
            .iter()
            .filter(|it| it["id"] == "mappings")
        {
            let options = property["value"][0]["options"]
                .as_object()
                .expect("options");
            sentences.extend(options.values().map(|it| text(it, "text").to_owned()));
        }
    }
    let mut rows = 0;
    for code in catalog.codes() {
        for own in [
            &code.meaning.en,
            &code.meaning.zh,
            &code.remedy.en,
            &code.remedy.zh,
        ] {
            assert!(sentences.contains(own), "{own}");
        }
        for row in &code.document {
            rows += 1;
            let held = |part: &str| sentences.iter().any(|sentence| sentence.contains(part));
            for part in [
                Some(&row.meaning),
                row.explanation.as_ref(),
                row.remedy.as_ref(),
            ] {
                assert!(part.is_none_or(|part| held(part)), "{part:?}");
            }
        }
    }
    assert!(rows > 10, "{rows}");
}
