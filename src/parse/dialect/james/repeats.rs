//! Replies that James logs several times: once for the host, again when it gives up, and in stack traces once for each
//! exception around the one that has the reply.

use serde::{Deserialize, Serialize};

use crate::stable_hash::hash;

/// The maximum number of replies of a record, and of recent replies, that are remembered.
const MAX_REPLIES: usize = 16;

/// What was logged before. Replies are compared by a hash of their text.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Repeats {
    /// The replies of the current record.
    record: Vec<u64>,
    /// Whether the current record repeats the one before.
    is_repeated: bool,
    /// The first reply of the last record, until a record repeats it.
    last: Option<u64>,
    /// The failed connection of the last message at the level DEBUG, which one at the level INFO repeats.
    connection: Option<u64>,
    /// Counted replies, the oldest first.
    recent: Vec<u64>,
    /// How many failed deliveries have been logged without their entry in the audit trail.
    announced: u8,
}

/// How a reply is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    New,
    /// It has been counted before.
    Repeated,
}

impl Repeats {
    /// Begins a record.
    pub(super) fn begin_record(&mut self) {
        self.record.clear();
        self.is_repeated = false;
    }

    /// Notes a reply to an attempt. The last one before a message is given up for now is logged twice in a row.
    pub(super) fn attempt(&mut self, text: &[u8]) -> Reply {
        let reply = hash(&[text.trim_ascii()]);
        if self.record.contains(&reply) {
            return Reply::Repeated;
        }
        if self.record.is_empty() {
            self.is_repeated = self.last == Some(reply);
            self.last = (!self.is_repeated).then_some(reply);
        }
        if self.record.len() < MAX_REPLIES {
            self.record.push(reply);
        }
        if self.is_repeated {
            return Reply::Repeated;
        }
        self.note(reply);
        Reply::New
    }

    /// Notes a failed connection, which is logged at the level DEBUG and then, if another host is tried, at INFO.
    pub(super) fn connection(&mut self, text: &[u8], is_debug: bool) -> Reply {
        let error = hash(&[text.trim_ascii()]);
        let before = self.connection.take();
        if is_debug {
            self.connection = Some(error);
        } else if before == Some(error) {
            return Reply::Repeated;
        }
        self.note(error);
        Reply::New
    }

    /// Notes that a message was delivered, after which a reply is a new one.
    pub(super) fn delivered(&mut self) {
        self.last = None;
    }

    /// Notes the reply in the result of a delivery.
    pub(super) fn result(&mut self, text: &[u8]) -> Reply {
        let reply = hash(&[text.trim_ascii()]);
        self.last = None;
        if let Some(at) = self.recent.iter().position(|it| *it == reply) {
            self.recent.remove(at);
            return Reply::Repeated;
        }
        Reply::New
    }

    fn note(&mut self, reply: u64) {
        if self.recent.contains(&reply) {
            return;
        }
        if self.recent.len() >= MAX_REPLIES {
            self.recent.remove(0);
        }
        self.recent.push(reply);
    }

    /// Notes that a failed delivery has been logged. Its entry in the audit trail follows in versions from 3.8 on.
    pub(super) fn announce(&mut self) {
        self.announced = self.announced.saturating_add(1).min(MAX_REPLIES as u8);
    }

    /// Whether an entry in the audit trail repeats a failed delivery.
    pub(super) fn is_announced(&mut self) -> bool {
        let is_announced = self.announced > 0;
        self.announced = self.announced.saturating_sub(1);
        is_announced
    }
}
