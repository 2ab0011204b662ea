//! Encodes metric families in the text format 0.0.4 of Prometheus, byte for byte as `prometheus::TextEncoder` does.
//!
//! That encoder allocates a string for every number and makes a virtual call for every part, which took most of the
//! time of a scrape with thousands of series.

use std::fmt::Write as _;

use prometheus::proto::{LabelPair, MetricFamily, MetricType};

/// 2^53: above it, not every integer can be represented as `f64`.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

/// Writes counters, gauges and histograms. Families without samples, and of other types, are skipped.
pub(super) fn write(families: &[MetricFamily], text: &mut String) {
    for family in families
        .iter()
        .filter(|family| !family.get_metric().is_empty())
    {
        let name = family.name();
        let kind = match family.get_field_type() {
            MetricType::COUNTER => "counter",
            MetricType::GAUGE => "gauge",
            MetricType::HISTOGRAM => "histogram",
            MetricType::SUMMARY | MetricType::UNTYPED => continue,
        };
        if !family.help().is_empty() {
            append(text, &["# HELP ", name, " "]);
            escape(family.help(), false, text);
            text.push('\n');
        }
        append(text, &["# TYPE ", name, " ", kind, "\n"]);
        for metric in family.get_metric() {
            let labels = metric.get_label();
            match family.get_field_type() {
                MetricType::COUNTER => {
                    sample(
                        text,
                        &[name],
                        labels,
                        None,
                        metric.get_counter().get_value(),
                    );
                }
                MetricType::GAUGE => {
                    sample(text, &[name], labels, None, metric.get_gauge().get_value());
                }
                _ => {
                    let histogram = metric.get_histogram();
                    let count = histogram.get_sample_count() as f64;
                    let parts = [name, "_bucket"];
                    for bucket in histogram.get_bucket() {
                        let bound = Some(bucket.upper_bound());
                        sample(
                            text,
                            &parts,
                            labels,
                            bound,
                            bucket.cumulative_count() as f64,
                        );
                    }
                    sample(text, &parts, labels, Some(f64::INFINITY), count);
                    let sum = histogram.get_sample_sum();
                    sample(text, &[name, "_sum"], labels, None, sum);
                    sample(text, &[name, "_count"], labels, None, count);
                }
            }
        }
    }
}

/// Writes one sample; `bound` is the upper bound of a histogram bucket.
fn sample(text: &mut String, name: &[&str], labels: &[LabelPair], bound: Option<f64>, value: f64) {
    write_series(name, labels, bound, write_bound, text);
    write_number(value, text);
    text.push('\n');
}

/// Writes name and labels of a sample, and a space. `bound` is the upper bound of a histogram bucket, the value of its label
/// `le`, and `write_bound` writes it.
pub(super) fn write_series(
    name: &[&str],
    labels: &[LabelPair],
    bound: Option<f64>,
    write_bound: impl Fn(f64, &mut String),
    text: &mut String,
) {
    append(text, name);
    if !labels.is_empty() || bound.is_some() {
        text.push('{');
        write_labels(labels, text);
        if let Some(bound) = bound {
            append(text, &[if labels.is_empty() { "" } else { "," }, "le=\""]);
            write_bound(bound, text);
            text.push('"');
        }
        text.push('}');
    }
    text.push(' ');
}

/// Writes labels without braces: `direction="outbound",code="421"`.
pub(crate) fn write_labels(labels: &[LabelPair], text: &mut String) {
    let mut separator = "";
    for label in labels {
        append(text, &[separator, label.name(), "=\""]);
        escape(label.value(), true, text);
        text.push('"');
        separator = ",";
    }
}

/// Writes the upper bound of a histogram bucket, the value of its label `le`.
fn write_bound(bound: f64, text: &mut String) {
    match bound == f64::INFINITY {
        true => text.push_str("+Inf"),
        false => write_number(bound, text),
    }
}

pub(super) fn append(text: &mut String, parts: &[&str]) {
    for part in parts {
        text.push_str(part);
    }
}

/// Writes a value.
pub(crate) fn write_number(value: f64, text: &mut String) {
    // Nearly all values are integers, which are formatted faster.
    if value.is_sign_positive() && value < MAX_EXACT && value.fract() == 0.0 {
        text.push_str(itoa::Buffer::new().format(value as u64));
    } else {
        // Writing to a string cannot fail.
        let _ = write!(text, "{value}");
    }
}

/// Writes a text with backslashes and newlines escaped, and double quotes if `quotes`.
pub(super) fn escape(value: &str, quotes: bool, text: &mut String) {
    if !value
        .bytes()
        .any(|byte| matches!(byte, b'\\' | b'\n' | b'"'))
    {
        text.push_str(value);
        return;
    }
    for character in value.chars() {
        match character {
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '"' if quotes => text.push_str("\\\""),
            character => text.push(character),
        }
    }
}

#[cfg(test)]
mod tests {
    use prometheus::TextEncoder;

    use super::*;
    use crate::metrics::family::PreviousFamilies;
    use crate::metrics::histogram::Histogram;

    #[test]
    fn output_equals_that_of_the_library_encoder() {
        let previous = PreviousFamilies::default();
        let mut gauge = previous.gauge("a", "With \\ and \"quotes\"\nand lines.");
        for value in [
            0.0,
            -0.0,
            0.1,
            -3.0,
            1e300,
            MAX_EXACT,
            f64::NAN,
            f64::INFINITY,
        ] {
            gauge.set(&[("x", "\\ \" \n é"), ("y", "")], value);
        }
        let mut counter = previous.counter("b", "");
        counter.count(&[], 0);
        for value in [1 << 53, (1 << 53) - 1, u64::MAX] {
            counter.count(&[("x", "y")], value);
        }
        let mut counts = Histogram::new(&[10, 25_000_000]);
        for value in [1, 11, 1 << 40] {
            counts.observe(value, 1);
        }
        let mut histogram = previous.histogram("c", "Sizes.");
        histogram.histogram(&[], &counts, 1.0);
        histogram.histogram(&[("x", "y")], &counts, 1e6);
        let families = [gauge.finish(), counter.finish(), histogram.finish()];
        let mut text = String::new();
        write(&families, &mut text);
        let expected = TextEncoder::new().encode_to_string(&families);
        assert_eq!(text, expected.expect("families with names and samples"));
    }
}
