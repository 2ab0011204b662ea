//! What a source can be made of, as the configuration says it.
//!
//! It stands apart from the sources themselves, so that the configuration names them without
//! starting any.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::ReadFrom;

/// Where lines come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Files that grow.
    Files(Files),
    /// The journal of systemd.
    Journal(Journal),
    /// Syslog messages from other programs and hosts.
    Syslog(Vec<Listener>),
    /// A named pipe; `-` is standard input.
    Pipe(PathBuf),
}

/// Files that grow, by their paths and patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Paths and patterns.
    pub paths: Vec<PathBuf>,
    /// Where to begin in files that are there from the start.
    pub from: ReadFrom,
    /// How a file holds its lines.
    pub framing: Framing,
}

/// How a file holds its lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// As they are.
    #[default]
    Plain,
    /// As a container runtime writes what a container says: the CRI's format or Docker's
    /// json-file, told apart line by line.
    Container,
}

/// Which records of the journal are read, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// Units, such as `postfix@-.service`; all if there are neither units nor identifiers.
    pub units: Vec<String>,
    /// Syslog identifiers, such as `postfix/smtp`.
    pub identifiers: Vec<String>,
    /// The directory of the journal; the machine's own if there is neither directory nor files.
    pub directory: Option<PathBuf>,
    /// Journal files and patterns.
    pub files: Vec<PathBuf>,
    /// Where to begin when there is no cursor yet.
    pub from: ReadFrom,
}

/// Where syslog messages are received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Datagrams (RFC 5426).
    Udp(SocketAddr),
    /// Streams, by newlines or counted (RFC 6587).
    Tcp(SocketAddr),
    /// A Unix datagram socket, such as `/dev/log`.
    Unix(PathBuf),
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listener::Udp(address) => write!(f, "udp://{address}"),
            Listener::Tcp(address) => write!(f, "tcp://{address}"),
            Listener::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl FromStr for Listener {
    type Err = String;

    /// `udp://:514`, `tcp://127.0.0.1:601`, `unix:///dev/log`.
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text
            .split_once("://")
            .ok_or_else(|| format!("{text:?} does not begin with udp://, tcp:// or unix://"))?;
        match kind {
            "udp" => Ok(Listener::Udp(address(rest)?)),
            "tcp" => Ok(Listener::Tcp(address(rest)?)),
            "unix" if Path::new(rest).is_absolute() => Ok(Listener::Unix(rest.into())),
            "unix" => Err(format!("{rest:?} is no absolute path")),
            _ => Err(format!("{kind}:// is not known")),
        }
    }
}

/// An address and a port; without an address it is every interface.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = match text.strip_prefix(':') {
        Some(port) => ("::", port.parse::<u16>().map_err(|_| no_address(text))?).to_socket_addrs(),
        None => text.to_socket_addrs(),
    };
    found
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| no_address(text))
}

fn no_address(text: &str) -> String {
    format!("{text:?} is no address with a port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listeners_are_read_as_they_are_shown() {
        for text in [
            "udp://127.0.0.1:514",
            "tcp://[::1]:601",
            "unix:///dev/log",
            "udp://[::]:514",
        ] {
            let listener: Listener = text.parse().expect(text);
            assert_eq!(listener.to_string(), text);
        }
        assert_eq!(
            "tcp://:601".parse(),
            Ok(Listener::Tcp("[::]:601".parse().expect("it")))
        );
        for wrong in [
            "",
            "514",
            "udp://",
            "udp://:x",
            "tcp://127.0.0.1",
            "unix://dev/log",
            "http://[::1]:80",
        ] {
            assert!(wrong.parse::<Listener>().is_err(), "{wrong}");
        }
    }
}
