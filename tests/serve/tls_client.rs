//! A TLS client and certificates, for the tests of TLS.

use std::io;
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedKey, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    generate_simple_self_signed,
};
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::daemon::*;

pub type Certified = CertifiedKey<KeyPair>;

/// A self-signed certificate for `localhost`.
pub fn certified() -> Certified {
    generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate")
}

/// A self-signed certificate of an authority, as `openssl req -x509` makes it, that is used as a
/// client certificate with this name.
pub fn own_authority(name: &str) -> Certified {
    let mut params = CertificateParams::new([name.to_owned()]).expect("a name");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    let signing_key = KeyPair::generate().expect("a key");
    let cert = params.self_signed(&signing_key).expect("a certificate");
    CertifiedKey { cert, signing_key }
}

/// Writes a certificate and its key to files with this name.
pub fn keep(folder: &Folder, name: &str, certified: &Certified) {
    folder.create(&format!("{name}.crt"), &certified.cert.pem());
    folder.create(
        &format!("{name}.key"),
        &certified.signing_key.serialize_pem(),
    );
}

/// A client that trusts one server certificate, with an optional client certificate.
pub struct Client {
    config: Arc<ClientConfig>,
}

impl Client {
    pub fn new(
        server: &Certified,
        own: Option<&Certified>,
        version: &'static SupportedProtocolVersion,
    ) -> Self {
        Client::with_algorithms(ring::default_provider(), server, own, &[version])
    }

    /// The same with chosen algorithms.
    pub fn with_algorithms(
        algorithms: CryptoProvider,
        server: &Certified,
        own: Option<&Certified>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let mut roots = RootCertStore::empty();
        roots.add(server.cert.der().clone()).expect("a certificate");
        let config = ClientConfig::builder_with_provider(Arc::new(algorithms))
            .with_protocol_versions(versions)
            .expect("a version")
            .with_root_certificates(roots);
        let config = match own {
            Some(own) => {
                let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
                config
                    .with_client_auth_cert(vec![own.cert.der().clone()], key)
                    .expect("a certificate")
            }
            None => config.with_no_client_auth(),
        };
        Client {
            config: Arc::new(config),
        }
    }

    /// The same, offering these application protocols (RFC 7301).
    pub fn offering(mut self, protocols: &[&str]) -> Self {
        let protocols = protocols.iter().map(|it| it.as_bytes().to_vec());
        Arc::make_mut(&mut self.config).alpn_protocols = protocols.collect();
        self
    }

    /// Its settings.
    pub fn config(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.config)
    }

    pub fn get(&self, daemon: &Daemon, headers: &str) -> io::Result<Answer> {
        let stream = self.connect(&daemon.address)?;
        ask(stream, "GET", "/-/healthy", headers)
    }

    /// A connection, whose handshake is not done yet.
    pub fn connect(&self, address: &str) -> io::Result<StreamOwned<ClientConnection, TcpStream>> {
        let name = "localhost".try_into().expect("a name");
        let tls = ClientConnection::new(Arc::clone(&self.config), name).expect("a client");
        Ok(StreamOwned::new(tls, TcpStream::connect(address)?))
    }
}

/// A daemon with this `web-config.yml` and an empty log.
pub fn launch(folder: &Folder, web: &str) -> Daemon {
    folder.create("mail.log", "");
    folder.create("web.yml", web);
    let log = folder.path("mail.log");
    let web = format!("--web.config.file={}", folder.path("web.yml").display());
    Daemon::launch(&[&web, log.to_str().expect("a name")], Stdio::null())
}
