//! The counters in state files of versions 1 to 3: a single value whose encoding depends on the order of the fields,
//! so they must not be reordered.

use serde::Deserialize;
#[cfg(test)]
use serde::Serialize;

use crate::metrics::blocklists::BlocklistsSnapshot;
use crate::metrics::counters_snapshot::{
    CodeRatesSnapshot, CodesSnapshot, ConditionsSnapshot, CountersSnapshot, DsnSnapshot,
    EnhancedSnapshot, FailuresSnapshot, HistogramsSnapshot, PendingSnapshot, ProvidersSnapshot,
    ServiceSnapshot, ServicesSnapshot, TlsSnapshot,
};
use crate::metrics::histogram::HistogramSnapshot;
use crate::metrics::provider_conditions::ProviderConditions;
use crate::metrics::provider_deliveries::ProviderDeliveriesSnapshot;
use crate::metrics::rates::RatesSnapshot;
use crate::metrics::reports::ReportsSnapshot;
use crate::parse::{Direction, Outcome};

/// The counts of versions 1 to 3.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Serialize, Default))]
pub(crate) struct LegacyCounters {
    names: IndexNames,
    /// Direction, code, count.
    codes: Vec<(u8, u16, u64)>,
    codes_overflowed: u64,
    /// Direction, code and index of each rate.
    rate_series: Vec<(u8, u16, u16)>,
    rates: RatesSnapshot,
    /// Server, the rest of the key, count.
    enhanced: Vec<(u8, u64, u64)>,
    enhanced_overflowed: u64,
    /// Direction, condition, count.
    conditions: Vec<(u8, u16, u64)>,
    /// Provider, code, count.
    providers: Vec<(u16, u16, u64)>,
    providers_overflowed: u64,
    /// Server, service, status, count.
    deliveries: Vec<(u8, u8, u8, u64)>,
    deliveries_by_dsn: Vec<(u64, u64)>,
    deliveries_by_dsn_overflowed: u64,
    /// Server, error, count.
    connect_errors: Vec<(u8, u8, u64)>,
    /// Server, stage, condition, count.
    rejects: Vec<(u8, u8, u16, u64)>,
    delays: Vec<HistogramSnapshot>,
    sizes: HistogramSnapshot,
    recipients: HistogramSnapshot,
    /// Service, count.
    connections: Vec<(u8, u64)>,
    /// Service, stage, count.
    connections_lost: Vec<(u8, u8, u64)>,
    auth_failures: Vec<(u8, u64)>,
    /// Service, direction, count.
    tls_connections: Vec<(u8, u8, u64)>,
    last_old_line: Option<i64>,
    /// Position and hash of messages whose size is not known yet.
    pending: Vec<(u16, u64)>,
    /// Whether there was any line about the receipt of a message.
    pub any_received: bool,
}

/// The names of the indexes.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(Serialize, Default))]
struct IndexNames {
    mtas: Vec<String>,
    services: Vec<String>,
    stages: Vec<String>,
    connect_errors: Vec<String>,
    conditions: Vec<String>,
    providers: Vec<String>,
}

impl LegacyCounters {
    /// Converts to the current form. `provider_conditions` are stored separately, since version 2.
    pub(crate) fn upgrade(self, provider_conditions: ProviderConditions) -> CountersSnapshot {
        let services = self.services();
        CountersSnapshot {
            codes: CodesSnapshot {
                counts: self.codes,
                overflowed: self.codes_overflowed,
            },
            rates: CodeRatesSnapshot {
                series: self.rate_series,
                rates: self.rates,
            },
            enhanced: EnhancedSnapshot {
                mtas: self.names.mtas.clone(),
                counts: self.enhanced,
                overflowed: self.enhanced_overflowed,
            },
            conditions: ConditionsSnapshot {
                conditions: self.names.conditions.clone(),
                counts: self.conditions,
            },
            providers: ProvidersSnapshot {
                providers: self.names.providers,
                counts: self.providers,
                overflowed: self.providers_overflowed,
            },
            provider_conditions,
            provider_deliveries: ProviderDeliveriesSnapshot::default(),
            reports: ReportsSnapshot::default(),
            tls: TlsSnapshot::default(),
            blocklists: BlocklistsSnapshot::default(),
            dsn: DsnSnapshot {
                counts: self.deliveries_by_dsn,
                overflowed: self.deliveries_by_dsn_overflowed,
            },
            services: ServicesSnapshot {
                stages: self.names.stages.clone(),
                services,
                overflowed: 0,
                mtas_seen: self.names.mtas.clone(),
            },
            failures: FailuresSnapshot {
                mtas: self.names.mtas,
                stages: self.names.stages,
                errors: self.names.connect_errors,
                conditions: self.names.conditions,
                connect_errors: self.connect_errors,
                rejects: self.rejects,
            },
            histograms: HistogramsSnapshot {
                delays: self.delays,
                sizes: self.sizes,
                recipients: self.recipients,
            },
            pending: PendingSnapshot {
                last_old_line: self.last_old_line,
                messages: Vec::new(),
                legacy_messages: self.pending.into_iter().map(|(_, hash)| hash).collect(),
            },
        }
    }

    /// The counts by service. There was one mail server, and instances were not distinguished.
    fn services(&self) -> Vec<ServiceSnapshot> {
        let mta = self.names.mtas.first().cloned().unwrap_or_default();
        let mut services: Vec<ServiceSnapshot> = self
            .names
            .services
            .iter()
            .map(|name| ServiceSnapshot {
                mta: mta.clone(),
                name: name.clone(),
                deliveries: vec![0; Outcome::DELIVERIES.len()],
                tls_connections: vec![0; Direction::ALL.len()],
                ..ServiceSnapshot::default()
            })
            .collect();
        for &(_, service, status, count) in &self.deliveries {
            let service = services.get_mut(usize::from(service));
            if let Some(it) = service.and_then(|it| it.deliveries.get_mut(usize::from(status))) {
                *it = count;
            }
        }
        for &(service, direction, count) in &self.tls_connections {
            let service = services.get_mut(usize::from(service));
            let set = |it: &'_ mut ServiceSnapshot| -> Option<()> {
                *it.tls_connections.get_mut(usize::from(direction))? = count;
                Some(())
            };
            service.and_then(set);
        }
        for &(service, count) in &self.connections {
            if let Some(it) = services.get_mut(usize::from(service)) {
                it.connections = count;
            }
        }
        for &(service, stage, count) in &self.connections_lost {
            if let Some(it) = services.get_mut(usize::from(service)) {
                it.connections_lost.push((stage, count));
            }
        }
        for &(service, count) in &self.auth_failures {
            if let Some(it) = services.get_mut(usize::from(service)) {
                it.auth_failures = count;
            }
        }
        services
    }
}
