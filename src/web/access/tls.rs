//! `tls_server_config:` of `web-config.yml`: certificate, key, TLS versions and client certificates.

use std::sync::Arc;

use serde_saphyr::{Location, Spanned};
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ServerConfig, SupportedProtocolVersion};
use tokio_rustls::{TlsAcceptor, rustls};

use super::algorithms;
use super::pem::{self, Pem};
use super::schema::{ClientAuth, TlsServerConfig, TlsVersion};
use crate::tls::{ClientCertificates, Trust};
use crate::yaml::Fault;

/// The name of HTTP/2 in TLS (RFC 9113, section 3.2).
pub const HTTP2: &[u8] = b"h2";

/// Accept TLS connections.
#[derive(Clone)]
pub struct Acceptors {
    /// The usual one, which may offer HTTP/2 (RFC 7301).
    pub usual: TlsAcceptor,
    /// One that offers HTTP/1.1 only, for connections that are rejected.
    pub http1: TlsAcceptor,
}

/// The acceptors of TLS connections for the settings that begin at `location`. `http2`: whether HTTP/2 is offered.
///
/// # Errors
///
/// If a file cannot be used, or settings are missing or contradict each other.
pub fn acceptors(
    location: Location,
    server: &TlsServerConfig,
    http2: bool,
) -> Result<Acceptors, Fault> {
    let provider = Arc::new(algorithms::provider(server)?);
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&versions(server)?)
        .map_err(|error| {
            Fault::new(
                location,
                error.to_string(),
                "change min_version, max_version or cipher_suites",
            )
        })?;
    let config = match client_certificates(location, server, &provider)? {
        Some(accepted) => config.with_client_cert_verifier(Arc::new(accepted)),
        None => config.with_no_client_auth(),
    };
    let missing = |name, inline| {
        Fault::new(
            location,
            format!("{name} is missing"),
            format!("add {name}, or the text itself as {inline}"),
        )
    };
    let certificate = pem::choose(&server.cert_file, &server.cert, "cert_file")?;
    let certificate = certificate.ok_or_else(|| missing("cert_file", "cert"))?;
    let private = pem::choose(&server.key_file, &server.key, "key_file")?;
    let private = private.ok_or_else(|| missing("key_file", "key"))?;
    let mut config = config
        .with_single_cert(certificate.certificates()?, private.key()?)
        .map_err(|error| unusable(&certificate, &private, error))?;
    config.ignore_client_order = server.prefer_server_cipher_suites.unwrap_or(true);
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let http1 = TlsAcceptor::from(Arc::new(config.clone()));
    if http2 {
        config.alpn_protocols.insert(0, HTTP2.to_vec());
    }
    let usual = TlsAcceptor::from(Arc::new(config));
    Ok(Acceptors { usual, http1 })
}

fn unusable(certificate: &Pem<'_>, private: &Pem<'_>, error: rustls::Error) -> Fault {
    let problem = match error {
        rustls::Error::InconsistentKeys(_) => {
            format!("{certificate} and {private} do not belong together")
        }
        error => format!("{certificate} and {private} cannot be used: {error}"),
    };
    Fault::new(
        certificate.place(),
        problem,
        "expected a certificate and its private key",
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

/// The client certificates that are accepted; `None` if clients are not asked for one.
fn client_certificates(
    location: Location,
    server: &TlsServerConfig,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<ClientCertificates>, Fault> {
    let kind = server.client_auth_type.as_ref();
    let place = kind.map_or(location, |kind| kind.referenced);
    let kind = kind.map(|kind| kind.value).unwrap_or_default();
    let authorities = pem::choose(&server.client_ca_file, &server.client_ca, "client_ca_file")?;
    let (mandatory, trust) = match (kind, authorities) {
        (
            ClientAuth::NoClientCert
            | ClientAuth::RequestClientCert
            | ClientAuth::RequireAnyClientCert,
            Some(authorities),
        ) => {
            return Err(Fault::new(
                authorities.place(),
                "has no effect without verification of client certificates",
                "add client_auth_type: RequireAndVerifyClientCert, or remove it",
            ));
        }
        (ClientAuth::NoClientCert, None) => match &server.client_allowed_sans {
            Some(names) => {
                return Err(Fault::new(
                    names.referenced,
                    "has no effect without client authentication",
                    "add client_auth_type: RequireAndVerifyClientCert, or remove it",
                ));
            }
            None => return Ok(None),
        },
        (ClientAuth::RequestClientCert, None) => (false, Trust::Any),
        (ClientAuth::RequireAnyClientCert, None) => (true, Trust::Any),
        (ClientAuth::VerifyClientCertIfGiven, None) => (false, system_trust(place, provider)?),
        (ClientAuth::RequireAndVerifyClientCert, None) => {
            return Err(Fault::new(
                place,
                "needs a client_ca_file",
                "add the certificates of the accepted authorities, such as client_ca_file: clients.pem",
            ));
        }
        (kind, Some(authorities)) => {
            let mandatory = kind == ClientAuth::RequireAndVerifyClientCert;
            let trust = Trust::in_authorities(authorities.certificates()?, provider);
            let trust = trust.map_err(|problem| authorities.invalid(&problem))?;
            (mandatory, trust)
        }
    };
    let names = server.client_allowed_sans.as_ref();
    let names = names.map(|names| names.value.clone());
    let accepted = ClientCertificates::new(mandatory, trust, names, provider);
    Ok(Some(accepted))
}

/// Trust in the certificate authorities of the system.
fn system_trust(place: Location, provider: &Arc<CryptoProvider>) -> Result<Trust, Fault> {
    let authorities = rustls_native_certs::load_native_certs().certs;
    Trust::in_authorities(authorities, provider).map_err(|error| {
        Fault::new(
            place,
            format!("the certificate authorities of the system cannot be used: {error}"),
            "add the accepted authorities, such as client_ca_file: clients.pem",
        )
    })
}
