//! Queries on the counters, for pages, alerts and reports.

use crate::catalog::{Cause, ConditionId, ProviderId};
use crate::metrics::counters::{Counters, OTHER_ENHANCED, unpack};
use crate::parse::{ConnectError, Direction, Enhanced, Level, Mta, Outcome};

/// The enhanced status code in the text of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EnhancedStatus {
    /// The reply has none.
    Absent,
    /// This code.
    Code(Enhanced),
    /// A code beyond the limit of series.
    Overflowed,
}

/// The rate of each reply code.
pub struct CodeRates<'c, const N: usize> {
    counters: &'c Counters,
    /// For each series, one rate per window.
    rates: Vec<[f64; N]>,
}

impl<const N: usize> CodeRates<'_, N> {
    /// The rate of this code per second, for each window.
    pub fn of(&self, direction: Direction, code: u16) -> [f64; N] {
        let series = self.counters.rate_series[direction.index()].get(usize::from(code));
        series
            .copied()
            .flatten()
            .and_then(|series| self.rates.get(usize::from(series)))
            .map_or([0.0; N], |rates| *rates)
    }
}

impl Counters {
    /// The count of this code; 0 for codes of more than three digits.
    pub fn code(&self, direction: Direction, code: u16) -> u64 {
        self.codes[direction.index()]
            .get(usize::from(code))
            .copied()
            .unwrap_or(0)
    }

    /// The total count of the codes from `first` to `last`, without those beyond the limit.
    pub fn codes_between(&self, direction: Direction, first: u16, last: u16) -> u64 {
        let codes = &self.codes[direction.index()];
        let last = usize::from(last).min(codes.len() - 1);
        codes[usize::from(first).min(last)..=last].iter().sum()
    }

    /// Failed authentications of clients.
    pub fn auth_failures(&self) -> u64 {
        self.services
            .rows()
            .iter()
            .map(|row| row.counts.auth_failures)
            .sum()
    }

    /// Failures by provider and condition, in no particular order.
    pub fn provider_condition_counts(
        &self,
    ) -> impl Iterator<Item = (ProviderId, ConditionId, u64)> {
        let entries = self.provider_conditions.entries();
        let known = self.catalog.conditions().len();
        entries.filter_map(move |(key, count)| {
            let condition = u8::try_from(key & 0xffff).ok()?;
            let id = ConditionId(condition);
            (usize::from(condition) < known).then_some((ProviderId((key >> 16) as u8), id, count))
        })
    }

    /// The number of counts that went to `other` because of the limit of series, by metric.
    pub fn overflowed(&self) -> [(&'static str, u64); 7] {
        [
            ("maillog_codes_total", self.codes_overflowed),
            ("maillog_enhanced_codes_total", self.enhanced.overflowed()),
            ("maillog_provider_codes_total", self.providers.overflowed()),
            (
                "maillog_provider_conditions_total",
                self.provider_conditions.overflowed(),
            ),
            (
                "maillog_provider_deliveries_total",
                self.provider_deliveries.overflowed(),
            ),
            ("maillog_deliveries_total", self.services.overflowed()),
            (
                "maillog_deliveries_by_dsn_total",
                self.deliveries_by_dsn.overflowed(),
            ),
        ]
    }

    /// The rate of each code over each of the `windows` (in seconds, the shortest first) that end at `now` (in seconds
    /// since 1970), by the time stamps of the lines.
    pub fn rates<const N: usize>(&self, windows: [i64; N], now: i64) -> CodeRates<'_, N> {
        CodeRates {
            counters: self,
            rates: self.rates.per_second(windows, now),
        }
    }

    /// Counts by direction, reply code and enhanced code, separately for each mail server, sorted by key.
    pub fn enhanced_counts(&self) -> impl Iterator<Item = (Direction, u16, EnhancedStatus, u64)> {
        self.enhanced.sorted().into_iter().map(|(key, count)| {
            let direction = Direction::ALL[(key >> 48 & 0xff) as usize];
            let enhanced = match key & 0xffff_ffff {
                OTHER_ENHANCED => EnhancedStatus::Overflowed,
                packed => unpack(packed).map_or(EnhancedStatus::Absent, EnhancedStatus::Code),
            };
            (direction, (key >> 32 & 0xffff) as u16, enhanced, count)
        })
    }

    /// Reply codes of remote servers by provider, in no particular order.
    pub fn provider_code_counts(&self) -> impl Iterator<Item = (ProviderId, u16, u64)> {
        let entries = self.providers.entries();
        entries.map(|(key, count)| (ProviderId((key >> 16) as u8), (key & 0xffff) as u16, count))
    }

    /// Deliveries to other servers by provider, status and cause of failure, in no particular order; only those that
    /// happened.
    pub fn provider_delivery_counts(
        &self,
    ) -> impl Iterator<Item = (ProviderId, Outcome, Option<Cause>, u64)> {
        self.provider_deliveries.counted()
    }

    /// Deferrals of messages that have waited for long, by provider and cause, in no particular order.
    pub(crate) fn waited_counts(&self) -> impl Iterator<Item = (ProviderId, Option<Cause>, u64)> {
        self.provider_deliveries.waited()
    }

    /// Whether one of these servers has written a line that counts.
    pub(crate) fn has_seen(&self, servers: &[Mta]) -> bool {
        servers.iter().any(|mta| self.mtas_seen[mta.index()])
    }

    /// Connections of these servers to others that failed in any way.
    pub(crate) fn connect_errors_of(&self, servers: &[Mta]) -> u64 {
        let counts = servers.iter().map(|mta| &self.connect_errors[mta.index()]);
        counts.flatten().sum()
    }

    /// Connections that failed in one of these ways.
    pub fn connect_errors(&self, errors: &[ConnectError]) -> u64 {
        let servers = self.connect_errors.iter();
        let of_server = |counts: &[u64; ConnectError::ALL.len()]| {
            let counts = errors.iter().map(|error| counts[error.index()]);
            counts.sum::<u64>()
        };
        servers.map(of_server).sum()
    }

    /// Connections of clients.
    pub fn connections(&self) -> u64 {
        let rows = self.services.rows().iter();
        rows.map(|row| row.counts.connections).sum()
    }

    /// Messages that the mail servers have received, as far as their size is logged.
    pub(crate) fn messages(&self) -> u64 {
        self.sizes.count()
    }

    /// Messages of the mail servers with one of these levels.
    pub fn diagnostics(&self, levels: &[Level]) -> u64 {
        let servers = self.reports.diagnostics.iter();
        let of_server = |counts: &[u64; Level::ALL.len()]| {
            let counts = levels.iter().map(|level| counts[level.index()]);
            counts.sum::<u64>()
        };
        servers.map(of_server).sum()
    }

    /// Deliveries with this status, of all mail servers and services.
    pub fn deliveries(&self, status: Outcome) -> u64 {
        status.delivery_index().map_or(0, |status| {
            self.services
                .rows()
                .iter()
                .map(|row| row.counts.deliveries[status])
                .sum()
        })
    }

    /// Events with this condition in a direction.
    pub fn condition(&self, direction: Direction, condition: ConditionId) -> u64 {
        self.conditions[direction.index()][usize::from(condition.0)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Catalog, Providers};
    use crate::metrics::OTHER_CODE;
    use crate::parse::{Agent, Event, Fact, Mta, Service, Stage};

    /// Counters with some of everything, of two servers and several services.
    fn counters() -> Counters {
        let catalog = Catalog::embedded();
        let mut counters = Counters::new(catalog);
        let agents = [Mta::Postfix, Mta::Exim].map(|mta| Agent::all().find(|it| it.mta() == mta));
        let services = agents.map(|agent| Service::of(agent.expect("an agent")));
        for (service, times) in services.into_iter().zip([1, 10]) {
            let mta = service.agent.mta();
            for fact in [
                Fact::Connected(service),
                Fact::Connected(service),
                Fact::ConnectionLost(service, Stage::Data),
                Fact::AuthFailed(service, Level::Warning),
                Fact::Diagnostic(mta, Level::Warning),
                Fact::Diagnostic(mta, Level::Fatal),
            ] {
                counters.noise_repeated(Some(&fact), times);
            }
            let condition = catalog.condition_named("mailbox_full");
            for (outcome, code, error) in [
                (Outcome::Sent, 250, None),
                (Outcome::Bounced, 552, None),
                (Outcome::Deferred, 101, Some(ConnectError::TimedOut)),
                (Outcome::Attempt, 111, Some(ConnectError::Refused)),
            ] {
                let mut event = Event::new(service, Direction::Outbound, outcome);
                (event.code, event.connect_error) = (Some(code), error);
                event.condition = condition.filter(|_| code == 552);
                event.provider = ProviderId(1);
                counters.event_repeated(None, &event, 0, times);
            }
        }
        counters
    }

    #[test]
    fn questions_about_counts_are_answered_for_all_servers() {
        let it = counters();
        let out = Direction::Outbound;
        let full = it
            .catalog
            .condition_named("mailbox_full")
            .expect("a condition");
        for (question, found, expected) in [
            ("250", it.code(out, 250), 11),
            ("250 inbound", it.code(Direction::Inbound, 250), 0),
            ("other codes", it.code(out, OTHER_CODE), 0),
            ("a code of many digits", it.code(out, 60_000), 0),
            ("200 to 299", it.codes_between(out, 200, 299), 11),
            ("111 to 250", it.codes_between(out, 111, 250), 22),
            ("112 to 249", it.codes_between(out, 112, 249), 0),
            ("all", it.codes_between(out, 0, u16::MAX), 44),
            (
                "all inbound",
                it.codes_between(Direction::Inbound, 0, 999),
                0,
            ),
            ("authentications", it.auth_failures(), 11),
            ("connections", it.connections(), 22),
            ("warnings", it.diagnostics(&[Level::Warning]), 22),
            (
                "two levels",
                it.diagnostics(&[Level::Warning, Level::Fatal]),
                33,
            ),
            ("no level", it.diagnostics(&[]), 0),
            ("refused", it.connect_errors(&[ConnectError::Refused]), 11),
            (
                "two errors",
                it.connect_errors(&[ConnectError::Refused, ConnectError::TimedOut]),
                22,
            ),
            ("another error", it.connect_errors(&[ConnectError::Dns]), 0),
            ("sent", it.deliveries(Outcome::Sent), 11),
            ("expired", it.deliveries(Outcome::Expired), 0),
            (
                "attempts, which are no deliveries",
                it.deliveries(Outcome::Attempt),
                0,
            ),
            ("full mailboxes", it.condition(out, full), 11),
            (
                "full mailboxes, inbound",
                it.condition(Direction::Inbound, full),
                0,
            ),
        ] {
            assert_eq!(found, expected, "{question}");
        }
        let conditions: Vec<_> = it.provider_condition_counts().collect();
        assert_eq!(conditions, [(ProviderId(1), full, 11)]);
        let codes: Vec<_> = it.provider_code_counts().collect();
        let code = |code| (ProviderId(1), code, 11);
        assert_eq!(codes, [250, 552, 101, 111].map(code));
    }

    #[test]
    fn totals_are_sums_over_all_servers_by_name() {
        let providers = Providers::embedded();
        let totals = counters().totals(&providers);
        let totals = serde_json::to_value(&totals).expect("JSON");
        let codes = serde_json::json!({"101": 11, "111": 11, "250": 11, "552": 11});
        let expected = serde_json::json!({
            "codes": {"outbound": codes, "inbound": {}, "local": {}},
            "enhanced": {"outbound": codes, "inbound": {}, "local": {}},
            "deliveries": {"sent": 11, "deferred": 11, "bounced": 11, "expired": 0},
            "connect_errors": {"refused": 11, "timed_out": 11},
            "conditions": {"outbound": {"mailbox_full": 11}, "inbound": {}, "local": {}},
            "providers": {providers.name(ProviderId(1)): codes},
        });
        assert_eq!(totals, expected);
    }

    #[test]
    fn replies_are_listed_by_enhanced_code_none_and_those_beyond_the_limit() {
        let limits = crate::metrics::Limits {
            enhanced: 2,
            ..crate::metrics::Limits::SERVED
        };
        let mut it = Counters::within(Catalog::embedded(), limits);
        let agent = Agent::all().next().expect("an agent");
        let code = |subject, detail| Enhanced {
            class: 4,
            subject,
            detail,
        };
        for (enhanced, times) in [(None, 2), (Some(code(7, 28)), 3), (Some(code(2, 1)), 4)] {
            let mut event = Event::new(Service::of(agent), Direction::Inbound, Outcome::Rejected);
            (event.code, event.enhanced) = (Some(421), enhanced);
            it.event_repeated(None, &event, 0, times);
        }
        let counts: Vec<_> = it.enhanced_counts().collect();
        let of = |enhanced, count| (Direction::Inbound, 421, enhanced, count);
        assert_eq!(
            counts,
            [
                of(EnhancedStatus::Absent, 2),
                of(EnhancedStatus::Code(code(7, 28)), 3),
                of(EnhancedStatus::Overflowed, 4),
            ]
        );
        let totals = it.totals(&Providers::embedded());
        let names: Vec<_> = totals.enhanced["inbound"].iter().collect();
        let expected = [("421", 2), ("421 4.7.28", 3), ("421 other", 4)];
        let expected = expected.map(|(name, count)| (name.to_owned(), count));
        assert_eq!(
            names,
            expected.iter().map(|it| (&it.0, &it.1)).collect::<Vec<_>>()
        );
    }

    #[test]
    fn rates_are_those_of_the_code_in_its_direction() {
        const NOW: i64 = 1_795_435_200;
        let mut it = Counters::new(Catalog::embedded());
        let agent = Agent::all().next().expect("an agent");
        for (direction, code, ago, times) in [
            (Direction::Outbound, 250, 10, 60),
            (Direction::Outbound, 421, 100, 30),
            (Direction::Inbound, 421, 10, 6),
        ] {
            let mut event = Event::new(Service::of(agent), direction, Outcome::Attempt);
            event.code = Some(code);
            let time = crate::parse::Stamp {
                seconds: NOW - ago,
                nanos: 0,
            };
            it.event_repeated(Some(time), &event, NOW, times);
        }
        let rates = it.rates([60, 300], NOW);
        for (direction, code, expected) in [
            (Direction::Outbound, 250, [1.0, 0.2]),
            (Direction::Outbound, 421, [0.0, 0.1]),
            (Direction::Inbound, 421, [0.1, 0.02]),
            (Direction::Inbound, 250, [0.0; 2]),
            (Direction::Outbound, 60_000, [0.0; 2]),
        ] {
            assert_eq!(rates.of(direction, code), expected, "{direction:?} {code}");
        }
    }
}
