//! The TLS side of the settings: certificate, key, versions, and whom clients are verified by.

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

use super::file::{ClientAuth, TlsServer, Version};
use crate::keyfile::{certificates, key};
use crate::yaml::Fault;

/// What accepts TLS connections, by the settings that begin at `place`.
pub fn acceptor(place: Location, server: &TlsServer) -> Result<TlsAcceptor, Fault> {
    let provider = Arc::new(ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(server)?)
        .map_err(|error| Fault::new(place, error.to_string(), "leave the versions out"))?;
    let kind = server.client_auth_type.as_ref();
    let config = match (
        kind.map(|kind| kind.value).unwrap_or_default(),
        &server.client_ca_file,
    ) {
        (ClientAuth::NoClientCert, None) => config.with_no_client_auth(),
        (ClientAuth::NoClientCert, Some(authorities)) => {
            return Err(Fault::new(
                authorities.referenced,
                "it has no effect while no client shows a certificate",
                "add client_auth_type: RequireAndVerifyClientCert, or leave it out",
            ));
        }
        (_, None) => {
            return Err(Fault::new(
                kind.map_or(place, |kind| kind.referenced),
                "it needs a client_ca_file",
                "add the certificates to verify by, such as client_ca_file: clients.pem",
            ));
        }
        (kind, Some(authorities)) => {
            config.with_client_cert_verifier(verifier(kind, authorities, provider)?)
        }
    };
    let missing = |name, example| {
        Fault::new(
            place,
            format!("{name} is missing"),
            format!("add one, such as {name}: {example}"),
        )
    };
    let certificate = server.cert_file.as_ref();
    let certificate = certificate.ok_or_else(|| missing("cert_file", "server.crt"))?;
    let private = server.key_file.as_ref();
    let private = private.ok_or_else(|| missing("key_file", "server.key"))?;
    let chain =
        certificates(&certificate.value).map_err(|error| no_certificate(certificate, error))?;
    let key = key(&private.value).map_err(|error| {
        Fault::new(
            private.referenced,
            error.to_string(),
            "right would be the path of a file with a private key in PEM",
        )
    })?;
    let mut config = config.with_single_cert(chain, key).map_err(|error| {
        let names = [&certificate.value, &private.value].map(|path| path.display());
        let problem = match error {
            rustls::Error::InconsistentKeys(_) => {
                format!("{} does not go with {}", names[0], names[1])
            }
            error => format!("{} and {} cannot be used: {error}", names[0], names[1]),
        };
        Fault::new(
            certificate.referenced,
            problem,
            "right would be a certificate and the key that it was made for",
        )
    })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn no_certificate(path: &Spanned<PathBuf>, error: io::Error) -> Fault {
    Fault::new(
        path.referenced,
        error.to_string(),
        "right would be the path of a file with certificates in PEM",
    )
}

fn versions(server: &TlsServer) -> Result<Vec<&'static SupportedProtocolVersion>, Fault> {
    let version = |version: &Option<Spanned<Version>>| version.as_ref().map(|it| it.value);
    let least = version(&server.min_version).unwrap_or(Version::Tls12);
    let most = version(&server.max_version).unwrap_or(Version::Tls13);
    match &server.max_version {
        Some(below) if least > most => Err(Fault::new(
            below.referenced,
            "it is below min_version",
            "leave one of them out, or change one",
        )),
        _ => Ok([(Version::Tls12, &TLS12), (Version::Tls13, &TLS13)]
            .into_iter()
            .filter(|(version, _)| (least..=most).contains(version))
            .map(|(_, version)| version)
            .collect()),
    }
}

fn verifier(
    kind: ClientAuth,
    authorities: &Spanned<PathBuf>,
    provider: Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Fault> {
    let wrong = |error| no_certificate(authorities, error);
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&authorities.value).map_err(wrong)? {
        let named = |error| crate::keyfile::named(&authorities.value, &format!("{error}"));
        roots
            .add(certificate)
            .map_err(|error| wrong(named(error)))?;
    }
    let mut builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
    if kind == ClientAuth::VerifyClientCertIfGiven {
        builder = builder.allow_unauthenticated();
    }
    builder
        .build()
        .map_err(|error| wrong(io::Error::other(error)))
}
