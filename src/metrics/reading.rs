//! What the counters say, for pages, alerts and reports.
//!
//! It stands apart from counting, which happens for every line, while this happens when somebody asks.

use crate::catalog::{ConditionId, ProviderId};
use crate::metrics::counters::{Counters, OTHER_ENHANCED, unpack};
use crate::parse::{Direction, Enhanced, Outcome};

/// What came with a reply code in the reply's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// No enhanced code.
    Nothing,
    /// This one.
    Enhanced(Enhanced),
    /// One that was folded.
    Other,
}

/// How often each code is said.
pub struct CodeRates<'c, const N: usize> {
    counters: &'c Counters,
    /// By series.
    rates: Vec<[f64; N]>,
}

impl<const N: usize> CodeRates<'_, N> {
    /// Occurrences of this code per second, one for each window.
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
    /// Times this code was said; codes of more than three digits never were.
    pub fn code(&self, direction: Direction, code: u16) -> u64 {
        self.codes[direction.index()]
            .get(usize::from(code))
            .copied()
            .unwrap_or(0)
    }

    /// Times any code from `first` to `last` was said; what was folded is beyond all codes.
    pub fn codes_between(&self, direction: Direction, first: u16, last: u16) -> u64 {
        let codes = &self.codes[direction.index()];
        let last = usize::from(last).min(codes.len() - 1);
        codes[usize::from(first).min(last)..=last].iter().sum()
    }

    /// Logins of clients that failed.
    pub fn auth_failures(&self) -> u64 {
        self.services
            .rows()
            .iter()
            .map(|row| row.counts.auth_failures)
            .sum()
    }

    /// Why other servers' replies were what they were, by who runs those, in no particular order.
    pub fn reasons(&self) -> impl Iterator<Item = (ProviderId, ConditionId, u64)> {
        let entries = self.provider_conditions.entries();
        let known = self.catalog.conditions().len();
        entries.filter_map(move |(key, count)| {
            let condition = u8::try_from(key & 0xffff).ok()?;
            let id = ConditionId(condition);
            (usize::from(condition) < known).then_some((ProviderId((key >> 16) as u8), id, count))
        })
    }

    /// How many counts went to `other` because their family was full, by metric.
    pub fn overflowed(&self) -> [(&'static str, u64); 6] {
        [
            ("maillog_codes_total", self.codes_overflowed),
            ("maillog_enhanced_codes_total", self.enhanced.overflowed()),
            ("maillog_provider_codes_total", self.providers.overflowed()),
            (
                "maillog_provider_conditions_total",
                self.provider_conditions.overflowed(),
            ),
            ("maillog_deliveries_total", self.services.overflowed()),
            (
                "maillog_deliveries_by_dsn_total",
                self.deliveries_by_dsn.overflowed(),
            ),
        ]
    }

    /// How often each code is said, within each of the `windows` that end at `now` (seconds since
    /// 1970), the shortest first, by the time stamps of the lines.
    pub fn rates<const N: usize>(&self, windows: [i64; N], now: i64) -> CodeRates<'_, N> {
        CodeRates {
            counters: self,
            rates: self.rates.per_second(windows, now),
        }
    }

    /// Reply codes by direction and what came with them, once for each kind of mail server, in the
    /// order of their series.
    pub fn beside(&self) -> impl Iterator<Item = (Direction, u16, Beside, u64)> {
        self.enhanced.sorted().into_iter().map(|(key, count)| {
            let direction = Direction::ALL[(key >> 48 & 0xff) as usize];
            let beside = match key & 0xffff_ffff {
                OTHER_ENHANCED => Beside::Other,
                packed => unpack(packed).map_or(Beside::Nothing, Beside::Enhanced),
            };
            (direction, (key >> 32 & 0xffff) as u16, beside, count)
        })
    }

    /// Reply codes of other servers by who runs those, in no particular order.
    pub fn answers(&self) -> impl Iterator<Item = (ProviderId, u16, u64)> {
        let answers = self.providers.entries();
        answers.map(|(key, count)| (ProviderId((key >> 16) as u8), (key & 0xffff) as u16, count))
    }

    /// Deliveries with this status, over all servers and services.
    pub fn deliveries(&self, status: Outcome) -> u64 {
        status.delivery_index().map_or(0, |status| {
            self.services
                .rows()
                .iter()
                .map(|row| row.counts.deliveries[status])
                .sum()
        })
    }

    /// Events of this class, by direction.
    pub fn condition(&self, direction: Direction, condition: ConditionId) -> u64 {
        self.conditions[direction.index()][usize::from(condition.0)]
    }
}
