//! Which provider took or refused the mail for a domain before, and why.
//!
//! Exim tries a host again only after a time, and defers other mail for it without naming the host or a reason. The host
//! that took or refused mail for the same domain before tells whose it is; with a smarthost, that is the smarthost.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, ConditionId, ProviderId, Providers};
use crate::parse::dialect::Mta;
use crate::parse::event::Event;
use crate::parse::kinds::{Direction, Outcome};
use crate::stable_hash::hash;

/// The number of domains that are remembered. The place of one is determined by a hash of its name.
const PLACES: usize = 1024;

/// What Exim logs at each run of its queue instead of an attempt.
const NOT_TRIED: [&[u8]; 2] = [b"retry time not reached", b"Retry time not yet reached"];

/// What became of the last delivery to a domain.
#[derive(Clone, Copy)]
struct Place {
    /// The hash of the domain; 0 for none.
    domain: u64,
    provider: ProviderId,
    condition: Option<ConditionId>,
}

/// The domains that were seen last.
pub(super) struct LastHosts(Vec<Place>);

impl LastHosts {
    pub(super) fn new() -> Self {
        let empty = Place {
            domain: 0,
            provider: ProviderId::OTHER,
            condition: None,
        };
        LastHosts(vec![empty; PLACES])
    }

    /// Remembers the provider and the condition of a delivery whose host is known, and sets those of one whose host is not.
    #[cfg_attr(hot_path, inline(always))]
    pub(super) fn follow(&mut self, event: &mut Event<'_>) {
        if event.mta() == Mta::Exim {
            self.follow_exim(event);
        }
    }

    #[inline(never)]
    fn follow_exim(&mut self, event: &mut Event<'_>) {
        let domain = event.domain();
        if event.direction != Direction::Outbound || domain.is_empty() {
            return;
        }
        let hash = hash(&[domain]) | 1;
        let place = &mut self.0[place(hash)];
        if !event.host.is_empty() {
            *place = Place {
                domain: hash,
                provider: event.provider,
                condition: event.condition,
            };
            return;
        }
        if event.outcome != Outcome::Deferred {
            return;
        }
        let is_known = place.domain == hash;
        if is_known {
            event.provider = place.provider;
        }
        if NOT_TRIED.iter().any(|it| event.text.starts_with(it)) {
            // The attempt before it counts its condition.
            event.duplicate = true;
            if is_known && place.condition.is_some() {
                event.condition = place.condition;
            }
        } else if is_known {
            place.condition = event.condition;
        }
    }
}

/// The state in the state file. Providers and conditions are kept by name, because numbers may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LastHostsState {
    providers: Vec<String>,
    conditions: Vec<String>,
    /// The hash of the domain, the provider, and the condition if there is one.
    domains: Vec<(u64, u8, Option<u8>)>,
}

impl LastHosts {
    /// The state to store; empty if no domain is known.
    pub(super) fn state(&self, providers: &Providers) -> LastHostsState {
        let known = self.0.iter().filter(|it| it.domain != 0);
        let domains: Vec<_> = known
            .map(|it| (it.domain, it.provider.0, it.condition.map(|it| it.0)))
            .collect();
        if domains.is_empty() {
            return LastHostsState::default();
        }
        let conditions = Catalog::embedded().conditions().iter();
        LastHostsState {
            providers: providers.names().map(str::to_owned).collect(),
            conditions: conditions.map(|it| it.name.clone()).collect(),
            domains,
        }
    }

    /// Restores the state of another parser. Domains whose provider no longer exists are dropped.
    pub(super) fn resume(&mut self, state: &LastHostsState, providers: &Providers) {
        for &(domain, provider, condition) in &state.domains {
            let name = state.providers.get(usize::from(provider));
            let provider = providers
                .names()
                .position(|known| name.is_some_and(|it| it == known));
            let condition = condition.and_then(|it| state.conditions.get(usize::from(it)));
            if let Some(provider) = provider
                && domain != 0
            {
                self.0[place(domain)] = Place {
                    domain,
                    provider: ProviderId(provider as u8),
                    condition: condition.and_then(|it| Catalog::embedded().condition_named(it)),
                };
            }
        }
    }
}

/// The place of a domain with this hash.
fn place(domain: u64) -> usize {
    domain as usize / 2 % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Agent, Service};

    fn event(mta: Mta, outcome: Outcome, recipient: &'static str) -> Event<'static> {
        let agent = Agent::all().find(|it| it.mta() == mta).expect("an agent");
        let mut event = Event::new(Service::of(agent), Direction::Outbound, outcome);
        event.recipient = recipient.as_bytes();
        event
    }

    #[test]
    fn mail_that_exim_did_not_try_is_that_of_the_host_before() {
        let mut hosts = LastHosts::new();
        let mut sent = event(Mta::Exim, Outcome::Sent, "ann@example.net");
        (sent.host, sent.provider) = (b"mx.example.org [192.0.2.1]", ProviderId(3));
        hosts.follow(&mut sent);
        for (mta, outcome, recipient, expected) in [
            (
                Mta::Exim,
                Outcome::Deferred,
                "bob@example.net",
                ProviderId(3),
            ),
            (
                Mta::Exim,
                Outcome::Deferred,
                "bob@example.com",
                ProviderId::OTHER,
            ),
            (Mta::Exim, Outcome::Deferred, "", ProviderId::OTHER),
            (
                Mta::Exim,
                Outcome::Expired,
                "bob@example.net",
                ProviderId::OTHER,
            ),
            (
                Mta::Postfix,
                Outcome::Deferred,
                "bob@example.net",
                ProviderId::OTHER,
            ),
        ] {
            let mut deferred = event(mta, outcome, recipient);
            hosts.follow(&mut deferred);
            assert_eq!(
                deferred.provider, expected,
                "{mta:?} {outcome:?} {recipient}"
            );
        }
        // Another host takes its mail now.
        (sent.host, sent.provider) = (b"mx.example.com [192.0.2.2]", ProviderId(5));
        hosts.follow(&mut sent);
        let mut deferred = event(Mta::Exim, Outcome::Deferred, "bob@example.net");
        hosts.follow(&mut deferred);
        assert_eq!(
            (deferred.provider, deferred.duplicate),
            (ProviderId(5), false)
        );
        // It refuses mail, and is not tried again.
        (sent.outcome, sent.condition) = (Outcome::Deferred, Some(ConditionId(7)));
        hosts.follow(&mut sent);
        deferred.text = b"retry time not reached for any host for 'example.net'";
        hosts.follow(&mut deferred);
        assert_eq!(
            (deferred.condition, deferred.duplicate),
            (Some(ConditionId(7)), true)
        );
        // Over a restart.
        let providers = Providers::embedded();
        let mut restarted = LastHosts::new();
        assert_eq!(restarted.state(&providers), LastHostsState::default());
        let mut state = hosts.state(&providers);
        restarted.resume(&state, &providers);
        assert_eq!(restarted.state(&providers), state);
        deferred.condition = None;
        restarted.follow(&mut deferred);
        assert_eq!(
            (deferred.provider, deferred.condition),
            (ProviderId(5), Some(ConditionId(7)))
        );
        state.providers[5] = "gone".into();
        let mut without = LastHosts::new();
        without.resume(&state, &providers);
        assert_eq!(without.state(&providers), LastHostsState::default());
    }
}
