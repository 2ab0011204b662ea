//! What earlier lines said about connections and messages, by their numbers.

use serde::{Deserialize, Serialize};

use super::stamp::Stamps;
use crate::parse::correlate::{Correlated, kept};
use crate::parse::kinds::Stamp;
use crate::parse::notices::TlsProtocol;

/// The maximum number of recipients of a message that are kept.
const MAX_RECIPIENTS: usize = 8;

/// The state of one stream.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(in crate::parse) struct IronPortState {
    /// Connections of clients, by ICID.
    pub(super) clients: Correlated<Client, 512>,
    /// Connections to other servers, by DCID.
    pub(super) servers: Correlated<Server, 512>,
    /// Messages in the queue, by MID.
    pub(super) messages: Correlated<Message, 1024>,
    /// Messages of which a recipient bounced, by MID.
    pub(super) bounced: Correlated<(), 256>,
    /// The reply of the last event.
    #[serde(skip)]
    pub(super) reply: Vec<u8>,
    #[serde(skip)]
    pub(super) stamps: Stamps,
}

/// A connection of a client.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Client {
    /// `name[address]`.
    pub host: Box<[u8]>,
    /// The index of the TLS protocol in [`TlsProtocol::ALL`].
    pub tls: Option<u8>,
}

/// A connection to another server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Server {
    /// `[address]`.
    pub host: Box<[u8]>,
    /// The failure of the connection that a line has reported: the reply code, or 0 without a reply.
    pub failure: Option<u16>,
}

/// A message.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Message {
    pub sender: Box<[u8]>,
    /// The first recipients, by their number.
    pub recipients: Vec<(u32, Box<[u8]>)>,
    /// The number of all recipients.
    pub count: u32,
    /// The index of the TLS protocol with which it was received.
    pub tls: Option<u8>,
}

impl Message {
    /// Adds a recipient.
    pub(super) fn add(&mut self, rid: &[u8], address: &[u8]) {
        self.count = self.count.saturating_add(1);
        if self.recipients.len() < MAX_RECIPIENTS
            && let Some(rid) = decimal(rid)
        {
            self.recipients.push((rid, kept(address)));
        }
    }

    /// The address of a recipient; empty if unknown.
    pub(super) fn recipient(&self, rid: &[u8]) -> &[u8] {
        let rid = decimal(rid);
        let found = self.recipients.iter().find(|(it, _)| Some(*it) == rid);
        found.map_or(b"", |(_, address)| address)
    }
}

impl IronPortState {
    /// The message with this number, which is added if no line has named it yet.
    pub(super) fn message(&mut self, mid: &[u8], time: Option<Stamp>) -> Option<&mut Message> {
        if self.messages.get(mid).is_none() {
            self.messages.insert(mid, time, Message::default());
        }
        self.messages.get_mut(mid)
    }

    /// The server of this delivery connection. `0` is no connection.
    pub(super) fn server(&self, dcid: &[u8]) -> Option<&Server> {
        match dcid {
            b"0" => None,
            _ => self.servers.get(dcid),
        }
    }

    /// Notes that a line has reported the failure of a delivery connection.
    pub(super) fn note_failure(&mut self, dcid: &[u8], time: Option<Stamp>, code: u16) {
        if dcid == b"0" {
            return;
        }
        match self.servers.get_mut(dcid) {
            Some(server) => server.failure = Some(code),
            None => {
                let server = Server {
                    failure: Some(code),
                    ..Server::default()
                };
                self.servers.insert(dcid, time, server);
            }
        }
    }
}

/// The TLS protocol with this index.
pub(super) fn protocol(index: u8) -> TlsProtocol {
    let found = TlsProtocol::ALL.get(usize::from(index));
    found.copied().unwrap_or(TlsProtocol::Other)
}

fn decimal(digits: &[u8]) -> Option<u32> {
    std::str::from_utf8(digits).ok()?.parse().ok()
}
