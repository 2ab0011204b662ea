//! The tests that promtool runs over the alert rules: for every alert a case that fires, with every
//! word that it says, and a case that does not.
//!
//! alerts/tests/ holds them as promtool reads them, so that anybody can run them; this is where they
//! are written from. After a wanted change, `UPDATE_GOLDEN=1 cargo test rules` writes them anew. The
//! figures in the descriptions are worked out by hand from the series beside them.

mod cases;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use maillog_exporter::alert::texts;
use maillog_exporter::catalog::{Catalog, Policy};
use serde::Serialize;
use serde_saphyr::{LitString, ser_options, to_string_with_options};

use cases::{CONDITIONS, Case, DELIVERIES, EXPORTER, SPIKES, STORIES, WEEK};

const TARGET: &str = "instance=\"mx1:9925\",job=\"maillog\"";

const HEAD: &str = "\
# Written by `UPDATE_GOLDEN=1 cargo test rules` from tests/suite/rules/cases/.
# To run: promtool test rules alerts/tests/*.yaml
";

/// How finely a file gives its series and has them evaluated. promtool takes some milliseconds for
/// every evaluation from the first value on, so what looks far back is evaluated less often.
struct Pace {
    /// From one value of a series to the next. Prometheus forgets a value after five minutes.
    interval: &'static str,
    evaluation: &'static str,
}

/// For what happens within minutes.
const FINE: Pace = Pace {
    interval: "1m",
    evaluation: "1m",
};
/// For most alerts: what they look at is over after minutes, what they compare it with after an hour.
const USUAL: Pace = Pace {
    interval: "1m",
    evaluation: "5m",
};
/// For those that look hours, a day or a week back.
const COARSE: Pace = Pace {
    interval: "5m",
    evaluation: "1h",
};

#[derive(Serialize)]
struct File {
    rule_files: [&'static str; 2],
    evaluation_interval: &'static str,
    group_eval_order: Vec<String>,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    name: String,
    interval: &'static str,
    input_series: Vec<Series>,
    alert_rule_test: Vec<Expected>,
}

#[derive(Serialize)]
struct Series {
    series: String,
    values: String,
}

#[derive(Serialize)]
struct Expected {
    eval_time: String,
    alertname: String,
    exp_alerts: Vec<Alert>,
}

#[derive(Serialize)]
struct Alert {
    exp_labels: BTreeMap<String, String>,
    exp_annotations: BTreeMap<&'static str, LitString>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The groups of rules in the committed files, those that record first.
fn groups() -> Vec<String> {
    ["recording", "alerts"]
        .iter()
        .flat_map(|name| {
            let path = root().join(format!("alerts/{name}.yaml"));
            let text = std::fs::read_to_string(path).expect("the committed rules");
            text.lines()
                .filter_map(|line| line.strip_prefix("- name: ").map(str::to_owned))
                .collect::<Vec<_>>()
        })
        .collect()
}

/// `family{a="b"}` or `family` with the labels of the target.
fn with_target(series: &str) -> String {
    match series.strip_suffix('}') {
        Some(series) => format!("{series},{TARGET}}}"),
        None => format!("{series}{{{TARGET}}}"),
    }
}

fn series(pairs: &[(&str, &str)]) -> Vec<Series> {
    let mut all: Vec<Series> = pairs
        .iter()
        .map(|(series, values)| Series {
            series: with_target(series),
            values: (*values).to_owned(),
        })
        .collect();
    if !pairs
        .iter()
        .any(|(series, _)| *series == "maillog_catching_up")
    {
        all.push(Series {
            series: with_target("maillog_catching_up"),
            values: "0x2050".to_owned(),
        });
    }
    all
}

/// Everything that an alert says.
fn words(case: &Case, policy: &Policy) -> Alert {
    let alert = policy.alerts.iter().find(|alert| alert.name == case.alert);
    let alert = alert.unwrap_or_else(|| panic!("there is no alert {}", case.alert));
    let texts = texts::of(alert, Catalog::embedded()).expect("words");
    let mut labels: BTreeMap<String, String> = texts::labels(alert)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect();
    for (name, value) in [("instance", "mx1:9925"), ("job", "maillog")] {
        labels.insert(name.to_owned(), value.to_owned());
    }
    for (name, value) in case.labels {
        labels.insert((*name).to_owned(), (*value).to_owned());
    }
    let annotations = [
        ("summary", alert.summary.en.clone()),
        ("summary_zh", alert.summary.zh.clone()),
        ("description", case.description.to_owned()),
        ("meaning", texts.meaning),
        ("meaning_en", texts.meaning_en),
        ("remediation", texts.remediation),
        ("remediation_en", texts.remediation_en),
        ("remediation_source", texts.remediation_source.to_owned()),
        ("runbook_url", format!("http://mx1:9925{}", texts.path)),
    ];
    Alert {
        exp_labels: labels,
        exp_annotations: annotations
            .into_iter()
            .map(|(name, text)| (name, LitString(text)))
            .collect(),
    }
}

fn file(pace: &Pace, tests: Vec<Test>) -> String {
    let file = File {
        rule_files: ["../recording.yaml", "../alerts.yaml"],
        evaluation_interval: pace.evaluation,
        group_eval_order: groups(),
        tests,
    };
    let options = ser_options! { folded_wrap_chars: 110 };
    HEAD.to_owned() + &to_string_with_options(&file, options).expect("YAML")
}

fn cases_file<'a>(pace: &Pace, cases: impl Iterator<Item = &'a Case>) -> String {
    let policy = Policy::embedded();
    let tests = cases.flat_map(|case| {
        let test = |what: &str, pairs: &[(&str, &str)], alerts: Vec<Alert>| Test {
            name: format!("{} {what}", case.alert),
            interval: pace.interval,
            input_series: series(pairs),
            alert_rule_test: vec![Expected {
                eval_time: case.at.to_owned(),
                alertname: case.alert.to_owned(),
                exp_alerts: alerts,
            }],
        };
        [
            test("fires", case.fires, vec![words(case, &policy)]),
            test("is silent", case.silent, Vec::new()),
        ]
    });
    file(pace, tests.collect())
}

/// The cases that look back an hour at most.
fn usual_cases() -> impl Iterator<Item = &'static Case> {
    [SPIKES, CONDITIONS, DELIVERIES, EXPORTER]
        .into_iter()
        .flatten()
}

fn stories_file() -> String {
    let tests = STORIES.iter().map(|story| Test {
        name: story.name.to_owned(),
        interval: FINE.interval,
        input_series: series(story.series),
        alert_rule_test: story
            .silent
            .iter()
            .flat_map(|(alert, times)| {
                times.iter().map(|at| Expected {
                    eval_time: (*at).to_owned(),
                    alertname: (*alert).to_owned(),
                    exp_alerts: Vec::new(),
                })
            })
            .collect(),
    });
    file(&FINE, tests.collect())
}

#[test]
fn the_tests_of_the_rules_are_the_committed_ones() {
    for (name, text) in [
        ("alerts.yaml", cases_file(&USUAL, usual_cases())),
        ("week.yaml", cases_file(&COARSE, WEEK.iter())),
        ("stories.yaml", stories_file()),
    ] {
        let path = root().join("alerts/tests").join(name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).expect("written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == text,
            "{name} lags behind: UPDATE_GOLDEN=1 cargo test rules"
        );
    }
}

#[test]
fn every_alert_has_its_case() {
    let policy = Policy::embedded();
    let cases: BTreeSet<&str> = usual_cases().chain(WEEK).map(|case| case.alert).collect();
    let alerts: BTreeSet<&str> = policy.alerts.iter().map(|alert| &*alert.name).collect();
    assert_eq!(cases, alerts);
}

#[test]
fn the_example_of_other_figures_is_taken_and_shown_in_the_docs() {
    let path = root().join("docs/examples/policy.yml");
    let policy = maillog_exporter::config::load_policy(&path).expect("right");
    let embedded = Policy::embedded();
    assert_eq!(policy.alerts.len() + 1, embedded.alerts.len());
    let count = |policy: &Policy| policy.alerts[0].count;
    assert_eq!((count(&policy), count(&embedded)), (Some(100), Some(20)));
    let docs = std::fs::read_to_string(root().join("docs/alerting.md")).expect("the docs");
    let example = std::fs::read_to_string(path).expect("the example");
    assert!(docs.contains(&format!("```yaml\n{example}```")));
}

#[test]
fn what_is_generated_is_what_is_committed() {
    for file in maillog_exporter::generate::files(&Policy::embedded()) {
        let path = root().join(&file.path);
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == file.text,
            "{} lags behind: cargo run -- generate .",
            file.path.display()
        );
    }
}

#[test]
fn rules_keep_to_the_conventions() {
    let policy = Policy::embedded();
    for alert in &policy.alerts {
        let name = &alert.name;
        assert!(name.len() <= 40 && name.starts_with("Maillog"), "{name}");
        assert!(name.chars().all(|it| it.is_ascii_alphanumeric()), "{name}");
        assert!(
            !alert.summary.en.contains('{'),
            "{name}: a template in the summary"
        );
        assert!(
            alert.description.contains('{'),
            "{name}: no figure in the description"
        );
    }
    for name in ["recording", "alerts"] {
        let path = root().join(format!("alerts/{name}.yaml"));
        let text = std::fs::read_to_string(path).expect("the committed rules");
        for group in text.split("\n- name: ").skip(1) {
            let rules =
                group.matches("\n  - alert: ").count() + group.matches("\n  - record: ").count();
            assert!(
                (1..=20).contains(&rules),
                "{rules} rules in {}",
                &group[..40]
            );
        }
    }
}
