//! A scripted HTTP server: one step per connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Timeout of every wait, generous for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the server does with a connection.
#[derive(Clone, Copy)]
pub enum Step {
    /// Reads the request and responds.
    Answers(u16, &'static str),
    /// Reads the request and never responds.
    Hangs,
    /// Responds byte by byte, slower than any timeout.
    Drips,
    /// Responds with an endless body.
    Floods(u16),
    /// Responds with a body that stops after its first bytes.
    Stops(u16, &'static str),
}

/// A received request.
pub struct Received {
    /// The request line and the header fields, with names in lower case.
    pub head: String,
    pub body: Value,
}

/// A reserved address on which nothing listens yet.
pub struct Place(Socket);

impl Place {
    pub fn new() -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
        let address: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        socket.bind(&address.into()).expect("a port");
        Place(socket)
    }

    pub fn address(&self) -> SocketAddr {
        let address = self.0.local_addr().expect("an address");
        address.as_socket().expect("an address")
    }

    /// Serves connections in turn; the last step is repeated.
    pub fn serve(self, steps: &[Step], tls: Option<Arc<ServerConfig>>) -> Server {
        let address = self.address();
        self.0.listen(16).expect("listening");
        let listener = TcpListener::from(self.0);
        let (received, requests) = channel();
        let (ends, end) = channel::<()>();
        let steps = steps.to_vec();
        std::thread::spawn(move || {
            // Hanging connections stay open until the test ends.
            let end = Arc::new(std::sync::Mutex::new(end));
            let mut steps = steps.into_iter();
            let mut step = steps.next().expect("a step");
            while let Ok((stream, _)) = listener.accept() {
                let (tls, received, end) = (tls.clone(), received.clone(), Arc::clone(&end));
                std::thread::spawn(move || {
                    // Clients that give up are expected.
                    let _ = match tls {
                        None => act(stream, step, &received, &end),
                        Some(config) => {
                            let server = ServerConnection::new(config).expect("a session");
                            act(StreamOwned::new(server, stream), step, &received, &end)
                        }
                    };
                });
                step = steps.next().unwrap_or(step);
            }
        });
        Server {
            address,
            requests,
            _ends: ends,
        }
    }
}

/// A running scripted server.
pub struct Server {
    pub address: SocketAddr,
    requests: Receiver<Received>,
    _ends: Sender<()>,
}

impl Server {
    pub fn plays(steps: &[Step]) -> Self {
        Place::new().serve(steps, None)
    }

    /// The next request in order of arrival.
    pub fn next(&self) -> Received {
        let request = self.requests.recv_timeout(PATIENCE);
        request.expect("a request within the time")
    }

    /// Whether no further request has come.
    pub fn is_quiet(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

type End = std::sync::Mutex<Receiver<()>>;

fn act(
    stream: impl Read + Write,
    step: Step,
    received: &Sender<Received>,
    end: &End,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let request = read(&mut stream)?;
    let mut stream = stream.into_inner();
    // Reported before the response, since a test may end with the response.
    let _ = received.send(request);
    // Nothing is ever sent; it closes when the test ends.
    let over = |time| {
        let end = end.lock().expect("no thread panics");
        end.recv_timeout(time) != Err(std::sync::mpsc::RecvTimeoutError::Timeout)
    };
    match step {
        Step::Answers(status, body) => {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 {status} -\r\nContent-Length: {length}\r\nLocation: /\r\n\r\n{body}"
            )?;
            stream.flush()
        }
        Step::Hangs => {
            while !over(Duration::from_secs(1)) {}
            Ok(())
        }
        Step::Drips => loop {
            for byte in "HTTP/1.1 100 Continue\r\n\r\n".as_bytes() {
                stream.write_all(&[*byte])?;
                stream.flush()?;
                if over(Duration::from_millis(1)) {
                    return Ok(());
                }
            }
        },
        Step::Floods(status) => {
            write!(stream, "HTTP/1.1 {status} -\r\n\r\n")?;
            loop {
                stream.write_all(&[b'x'; 4096])?;
            }
        }
        Step::Stops(status, body) => {
            write!(stream, "HTTP/1.1 {status} -\r\n\r\n{body}")?;
            stream.flush()?;
            while !over(Duration::from_secs(1)) {}
            Ok(())
        }
    }
}

fn read(stream: &mut impl BufRead) -> std::io::Result<Received> {
    let mut head = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        if line == "\r\n" {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) => {
                let name = name.to_lowercase();
                if name == "content-length" {
                    length = value.trim().parse().expect("a length");
                }
                head += &format!("{name}: {value}");
            }
            None => head += &line,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let body = match length {
        0 => Value::Null,
        _ => serde_json::from_slice(&body).expect("JSON"),
    };
    Ok(Received { head, body })
}

/// Whether connections to the address are refused.
pub fn refuses(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err()
}
