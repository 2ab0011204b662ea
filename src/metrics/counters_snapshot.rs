//! The counts as they are kept over restarts.
//!
//! Another version of the program with another configuration must understand them, so whatever may be
//! renumbered goes by its name. Counts whose name no longer exists are dropped; their series ends. Each
//! part is a section of the state file of its own, which can change without the others.

use serde::{Deserialize, Serialize};

use crate::catalog::{Catalog, Providers};
use crate::metrics::counters::Counters;
use crate::metrics::histogram::HistogramSnapshot;
use crate::metrics::provider_conditions::ProviderConditions;
use crate::metrics::rates::RatesSnapshot;
use crate::parse::{ConnectError, Mta, Stage};

/// All counts, sparsely: what is zero is not in it.
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
    /// Deliveries by the server's own delivery status code.
    pub(crate) dsn: DsnSnapshot,
    /// What is counted by service.
    pub(crate) services: ServicesSnapshot,
    /// Connection errors and rejects.
    pub(crate) failures: FailuresSnapshot,
    /// Delays, sizes, recipients.
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
    /// Direction, code and number of each rate.
    pub series: Vec<(u8, u16, u16)>,
    pub rates: RatesSnapshot,
}

/// Enhanced status codes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct EnhancedSnapshot {
    pub mtas: Vec<String>,
    /// Server and the rest of the key, count.
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

/// Deliveries by the server's own delivery status code.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct DsnSnapshot {
    /// Key, count.
    pub counts: Vec<(u64, u64)>,
    pub overflowed: u64,
}

/// What is counted by service.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ServicesSnapshot {
    pub stages: Vec<String>,
    pub services: Vec<ServiceSnapshot>,
    pub overflowed: u64,
    /// Servers of which a line was counted.
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
    /// By direction.
    pub tls_connections: Vec<u64>,
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

/// Delays, sizes, recipients.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HistogramsSnapshot {
    pub delays: Vec<HistogramSnapshot>,
    pub sizes: HistogramSnapshot,
    pub recipients: HistogramSnapshot,
}

/// Messages whose size is not known yet, and when old lines were read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct PendingSnapshot {
    pub last_old_line: Option<i64>,
    /// Place and hash of each message.
    pub messages: Vec<(u16, u64)>,
    /// Hashes that versions before 4 made.
    pub legacy_messages: Vec<u64>,
}

/// Where the server stands in a key of the enhanced family.
const MTA_SHIFT: u32 = 56;

impl CountersSnapshot {
    /// The counts, with the names of the providers they were counted with.
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
                last_old_line: counters.last_old_line,
                messages: counters.pending_messages.places(),
                legacy_messages: counters.pending_messages.legacy_names(),
            },
        }
    }

    /// Counters that go on from here. `now` is the wall clock in seconds since 1970.
    pub(crate) fn restore(
        &self,
        catalog: &'static Catalog,
        providers: &Providers,
        now: i64,
    ) -> Counters {
        let mut counters = Counters::new(catalog);
        let conditions: Vec<&str> = catalog.conditions().iter().map(|it| &*it.name).collect();
        self.codes.restore(&mut counters);
        self.rates.restore(&mut counters, now);
        self.enhanced.restore(&mut counters);
        self.conditions.restore(&mut counters, &conditions);
        self.providers.restore(&mut counters, providers);
        let names: Vec<String> = providers.names().map(str::to_owned).collect();
        self.provider_conditions.restore(&mut counters, &names);
        counters
            .deliveries_by_dsn
            .restore(self.dsn.counts.iter().copied(), self.dsn.overflowed);
        self.services.restore(&mut counters);
        self.failures.restore(&mut counters, &conditions);
        self.histograms.restore(&mut counters);
        counters.last_old_line = self.pending.last_old_line;
        counters
            .pending_messages
            .restore(&self.pending.messages, &self.pending.legacy_messages);
        counters
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
        tls_connections: row.counts.tls_connections.to_vec(),
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

impl CodesSnapshot {
    fn restore(&self, counters: &mut Counters) {
        for &(direction, code, count) in &self.counts {
            set(
                counters.codes.get_mut(usize::from(direction)),
                |codes| codes.get_mut(usize::from(code)),
                count,
            );
        }
        counters.codes_overflowed = self.overflowed;
    }
}

impl CodeRatesSnapshot {
    fn restore(&self, counters: &mut Counters, now: i64) {
        counters.rates.restore(&self.rates, now);
        for &(direction, code, series) in &self.series {
            counters.restore_series(direction.into(), code, series);
        }
    }
}

impl EnhancedSnapshot {
    fn restore(&self, counters: &mut Counters) {
        let mtas = moved(&self.mtas, &Mta::ALL.map(Mta::name));
        let counts = self.counts.iter().filter_map(|&(mta, rest, count)| {
            let mta = to(&mtas, mta)? as u64;
            Some((mta << MTA_SHIFT | rest, count))
        });
        counters.enhanced.restore(counts, self.overflowed);
    }
}

impl ConditionsSnapshot {
    fn restore(&self, counters: &mut Counters, known: &[&str]) {
        let conditions = moved(&self.conditions, known);
        for &(direction, condition, count) in &self.counts {
            let Some(condition) = to(&conditions, condition) else {
                continue;
            };
            set(
                counters.conditions.get_mut(usize::from(direction)),
                |counts| counts.get_mut(condition),
                count,
            );
        }
    }
}

impl ProvidersSnapshot {
    fn restore(&self, counters: &mut Counters, known: &Providers) {
        let known: Vec<&str> = known.names().collect();
        let providers = moved(&self.providers, &known);
        let counts = self.counts.iter().filter_map(|&(provider, code, count)| {
            let provider = to(&providers, provider)? as u64;
            Some((provider << 16 | u64::from(code), count))
        });
        counters.providers.restore(counts, self.overflowed);
    }
}

impl ServiceSnapshot {
    fn is_zero(&self) -> bool {
        let counts = [&self.deliveries, &self.tls_connections];
        let counts = counts.into_iter().flatten();
        let single = [self.connections, self.auth_failures];
        counts.chain(&single).all(|&count| count == 0) && self.connections_lost.is_empty()
    }
}

impl ServicesSnapshot {
    fn restore(&self, counters: &mut Counters) {
        let stages = moved(&self.stages, &Stage::ALL.map(Stage::name));
        for kept in &self.services {
            let Some(counts) = counters.services.named(&kept.mta, &kept.name) else {
                continue;
            };
            for (count, &kept) in counts.deliveries.iter_mut().zip(&kept.deliveries) {
                *count = kept;
            }
            for (count, &kept) in counts.tls_connections.iter_mut().zip(&kept.tls_connections) {
                *count = kept;
            }
            for &(stage, count) in &kept.connections_lost {
                let stage = to(&stages, stage);
                set(stage, |stage| counts.connections_lost.get_mut(stage), count);
            }
            counts.connections = kept.connections;
            counts.auth_failures = kept.auth_failures;
        }
        counters.services.set_overflowed(self.overflowed);
        for mta in self.mtas_seen.iter().filter_map(|name| Mta::named(name)) {
            counters.mtas_seen[mta.index()] = true;
        }
    }
}

impl FailuresSnapshot {
    fn restore(&self, counters: &mut Counters, known: &[&str]) {
        let mtas = moved(&self.mtas, &Mta::ALL.map(Mta::name));
        let stages = moved(&self.stages, &Stage::ALL.map(Stage::name));
        let errors = moved(&self.errors, &ConnectError::ALL.map(ConnectError::name));
        let conditions = moved(&self.conditions, known);
        for &(mta, error, count) in &self.connect_errors {
            let Some((mta, error)) = to(&mtas, mta).zip(to(&errors, error)) else {
                continue;
            };
            set(
                counters.connect_errors.get_mut(mta),
                |it| it.get_mut(error),
                count,
            );
        }
        for &(mta, stage, condition, count) in &self.rejects {
            let place = to(&mtas, mta)
                .zip(to(&stages, stage))
                .zip(to(&conditions, condition));
            let Some(((mta, stage), condition)) = place else {
                continue;
            };
            set(
                counters.rejects.get_mut(mta),
                |it| it.get_mut(stage)?.get_mut(condition),
                count,
            );
        }
    }
}

impl HistogramsSnapshot {
    fn restore(&self, counters: &mut Counters) {
        for (histogram, kept) in counters.delays.iter_mut().zip(&self.delays) {
            histogram.restore(kept);
        }
        counters.sizes.restore(&self.sizes);
        counters.recipients.restore(&self.recipients);
    }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|name| (*name).to_owned()).collect()
}

/// Sets the count at a place, if there is one.
fn set<'a, T>(start: Option<T>, place: impl FnOnce(T) -> Option<&'a mut u64>, count: u64) {
    if let Some(slot) = start.and_then(place) {
        *slot = count;
    }
}

/// For each name of the snapshot, its number now.
fn moved(before: &[String], now: &[&str]) -> Vec<Option<usize>> {
    let place = |name: &String| now.iter().position(|known| known == name);
    before.iter().map(place).collect()
}

/// The number now for a number of the snapshot.
fn to(moved: &[Option<usize>], number: impl Into<usize>) -> Option<usize> {
    *moved.get(number.into())?
}

fn flat1(counts: &[u64]) -> Vec<(u8, u64)> {
    let numbered = (0u8..).zip(counts.iter().copied());
    numbered.filter(|(_, count)| *count != 0).collect()
}

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

fn small(counts: Vec<(u8, u16, u64)>) -> Vec<(u8, u8, u64)> {
    let narrow = |(outer, inner, count)| (outer, inner as u8, count);
    counts.into_iter().map(narrow).collect()
}
