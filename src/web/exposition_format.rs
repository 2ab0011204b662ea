//! Content negotiation of the metrics: which format an `Accept` header asks for (RFC 9110 section 12.5.1).

use super::qvalue::alternatives_with_parameters;
use crate::metrics::ExpositionFormat;

/// The format with the higher weight. OpenMetrics is chosen only if it is named, in version 1.0.0 or in none: a wildcard
/// stands for the text format, which is the default. Prometheus lists what it understands and prefers OpenMetrics.
pub fn accepted(accept: &str) -> ExpositionFormat {
    let (mut openmetrics, mut text) = (0.0f32, None);
    let mut wildcard = 0.0f32;
    for (name, parameters, weight) in alternatives_with_parameters(accept) {
        let version = parameters.filter(|(key, _)| key.eq_ignore_ascii_case("version"));
        let version = version.map(|(_, value)| value.trim_matches('"')).last();
        let is_any = |names: [&str; 2]| names.iter().any(|it| name.eq_ignore_ascii_case(it));
        if name.eq_ignore_ascii_case("application/openmetrics-text") {
            if version.is_none_or(|version| version == "1.0.0") {
                openmetrics = openmetrics.max(weight);
            }
        } else if name.eq_ignore_ascii_case("text/plain") {
            if version.is_none_or(|version| version == "0.0.4") {
                text = Some(weight.max(text.unwrap_or(0.0)));
            }
        } else if is_any(["text/*", "*/*"]) {
            wildcard = wildcard.max(weight);
        }
    }
    match openmetrics > 0.0 && openmetrics >= text.unwrap_or(wildcard) {
        true => ExpositionFormat::OpenMetrics,
        false => ExpositionFormat::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn openmetrics_is_for_those_who_ask_for_it_and_do_not_prefer_the_text_format() {
        for accept in [
            // Prometheus 2.53, and 3.5.
            "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
             application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
             text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
            "application/openmetrics-text",
            "Application/OpenMetrics-Text; Version=\"1.0.0\"; charset=utf-8",
            "application/openmetrics-text, */*",
            "text/plain;q=0, application/openmetrics-text;q=0.1, */*",
        ] {
            assert_eq!(accepted(accept), ExpositionFormat::OpenMetrics, "{accept}");
        }
        for accept in [
            "",
            "*/*",
            "application/*",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/plain;version=0.0.4",
            "application/openmetrics-text;q=0",
            "application/openmetrics-text;q=0.2, text/plain;q=0.3",
            "application/openmetrics-text;q=0.2, */*;q=0.3",
            "application/openmetrics-text;version=0.0.1",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;q=x",
            // Prometheus that was told to scrape the text format.
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.4",
        ] {
            assert_eq!(accepted(accept), ExpositionFormat::Text, "{accept}");
        }
    }
}
