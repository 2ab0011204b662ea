//! The counters: plain integers, updated for every line by the one thread that owns them. How they are exposed is
//! separate, so that counting a line costs a few additions, and a scrape one copy.

use crate::catalog::Catalog;
use crate::metrics::blocklists::BlocklistReplies;
use crate::metrics::bounded_counter::{BoundedCounter, Limits};
use crate::metrics::bounds::{DELAY_BOUNDS, RECIPIENT_BOUNDS, SIZE_BOUNDS};
use crate::metrics::exemplars::{ExemplarLine, Exemplars};
use crate::metrics::histogram::Histogram;
use crate::metrics::pending_messages::PendingMessages;
use crate::metrics::provider_deliveries::ProviderDeliveries;
use crate::metrics::rates::Rates;
use crate::metrics::reports::Reports;
use crate::metrics::services::Services;
use crate::parse::{
    ConnectError, Direction, Enhanced, Event, Fact, Line, Mta, Stage, StageDelays, Stamp,
};

/// Represents all reply codes beyond the limit; real codes have three digits.
pub(crate) const OTHER_CODE: u16 = 1000;

/// Represents all enhanced codes beyond the limit, in a packed key.
pub(crate) const OTHER_ENHANCED: u64 = u32::MAX as u64;

/// The stages of a delivery, in the order of the histograms.
pub(crate) const DELAY_STAGES: [&str; 5] = [
    "before_queue_manager",
    "queue_manager",
    "connection_setup",
    "transmission",
    "total",
];

/// The index of `transmission` in [`DELAY_STAGES`].
const TRANSMISSION: usize = 3;

/// All counters. Cloning copies about 100 KiB.
#[derive(Clone)]
pub struct Counters {
    pub(crate) catalog: &'static Catalog,
    /// By direction and code; [`OTHER_CODE`] for codes beyond the limit.
    pub(crate) codes: [Box<[u64; 1001]>; 3],
    limits: Limits,
    extra_codes: [usize; 3],
    pub(crate) codes_overflowed: u64,
    /// The series in `rates` of each code that was counted.
    pub(crate) rate_series: [Box<[Option<u16>; 1001]>; 3],
    pub(crate) rates: Rates,
    /// By [`pack_enhanced`].
    pub(crate) enhanced: BoundedCounter,
    /// By direction and condition.
    pub(crate) conditions: [Box<[u64]>; 3],
    /// By provider and code: `provider << 16 | code`.
    pub(crate) providers: BoundedCounter,
    /// By provider and condition: `provider << 16 | condition`.
    pub(crate) provider_conditions: BoundedCounter,
    /// Deliveries to other servers by provider.
    pub(crate) provider_deliveries: ProviderDeliveries,
    /// What the servers report besides.
    pub(crate) reports: Box<Reports>,
    /// Blocklisted replies of remote servers, by the list that they name.
    pub(crate) blocklist_replies: BlocklistReplies,
    /// Counts by service: deliveries, connections, TLS sessions, failed authentications.
    pub(crate) services: Services,
    /// The mail servers with a counted line, by [`Mta::index`].
    pub(crate) mtas_seen: [bool; Mta::ALL.len()],
    /// By status and delivery status code: `status << 32 | packed code`.
    pub(crate) deliveries_by_dsn: BoundedCounter,
    /// By server and error.
    pub(crate) connect_errors: [[u64; ConnectError::ALL.len()]; Mta::ALL.len()],
    /// By server, stage and condition; empty where there was none.
    pub(crate) rejects: Box<[[Box<[u64]>; Stage::ALL.len()]; Mta::ALL.len()]>,
    pub(crate) delays: [Histogram; 5],
    pub(crate) sizes: Histogram,
    pub(crate) recipients: Histogram,
    pub(crate) pending_messages: PendingMessages,
    /// The latest line of each code and provider counter; `None` where no exposition shows them.
    pub(crate) exemplars: Option<Box<Exemplars>>,
}

/// A key of [`Counters::enhanced`]: server, direction, code, and packed enhanced code or 0 for none.
fn pack_enhanced(mta: Mta, direction: Direction, code: u16, enhanced: u64) -> u64 {
    (mta.index() as u64) << 56 | (direction.index() as u64) << 48 | u64::from(code) << 32 | enhanced
}

/// An enhanced code as an integer of 29 bits, never 0.
fn pack(enhanced: Enhanced) -> u64 {
    1 << 28
        | u64::from(enhanced.class) << 20
        | u64::from(enhanced.subject) << 10
        | u64::from(enhanced.detail)
}

/// The inverse of [`pack`]; `None` for 0.
pub(crate) fn unpack(packed: u64) -> Option<Enhanced> {
    (packed != 0).then_some(Enhanced {
        class: (packed >> 20 & 0xff) as u8,
        subject: (packed >> 10 & 0x3ff) as u16,
        detail: (packed & 0x3ff) as u16,
    })
}

/// The label value of a code: its three digits, or `other` for [`OTHER_CODE`].
pub(crate) fn code_label(code: u16) -> String {
    if code == OTHER_CODE {
        "other".to_owned()
    } else {
        format!("{code:03}")
    }
}

impl Counters {
    /// The rejects by a server at a stage under a condition, all as indexes.
    pub(crate) fn rejects(&mut self, mta: usize, stage: usize, condition: usize) -> &mut u64 {
        let counts = &mut self.rejects[mta][stage];
        if counts.is_empty() {
            *counts = vec![0; self.catalog.conditions().len()].into_boxed_slice();
        }
        &mut counts[condition]
    }

    /// Counters at zero, with the limits for `/metrics`.
    pub fn new(catalog: &'static Catalog) -> Self {
        Self::within(catalog, Limits::SERVED)
    }

    /// Counters at zero, with these limits.
    pub fn within(catalog: &'static Catalog, limits: Limits) -> Self {
        let conditions = catalog.conditions().len();
        let zeros = || vec![0u64; conditions].into_boxed_slice();
        Counters {
            catalog,
            codes: std::array::from_fn(|_| Box::new([0; 1001])),
            limits,
            extra_codes: [0; 3],
            codes_overflowed: 0,
            rate_series: std::array::from_fn(|_| Box::new([None; 1001])),
            rates: Rates::new(),
            enhanced: BoundedCounter::new(limits.enhanced),
            conditions: std::array::from_fn(|_| zeros()),
            providers: BoundedCounter::new(limits.providers),
            provider_conditions: BoundedCounter::new(limits.providers),
            provider_deliveries: ProviderDeliveries::new(limits.providers),
            reports: Box::default(),
            blocklist_replies: BlocklistReplies::new(catalog),
            services: Services::new(),
            mtas_seen: Default::default(),
            deliveries_by_dsn: BoundedCounter::new(limits.dsn),
            connect_errors: Default::default(),
            rejects: Default::default(),
            delays: std::array::from_fn(|_| Histogram::new(DELAY_BOUNDS)),
            sizes: Histogram::new(SIZE_BOUNDS),
            recipients: Histogram::new(RECIPIENT_BOUNDS),
            pending_messages: PendingMessages::new(),
            exemplars: None,
        }
    }

    /// The same counters, which from now on remember the latest line of each code and provider counter as its exemplar.
    pub fn with_exemplars(mut self) -> Self {
        self.exemplars.get_or_insert_default();
        self
    }

    /// Counts one line, as [`Counters::event`] and [`Counters::noise`] do.
    pub fn count(&mut self, time: Option<Stamp>, line: &Line<'_, '_>, now: i64) {
        match line {
            Line::Event(event) => self.event(time, event, now),
            Line::Noise(fact) => self.noise(fact.as_ref()),
            Line::Unmatched => {}
        }
    }

    /// Counts a line of known form that is not an event.
    #[cfg_attr(hot_path, inline(always))]
    pub fn noise(&mut self, fact: Option<&Fact<'_>>) {
        if let Some(fact) = fact {
            self.fact(fact, 1);
        }
    }

    /// As [`Counters::noise`], for a line that reports `times` equal ones.
    #[cold]
    pub fn noise_repeated(&mut self, fact: Option<&Fact<'_>>, times: u64) {
        if let Some(fact) = fact {
            self.fact(fact, times);
        }
    }

    /// Counts an event. `now` is the wall clock in seconds since 1970: for rates, lines from the future count at
    /// `now`.
    pub fn event(&mut self, time: Option<Stamp>, event: &Event<'_>, now: i64) {
        self.count_event(time, event, now, 1);
    }

    /// As [`Counters::event`], for a line that reports `times` equal events.
    #[cold]
    pub fn event_repeated(&mut self, time: Option<Stamp>, event: &Event<'_>, now: i64, times: u64) {
        self.count_event(time, event, now, times);
    }

    /// Inlined, so that nothing is spent on `times` where it is 1.
    #[cfg_attr(hot_path, inline(always))]
    fn count_event(&mut self, time: Option<Stamp>, event: &Event<'_>, now: i64, times: u64) {
        let mta = event.mta().index();
        self.mtas_seen[mta] = true;
        let line = match &self.exemplars {
            Some(_) => ExemplarLine::of(time, event, now, times),
            None => None,
        };
        if let Some(code) = event.code {
            self.count_code(event, code, time, now, times, line);
        }
        if let Some(condition) = event.condition.filter(|_| !event.duplicate) {
            self.conditions[event.direction.index()][usize::from(condition.0)] += times;
            if event.direction == Direction::Outbound {
                let provider = u64::from(event.provider.0) << 16;
                let series = self.provider_conditions.count(
                    provider | u64::from(condition.0),
                    provider | u64::from(OTHER_CODE),
                    times,
                );
                if let (Some(exemplars), Some(line)) = (&mut self.exemplars, line) {
                    exemplars.provider_conditions.note(series, line);
                }
                self.blocklist_replies.count(self.catalog, event, times);
            }
            if let Some(stage) = event.stage {
                if let Some(level) = event.level {
                    self.reports.diagnostics[mta][level.index()] += times;
                }
                // A server that logs this reject logs no other line about the failed authentication.
                if stage == Stage::Auth && event.code == Some(535) {
                    self.services.counts(event.service).auth_failures += times;
                }
                *self.rejects(mta, stage.index(), usize::from(condition.0)) += times;
            }
        }
        if let Some(error) = event.connect_error.filter(|_| !event.duplicate) {
            self.connect_errors[mta][error.index()] += times;
            if error == ConnectError::Tls {
                self.reports.tls_failures[mta][event.direction.index()] += times;
            }
        }
        if let Some(status) = event.outcome.delivery_index() {
            self.services.counts(event.service).deliveries[status] += times;
            if event.direction == Direction::Outbound {
                let failure =
                    self.provider_deliveries
                        .count(self.catalog, time, event, status, times);
                if let (Some(exemplars), Some(line), Some(series)) =
                    (&mut self.exemplars, line, failure)
                {
                    exemplars.provider_failures.note(series, line);
                }
            }
            if let Some(dsn) = event.dsn {
                let status = (status as u64) << 32;
                self.deliveries_by_dsn
                    .count(status | pack(dsn), status | OTHER_ENHANCED, times);
            }
        }
        match event.delays.stages {
            StageDelays::All(stages) => {
                for (histogram, delay) in self.delays.iter_mut().zip(stages) {
                    histogram.observe(delay, times);
                }
            }
            StageDelays::Transmission(delay) => self.delays[TRANSMISSION].observe(delay, times),
            StageDelays::None => {}
        }
        if let Some(total) = event.delays.total {
            self.delays[4].observe(total, times);
        }
    }

    #[cfg_attr(hot_path, inline(always))]
    fn count_code(
        &mut self,
        event: &Event<'_>,
        code: u16,
        time: Option<Stamp>,
        now: i64,
        times: u64,
        line: Option<ExemplarLine<'_>>,
    ) {
        let direction = event.direction.index();
        let series = match self.rate_series[direction][usize::from(code.min(OTHER_CODE))] {
            // Only a code that has its own series has a rate, so it needs no further check.
            Some(series) => (code, usize::from(series)),
            None => self.assign_series(direction, code, times),
        };
        let (code, rate) = series;
        self.codes[direction][usize::from(code)] += times;
        if let Some(time) = time {
            self.rates.count(rate, time.seconds, now, times);
        }
        // 101 and 111 are no replies, so no enhanced code of one belongs to them.
        let enhanced = event.enhanced.filter(|_| code >= 200).map_or(0, pack);
        let key = |enhanced| pack_enhanced(event.mta(), event.direction, code, enhanced);
        let provider = u64::from(event.provider.0) << 16;
        let provider_key = |code: u16| provider | u64::from(code);
        let outbound = event.direction == Direction::Outbound;
        let provider_series = if code == OTHER_CODE {
            self.enhanced
                .count_overflowed(key(enhanced), key(OTHER_ENHANCED), times);
            outbound.then(|| {
                self.providers
                    .count_overflowed(provider_key(code), provider_key(code), times)
            })
        } else {
            self.enhanced
                .count(key(enhanced), key(OTHER_ENHANCED), times);
            outbound.then(|| {
                self.providers
                    .count(provider_key(code), provider_key(OTHER_CODE), times)
            })
        };
        if let (Some(exemplars), Some(line)) = (&mut self.exemplars, line) {
            exemplars.codes.note(rate, line);
            if let Some(series) = provider_series {
                exemplars.provider_codes.note(series, line);
            }
        }
    }

    /// Assigns a rate series to a new code. Returns the code to count, [`OTHER_CODE`] beyond the limit, and the
    /// series.
    #[cold]
    fn assign_series(&mut self, direction: usize, code: u16, times: u64) -> (u16, usize) {
        let known = self.catalog.code(code).is_some();
        let code = if known || self.extra_codes[direction] < self.limits.extra_codes {
            self.extra_codes[direction] += usize::from(!known);
            code
        } else {
            self.codes_overflowed += times;
            OTHER_CODE
        };
        let series = self.rate_series[direction][usize::from(code)].unwrap_or_else(|| {
            // There are at most 3 * 1001 series.
            let series = self.rates.add_series() as u16;
            self.rate_series[direction][usize::from(code)] = Some(series);
            series
        });
        (code, usize::from(series))
    }

    /// Restores the rate series of a code.
    pub(crate) fn restore_series(&mut self, direction: usize, code: u16, series: u16) {
        let known = self.catalog.code(code).is_some() || code == OTHER_CODE;
        if let Some(slot) = self
            .rate_series
            .get_mut(direction)
            .and_then(|codes| codes.get_mut(usize::from(code)))
            .filter(|_| usize::from(series) < self.rates.series())
        {
            *slot = Some(series);
            self.extra_codes[direction] += usize::from(!known);
        }
    }
}

#[cfg(test)]
#[path = "counters_tests.rs"]
mod tests;
