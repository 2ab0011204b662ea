//! What earlier events said about the same message, for those that repeat them: notifications about recipients, and the
//! message being rescheduled.

use serde::{Deserialize, Serialize};

use crate::parse::ConnectError;
use crate::parse::correlate::Correlated;
use crate::parse::kinds::Stamp;
use crate::stable_hash::hash;

/// What is known of a message in the queue.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Story {
    /// A reply of the last attempt is counted, of a host after which the next one was tried.
    pub replied: bool,
    /// The last attempt is counted as deferred.
    pub deferred: bool,
    /// All recipients are counted as failed.
    pub failed: bool,
    /// The connection error of the last attempt, as [`ConnectError::index`].
    error: Option<u8>,
}

impl Story {
    pub(super) fn set_error(&mut self, error: Option<ConnectError>) {
        self.error = error.map(|it| it.index() as u8);
    }

    pub(super) fn error(&self) -> Option<ConnectError> {
        ConnectError::ALL.get(usize::from(self.error?)).copied()
    }
}

/// The messages in the queue.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Stories {
    stories: Correlated<Story, 1024>,
    /// Recipients of messages that are counted as delivered or failed.
    finished: Correlated<(), 1024>,
}

impl Stories {
    /// What is known of a message.
    pub(super) fn get(&self, queue_id: &[u8]) -> Story {
        self.stories.get(queue_id).copied().unwrap_or_default()
    }

    pub(super) fn set(&mut self, queue_id: &[u8], time: Option<Stamp>, story: Story) {
        if !queue_id.is_empty() {
            self.stories.insert(queue_id, time, story);
        }
    }

    /// Notes that a recipient is counted as delivered or failed.
    pub(super) fn finish(&mut self, queue_id: &[u8], recipient: &[u8], time: Option<Stamp>) {
        self.finished.insert(&key(queue_id, recipient), time, ());
    }

    /// Whether a recipient is counted as delivered or failed; forgets it.
    pub(super) fn is_finished(&mut self, queue_id: &[u8], recipient: &[u8]) -> bool {
        self.finished.remove(&key(queue_id, recipient)).is_some()
    }
}

fn key(queue_id: &[u8], recipient: &[u8]) -> [u8; 8] {
    hash(&[queue_id, recipient]).to_le_bytes()
}
