//! A minimal HTTP client for scrapes on loopback.
//!
//! It is used instead of a library because the latency of scrapes is measured: one write, then reads until
//! the body is complete.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// How long a server may take to start.
const START: Duration = Duration::from_secs(30);

/// A persistent connection.
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    ///
    /// If nothing listens on the address.
    pub fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(START))?;
        Ok(Connection {
            stream,
            received: Vec::new(),
        })
    }

    /// Sends a GET request and returns the body of the response, which must have a `Content-Length`.
    ///
    /// # Errors
    ///
    /// If the status is not 200, or the connection breaks.
    pub fn get(&mut self, path: &str) -> Result<&str> {
        write!(
            self.stream,
            "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n"
        )?;
        self.received.clear();
        let mut buffer = [0; 65_536];
        let mut whole = None;
        loop {
            if let Some((start, end)) = whole
                && self.received.len() >= end
            {
                return Ok(std::str::from_utf8(&self.received[start..end])?);
            }
            let read = self.stream.read(&mut buffer)?;
            ensure!(read > 0, "the connection was closed");
            self.received.extend_from_slice(&buffer[..read]);
            if whole.is_none() {
                whole = body(&self.received)?;
            }
        }
    }
}

/// Start and end of the body, if the header is complete.
fn body(received: &[u8]) -> Result<Option<(usize, usize)>> {
    let Some(end) = memchr::memmem::find(received, b"\r\n\r\n") else {
        return Ok(None);
    };
    let header = std::str::from_utf8(&received[..end])?;
    ensure!(header.starts_with("HTTP/1.1 200 "), "{header}");
    let length: usize = header
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .and_then(|(_, length)| length.parse().ok())
        .context("response without Content-Length")?;
    Ok(Some((end + 4, end + 4 + length)))
}

/// Sends a GET request with HTTP/1.0 and returns the body, which ends with the connection.
///
/// # Errors
///
/// If the status is not 200, or nothing listens on the address.
pub fn get_once(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n")?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    let (header, body) = text
        .split_once("\r\n\r\n")
        .context("not an HTTP response")?;
    ensure!(header.split(' ').nth(1) == Some("200"), "{header}");
    Ok(body.to_owned())
}

/// Waits until a started server answers.
///
/// # Errors
///
/// If it exits, or does not answer in time.
pub fn wait_until_up(child: &mut Child, address: &str, path: &str) -> Result<()> {
    let start = Instant::now();
    loop {
        match TcpStream::connect(address) {
            Ok(_) => break,
            Err(error) if error.kind() != ErrorKind::ConnectionRefused => return Err(error.into()),
            Err(_) => {}
        }
        if let Some(status) = child.try_wait()? {
            bail!("the server exited: {status}");
        }
        ensure!(start.elapsed() < START, "nothing listens on {address}");
        std::thread::sleep(Duration::from_millis(5));
    }
    get_once(address, path).map(drop)
}

/// A free loopback address with port.
///
/// # Errors
///
/// If there is none.
pub fn free_address() -> io::Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
