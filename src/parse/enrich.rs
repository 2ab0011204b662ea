//! What is added to the events of every dialect: provider, condition, and whether the record is a duplicate.

use crate::catalog::{ProviderId, Providers};
use crate::parse::condition::Conditions;
use crate::parse::dedup::Deduplicator;
use crate::parse::event::{Event, Fact, Visitor};
use crate::parse::kinds::{Direction, Outcome, Stamp};
use crate::parse::mirror::MirrorFilter;
use crate::parse::provider_cache::ProviderCache;
use crate::parse::stream::StreamKey;

/// State shared by all streams.
pub(super) struct SharedState {
    pub conditions: Conditions,
    pub providers: Providers,
    pub provider_cache: ProviderCache,
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
}

impl<'a, V: Visitor<'a>> Visitor<'a> for Enrich<'_, V> {
    #[cfg_attr(hot_path, inline(always))]
    fn event(&mut self, time: Option<Stamp>, event: &mut Event<'a>) {
        if event.mirrored && self.shared.mirrors.is_copy(self.key, time, self.now, event) {
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
        if event.mirrored && self.shared.mirrors.is_copy(self.key, time, self.now, event) {
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

impl<V> Enrich<'_, V> {
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
        let failed = event.outcome != Outcome::Sent;
        if failed {
            self.duplicates.check(event, time);
        }
        if event.direction == Direction::Outbound {
            event.provider = self.provider_cache.provider(event.peer(), &self.providers);
            if event.provider == ProviderId::OTHER && event.has_loopback_address() {
                event.provider = self.providers.loopback();
            }
        }
        if failed {
            event.condition = self.conditions.of(event);
        }
    }
}
