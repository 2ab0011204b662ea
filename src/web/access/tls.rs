//! The TLS side of the settings: certificate, key, versions, and whom clients are verified by.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

use super::AccessError;
use super::file::{ClientAuth, TlsServer, Version};

/// What accepts TLS connections. `file` is the one that `server` stands in.
pub fn acceptor(file: &Path, server: &TlsServer) -> Result<TlsAcceptor, AccessError> {
    let wrong = |problem: &str| AccessError::new(file, format!("tls_server_config: {problem}"));
    let versions = versions(server);
    if versions.is_empty() {
        return Err(wrong("min_version is above max_version"));
    }
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions)
        .map_err(|error| wrong(&error.to_string()))?;
    let config = match (server.client_auth_type, &server.client_ca_file) {
        (ClientAuth::NoClientCert, None) => config.with_no_client_auth(),
        (ClientAuth::NoClientCert, Some(_)) => {
            return Err(wrong(
                "client_ca_file has no effect without client_auth_type: RequireAndVerifyClientCert",
            ));
        }
        (_, None) => return Err(wrong("client_auth_type needs a client_ca_file")),
        (kind, Some(authorities)) => {
            config.with_client_cert_verifier(verifier(kind, authorities, provider)?)
        }
    };
    let key = PrivateKeyDer::from_pem_file(&server.key_file)
        .map_err(|error| AccessError::new(&server.key_file, error))?;
    let mut config = config
        .with_single_cert(certificates(&server.cert_file)?, key)
        .map_err(|error| AccessError::new(&server.cert_file, error))?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn versions(server: &TlsServer) -> Vec<&'static SupportedProtocolVersion> {
    let least = server.min_version.unwrap_or(Version::Tls12);
    let most = server.max_version.unwrap_or(Version::Tls13);
    [(Version::Tls12, &TLS12), (Version::Tls13, &TLS13)]
        .into_iter()
        .filter(|(version, _)| (least..=most).contains(version))
        .map(|(_, version)| version)
        .collect()
}

fn verifier(
    kind: ClientAuth,
    authorities: &Path,
    provider: Arc<tokio_rustls::rustls::crypto::CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, AccessError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(authorities)? {
        roots
            .add(certificate)
            .map_err(|error| AccessError::new(authorities, error))?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if kind == ClientAuth::VerifyClientCertIfGiven {
        builder = builder.allow_unauthenticated();
    }
    builder
        .build()
        .map_err(|error| AccessError::new(authorities, error))
}

/// The certificates in a PEM file, at least one.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, AccessError> {
    let wrong = |error: tokio_rustls::rustls::pki_types::pem::Error| AccessError::new(file, error);
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .map_err(wrong)?
        .collect::<Result<_, _>>()
        .map_err(wrong)?;
    if certificates.is_empty() {
        return Err(AccessError::new(file, "there is no certificate in it"));
    }
    Ok(certificates)
}
