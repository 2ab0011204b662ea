//! The rules of grafana/dashboard-linter, and the exclusions with their reasons.
//!
//! See <https://github.com/grafana/dashboard-linter/blob/main/docs/index.md>. The rules have the names of that tool.

use serde_json::{Value, json};

use super::{dashboards, list, selectors, text};

/// A violation of a rule.
#[derive(Debug)]
struct Finding {
    rule: &'static str,
    /// File and title of the panel, if it is about one.
    place: String,
    message: String,
}

/// A violation that is meant.
struct Exclusion {
    rule: &'static str,
    /// A part of the place.
    place: &'static str,
    /// A part of the message.
    message: &'static str,
    reason: &'static str,
}

const EXCLUSIONS: [Exclusion; 5] = [
    Exclusion {
        rule: "panel-units-rule",
        place: "",
        message: "suffix:/min",
        reason: "Grafana writes its unit for counts per minute (cpm) as c/m, which nobody reads as per minute.",
    },
    Exclusion {
        rule: "target-job-rule",
        place: "",
        message: "ALERTS",
        reason: "Alerts about an exporter that is down or missing have no job; the matcher also accepts none.",
    },
    Exclusion {
        rule: "target-instance-rule",
        place: "",
        message: "ALERTS",
        reason: "Alerts about several hosts, or none, have no instance; the matcher also accepts none.",
    },
    Exclusion {
        rule: "target-histogram-rule",
        place: "",
        message: "heatmap",
        reason: "A heatmap shows the buckets themselves.",
    },
    Exclusion {
        rule: "target-counter-agg-rule",
        place: "Meaning and remedy",
        message: "maillog_codes_total",
        reason: "The table shows texts about a code; the counter only tells that the code exists.",
    },
];

/// Units of Grafana that are used.
const UNITS: [&str; 8] = [
    "bytes",
    "dateTimeFromNow",
    "locale",
    "none",
    "percentunit",
    "s",
    "short",
    "string",
];

/// Functions of Grafana for variables.
const VARIABLE_FUNCTIONS: [&str; 4] = ["label_names", "label_values", "metrics", "query_result"];

struct Linter {
    place: String,
    findings: Vec<Finding>,
}

impl Linter {
    fn expect(&mut self, rule: &'static str, is_met: bool, message: &str) {
        if !is_met {
            self.findings.push(Finding {
                rule,
                place: self.place.clone(),
                message: message.to_owned(),
            });
        }
    }

    fn dashboard(&mut self, dashboard: &Value) {
        let variables = list(&dashboard["templating"], "list");
        let sources: Vec<_> = variables
            .iter()
            .filter(|it| it["type"] == "datasource")
            .collect();
        let rule = "template-datasource-rule";
        self.expect(rule, !sources.is_empty(), "no data source");
        for source in &sources {
            let kind = text(source, "query");
            let name = format!("{kind}_datasource");
            let (first, rest) = kind.split_at(kind.len().min(1));
            let label = format!("{}{rest} data source", first.to_uppercase());
            let only = sources.len() == 1;
            let named =
                text(source, "name") == name || only && text(source, "name") == "datasource";
            let labelled =
                text(source, "label") == label || only && text(source, "label") == "Data source";
            self.expect(
                rule,
                named && labelled,
                &format!("not named {name} and {label}"),
            );
        }
        self.label_variable("template-job-rule", variables, "job", "Job");
        self.label_variable("template-instance-rule", variables, "instance", "Instance");
        for variable in variables.iter().filter(|it| it["type"] == "query") {
            let query = text(&variable["query"], "query");
            let function = query.split('(').next().unwrap_or_default();
            self.expect(
                "template-label-promql-rule",
                VARIABLE_FUNCTIONS.contains(&function)
                    && query.ends_with(')')
                    && is_balanced(query),
                query,
            );
            self.expect(
                "template-on-time-change-reload-rule",
                variable["refresh"] == 2,
                query,
            );
        }
        self.expect(
            "uneditable-dashboard-rule",
            dashboard["editable"] == false,
            "editable",
        );
    }

    fn label_variable(&mut self, rule: &'static str, variables: &[Value], name: &str, label: &str) {
        let Some(variable) = variables.iter().find(|it| it["name"] == name) else {
            return self.expect(rule, false, "missing");
        };
        let uid = text(&variable["datasource"], "uid");
        self.expect(rule, uid == "${prometheus_datasource}", uid);
        self.expect(rule, variable["type"] == "query", "not a query");
        self.expect(rule, text(variable, "label") == label, "another label");
        self.expect(rule, variable["multi"] == true, "not a multi select");
        self.expect(rule, variable["allValue"] == ".+", "another value for all");
    }

    fn panel(&mut self, panel: &Value) {
        let uid = text(&panel["datasource"], "uid");
        self.expect(
            "panel-datasource-rule",
            uid == "${prometheus_datasource}",
            uid,
        );
        let described = !text(panel, "title").is_empty() && !text(panel, "description").is_empty();
        self.expect(
            "panel-title-description-rule",
            described,
            "no title or description",
        );
        let overrides = list(&panel["fieldConfig"], "overrides");
        let properties = overrides.iter().flat_map(|it| list(it, "properties"));
        let units = properties
            .filter(|it| it["id"] == "unit")
            .map(|it| text(it, "value"))
            .chain([text(&panel["fieldConfig"]["defaults"], "unit")]);
        for unit in units {
            self.expect("panel-units-rule", UNITS.contains(&unit), unit);
        }
        let targets = list(panel, "targets");
        self.expect("panel-no-targets-rule", !targets.is_empty(), "no targets");
        for target in targets {
            let uid = text(&target["datasource"], "uid");
            self.expect(
                "panel-datasource-rule",
                uid == "${prometheus_datasource}",
                uid,
            );
            self.query(text(target, "expr"), text(panel, "type"));
        }
    }

    fn query(&mut self, expr: &str, kind: &str) {
        self.expect("target-promql-rule", is_balanced(expr), expr);
        let outside: String = expr.split('"').step_by(2).collect();
        for call in outside.split("rate(").skip(1) {
            let range = call.split(['[', ']']).nth(1).unwrap_or_default();
            self.expect(
                "target-rate-interval-rule",
                range == "$__rate_interval",
                expr,
            );
        }
        for (metric, matchers) in selectors(expr) {
            let has = |matcher: &str| matchers.split(',').any(|it| it == matcher);
            self.expect("target-job-rule", has(r#"job=~"$job""#), metric);
            self.expect(
                "target-instance-rule",
                has(r#"instance=~"$instance""#),
                metric,
            );
            if metric.ends_with("_total") {
                let selector = format!("{metric}{{{matchers}}}");
                let called = expr.match_indices(&selector).all(|(at, _)| {
                    let before = &expr[..at];
                    expr[at + selector.len()..].starts_with('[')
                        && (before.ends_with("rate(") || before.ends_with("increase("))
                });
                self.expect("target-counter-agg-rule", called, metric);
            }
            if metric.ends_with("_bucket") {
                let message = format!("{metric} in a {kind}");
                let is_quantile = expr.contains("histogram_quantile(");
                self.expect("target-histogram-rule", is_quantile, &message);
            }
        }
    }
}

/// Whether brackets outside of strings are closed in the right order, and strings are closed.
fn is_balanced(query: &str) -> bool {
    let mut open = Vec::new();
    for part in query.split('"').step_by(2) {
        for character in part.chars() {
            match character {
                '(' => open.push(')'),
                '{' => open.push('}'),
                '[' => open.push(']'),
                ')' | '}' | ']' if open.pop() != Some(character) => return false,
                _ => {}
            }
        }
    }
    open.is_empty() && query.matches('"').count().is_multiple_of(2)
}

fn lint(file: &str, dashboard: &Value) -> Vec<Finding> {
    let mut linter = Linter {
        place: file.to_owned(),
        findings: Vec::new(),
    };
    linter.dashboard(dashboard);
    for annotation in list(&dashboard["annotations"], "list") {
        linter.query(text(annotation, "expr"), "annotation");
    }
    for panel in list(dashboard, "panels")
        .iter()
        .filter(|it| it["type"] != "row")
    {
        linter.place = format!("{file}: {}", text(panel, "title"));
        linter.panel(panel);
    }
    linter.findings
}

#[test]
fn dashboards_pass_the_linter() {
    let mut used = [0; EXCLUSIONS.len()];
    let mut found = Vec::new();
    for (file, dashboard) in dashboards() {
        for finding in lint(&file, &dashboard) {
            let meant = EXCLUSIONS.iter().position(|it| {
                it.rule == finding.rule
                    && finding.place.contains(it.place)
                    && finding.message.contains(it.message)
            });
            match meant {
                Some(place) => used[place] += 1,
                None => found.push(finding),
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    for (count, exclusion) in used.iter().zip(&EXCLUSIONS) {
        let Exclusion { rule, reason, .. } = exclusion;
        assert!(*count > 0, "nothing to exclude from {rule}: {reason}");
    }
}

/// A rule and how to break it.
type Fault = (&'static str, fn(&mut Value));

const FAULTS: [Fault; 16] = [
    ("template-datasource-rule", |it| {
        variable(it, 0, "name", json!("source"))
    }),
    ("template-job-rule", |it| {
        variable(it, 1, "allValue", json!(""))
    }),
    ("template-instance-rule", |it| {
        variable(it, 2, "multi", json!(false))
    }),
    ("template-label-promql-rule", |it| {
        variable(it, 1, "query", json!({"query": "label_value(up, job)"}));
    }),
    ("template-on-time-change-reload-rule", |it| {
        variable(it, 1, "refresh", json!(1));
    }),
    ("uneditable-dashboard-rule", |it| {
        it["editable"] = json!(true)
    }),
    ("panel-datasource-rule", |it| {
        it["panels"][2]["datasource"]["uid"] = json!("prometheus");
    }),
    ("panel-title-description-rule", |it| {
        it["panels"][2]["description"] = json!("")
    }),
    ("panel-units-rule", |it| {
        it["panels"][2]["fieldConfig"]["defaults"]["unit"] = json!("c/s");
    }),
    ("panel-no-targets-rule", |it| {
        it["panels"][2]["targets"] = json!([])
    }),
    ("target-promql-rule", |it| query(it, "sum(up")),
    ("target-rate-interval-rule", |it| {
        query(it, "rate(a_total[5m])")
    }),
    ("target-job-rule", |it| {
        query(it, r#"up{instance=~"$instance"}"#)
    }),
    ("target-instance-rule", |it| query(it, r#"up{job=~"$job"}"#)),
    ("target-counter-agg-rule", |it| query(it, "sum(a_total{})")),
    ("target-histogram-rule", |it| {
        query(it, "sum(rate(a_bucket{}[$__rate_interval]))")
    }),
];

fn variable(dashboard: &mut Value, place: usize, field: &str, value: Value) {
    dashboard["templating"]["list"][place][field] = value;
}

fn query(dashboard: &mut Value, expr: &str) {
    dashboard["panels"][2]["targets"][0]["expr"] = json!(expr);
}

#[test]
fn every_rule_finds_its_fault() {
    let (file, dashboard) = dashboards().remove(0);
    let count = |dashboard: &Value, rule| {
        lint(&file, dashboard)
            .iter()
            .filter(|it| it.rule == rule)
            .count()
    };
    for (rule, spoil) in FAULTS {
        let mut spoilt = dashboard.clone();
        spoil(&mut spoilt);
        assert!(count(&spoilt, rule) > count(&dashboard, rule), "{rule}");
    }
}
