//! The metric families about mail: names, help texts, labels and values, as listed in docs/metrics.md. Dashboards and
//! alert rules depend on names and labels, so they must not change.

use prometheus::proto::MetricFamily;

use crate::metrics::counters::{DELAY_STAGES, OTHER_CODE, OTHER_ENHANCED, code_label, unpack};
use crate::metrics::family::FamilyBuilder;
use crate::metrics::scrape::Scrape;
use crate::metrics::services::ServiceRow;
use crate::parse::{ConnectError, Direction, Mta, Outcome, Stage, TlsProtocol, TlsTrust};
use crate::queue;

/// The windows of `maillog_code_rate`, in seconds.
const WINDOWS: [i64; 4] = [60, 300, 900, 3600];

/// The values of the `window` label.
const WINDOW_NAMES: [&str; 4] = ["1m", "5m", "15m", "1h"];

/// The conditions of replies that limit our sending rate.
const RATE_LIMIT_CONDITIONS: [&str; 2] = ["rate_limited", "too_many_connections"];

impl Scrape {
    /// The families about mail.
    pub(super) fn mail_metrics(&self) -> Vec<MetricFamily> {
        let mut families = self.mail_counters();
        families.push(self.code_rates());
        families.extend(self.queues().into_iter().flatten());
        families
    }

    /// The families about mail that only grow: counters and histograms.
    pub(super) fn mail_counters(&self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        families.push(self.codes());
        families.push(self.enhanced());
        families.push(self.conditions());
        families.extend(self.providers());
        families.push(self.provider_deliveries());
        families.push(self.blocklists());
        families.extend(self.deliveries());
        families.push(self.connect_errors());
        families.push(self.rejects());
        families.extend(self.sessions());
        families.extend(self.reports());
        families.extend(self.histograms());
        families
    }

    fn codes(&self) -> MetricFamily {
        let mut codes = self.previous.counter(
            "maillog_codes_total",
            "SMTP reply codes, by direction; 101 and 111 are connections that could not be opened.",
        );
        for (direction, code, count) in self.code_counts() {
            let digits = code_label(code);
            codes.count(&[("direction", direction.name()), ("code", &digits)], count);
        }
        codes.finish()
    }

    fn code_rates(&self) -> MetricFamily {
        let counters = &self.view.counters;
        let mut rates = self.previous.gauge(
            "maillog_code_rate",
            "SMTP reply codes per second over the window, by the time stamps of the lines.",
        );
        let code_rates = counters.rates(WINDOWS, self.now);
        for (direction, code, _) in self.code_counts() {
            let known = counters.catalog.code(code);
            let series = counters.rate_series[direction.index()][usize::from(code)];
            if series.is_none() && known.is_none_or(|code| code.document.is_empty()) {
                continue;
            }
            let digits = code_label(code);
            for (window, rate) in WINDOW_NAMES.iter().zip(code_rates.of(direction, code)) {
                let labels = [
                    ("direction", direction.name()),
                    ("code", &*digits),
                    ("window", window),
                ];
                rates.set(&labels, rate);
            }
        }
        rates.finish()
    }

    /// The codes of the catalog and those that were counted.
    pub(super) fn code_counts(&self) -> impl Iterator<Item = (Direction, u16, u64)> {
        let counters = &self.view.counters;
        let of = move |direction: Direction| {
            let seen = &counters.codes[direction.index()];
            let codes =
                (0..=OTHER_CODE).map(move |code| (direction, code, seen[usize::from(code)]));
            codes.filter(|&(_, code, count)| count > 0 || counters.catalog.code(code).is_some())
        };
        Direction::ALL.into_iter().flat_map(of)
    }

    fn enhanced(&self) -> MetricFamily {
        let mut family = self.previous.counter(
            "maillog_enhanced_codes_total",
            "Replies by reply code and by the enhanced status code in their text; empty if there is none.",
        );
        for (key, count) in self.view.counters.enhanced.sorted() {
            let enhanced = match key & 0xffff_ffff {
                OTHER_ENHANCED => "other".to_owned(),
                packed => unpack(packed)
                    .map(|code| code.to_string())
                    .unwrap_or_default(),
            };
            let labels = [
                ("mta", Mta::ALL[(key >> 56) as usize].name()),
                (
                    "direction",
                    Direction::ALL[(key >> 48 & 0xff) as usize].name(),
                ),
                ("code", &*code_label((key >> 32 & 0xffff) as u16)),
                ("enhanced", &enhanced),
            ];
            family.count(&labels, count);
        }
        family.finish()
    }

    fn conditions(&self) -> MetricFamily {
        let mut family = self.previous.counter(
            "maillog_conditions_total",
            "Failure replies and other failures, by condition: the cause as classified by the catalog.",
        );
        for direction in Direction::ALL {
            let counts = &self.view.counters.conditions[direction.index()];
            for (condition, &count) in self.view.counters.catalog.conditions().iter().zip(counts) {
                let labels = [
                    ("direction", direction.name()),
                    ("condition", &*condition.name),
                ];
                family.count(&labels, count);
            }
        }
        family.finish()
    }

    fn providers(&self) -> [MetricFamily; 2] {
        let mut family = self.previous.counter(
            "maillog_provider_codes_total",
            "Reply codes of remote servers, by provider.",
        );
        for (key, count) in self.view.counters.providers.sorted() {
            let provider = &*self.view.providers[(key >> 16) as usize];
            let code = code_label((key & 0xffff) as u16);
            family.count(&[("provider", provider), ("code", &code)], count);
        }
        let mut conditions = self.previous.counter(
            "maillog_provider_conditions_total",
            "Failure replies of remote servers and failures to reach them, by provider and condition.",
        );
        let counters = &self.view.counters;
        for (key, count) in self.provider_conditions() {
            let provider = &*self.view.providers[(key >> 16) as usize];
            // `other` is a condition, so counts beyond the limit get another name.
            let condition = counters
                .catalog
                .conditions()
                .get((key & 0xffff) as usize)
                .map_or("folded", |condition| &condition.name);
            let labels = [("provider", provider), ("condition", condition)];
            conditions.count(&labels, count);
        }
        [family.finish(), conditions.finish()]
    }

    fn blocklists(&self) -> MetricFamily {
        let mut family = self.previous.counter(
            "maillog_blocklist_replies_total",
            "Replies of remote servers with the condition blocklisted, by the blocklist that they name.",
        );
        let counters = &self.view.counters;
        for (blocklist, count) in counters.blocklist_replies.by_name(counters.catalog) {
            family.count(&[("blocklist", blocklist)], count);
        }
        family.finish()
    }

    /// Provider and condition with their count, sorted. For every known provider, the rate limit conditions exist
    /// from the start, so that the first occurrence is visible as an increase.
    pub(super) fn provider_conditions(&self) -> Vec<(u64, u64)> {
        let counters = &self.view.counters;
        let mut counts = counters.provider_conditions.sorted();
        let limits = RATE_LIMIT_CONDITIONS.map(|name| counters.catalog.condition_named(name));
        let mut last = None;
        let providers = counters.providers.sorted().into_iter();
        for provider in providers.map(|(key, _)| key >> 16) {
            if last.replace(provider) == Some(provider) {
                continue;
            }
            for limit in limits.into_iter().flatten() {
                let key = provider << 16 | u64::from(limit.0);
                if !counts.iter().any(|(known, _)| *known == key) {
                    counts.push((key, 0));
                }
            }
        }
        counts.sort_unstable();
        counts
    }

    fn deliveries(&self) -> [MetricFamily; 2] {
        let counters = &self.view.counters;
        let mut deliveries = self.previous.counter(
            "maillog_deliveries_total",
            "Delivery records, by service and status.",
        );
        for row in self.services() {
            let statuses = &row.counts.deliveries;
            // Most agents deliver nothing; the one that delivers to other servers is always shown.
            let always = row.agent.definition().delivers && is_default(row);
            if !always && statuses.iter().all(|&count| count == 0) {
                continue;
            }
            for (status, &count) in Outcome::DELIVERIES.iter().zip(statuses) {
                let labels = [
                    ("mta", row.agent.mta().name()),
                    ("service", &row.name),
                    ("status", status.name()),
                ];
                deliveries.count(&labels, count);
            }
        }
        let mut by_dsn = self.previous.counter(
            "maillog_deliveries_by_dsn_total",
            "Delivery records, by status and by the delivery status code assigned by the mail server.",
        );
        for (key, count) in counters.deliveries_by_dsn.sorted() {
            let dsn = match key & 0xffff_ffff {
                OTHER_ENHANCED => "other".to_owned(),
                packed => unpack(packed)
                    .map(|code| code.to_string())
                    .unwrap_or_default(),
            };
            // A state file may have anything.
            if let Some(status) = Outcome::DELIVERIES.get((key >> 32) as usize) {
                by_dsn.count(&[("status", status.name()), ("dsn", &dsn)], count);
            }
        }
        [deliveries.finish(), by_dsn.finish()]
    }

    /// The mail servers whose series exist: those seen in the logs, or Postfix if there are none.
    pub(super) fn mtas(&self) -> impl Iterator<Item = Mta> {
        let seen = self.view.counters.mtas_seen;
        let none = seen.iter().all(|&seen| !seen);
        let exists = move |mta: &Mta| seen[mta.index()] || none && *mta == Mta::Postfix;
        Mta::ALL.into_iter().filter(exists)
    }

    /// The services of these mail servers.
    fn services(&self) -> impl Iterator<Item = &ServiceRow> {
        let mtas: Vec<Mta> = self.mtas().collect();
        let rows = self.view.counters.services.rows().iter();
        rows.filter(move |row| mtas.contains(&row.agent.mta()))
    }

    fn connect_errors(&self) -> MetricFamily {
        let mut family = self.previous.counter(
            "maillog_connect_errors_total",
            "Connections to other servers that could not be opened or were interrupted, by error.",
        );
        for mta in self.mtas() {
            let errors = &self.view.counters.connect_errors[mta.index()];
            for (error, &count) in ConnectError::ALL.iter().zip(errors) {
                family.count(&[("mta", mta.name()), ("error", error.name())], count);
            }
        }
        family.finish()
    }

    fn rejects(&self) -> MetricFamily {
        let counters = &self.view.counters;
        let mut family = self.previous.counter(
            "maillog_rejects_total",
            "Rejects by our own server, by SMTP stage and condition.",
        );
        for mta in self.mtas() {
            let stages = &counters.rejects[mta.index()];
            for (stage, counts) in Stage::ALL.iter().zip(stages) {
                for (at, condition) in counters.catalog.conditions().iter().enumerate() {
                    let count = counts.get(at).copied().unwrap_or_default();
                    // Most combinations never occur; only the most frequent one exists from the start.
                    if count > 0 || (*stage == Stage::Rcpt && condition.name == "policy") {
                        let labels = [
                            ("mta", mta.name()),
                            ("stage", stage.name()),
                            ("condition", &*condition.name),
                        ];
                        family.count(&labels, count);
                    }
                }
            }
        }
        family.finish()
    }

    fn sessions(&self) -> [MetricFamily; 4] {
        let mut connections = self
            .previous
            .counter("maillog_connections_total", "Connections from clients.");
        let mut lost = self.previous.counter(
            "maillog_connections_lost_total",
            "Connections from clients that ended without QUIT, by SMTP stage.",
        );
        let mut auth = self.previous.counter(
            "maillog_auth_failures_total",
            "Failed SASL authentications of clients.",
        );
        let mut tls = self.previous.counter(
            "maillog_tls_connections_total",
            "TLS sessions established with servers (outbound) and clients (inbound), by trust in the certificate and protocol.",
        );
        for row in self.services() {
            let (counts, definition) = (&row.counts, row.agent.definition());
            let labels = [("mta", row.agent.mta().name()), ("service", &*row.name)];
            let accepts = definition.accepts_clients && is_default(row);
            if accepts || counts.connections > 0 {
                connections.count(&labels, counts.connections);
            }
            for stage in Stage::ALL {
                let count = counts.connections_lost[stage.index()];
                if count > 0 || accepts && stage == Stage::Connect {
                    lost.count(&[labels[0], labels[1], ("stage", stage.name())], count);
                }
            }
            if accepts && definition.authenticates || counts.auth_failures > 0 {
                auth.count(&labels, counts.auth_failures);
            }
            self.tls_sessions(row, &mut tls);
        }
        [
            connections.finish(),
            lost.finish(),
            auth.finish(),
            tls.finish(),
        ]
    }

    /// The TLS sessions of a service. The usual combinations of trust and protocol exist from the start.
    fn tls_sessions(&self, row: &ServiceRow, family: &mut FamilyBuilder) {
        let definition = row.agent.definition();
        for (direction, trusts) in Direction::ALL.iter().zip(&row.counts.tls) {
            let usual_trusts: &[TlsTrust] = match direction {
                Direction::Outbound if definition.delivers => &[
                    TlsTrust::Anonymous,
                    TlsTrust::Untrusted,
                    TlsTrust::Trusted,
                    TlsTrust::Verified,
                ],
                // Clients rarely have a certificate.
                Direction::Inbound if definition.authenticates => &[TlsTrust::Anonymous],
                _ => &[],
            };
            for (trust, protocols) in TlsTrust::ALL.iter().zip(trusts) {
                for (protocol, &count) in TlsProtocol::ALL.iter().zip(protocols) {
                    let is_usual = is_default(row)
                        && row.agent.mta() == Mta::Postfix
                        && usual_trusts.contains(trust)
                        && matches!(protocol, TlsProtocol::Tls12 | TlsProtocol::Tls13);
                    if count > 0 || is_usual {
                        let labels = [
                            ("mta", row.agent.mta().name()),
                            ("service", &*row.name),
                            ("direction", direction.name()),
                            ("trust", trust.name()),
                            ("protocol", protocol.name()),
                        ];
                        family.count(&labels, count);
                    }
                }
            }
        }
    }

    fn histograms(&self) -> [MetricFamily; 3] {
        let counters = &self.view.counters;
        let mut delays = self.previous.histogram(
            "maillog_delivery_delay_seconds",
            "Duration of each stage of a delivery; total is from the arrival of the message to the delivery record.",
        );
        for (stage, histogram) in DELAY_STAGES.iter().zip(&counters.delays) {
            delays.histogram(&[("stage", stage)], histogram, 1e6);
        }
        let mut sizes = self.previous.histogram(
            "maillog_message_size_bytes",
            "Size of messages when they first become active in the queue.",
        );
        sizes.histogram(&[], &counters.sizes, 1.0);
        let mut recipients = self.previous.histogram(
            "maillog_message_recipients",
            "Recipients of messages when they first become active in the queue.",
        );
        recipients.histogram(&[], &counters.recipients, 1.0);
        [delays.finish(), sizes.finish(), recipients.finish()]
    }

    fn queues(&self) -> Option<[MetricFamily; 3]> {
        let queues = self.view.queues?;
        let mut messages = self
            .previous
            .gauge("maillog_queue_messages", "Messages in each queue.");
        let mut bytes = self.previous.gauge(
            "maillog_queue_size_bytes",
            "Total size of the messages in each queue.",
        );
        let mut oldest = self.previous.gauge(
            "maillog_queue_oldest_age_seconds",
            "Age of the oldest message in each queue; 0 if the queue is empty.",
        );
        for (name, queue) in queue::NAMES.iter().zip(queues) {
            let labels = [("queue", *name)];
            messages.set(&labels, queue.messages as f64);
            bytes.set(&labels, queue.bytes as f64);
            let age = queue
                .oldest
                .map_or(0, |arrived| self.now.saturating_sub(arrived).max(0));
            oldest.set(&labels, age as f64);
        }
        Some([messages.finish(), bytes.finish(), oldest.finish()])
    }
}

/// Whether a service is the default instance of its agent.
fn is_default(row: &ServiceRow) -> bool {
    row.name == row.agent.name()
}

#[cfg(test)]
#[path = "families_tests.rs"]
mod tests;
