//! The metrics that were counted, with what is written of them.

use prometheus::proto::{Metric as ProtoMetric, MetricFamily, MetricType};
use rustc_hash::FxHashMap;

use crate::metrics::{write_bound, write_labels};

/// The name that counters end in, which OpenMetrics does not take as part of the name of the family.
const TOTAL: &str = "_total";

/// A family of metrics.
pub(super) struct Family {
    /// Its name as OpenMetrics wants it, for counters without `_total`.
    pub name: String,
    pub help: String,
    /// The upper bound of each bucket of a histogram as a label value, the last one `+Inf`; empty for a counter.
    pub bounds: Vec<String>,
    /// What sums of a histogram are divided by: they are counted as integers, so that they add up exactly.
    pub unit: f64,
}

/// A metric: one counter, or one histogram with all its buckets, sum and count.
pub(super) struct Metric {
    pub family: usize,
    /// Its labels, without braces.
    pub labels: String,
    /// Its first value; the others follow: of a histogram the count of each bucket, and then the sum.
    pub first_value: usize,
    pub values: usize,
    /// The first step in which it was counted.
    pub first_step: i64,
}

/// All metrics that were counted. Their number has the limits of `/metrics`.
#[derive(Default)]
pub(super) struct SeriesTable {
    families: Vec<Family>,
    metrics: Vec<Metric>,
    /// The index of each metric by name and labels.
    indexes: FxHashMap<String, usize>,
    values: usize,
    /// Reused for look-ups.
    key: String,
}

impl SeriesTable {
    pub(super) fn families(&self) -> &[Family] {
        &self.families
    }

    pub(super) fn metrics(&self) -> &[Metric] {
        &self.metrics
    }

    /// The number of values of all metrics.
    pub(super) fn values(&self) -> usize {
        self.values
    }

    /// The index of a metric, which is added if it is new; `step` is the current one.
    pub(super) fn find_or_add(
        &mut self,
        family: &MetricFamily,
        metric: &ProtoMetric,
        step: i64,
    ) -> usize {
        self.key.clear();
        self.key.push_str(family.name());
        self.key.push('{');
        write_labels(metric.get_label(), &mut self.key);
        if let Some(&index) = self.indexes.get(&self.key) {
            let known = &mut self.metrics[index].first_step;
            *known = step.min(*known);
            return index;
        }
        let index = self.metrics.len();
        let number = self.family(family, metric);
        let buckets = self.families[number].bounds.len();
        let values = if buckets == 0 { 1 } else { buckets + 1 };
        self.metrics.push(Metric {
            family: number,
            labels: self.key[family.name().len() + 1..].to_owned(),
            first_value: self.values,
            values,
            first_step: step,
        });
        self.values += values;
        self.indexes.insert(self.key.clone(), index);
        index
    }

    fn family(&mut self, family: &MetricFamily, metric: &ProtoMetric) -> usize {
        let name = family.name();
        let name = name.strip_suffix(TOTAL).unwrap_or(name);
        if let Some(index) = self.families.iter().position(|known| known.name == name) {
            return index;
        }
        let mut bounds = Vec::new();
        if family.get_field_type() == MetricType::HISTOGRAM {
            let buckets = metric.get_histogram().get_bucket().iter();
            for bound in buckets.map(|it| it.upper_bound()).chain([f64::INFINITY]) {
                let mut text = String::new();
                write_bound(bound, &mut text);
                bounds.push(text);
            }
        }
        self.families.push(Family {
            name: name.to_owned(),
            help: family.help().to_owned(),
            bounds,
            unit: unit(name),
        });
        self.families.len() - 1
    }
}

/// What the sums of a family are counted in: microseconds for seconds.
fn unit(family: &str) -> f64 {
    if family.ends_with("_seconds") {
        1e6
    } else {
        1.0
    }
}

/// Puts the values of a metric into `values` as integers, in the order of [`Metric::first_value`]. Returns false if
/// nothing was counted.
pub(super) fn values(family: &MetricFamily, metric: &ProtoMetric, values: &mut Vec<u64>) -> bool {
    values.clear();
    if family.get_field_type() == MetricType::COUNTER {
        values.push(metric.get_counter().get_value() as u64);
        return values[0] > 0;
    }
    let histogram = metric.get_histogram();
    let buckets = histogram.get_bucket().iter();
    values.extend(buckets.map(|bucket| bucket.cumulative_count()));
    values.push(histogram.get_sample_count());
    let sum = histogram.get_sample_sum() * unit(family.name());
    values.push(sum.round() as u64);
    histogram.get_sample_count() > 0
}
