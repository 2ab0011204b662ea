//! Accepting connections, within bounds, until it is time to stop.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::{Access, ListenAddress, Site};

/// How many connections are served at a time. One more takes the place of the one that has been
/// without a request the longest, so that nobody who only holds connections keeps a scrape waiting.
const MOST_CONNECTIONS: usize = 64;
/// How long a client may take to send the head of a request, and a connection may stay idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a client may take to agree on TLS.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long one connection may last. One that reads its answer a byte at a time ends here.
const MOST_TIME: Duration = Duration::from_secs(300);
/// How long requests in flight may take once it is time to stop.
const GRACE: Duration = Duration::from_secs(5);
/// How long a connection without a request may take then, for the rest of an answer.
const IDLE_GRACE: Duration = Duration::from_millis(250);
/// How long to wait for a place before looking for an idle connection again.
const ROOM_RETRY: Duration = Duration::from_millis(100);
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
    access: Access,
    slots: Arc<Semaphore>,
    stop: watch::Receiver<bool>,
    clients: Mutex<Vec<Arc<Client>>>,
}

/// One connection, as seen by those who may want its place.
struct Client {
    /// Since when no request is being answered; `None` while one is.
    idle_since: Mutex<Option<Instant>>,
    /// The place is wanted.
    close: Notify,
}

impl Client {
    fn idle_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.idle_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connections {
    fn clients(&self) -> MutexGuard<'_, Vec<Arc<Client>>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self) -> Arc<Client> {
        let client = Arc::new(Client {
            idle_since: Mutex::new(Some(Instant::now())),
            close: Notify::new(),
        });
        self.clients().push(Arc::clone(&client));
        client
    }

    fn remove(&self, client: &Arc<Client>) {
        self.clients().retain(|other| !Arc::ptr_eq(other, client));
    }

    /// Waits for a place for one more connection. `None` if there are none any more.
    async fn slot(&self) -> Option<OwnedSemaphorePermit> {
        loop {
            if self.slots.available_permits() == 0 {
                self.make_room();
            }
            let slot = Arc::clone(&self.slots).acquire_owned();
            // If all of them were being answered, some may be idle now.
            if let Ok(slot) = tokio::time::timeout(ROOM_RETRY, slot).await {
                return slot.ok();
            }
        }
    }

    /// Closes the connection that has been without a request the longest, if there is one.
    fn make_room(&self) {
        let clients = self.clients();
        let idle = clients
            .iter()
            .filter_map(|client| Some(((*client.idle_since())?, client)));
        if let Some((_, client)) = idle.min_by_key(|(since, _)| *since) {
            // Nobody else shall count on its place.
            *client.idle_since() = None;
            client.close.notify_one();
        }
    }
}

impl Server {
    /// Begins to serve. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the runtime does not take a socket.
    pub fn start(bound: Bound, site: Site, access: Access) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let slots = Arc::new(Semaphore::new(MOST_CONNECTIONS));
        let connections = Arc::new(Connections {
            site,
            access,
            slots,
            stop: stopped,
            clients: Mutex::default(),
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
        match listener.accept().await {
            Ok((stream, peer)) => {
                let slot = connections.slot().await;
                let connections = Arc::clone(&connections);
                let client = connections.add();
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, &connections, &client).await {
                        debug!(%peer, %error, "connection ended");
                    }
                    connections.remove(&client);
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

/// Speaks TLS first, where that is asked for. The place may be wanted before a client has done so.
async fn serve(stream: TcpStream, connections: &Connections, client: &Client) -> hyper::Result<()> {
    let rules = connections.access.rules();
    let Some(tls) = &rules.tls else {
        return talk(stream, connections, client).await;
    };
    let mut stop = connections.stop.clone();
    let handshake = tokio::select! {
        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)) => handshake,
        () = client.close.notified() => return Ok(()),
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
    };
    match handshake {
        Ok(Ok(stream)) => talk(stream, connections, client).await,
        Ok(Err(error)) => {
            debug!(%error, "no TLS connection came about");
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

/// Answers the requests of one connection.
async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    connections: &Connections,
    client: &Client,
) -> hyper::Result<()> {
    let site = &connections.site;
    let service = service_fn(async |request| {
        *client.idle_since() = None;
        // A connection that stays open does not outlive a password.
        let rules = connections.access.rules();
        let answer = site.answer(&request, &rules).await;
        *client.idle_since() = Some(Instant::now());
        Ok::<_, Infallible>(answer)
    });
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
        () = client.close.notified() => return Ok(()),
        _ = stop.wait_for(|stop| *stop) => {}
        () = deadline => {}
    }
    connection.as_mut().graceful_shutdown();
    let grace = if client.idle_since().is_some() {
        IDLE_GRACE
    } else {
        GRACE
    };
    match tokio::time::timeout(grace, connection).await {
        Ok(result) => result,
        Err(_) => Ok(()),
    }
}
