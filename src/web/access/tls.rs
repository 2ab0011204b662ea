//! `tls_server_config:` of `web-config.yml`: certificate, key, TLS versions and client certificates.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde_saphyr::{Location, Spanned};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::server::danger::ClientCertVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, rustls};

use super::schema::{ClientAuth, TlsServerConfig, TlsVersion};
use crate::keyfile::{self, certificates, key};
use crate::yaml::Fault;

/// The acceptor of TLS connections for the settings that begin at `location`.
///
/// # Errors
///
/// If a file cannot be used, or settings are missing or contradict each other.
pub fn acceptor(location: Location, server: &TlsServerConfig) -> Result<TlsAcceptor, Fault> {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(server)?)
        .map_err(|error| {
            Fault::new(
                location,
                error.to_string(),
                "remove min_version and max_version",
            )
        })?;
    let kind = server.client_auth_type.as_ref();
    let config = match (
        kind.map(|kind| kind.value).unwrap_or_default(),
        &server.client_ca_file,
    ) {
        (ClientAuth::NoClientCert, None) => config.with_no_client_auth(),
        (ClientAuth::NoClientCert, Some(authorities)) => {
            return Err(Fault::new(
                authorities.referenced,
                "has no effect without client authentication",
                "add client_auth_type: RequireAndVerifyClientCert, or remove it",
            ));
        }
        (_, None) => {
            return Err(Fault::new(
                kind.map_or(location, |kind| kind.referenced),
                "needs a client_ca_file",
                "add the certificates of the accepted authorities, such as client_ca_file: clients.pem",
            ));
        }
        (kind, Some(authorities)) => {
            config.with_client_cert_verifier(verifier(kind, authorities, provider)?)
        }
    };
    let missing = |name, example| {
        Fault::new(
            location,
            format!("{name} is missing"),
            format!("add one, such as {name}: {example}"),
        )
    };
    let certificate = server.cert_file.as_ref();
    let certificate = certificate.ok_or_else(|| missing("cert_file", "server.crt"))?;
    let private = server.key_file.as_ref();
    let private = private.ok_or_else(|| missing("key_file", "server.key"))?;
    let chain = certificates(&certificate.value)
        .map_err(|error| invalid_certificate(certificate, error))?;
    let key = key(&private.value).map_err(|error| {
        Fault::new(
            private.referenced,
            error.to_string(),
            "expected the path of a file with a private key in PEM",
        )
    })?;
    let mut config = config.with_single_cert(chain, key).map_err(|error| {
        let names = [&certificate.value, &private.value].map(|path| path.display());
        let problem = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("{} and {} do not belong together", names[0], names[1])
            }
            error => format!("{} and {} cannot be used: {error}", names[0], names[1]),
        };
        Fault::new(
            certificate.referenced,
            problem,
            "expected a certificate and its private key",
        )
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn invalid_certificate(path: &Spanned<PathBuf>, error: io::Error) -> Fault {
    Fault::new(
        path.referenced,
        error.to_string(),
        "expected the path of a file with certificates in PEM",
    )
}

fn versions(server: &TlsServerConfig) -> Result<Vec<&'static SupportedProtocolVersion>, Fault> {
    let version = |version: &Option<Spanned<TlsVersion>>| version.as_ref().map(|it| it.value);
    let min = version(&server.min_version).unwrap_or(TlsVersion::Tls12);
    let max = version(&server.max_version).unwrap_or(TlsVersion::Tls13);
    match &server.max_version {
        Some(max_version) if min > max => Err(Fault::new(
            max_version.referenced,
            "is lower than min_version",
            "remove or change one of them",
        )),
        _ => Ok([(TlsVersion::Tls12, &TLS12), (TlsVersion::Tls13, &TLS13)]
            .into_iter()
            .filter(|(version, _)| (min..=max).contains(version))
            .map(|(_, version)| version)
            .collect()),
    }
}

fn verifier(
    kind: ClientAuth,
    authorities: &Spanned<PathBuf>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Fault> {
    let invalid = |error| invalid_certificate(authorities, error);
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&authorities.value).map_err(invalid)? {
        roots.add(certificate).map_err(|error| {
            let error = keyfile::invalid(&authorities.value, &error.to_string());
            invalid(error)
        })?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if kind == ClientAuth::VerifyClientCertIfGiven {
        builder = builder.allow_unauthenticated();
    }
    builder
        .build()
        .map_err(|error| invalid(io::Error::other(error)))
}
