//! Counts of what mail servers report besides replies, deliveries and sessions: diagnostics, actions on messages, failed
//! TLS handshakes, results of postscreen.

use serde::{Deserialize, Serialize};

use crate::parse::{Action, Direction, Level, Mta, PostscreenResult};

/// The counts.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reports {
    /// By server and level.
    pub diagnostics: [[u64; Level::ALL.len()]; Mta::ALL.len()],
    /// By server and action.
    pub actions: [[u64; Action::ALL.len()]; Mta::ALL.len()],
    /// By server and direction.
    pub tls_failures: [[u64; Direction::ALL.len()]; Mta::ALL.len()],
    /// By result.
    pub postscreen: [u64; PostscreenResult::ALL.len()],
}

/// The counts that are not zero, as stored in the state file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReportsSnapshot {
    /// The table, the server, the label value, the count. All by name, because indexes may change.
    counts: Vec<(String, String, String, u64)>,
}

impl Reports {
    /// Calls `visit` with table, server, label value and count, for every count.
    fn each(&mut self, mut visit: impl FnMut(&'static str, &'static str, &'static str, &mut u64)) {
        for mta in Mta::ALL {
            let (server, at) = (mta.name(), mta.index());
            for (level, count) in Level::ALL.iter().zip(&mut self.diagnostics[at]) {
                visit("diagnostics", server, level.name(), count);
            }
            for (action, count) in Action::ALL.iter().zip(&mut self.actions[at]) {
                visit("actions", server, action.name(), count);
            }
            for (direction, count) in Direction::ALL.iter().zip(&mut self.tls_failures[at]) {
                visit("tls_failures", server, direction.name(), count);
            }
        }
        for (result, count) in PostscreenResult::ALL.iter().zip(&mut self.postscreen) {
            visit("postscreen", Mta::Postfix.name(), result.name(), count);
        }
    }

    /// The counts to store in the state file.
    pub(crate) fn snapshot(&self) -> ReportsSnapshot {
        let mut counts = Vec::new();
        self.clone().each(|table, mta, name, count| {
            if *count > 0 {
                counts.push((table.to_owned(), mta.to_owned(), name.to_owned(), *count));
            }
        });
        ReportsSnapshot { counts }
    }

    /// Restores stored counts. Those whose names no longer exist are dropped.
    pub(crate) fn restore(&mut self, stored: &ReportsSnapshot) {
        self.each(|table, mta, name, count| {
            let is_stored = |it: &&(String, String, String, u64)| {
                (&*it.0, &*it.1, &*it.2) == (table, mta, name)
            };
            *count += stored.counts.iter().find(is_stored).map_or(0, |it| it.3);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_is_restored_by_name() {
        let mut reports = Reports::default();
        let mut number = 0;
        reports.each(|_, _, _, count| {
            number += 1;
            *count = number;
        });
        let mut restored = Reports::default();
        // What was not counted is not stored.
        assert_eq!(restored.snapshot(), ReportsSnapshot::default());
        restored.restore(&reports.snapshot());
        assert_eq!(restored, reports);
        let mut snapshot = reports.snapshot();
        snapshot
            .counts
            .retain(|(table, _, _, _)| table == "actions");
        snapshot
            .counts
            .push(("gone".into(), "postfix".into(), "warn".into(), 7));
        let mut restored = Reports::default();
        restored.restore(&snapshot);
        assert_eq!(restored.actions, reports.actions);
        assert_eq!(restored.postscreen, Reports::default().postscreen);
    }
}
