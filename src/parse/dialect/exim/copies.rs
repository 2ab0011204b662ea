//! Rejects that are twice in one syslog stream: Exim sends a record for its rejectlog to syslog right after
//! the same record for its mainlog, unless `syslog_duplication` is off.

use serde::{Deserialize, Serialize};

use crate::parse::event::Event;
use crate::stable_hash::hash;

/// Processes whose last reject is remembered at most.
const MAX_PROCESSES: usize = 64;

/// How sure it can be that rejects are logged twice, or once. A server that logs each of them once has now
/// and then a client that is refused twice with the same words; one that logs each twice has no reject without
/// its copy.
const SURE: i8 = 16;

/// Weight of one reject whose copy was found, against one that has none.
const FOUND: i8 = 8;

/// Recognizes the second of two records.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct CopyFilter {
    /// Hashes of a process id and of its reject that has no copy yet, the oldest first.
    single: Vec<(u64, u64)>,
    /// Above zero where rejects are logged twice; below, once.
    evidence: i8,
}

impl CopyFilter {
    /// Whether a reject is the copy of the one before it, of the same process.
    pub(super) fn is_copy(&mut self, pid: &[u8], event: &Event<'_>) -> bool {
        if pid.is_empty() {
            return false;
        }
        let process = hash(&[pid]);
        let stage = event.stage.map_or(u8::MAX, |stage| stage.index() as u8);
        let reject = hash(&[
            event.queue_id,
            event.host,
            event.sender,
            event.recipient,
            event.text,
            &[stage],
        ]);
        let known = self.single.iter().position(|&(it, _)| it == process);
        let before = known.map(|at| self.single.remove(at).1);
        if before == Some(reject) {
            let was_twice = self.evidence > -SURE / 2;
            self.evidence = (self.evidence + FOUND).min(SURE);
            return was_twice;
        }
        if before.is_some() {
            self.evidence = (self.evidence - 1).max(-SURE);
        }
        if self.single.len() >= MAX_PROCESSES {
            self.single.remove(0);
            self.evidence = (self.evidence - 1).max(-SURE);
        }
        self.single.push((process, reject));
        false
    }
}
