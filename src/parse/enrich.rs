//! What is added to the events of every dialect: provider, condition, and whether the record is a duplicate.

use crate::parse::attribution::Attribution;
use crate::parse::dedup::Deduplicator;
use crate::parse::dialect::PrescanVisitor;
use crate::parse::event::{Event, Fact, Visitor};
use crate::parse::kinds::{Outcome, Stamp};
use crate::parse::last_hosts::LastHosts;
use crate::parse::mirror::MirrorFilter;
use crate::parse::stored_event::StoredEvent;
use crate::parse::stream::StreamKey;

/// State shared by all streams.
pub(super) struct SharedState {
    pub attribution: Attribution,
    pub last_hosts: LastHosts,
    pub duplicates: Deduplicator,
    pub mirrors: MirrorFilter,
}

/// Adds provider, condition and duplicate detection to the events of a dialect, and passes them on.
pub(super) struct Enrich<'p, V> {
    pub key: StreamKey,
    /// As in [`MirrorFilter::is_copy`].
    pub now: i64,
    pub shared: &'p mut SharedState,
    pub visitor: &'p mut V,
    /// The events that were parsed ahead, of the lines that are still to be read.
    pub ahead: std::slice::Iter<'p, StoredEvent>,
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Enrich<'_, V> {
    #[cfg_attr(hot_path, inline(always))]
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        if self.is_copy(time, event) {
            return self.visitor.noise(time, None);
        }
        self.count_once(time, event);
        self.shared.enrich(event, time);
        self.visitor.event(time, event);
    }

    #[cfg_attr(hot_path, inline(always))]
    fn noise(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>) {
        self.visitor.noise(time, fact);
    }

    fn event_repeated(&mut self, time: Option<Stamp>, event: &mut Event<'a>, times: u32) {
        if self.is_copy(time, event) {
            return self.visitor.noise(time, None);
        }
        self.count_once(time, event);
        self.shared.enrich(event, time);
        self.visitor.event_repeated(time, event, times);
    }

    fn noise_repeated(&mut self, time: Option<Stamp>, fact: Option<&Fact<'a>>, times: u32) {
        self.visitor.noise_repeated(time, fact, times);
    }

    #[cfg_attr(hot_path, inline(always))]
    fn unmatched(&mut self, time: Option<Stamp>) {
        self.visitor.unmatched(time);
    }
}

impl<'a, V: Visitor<'a>> PrescanVisitor<'a> for Enrich<'_, V> {
    /// As [`Visitor::event`]; provider and condition were found ahead.
    #[cfg_attr(hot_path, inline(always))]
    fn parsed_ahead(&mut self, time: Option<Stamp>, line: &'a [u8]) {
        let Some(event) = self.ahead.next() else {
            return;
        };
        let event = &mut event.event(line);
        if self.is_copy(time, event) {
            return self.visitor.noise(time, None);
        }
        let codes = (event.code, event.enhanced);
        self.count_once(time, event);
        self.shared.mark_duplicate(event, time);
        if (event.code, event.enhanced) != codes {
            self.shared.attribution.set_condition(event);
        }
        self.shared.last_hosts.follow(event);
        self.visitor.event(time, event);
    }
}

impl<V> Enrich<'_, V> {
    /// Whether the server has written the same record to another of its logs, which was read before.
    #[cfg_attr(hot_path, inline(always))]
    fn is_copy(&mut self, time: Option<Stamp>, event: &Event<'_>) -> bool {
        event.mirrored && self.shared.mirrors.is_copy(self.key, time, self.now, event)
    }

    /// Takes the code off an event if another log of the server had it.
    #[cfg_attr(hot_path, inline(always))]
    fn count_once(&mut self, time: Option<Stamp>, event: &mut Event<'_>) {
        if event.logged_again {
            let mirrors = &mut self.shared.mirrors;
            if mirrors.is_counted(self.key, time, self.now, event) {
                (event.code, event.duplicate) = (None, true);
            }
        }
    }
}

impl SharedState {
    /// Adds what cannot be derived from the line alone.
    #[cfg_attr(hot_path, inline(always))]
    fn enrich(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        self.mark_duplicate(event, time);
        self.attribution.attribute(event);
        self.last_hosts.follow(event);
    }

    /// Takes the codes off a failure that an earlier line reported.
    #[cfg_attr(hot_path, inline(always))]
    fn mark_duplicate(&mut self, event: &mut Event<'_>, time: Option<Stamp>) {
        if event.outcome != Outcome::Sent {
            self.duplicates.check(event, time);
        }
    }
}
