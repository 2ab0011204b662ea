//! The look of the panels: units, titles, colours, legends, limits, and the order of the overview.

use std::collections::{BTreeMap, BTreeSet};

use maillog_exporter::catalog::Catalog;
use serde_json::{Value, json};

use super::{dashboards, list, panels, text};

const PER_MINUTE: &str = "suffix:/min";

fn unit(panel: &Value) -> &str {
    text(&panel["fieldConfig"]["defaults"], "unit")
}

/// All overrides: the name or pattern, and the properties by their ids.
pub fn overrides(panel: &Value) -> Vec<(&str, BTreeMap<&str, &Value>)> {
    list(&panel["fieldConfig"], "overrides")
        .iter()
        .map(|rule| {
            let properties = list(rule, "properties").iter();
            (
                text(&rule["matcher"], "options"),
                properties
                    .map(|it| (text(it, "id"), &it["value"]))
                    .collect(),
            )
        })
        .collect()
}

#[test]
fn rates_are_per_minute() {
    for (name, panel) in panels() {
        for target in list(&panel, "targets") {
            let expr = text(target, "expr");
            if unit(&panel) == PER_MINUTE {
                assert!(expr.starts_with("60 * "), "{name}: {expr}");
            } else if expr.contains("rate(") {
                // Shares, quantiles and means are no rates.
                let column = text(&panel, "type") == "table" && expr.starts_with("60 * ");
                let titled = name.contains("per minute") && expr.starts_with("60 * ");
                let quotient = expr.contains("\n/\n") || unit(&panel) == "percentunit";
                assert!(
                    column || titled || quotient || expr.contains("histogram_quantile("),
                    "{name}: per second: {expr}"
                );
            }
        }
    }
}

#[test]
fn titles_name_the_unit() {
    let said: [(&str, &[&str]); 4] = [
        (PER_MINUTE, &["per minute"]),
        ("percentunit", &["share"]),
        ("bytes", &["bytes"]),
        ("s", &["age", "seconds"]),
    ];
    for (name, panel) in panels().iter().filter(|(_, it)| it["type"] == "timeseries") {
        let title = text(panel, "title").to_lowercase();
        let words = said.iter().find(|(it, _)| *it == unit(panel));
        if let Some((_, words)) = words {
            assert!(words.iter().any(|word| title.contains(word)), "{name}");
        }
    }
}

#[test]
fn titles_fit_at_1280_pixels() {
    // Columns of the grid and characters of the title beside the icon of the description.
    let widths = [(4, 20), (6, 33), (12, 62), (24, 120)];
    for (name, panel) in panels() {
        let width = panel["gridPos"]["w"].as_u64().expect("a number");
        let (_, most) = widths
            .iter()
            .find(|(it, _)| *it == width)
            .unwrap_or_else(|| panic!("{name}: another width"));
        let title = text(&panel, "title").replace("$code", "421");
        assert!(
            title.chars().count() <= *most,
            "{name}: {}",
            title.chars().count()
        );
    }
}

#[test]
fn legends_are_tables_sorted_by_the_last_value() {
    for (name, panel) in panels().iter().filter(|(_, it)| it["type"] == "timeseries") {
        let legend = &panel["options"]["legend"];
        let expected = json!({
            "calcs": ["lastNotNull", "max"],
            "displayMode": "table",
            "placement": "right",
            "showLegend": true,
            "sortBy": "Last *",
            "sortDesc": true,
        });
        assert_eq!(*legend, expected, "{name}");
        let custom = &panel["fieldConfig"]["defaults"]["custom"];
        assert_eq!(
            custom["spanNulls"], false,
            "{name}: missing values are gaps"
        );
    }
}

#[test]
fn limits_of_time_series_are_dashed_lines() {
    let mut drawn = 0;
    for (name, panel) in panels().iter().filter(|(_, it)| it["type"] == "timeseries") {
        let defaults = &panel["fieldConfig"]["defaults"];
        let steps = list(&defaults["thresholds"], "steps");
        let style = &defaults["custom"]["thresholdsStyle"]["mode"];
        assert_eq!(steps.len() > 1, style == "dashed", "{name}");
        if steps.len() > 1 {
            drawn += 1;
            assert_eq!(steps[0]["color"], "transparent", "{name}");
        }
    }
    assert!(drawn >= 5, "{drawn}");
}

/// The fixed colours by name or pattern, which must be the same in all panels.
fn colors() -> BTreeMap<String, String> {
    let mut colors: BTreeMap<String, String> = BTreeMap::new();
    for (name, panel) in panels() {
        for (pattern, properties) in overrides(&panel) {
            let Some(color) = properties.get("color") else {
                continue;
            };
            let color = text(color, "fixedColor");
            let before = colors.insert(pattern.to_owned(), color.to_owned());
            assert!(before.is_none_or(|it| it == color), "{name}: {pattern}");
        }
    }
    colors
}

#[test]
fn a_code_class_has_one_colour_and_421_and_550_differ() {
    let colors = colors();
    let expected = [
        ("/2xx$/", "#3c8478"),
        ("/4xx$/", "#eda33b"),
        ("/5xx$/", "#e25c84"),
        ("/failed connections$/", "#a2a6ea"),
        ("/sent$/", "#3c8478"),
        ("/deferred$/", "#eda33b"),
        ("/bounced$/", "#e25c84"),
        ("421", "#eda33b"),
        ("550", "#e25c84"),
        ("/^1/", "#a2a6ea"),
    ];
    for (name, color) in expected {
        assert_eq!(colors[name], color, "{name}");
    }
    let codes = colors
        .iter()
        .filter(|(name, _)| name.len() == 3 && name.bytes().all(|it| it.is_ascii_digit()));
    let distinct: BTreeSet<_> = codes.clone().map(|(_, color)| color).collect();
    assert_eq!(distinct.len(), codes.count());
}

/// Hue in degrees, or none for greys.
fn hue(color: &str) -> Option<f64> {
    let part = |at| f64::from(u8::from_str_radix(&color[at..at + 2], 16).expect("hexadecimal"));
    let (red, green, blue) = (part(1), part(3), part(5));
    let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
    if most - least < 40.0 {
        return None;
    }
    let sector = if most <= red {
        (green - blue) / (most - least)
    } else if most <= green {
        2.0 + (blue - red) / (most - least)
    } else {
        4.0 + (red - green) / (most - least)
    };
    Some((60.0 * sector).rem_euclid(360.0))
}

#[test]
fn providers_have_fixed_colours_neither_green_nor_red() {
    let names: Vec<_> = Catalog::embedded()
        .providers()
        .iter()
        .map(|it| it.name.clone())
        .collect();
    let groups: Vec<_> = colors()
        .into_iter()
        .filter(|(pattern, _)| pattern.ends_with(")( usual)?$/"))
        .collect();
    for name in &names {
        let found = groups.iter().filter(|(pattern, _)| {
            let list = pattern
                .trim_start_matches("/^(")
                .trim_end_matches(")( usual)?$/");
            list.split('|').any(|it| it == name)
        });
        assert_eq!(found.count(), 1, "{name}");
    }
    for (_, color) in &groups {
        let is_signal = hue(color)
            .is_some_and(|it| !(25.0..335.0).contains(&it) || (70.0..170.0).contains(&it));
        assert!(!is_signal, "{color} is green or red");
    }
    let mut seen = 0;
    for (name, panel) in panels() {
        let by_provider = list(&panel, "targets")
            .iter()
            .any(|it| text(it, "legendFormat") == "{{provider}}");
        if by_provider && panel["type"] == "timeseries" {
            seen += 1;
            let rules = overrides(&panel);
            let colored = rules.iter().filter(|(it, _)| it.ends_with(")( usual)?$/"));
            assert_eq!(colored.count(), groups.len(), "{name}");
        }
    }
    assert!(seen >= 6, "{seen}");
}

#[test]
fn one_heatmap_is_left() {
    let kinds: Vec<_> = panels()
        .iter()
        .map(|(_, it)| text(it, "type").to_owned())
        .collect();
    assert_eq!(kinds.iter().filter(|it| *it == "heatmap").count(), 1);
    let known = ["timeseries", "stat", "table", "heatmap"];
    assert!(
        kinds.iter().all(|it| known.contains(&it.as_str())),
        "{kinds:?}"
    );
}

#[test]
fn overview_answers_host_provider_and_queue_first() {
    let (_, overview) = dashboards().remove(0);
    let titles: Vec<_> = list(&overview, "panels")
        .iter()
        .map(|it| text(it, "title"))
        .collect();
    let expected = [
        "Alerts firing",
        "Delivered per minute",
        "Delivered share",
        "Worst provider",
        "Queued messages",
        "Oldest in queue",
        "Failing share by provider",
        "Alerts firing by cause",
        "Queued messages by host",
        "Age of the oldest queued message by host",
        "Hosts: deliveries per minute, shares and queues",
        "Reply codes",
    ];
    assert_eq!(titles[..expected.len()], expected);
}

#[test]
fn greylisting_and_recipients_do_not_count_as_failing() {
    let mut seen = 0;
    for (name, panel) in panels() {
        for target in list(&panel, "targets") {
            let expr = text(target, "expr");
            if text(&panel, "title").starts_with("Failing share") && expr.contains("rate(") {
                seen += 1;
                let failing = r#"status!="sent",cause!~"recipient|greylisting""#;
                assert!(expr.contains(failing), "{name}: {expr}");
            }
        }
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn alerts_and_restarts_are_annotated() {
    for (file, dashboard) in dashboards() {
        let annotations = list(&dashboard["annotations"], "list");
        let exprs: Vec<_> = annotations.iter().map(|it| text(it, "expr")).collect();
        let [alerts, restarts] = exprs[..] else {
            panic!("{file}: {exprs:?}");
        };
        assert!(
            alerts.contains(r#"ALERTS{alertname=~"Maillog.*""#),
            "{file}"
        );
        assert!(alerts.contains(r#"alertstate="firing""#), "{file}");
        assert!(
            restarts.contains("changes(process_start_time_seconds{"),
            "{file}"
        );
        for annotation in annotations {
            assert_eq!(annotation["enable"], true, "{file}");
            assert_eq!(
                annotation["datasource"]["uid"], "${prometheus_datasource}",
                "{file}"
            );
        }
    }
}
