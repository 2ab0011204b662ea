//! One HTTP request to an Alertmanager, or to another exporter, over a connection of its own.
//!
//! There is no connection pool: requests are about a minute apart, a connection idle for that long is often
//! dead, and a new one uses the current content of credential and certificate files.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;

use super::peer::Peer;

/// Maximum size of a response head in bytes.
const MAX_HEAD: usize = 16 * 1024;
/// Maximum number of bytes read of a response body.
const MAX_BODY: usize = 1024;
/// Maximum number of addresses tried for a name.
const MAX_ADDRESSES: usize = 8;

/// A response.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The beginning of the body of an error response.
    pub(super) body: String,
}

/// Why there is no response.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The connection failed, or a file of the settings cannot be read.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// What came is not HTTP.
    #[error("{}", with_source(.0))]
    Http(#[from] hyper::Error),
    /// The timeout is over.
    #[error("no response within {0:?}")]
    TimedOut(Duration),
}

/// hyper's message does not include the system error.
fn with_source(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// Credentials with the current content of their files.
struct Credentials {
    authorization: Option<HeaderValue>,
    tls: Option<Arc<ClientConfig>>,
}

/// Posts alerts, given as JSON, within the peer's timeout.
pub(super) async fn post(peer: &Peer, alerts: Vec<u8>) -> Result<Answer, Failure> {
    let request = Request::post(peer.url.path())
        .header(CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(alerts)))
        .map_err(io::Error::other)?;
    let deadline = Instant::now() + peer.timeout;
    // Dropping it ends the connection task, however this function returns.
    let mut driver = JoinSet::new();
    let answer = timeout_at(deadline, head(peer, request, &mut driver))
        .await
        .map_err(|_| Failure::TimedOut(peer.timeout))??;
    let status = answer.status();
    let mut body = Vec::new();
    if !status.is_success() {
        // The status decides; an incomplete body does not matter.
        let _ = timeout_at(deadline, beginning(answer.into_body(), MAX_BODY, &mut body)).await;
    }
    let body = String::from_utf8_lossy(&body).trim().to_owned();
    Ok(Answer { status, body })
}

/// Gets a path below the peer's base URL, within its timeout. At most `limit` bytes of the body are read.
///
/// # Errors
///
/// If there is no whole response.
pub async fn get(peer: &Peer, path: &str, limit: usize) -> Result<(StatusCode, Vec<u8>), Failure> {
    let request = Request::get(peer.url.path_of(path))
        .body(Full::default())
        .map_err(io::Error::other)?;
    let mut driver = JoinSet::new();
    let whole = async {
        let answer = head(peer, request, &mut driver).await?;
        let status = answer.status();
        let mut body = Vec::new();
        beginning(answer.into_body(), limit, &mut body).await?;
        Ok((status, body))
    };
    timeout(peer.timeout, whole)
        .await
        .map_err(|_| Failure::TimedOut(peer.timeout))?
}

async fn head(
    peer: &Peer,
    mut request: Request<Full<Bytes>>,
    driver: &mut JoinSet<()>,
) -> Result<Response<Incoming>, Failure> {
    let credentials = credentials(peer).await?;
    let host = HeaderValue::from_str(peer.url.authority()).map_err(io::Error::other)?;
    let agent = concat!("maillog_exporter/", env!("CARGO_PKG_VERSION"));
    let headers = request.headers_mut();
    headers.insert(HOST, host);
    headers.insert(USER_AGENT, HeaderValue::from_static(agent));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if let Some(value) = credentials.authorization {
        request.headers_mut().insert(AUTHORIZATION, value);
    }
    let stream = connect(peer).await?;
    match credentials.tls {
        None => exchange(stream, request, driver).await,
        Some(config) => {
            let name = peer.tls.server_name(peer.url.host())?;
            let stream = TlsConnector::from(config).connect(name, stream).await?;
            exchange(stream, request, driver).await
        }
    }
}

/// Reads credential files on a blocking thread, so that other peers do not wait.
async fn credentials(peer: &Peer) -> io::Result<Credentials> {
    let (auth, tls) = (peer.auth.clone(), peer.tls.clone());
    let https = peer.url.https();
    tokio::task::spawn_blocking(move || {
        Ok(Credentials {
            authorization: auth.header()?,
            tls: if https {
                Some(Arc::new(tls.config()?))
            } else {
                None
            },
        })
    })
    .await
    .map_err(io::Error::other)?
}

/// Tries the addresses of the name in turn. Each gets an equal share of the timeout, so that an address that
/// does not respond leaves time for the next.
async fn connect(peer: &Peer) -> io::Result<TcpStream> {
    let (host, port) = (peer.url.host(), peer.url.port());
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
        .await?
        .take(MAX_ADDRESSES)
        .collect();
    let share = peer.timeout / u32::try_from(addresses.len().max(1)).unwrap_or(1);
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the host name has no address");
    for address in addresses {
        match timeout(share, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

async fn exchange<S>(
    stream: S,
    request: Request<Full<Bytes>>,
    driver: &mut JoinSet<()>,
) -> Result<Response<Incoming>, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(MAX_HEAD)
        .handshake(TokioIo::new(stream))
        .await?;
    driver.spawn(async {
        // The request returns the same error.
        let _ = connection.await;
    });
    Ok(sender.send_request(request).await?)
}

/// Reads up to `limit` bytes of a body.
async fn beginning(mut body: Incoming, limit: usize, read: &mut Vec<u8>) -> hyper::Result<()> {
    while read.len() < limit
        && let Some(frame) = body.frame().await
    {
        if let Ok(data) = frame?.into_data() {
            read.extend(data.iter().take(limit - read.len()));
        }
    }
    Ok(())
}
