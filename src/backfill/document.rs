//! Writes samples as OpenMetrics text 1.0, metric by metric.

use std::io::{self, Write};

use prometheus::proto::LabelPair;

use super::series::{Family, Metric, SeriesTable};
use super::spool::{Place, Spool};
use super::{Target, varint};
use crate::metrics::{EOF, write_header, write_labels, write_number};

/// Writes one document after the other; each continues with the values of the one before.
pub(super) struct Document {
    /// Seconds of a step.
    seconds: i64,
    /// The labels of the target, without braces.
    target: String,
    /// The values that were last written of all metrics.
    values: Vec<u64>,
}

impl Document {
    pub(super) fn new(seconds: i64, table: &SeriesTable, target: &Target) -> Self {
        let pair = |name: &str, value: &str| {
            let mut pair = LabelPair::default();
            pair.set_name(name.to_owned());
            pair.set_value(value.to_owned());
            pair
        };
        let pairs = [pair("instance", &target.instance), pair("job", &target.job)];
        let mut labels = String::new();
        write_labels(&pairs, &mut labels);
        Document {
            seconds,
            target: labels,
            values: vec![0; table.values()],
        }
    }

    /// Writes the chunks of all metrics; `lists` are the last ones.
    pub(super) fn write(
        &mut self,
        table: &SeriesTable,
        spool: &mut Spool,
        lists: &[Place],
        output: &mut dyn Write,
    ) -> io::Result<()> {
        let (metrics, families) = (table.metrics(), table.families());
        let mut order: Vec<usize> = (0..metrics.len())
            .filter(|&index| lists[index].is_some())
            .collect();
        order.sort_by_key(|&index| {
            let metric = &metrics[index];
            (&families[metric.family].name, &metric.labels)
        });
        let mut last_family = None;
        let mut text = String::new();
        for index in order {
            let metric = &metrics[index];
            let family = &families[metric.family];
            if last_family.replace(metric.family) != Some(metric.family) {
                let kind = match family.bounds.is_empty() {
                    true => "counter",
                    false => "histogram",
                };
                write_header(&family.name, kind, &family.help, &mut text);
            }
            let names = self.names(family, metric);
            for place in spool.list(lists[index])? {
                let chunk = spool.read(place)?;
                self.write_chunk(family, metric, &names, &chunk, &mut text);
                output.write_all(text.as_bytes())?;
                text.clear();
            }
        }
        output.write_all(EOF.as_bytes())?;
        output.flush()
    }

    /// The beginning of the line of each value: its name and labels.
    fn names(&self, family: &Family, metric: &Metric) -> Vec<String> {
        let name = &family.name;
        let labels = match &*metric.labels {
            "" => self.target.clone(),
            labels => format!("{labels},{}", self.target),
        };
        if family.bounds.is_empty() {
            return vec![format!("{name}_total{{{labels}}} ")];
        }
        let bounds = family.bounds.iter();
        let mut names: Vec<String> = bounds
            .map(|bound| format!("{name}_bucket{{{labels},le=\"{bound}\"}} "))
            .collect();
        for suffix in ["sum", "count"] {
            names.push(format!("{name}_{suffix}{{{labels}}} "));
        }
        names
    }

    fn write_chunk(
        &mut self,
        family: &Family,
        metric: &Metric,
        names: &[String],
        mut chunk: &[u8],
        text: &mut String,
    ) {
        let values = &mut self.values[metric.first_value..][..metric.values];
        let mut time = itoa::Buffer::new();
        let mut step = 0;
        while let Some(number) = varint::take(&mut chunk) {
            step += (number >> 1) as i64;
            if number & 1 == 1 {
                for value in &mut *values {
                    *value += varint::take(&mut chunk).unwrap_or_default();
                }
            }
            let time = time.format(step * self.seconds);
            let mut line = |name: &str, value: f64| {
                text.push_str(name);
                write_number(value, text);
                text.push(' ');
                text.push_str(time);
                text.push('\n');
            };
            let buckets = family.bounds.len();
            for (at, (name, &value)) in names.iter().zip(&*values).enumerate() {
                let is_sum = buckets > 0 && at == buckets;
                let unit = if is_sum { family.unit } else { 1.0 };
                line(name, value as f64 / unit);
            }
            // The count of a histogram is that of its last bucket.
            if let (Some(name), Some(count)) = (names.get(buckets + 1), buckets.checked_sub(1)) {
                line(name, values[count] as f64);
            }
        }
    }
}
