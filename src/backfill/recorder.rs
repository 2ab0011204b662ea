//! Compares the counters at the end of each step with those before.

use std::io;
use std::sync::Arc;

use super::Target;
use super::clock::Clock;
use super::increments::{Increment, Increments};
use super::samples::Samples;
use super::series::{SeriesTable, values};
use crate::metrics::{CountedFamilies, Counters};
use crate::parse::Stamp;

/// Records what counters have grown by in each step of the lines' time.
pub struct Recorder {
    /// Seconds of a step.
    seconds: i64,
    clock: Clock,
    families: CountedFamilies,
    table: SeriesTable,
    /// The totals of all values at the end of the last step.
    totals: Vec<u64>,
    increments: Increments,
    /// Reused for the values of one metric.
    values: Vec<u64>,
    result: io::Result<()>,
}

impl Recorder {
    /// `seconds` are those of a step; `providers` are the names of the providers by id.
    ///
    /// # Errors
    ///
    /// If there can be no temporary file.
    pub fn new(seconds: i64, providers: Arc<[String]>) -> io::Result<Self> {
        Ok(Recorder {
            seconds,
            clock: Clock::new(seconds),
            families: CountedFamilies::new(providers),
            table: SeriesTable::default(),
            totals: Vec::new(),
            increments: Increments::new(seconds)?,
            values: Vec::new(),
            result: Ok(()),
        })
    }

    /// Begins a file, whose lines may be of any time.
    pub fn begin_file(&mut self) {
        self.clock.begin_file();
    }

    /// Takes the time of a line before it is counted. Returns that time.
    #[inline]
    pub fn line(&mut self, time: Option<Stamp>, counters: &Counters) -> Option<Stamp> {
        let seconds = time?.seconds;
        if self.clock.next(seconds) && self.clock.begins_step(seconds) {
            self.end_step(counters);
            self.clock.advance(seconds);
        }
        time
    }

    /// Whether all could be recorded so far.
    ///
    /// # Errors
    ///
    /// If the temporary file could not be written.
    pub fn check(&mut self) -> io::Result<()> {
        std::mem::replace(&mut self.result, Ok(()))
    }

    /// What was recorded, when all lines were counted.
    ///
    /// # Errors
    ///
    /// If a temporary file could not be written.
    pub fn finish(mut self, counters: &Counters, target: &Target) -> io::Result<Samples> {
        self.end_step(counters);
        self.check()?;
        Samples::new(self.seconds, self.table, self.increments, target)
    }

    fn end_step(&mut self, counters: &Counters) {
        // What was counted before the first line with a time belongs to its step.
        if let Some(step) = self.clock.step()
            && let Err(error) = self.record(step, counters)
            && self.result.is_ok()
        {
            self.result = Err(error);
        }
    }

    fn record(&mut self, step: i64, counters: &Counters) -> io::Result<()> {
        for family in self.families.read(counters) {
            for metric in family.get_metric() {
                if !values(family, metric, &mut self.values) {
                    continue;
                }
                let index = self.table.find_or_add(family, metric, step);
                self.totals.resize(self.table.values(), 0);
                let first = self.table.metrics()[index].first_value;
                for (value, &total) in (0..).zip(&self.values) {
                    let before = &mut self.totals[first + value as usize];
                    let growth = total.saturating_sub(*before);
                    *before = total;
                    if growth > 0 {
                        self.increments.add(Increment {
                            metric: index as u32,
                            step,
                            value,
                            growth,
                        })?;
                    }
                }
            }
        }
        Ok(())
    }

    /// The number of metrics, and the bytes of their increments.
    #[cfg(test)]
    pub(super) fn size(&self) -> (usize, u64) {
        (self.table.metrics().len(), self.increments.size())
    }
}
