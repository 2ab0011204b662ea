//! The receiver with real sockets on loopback and in a temporary folder.

use std::collections::HashSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use super::super::channel_source::{ChannelSource, QUEUE};
use super::super::input::{Listener, Syslog};
use super::super::interface::{Source, Status};
use super::super::read_buffer::ReadBuffer;
use super::super::stream_id::StreamId;
use super::{open, tcp};

const CAP: usize = 1024;
const DEADLINE: Duration = Duration::from_secs(20);

/// A source, its wake-ups, and what was received.
pub(super) struct Fixture {
    source: ChannelSource,
    woken: Receiver<()>,
    lines: Vec<String>,
    streams: HashSet<StreamId>,
}

impl Fixture {
    fn start(listeners: &[Listener]) -> std::io::Result<Self> {
        Fixture::open(&Syslog {
            listeners: listeners.to_vec(),
            ..Syslog::default()
        })
    }

    pub(super) fn open(syslog: &Syslog) -> std::io::Result<Self> {
        let (wake, woken) = channel();
        let wake = Arc::new(move || {
            let _ = wake.send(());
        });
        Ok(Fixture {
            source: open(syslog, CAP, wake)?,
            woken,
            lines: Vec::new(),
            streams: HashSet::new(),
        })
    }

    fn read(&mut self) {
        let Fixture { lines, streams, .. } = self;
        self.source.read(
            usize::MAX,
            &mut ReadBuffer::new(CAP),
            &mut |stream, batch| {
                let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
                lines.extend(batch.iter().map(text));
                streams.insert(stream);
            },
        );
    }

    /// Waits until the status is as wanted, and reads meanwhile.
    pub(super) fn until(&mut self, what: &str, wanted: impl Fn(&Status, &[String]) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            self.read();
            let status = self.source.status();
            if wanted(&status, &self.lines) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {status:?}");
            // There is no wake-up for dropped lines.
            let _ = self.woken.recv_timeout(Duration::from_millis(50));
        }
    }

    /// Waits until the queue is full, without reading from it.
    fn wait_until_queue_is_full(&self) {
        for _ in 0..QUEUE {
            self.woken.recv_timeout(DEADLINE).expect("a batch");
        }
    }

    pub(super) fn expect_lines(&mut self, lines: &[&str]) {
        self.until(&format!("{lines:?}"), |_, received| {
            received.len() >= lines.len()
        });
        assert_eq!(self.lines, lines);
        self.lines.clear();
    }
}

/// An unused address of this machine.
pub(super) fn udp_address() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.local_addr().expect("an address")
}

pub(super) fn tcp_address() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a socket");
    socket.local_addr().expect("an address")
}

pub(super) fn connect(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(text.as_bytes()).expect("written");
    stream
}

fn unix(path: &Path) -> Listener {
    Listener::Unix(path.to_owned())
}

#[test]
fn a_datagram_is_one_line_whatever_it_contains() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let udp = udp_address();
    let mut fixture = Fixture::start(&[Listener::Udp(udp), unix(&path)]).expect("a source");
    let over_udp = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    over_udp.connect(udp).expect("connected");
    let over_unix = UnixDatagram::unbound().expect("a socket");
    over_unix.connect(&path).expect("connected");
    let messages = [
        "<22>one\n<22>no two",
        "\n",
        "",
        "<22>newline\n",
        "<22>nul\0",
        "\0<22>last",
    ];
    let expected = [
        "<22>one\n<22>no two",
        "<22>newline",
        "<22>nul",
        "\0<22>last",
    ];
    for message in messages {
        over_udp.send(message.as_bytes()).expect("sent");
    }
    fixture.expect_lines(&expected);
    for message in messages {
        over_unix.send(message.as_bytes()).expect("sent");
    }
    fixture.expect_lines(&expected);
    let long = format!("<22>{}", "x".repeat(CAP));
    over_udp.send(long.as_bytes()).expect("sent");
    fixture.expect_lines(&[&long[..CAP]]);
    let status = fixture.source.status();
    assert!(
        status.up && status.truncated == 1 && status.dropped == 0,
        "{status:?}"
    );
    assert_eq!(status.lag_bytes, 0);
}

#[test]
fn connections_carry_messages_of_both_framings() {
    let address = tcp_address();
    let mut fixture = Fixture::start(&[Listener::Tcp(address)]).expect("a source");
    let mut first = connect(address, "<22>one\r\n9 <22>two\n\n<22>thr");
    fixture.expect_lines(&["<22>one", "<22>two"]);
    first.write_all(b"ee\n<22>last").expect("written");
    drop(first);
    fixture.expect_lines(&["<22>three", "<22>last"]);
    drop(connect(address, "7 <22>one9 <22>"));
    fixture.until("a lost message", |status, _| status.dropped == 1);
    assert_eq!(fixture.lines, ["<22>one"]);
}

#[test]
fn all_interfaces_include_ipv4_and_ipv6() {
    let port = udp_address().port();
    let everywhere = SocketAddr::new("::".parse().expect("an address"), port);
    let listeners = [Listener::Udp(everywhere), Listener::Tcp(everywhere)];
    let mut fixture = Fixture::start(&listeners).expect("a source");
    let to = SocketAddr::new("127.0.0.1".parse().expect("an address"), port);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.send_to(b"<22>udp", to).expect("sent");
    fixture.expect_lines(&["<22>udp"]);
    drop(connect(to, "<22>tcp\n"));
    fixture.expect_lines(&["<22>tcp"]);
    // A machine without IPv6 has listened on IPv4 only.
    if let Ok(socket) = UdpSocket::bind("[::1]:0") {
        socket.send_to(b"<22>udp6", ("::1", port)).expect("sent");
        fixture.expect_lines(&["<22>udp6"]);
    }
}

#[test]
fn the_error_names_the_address_that_is_not_available() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let udp = Listener::Udp(taken.local_addr().expect("an address"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let tcp = Listener::Tcp(taken.local_addr().expect("an address"));
    let missing = unix(&folder.path().join("missing/log"));
    for listener in [udp, tcp, missing] {
        let free = Listener::Udp(udp_address());
        let Err(error) = Fixture::start(&[free, listener.clone()]) else {
            panic!("{listener} was taken twice");
        };
        assert!(error.to_string().contains(&listener.to_string()), "{error}");
    }
}

#[test]
fn an_address_is_free_again_as_soon_as_the_source_is_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let (udp, tcp) = (udp_address(), tcp_address());
    let listeners = [Listener::Udp(udp), Listener::Tcp(tcp), unix(&path)];
    for _ in 0..20 {
        let mut fixture = Fixture::start(&listeners).expect("a source");
        let mut connection = connect(tcp, "<22>one\n");
        fixture.expect_lines(&["<22>one"]);
        drop(fixture);
        assert!(!path.exists());
        // The connection was closed too.
        let mut rest = Vec::new();
        let _ = connection.read_to_end(&mut rest);
        assert!(rest.is_empty());
    }
}

#[test]
fn an_unused_socket_file_is_replaced_and_is_writable_for_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    drop(UnixDatagram::bind(&path).expect("a socket"));
    assert!(path.exists());
    let fixture = Fixture::start(&[unix(&path)]).expect("a source");
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
    // Now a process listens on it.
    assert!(Fixture::start(&[unix(&path)]).is_err());
    let socket = UnixDatagram::unbound().expect("a socket");
    socket.connect(&path).expect("still ours");
    drop(fixture);
    fs::write(&path, "a file").expect("written");
    assert!(Fixture::start(&[unix(&path)]).is_err());
    assert_eq!(fs::read(&path).expect("the file"), b"a file");
}

#[test]
fn a_file_that_replaced_the_socket_is_not_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let fixture = Fixture::start(&[unix(&path)]).expect("a source");
    fs::remove_file(&path).expect("removed");
    fs::write(&path, "another's").expect("written");
    drop(fixture);
    assert_eq!(fs::read(&path).expect("the file"), b"another's");
}

#[test]
fn with_too_many_connections_the_one_idle_for_longest_is_closed() {
    let address = tcp_address();
    let mut fixture = Fixture::start(&[Listener::Tcp(address)]).expect("a source");
    let mut connections = Vec::new();
    for _ in 0..tcp::MAX_CONNECTIONS {
        connections.push(connect(address, "<22>hello\n"));
        fixture.expect_lines(&["<22>hello"]);
    }
    connections[0]
        .write_all(b"<22>not silent\n")
        .expect("written");
    fixture.expect_lines(&["<22>not silent"]);
    connections.push(connect(address, "<22>hello\n"));
    fixture.expect_lines(&["<22>hello"]);
    // The end of the second is seen without anything to read.
    connections[1]
        .set_read_timeout(Some(DEADLINE))
        .expect("set");
    assert_eq!(connections[1].read(&mut [0]).expect("the end"), 0);
    connections.remove(1);
    for connection in &mut connections {
        connection.write_all(b"<22>still here\n").expect("written");
        fixture.expect_lines(&["<22>still here"]);
    }
    assert_eq!(fixture.source.status().dropped, 0);
}

#[test]
fn messages_of_a_peer_are_one_stream_whatever_the_port_the_transport_and_the_family() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let (udp, tcp) = (udp_address(), tcp_address());
    let everywhere = SocketAddr::new("::".parse().expect("an address"), udp_address().port());
    let mut fixture = Fixture::start(&[
        Listener::Udp(udp),
        Listener::Udp(everywhere),
        Listener::Tcp(tcp),
        unix(&path),
    ])
    .expect("a source");
    let first = connect(tcp, "<22>one\n");
    fixture.expect_lines(&["<22>one"]);
    drop(connect(tcp, "<22>two\n"));
    fixture.expect_lines(&["<22>two"]);
    for to in [udp, SocketAddr::new(udp.ip(), everywhere.port())] {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.send_to(b"<22>udp", to).expect("sent");
        fixture.expect_lines(&["<22>udp"]);
    }
    drop(first);
    assert_eq!(fixture.streams.len(), 1, "{:?}", fixture.streams);
    // All of 127.0.0.0/8 is this machine.
    let socket = UdpSocket::bind("127.0.0.2:0").expect("a socket");
    socket.send_to(b"<22>another", udp).expect("sent");
    fixture.expect_lines(&["<22>another"]);
    assert_eq!(fixture.streams.len(), 2, "{:?}", fixture.streams);
    let socket = UnixDatagram::unbound().expect("a socket");
    socket.send_to(b"<22>unix", &path).expect("sent");
    fixture.expect_lines(&["<22>unix"]);
    assert!(fixture.streams.contains(&StreamId::SINGLE));
    assert_eq!(fixture.streams.len(), 3, "{:?}", fixture.streams);
}

/// Lines of a hundred bytes, more than the queue and the kernel's buffers take.
const FLOOD: usize = 100_000;

fn flood(number: usize) -> String {
    format!("<22>{number:095}\n")
}

#[test]
fn a_sender_on_a_connection_waits_for_a_slow_reader_and_nothing_is_lost() {
    let address = tcp_address();
    let mut fixture = Fixture::start(&[Listener::Tcp(address)]).expect("a source");
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        for number in 0..FLOOD {
            stream.write_all(flood(number).as_bytes()).expect("written");
        }
    });
    fixture.wait_until_queue_is_full();
    fixture.until("every line", |_, lines| lines.len() == FLOOD);
    sender.join().expect("the sender");
    for (number, line) in fixture.lines.iter().enumerate() {
        assert_eq!(line, flood(number).trim_end());
    }
    assert_eq!(fixture.source.status().bytes, FLOOD as u64 * 100);
    assert_eq!(fixture.source.status().dropped, 0);
}

#[test]
fn a_sender_on_a_unix_socket_waits_for_a_slow_reader_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut fixture = Fixture::start(&[unix(&path)]).expect("a source");
    let sender = std::thread::spawn(move || {
        let socket = UnixDatagram::unbound().expect("a socket");
        socket.connect(&path).expect("connected");
        for number in 0..FLOOD {
            socket.send(flood(number).as_bytes()).expect("sent");
        }
    });
    fixture.wait_until_queue_is_full();
    fixture.until("every line", |_, lines| lines.len() == FLOOD);
    sender.join().expect("the sender");
    assert_eq!(
        fixture.lines.last().map(String::as_str),
        Some(flood(FLOOD - 1).trim_end())
    );
    assert_eq!(fixture.source.status().dropped, 0);
}

#[test]
fn every_udp_datagram_is_received_or_counted_as_dropped() {
    let address = udp_address();
    let mut fixture = Fixture::start(&[Listener::Udp(address)]).expect("a source");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    // Nothing is read meanwhile.
    for number in 0..FLOOD {
        socket
            .send_to(flood(number).as_bytes(), address)
            .expect("sent");
    }
    fixture.until("every datagram", |status, lines| {
        lines.len() as u64 + status.dropped == FLOOD as u64
    });
    assert!(fixture.source.status().dropped > 0);
    assert!(fixture.lines.is_sorted());
}
