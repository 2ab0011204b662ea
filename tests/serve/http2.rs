//! HTTP/2 over TLS.

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper::{Request, StatusCode, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::version::TLS13;

use crate::daemon::*;
use crate::tls_client::*;

/// The application protocols of a client of both versions.
const BOTH: [&str; 2] = ["h2", "http/1.1"];

/// `web-config.yml` with the certificate `server` and more.
fn web(more: &str) -> String {
    format!("tls_server_config: {{cert_file: server.crt, key_file: server.key}}\n{more}")
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("a runtime")
}

/// An HTTP/2 connection to a daemon.
async fn connect(client: &Client, address: &str) -> SendRequest<Empty<Bytes>> {
    let stream = TcpStream::connect(address).await.expect("a connection");
    let name = "localhost".try_into().expect("a name");
    let tls = TlsConnector::from(client.config()).connect(name, stream);
    let tls = tls.await.expect("a handshake");
    assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let connected = handshake(TokioExecutor::new(), TokioIo::new(tls)).await;
    let (requests, connection) = connected.expect("an HTTP/2 connection");
    tokio::spawn(connection);
    requests
}

/// The status and body of a response.
async fn get(requests: &SendRequest<Empty<Bytes>>, path: &str, token: &str) -> (StatusCode, Bytes) {
    let request = Request::get(format!("https://localhost{path}"))
        .header("Authorization", token)
        .body(Empty::new())
        .expect("a request");
    let response = requests.clone().send_request(request).await;
    let response = response.expect("a response");
    assert_eq!(response.version(), Version::HTTP_2);
    let status = response.status();
    let body = response.into_body().collect().await.expect("a body");
    (status, body.to_bytes())
}

#[test]
fn one_connection_answers_many_requests_at_a_time() {
    let folder = Folder::new();
    let server = certified();
    keep(&folder, "server", &server);
    let daemon = launch(&folder, &web(""));
    let client = Client::new(&server, None, &TLS13).offering(&BOTH);
    runtime().block_on(async {
        let requests = connect(&client, &daemon.address).await;
        // After a response, the client knows how many requests it may send at a time.
        let (status, _) = get(&requests, "/-/healthy", "none").await;
        assert_eq!(status, StatusCode::OK);
        let mut answers = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let requests = requests.clone();
            answers.spawn(async move { get(&requests, "/metrics", "none").await });
        }
        while let Some(answer) = answers.join_next().await {
            let (status, body) = answer.expect("an answer");
            assert_eq!(status, StatusCode::OK);
            assert!(body.starts_with(b"# HELP "), "{body:?}");
        }
        let (status, _) = get(&requests, "/nowhere", "none").await;
        assert_eq!(status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn passwords_are_checked_for_each_request() {
    let folder = Folder::new();
    let server = certified();
    keep(&folder, "server", &server);
    let hash = bcrypt::hash("secret", 4).expect("a hash");
    let daemon = launch(
        &folder,
        &web(&format!("basic_auth_users: {{ann: {hash:?}}}\n")),
    );
    let client = Client::new(&server, None, &TLS13).offering(&BOTH);
    runtime().block_on(async {
        let requests = connect(&client, &daemon.address).await;
        for (token, expected) in [
            ("Basic YW5uOndyb25n", StatusCode::UNAUTHORIZED),
            ("Basic YW5uOnNlY3JldA==", StatusCode::OK),
            ("none", StatusCode::UNAUTHORIZED),
        ] {
            let (status, _) = get(&requests, "/metrics", token).await;
            assert_eq!(status, expected, "{token}");
        }
    });
}

#[test]
fn http_1_is_spoken_where_http_2_is_off_or_not_offered() {
    let folder = Folder::new();
    let server = certified();
    keep(&folder, "server", &server);
    for (more, offered) in [
        ("http_server_config: {http2: false}\n", &BOTH[..]),
        ("", &BOTH[1..]),
        ("", &[]),
    ] {
        let daemon = launch(&folder, &web(more));
        let client = Client::new(&server, None, &TLS13).offering(offered);
        let mut stream = client.connect(&daemon.address).expect("a connection");
        while stream.conn.is_handshaking() {
            stream
                .conn
                .complete_io(&mut stream.sock)
                .expect("a handshake");
        }
        let agreed = stream.conn.alpn_protocol().map(<[u8]>::to_vec);
        let expected = (!offered.is_empty()).then(|| b"http/1.1".to_vec());
        assert_eq!(agreed, expected, "{more}");
        let answer = ask(stream, "GET", "/-/healthy", "").expect("an answer");
        assert_eq!(answer.status, 200);
    }
}
