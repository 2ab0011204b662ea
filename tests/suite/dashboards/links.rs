//! The links of values: to the exporter's pages, to other dashboards, and to log lines.

use std::collections::BTreeSet;

use serde_json::Value;

use super::design::overrides;
use super::{list, panels, text};

/// The links of a value, if it has some.
fn links(value: &Value) -> Vec<&str> {
    value.as_array().map_or_else(Vec::new, |all| {
        all.iter().map(|it| text(it, "url")).collect()
    })
}

#[test]
fn codes_providers_reasons_and_alerts_have_links() {
    let columns = [
        ("Provider", "/providers/${__value.raw}"),
        ("Code", "/codes/${__value.raw}"),
        ("Reason", "/codes/${__value.raw}"),
        ("Alert", "/alerts/${__value.raw}"),
    ];
    let legends = [
        ("{{provider}}", "/providers/${__field.labels.provider}"),
        ("{{code}}", "/codes/${__field.labels.code}"),
    ];
    let mut seen = BTreeSet::new();
    let mut check = |name: &str, what: &'static str, urls: &[&str], path: &str| {
        let page = format!("${{scheme}}://${{exporter}}{path}");
        assert!(urls.contains(&page.as_str()), "{name}: {what}: {urls:?}");
        let is_log = |url: &&str| {
            url.starts_with("/explore?") && url.contains("${log_selector:percentencode}")
        };
        assert!(urls.iter().any(is_log), "{name}: {what}: {urls:?}");
        seen.insert(what);
    };
    for (name, panel) in panels() {
        for (column, properties) in overrides(&panel) {
            // Column `Code` of the table of meanings has sentences.
            let is_value = !properties.contains_key("mappings");
            if let Some((what, path)) = columns.iter().find(|(it, _)| *it == column && is_value) {
                let urls = properties
                    .get("links")
                    .map_or_else(Vec::new, |it| links(it));
                if name.contains("Meaning and remedy") {
                    continue;
                }
                check(&name, what, &urls, path);
            }
        }
        for target in list(&panel, "targets") {
            if let Some((what, path)) = legends
                .iter()
                .find(|(it, _)| *it == text(target, "legendFormat"))
            {
                check(
                    &name,
                    what,
                    &links(&panel["fieldConfig"]["defaults"]["links"]),
                    path,
                );
            }
        }
    }
    assert_eq!(seen.len(), columns.len() + legends.len(), "{seen:?}");
}

/// All links of a panel: of its values, and of its columns.
fn all_links(panel: &Value) -> Vec<String> {
    let columns = overrides(panel)
        .into_iter()
        .filter_map(|(_, mut properties)| properties.remove("links"));
    [&panel["fieldConfig"]["defaults"]["links"]]
        .into_iter()
        .chain(columns)
        .flat_map(links)
        .map(str::to_owned)
        .collect()
}

#[test]
fn links_to_dashboards_set_each_variable_once() {
    let mut seen = 0;
    for (name, panel) in panels() {
        for url in all_links(&panel)
            .iter()
            .filter(|url| url.starts_with("/d/"))
        {
            seen += 1;
            let (_, parameters) = url.split_once('?').expect("parameters");
            let mut set = BTreeSet::new();
            for parameter in parameters.split('&') {
                let variable = match parameter.strip_prefix("var-") {
                    Some(rest) => rest.split('=').next().unwrap_or_default(),
                    None => parameter
                        .trim_start_matches("${")
                        .split([':', '}'])
                        .next()
                        .unwrap_or_default(),
                };
                assert!(set.insert(variable), "{name}: {variable} twice in {url}");
            }
            assert!(set.contains("__url_time_range"), "{name}: {url}");
            assert!(
                set.contains("job") && set.contains("instance"),
                "{name}: {url}"
            );
        }
    }
    assert!(seen > 10, "{seen}");
}

/// The families whose series have exemplars.
const WITH_EXEMPLARS: [&str; 4] = [
    "maillog_codes_total",
    "maillog_provider_codes_total",
    "maillog_provider_conditions_total",
    "maillog_provider_deliveries_total",
];

#[test]
fn exemplars_lead_to_the_log_lines_of_their_queue_id() {
    let mut seen = BTreeSet::new();
    for (name, panel) in panels() {
        let targets = list(&panel, "targets");
        let with_exemplars = targets.iter().filter(|it| it["exemplar"] == true);
        if with_exemplars.clone().count() == 0 {
            continue;
        }
        assert_eq!(
            panel["type"], "timeseries",
            "{name}: only they show exemplars"
        );
        for target in with_exemplars {
            let expr = text(target, "expr");
            let families = expr.split("maillog_").skip(1);
            for family in families.map(|rest| rest.split(['{', '[']).next().unwrap_or_default()) {
                let family = format!("maillog_{family}");
                assert!(
                    WITH_EXEMPLARS.contains(&family.as_str()),
                    "{name}: {family}"
                );
                seen.insert(family);
            }
        }
        let rules = overrides(&panel);
        let (_, properties) = rules
            .iter()
            .find(|(it, _)| *it == "queue_id")
            .expect("links");
        let urls = links(properties["links"]);
        assert_eq!(urls.len(), 1, "{name}");
        // The pattern \b${__value.raw}\b, encoded but for the variable.
        let pattern = "%60%5C%5Cb${__value.raw}%5C%5Cb%60";
        assert!(
            urls[0].starts_with("/explore?") && urls[0].contains(pattern),
            "{name}: {}",
            urls[0]
        );
    }
    assert_eq!(seen.len(), WITH_EXEMPLARS.len(), "{seen:?}");
}
