//! Records who causes failed replies, and whose messages are accepted, while lines are counted.

use std::cell::RefCell;

use crate::insight::{Insight, SenderVolumes};
use crate::parse::{Event, Fact, Stamp, Visitor};

/// Records events for the insight, and passes all lines on.
pub(super) struct RecordingVisitor<'r, V> {
    pub inner: V,
    pub insight: &'r mut Insight,
    /// What other servers accepted of each sender domain.
    pub volumes: &'r RefCell<SenderVolumes>,
    /// Seconds by which the clock of the source is behind.
    pub behind: i64,
    /// The wall clock in seconds since 1970: nothing happens later.
    pub now: i64,
}

impl<V> RecordingVisitor<'_, V> {
    fn record(&mut self, time: Option<Stamp>, event: &Event<'_>, times: u32) {
        if let Some(domain) = self.insight.accepted_sender(event) {
            self.volumes.borrow_mut().count(domain, times.into());
        }
        if event.condition.is_some() {
            self.insight
                .record(event, self.happened(time), times.into());
        }
    }

    /// When a line was written, in seconds since 1970.
    fn happened(&self, time: Option<Stamp>) -> i64 {
        let time = time.map_or(self.now, |time| time.seconds.saturating_add(self.behind));
        time.min(self.now)
    }
}

impl<'a, V: Visitor<'a>> Visitor<'a> for RecordingVisitor<'_, V> {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        self.inner.event(time, event);
        self.record(time, event, 1);
    }

    #[inline]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        // Only these name a sender or an account; nothing is spent on the others.
        if let Some(fact @ (Fact::Submitted { .. } | Fact::Queued { .. } | Fact::Accepted { .. })) =
            fact
        {
            self.insight.note(fact, self.happened(time));
        }
        self.inner.noise(time, fact);
    }

    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'a>, times: u32) {
        self.inner.event_repeated(time, event, times);
        self.record(time, event, times);
    }

    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>, times: u32) {
        self.inner.noise_repeated(time, fact, times);
    }

    #[inline]
    fn unmatched(&mut self, time: Option<Stamp>) {
        self.inner.unmatched(time);
    }
}
