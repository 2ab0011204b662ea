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

use super::super::fed::QUEUE;
use super::super::{Listener, Scratch, Source, Status, StreamId};
use super::{Fed, open, stream};

const CAP: usize = 1024;
const PATIENCE: Duration = Duration::from_secs(20);

/// A source and what wakes its reader.
struct Heard {
    source: Fed,
    woken: Receiver<()>,
    lines: Vec<String>,
    streams: HashSet<StreamId>,
}

impl Heard {
    fn start(listeners: &[Listener]) -> std::io::Result<Self> {
        let (wake, woken) = channel();
        let wake = Arc::new(move || {
            let _ = wake.send(());
        });
        Ok(Heard {
            source: open("syslog".into(), listeners, CAP, wake)?,
            woken,
            lines: Vec::new(),
            streams: HashSet::new(),
        })
    }

    fn read(&mut self) {
        let Heard { lines, streams, .. } = self;
        self.source
            .read(usize::MAX, &mut Scratch::new(CAP), &mut |stream, batch| {
                let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
                lines.extend(batch.iter().map(text));
                streams.insert(stream);
            });
    }

    /// Waits until the status is as wanted, and reads meanwhile.
    fn until(&mut self, what: &str, wanted: impl Fn(&Status, &[String]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            self.read();
            let status = self.source.status();
            if wanted(&status, &self.lines) {
                return;
            }
            assert!(Instant::now() < deadline, "{what}: {status:?}");
            // Drops are not worth a wake.
            let _ = self.woken.recv_timeout(Duration::from_millis(50));
        }
    }

    /// Waits until as many batches are there as it takes, and reads none.
    fn fills_its_queue(&self) {
        for _ in 0..QUEUE {
            self.woken.recv_timeout(PATIENCE).expect("a batch");
        }
    }

    fn hears(&mut self, lines: &[&str]) {
        self.until(&format!("{lines:?}"), |_, heard| heard.len() >= lines.len());
        assert_eq!(self.lines, lines);
        self.lines.clear();
    }
}

/// An address of this machine that nobody uses.
fn udp_address() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.local_addr().expect("an address")
}

fn tcp_address() -> SocketAddr {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a socket");
    socket.local_addr().expect("an address")
}

fn connect(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.write_all(text.as_bytes()).expect("written");
    stream
}

fn unix(path: &Path) -> Listener {
    Listener::Unix(path.to_owned())
}

#[test]
fn a_datagram_is_one_line_whatever_is_in_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let udp = udp_address();
    let mut heard = Heard::start(&[Listener::Udp(udp), unix(&path)]).expect("a source");
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
    heard.hears(&expected);
    for message in messages {
        over_unix.send(message.as_bytes()).expect("sent");
    }
    heard.hears(&expected);
    let long = format!("<22>{}", "x".repeat(CAP));
    over_udp.send(long.as_bytes()).expect("sent");
    heard.hears(&[&long[..CAP]]);
    let status = heard.source.status();
    assert!(
        status.up && status.truncated == 1 && status.dropped == 0,
        "{status:?}"
    );
    assert_eq!(status.lag_bytes, 0);
}

#[test]
fn connections_carry_counted_and_plain_messages_and_their_ends_are_told_apart() {
    let address = tcp_address();
    let mut heard = Heard::start(&[Listener::Tcp(address)]).expect("a source");
    let mut first = connect(address, "<22>one\r\n9 <22>two\n\n<22>thr");
    heard.hears(&["<22>one", "<22>two"]);
    first.write_all(b"ee\n<22>last").expect("written");
    drop(first);
    heard.hears(&["<22>three", "<22>last"]);
    drop(connect(address, "7 <22>one9 <22>"));
    heard.until("a lost message", |status, _| status.dropped == 1);
    assert_eq!(heard.lines, ["<22>one"]);
}

#[test]
fn every_interface_means_ipv4_and_ipv6() {
    let port = udp_address().port();
    let everywhere = SocketAddr::new("::".parse().expect("an address"), port);
    let listeners = [Listener::Udp(everywhere), Listener::Tcp(everywhere)];
    let mut heard = Heard::start(&listeners).expect("a source");
    let to = SocketAddr::new("127.0.0.1".parse().expect("an address"), port);
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    socket.send_to(b"<22>udp", to).expect("sent");
    heard.hears(&["<22>udp"]);
    drop(connect(to, "<22>tcp\n"));
    heard.hears(&["<22>tcp"]);
    // A machine without IPv6 has listened on IPv4 only.
    if let Ok(socket) = UdpSocket::bind("[::1]:0") {
        socket.send_to(b"<22>udp6", ("::1", port)).expect("sent");
        heard.hears(&["<22>udp6"]);
    }
}

#[test]
fn an_address_that_cannot_be_had_is_named_by_the_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    let udp = Listener::Udp(taken.local_addr().expect("an address"));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a socket");
    let tcp = Listener::Tcp(taken.local_addr().expect("an address"));
    let missing = unix(&folder.path().join("missing/log"));
    for listener in [udp, tcp, missing] {
        let free = Listener::Udp(udp_address());
        let Err(error) = Heard::start(&[free, listener.clone()]) else {
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
        let mut heard = Heard::start(&listeners).expect("a source");
        let mut connection = connect(tcp, "<22>one\n");
        heard.hears(&["<22>one"]);
        drop(heard);
        assert!(!path.exists());
        // The connection was closed too.
        let mut rest = Vec::new();
        let _ = connection.read_to_end(&mut rest);
        assert!(rest.is_empty());
    }
}

#[test]
fn a_socket_file_is_replaced_if_nobody_listens_and_is_open_to_everybody() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    drop(UnixDatagram::bind(&path).expect("a socket"));
    assert!(path.exists());
    let heard = Heard::start(&[unix(&path)]).expect("a source");
    let mode = fs::metadata(&path).expect("the file").permissions().mode();
    assert_eq!(mode & 0o777, 0o666);
    // Now somebody listens.
    assert!(Heard::start(&[unix(&path)]).is_err());
    let socket = UnixDatagram::unbound().expect("a socket");
    socket.connect(&path).expect("still ours");
    drop(heard);
    fs::write(&path, "a file").expect("written");
    assert!(Heard::start(&[unix(&path)]).is_err());
    assert_eq!(fs::read(&path).expect("the file"), b"a file");
}

#[test]
fn a_file_that_took_the_place_of_our_socket_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let heard = Heard::start(&[unix(&path)]).expect("a source");
    fs::remove_file(&path).expect("removed");
    fs::write(&path, "another's").expect("written");
    drop(heard);
    assert_eq!(fs::read(&path).expect("the file"), b"another's");
}

#[test]
fn one_connection_too_many_takes_the_place_of_the_one_silent_longest() {
    let address = tcp_address();
    let mut heard = Heard::start(&[Listener::Tcp(address)]).expect("a source");
    let mut connections = Vec::new();
    for _ in 0..stream::CONNECTIONS {
        connections.push(connect(address, "<22>hello\n"));
        heard.hears(&["<22>hello"]);
    }
    connections[0]
        .write_all(b"<22>not silent\n")
        .expect("written");
    heard.hears(&["<22>not silent"]);
    connections.push(connect(address, "<22>hello\n"));
    heard.hears(&["<22>hello"]);
    // The end of the second is seen without anything to read.
    connections[1]
        .set_read_timeout(Some(PATIENCE))
        .expect("set");
    assert_eq!(connections[1].read(&mut [0]).expect("the end"), 0);
    connections.remove(1);
    for connection in &mut connections {
        connection.write_all(b"<22>still here\n").expect("written");
        heard.hears(&["<22>still here"]);
    }
    assert_eq!(heard.source.status().dropped, 0);
}

#[test]
fn messages_of_a_peer_are_one_stream_whatever_the_port_the_transport_and_the_family() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let (udp, tcp) = (udp_address(), tcp_address());
    let everywhere = SocketAddr::new("::".parse().expect("an address"), udp_address().port());
    let mut heard = Heard::start(&[
        Listener::Udp(udp),
        Listener::Udp(everywhere),
        Listener::Tcp(tcp),
        unix(&path),
    ])
    .expect("a source");
    let first = connect(tcp, "<22>one\n");
    heard.hears(&["<22>one"]);
    drop(connect(tcp, "<22>two\n"));
    heard.hears(&["<22>two"]);
    for to in [udp, SocketAddr::new(udp.ip(), everywhere.port())] {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        socket.send_to(b"<22>udp", to).expect("sent");
        heard.hears(&["<22>udp"]);
    }
    drop(first);
    assert_eq!(heard.streams.len(), 1, "{:?}", heard.streams);
    // All of 127.0.0.0/8 is this machine.
    let socket = UdpSocket::bind("127.0.0.2:0").expect("a socket");
    socket.send_to(b"<22>another", udp).expect("sent");
    heard.hears(&["<22>another"]);
    assert_eq!(heard.streams.len(), 2, "{:?}", heard.streams);
    let socket = UnixDatagram::unbound().expect("a socket");
    socket.send_to(b"<22>unix", &path).expect("sent");
    heard.hears(&["<22>unix"]);
    assert!(heard.streams.contains(&StreamId::SINGLE));
    assert_eq!(heard.streams.len(), 3, "{:?}", heard.streams);
}

/// Lines of a hundred bytes, more than the queue and the kernel's buffers take.
const FLOOD: usize = 100_000;

fn flood(number: usize) -> String {
    format!("<22>{number:095}\n")
}

#[test]
fn a_sender_on_a_connection_waits_for_a_slow_reader_and_nothing_is_lost() {
    let address = tcp_address();
    let mut heard = Heard::start(&[Listener::Tcp(address)]).expect("a source");
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(address).expect("a connection");
        for number in 0..FLOOD {
            stream.write_all(flood(number).as_bytes()).expect("written");
        }
    });
    heard.fills_its_queue();
    heard.until("every line", |_, lines| lines.len() == FLOOD);
    sender.join().expect("the sender");
    for (number, line) in heard.lines.iter().enumerate() {
        assert_eq!(line, flood(number).trim_end());
    }
    assert_eq!(heard.source.status().bytes, FLOOD as u64 * 100);
    assert_eq!(heard.source.status().dropped, 0);
}

#[test]
fn a_sender_on_a_unix_socket_waits_for_a_slow_reader_and_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log");
    let mut heard = Heard::start(&[unix(&path)]).expect("a source");
    let sender = std::thread::spawn(move || {
        let socket = UnixDatagram::unbound().expect("a socket");
        socket.connect(&path).expect("connected");
        for number in 0..FLOOD {
            socket.send(flood(number).as_bytes()).expect("sent");
        }
    });
    heard.fills_its_queue();
    heard.until("every line", |_, lines| lines.len() == FLOOD);
    sender.join().expect("the sender");
    assert_eq!(
        heard.lines.last().map(String::as_str),
        Some(flood(FLOOD - 1).trim_end())
    );
    assert_eq!(heard.source.status().dropped, 0);
}

#[test]
fn of_a_flood_of_udp_every_datagram_is_heard_or_counted_as_dropped() {
    let address = udp_address();
    let mut heard = Heard::start(&[Listener::Udp(address)]).expect("a source");
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a socket");
    // Nobody reads meanwhile.
    for number in 0..FLOOD {
        socket
            .send_to(flood(number).as_bytes(), address)
            .expect("sent");
    }
    heard.until("every datagram", |status, lines| {
        lines.len() as u64 + status.dropped == FLOOD as u64
    });
    assert!(heard.source.status().dropped > 0);
    assert!(heard.lines.is_sorted());
}
