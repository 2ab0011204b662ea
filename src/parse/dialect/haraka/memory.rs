//! What earlier records said about the same connection or message.

use serde::{Deserialize, Serialize};

use crate::parse::correlate::{Correlated, kept};
use crate::parse::kinds::Stamp;
use crate::parse::scan::position;
use crate::parse::{ConnectError, Stage};

/// The maximum number of connections, and of messages.
const MAX: usize = 1024;

/// A connection of a client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Session {
    /// The client, `[address]`.
    pub host: Box<[u8]>,
    /// The text of the last reject that had a record of its own, and whether the record had the code too.
    pub rejected: Option<(Box<[u8]>, bool)>,
}

impl Session {
    /// A connection from this address.
    pub(super) fn of(address: &[u8]) -> Self {
        let mut host = Vec::with_capacity(address.len() + 2);
        host.push(b'[');
        host.extend_from_slice(address);
        host.push(b']');
        Session {
            host: kept(&host),
            rejected: None,
        }
    }
}

/// A message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Message {
    pub sender: Box<[u8]>,
    /// The recipient, or one of several in the same domain; empty if they are in different domains.
    pub recipient: Box<[u8]>,
    pub has_recipient: bool,
    /// Bytes.
    pub size: u64,
    pub recipients: u32,
    /// The error of the last connection for its delivery, as [`ConnectError::index`].
    error: Option<u8>,
}

impl Message {
    /// A message of this sender.
    pub(super) fn of(sender: &[u8]) -> Self {
        Message {
            sender: kept(sender),
            ..Message::default()
        }
    }

    /// Adds an accepted recipient.
    pub(super) fn add_recipient(&mut self, recipient: &[u8]) {
        let domain = |address: &[u8]| memchr::memrchr(b'@', address).map_or(0, |at| at + 1);
        let is_same = |known: &[u8]| known[domain(known)..] == recipient[domain(recipient)..];
        if !self.has_recipient {
            self.recipient = kept(recipient);
        } else if !is_same(&self.recipient) {
            self.recipient = Box::default();
        }
        self.has_recipient = true;
    }

    pub(super) fn set_error(&mut self, error: Option<ConnectError>) {
        self.error = error.map(|it| it.index() as u8);
    }

    /// The error of the last connection.
    pub(super) fn error(&self) -> Option<ConnectError> {
        ConnectError::ALL.get(usize::from(self.error?)).copied()
    }
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    sessions: Correlated<Session, MAX>,
    messages: Correlated<Message, MAX>,
}

impl Memory {
    pub(super) fn insert_session(&mut self, id: &[u8], time: Option<Stamp>, session: Session) {
        self.sessions.insert(connection(id), time, session);
    }

    pub(super) fn session(&self, id: &[u8]) -> Option<&Session> {
        self.sessions.get(connection(id))
    }

    /// Notes a reject in a record of its own, with its text.
    pub(super) fn note_reject(&mut self, id: &[u8], time: Option<Stamp>, text: &[u8], coded: bool) {
        let rejected = Some((kept(text), coded));
        match self.sessions.get_mut(connection(id)) {
            Some(session) => session.rejected = rejected,
            None => {
                let session = Session {
                    host: Box::default(),
                    rejected,
                };
                self.insert_session(id, time, session);
            }
        }
    }

    pub(super) fn insert_message(&mut self, id: &[u8], time: Option<Stamp>, message: Message) {
        self.messages.insert(transaction(id), time, message);
    }

    pub(super) fn message(&self, id: &[u8]) -> Option<&Message> {
        self.messages.get(transaction(id))
    }

    pub(super) fn message_mut(&mut self, id: &[u8]) -> Option<&mut Message> {
        self.messages.get_mut(transaction(id))
    }
}

/// Whether a stage is one whose rejects have a record besides that of the hook.
pub(super) fn has_record(stage: Stage) -> bool {
    matches!(stage, Stage::Mail | Stage::Rcpt | Stage::EndOfMessage)
}

/// The id of the connection: `UUID` of `UUID.1.1`.
fn connection(id: &[u8]) -> &[u8] {
    position(id, b'.').map_or(id, |end| &id[..end])
}

/// The id of the transaction: `UUID.1` of `UUID.1.1`.
fn transaction(id: &[u8]) -> &[u8] {
    let first = connection(id).len();
    let number = id.get(first + 1..).unwrap_or_default();
    match position(number, b'.') {
        Some(end) => &id[..first + 1 + end],
        None => id,
    }
}
