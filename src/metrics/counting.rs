//! The visitor that counts parsed lines, the same for the daemon, `report` and `replay`.

use crate::metrics::counters::Counters;
use crate::parse::{Event, Fact, Stamp, Visitor};

/// The number of lines by result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// Replies, deliveries and failed attempts.
    pub events: u64,
    /// Lines of a known form that are neither replies nor deliveries.
    pub noise: u64,
    /// Lines of unknown form.
    pub unmatched: u64,
}

/// Counts the lines it visits.
pub struct CountingVisitor<'c, F> {
    /// The counters to update.
    pub counters: &'c mut Counters,
    /// The line counts to update.
    pub lines: &'c mut LineCounts,
    /// The wall clock in seconds since 1970, as for [`Counters::event`].
    pub now: i64,
    /// Called before each line is counted, with its time, whether it is an event, and the counters. Returns the time at
    /// which the line counts.
    pub before: F,
}

impl<F> Visitor<'_> for CountingVisitor<'_, F>
where
    F: FnMut(Option<Stamp>, bool, &Counters) -> Option<Stamp>,
{
    #[inline]
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
        let time = (self.before)(time, true, self.counters);
        self.lines.events += 1;
        self.counters.event(time, event, self.now);
    }

    #[cfg_attr(hot_path, inline(always))]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'_>>) {
        (self.before)(time, false, self.counters);
        self.lines.noise += 1;
        self.counters.noise(fact);
    }

    #[inline]
    fn unmatched(&mut self, time: Option<Stamp>) {
        (self.before)(time, false, self.counters);
        self.lines.unmatched += 1;
    }
}
