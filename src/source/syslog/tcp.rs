//! TCP connections that carry messages, with and without TLS.
//!
//! Connections cost memory and descriptors, so their number is bounded. A connection may be idle for
//! hours, as a mail server is at night, and closing it would lose the next message: so connections
//! are closed only if the kernel finds the peer dead, or, as soon as there are too many, the one that
//! has been idle for the longest.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Poll, ready};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout};
use tracing::{debug, warn};

use super::super::stream_id::StreamId;
use super::collector::{Collector, stream_of};
use super::message_splitter::{MessageSplitter, Remainder};
use super::tls::TlsServer;
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

/// How long the end of a connection may take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// How much is read at a time, in bytes: of the shortest messages, that is at most two full batches.
const READ_BYTES: usize = 16 * 1024;

/// Why a sender is refused that the configuration does not name.
pub(super) const NOT_ALLOWED: &str = "not one of the allowed senders";

/// A socket that accepts connections.
pub(super) struct TcpReceiver {
    listener: TcpListener,
    /// `None` for plain TCP.
    tls: Option<TlsServer>,
}

impl TcpReceiver {
    /// Listens on a TCP port, for TLS if there is a server for it. Must be called within a runtime.
    pub fn bind(address: SocketAddr, tls: Option<TlsServer>) -> io::Result<Self> {
        let socket = bind::stream(address)?;
        socket.listen(BACKLOG)?;
        Ok(TcpReceiver {
            listener: TcpListener::from_std(socket.into())?,
            tls,
        })
    }

    /// Accepts connections and receives messages from them, until it is dropped.
    pub async fn accept(self, collector: Rc<Collector>) {
        let connections = Connections::default();
        loop {
            match self.listener.accept().await {
                Ok((stream, peer)) => {
                    let by_name = self.tls.is_some() && collector.senders().have_names();
                    if !by_name && !collector.allows(peer.ip()) {
                        collector.refuse(peer.ip(), NOT_ALLOWED);
                        continue;
                    }
                    let connection = connections.add(stream_of(peer.ip()));
                    let (connections, collector) = (connections.clone(), Rc::clone(&collector));
                    let tls = self.tls.clone();
                    tokio::task::spawn_local(async move {
                        debug!(%peer, "connection opened");
                        connection.serve(stream, peer.ip(), tls, &collector).await;
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
            // Before those of known senders, those that have sent nothing yet.
            let idlest = (0..open.len()).min_by_key(|&at| {
                let connection = &open[at];
                (
                    connection.is_established.get(),
                    connection.last_received.get(),
                )
            });
            if let Some(at) = idlest {
                open.swap_remove(at).close.notify_one();
            }
        }
        let connection = Rc::new(Connection {
            stream,
            last_received: Cell::new(Instant::now()),
            is_established: Cell::new(false),
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
    /// Whether something was received.
    is_established: Cell<bool>,
    /// Notified when it has to be closed, because there are too many.
    close: Notify,
}

impl Connection {
    /// Receives messages until the connection ends, after the TLS handshake where there is one.
    async fn serve(
        &self,
        socket: TcpStream,
        address: IpAddr,
        tls: Option<TlsServer>,
        collector: &Collector,
    ) {
        let keepalive = TcpKeepalive::new()
            .with_time(KEEPALIVE_TIME)
            .with_interval(KEEPALIVE_INTERVAL);
        // Without keepalive, a dead peer is found out later.
        let _ = SockRef::from(&socket).set_tcp_keepalive(&keepalive);
        let Some(tls) = tls else {
            return self.receive(socket, collector).await;
        };
        let handshake = tokio::select! {
            handshake = tls.accept(socket) => handshake,
            () = self.close.notified() => return,
        };
        match handshake {
            Ok((stream, names)) => {
                let senders = collector.senders();
                if senders.allow_address(address) || senders.allow_names(&names) {
                    return self.receive(stream, collector).await;
                }
                collector.refuse(address, NOT_ALLOWED);
            }
            Err(error) => collector.refuse(address, &format!("TLS handshake failed: {error}")),
        }
    }

    /// Receives messages until the stream ends.
    async fn receive(
        &self,
        mut stream: impl AsyncRead + AsyncWrite + Unpin,
        collector: &Collector,
    ) {
        let mut splitter = MessageSplitter::new(collector.cap());
        let clean = tokio::select! {
            clean = self.read(&mut stream, &mut splitter, collector) => clean,
            () = self.close.notified() => false,
        };
        let remainder = splitter.end(clean, &mut |message, received| {
            collector.push(self.stream, message, received);
        });
        if remainder == Remainder::Lost {
            collector.count_dropped(1);
        }
        // TLS ends with a message of each side (RFC 5425 section 4.4). The peer may be gone.
        let _ = timeout(CLOSE_TIMEOUT, stream.shutdown()).await;
    }

    /// Reads to the end. Returns whether the peer has closed the connection, rather than an error.
    async fn read(
        &self,
        mut stream: impl AsyncRead + Unpin,
        splitter: &mut MessageSplitter,
        collector: &Collector,
    ) -> bool {
        loop {
            // The sender waits while nothing is read.
            collector.wait_for_room().await;
            let read = poll_fn(|context| {
                // The buffer is shared, so it is only held while there is something to read.
                let mut buffer = collector.buffer();
                let mut buffer = ReadBuf::new(&mut buffer[..READ_BYTES]);
                let read = ready!(Pin::new(&mut stream).poll_read(context, &mut buffer));
                splitter.push(buffer.filled(), &mut |message, received| {
                    collector.push(self.stream, message, received);
                });
                Poll::Ready(read.map(|()| buffer.filled().len()))
            });
            match read.await {
                Ok(0) => return true,
                Ok(_) => {
                    self.last_received.set(Instant::now());
                    self.is_established.set(true);
                }
                Err(_) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_connection_that_has_ended_is_forgotten() {
        let connections = Connections::default();
        let [one, two, three] = [1, 2, 3].map(|stream| connections.add(StreamId(stream)));
        connections.remove(&two);
        let open = connections.0.borrow();
        assert!(
            open.iter()
                .map(Rc::as_ptr)
                .eq([&one, &three].map(Rc::as_ptr))
        );
    }
}
