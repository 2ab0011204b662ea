//! Links of values in panels: to the pages of the exporter, to other dashboards, and to the log lines in Loki.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::variables::{EXPORTER, LOG_SELECTOR, LOKI, PASSED_ON, SCHEME};

/// A link in a menu of its own; opens a new tab unless it leads to another dashboard.
fn link(title: &str, url: String) -> Value {
    let outside = !url.starts_with("/d/");
    json!({"title": title, "url": url, "targetBlank": outside})
}

/// A page of the exporter selected by the variable.
pub fn page(title: &str, path: &str) -> Value {
    link(title, format!("${{{SCHEME}}}://${{{EXPORTER}}}{path}"))
}

/// A page of the exporter whose address is in the cell.
pub fn page_of_cell(title: &str, path: &str) -> Value {
    link(title, format!("${{{SCHEME}}}://${{__value.raw}}{path}"))
}

/// A page of the exporter whose address is the label `instance`.
pub fn page_of_label(title: &str, path: &str) -> Value {
    link(
        title,
        format!("${{{SCHEME}}}://${{__field.labels.instance}}{path}"),
    )
}

/// Another dashboard with the same selection and time range, and one variable set.
pub fn dashboard(title: &str, name: &str, variable: &str, value: &str) -> Value {
    let mut url = format!("/d/maillog-{name}?${{__url_time_range}}");
    // A variable that is set twice would have both values.
    for kept in PASSED_ON.iter().filter(|it| **it != variable) {
        let _ = write!(url, "&${{{kept}:queryparam}}");
    }
    let _ = write!(url, "&var-{variable}={value}");
    link(title, url)
}

/// The log lines that match a regular expression, in Explore, for the time range of the dashboard. The expression may
/// contain variables; it is quoted with backticks, because it is inside a JSON string.
pub fn logs(title: &str, pattern: &str) -> Value {
    let source = format!("${{{LOKI}}}");
    let expr = format!("${{{LOG_SELECTOR}}} |~ `{pattern}`");
    let panes = json!({"log": {
        "datasource": source,
        "queries": [{
            "refId": "A",
            "datasource": {"type": "loki", "uid": source},
            "expr": expr,
            "queryType": "range",
        }],
        "range": {"from": "${__from}", "to": "${__to}"},
    }});
    link(
        title,
        format!(
            "/explore?schemaVersion=1&panes={}",
            encoded(&panes.to_string())
        ),
    )
}

/// Percent-encodes everything but variables. Grafana inserts their values as they are, unless told otherwise; only the
/// selector has characters that need it.
fn encoded(text: &str) -> String {
    let mut url = String::with_capacity(3 * text.len());
    let mut rest = text;
    while let Some(open) = rest.find("${") {
        encode(&rest[..open], &mut url);
        let end = rest[open..]
            .find('}')
            .map_or(rest.len(), |length| open + length);
        let name = &rest[open + 2..end];
        let format = if name == LOG_SELECTOR {
            ":percentencode"
        } else {
            ""
        };
        let _ = write!(url, "${{{name}{format}}}");
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    encode(rest, &mut url);
    url
}

fn encode(text: &str, url: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                url.push(char::from(byte))
            }
            _ => {
                let _ = write!(url, "%{byte:02X}");
            }
        }
    }
}

/// Lines with a 4xx or 5xx reply.
const FAILURES: &str = r"\b[45][0-9][0-9][ -]";

/// The links of a code, except to its dashboard.
pub fn pages_of_code(code: &str) -> Vec<Value> {
    vec![
        page(
            &format!("{code}: meaning, cause and remedy"),
            &format!("/codes/{code}"),
        ),
        logs(&format!("Log lines with {code}"), &format!(r"\b{code}[ -]")),
    ]
}

/// The links of a code.
pub fn of_code(code: &str) -> Value {
    let mut links = vec![dashboard(
        &format!("Dashboard of {code}"),
        "codes",
        "code",
        code,
    )];
    links.extend(pages_of_code(code));
    links.into()
}

/// The links of a failed connection, whose code is not in the log.
pub fn of_connection(code: &str) -> Value {
    json!([
        dashboard(&format!("Dashboard of {code}"), "codes", "code", code),
        page(
            &format!("{code}: meaning, cause and remedy"),
            &format!("/codes/{code}")
        ),
        logs(
            "Log lines of failed connections",
            "(?i)refused|timed out|unreachable|no route|not found"
        ),
    ])
}

/// The link of a queue id, which exemplars have.
pub fn of_queue_id(queue_id: &str) -> Value {
    json!([logs(
        "Log lines of this message",
        &format!(r"\b{queue_id}\b")
    )])
}

/// The links of a provider.
pub fn of_provider(provider: &str) -> Value {
    json!([
        dashboard(
            &format!("Dashboard of {provider}"),
            "providers",
            "provider",
            provider
        ),
        page(
            &format!("{provider}: replies, words and contacts"),
            &format!("/providers/{provider}")
        ),
        logs("Log lines with 4xx and 5xx replies", FAILURES),
    ])
}

/// The links of a condition.
pub fn of_condition(condition: &str) -> Value {
    json!([
        page(
            &format!("{condition}: meaning, cause and remedy"),
            &format!("/codes/{condition}")
        ),
        logs("Log lines with 4xx and 5xx replies", FAILURES),
    ])
}

/// The links of an alert.
pub fn of_alert(alert: &str) -> Value {
    json!([
        page(
            &format!("{alert}: cause and remedy"),
            &format!("/alerts/{alert}")
        ),
        logs("Log lines with 4xx and 5xx replies", FAILURES),
    ])
}

/// The links of the name of an exporter in a cell.
pub fn of_instance() -> Value {
    json!([
        page_of_cell("Status page of this exporter", "/"),
        dashboard(
            "Providers of this exporter",
            "providers",
            "instance",
            "${__value.raw}"
        ),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_logs_are_encoded_around_the_variables() {
        let link = logs("x", r"\b${__field.labels.code}[ -]");
        let url = link["url"].as_str().expect("a url");
        assert!(url.contains("%22${loki_datasource}%22"), "{url}");
        assert!(
            url.contains("%60%5C%5Cb${__field.labels.code}%5B%20-%5D%60"),
            "{url}"
        );
        assert!(!url.contains(['"', ' ', '`', '|']), "{url}");
    }
}
