//! Limits of HTTP connections: slow clients, busy connections and malformed requests.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::daemon::*;

/// A connection from an address of this machine, with a small receive buffer.
fn connect_from(source: [u8; 4], daemon: &Daemon) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a size");
    let source = SocketAddr::from((source, 0));
    socket.bind(&source.into()).expect("an address");
    let address: SocketAddr = daemon.address.parse().expect("an address");
    socket.connect(&address.into()).expect("a connection");
    socket.into()
}

fn start(folder: &Folder) -> Daemon {
    folder.create("mail.log", "");
    Daemon::follow(&folder.path("mail.log"))
}

/// How many connections were rejected.
fn rejected(daemon: &Daemon) -> u64 {
    let body = daemon.get("/metrics").body;
    let body = String::from_utf8(body).expect("text");
    let line = body
        .lines()
        .find_map(|line| line.strip_prefix("maillog_http_connections_rejected_total "));
    line.expect("the metric").parse().expect("a number")
}

#[test]
fn a_peer_with_too_many_busy_connections_is_refused_and_others_are_served() {
    const LIMIT: usize = 48;
    const LARGE: usize = 16 * 1024 * 1024;
    let folder = Folder::new();
    let daemon = start(&folder);
    assert_eq!(rejected(&daemon), 0);
    // Responses longer than all buffers, which nobody reads to their end.
    let page = daemon.get("/").body;
    let page = String::from_utf8(page).expect("text");
    let (_, path) = page.split_once("/static/").expect("a style sheet");
    let (path, _) = path.split_once('"').expect("its path");
    let length = daemon.get(&format!("/static/{path}")).body.len();
    let request = format!("GET /static/{path} HTTP/1.1\r\nHost: x\r\n\r\n");
    let request = request.repeat(LARGE / length + 1);
    let mut busy = Vec::new();
    let refused = (0..4 * LIMIT).find_map(|_| {
        let mut stream = connect_from([127, 0, 0, 2], &daemon);
        stream.write_all(request.as_bytes()).expect("sent");
        let mut status = [0; 12];
        stream.read_exact(&mut status).expect("a response");
        if status.ends_with(b"503") {
            return Some(stream);
        }
        busy.push(stream);
        None
    });
    // On a very slow machine the first ones have stalled for so long that they were replaced.
    assert!(busy.len() >= LIMIT, "{}", busy.len());
    let mut answer = String::new();
    let mut refused = refused.expect("a refused connection");
    refused.read_to_string(&mut answer).expect("an end");
    assert!(answer.contains("\r\nRetry-After: 1\r\n"), "{answer}");
    assert_eq!(rejected(&daemon), 1);
}

#[test]
fn slow_and_held_connections_do_not_block_others() {
    let folder = Folder::new();
    let daemon = start(&folder);
    let held: Vec<TcpStream> = (0..64)
        .map(|_| connect_from([127, 0, 0, 3], &daemon))
        .collect();
    let mut slow = VecDeque::new();
    for number in 0..1000 {
        let mut stream = connect_from([127, 0, 0, 2], &daemon);
        // It may have been closed already.
        let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\nHo");
        slow.push_back(stream);
        if slow.len() > 200 {
            slow.pop_front();
        }
        if number % 100 == 99 {
            for path in ["/-/healthy", "/metrics"] {
                let begin = Instant::now();
                assert_eq!(daemon.get(path).status, 200);
                assert!(begin.elapsed() < Duration::from_secs(2));
            }
        }
    }
    assert_eq!(rejected(&daemon), 0);
    drop(held);
}

#[test]
fn a_request_without_one_valid_host_is_malformed() {
    let folder = Folder::new();
    let daemon = start(&folder);
    for (request, status) in [
        ("GET / HTTP/1.1\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n", "400"),
        ("GET / HTTP/1.1\r\nHost: a\r\n", "200"),
        ("GET / HTTP/1.0\r\n", "200"),
    ] {
        let mut stream = TcpStream::connect(&daemon.address).expect("a connection");
        let request = format!("{request}Connection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an end");
        assert_eq!(&answer[9..12], status, "{request}");
    }
}

#[test]
fn no_response_may_be_shown_in_a_frame() {
    let folder = Folder::new();
    let daemon = start(&folder);
    for path in [
        "/",
        "/metrics",
        "/codes/421",
        "/api/v1/codes",
        "/no-such-page",
    ] {
        let policy = &daemon.get(path).headers["content-security-policy"];
        assert!(
            policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
    }
}
