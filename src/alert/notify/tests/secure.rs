//! TLS: valid and invalid server certificates, names, and client certificates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};

use super::*;

fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).expect("a certificate")
}

/// A server configuration; it requires a client certificate if one is given.
fn config(
    own: &CertifiedKey<KeyPair>,
    client: Option<&CertifiedKey<KeyPair>>,
) -> Arc<ServerConfig> {
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_protocol_versions(&[&version::TLS12, &version::TLS13])
        .expect("versions");
    let builder = match client {
        None => builder.with_no_client_auth(),
        Some(client) => {
            let mut roots = RootCertStore::empty();
            roots.add(client.cert.der().clone()).expect("a root");
            let verifier =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
            builder.with_client_cert_verifier(verifier.expect("a verifier"))
        }
    };
    let key = PrivateKeyDer::Pkcs8(own.signing_key.serialize_der().into());
    let config = builder.with_single_cert(vec![own.cert.der().clone()], key);
    Arc::new(config.expect("a configuration"))
}

fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("written");
    path
}

fn secure(address: SocketAddr, tls: Tls) -> Peer {
    Peer {
        url: format!("https://{address}").parse().expect("a URL"),
        tls,
        ..peer(address)
    }
}

#[test]
fn an_untrusted_certificate_is_retried_until_trusted() {
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, other) = (certificate("127.0.0.1"), certificate("127.0.0.1"));
    let ca = file(folder.path(), "ca.pem", &other.cert.pem());
    let server = Place::new().serve(&[Step::Answers(200, "")], Some(config(&theirs, None)));
    let tls = Tls {
        ca_file: Some(ca.clone()),
        ..Tls::default()
    };
    let notifier = to(vec![secure(server.address, tls)]);
    notifier.send(vec![alert("a", "x")]);
    wait(&notifier, "failures", |stats| stats.errors > 1);
    assert!(server.is_quiet());
    // The next connection reads the file again.
    std::fs::write(&ca, theirs.cert.pem()).expect("written");
    assert_eq!(summaries(&server.next()), ["x"]);
    wait(&notifier, "success", |stats| stats.sent == 1);
}

#[test]
fn unknown_certificates_need_insecure_skip_verify() {
    let theirs = certificate("127.0.0.1");
    for (insecure_skip_verify, taken) in [(false, false), (true, true)] {
        let server = Place::new().serve(&[Step::Answers(200, "")], Some(config(&theirs, None)));
        let tls = Tls {
            insecure_skip_verify,
            ..Tls::default()
        };
        let notifier = to(vec![secure(server.address, tls)]);
        notifier.send(vec![alert("a", "x")]);
        let stats = wait(&notifier, "an end", |stats| stats.sent + stats.errors > 0);
        assert_eq!(stats.sent == 1, taken, "{stats:?}");
    }
}

#[test]
fn certificate_name_must_match() {
    let folder = tempfile::tempdir().expect("a folder");
    let theirs = certificate("alertmanager.example");
    let ca = file(folder.path(), "ca.pem", &theirs.cert.pem());
    for (server_name, taken) in [
        (None, false),
        (Some("other.example"), false),
        (Some("alertmanager.example"), true),
    ] {
        let server = Place::new().serve(&[Step::Answers(200, "")], Some(config(&theirs, None)));
        let tls = Tls {
            ca_file: Some(ca.clone()),
            server_name: server_name.map(str::to_owned),
            ..Tls::default()
        };
        let notifier = to(vec![secure(server.address, tls)]);
        notifier.send(vec![alert("a", "x")]);
        let stats = wait(&notifier, "an end", |stats| stats.sent + stats.errors > 0);
        assert_eq!(stats.sent == 1, taken, "{server_name:?}: {stats:?}");
    }
}

#[test]
fn client_certificate_is_presented() {
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, ours) = (certificate("127.0.0.1"), certificate("exporter"));
    let ca = file(folder.path(), "ca.pem", &theirs.cert.pem());
    let own = file(folder.path(), "own.pem", &ours.cert.pem());
    let key = file(folder.path(), "own.key", &ours.signing_key.serialize_pem());
    for (identity, taken) in [(None, false), (Some((own, key)), true)] {
        let tls = config(&theirs, Some(&ours));
        let server = Place::new().serve(&[Step::Answers(200, "")], Some(tls));
        let tls = Tls {
            ca_file: Some(ca.clone()),
            identity,
            ..Tls::default()
        };
        let notifier = to(vec![secure(server.address, tls)]);
        notifier.send(vec![alert("a", "x")]);
        let stats = wait(&notifier, "an end", |stats| stats.sent + stats.errors > 0);
        assert_eq!(stats.sent == 1, taken, "{stats:?}");
    }
}

#[test]
fn errors_name_the_invalid_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let pair = certificate("a");
    let good = file(folder.path(), "good.pem", &pair.cert.pem());
    let key = file(folder.path(), "good.key", &pair.signing_key.serialize_pem());
    let empty = file(folder.path(), "empty.pem", "");
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let broken = file(folder.path(), "broken.pem", broken);
    let other = certificate("b").signing_key.serialize_pem();
    let other = file(folder.path(), "other.key", &other);
    let with = |ca_file: &PathBuf, certificate: &PathBuf, key: &PathBuf| Tls {
        ca_file: Some(ca_file.clone()),
        identity: Some((certificate.clone(), key.clone())),
        ..Tls::default()
    };
    with(&good, &good, &key).config().expect("right");
    for (tls, named) in [
        (with(&empty, &good, &key), "empty.pem"),
        (with(&broken, &good, &key), "broken.pem"),
        (with(&good, &key, &key), "good.key"),
        (with(&good, &good, &good), "good.pem"),
        (with(&good, &good, &other), "good.pem"),
    ] {
        let error = tls.config().expect_err(named).to_string();
        assert!(error.contains(named), "{error}");
    }
}
