//! The visitor that counts accepted messages by sender domain, for commands that read whole logs.

use std::cell::RefCell;

use super::{Insight, SenderVolumes};
use crate::parse::{Event, Fact, Stamp, Visitor};

/// Counts accepted messages by sender domain, and passes all lines on.
pub struct SenderVisitor<'r, V> {
    /// The visitor that the lines are passed on to.
    pub inner: V,
    /// Knows the sender of each message; nothing is recorded in it.
    pub insight: &'r mut Insight,
    /// The counts to update.
    pub volumes: &'r RefCell<SenderVolumes>,
}

impl<V> SenderVisitor<'_, V> {
    fn count(&self, event: &Event<'_>, times: u32) {
        if let Some(domain) = self.insight.accepted_sender(event) {
            self.volumes.borrow_mut().count(domain, times.into());
        }
    }
}

impl<'a, V: Visitor<'a>> Visitor<'a> for SenderVisitor<'_, V> {
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        self.inner.event(time, event);
        self.count(event, 1);
    }

    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        if let Some(fact) = fact {
            // Only what is recorded has a time.
            self.insight.note(fact, 0);
        }
        self.inner.noise(time, fact);
    }

    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'a>, times: u32) {
        self.inner.event_repeated(time, event, times);
        self.count(event, times);
    }

    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>, times: u32) {
        self.inner.noise_repeated(time, fact, times);
    }

    fn unmatched(&mut self, time: Option<Stamp>) {
        self.inner.unmatched(time);
    }
}
