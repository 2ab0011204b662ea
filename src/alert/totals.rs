//! The totals of signals: what has counted since the beginning, read from the counters.

use crate::catalog::{Catalog, Cause, ConditionId, Counted, ProviderId, Side, Signal};
use crate::metrics::Counters;
use crate::parse::{ConnectError, Direction, Level, Mta, Outcome};

/// The servers that log a failed connection, but not that the mail for which it was meant is deferred.
const WITHOUT_DEFERRALS: [Mta; 2] = [Mta::Exchange, Mta::IronPort];

/// What a signal counts, with ids in place of names.
pub(super) struct Selection {
    counts: Counted,
    direction: Direction,
    codes: Vec<u16>,
    classes: Vec<u16>,
    conditions: Vec<ConditionId>,
    except: Vec<ConditionId>,
    errors: Vec<ConnectError>,
    except_errors: Vec<ConnectError>,
    deferred_except: Option<Vec<Cause>>,
    bounced_for: Vec<Cause>,
    new_only: bool,
}

/// What a share refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whole {
    Outbound,
    Inbound,
    Local,
    Deliveries,
    /// All but the deferrals of messages that have waited.
    NewDeliveries,
    LocalDeliveries,
    /// The signal is no share.
    Nothing,
}

impl Whole {
    pub(super) const ALL: [Whole; 7] = [
        Whole::Outbound,
        Whole::Inbound,
        Whole::Local,
        Whole::Deliveries,
        Whole::NewDeliveries,
        Whole::LocalDeliveries,
        Whole::Nothing,
    ];

    /// What the share of a signal refers to.
    pub(super) fn of(signal: &Signal) -> Self {
        match (signal.counts, signal.direction) {
            (Counted::Replies, Some(Side::Inbound)) => Whole::Inbound,
            (Counted::Replies, Some(Side::Local)) => Whole::Local,
            (Counted::Replies, _) => Whole::Outbound,
            (Counted::Deliveries, _) if signal.new_only => Whole::NewDeliveries,
            (Counted::Deliveries, _) => Whole::Deliveries,
            (Counted::LocalDeliveries, _) => Whole::LocalDeliveries,
            _ => Whole::Nothing,
        }
    }

    /// Its name in the state file. It must not change between versions.
    pub(super) fn name(self) -> &'static str {
        match self {
            Whole::Outbound => "outbound",
            Whole::Inbound => "inbound",
            Whole::Local => "local",
            Whole::Deliveries => "deliveries",
            Whole::NewDeliveries => "new_deliveries",
            Whole::LocalDeliveries => "local_deliveries",
            Whole::Nothing => "",
        }
    }
}

impl Selection {
    pub(super) fn of(signal: &Signal, catalog: &Catalog) -> Self {
        let ids = |names: &[String]| {
            let ids = names.iter();
            ids.filter_map(|name| catalog.condition_named(name))
                .collect()
        };
        let causes = |names: &[String]| {
            let causes = Cause::ALL.into_iter();
            let named = |cause: &Cause| names.iter().any(|name| name == cause.as_str());
            causes.filter(named).collect::<Vec<_>>()
        };
        let errors = |names: &[String]| {
            let all = ConnectError::ALL.into_iter();
            let named = |error: &ConnectError| names.iter().any(|name| name == error.name());
            all.filter(named).collect::<Vec<_>>()
        };
        Selection {
            counts: signal.counts,
            direction: match signal.direction {
                Some(Side::Inbound) => Direction::Inbound,
                Some(Side::Local) => Direction::Local,
                Some(Side::Outbound) | None => Direction::Outbound,
            },
            codes: signal.codes.clone(),
            classes: signal.classes.iter().copied().map(u16::from).collect(),
            conditions: ids(&signal.conditions),
            except: ids(&signal.except),
            errors: errors(&signal.errors),
            except_errors: errors(&signal.except_errors),
            deferred_except: (!signal.deferred_except.is_empty())
                .then(|| causes(&signal.deferred_except)),
            bounced_for: causes(&signal.bounced_for),
            new_only: signal.new_only,
        }
    }

    /// Whether a delivery with this result is a failure.
    fn is_failure(&self, outcome: Outcome, cause: Option<Cause>) -> bool {
        match outcome {
            Outcome::Deferred => self
                .deferred_except
                .as_ref()
                .is_some_and(|except| cause.is_none_or(|cause| !except.contains(&cause))),
            Outcome::Bounced => cause.is_some_and(|cause| self.bounced_for.contains(&cause)),
            _ => false,
        }
    }
}

/// The counters at one moment, with what is counted by provider sorted by provider.
pub(super) struct Totals<'c> {
    counters: &'c Counters,
    loopback: Option<ProviderId>,
    /// All replies by provider, without the loopback interface.
    replies: Box<[u64; 256]>,
    /// The messages that were accepted, without the loopback interface.
    accepted: u64,
    codes: Vec<(ProviderId, u16, u64)>,
    conditions: Vec<(ProviderId, ConditionId, u64)>,
    deliveries: Vec<(ProviderId, Outcome, Option<Cause>, u64)>,
    /// Of these, the deferrals of messages that have waited.
    waited: Vec<(ProviderId, Option<Cause>, u64)>,
}

/// How much an accepted message outweighs a failed connection of such a server: nothing tells whether it was for a message
/// that has waited for days, so only failures that far outnumber what is accepted are no delivery.
const WEIGHT_OF_ACCEPTED: u64 = 10;

/// How many replies that accept a command come before a message is accepted, with that one: to EHLO, MAIL, RCPT and the
/// end of the message.
const REPLIES_OF_A_MESSAGE: u64 = 4;

/// The replies of each provider, without the loopback interface, and the messages that were accepted. The logs of some
/// servers have no reply to a message that was accepted; those of others are transcripts, with the greeting of the remote
/// server and the replies to all commands. Where there are deliveries, the accepted ones count instead, or every share of
/// failures would be far too high or too low.
fn replies_by_provider(
    counters: &Counters,
    codes: &[(ProviderId, u16, u64)],
    loopback: Option<ProviderId>,
) -> (Box<[u64; 256]>, u64) {
    let mut accepted = Box::new([0; 256]);
    let mut others = Box::new([0; 256]);
    let mut is_transcript = [false; 256];
    let mut all_accepted = 0;
    for (provider, code, count) in codes {
        let at = usize::from(provider.0);
        match code {
            // About the session, not about a message.
            211..=235 | 300..400 => is_transcript[at] |= *code == 220,
            200..300 => accepted[at] += count,
            _ => others[at] += count,
        }
    }
    for id in 0..=u8::MAX {
        let (provider, at) = (ProviderId(id), usize::from(id));
        let messages = match counters.provider_deliveries.sent(provider) {
            0 if is_transcript[at] => accepted[at] / REPLIES_OF_A_MESSAGE,
            0 => accepted[at],
            sent => sent,
        };
        others[at] += messages;
        if loopback == Some(provider) {
            others[at] = 0;
        } else {
            all_accepted += messages;
        }
    }
    (others, all_accepted)
}

/// The entries of a provider in a sorted list.
fn of_provider<T>(entries: &[T], provider: ProviderId, of: impl Fn(&T) -> ProviderId) -> &[T] {
    let start = entries.partition_point(|entry| of(entry).0 < provider.0);
    let end = entries.partition_point(|entry| of(entry).0 <= provider.0);
    &entries[start..end]
}

impl<'c> Totals<'c> {
    /// `loopback` is the provider of content filters on the loopback interface.
    pub(super) fn of(counters: &'c Counters, loopback: Option<ProviderId>) -> Self {
        let mut codes: Vec<_> = counters.provider_code_counts().collect();
        codes.sort_unstable_by_key(|it| (it.0.0, it.1));
        let mut conditions: Vec<_> = counters.provider_condition_counts().collect();
        conditions.sort_unstable_by_key(|it| (it.0.0, it.1.0));
        let mut deliveries: Vec<_> = counters.provider_delivery_counts().collect();
        deliveries.sort_unstable_by_key(|it| it.0.0);
        let mut waited: Vec<_> = counters.waited_counts().collect();
        waited.sort_unstable_by_key(|it| it.0.0);
        let (replies, accepted) = replies_by_provider(counters, &codes, loopback);
        Totals {
            counters,
            loopback,
            replies,
            accepted,
            codes,
            conditions,
            deliveries,
            waited,
        }
    }

    /// The providers with any reply or delivery, but the loopback interface.
    pub(super) fn providers(&self) -> impl Iterator<Item = ProviderId> {
        let mut seen = [false; 256];
        for (provider, ..) in &self.codes {
            seen[usize::from(provider.0)] = true;
        }
        for (provider, ..) in &self.deliveries {
            seen[usize::from(provider.0)] = true;
        }
        if let Some(loopback) = self.loopback {
            seen[usize::from(loopback.0)] = false;
        }
        let ids = (0..=u8::MAX).filter(move |id| seen[usize::from(*id)]);
        ids.map(ProviderId)
    }

    /// Replies by provider and code.
    pub(super) fn codes(&self) -> &[(ProviderId, u16, u64)] {
        &self.codes
    }

    /// Failures by provider and condition.
    pub(super) fn conditions(&self) -> &[(ProviderId, ConditionId, u64)] {
        &self.conditions
    }

    /// What a signal has counted, of one provider or of all, and what has to be taken away from it.
    pub(super) fn counted(&self, what: &Selection, provider: Option<ProviderId>) -> [u64; 2] {
        let counters = self.counters;
        match what.counts {
            Counted::Replies => {
                let codes = self.sum_codes(what, provider, |code| {
                    what.codes.contains(&code) || what.classes.contains(&(code / 100))
                });
                let conditions = self.sum_conditions(what, provider, &what.conditions);
                let errors = counters.connect_errors(&what.errors);
                let except = self.sum_conditions(what, provider, &what.except)
                    + counters.connect_errors(&what.except_errors);
                [codes.max(conditions).max(errors), except]
            }
            Counted::Deliveries => {
                let failed = |entry: &&(ProviderId, Outcome, Option<Cause>, u64)| {
                    what.is_failure(entry.1, entry.2)
                };
                let failed = self.sum_deliveries(provider, failed);
                if !what.new_only {
                    return [failed, 0];
                }
                let waited =
                    self.sum_waited(provider, |cause| what.is_failure(Outcome::Deferred, cause));
                [failed + self.undelivered(provider)[0], waited]
            }
            Counted::LocalDeliveries => {
                let except = self.sum_conditions(what, None, &what.except);
                [self.local_deliveries(Outcome::Deferred), except]
            }
            Counted::SentMessages => {
                let sent =
                    |entry: &&(ProviderId, Outcome, Option<Cause>, u64)| entry.1 == Outcome::Sent;
                [self.sum_deliveries(None, sent), 0]
            }
            // Counters do not know senders: `sender_surges` does.
            Counted::SenderMessages => [0, 0],
            Counted::AuthFailures => [counters.auth_failures(), 0],
            Counted::Connections => [counters.connections(), 0],
            Counted::FatalMessages => [counters.diagnostics(&[Level::Fatal, Level::Panic]), 0],
        }
    }

    /// What a share refers to, of one provider or of all.
    pub(super) fn whole(&self, whole: Whole, provider: Option<ProviderId>) -> u64 {
        let counters = self.counters;
        let replies = |direction| counters.codes_between(direction, 0, u16::MAX);
        match whole {
            Whole::Outbound => match provider {
                Some(provider) => self.replies[usize::from(provider.0)],
                None => self.replies.iter().sum(),
            },
            Whole::Inbound => {
                // The logs of some servers have no connections: there, the messages count.
                let accepted = match counters.connections() {
                    0 => counters.messages(),
                    connections => connections,
                };
                replies(Direction::Inbound) + accepted
            }
            Whole::Local => replies(Direction::Local),
            Whole::Deliveries => self.sum_deliveries(provider, |_| true),
            Whole::NewDeliveries => {
                let [undelivered, accepted] = self.undelivered(provider);
                let all = self.sum_deliveries(provider, |_| true) + undelivered + accepted;
                all.saturating_sub(self.sum_waited(provider, |_| true))
            }
            Whole::LocalDeliveries => {
                let statuses = Outcome::DELIVERIES.into_iter();
                statuses.map(|status| self.local_deliveries(status)).sum()
            }
            Whole::Nothing => 0,
        }
    }

    fn sum_codes(
        &self,
        what: &Selection,
        provider: Option<ProviderId>,
        counts: impl Fn(u16) -> bool,
    ) -> u64 {
        let of_one = |provider| {
            let codes = of_provider(&self.codes, provider, |it| it.0).iter();
            let codes = codes.filter(|it| counts(it.1));
            codes.map(|it| it.2).sum::<u64>()
        };
        if let Some(provider) = provider {
            return of_one(provider);
        }
        let (direction, counters) = (what.direction, self.counters);
        let codes = what.codes.iter();
        let mut sum: u64 = codes.map(|code| counters.code(direction, *code)).sum();
        for class in &what.classes {
            sum += counters.codes_between(direction, class * 100, class * 100 + 99);
        }
        let loopback = self.loopback.filter(|_| direction == Direction::Outbound);
        sum.saturating_sub(loopback.map_or(0, of_one))
    }

    fn sum_conditions(
        &self,
        what: &Selection,
        provider: Option<ProviderId>,
        conditions: &[ConditionId],
    ) -> u64 {
        if conditions.is_empty() {
            return 0;
        }
        let of_one = |provider| {
            let found = of_provider(&self.conditions, provider, |it| it.0).iter();
            let found = found.filter(|it| conditions.contains(&it.1));
            found.map(|it| it.2).sum::<u64>()
        };
        if let Some(provider) = provider {
            return of_one(provider);
        }
        let ids = conditions.iter();
        let sum: u64 = ids
            .map(|id| self.counters.condition(what.direction, *id))
            .sum();
        let loopback = self.loopback;
        let loopback = loopback.filter(|_| what.direction == Direction::Outbound);
        sum.saturating_sub(loopback.map_or(0, of_one))
    }

    /// Deliveries to other servers, without the loopback interface.
    fn sum_deliveries(
        &self,
        provider: Option<ProviderId>,
        counts: impl Fn(&&(ProviderId, Outcome, Option<Cause>, u64)) -> bool,
    ) -> u64 {
        let entries = match provider {
            Some(provider) => of_provider(&self.deliveries, provider, |it| it.0),
            None => &self.deliveries,
        };
        let entries = entries.iter();
        let entries = entries.filter(|it| provider.is_some() || Some(it.0) != self.loopback);
        entries.filter(counts).map(|it| it.3).sum()
    }

    /// The deferrals of messages that have waited, with the causes that count, without the loopback interface.
    fn sum_waited(
        &self,
        provider: Option<ProviderId>,
        counts: impl Fn(Option<Cause>) -> bool,
    ) -> u64 {
        let entries = match provider {
            Some(provider) => of_provider(&self.waited, provider, |it| it.0),
            None => &self.waited,
        };
        let entries = entries.iter();
        let entries = entries.filter(|it| provider.is_some() || Some(it.0) != self.loopback);
        entries.filter(|it| counts(it.1)).map(|it| it.2).sum()
    }

    /// The failed connections of servers that log no deferred delivery after them, and what they are compared with.
    fn undelivered(&self, provider: Option<ProviderId>) -> [u64; 2] {
        if provider.is_some() || !self.counters.has_seen(&WITHOUT_DEFERRALS) {
            return [0; 2];
        }
        // Most domains have two hosts or more, each of which is tried.
        let failed = self.counters.connect_errors_of(&WITHOUT_DEFERRALS) / 2;
        [failed, self.accepted * WEIGHT_OF_ACCEPTED]
    }

    /// Deliveries that stay on this host: those to local mailboxes, and to the loopback interface.
    fn local_deliveries(&self, status: Outcome) -> u64 {
        let to_others = |it: &&(ProviderId, Outcome, Option<Cause>, u64)| it.1 == status;
        let to_others = self.sum_deliveries(None, to_others);
        self.counters.deliveries(status).saturating_sub(to_others)
    }
}
