//! The other side: a server that does what a script says, one step for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use serde_json::Value;
use socket2::{Domain, Socket, Type};
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// How long anything may take, with a busy machine's allowance.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What the server does with a connection.
#[derive(Clone, Copy)]
pub enum Step {
    /// Reads the request and answers.
    Answers(u16, &'static str),
    /// Reads the request and never answers.
    Hangs,
    /// Answers slower than anyone can wait.
    Drips,
    /// Answers with a body that comes as fast as it is taken and never ends.
    Floods(u16),
    /// Answers with a body of which the first bytes come and then nothing.
    Stops(u16, &'static str),
}

/// A request as it came.
pub struct Received {
    /// The first line and the fields, in small letters up to the colon.
    pub head: String,
    pub body: Value,
}

/// A place for a server where nobody listens yet.
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

    /// Serves one connection after the other; the last step is done again and again.
    pub fn serve(self, steps: &[Step], tls: Option<Arc<ServerConfig>>) -> Server {
        let address = self.address();
        self.0.listen(16).expect("listening");
        let listener = TcpListener::from(self.0);
        let (received, requests) = channel();
        let (ends, end) = channel::<()>();
        let steps = steps.to_vec();
        std::thread::spawn(move || {
            // Connections that hang stay open until the test ends.
            let end = Arc::new(std::sync::Mutex::new(end));
            let mut steps = steps.into_iter();
            let mut step = steps.next().expect("a step");
            while let Ok((stream, _)) = listener.accept() {
                let (tls, received, end) = (tls.clone(), received.clone(), Arc::clone(&end));
                std::thread::spawn(move || {
                    // A client that has had enough is part of the game.
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

/// A server that plays its script.
pub struct Server {
    pub address: SocketAddr,
    requests: Receiver<Received>,
    _ends: Sender<()>,
}

impl Server {
    pub fn plays(steps: &[Step]) -> Self {
        Place::new().serve(steps, None)
    }

    /// The next request, in the order in which they came.
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
    // Said before it is answered: an answer may be the last thing a test waits for.
    let _ = received.send(request);
    // Nothing is ever sent there. It says when the test is over.
    let over = |time| {
        let end = end.lock().expect("nobody panics here");
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
    Ok(Received {
        head,
        body: serde_json::from_slice(&body).expect("JSON"),
    })
}

/// Whether a connection is refused there.
pub fn refuses(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err()
}
