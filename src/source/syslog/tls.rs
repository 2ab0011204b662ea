//! Syslog over TLS (RFC 5425): the certificate of the receiver, and those of its senders.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::server::TlsStream;
use tracing::{info, warn};

use super::super::input::SyslogTls;
use crate::keyfile::{certificates, invalid, key};
use crate::tls::{ClientCertificates, Trust, alternative_names};

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time of modification and length of each file.
type Stamps = Vec<Option<(SystemTime, u64)>>;

/// Accepts TLS connections with the current certificate.
#[derive(Clone)]
pub(super) struct TlsServer {
    files: Arc<SyslogTls>,
    /// The acceptor, and the stamps of the files from just before they were read.
    current: Arc<Mutex<(Stamps, TlsAcceptor)>>,
}

impl TlsServer {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// If one of them cannot be used, which the error names.
    pub fn load(files: &SyslogTls) -> io::Result<Self> {
        let stamps = stamps(files);
        Ok(TlsServer {
            current: Arc::new(Mutex::new((stamps, acceptor(files)?))),
            files: Arc::new(files.clone()),
        })
    }

    /// Performs the handshake. Returns the names in the sender's certificate, if it has one.
    pub async fn accept(
        &self,
        stream: TcpStream,
    ) -> io::Result<(TlsStream<TcpStream>, Vec<String>)> {
        let server = self.clone();
        let acceptor = tokio::task::spawn_blocking(move || server.reload_if_changed()).await?;
        let stream = timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await??;
        let certificate = stream.get_ref().1.peer_certificates();
        let certificate = certificate.and_then(<[_]>::first);
        let names = certificate.and_then(|certificate| alternative_names(certificate));
        Ok((stream, names.unwrap_or_default()))
    }

    /// The acceptor, after changed files have been read again. If they are invalid, the old
    /// certificate stays in use.
    fn reload_if_changed(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = stamps(&self.files);
        if stamps != current.0 {
            current.0 = stamps;
            match acceptor(&self.files) {
                Ok(acceptor) => {
                    current.1 = acceptor;
                    info!("certificate of the syslog receiver reloaded");
                }
                Err(error) => {
                    warn!(%error, "cannot use the changed certificate, keeping the old one")
                }
            }
        }
        current.1.clone()
    }
}

fn stamps(files: &SyslogTls) -> Stamps {
    let authorities = files.client_ca_file.iter();
    let paths = [&files.cert_file, &files.key_file]
        .into_iter()
        .chain(authorities);
    let stamp = |path: &PathBuf| {
        let metadata = std::fs::metadata(path).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    paths.map(stamp).collect()
}

fn acceptor(files: &SyslogTls) -> io::Result<TlsAcceptor> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |path: &Path, error: String| invalid(path, &error);
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let config = match &files.client_ca_file {
        Some(path) => {
            let trust = Trust::in_authorities(certificates(path)?, &provider)
                .map_err(|error| unusable(path, error))?;
            let accepted = ClientCertificates::new(true, trust, None, &provider);
            config.with_client_cert_verifier(Arc::new(accepted))
        }
        None => config.with_no_client_auth(),
    };
    let chain = certificates(&files.cert_file)?;
    let config = config
        .with_single_cert(chain, key(&files.key_file)?)
        .map_err(|error| unusable(&files.cert_file, error.to_string()))?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}
