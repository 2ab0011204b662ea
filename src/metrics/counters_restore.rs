//! Restores the counters from a snapshot. Indexes are mapped by name; counts whose name no longer exists are dropped.

use crate::catalog::{Catalog, Providers};
use crate::metrics::counters::Counters;
use crate::metrics::counters_snapshot::{
    CodeRatesSnapshot, CodesSnapshot, ConditionsSnapshot, CountersSnapshot, EnhancedSnapshot,
    FailuresSnapshot, HistogramsSnapshot, MTA_SHIFT, ProvidersSnapshot, ServicesSnapshot,
    TlsSnapshot,
};
use crate::parse::{ConnectError, Direction, Mta, Stage, TlsProtocol, TlsTrust};

impl CountersSnapshot {
    /// Counters with the stored counts. `now` is the wall clock in seconds since 1970.
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
        self.blocklists.restore(&mut counters);
        counters
            .deliveries_by_dsn
            .restore(self.dsn.counts.iter().copied(), self.dsn.overflowed);
        counters
            .provider_deliveries
            .restore(&self.provider_deliveries, &names);
        counters
            .provider_deliveries
            .restore_waited(&self.waited, &names);
        counters.reports.restore(&self.reports);
        self.tls.restore(&mut counters);
        self.services.restore(&mut counters);
        self.failures.restore(&mut counters, &conditions);
        self.histograms.restore(&mut counters);
        counters
            .pending_messages
            .restore(&self.pending.messages, &self.pending.legacy_messages);
        counters
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
        let mtas = current_indexes(&self.mtas, &Mta::ALL.map(Mta::name));
        let counts = self.counts.iter().filter_map(|&(mta, rest, count)| {
            let mta = mapped(&mtas, mta)? as u64;
            // The direction: a state file may have anything.
            let is_valid = rest >> 48 < Direction::ALL.len() as u64;
            is_valid.then_some((mta << MTA_SHIFT | rest, count))
        });
        counters.enhanced.restore(counts, self.overflowed);
    }
}

impl ConditionsSnapshot {
    fn restore(&self, counters: &mut Counters, known: &[&str]) {
        let conditions = current_indexes(&self.conditions, known);
        for &(direction, condition, count) in &self.counts {
            let Some(condition) = mapped(&conditions, condition) else {
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
        let providers = current_indexes(&self.providers, &known);
        let counts = self.counts.iter().filter_map(|&(provider, code, count)| {
            let provider = mapped(&providers, provider)? as u64;
            Some((provider << 16 | u64::from(code), count))
        });
        counters.providers.restore(counts, self.overflowed);
    }
}

impl ServicesSnapshot {
    fn restore(&self, counters: &mut Counters) {
        let stages = current_indexes(&self.stages, &Stage::ALL.map(Stage::name));
        for stored in &self.services {
            let Some(counts) = counters.services.named(&stored.mta, &stored.name) else {
                continue;
            };
            for (count, &value) in counts.deliveries.iter_mut().zip(&stored.deliveries) {
                *count = value;
            }
            // A state file of an older version has no details.
            for (direction, &total) in stored.tls_connections.iter().enumerate() {
                if direction < counts.tls.len() {
                    let known = counts.tls_connections(direction);
                    let unknown = &mut counts.tls[direction][TlsTrust::Unknown.index()];
                    unknown[TlsProtocol::Other.index()] += total.saturating_sub(known);
                }
            }
            for &(stage, count) in &stored.connections_lost {
                let stage = mapped(&stages, stage);
                set(stage, |stage| counts.connections_lost.get_mut(stage), count);
            }
            counts.connections = stored.connections;
            counts.auth_failures = stored.auth_failures;
        }
        counters.services.set_overflowed(self.overflowed);
        for mta in self.mtas_seen.iter().filter_map(|name| Mta::named(name)) {
            counters.mtas_seen[mta.index()] = true;
        }
    }
}

impl TlsSnapshot {
    fn restore(&self, counters: &mut Counters) {
        for (mta, service, direction, trust, protocol, count) in &self.counts {
            let trust = TlsTrust::ALL.iter().find(|it| it.name() == trust);
            let protocol = TlsProtocol::ALL.iter().find(|it| it.name() == protocol);
            let (Some(trust), Some(protocol)) = (trust, protocol) else {
                continue;
            };
            let counts = counters.services.named(mta, service);
            let table = counts.and_then(|it| it.tls.get_mut(usize::from(*direction)));
            if let Some(table) = table {
                table[trust.index()][protocol.index()] += count;
            }
        }
    }
}

impl FailuresSnapshot {
    fn restore(&self, counters: &mut Counters, known: &[&str]) {
        let mtas = current_indexes(&self.mtas, &Mta::ALL.map(Mta::name));
        let stages = current_indexes(&self.stages, &Stage::ALL.map(Stage::name));
        let errors = current_indexes(&self.errors, &ConnectError::ALL.map(ConnectError::name));
        let conditions = current_indexes(&self.conditions, known);
        for &(mta, error, count) in &self.connect_errors {
            let Some((mta, error)) = mapped(&mtas, mta).zip(mapped(&errors, error)) else {
                continue;
            };
            set(
                counters.connect_errors.get_mut(mta),
                |it| it.get_mut(error),
                count,
            );
        }
        for &(mta, stage, condition, count) in &self.rejects {
            let indexes = mapped(&mtas, mta)
                .zip(mapped(&stages, stage))
                .zip(mapped(&conditions, condition));
            let Some(((mta, stage), condition)) = indexes else {
                continue;
            };
            *counters.rejects(mta, stage, condition) += count;
        }
    }
}

impl HistogramsSnapshot {
    fn restore(&self, counters: &mut Counters) {
        for (histogram, stored) in counters.delays.iter_mut().zip(&self.delays) {
            histogram.restore(stored);
        }
        counters.sizes.restore(&self.sizes);
        counters.recipients.restore(&self.recipients);
    }
}

/// Sets the count that `get` finds in `table`, if both exist.
fn set<'a, T>(table: Option<T>, get: impl FnOnce(T) -> Option<&'a mut u64>, count: u64) {
    if let Some(stored) = table.and_then(get) {
        *stored = count;
    }
}

/// For each name in the snapshot, its current index.
fn current_indexes(stored: &[String], current: &[&str]) -> Vec<Option<usize>> {
    let index = |name: &String| current.iter().position(|known| known == name);
    stored.iter().map(index).collect()
}

/// The current index for an index in the snapshot.
fn mapped(indexes: &[Option<usize>], stored: impl Into<usize>) -> Option<usize> {
    *indexes.get(stored.into())?
}

#[cfg(test)]
#[path = "restore_tests.rs"]
mod tests;
