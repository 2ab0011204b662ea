//! Counts lines as they are read.
//!
//! It stands apart from the counters because it is the one place where what a parser hands over meets
//! what is counted: `report`, `replay` and the daemon count the same way.

use crate::metrics::Counters;
use crate::parse::{Event, Fact, Sink, Stamp};

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

impl<F: FnMut(Option<Stamp>, &Counters)> Sink for Counting<'_, F> {
    #[inline]
    fn event(&mut self, time: Option<Stamp>, event: &Event<'_>) {
        (self.before)(time, self.counters);
        self.lines.events += 1;
        self.counters.event(time, event, self.now);
    }

    #[inline(always)]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        (self.before)(time, self.counters);
        self.lines.noise += 1;
        self.counters.noise(time, fact, self.now);
    }

    #[inline]
    fn unmatched(&mut self, time: Option<Stamp>) {
        (self.before)(time, self.counters);
        self.lines.unmatched += 1;
        self.counters.noise(time, None, self.now);
    }
}
