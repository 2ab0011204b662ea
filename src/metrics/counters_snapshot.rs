//! The counters as stored in the state file; `counters_restore` restores them.
//!
//! Another version with another configuration must be able to read them, so indexes that may change are stored with
//! their names. Each part is a separate section of the state file, and can change independently.

use serde::{Deserialize, Serialize};

use crate::metrics::blocklists::BlocklistsSnapshot;
use crate::metrics::counters::Counters;
use crate::metrics::histogram::HistogramSnapshot;
use crate::metrics::provider_conditions::ProviderConditions;
use crate::metrics::provider_deliveries::{ProviderDeliveriesSnapshot, WaitedSnapshot};
use crate::metrics::rates::RatesSnapshot;
use crate::metrics::reports::ReportsSnapshot;
use crate::parse::{ConnectError, Direction, Mta, Stage, TlsProtocol, TlsTrust};

/// All counts that are not zero.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CountersSnapshot {
    /// Reply codes.
    pub(crate) codes: CodesSnapshot,
    /// Rates of reply codes.
    pub(crate) rates: CodeRatesSnapshot,
    /// Enhanced status codes.
    pub(crate) enhanced: EnhancedSnapshot,
    /// Conditions.
    pub(crate) conditions: ConditionsSnapshot,
    /// Reply codes by provider.
    pub(crate) providers: ProvidersSnapshot,
    /// Conditions by provider.
    pub(crate) provider_conditions: ProviderConditions,
    /// Deliveries by provider.
    pub(crate) provider_deliveries: ProviderDeliveriesSnapshot,
    /// Deferrals of messages that have waited, by provider.
    pub(crate) waited: WaitedSnapshot,
    /// What the servers report besides.
    pub(crate) reports: ReportsSnapshot,
    /// TLS sessions by trust and protocol.
    pub(crate) tls: TlsSnapshot,
    /// Blocklisted replies by the list that they name.
    pub(crate) blocklists: BlocklistsSnapshot,
    /// Deliveries by delivery status code.
    pub(crate) dsn: DsnSnapshot,
    /// Counts by service.
    pub(crate) services: ServicesSnapshot,
    /// Connection errors and rejects.
    pub(crate) failures: FailuresSnapshot,
    /// Delays, message sizes, recipients.
    pub(crate) histograms: HistogramsSnapshot,
    /// Messages whose size is not known yet.
    pub(crate) pending: PendingSnapshot,
}

/// Reply codes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CodesSnapshot {
    /// Direction, code, count.
    pub counts: Vec<(u8, u16, u64)>,
    pub overflowed: u64,
}

/// Rates of reply codes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct CodeRatesSnapshot {
    /// Direction, code and index of each rate.
    pub series: Vec<(u8, u16, u16)>,
    pub rates: RatesSnapshot,
}

/// Enhanced status codes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct EnhancedSnapshot {
    pub mtas: Vec<String>,
    /// Server, the rest of the key, count.
    pub counts: Vec<(u8, u64, u64)>,
    pub overflowed: u64,
}

/// Conditions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConditionsSnapshot {
    pub conditions: Vec<String>,
    /// Direction, condition, count.
    pub counts: Vec<(u8, u16, u64)>,
}

/// Reply codes by provider.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ProvidersSnapshot {
    pub providers: Vec<String>,
    /// Provider, code, count.
    pub counts: Vec<(u16, u16, u64)>,
    pub overflowed: u64,
}

/// Deliveries by delivery status code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DsnSnapshot {
    /// Key, count.
    pub counts: Vec<(u64, u64)>,
    pub overflowed: u64,
}

/// Counts by service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServicesSnapshot {
    pub stages: Vec<String>,
    pub services: Vec<ServiceSnapshot>,
    pub overflowed: u64,
    /// The mail servers with a counted line.
    pub mtas_seen: Vec<String>,
}

/// The counts of one service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServiceSnapshot {
    pub mta: String,
    pub name: String,
    /// By status.
    pub deliveries: Vec<u64>,
    pub connections: u64,
    /// Stage, count.
    pub connections_lost: Vec<(u8, u64)>,
    pub auth_failures: u64,
    /// By direction; `TlsSnapshot` has the details, if this version or a later one stored them.
    pub tls_connections: Vec<u64>,
}

/// TLS sessions by trust and protocol, all by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct TlsSnapshot {
    /// Server, service, direction, trust, protocol, count.
    pub counts: Vec<(String, String, u8, String, String, u64)>,
}

/// Connection errors and rejects.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct FailuresSnapshot {
    pub mtas: Vec<String>,
    pub stages: Vec<String>,
    pub errors: Vec<String>,
    pub conditions: Vec<String>,
    /// Server, error, count.
    pub connect_errors: Vec<(u8, u8, u64)>,
    /// Server, stage, condition, count.
    pub rejects: Vec<(u8, u8, u16, u64)>,
}

/// Delays, message sizes, recipients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HistogramsSnapshot {
    pub delays: Vec<HistogramSnapshot>,
    pub sizes: HistogramSnapshot,
    pub recipients: HistogramSnapshot,
}

/// Messages whose size is not known yet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PendingSnapshot {
    /// No longer used: when the last old line was read.
    pub last_old_line: Option<i64>,
    /// Position and hash of each message.
    pub messages: Vec<(u16, u64)>,
    /// Hashes from a state file before version 4.
    pub legacy_messages: Vec<u64>,
}

/// The position of the server in a key of [`Counters::enhanced`].
pub(super) const MTA_SHIFT: u32 = 56;

impl CountersSnapshot {
    /// A snapshot of the counters; `providers` are the names of the providers by index.
    pub(crate) fn of(counters: &Counters, providers: &[String]) -> Self {
        let mtas = strings(&Mta::ALL.map(Mta::name));
        let stages = strings(&Stage::ALL.map(Stage::name));
        let conditions: Vec<String> = counters
            .catalog
            .conditions()
            .iter()
            .map(|condition| condition.name.clone())
            .collect();
        CountersSnapshot {
            codes: CodesSnapshot {
                counts: flat2(counters.codes.iter().map(|codes| codes.iter())),
                overflowed: counters.codes_overflowed,
            },
            rates: CodeRatesSnapshot {
                series: rate_series(counters),
                rates: counters.rates.snapshot(),
            },
            enhanced: EnhancedSnapshot {
                mtas: mtas.clone(),
                counts: counters
                    .enhanced
                    .entries()
                    .map(|(key, count)| {
                        let rest = key & ((1 << MTA_SHIFT) - 1);
                        ((key >> MTA_SHIFT) as u8, rest, count)
                    })
                    .collect(),
                overflowed: counters.enhanced.overflowed(),
            },
            conditions: ConditionsSnapshot {
                conditions: conditions.clone(),
                counts: flat2(counters.conditions.iter().map(|counts| counts.iter())),
            },
            providers: ProvidersSnapshot {
                providers: providers.to_vec(),
                counts: counters
                    .providers
                    .entries()
                    .map(|(key, count)| ((key >> 16) as u16, key as u16, count))
                    .collect(),
                overflowed: counters.providers.overflowed(),
            },
            provider_conditions: ProviderConditions::of(counters, providers),
            provider_deliveries: counters.provider_deliveries.snapshot(providers),
            waited: counters.provider_deliveries.waited_snapshot(providers),
            reports: counters.reports.snapshot(),
            tls: tls(counters),
            blocklists: BlocklistsSnapshot::of(counters),
            dsn: DsnSnapshot {
                counts: counters.deliveries_by_dsn.entries().collect(),
                overflowed: counters.deliveries_by_dsn.overflowed(),
            },
            services: services(counters, stages.clone()),
            failures: FailuresSnapshot {
                mtas,
                stages,
                errors: strings(&ConnectError::ALL.map(ConnectError::name)),
                conditions,
                connect_errors: small(flat2(counters.connect_errors.iter().map(|it| it.iter()))),
                rejects: rejects(counters),
            },
            histograms: HistogramsSnapshot {
                delays: counters.delays.iter().map(|it| it.snapshot()).collect(),
                sizes: counters.sizes.snapshot(),
                recipients: counters.recipients.snapshot(),
            },
            pending: PendingSnapshot {
                last_old_line: None,
                messages: counters.pending_messages.positions(),
                legacy_messages: counters.pending_messages.legacy_hashes(),
            },
        }
    }
}

fn rate_series(counters: &Counters) -> Vec<(u8, u16, u16)> {
    let directions = counters.rate_series.iter().zip(0u8..);
    directions
        .flat_map(|(codes, direction)| {
            let seen = codes.iter().zip(0u16..);
            seen.filter_map(move |(series, code)| Some((direction, code, (*series)?)))
        })
        .collect()
}

fn rejects(counters: &Counters) -> Vec<(u8, u8, u16, u64)> {
    let servers = counters.rejects.iter().zip(0u8..);
    servers
        .flat_map(|(stages, mta)| {
            flat2(stages.iter().map(|counts| counts.iter()))
                .into_iter()
                .map(move |(stage, condition, count)| (mta, stage, condition, count))
        })
        .collect()
}

fn services(counters: &Counters, stages: Vec<String>) -> ServicesSnapshot {
    let services = counters.services.rows().iter().map(|row| ServiceSnapshot {
        mta: row.agent.mta().name().to_owned(),
        name: row.name.clone(),
        deliveries: row.counts.deliveries.to_vec(),
        connections: row.counts.connections,
        connections_lost: flat1(&row.counts.connections_lost),
        auth_failures: row.counts.auth_failures,
        tls_connections: (0..Direction::ALL.len())
            .map(|direction| row.counts.tls_connections(direction))
            .collect(),
    });
    let seen = Mta::ALL.iter().zip(counters.mtas_seen);
    ServicesSnapshot {
        stages,
        services: services.filter(|it| !it.is_zero()).collect(),
        overflowed: counters.services.overflowed(),
        mtas_seen: seen
            .filter(|(_, seen)| *seen)
            .map(|(mta, _)| mta.name().to_owned())
            .collect(),
    }
}

fn tls(counters: &Counters) -> TlsSnapshot {
    let mut counts = Vec::new();
    for row in counters.services.rows() {
        for (direction, trusts) in (0u8..).zip(&row.counts.tls) {
            for (trust, protocols) in TlsTrust::ALL.iter().zip(trusts) {
                for (protocol, &count) in TlsProtocol::ALL.iter().zip(protocols) {
                    if count > 0 {
                        let mta = row.agent.mta().name().to_owned();
                        let (trust, protocol) = (trust.name(), protocol.name());
                        let (trust, protocol) = (trust.to_owned(), protocol.to_owned());
                        counts.push((mta, row.name.clone(), direction, trust, protocol, count));
                    }
                }
            }
        }
    }
    TlsSnapshot { counts }
}

impl ServiceSnapshot {
    fn is_zero(&self) -> bool {
        let counts = [&self.deliveries, &self.tls_connections];
        let counts = counts.into_iter().flatten();
        let single = [self.connections, self.auth_failures];
        counts.chain(&single).all(|&count| count == 0) && self.connections_lost.is_empty()
    }
}

/// The names as strings.
fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// Index and count of the counts that are not zero.
fn flat1(counts: &[u64]) -> Vec<(u8, u64)> {
    let numbered = (0u8..).zip(counts.iter().copied());
    numbered.filter(|(_, count)| *count != 0).collect()
}

/// Both indexes and the count of the counts that are not zero.
fn flat2<'a, I: Iterator<Item = &'a u64>>(counts: impl Iterator<Item = I>) -> Vec<(u8, u16, u64)> {
    (0u8..)
        .zip(counts)
        .flat_map(|(outer, counts)| {
            (0u16..)
                .zip(counts)
                .map(move |(inner, count)| (outer, inner, *count))
        })
        .filter(|(_, _, count)| *count != 0)
        .collect()
}

/// The entries with the inner index as `u8`.
fn small(counts: Vec<(u8, u16, u64)>) -> Vec<(u8, u8, u64)> {
    let narrow = |(outer, inner, count)| (outer, inner as u8, count);
    counts.into_iter().map(narrow).collect()
}
