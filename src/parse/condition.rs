//! The condition of a failed event: the catalog's class for its cause. A connection error determines it alone;
//! a reply is classified by the catalog; without a reply, the server's own `dsn=` code is used.

use crate::catalog::{Catalog, ConditionId, ProviderId};
use crate::parse::condition_cache::ConditionCache;
use crate::parse::event::Event;
use crate::parse::kinds::{ConnectError, Direction, Outcome};
use crate::parse::reply;

/// What Postfix and Sendmail answer to their clients if a mail filter (milter) does not answer them; Postfix's cleanup
/// logs no reply code. Remote servers say the same, but their filters are not ours.
const FILTER_FAILS: [&[u8]; 2] = [
    b"4.7.1 Service unavailable - try again later",
    b"4.3.2 Please try again later",
];

/// In what Spamhaus answers to a query that it refuses: through a public resolver, too many, or with a wrong name. A server
/// that takes the answer for a listing rejects all mail.
const QUERY_REFUSED: &[u8] = b"spamhaus.org/returnc/";

/// Assigns conditions to events.
pub(crate) struct Conditions {
    catalog: &'static Catalog,
    /// The condition of each connection error, by [`ConnectError::index`].
    connect_errors: [ConditionId; ConnectError::ALL.len()],
    local_error: ConditionId,
    service_unavailable: ConditionId,
    /// The provider of servers on this host.
    loopback: ProviderId,
    cache: ConditionCache,
}

impl Conditions {
    pub(crate) fn new(catalog: &'static Catalog, loopback: ProviderId) -> Self {
        let named = |name| catalog.condition_named(name).unwrap_or(catalog.other());
        let condition_of = |error| {
            let name = match error {
                ConnectError::Refused => "connection_refused",
                ConnectError::TimedOut => "timeout",
                ConnectError::Unreachable => "unreachable",
                ConnectError::Dns => "dns",
                ConnectError::Reset => "connection_lost",
                ConnectError::Tls => "tls",
                ConnectError::Other => "other",
            };
            named(name)
        };
        Conditions {
            catalog,
            connect_errors: ConnectError::ALL.map(condition_of),
            local_error: named("local_error"),
            service_unavailable: named("service_unavailable"),
            loopback,
            cache: ConditionCache::new(),
        }
    }

    /// The condition of the event; `None` if it did not fail, or if nothing says why.
    pub(crate) fn of(&mut self, event: &Event<'_>) -> Option<ConditionId> {
        match event.outcome {
            Outcome::Sent => None,
            // A message that was in the queue for too long has one only if the last attempt is in the same record.
            Outcome::Expired if event.code.is_none() && event.connect_error.is_none() => None,
            _ if event.code.is_some_and(|code| (200..400).contains(&code)) => None,
            _ => Some(self.of_failure(event)),
        }
    }

    fn of_failure(&mut self, event: &Event<'_>) -> ConditionId {
        if let Some(error) = event.connect_error {
            return self.connect_errors[error.index()];
        }
        if event.direction == Direction::Inbound {
            let text = event.text.strip_prefix(b"451 ").unwrap_or(event.text);
            if FILTER_FAILS.iter().any(|it| text.starts_with(it)) {
                return self.local_error;
            }
        }
        let (mut code, mut enhanced) = (event.code, event.enhanced);
        if code.is_none() {
            // A suspended delivery quotes the reply that suspended it.
            match reply::parse(event.text) {
                Some(quoted) => (code, enhanced) = (Some(quoted.code), quoted.enhanced),
                None => enhanced = enhanced.or(event.dsn),
            }
        }
        let enhanced = enhanced.map(|code| (code.class, code.subject, code.detail));
        if let Some(condition) = self.catalog.classify_by_codes(code, enhanced) {
            return condition;
        }
        let condition = self.cache.condition((code, enhanced), event.text, || {
            if memchr::memmem::find(event.text, QUERY_REFUSED).is_some() {
                return self.local_error;
            }
            self.catalog.classify(code, enhanced, event.text)
        });
        // What is internal to another server is not internal to ours: that server is not available for a time.
        let temporary = code.is_some_and(|code| (400..500).contains(&code));
        if condition == self.local_error && temporary && self.is_elsewhere(event) {
            return self.service_unavailable;
        }
        condition
    }

    /// Whether another host than ours replied.
    fn is_elsewhere(&self, event: &Event<'_>) -> bool {
        event.direction == Direction::Outbound && event.provider != self.loopback
    }
}
