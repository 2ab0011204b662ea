//! Connections that carry messages one after the other.
//!
//! It stands apart because connections cost memory and descriptors that others decide about: there
//! are so many and no more. A connection may be silent for hours, as a mail server is at night, and
//! closing it would lose the next message; so only dead peers are closed, which the kernel finds
//! out, and the one that has been silent the longest when another needs its place.

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

use super::super::StreamId;
use super::collector::{Collector, stream_of};
use super::framing::{Framing, Rest};
use crate::bind;

/// How many connections are served at a time.
pub(super) const CONNECTIONS: usize = 256;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;

/// After how much silence the kernel asks the peer whether it is still there, and how often.
const SILENCE: Duration = Duration::from_secs(60);
const AGAIN: Duration = Duration::from_secs(15);

/// How long to wait when no connection can be accepted, for want of descriptors above all.
const RETRY: Duration = Duration::from_secs(1);

/// How much is read at a time, in bytes: even of the shortest lines, no more than a batch or two.
const READ: usize = 16 * 1024;

/// A socket that listens for connections.
pub(super) struct Streams(TcpListener);

impl Streams {
    /// Listens on a TCP port; within a runtime.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = bind::stream(address)?;
        socket.listen(BACKLOG)?;
        Ok(Streams(TcpListener::from_std(socket.into())?))
    }

    /// Serves every connection that comes.
    pub async fn accept(self, collector: Rc<Collector>) {
        let open = Open::default();
        loop {
            match self.0.accept().await {
                Ok((stream, peer)) => {
                    let connection = open.add(stream_of(peer.ip()));
                    let (open, collector) = (open.clone(), Rc::clone(&collector));
                    tokio::task::spawn_local(async move {
                        debug!(%peer, "connection opened");
                        connection.serve(stream, &collector).await;
                        open.remove(&connection);
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

/// The connections that are open.
#[derive(Clone, Default)]
struct Open(Rc<RefCell<Vec<Rc<Connection>>>>);

impl Open {
    /// A further connection. If there are too many, it takes the place of another.
    fn add(&self, id: StreamId) -> Rc<Connection> {
        let mut open = self.0.borrow_mut();
        if open.len() >= CONNECTIONS {
            let silent = (0..open.len()).min_by_key(|&at| open[at].heard.get());
            if let Some(at) = silent {
                open.swap_remove(at).close.notify_one();
            }
        }
        let connection = Rc::new(Connection {
            id,
            heard: Cell::new(Instant::now()),
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

/// What others must know of a connection.
struct Connection {
    /// Of what the peer sends, over this and other connections.
    id: StreamId,
    /// When something came in the last time.
    heard: Cell<Instant>,
    /// Another needs its place.
    close: Notify,
}

impl Connection {
    /// Takes messages until the connection ends.
    async fn serve(&self, stream: TcpStream, collector: &Collector) {
        let keepalive = TcpKeepalive::new().with_time(SILENCE).with_interval(AGAIN);
        // Without it, a dead peer keeps its place for longer.
        let _ = SockRef::from(&stream).set_tcp_keepalive(&keepalive);
        let mut framing = Framing::new(collector.cap());
        let meant = tokio::select! {
            meant = self.read(&stream, &mut framing, collector) => meant,
            () = self.close.notified() => false,
        };
        let rest = framing.end(meant, &mut |message, received| {
            collector.push(self.id, message, received);
        });
        if rest == Rest::Lost {
            collector.count_dropped(1);
        }
    }

    /// Reads to the end; says whether the peer meant it to end.
    async fn read(&self, stream: &TcpStream, framing: &mut Framing, collector: &Collector) -> bool {
        loop {
            // Not to read is what makes the sender wait.
            collector.room().await;
            if stream.readable().await.is_err() {
                return false;
            }
            let read = {
                let mut scratch = collector.scratch();
                let read = stream.try_read(&mut scratch[..READ]);
                if let Ok(length) = read {
                    framing.take(&scratch[..length], &mut |message, received| {
                        collector.push(self.id, message, received);
                    });
                }
                read
            };
            match read {
                Ok(0) => return true,
                Ok(_) => self.heard.set(Instant::now()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return false,
            }
        }
    }
}
