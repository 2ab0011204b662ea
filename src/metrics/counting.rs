//! Counts lines as they are read.
//!
//! It stands apart from the counters because it is the one place where what a parser hands over meets
//! what is counted: `report`, `replay` and the daemon count the same way.

use crate::metrics::Counters;
use crate::parse::{Line, Stamp, Visitor};

/// How many lines were each of the three that a line can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Replies, deliveries and failed attempts.
    pub events: u64,
    /// Known, and neither a reply nor a delivery.
    pub noise: u64,
    /// Of a form that nobody has thought of.
    pub unmatched: u64,
}

/// Takes lines and counts them.
pub struct Counting<'c, F> {
    /// Where they are counted.
    pub counters: &'c mut Counters,
    /// Where it is counted what they were.
    pub lines: &'c mut LineCounts,
    /// The wall clock in seconds since 1970, as for [`Counters::event`].
    pub now: i64,
    /// Sees the time of each line, and the counters before it is counted.
    pub before: F,
}

impl<F: FnMut(Option<Stamp>, &Counters)> Visitor<'_> for Counting<'_, F> {
    #[inline(always)]
    fn visit(&mut self, time: Option<Stamp>, line: Line<'_, '_>) {
        (self.before)(time, self.counters);
        match line {
            Line::Event(event) => {
                self.lines.events += 1;
                self.counters.event(time, event, self.now);
            }
            Line::Noise(fact) => {
                self.lines.noise += 1;
                self.counters.noise(time, fact.as_ref(), self.now);
            }
            Line::Unmatched => {
                self.lines.unmatched += 1;
                self.counters.noise(time, None, self.now);
            }
        }
    }
}
