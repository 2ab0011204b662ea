//! Builds metric families, and reuses those of the previous scrape: names and labels rarely change between scrapes,
//! and allocating their strings is most of the work of a scrape.

use std::sync::{Mutex, PoisonError};

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram as ProtoHistogram, LabelPair, Metric, MetricFamily,
    MetricType,
};

use crate::metrics::histogram::Histogram;

/// The families of the previous scrape, for reuse. They affect only the cost of a scrape, not its result.
#[derive(Default)]
pub(super) struct PreviousFamilies(Mutex<Vec<MetricFamily>>);

impl PreviousFamilies {
    pub(super) fn new(families: Vec<MetricFamily>) -> Self {
        PreviousFamilies(Mutex::new(families))
    }

    pub(super) fn counter(&self, name: &str, help: &str) -> FamilyBuilder {
        self.family(name, MetricType::COUNTER, help)
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> FamilyBuilder {
        self.family(name, MetricType::GAUGE, help)
    }

    pub(super) fn histogram(&self, name: &str, help: &str) -> FamilyBuilder {
        self.family(name, MetricType::HISTOGRAM, help)
    }

    fn family(&self, name: &str, kind: MetricType, help: &str) -> FamilyBuilder {
        let mut families = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = families
            .iter()
            .position(|family| family.name() == name && family.get_field_type() == kind);
        let mut family = known.map_or_else(
            || {
                let mut family = MetricFamily::default();
                family.set_name(name.to_owned());
                family.set_help(help.to_owned());
                family.set_field_type(kind);
                family
            },
            |at| families.swap_remove(at),
        );
        let previous = std::mem::take(family.mut_metric());
        FamilyBuilder {
            family,
            metrics: Vec::with_capacity(previous.len()),
            previous: previous.into_iter(),
        }
    }
}

/// Builds one family, sample by sample.
pub(super) struct FamilyBuilder {
    family: MetricFamily,
    metrics: Vec<Metric>,
    /// The remaining samples of the previous scrape.
    previous: std::vec::IntoIter<Metric>,
}

impl FamilyBuilder {
    /// Adds a counter sample.
    pub(super) fn count(&mut self, labels: &[(&str, &str)], value: u64) {
        let mut counter = Counter::default();
        counter.set_value(value as f64);
        self.metric(labels).set_counter(counter);
    }

    /// Adds a gauge sample.
    pub(super) fn set(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        self.metric(labels).set_gauge(gauge);
    }

    /// Adds a histogram sample; its integer values are divided by `unit`.
    pub(super) fn histogram(&mut self, labels: &[(&str, &str)], histogram: &Histogram, unit: f64) {
        let mut proto = ProtoHistogram::default();
        proto.set_sample_count(histogram.count());
        proto.set_sample_sum(histogram.sum() as f64 / unit);
        proto.set_bucket(
            histogram
                .cumulative()
                .map(|(bound, count)| {
                    let mut bucket = Bucket::default();
                    bucket.set_upper_bound(bound as f64 / unit);
                    bucket.set_cumulative_count(count);
                    bucket
                })
                .collect(),
        );
        self.metric(labels).set_histogram(proto);
    }

    /// The sample with these labels, reused from the previous scrape if it is the next one there. It is, unless a
    /// series was added or removed at this position.
    fn metric(&mut self, labels: &[(&str, &str)]) -> &mut Metric {
        // The label names of a family never change, so only the values are compared.
        let is_next = |metric: &Metric| {
            let found = metric.get_label();
            found.len() == labels.len()
                && found
                    .iter()
                    .zip(labels)
                    .all(|(pair, (_, value))| pair.value() == *value)
        };
        let next = self.previous.as_slice().first().is_some_and(is_next);
        let reused = if next { self.previous.next() } else { None };
        self.metrics
            .push(reused.unwrap_or_else(|| Metric::from_label(pairs(labels))));
        let last = self.metrics.len() - 1;
        &mut self.metrics[last]
    }

    pub(super) fn finish(mut self) -> MetricFamily {
        self.family.set_metric(self.metrics);
        self.family
    }
}

fn pairs(labels: &[(&str, &str)]) -> Vec<LabelPair> {
    labels
        .iter()
        .map(|(name, value)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        })
        .collect()
}
