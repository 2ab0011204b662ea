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
            waited: Vec::new(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_each_service_are_found_by_its_name_and_others_are_dropped() {
        let names = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
        let legacy = LegacyCounters {
            names: IndexNames {
                mtas: names(&["postfix"]),
                services: names(&["smtpd", "smtp"]),
                ..IndexNames::default()
            },
            deliveries: vec![(0, 1, 0, 3), (0, 1, 2, 4), (0, 2, 0, 5), (0, 1, 9, 6)],
            tls_connections: vec![(0, 1, 7), (1, 0, 8), (1, 9, 9), (9, 0, 10)],
            connections: vec![(0, 11), (9, 12)],
            connections_lost: vec![(0, 2, 13), (0, 6, 14), (9, 0, 15)],
            auth_failures: vec![(0, 16), (9, 17)],
            pending: vec![(5, 18), (6, 19)],
            ..LegacyCounters::default()
        };
        let upgraded = legacy.upgrade(ProviderConditions::default());
        let service =
            |name: &str, deliveries: [u64; 4], tls_connections: [u64; 3]| ServiceSnapshot {
                mta: "postfix".to_owned(),
                name: name.to_owned(),
                deliveries: deliveries.to_vec(),
                tls_connections: tls_connections.to_vec(),
                ..ServiceSnapshot::default()
            };
        let smtpd = ServiceSnapshot {
            connections: 11,
            connections_lost: vec![(2, 13), (6, 14)],
            auth_failures: 16,
            ..service("smtpd", [0; 4], [0, 7, 0])
        };
        let smtp = service("smtp", [3, 0, 4, 0], [8, 0, 0]);
        assert_eq!(upgraded.services.services, [smtpd, smtp]);
        assert_eq!(upgraded.services.mtas_seen, ["postfix"]);
        assert_eq!(upgraded.pending.legacy_messages, [18, 19]);
    }
}
