//! The HTTP server: accepts connections, up to a limit, until it is stopped.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use listenfd::ListenFd;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::{debug, warn};

use super::access::{Access, HTTP2};
use super::activity::{Activity, TrackedBody, TrackedStream};
use super::connections::Connections;
use super::listen::ListenAddress;
use super::peer::Peer;
use super::rejections::Rejections;
use super::respond::respond;
use super::site::Site;
use crate::descriptors;

/// The most connections at a time.
const MAX_CONNECTIONS: usize = 64;
/// The most connections of one peer at a time.
const MAX_CONNECTIONS_OF_PEER: usize = 48;
/// How long a client may take to send the header of a request, and a connection may be idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(60);
/// The most requests at a time of one HTTP/2 connection. A client that sends more before it knows this sends the others again.
const MAX_STREAMS: u32 = 16;
/// How long the TLS handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may last. This ends a client that reads its response byte by byte.
const MAX_LIFETIME: Duration = Duration::from_secs(300);
/// How long requests in flight may take when the server stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an idle connection may last then, in case a request is just arriving.
const IDLE_SHUTDOWN_TIMEOUT: Duration = Duration::from_millis(250);
/// The longest request header that is accepted, in bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
/// The pause after an error of accept(2). It usually means that no file descriptor is free, and would
/// be returned again at once.
const ACCEPT_RETRY_INTERVAL: Duration = Duration::from_millis(100);

/// Listening sockets that are not served yet. They are opened first, so that a port in use is an
/// error before anything else starts.
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

    /// Takes the sockets that systemd has opened (socket activation, `LISTEN_FDS`).
    ///
    /// # Errors
    ///
    /// If there is none, or one of them does not listen on TCP.
    pub fn from_systemd() -> io::Result<Self> {
        let mut sockets = ListenFd::from_env();
        let mut listeners = Vec::new();
        for index in 0..sockets.len() {
            if let Some(listener) = sockets.take_tcp_listener(index)? {
                listener.set_nonblocking(true)?;
                listeners.push(listener);
            }
        }
        if listeners.is_empty() {
            let problem = "systemd has passed no socket to this process";
            return Err(io::Error::new(io::ErrorKind::NotFound, problem));
        }
        Ok(Bound { listeners })
    }

    /// The bound addresses, with the port that the system chose where port 0 was configured.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners
            .iter()
            .filter_map(|listener| listener.local_addr().ok())
            .collect()
    }
}

/// A running HTTP server.
pub struct Server {
    accept_loops: JoinSet<()>,
    connections: Arc<Connections>,
    stop: watch::Sender<bool>,
}

/// What every connection needs.
struct Shared {
    site: Site,
    access: Access,
    connections: Arc<Connections>,
    rejections: Rejections,
    stop: watch::Receiver<bool>,
}

impl Server {
    /// Starts serving. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the runtime cannot register a socket.
    pub fn start(bound: Bound, site: Site, access: Access) -> io::Result<Self> {
        let (stop, stopped) = watch::channel(false);
        let connections = Connections::new(MAX_CONNECTIONS, MAX_CONNECTIONS_OF_PEER);
        let shared = Arc::new(Shared {
            rejections: Rejections::new(site.rejected_connections()),
            site,
            access,
            connections: Arc::clone(&connections),
            stop: stopped,
        });
        let mut accept_loops = JoinSet::new();
        for listener in bound.listeners {
            let listener = TcpListener::from_std(listener)?;
            accept_loops.spawn(accept(listener, Arc::clone(&shared)));
        }
        Ok(Server {
            accept_loops,
            connections,
            stop,
        })
    }

    /// Stops accepting connections and waits a limited time for requests in flight.
    pub async fn stop(mut self) {
        self.accept_loops.shutdown().await;
        // Fails if no connection is left to be told.
        let _ = self.stop.send(true);
        let all_closed = self.connections.all_closed();
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, all_closed)
            .await
            .is_err()
        {
            warn!("stopping although some requests are still in flight");
        }
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                let peer = Peer::of(address.ip());
                let Some(connection) = shared.connections.admit(peer) else {
                    shared.rejections.reject(stream, &shared.access.current());
                    continue;
                };
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Err(error) = serve(stream, shared, peer, &connection.activity).await {
                        debug!(peer = %address, %error, "connection failed");
                    }
                });
            }
            Err(error) => {
                descriptors::note_error(&error);
                warn!(%error, "cannot accept a connection");
                tokio::time::sleep(ACCEPT_RETRY_INTERVAL).await;
            }
        }
    }
}

/// Serves one connection, after the TLS handshake where TLS is configured.
async fn serve(
    stream: TcpStream,
    shared: Arc<Shared>,
    peer: Peer,
    activity: &Arc<Activity>,
) -> Result<(), ConnectionError> {
    let rules = shared.access.rules().await;
    let mut stop = shared.stop.clone();
    let answer = move |request: Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move { respond(&request, peer, &shared.access, &shared.site).await }
    };
    let Some(tls) = &rules.tls else {
        return serve_http(stream, Protocol::Http1, answer, activity, stop).await;
    };
    let handshake = tokio::select! {
        biased;
        () = activity.evicted() => return Ok(()),
        _ = stop.wait_for(|stop| *stop) => return Ok(()),
        handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.usual.accept(stream)) => handshake,
    };
    match handshake {
        Ok(Ok(stream)) => {
            let protocol = match stream.get_ref().1.alpn_protocol() {
                Some(HTTP2) => Protocol::Http2,
                _ => Protocol::Http1,
            };
            serve_http(stream, protocol, answer, activity, stop).await
        }
        Ok(Err(error)) => {
            debug!(%error, "TLS handshake failed");
            Ok(())
        }
        Err(_) => Ok(()),
    }
}

/// Why a connection failed.
type ConnectionError = Box<dyn std::error::Error + Send + Sync>;

/// The version of HTTP that a connection uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// HTTP/1.0 or HTTP/1.1.
    Http1,
    /// HTTP/2, which is agreed upon in the TLS handshake.
    Http2,
}

/// Answers the requests of one connection until it is closed, evicted or the server stops.
pub(super) async fn serve_http<F>(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    protocol: Protocol,
    answer: impl Fn(Request<Incoming>) -> F,
    activity: &Arc<Activity>,
    mut stop: watch::Receiver<bool>,
) -> Result<(), ConnectionError>
where
    F: Future<Output = Response<Full<Bytes>>> + Send + 'static,
{
    let service = service_fn(|request| {
        let pending = activity.begin_response();
        let response = answer(request);
        async { Ok::<_, Infallible>(response.await.map(|body| TrackedBody::new(body, pending))) }
    });
    let stream = TrackedStream::new(stream, Arc::clone(activity));
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES as u32);
    let builder = match protocol {
        Protocol::Http1 => builder.http1_only(),
        Protocol::Http2 => builder.http2_only(),
    };
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    let deadline = tokio::time::sleep(MAX_LIFETIME);
    tokio::select! {
        // An evicted connection accepts no further request.
        biased;
        () = activity.evicted() => return Ok(()),
        result = connection.as_mut() => return result,
        _ = stop.wait_for(|stop| *stop) => {}
        () = deadline => {}
    }
    connection.as_mut().graceful_shutdown();
    let timeout = if activity.is_idle() {
        IDLE_SHUTDOWN_TIMEOUT
    } else {
        SHUTDOWN_TIMEOUT
    };
    match tokio::time::timeout(timeout, connection).await {
        Ok(result) => result,
        Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    /// More than the buffers of a socket hold.
    const LARGE_BODY: usize = 8 * 1024 * 1024;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
    }

    /// The client's end of a connection.
    fn connect() -> (UnixStream, tokio::net::UnixStream) {
        let (client, server) = UnixStream::pair().expect("a pair");
        server.set_nonblocking(true).expect("non-blocking");
        let server = tokio::net::UnixStream::from_std(server).expect("registered");
        (client, server)
    }

    #[test]
    fn a_connection_is_busy_until_its_response_is_written() {
        runtime().block_on(async {
            let connections = Connections::new(2, 2);
            let peer = Peer::of([127, 0, 0, 1].into());
            let (mut client, server) = connect();
            let busy = connections.admit(peer).expect("a place");
            let idle = connections.admit(peer).expect("a place");
            let (_stop, stopped) = watch::channel(false);
            let large = async |_: Request<Incoming>| {
                Response::new(Full::new(Bytes::from(vec![b'x'; LARGE_BODY])))
            };
            let activity = Arc::clone(&busy.activity);
            let served = serve_http(server, Protocol::Http1, large, &activity, stopped);
            let mut served = std::pin::pin!(served);
            client
                .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
                .expect("sent");

            // The response is made and fills the socket's buffers.
            let mut client = tokio::task::spawn_blocking(move || {
                client.read_exact(&mut [0; 1]).expect("a response");
                client
            });
            let mut client = tokio::select! {
                client = &mut client => client.expect("a client"),
                _ = &mut served => panic!("the connection ended"),
            };
            assert!(!activity.is_idle());
            // A third connection takes the place of the idle one.
            let third = connections.admit(peer).expect("a place");
            idle.activity.evicted().await;
            assert!(!third.activity.is_evicted());

            let mut client = tokio::task::spawn_blocking(move || {
                let mut body = vec![0; LARGE_BODY];
                client.read_exact(&mut body).expect("the whole response");
                client
            });
            tokio::select! {
                client = &mut client => drop(client),
                _ = &mut served => panic!("the connection ended"),
            }
            served.await.expect("closed by the client");
            assert!(activity.is_idle());
        });
    }
}
