//! Encodes metric families as OpenMetrics text 1.0: with units, times of creation and exemplars.
//!
//! It differs from the text format 0.0.4 in the name of a family of counters, which ends before `_total`; in families
//! whose names end in `_info`, which have a type of their own; in the numbers of histogram bounds; and in the last line.
//! <https://prometheus.io/docs/specs/om/open_metrics_spec/>

use std::fmt::Write as _;

use prometheus::proto::{Histogram, LabelPair, MetricFamily, MetricType};

use crate::metrics::exemplars::Exemplar;
use crate::metrics::text::{append, escape, write_number, write_series};

/// The last line of a document.
pub(crate) const EOF: &str = "# EOF\n";

/// The units that names end in.
const UNITS: [&str; 2] = ["seconds", "bytes"];

/// Families of counters that begin at zero with every start of the process; all others are kept in the state file.
const OF_THE_PROCESS: [&str; 6] = [
    "maillog_alertmanager_alerts_sent_total",
    "maillog_alertmanager_dropped_total",
    "maillog_alertmanager_errors_total",
    "maillog_http_connections_rejected_total",
    "maillog_source_refused_total",
    "process_cpu_seconds_total",
];

/// When counting began, in seconds since 1970, where it is known.
#[derive(Clone, Copy)]
pub(super) struct Beginnings {
    /// Of what is kept in the state file.
    pub counting: Option<f64>,
    /// Of the process.
    pub process: Option<f64>,
}

impl Beginnings {
    /// Neither is known.
    pub const UNKNOWN: Beginnings = Beginnings {
        counting: None,
        process: None,
    };
}

/// Writes counters, gauges and histograms. `exemplars` returns those of a family, one for each of its samples.
pub(super) fn write<'a>(
    families: &[MetricFamily],
    beginnings: Beginnings,
    exemplars: impl Fn(&str) -> Vec<Option<&'a Exemplar>>,
    text: &mut String,
) {
    for family in families
        .iter()
        .filter(|family| !family.get_metric().is_empty())
    {
        match family.get_field_type() {
            MetricType::COUNTER => {
                let exemplars = exemplars(family.name());
                write_counters(family, beginning_of(family, beginnings), &exemplars, text);
            }
            MetricType::GAUGE => write_gauges(family, text),
            MetricType::HISTOGRAM => {
                write_histograms(family, beginning_of(family, beginnings), text);
            }
            MetricType::SUMMARY | MetricType::UNTYPED => {}
        }
    }
    text.push_str(EOF);
}

fn beginning_of(family: &MetricFamily, beginnings: Beginnings) -> Option<f64> {
    match OF_THE_PROCESS.contains(&family.name()) {
        true => beginnings.process,
        false => beginnings.counting,
    }
}

/// Writes the lines that introduce a family: its type, its unit if its name ends in one, and its help.
pub(crate) fn write_header(name: &str, kind: &str, help: &str, text: &mut String) {
    append(text, &["# TYPE ", name, " ", kind, "\n"]);
    let has_unit = |unit: &&&str| {
        name.strip_suffix(**unit)
            .is_some_and(|it| it.ends_with('_'))
    };
    if let Some(unit) = UNITS.iter().find(has_unit) {
        append(text, &["# UNIT ", name, " ", unit, "\n"]);
    }
    if !help.is_empty() {
        append(text, &["# HELP ", name, " "]);
        escape(help, true, text);
        text.push('\n');
    }
}

fn write_counters(
    family: &MetricFamily,
    begun: Option<f64>,
    exemplars: &[Option<&Exemplar>],
    text: &mut String,
) {
    let name = family.name();
    let name = name.strip_suffix("_total").unwrap_or(name);
    write_header(name, "counter", family.help(), text);
    for (at, metric) in family.get_metric().iter().enumerate() {
        let labels = metric.get_label();
        write_series(&[name, "_total"], labels, None, write_bound, text);
        write_value(metric.get_counter().get_value(), text);
        if let Some(exemplar) = exemplars.get(at).copied().flatten() {
            write_exemplar(exemplar, text);
        }
        text.push('\n');
        write_created(name, labels, begun, text);
    }
}

fn write_gauges(family: &MetricFamily, text: &mut String) {
    let name = family.name();
    match name.strip_suffix("_info") {
        Some(base) => write_header(base, "info", family.help(), text),
        None => write_header(name, "gauge", family.help(), text),
    }
    for metric in family.get_metric() {
        write_series(&[name], metric.get_label(), None, write_bound, text);
        write_value(metric.get_gauge().get_value(), text);
        text.push('\n');
    }
}

fn write_histograms(family: &MetricFamily, begun: Option<f64>, text: &mut String) {
    let name = family.name();
    write_header(name, "histogram", family.help(), text);
    for metric in family.get_metric() {
        let (labels, histogram) = (metric.get_label(), metric.get_histogram());
        write_buckets(name, labels, histogram, text);
        write_series(&[name, "_sum"], labels, None, write_bound, text);
        write_value(histogram.get_sample_sum(), text);
        text.push('\n');
        write_series(&[name, "_count"], labels, None, write_bound, text);
        write_value(histogram.get_sample_count() as f64, text);
        text.push('\n');
        write_created(name, labels, begun, text);
    }
}

fn write_buckets(name: &str, labels: &[LabelPair], histogram: &Histogram, text: &mut String) {
    let buckets = histogram.get_bucket().iter();
    let buckets = buckets.map(|bucket| (bucket.upper_bound(), bucket.cumulative_count()));
    for (bound, count) in buckets.chain([(f64::INFINITY, histogram.get_sample_count())]) {
        write_series(&[name, "_bucket"], labels, Some(bound), write_bound, text);
        write_value(count as f64, text);
        text.push('\n');
    }
}

fn write_created(name: &str, labels: &[LabelPair], begun: Option<f64>, text: &mut String) {
    if let Some(begun) = begun {
        write_series(&[name, "_created"], labels, None, write_bound, text);
        write_value(begun, text);
        text.push('\n');
    }
}

fn write_exemplar(exemplar: &Exemplar, text: &mut String) {
    let Some(queue_id) = exemplar.queue_id() else {
        return;
    };
    text.push_str(" # {queue_id=\"");
    escape(queue_id, true, text);
    text.push_str("\"} ");
    write_value(f64::from(exemplar.value), text);
    let time = exemplar.time;
    // Writing to a string cannot fail.
    let _ = match time.nanos {
        0 => write!(text, " {}", time.seconds),
        nanos => write!(text, " {}.{nanos:09}", time.seconds),
    };
}

/// Writes a value.
fn write_value(value: f64, text: &mut String) {
    match value {
        f64::INFINITY => text.push_str("+Inf"),
        f64::NEG_INFINITY => text.push_str("-Inf"),
        value => write_number(value, text),
    }
}

/// Writes the upper bound of a histogram bucket, the value of its label `le`, in the form that OpenMetrics requires of
/// common numbers, and Prometheus 3 makes of all: `10.0`, `0.01`, `1.048576e+06`.
pub(crate) fn write_bound(bound: f64, text: &mut String) {
    if bound.is_infinite() || bound == 0.0 {
        return match bound {
            0.0 => text.push_str("0.0"),
            bound => write_value(bound, text),
        };
    }
    let scientific = format!("{bound:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    // Writing to a string cannot fail.
    let _ = match exponent {
        -4..=5 => {
            let point = if bound.fract() == 0.0 { ".0" } else { "" };
            write!(text, "{bound}{point}")
        }
        _ => {
            let sign = if exponent < 0 { '-' } else { '+' };
            write!(text, "{digits}e{sign}{:02}", exponent.abs())
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::family::PreviousFamilies;
    use crate::metrics::histogram::Histogram as Counts;

    fn bound(value: f64) -> String {
        let mut text = String::new();
        write_bound(value, &mut text);
        text
    }

    #[test]
    fn bounds_are_canonical_numbers() {
        for (value, expected) in [
            (0.0, "0.0"),
            (0.01, "0.01"),
            (0.0001, "0.0001"),
            (0.000_025, "2.5e-05"),
            (1.0, "1.0"),
            (1024.0, "1024.0"),
            (432_000.0, "432000.0"),
            (1_048_576.0, "1.048576e+06"),
            (1e10, "1e+10"),
            (f64::INFINITY, "+Inf"),
        ] {
            assert_eq!(bound(value), expected);
        }
    }

    #[test]
    fn families_have_units_types_and_times_of_creation() {
        let previous = PreviousFamilies::default();
        let mut counter = previous.counter("a_bytes_total", "With \"quotes\".");
        counter.count(&[("x", "y")], 3);
        let mut rejected = previous.counter("maillog_http_connections_rejected_total", "");
        rejected.count(&[], 0);
        let mut info = previous.gauge("b_info", "Always 1.");
        info.set(&[("version", "1")], 1.0);
        let mut gauge = previous.gauge("c", "");
        gauge.set(&[], f64::INFINITY);
        let mut counts = Counts::new(&[2_000_000]);
        counts.observe(1_500_000, 1);
        let mut histogram = previous.histogram("d_seconds", "");
        histogram.histogram(&[("x", "")], &counts, 1e6);
        let families = [
            counter.finish(),
            rejected.finish(),
            info.finish(),
            gauge.finish(),
            histogram.finish(),
        ];
        let beginnings = Beginnings {
            counting: Some(5.0),
            process: None,
        };
        let mut text = String::new();
        write(&families, beginnings, |_| Vec::new(), &mut text);
        let expected = "\
# TYPE a_bytes counter
# UNIT a_bytes bytes
# HELP a_bytes With \\\"quotes\\\".
a_bytes_total{x=\"y\"} 3
a_bytes_created{x=\"y\"} 5
# TYPE maillog_http_connections_rejected counter
maillog_http_connections_rejected_total 0
# TYPE b info
# HELP b Always 1.
b_info{version=\"1\"} 1
# TYPE c gauge
c +Inf
# TYPE d_seconds histogram
# UNIT d_seconds seconds
d_seconds_bucket{x=\"\",le=\"2.0\"} 1
d_seconds_bucket{x=\"\",le=\"+Inf\"} 1
d_seconds_sum{x=\"\"} 1.5
d_seconds_count{x=\"\"} 1
d_seconds_created{x=\"\"} 5
# EOF
";
        assert_eq!(text, expected);
    }
}
