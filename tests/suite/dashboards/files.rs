//! The committed files: generated, importable, linked, and complete.

use std::collections::BTreeSet;
use std::path::Path;

use maillog_exporter::catalog::{Catalog, Policy};

use super::{dashboards, list, text};

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
fn codes_dashboard_has_every_code_and_the_document_verbatim() {
    let (_, codes) = dashboards().remove(1);
    let variables = list(&codes["templating"], "list");
    let variable = variables
        .iter()
        .find(|it| it["name"] == "code")
        .expect("the variable");
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

    let table = list(&codes, "panels")
        .iter()
        .find(|it| it["title"] == "Meaning and remedy of $code")
        .expect("the table");
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
