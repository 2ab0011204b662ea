//! Certificates: right, wrong, of another name, and our own.

use std::path::{Path, PathBuf};

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::{RootCertStore, ServerConfig, version};

use super::*;

fn certificate(name: &str) -> CertifiedKey<KeyPair> {
    generate_simple_self_signed([name.to_owned()]).expect("a certificate")
}

/// A server with the certificate; it wants to see the client's if there is one given.
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
fn a_wrong_certificate_is_a_failure_until_it_is_right() {
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
    // The next connection takes the file as it is then.
    std::fs::write(&ca, theirs.cert.pem()).expect("written");
    assert_eq!(summaries(&server.next()), ["x"]);
    wait(&notifier, "success", |stats| stats.sent == 1);
}

#[test]
fn nobody_unknown_is_trusted_by_default_and_anybody_if_asked_for() {
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
fn the_name_in_the_certificate_is_the_one_that_is_asked_for() {
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
fn our_own_certificate_is_shown_to_who_wants_to_see_it() {
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
fn what_is_no_certificate_or_key_is_refused_by_the_file_s_name() {
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
