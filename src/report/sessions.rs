//! Connections, authentication, TLS sessions and the results of postscreen.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::parse::{Direction, Fact, Level, PostscreenResult, TlsProtocol, TlsSession, TlsTrust};

/// Counts of sessions.
#[derive(Clone, Debug, Default)]
pub(super) struct Sessions {
    connections: u64,
    lost: u64,
    auth_failures: u64,
    tls_failures: [u64; Direction::ALL.len()],
    tls: [[[u64; TlsTrust::ALL.len()]; TlsProtocol::ALL.len()]; Direction::ALL.len()],
    postscreen: [u64; PostscreenResult::ALL.len()],
    levels: [u64; Level::ALL.len()],
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

impl Sessions {
    /// Counts a fact.
    pub fn count(&mut self, fact: &Fact<'_>, times: u64) {
        match *fact {
            Fact::Connected(_) => self.connections += times,
            Fact::ConnectionLost(..) => self.lost += times,
            Fact::AuthFailed(_, level) => {
                self.auth_failures += times;
                self.diagnostic(level, times);
            }
            Fact::TlsEstablished(_, direction, session) => self.tls(direction, session, times),
            Fact::TlsFailed(_, direction) => self.tls_failures[direction.index()] += times,
            Fact::Diagnostic(_, level) => self.diagnostic(level, times),
            Fact::Postscreen(_, result) => self.postscreen[result.index()] += times,
            Fact::Accepted {
                tls: Some(session), ..
            } => self.tls(Direction::Inbound, session, times),
            _ => {}
        }
    }

    /// Counts a diagnostic.
    pub fn diagnostic(&mut self, level: Level, times: u64) {
        self.levels[level.index()] += times;
    }

    /// The number of diagnostics of a level.
    pub fn diagnostics(&self, level: Level) -> u64 {
        self.levels[level.index()]
    }

    fn tls(&mut self, direction: Direction, session: TlsSession, times: u64) {
        let by_trust = &mut self.tls[direction.index()][session.protocol.index()];
        by_trust[session.trust.index()] += times;
    }

    /// The counts that are not zero, by name.
    pub fn totals(&self) -> SessionTotals {
        let mut totals = SessionTotals {
            connections: self.connections,
            connections_lost: self.lost,
            auth_failures: self.auth_failures,
            ..SessionTotals::default()
        };
        for direction in Direction::ALL {
            let mut sessions = BTreeMap::new();
            for protocol in TlsProtocol::ALL {
                for trust in TlsTrust::ALL {
                    let count = self.tls[direction.index()][protocol.index()][trust.index()];
                    if count > 0 {
                        sessions.insert(format!("{} {}", protocol.name(), trust.name()), count);
                    }
                }
            }
            if !sessions.is_empty() {
                totals.tls.insert(direction.name(), sessions);
            }
            let failures = self.tls_failures[direction.index()];
            if failures > 0 {
                totals.tls_failures.insert(direction.name(), failures);
            }
        }
        let results = PostscreenResult::ALL.into_iter();
        totals.postscreen = results
            .map(|it| (it.name(), self.postscreen[it.index()]))
            .filter(|(_, count)| *count > 0)
            .collect();
        let levels = Level::ALL.into_iter();
        totals.diagnostics = levels
            .map(|it| (it.name(), self.levels[it.index()]))
            .filter(|(_, count)| *count > 0)
            .collect();
        totals
    }
}
