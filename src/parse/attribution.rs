//! Who and why: the provider that operates the remote host of an event, and the condition of a failure. Both follow from
//! the event alone, whatever the lines before it said.

use crate::catalog::{Catalog, ProviderId, Providers};
use crate::parse::condition::Conditions;
use crate::parse::event::Event;
use crate::parse::kinds::{Direction, Outcome};
use crate::parse::provider_cache::ProviderCache;

/// Finds providers and conditions.
pub(super) struct Attribution {
    conditions: Conditions,
    providers: Providers,
    provider_cache: ProviderCache,
}

impl Attribution {
    pub(super) fn new(catalog: &'static Catalog, providers: Providers) -> Self {
        Attribution {
            conditions: Conditions::new(catalog, providers.loopback()),
            providers,
            provider_cache: ProviderCache::new(),
        }
    }

    /// The providers that it finds.
    pub(super) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// Sets the provider, and the condition if the event failed.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn attribute(&mut self, event: &mut Event<'_>) {
        if event.direction == Direction::Outbound {
            event.provider = self.provider_cache.provider(event.peer(), &self.providers);
            if event.provider == ProviderId::OTHER && event.has_loopback_address() {
                event.provider = self.providers.loopback();
            }
        }
        if event.outcome != Outcome::Sent {
            self.set_condition(event);
        }
    }

    /// Sets the condition of an event that failed and has its provider.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn set_condition(&mut self, event: &mut Event<'_>) {
        event.condition = self.conditions.of(event);
    }
}
