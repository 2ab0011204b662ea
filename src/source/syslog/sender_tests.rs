//! Which senders the receiver accepts: by address, and over TLS by certificate.

use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use super::super::input::{Listener, Syslog, SyslogTls};
use super::super::syslog_senders::AllowedSenders;
use super::tests::{Fixture, connect, tcp_address, udp_address};

type Certified = CertifiedKey<KeyPair>;

fn certified(name: &str) -> Certified {
    generate_simple_self_signed([name.to_owned()]).expect("a certificate")
}

fn only(senders: &[&str]) -> AllowedSenders {
    let senders = senders.iter().map(|text| text.parse().expect("a sender"));
    AllowedSenders::only(senders.collect())
}

/// Writes the receiver's certificate, and those of the senders as their authorities.
fn files(folder: &Path, receiver: &Certified, senders: &[&Certified]) -> SyslogTls {
    let file = |name: &str, text: String| {
        let path = folder.join(name);
        fs::write(&path, text).expect("written");
        path
    };
    SyslogTls {
        cert_file: file("cert.pem", receiver.cert.pem()),
        key_file: file("key.pem", receiver.signing_key.serialize_pem()),
        client_ca_file: (!senders.is_empty()).then(|| {
            let authorities = senders.iter().map(|sender| sender.cert.pem());
            file("ca.pem", authorities.collect())
        }),
    }
}

/// Sends a text over TLS, to the end of the connection.
fn send(
    address: SocketAddr,
    receiver: &Certified,
    own: Option<&Certified>,
    text: &str,
) -> io::Result<()> {
    let mut roots = RootCertStore::empty();
    roots
        .add(receiver.cert.der().clone())
        .expect("a certificate");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots);
    let config = match own {
        Some(own) => {
            let key = PrivateKeyDer::try_from(own.signing_key.serialize_der()).expect("a key");
            let chain = vec![own.cert.der().clone()];
            config.with_client_auth_cert(chain, key).expect("a key")
        }
        None => config.with_no_client_auth(),
    };
    let name = "receiver".try_into().expect("a name");
    let client = ClientConnection::new(Arc::new(config), name).expect("a client");
    let mut stream = StreamOwned::new(client, TcpStream::connect(address)?);
    stream.write_all(text.as_bytes())?;
    stream.conn.send_close_notify();
    stream.flush()?;
    // The receiver closes the connection after it has read everything, or refused the sender.
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).map(drop)
}

#[test]
fn only_allowed_addresses_may_send() {
    let (udp, tcp) = (udp_address(), tcp_address());
    let listeners = vec![Listener::Udp(udp), Listener::Tcp(tcp)];
    for (senders, refused) in [(&["192.0.2.0/24"][..], true), (&["127.0.0.0/8"], false)] {
        let mut fixture = Fixture::open(&Syslog {
            listeners: listeners.clone(),
            tls: None,
            allowed_senders: only(senders),
        })
        .expect("a source");
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.send_to(b"<22>datagram", udp).expect("sent");
        if refused {
            fixture.until("a refused datagram", |status, _| status.refused == 1);
        } else {
            fixture.expect_lines(&["<22>datagram"]);
        }
        drop(connect(tcp, "<22>stream\n"));
        if refused {
            fixture.until("a refused connection", |status, _| status.refused == 2);
            fixture.expect_lines(&[]);
        } else {
            fixture.expect_lines(&["<22>stream"]);
            fixture.until("nothing refused", |status, _| status.refused == 0);
        }
    }
}

#[test]
fn messages_over_tls_are_received_with_either_framing() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = certified("receiver");
    let address = tcp_address();
    let mut fixture = Fixture::open(&Syslog {
        listeners: vec![Listener::Tls(address)],
        tls: Some(files(folder.path(), &receiver, &[])),
        allowed_senders: AllowedSenders::default(),
    })
    .expect("a source");
    send(address, &receiver, None, "9 <22>a\nb\nc").expect("sent");
    fixture.expect_lines(&["<22>a\nb\nc"]);
    send(address, &receiver, None, "<22>one\n<22>two\n").expect("sent");
    fixture.expect_lines(&["<22>one", "<22>two"]);

    // Without TLS, nothing is received.
    drop(connect(address, "<22>plain\n"));
    fixture.until("a failed handshake", |status, _| status.refused == 1);

    let renewed = certified("receiver");
    files(folder.path(), &renewed, &[]);
    send(address, &renewed, None, "<22>renewed\n").expect("sent");
    fixture.expect_lines(&["<22>renewed"]);
    fs::write(folder.path().join("cert.pem"), "no certificate").expect("written");
    send(address, &renewed, None, "<22>still\n").expect("sent");
    fixture.expect_lines(&["<22>still"]);
}

#[test]
fn senders_over_tls_need_a_certificate_with_an_allowed_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let receiver = certified("receiver");
    let (friend, other, stranger) = (
        certified("mx1.example.com"),
        certified("mx2.example.com"),
        certified("mx1.example.com"),
    );
    let address = tcp_address();
    let syslog = |senders: AllowedSenders| Syslog {
        listeners: vec![Listener::Tls(address)],
        tls: Some(files(folder.path(), &receiver, &[&friend, &other])),
        allowed_senders: senders,
    };
    // Who may send: without certificate, with the two known certificates, and with an unknown one.
    for (senders, allowed) in [
        (AllowedSenders::default(), [false, true, true, false]),
        (only(&["mx1.example.com"]), [false, true, false, false]),
        (only(&["192.0.2.1"]), [false; 4]),
        (
            only(&["192.0.2.1", "mx2.example.com"]),
            [false, false, true, false],
        ),
        (only(&["127.0.0.1"]), [false, true, true, false]),
    ] {
        let mut fixture = Fixture::open(&syslog(senders.clone())).expect("a source");
        let own = [None, Some(&friend), Some(&other), Some(&stranger)];
        let mut refused = 0;
        for (own, allowed) in own.into_iter().zip(allowed) {
            // Refused senders see an error or an end.
            let _ = send(address, &receiver, own, "<22>message\n");
            if allowed {
                fixture.expect_lines(&["<22>message"]);
            } else {
                refused += 1;
                fixture.until("a refusal", |status, _| status.refused == refused);
            }
        }
        fixture.expect_lines(&[]);
    }
}

#[test]
fn a_missing_certificate_is_an_error_that_names_address_and_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tls = files(folder.path(), &certified("receiver"), &[]);
    tls.key_file = folder.path().join("gone.pem");
    let address = tcp_address();
    let opened = Fixture::open(&Syslog {
        listeners: vec![Listener::Tls(address)],
        tls: Some(tls),
        allowed_senders: AllowedSenders::default(),
    });
    let message = opened.err().expect("an error").to_string();
    let address = format!("tls://{address}: ");
    assert!(
        message.starts_with(&address) && message.contains("gone.pem"),
        "{message}"
    );
}
