//! Accepting connections, within bounds, until it is time to stop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::{ListenAddress, Site};

/// How many connections are served at a time; others wait to be accepted.
const MOST_CONNECTIONS: usize = 64;
/// How long a client may take to send the head of a request, and a connection may stay idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one connection may last. One that reads its answer a byte at a time ends here.
const MOST_TIME: Duration = Duration::from_secs(300);
/// How long requests in flight may take once it is time to stop.
const GRACE: Duration = Duration::from_secs(5);
/// The most bytes of a request's head that are held.
const MOST_HEAD: usize = 16 * 1024;

/// Sockets that listen, not yet served. Binding comes first, so that a port in use is an error
/// before anything else begins.
pub struct Bound {
    listeners: Vec<std::net::TcpListener>,
}

impl Bound {
    /// Listens on every address.
    ///
    /// # Errors
    ///
    /// The first address that cannot be listened on, and why.
    pub fn new(addresses: &[ListenAddress]) -> Result<Self, (ListenAddress, io::Error)> {
        let mut listeners = Vec::new();
        for address in addresses {
            listeners.extend(address.bind().map_err(|error| (address.clone(), error))?);
        }
        Ok(Bound { listeners })
    }

    /// The addresses in use, with the ports that the system chose where 0 was asked for.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }
}

/// Serves a site until it is told to stop.
pub struct Server {
    accepting: JoinSet<()>,
    connections: Arc<Connections>,
    stop: watch::Sender<bool>,
}

struct Connections {
    site: Site,
    slots: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
}

impl Server {
    /// Begins to serve. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the runtime does not take a socket.
    pub fn start(bound: Bound, site: Site) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let connections = Arc::new(Connections {
            site,
            slots,
            stop: stopped,
        });
        let mut accepting = JoinSet::new();
        for listener in bound.listeners {
            let listener = TcpListener::from_std(listener)?;
            accepting.spawn(accept(listener, Arc::clone(&connections)));
        }
        Ok(Server {
            accepting,
            connections,
            stop,
        })
    }

    /// Stops accepting, and lets requests in flight finish for a while.
    pub async fn stop(mut self) {
        self.accepting.shutdown().await;
        // Every connection may have ended already.
        let _ = self.stop.send(true);
        let all = self.connections.slots.acquire_many(MOST_CONNECTIONS as u32);
        if tokio::time::timeout(GRACE, all).await.is_err() {
            warn!("gave up waiting for requests in flight");
        }
    }
}

async fn accept(listener: TcpListener, connections: Arc<Connections>) {
    loop {
        // Nobody closes the semaphore.
        let Ok(slot) = Arc::clone(&connections.slots).acquire_owned().await else {
            return;
        };
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connections = Arc::clone(&connections);
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &connections).await {
                        debug!(%peer, %error, "connection ended");
                    }
                    drop(slot);
                });
            }
            Err(error) => {
                warn!(%error, "cannot accept a connection");
                // Out of descriptors, most likely: trying again at once would only spin.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn serve(stream: TcpStream, connections: &Connections) -> hyper::Result<()> {
    let site = &connections.site;
    let service = service_fn(async |request| Ok::<_, Infallible>(site.answer(&request).await));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let mut stop = connections.stop.clone();
    let deadline = tokio::time::sleep(MOST_TIME);
    tokio::select! {
        result = connection.as_mut() => return result,
        _ = stop.wait_for(|stop| *stop) => {}
        () = deadline => {}
    }
    connection.as_mut().graceful_shutdown();
    match tokio::time::timeout(GRACE, connection).await {
        Ok(result) => result,
        Err(_) => Ok(()),
    }
}
