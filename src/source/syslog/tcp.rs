//! TCP connections that carry messages.
//!
//! Connections cost memory and descriptors, so their number is bounded. A connection may be idle for
//! hours, as a mail server is at night, and closing it would lose the next message: so connections
//! are closed only if the kernel finds the peer dead, or, as soon as there are too many, the one that
//! has been idle for the longest.

use std::cell::{Cell, RefCell};
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tracing::{debug, warn};

use super::super::stream_id::StreamId;
use super::collector::{Collector, stream_of};
use super::message_splitter::{MessageSplitter, Remainder};
use crate::bind;

/// How many connections are open at a time.
pub(super) const MAX_CONNECTIONS: usize = 256;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;

/// After how much idle time the kernel sends keepalive probes, and how often.
const KEEPALIVE_TIME: Duration = Duration::from_secs(60);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(15);

/// How soon to accept again after an error, usually a lack of descriptors.
const RETRY: Duration = Duration::from_secs(1);

/// How much is read at a time, in bytes: of the shortest messages, that is at most two full batches.
const READ_BYTES: usize = 16 * 1024;

/// A socket that accepts connections.
pub(super) struct TcpReceiver(TcpListener);

impl TcpReceiver {
    /// Listens on a TCP port. Must be called within a runtime.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = bind::stream(address)?;
        socket.listen(BACKLOG)?;
        Ok(TcpReceiver(TcpListener::from_std(socket.into())?))
    }

    /// Accepts connections and receives messages from them, until it is dropped.
    pub async fn accept(self, collector: Rc<Collector>) {
        let connections = Connections::default();
        loop {
            match self.0.accept().await {
                Ok((stream, peer)) => {
                    let connection = connections.add(stream_of(peer.ip()));
                    let (connections, collector) = (connections.clone(), Rc::clone(&collector));
                    tokio::task::spawn_local(async move {
                        debug!(%peer, "connection opened");
                        connection.receive(stream, &collector).await;
                        connections.remove(&connection);
                        debug!(%peer, "connection closed");
                    });
                }
                Err(error) => {
                    warn!(%error, "cannot accept a connection");
                    sleep(RETRY).await;
                }
            }
        }
    }
}

/// The open connections.
#[derive(Clone, Default)]
struct Connections(Rc<RefCell<Vec<Rc<Connection>>>>);

impl Connections {
    /// Adds a connection of a peer. Closes another one if there are too many.
    fn add(&self, stream: StreamId) -> Rc<Connection> {
        let mut open = self.0.borrow_mut();
        if open.len() >= MAX_CONNECTIONS {
            let idlest = (0..open.len()).min_by_key(|&at| open[at].last_received.get());
            if let Some(at) = idlest {
                open.swap_remove(at).close.notify_one();
            }
        }
        let connection = Rc::new(Connection {
            stream,
            last_received: Cell::new(Instant::now()),
            close: Notify::new(),
        });
        open.push(Rc::clone(&connection));
        connection
    }

    fn remove(&self, connection: &Rc<Connection>) {
        self.0
            .borrow_mut()
            .retain(|other| !Rc::ptr_eq(other, connection));
    }
}

/// An open connection.
struct Connection {
    /// The stream of the peer's messages, over this and other connections.
    stream: StreamId,
    /// When bytes were last received.
    last_received: Cell<Instant>,
    /// Notified when it has to be closed, because there are too many.
    close: Notify,
}

impl Connection {
    /// Receives messages until the connection ends.
    async fn receive(&self, socket: TcpStream, collector: &Collector) {
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_TIME)
            .with_interval(KEEPALIVE_INTERVAL);
        // Without keepalive, a dead peer is found out later.
        let _ = SockRef::from(&socket).set_tcp_keepalive(&keepalive);
        let mut splitter = MessageSplitter::new(collector.cap());
        let clean = tokio::select! {
            clean = self.read(&socket, &mut splitter, collector) => clean,
            () = self.close.notified() => false,
        };
        let remainder = splitter.end(clean, &mut |message, received| {
            collector.push(self.stream, message, received);
        });
        if remainder == Remainder::Lost {
            collector.count_dropped(1);
        }
    }

    /// Reads to the end. Returns whether the peer has closed the connection, rather than an error.
    async fn read(
        &self,
        socket: &TcpStream,
        splitter: &mut MessageSplitter,
        collector: &Collector,
    ) -> bool {
        loop {
            // The sender waits while nothing is read.
            collector.wait_for_room().await;
            if socket.readable().await.is_err() {
                return false;
            }
            let read = {
                let mut buffer = collector.buffer();
                let read = socket.try_read(&mut buffer[..READ_BYTES]);
                if let Ok(length) = read {
                    splitter.push(&buffer[..length], &mut |message, received| {
                        collector.push(self.stream, message, received);
                    });
                }
                read
            };
            match read {
                Ok(0) => return true,
                Ok(_) => self.last_received.set(Instant::now()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
    }
}
