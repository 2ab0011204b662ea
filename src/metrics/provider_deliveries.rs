//! Deliveries to other servers by provider, status and cause of failure, so that a provider that refuses everything is
//! seen, and one whose users have full mailboxes is not taken for it.
//!
//! Deferrals of messages that have waited for long are counted apart as well: what becomes of new mail tells whether
//! something fails, while a message to a host that no longer exists is tried for days.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Cause, ProviderId};
use crate::metrics::bounded_counter::BoundedCounter;
use crate::metrics::message_age;
use crate::parse::{Event, Outcome, Stamp};

/// Represents no cause in a key.
const NO_CAUSE: u64 = 0xff;

/// The counts. Nearly all deliveries succeed, so these are counted in a table.
#[derive(Clone)]
pub(crate) struct ProviderDeliveries {
    /// The deliveries with [`Outcome::Sent`], by provider.
    sent: Box<[u64; 256]>,
    /// The other deliveries: `provider << 16 | status << 8 | cause`.
    others: BoundedCounter,
    /// Of these, the deferrals of messages that have waited: `provider << 16 | cause`.
    waited: BoundedCounter,
}

/// The counts as stored in the state file, by name, because indexes may change.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProviderDeliveriesSnapshot {
    /// Provider, status, cause (empty for none), count.
    counts: Vec<(String, String, String, u64)>,
    overflowed: u64,
}

/// The deferrals of messages that have waited, as stored in the state file: provider, cause (empty for none), count.
pub(crate) type WaitedSnapshot = Vec<(String, String, u64)>;

/// One count: provider, status, cause, number of deliveries.
pub(crate) type ProviderDelivery = (ProviderId, Outcome, Option<Cause>, u64);

impl ProviderDeliveries {
    /// No deliveries; at most `limit` series of failed ones.
    pub(crate) fn new(limit: usize) -> Self {
        ProviderDeliveries {
            sent: Box::new([0; 256]),
            others: BoundedCounter::new(limit),
            waited: BoundedCounter::new(limit),
        }
    }

    /// Counts an outbound delivery at `time`; `status` is its [`Outcome::delivery_index`]. Returns the index of the series
    /// of a failed one.
    #[cfg_attr(hot_path, inline(always))]
    pub(crate) fn count(
        &mut self,
        catalog: &Catalog,
        time: Option<Stamp>,
        event: &Event<'_>,
        status: usize,
        times: u64,
    ) -> Option<usize> {
        match event.outcome {
            Outcome::Sent => {
                self.sent[usize::from(event.provider.0)] += times;
                None
            }
            _ => Some(self.count_failure(catalog, time, event, status, times)),
        }
    }

    #[inline(never)]
    fn count_failure(
        &mut self,
        catalog: &Catalog,
        time: Option<Stamp>,
        event: &Event<'_>,
        status: usize,
        times: u64,
    ) -> usize {
        let condition = event
            .condition
            .and_then(|it| catalog.conditions().get(usize::from(it.0)));
        let cause = condition.map_or(NO_CAUSE, |it| it.cause.index() as u64);
        if event.outcome == Outcome::Deferred && message_age::has_waited(event, time) {
            let key = u64::from(event.provider.0) << 16 | cause;
            let other = u64::from(ProviderId::OTHER.0) << 16 | cause;
            self.waited.count(key, other, times);
        }
        let rest = (status as u64) << 8 | cause;
        let key = u64::from(event.provider.0) << 16 | rest;
        self.others
            .count(key, u64::from(ProviderId::OTHER.0) << 16 | rest, times)
    }

    /// The index of the series of a failed delivery, if there was one.
    pub(crate) fn failure_index(
        &self,
        provider: ProviderId,
        status: Outcome,
        cause: Option<Cause>,
    ) -> Option<usize> {
        let status = status
            .delivery_index()
            .filter(|_| status != Outcome::Sent)?;
        let cause = cause.map_or(NO_CAUSE, |cause| cause.index() as u64);
        let key = u64::from(provider.0) << 16 | (status as u64) << 8 | cause;
        self.others.index_of(key)
    }

    /// The number of deliveries that a provider accepted.
    pub(crate) fn sent(&self, provider: ProviderId) -> u64 {
        self.sent[usize::from(provider.0)]
    }

    /// All counts, sorted by provider, status and cause. A provider with any delivery has all that are possible, so
    /// that the first failure is visible as an increase.
    pub(crate) fn all(&self) -> Vec<ProviderDelivery> {
        let counts = self.others.sorted();
        let of = |key: u64| match counts.binary_search_by_key(&key, |&(key, _)| key) {
            Ok(at) => counts[at].1,
            Err(_) => 0,
        };
        let mut all = Vec::new();
        for provider in 0..=u8::MAX {
            let base = u64::from(provider) << 16;
            let sent = self.sent[usize::from(provider)];
            let is_seen = sent > 0 || counts.iter().any(|(key, _)| key >> 16 == base >> 16);
            if !is_seen && provider != ProviderId::OTHER.0 {
                continue;
            }
            let provider = ProviderId(provider);
            all.push((provider, Outcome::Sent, None, sent));
            for status in Outcome::DELIVERIES {
                let Some(index) = status.delivery_index().filter(|_| status != Outcome::Sent)
                else {
                    continue;
                };
                let base = base | (index as u64) << 8;
                let none = of(base | NO_CAUSE);
                // A message that expired has no remote server.
                let is_expired = status == Outcome::Expired;
                if none > 0 || is_expired && provider == ProviderId::OTHER {
                    all.push((provider, status, None, none));
                }
                for cause in Cause::ALL {
                    let count = of(base | cause.index() as u64);
                    if count > 0 || !is_expired {
                        all.push((provider, status, Some(cause), count));
                    }
                }
            }
        }
        all
    }

    /// All counts that are not zero, in no particular order.
    pub(crate) fn counted(&self) -> impl Iterator<Item = ProviderDelivery> {
        let sent = self.sent.iter().enumerate();
        let sent = sent.filter(|(_, count)| **count > 0);
        let sent = sent.map(|(id, &count)| (ProviderId(id as u8), Outcome::Sent, None, count));
        let others = self.others.entries().filter_map(|(key, count)| {
            let status = Outcome::DELIVERIES.get((key >> 8 & 0xff) as usize);
            let cause = Cause::ALL.get((key & 0xff) as usize).copied();
            Some((ProviderId((key >> 16) as u8), *status?, cause, count))
        });
        sent.chain(others)
    }

    /// The deferrals of messages that have waited: provider, cause, number.
    pub(crate) fn waited(&self) -> impl Iterator<Item = (ProviderId, Option<Cause>, u64)> {
        self.waited.entries().map(|(key, count)| {
            let cause = Cause::ALL.get((key & 0xff) as usize).copied();
            (ProviderId((key >> 16) as u8), cause, count)
        })
    }

    /// The deferrals of messages that have waited, to store in the state file.
    pub(crate) fn waited_snapshot(&self, providers: &[String]) -> WaitedSnapshot {
        let named = self.waited().filter_map(|(provider, cause, count)| {
            let provider = providers.get(usize::from(provider.0))?.clone();
            let cause = cause.map_or("", Cause::as_str).to_owned();
            Some((provider, cause, count))
        });
        let mut named: WaitedSnapshot = named.collect();
        named.sort();
        named
    }

    /// Restores what [`ProviderDeliveries::waited_snapshot`] stored.
    pub(crate) fn restore_waited(&mut self, stored: &WaitedSnapshot, providers: &[String]) {
        let known = stored.iter().filter_map(|(provider, cause, count)| {
            let provider = providers.iter().position(|known| known == provider)? as u64;
            Some((provider << 16 | cause_named(cause)?, *count))
        });
        self.waited.restore(known, 0);
    }

    /// The number of counts that went to the provider `other` because of the limit.
    pub(crate) fn overflowed(&self) -> u64 {
        self.others.overflowed()
    }

    /// The counts to store in the state file; `providers` are the names of the providers by index.
    pub(crate) fn snapshot(&self, providers: &[String]) -> ProviderDeliveriesSnapshot {
        let counts = self.all().into_iter().filter(|it| it.3 > 0);
        let named = counts.filter_map(|(provider, status, cause, count)| {
            let provider = providers.get(usize::from(provider.0))?.clone();
            let cause = cause.map_or("", Cause::as_str).to_owned();
            Some((provider, status.name().to_owned(), cause, count))
        });
        ProviderDeliveriesSnapshot {
            counts: named.collect(),
            overflowed: self.overflowed(),
        }
    }

    /// Restores stored counts. Those whose names no longer exist are dropped.
    pub(crate) fn restore(&mut self, stored: &ProviderDeliveriesSnapshot, providers: &[String]) {
        let mut others = Vec::new();
        for (provider, status, cause, count) in &stored.counts {
            let provider = providers.iter().position(|known| known == provider);
            let status = Outcome::DELIVERIES
                .iter()
                .position(|it| it.name() == status);
            let (Some(provider), Some(status), Some(cause)) =
                (provider, status, cause_named(cause))
            else {
                continue;
            };
            match Outcome::DELIVERIES[status] {
                Outcome::Sent => {
                    if let Some(sent) = self.sent.get_mut(provider) {
                        *sent += count;
                    }
                }
                _ => others.push((
                    (provider as u64) << 16 | (status as u64) << 8 | cause,
                    *count,
                )),
            }
        }
        self.others.restore(others.into_iter(), stored.overflowed);
    }
}

/// The cause with this name in a key; an empty name is no cause.
fn cause_named(name: &str) -> Option<u64> {
    let cause = Cause::ALL.iter().find(|it| it.as_str() == name);
    match name {
        "" => Some(NO_CAUSE),
        _ => cause.map(|it| it.index() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{Agent, Direction, Service};

    fn deliveries(limit: usize) -> ProviderDeliveries {
        let catalog = Catalog::embedded();
        let mut deliveries = ProviderDeliveries::new(limit);
        let agent = Agent::all().next().expect("an agent");
        let full = catalog.condition_named("mailbox_full");
        for (provider, outcome, condition, times) in [
            (2, Outcome::Sent, None, 3),
            (2, Outcome::Bounced, full, 2),
            (
                3,
                Outcome::Deferred,
                catalog.condition_named("rate_limited"),
                1,
            ),
            (0, Outcome::Expired, None, 4),
        ] {
            let mut event = Event::new(Service::of(agent), Direction::Outbound, outcome);
            (event.provider, event.condition) = (ProviderId(provider), condition);
            let status = outcome.delivery_index().expect("a delivery");
            for _ in 0..times {
                deliveries.count(catalog, None, &event, status, 1);
            }
        }
        deliveries
    }

    fn not_zero(deliveries: &ProviderDeliveries) -> Vec<ProviderDelivery> {
        let all = deliveries.all();
        all.into_iter().filter(|it| it.3 > 0).collect()
    }

    #[test]
    fn providers_that_were_seen_have_all_series_and_are_restored_by_name() {
        let deliveries = deliveries(100);
        let expected = [
            (ProviderId(0), Outcome::Expired, None, 4),
            (ProviderId(2), Outcome::Sent, None, 3),
            (ProviderId(2), Outcome::Bounced, Some(Cause::Recipient), 2),
            (ProviderId(3), Outcome::Deferred, Some(Cause::Throttling), 1),
        ];
        assert_eq!(not_zero(&deliveries), expected);
        let mut counted: Vec<_> = deliveries.counted().collect();
        counted.sort_by_key(|it| (it.0.0, it.1.delivery_index()));
        assert_eq!(counted, expected);
        assert_eq!(
            [0, 2, 3].map(|id| deliveries.sent(ProviderId(id))),
            [0, 3, 0]
        );
        let of_seen = |id| deliveries.all().iter().filter(|it| it.0.0 == id).count();
        let possible = 1 + 2 * Cause::ALL.len();
        assert_eq!(
            [0, 1, 2, 3].map(of_seen),
            [possible + 1, 0, possible, possible]
        );
        let names = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        let stored = deliveries.snapshot(&names(&["other", "a", "b", "c"]));
        let mut restored = ProviderDeliveries::new(100);
        restored.restore(&stored, &names(&["other", "c", "b"]));
        assert_eq!(
            not_zero(&restored),
            [
                (ProviderId(0), Outcome::Expired, None, 4),
                (ProviderId(1), Outcome::Deferred, Some(Cause::Throttling), 1),
                (ProviderId(2), Outcome::Sent, None, 3),
                (ProviderId(2), Outcome::Bounced, Some(Cause::Recipient), 2),
            ]
        );
    }

    #[test]
    fn failures_beyond_the_limit_count_for_the_provider_other() {
        let deliveries = deliveries(1);
        // Of the provider `other`, only the first delivery has to be added.
        assert_eq!(deliveries.overflowed(), 2);
        let throttled = (ProviderId(0), Outcome::Deferred, Some(Cause::Throttling), 1);
        assert!(not_zero(&deliveries).contains(&throttled));
    }

    #[test]
    fn series_of_a_failure_is_found_by_provider_status_and_cause() {
        let deliveries = deliveries(100);
        let (full, throttled) = (Some(Cause::Recipient), Some(Cause::Throttling));
        for (provider, status, cause, expected) in [
            (2, Outcome::Bounced, full, Some(0)),
            (3, Outcome::Deferred, throttled, Some(1)),
            (0, Outcome::Expired, None, Some(2)),
            (3, Outcome::Bounced, full, None),
            (2, Outcome::Deferred, full, None),
            (2, Outcome::Bounced, throttled, None),
            (2, Outcome::Bounced, None, None),
            (2, Outcome::Sent, None, None),
            (2, Outcome::Rejected, full, None),
        ] {
            let found = deliveries.failure_index(ProviderId(provider), status, cause);
            assert_eq!(found, expected, "{provider} {status:?} {cause:?}");
        }
    }
}
