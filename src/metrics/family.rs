//! One family being made: its samples one after the other, in what is left of the one before.
//!
//! It stands apart from the families because it knows nothing of them: names and labels hardly
//! change from scrape to scrape, and making their strings anew is most of the work of a scrape.

use std::sync::{Mutex, PoisonError};

use prometheus::proto::{
    Bucket, Counter, Gauge, Histogram as ProtoHistogram, LabelPair, Metric, MetricFamily,
    MetricType,
};

use crate::metrics::histogram::Histogram;

/// The families of an earlier scrape, to be used again. Which of them there are makes no
/// difference to what is shown, only to what it costs.
#[derive(Default)]
pub(super) struct Before(Mutex<Vec<MetricFamily>>);

impl Before {
    pub(super) fn new(families: Vec<MetricFamily>) -> Self {
        Before(Mutex::new(families))
    }

    pub(super) fn counter(&self, name: &str, help: &str) -> Family {
        self.family(name, MetricType::COUNTER, help)
    }

    pub(super) fn gauge(&self, name: &str, help: &str) -> Family {
        self.family(name, MetricType::GAUGE, help)
    }

    pub(super) fn histogram(&self, name: &str, help: &str) -> Family {
        self.family(name, MetricType::HISTOGRAM, help)
    }

    fn family(&self, name: &str, kind: MetricType, help: &str) -> Family {
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
        let before = std::mem::take(family.mut_metric());
        Family {
            family,
            metrics: Vec::with_capacity(before.len()),
            before: before.into_iter(),
        }
    }
}

/// Makes one family, sample by sample.
pub(super) struct Family {
    family: MetricFamily,
    metrics: Vec<Metric>,
    /// Samples of the scrape before that were not reached yet.
    before: std::vec::IntoIter<Metric>,
}

impl Family {
    pub(super) fn count(&mut self, labels: &[(&str, &str)], value: u64) {
        let mut counter = Counter::default();
        counter.set_value(value as f64);
        self.metric(labels).set_counter(counter);
    }

    pub(super) fn set(&mut self, labels: &[(&str, &str)], value: f64) {
        let mut gauge = Gauge::default();
        gauge.set_value(value);
        self.metric(labels).set_gauge(gauge);
    }

    /// A histogram over whole numbers, of which `unit` make one of the family's unit.
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

    /// The sample with these labels: that of the scrape before if it is the next one there, which
    /// it is unless a series has come or gone just here.
    fn metric(&mut self, labels: &[(&str, &str)]) -> &mut Metric {
        // The names of a family's labels are always the same: only values tell samples apart.
        let is_next = |metric: &Metric| {
            let found = metric.get_label();
            found.len() == labels.len()
                && found
                    .iter()
                    .zip(labels)
                    .all(|(pair, (_, value))| pair.value() == *value)
        };
        let next = self.before.as_slice().first().is_some_and(is_next);
        let kept = if next { self.before.next() } else { None };
        self.metrics
            .push(kept.unwrap_or_else(|| Metric::from_label(pairs(labels))));
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
