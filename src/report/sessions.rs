//! Connections, authentication, TLS sessions and the results of postscreen.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::metrics::Counters;
use crate::parse::{Direction, Level, PostscreenResult, TlsProtocol, TlsTrust};

/// Warnings and errors of the server by level, also of lines that report an event.
#[derive(Clone, Debug, Default)]
pub(super) struct Diagnostics([u64; Level::ALL.len()]);

impl Diagnostics {
    /// Counts one.
    pub fn add(&mut self, level: Level, times: u64) {
        self.0[level.index()] += times;
    }
}

/// Counts of sessions by what they are called on `/metrics`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SessionTotals {
    /// Connections of clients.
    pub connections: u64,
    /// Those that ended without QUIT.
    pub connections_lost: u64,
    /// Failed authentications of clients.
    pub auth_failures: u64,
    /// TLS sessions by direction, and then by protocol and trust: `TLSv1.3 trusted`.
    pub tls: BTreeMap<&'static str, BTreeMap<String, u64>>,
    /// Failed TLS handshakes by direction.
    pub tls_failures: BTreeMap<&'static str, u64>,
    /// Results of postscreen.
    pub postscreen: BTreeMap<&'static str, u64>,
    /// Diagnostics by level.
    pub diagnostics: BTreeMap<&'static str, u64>,
}

impl SessionTotals {
    /// The counts that are not zero.
    pub(super) fn of(counters: &Counters, diagnostics: &Diagnostics) -> Self {
        let rows = counters.services.rows().iter().map(|row| &row.counts);
        let postscreen = &counters.reports.postscreen;
        let mut totals = SessionTotals::default();
        for counts in rows.clone() {
            totals.connections += counts.connections;
            totals.connections_lost += counts.connections_lost.iter().sum::<u64>();
            totals.auth_failures += counts.auth_failures;
        }
        // What postscreen calls a hangup is listed as such.
        totals.connections_lost -= postscreen[PostscreenResult::Hangup.index()];
        for direction in Direction::ALL {
            let at = direction.index();
            let mut sessions = BTreeMap::new();
            for protocol in TlsProtocol::ALL {
                for trust in TlsTrust::ALL {
                    let counts = rows.clone();
                    let count: u64 = counts
                        .map(|row| row.tls[at][trust.index()][protocol.index()])
                        .sum();
                    if count > 0 {
                        sessions.insert(format!("{} {}", protocol.name(), trust.name()), count);
                    }
                }
            }
            if !sessions.is_empty() {
                totals.tls.insert(direction.name(), sessions);
            }
            let failures = (counters.reports.tls_failures.iter()).map(|of_mta| of_mta[at]);
            let failures: u64 = failures.sum();
            if failures > 0 {
                totals.tls_failures.insert(direction.name(), failures);
            }
        }
        totals.postscreen = PostscreenResult::ALL
            .into_iter()
            .map(|it| (it.name(), postscreen[it.index()]))
            .filter(|(_, count)| *count > 0)
            .collect();
        totals.diagnostics = Level::ALL
            .into_iter()
            .map(|it| (it.name(), diagnostics.0[it.index()]))
            .filter(|(_, count)| *count > 0)
            .collect();
        totals
    }
}
