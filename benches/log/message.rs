//! Messages in the queue.

/// Where a message is delivered to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Destination {
    /// Another server, by SMTP.
    Remote,
    /// The mailbox store on this host, by LMTP over a Unix-domain socket.
    Store,
    /// local(8), virtual(8) or pipe(8), without SMTP or LMTP.
    Local,
}

/// A message in the queue.
pub(super) struct Message {
    pub queue_id: String,
    pub from: String,
    pub to: Vec<String>,
    pub size: u64,
    pub destination: Destination,
    pub attempts: u64,
}
