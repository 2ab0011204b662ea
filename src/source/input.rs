//! Inputs: what the configuration says a source reads.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::facility::Facility;
use super::log_names;
use super::syslog_senders::AllowedSenders;
use crate::mounts;

/// What a source reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Log files.
    Files(Files),
    /// The systemd journal.
    Journal(Journal),
    /// Syslog messages from other programs and hosts.
    Syslog(Syslog),
    /// A named pipe, or standard input if the path is `-`.
    Pipe(PathBuf),
}

/// Log files, by their paths and patterns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// Paths and patterns.
    pub paths: Vec<PathBuf>,
    /// Directories to which rotation moves the files, besides their own; relative to that, or absolute.
    pub rotated_dirs: Vec<PathBuf>,
    /// Where reading begins in files that exist at the start.
    pub from: ReadFrom,
    /// The format of the files.
    pub framing: Framing,
}

impl Files {
    /// Whether one of them is, or may be, on a [file system that may not answer](mounts). Files to which patterns lead through
    /// links are not looked at.
    pub(super) fn are_on_unreliable_mount(&self) -> bool {
        self.paths.iter().any(|path| {
            let directory = log_names::base_directory(&path.to_string_lossy());
            // Directories are a part of the pattern.
            let is_deep = path.parent() != Some(&*directory);
            let mut places = self.rotated_dirs.iter().map(|it| directory.join(it));
            mounts::unreliable(path).is_some()
                || places.any(|place| mounts::unreliable(&place).is_some())
                || (is_deep && !mounts::unreliable_below(&directory).is_empty())
        })
    }
}

/// The format of a log file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Framing {
    /// Plain lines, unless the file begins as a container runtime's.
    #[default]
    Plain,
    /// The output of a container as its runtime writes it: the CRI format or Docker's json-file,
    /// detected line by line.
    Container,
}

/// Where reading begins in files that exist when the source is first opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadFrom {
    /// With the first line.
    #[default]
    Beginning,
    /// After the last complete line. Files that appear later are read from their first line.
    End,
}

impl ReadFrom {
    /// The names, as the configuration and the flags take them.
    pub const NAMES: [&str; 2] = ["beginning", "end"];
}

impl std::str::FromStr for ReadFrom {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        match name {
            "beginning" => Ok(ReadFrom::Beginning),
            "end" => Ok(ReadFrom::End),
            _ => Err(()),
        }
    }
}

/// Which records of the journal are read, and from where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Journal {
    /// Facilities of syslog. A record is read if it has one of these, one of the identifiers, or is of one of the units; all
    /// are, if there is none of the three.
    pub facilities: Vec<Facility>,
    /// Units, such as `postfix@-.service`.
    pub units: Vec<String>,
    /// Syslog identifiers, such as `postfix/smtp`.
    pub identifiers: Vec<String>,
    /// The directory of the journal; the machine's own if there is neither directory nor files.
    pub directory: Option<PathBuf>,
    /// Journal files and patterns.
    pub files: Vec<PathBuf>,
    /// Where reading begins without a cursor.
    pub from: ReadFrom,
}

/// How syslog messages are received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Syslog {
    /// The addresses.
    pub listeners: Vec<Listener>,
    /// The certificates for TLS; there are some if one of the addresses needs them.
    pub tls: Option<SyslogTls>,
    /// Who may send to these addresses, Unix sockets excepted.
    pub allowed_senders: AllowedSenders,
}

/// The files with the certificates of a syslog receiver, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogTls {
    /// The certificate chain of the receiver.
    pub cert_file: PathBuf,
    /// Its private key.
    pub key_file: PathBuf,
    /// The authorities of which every sender needs a certificate; senders need none without it.
    pub client_ca_file: Option<PathBuf>,
}

/// Where syslog messages are received.
///
/// Written as `udp://:514`, `tcp://127.0.0.1:601`, `tls://:6514` or `unix:///dev/log`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listener {
    /// Datagrams (RFC 5426).
    Udp(SocketAddr),
    /// TCP streams with either framing of RFC 6587: counted, or ended by newlines.
    Tcp(SocketAddr),
    /// The same over TLS (RFC 5425).
    Tls(SocketAddr),
    /// A Unix datagram socket, such as `/dev/log`.
    Unix(PathBuf),
}

impl fmt::Display for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Listener::Udp(address) => write!(f, "udp://{address}"),
            Listener::Tcp(address) => write!(f, "tcp://{address}"),
            Listener::Tls(address) => write!(f, "tls://{address}"),
            Listener::Unix(path) => write!(f, "unix://{}", path.display()),
        }
    }
}

impl FromStr for Listener {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rest) = text.split_once("://").ok_or_else(|| {
            format!("{text:?} does not begin with udp://, tcp://, tls:// or unix://")
        })?;
        match kind {
            "udp" => Ok(Listener::Udp(address(rest)?)),
            "tcp" => Ok(Listener::Tcp(address(rest)?)),
            "tls" => Ok(Listener::Tls(address(rest)?)),
            "unix" if Path::new(rest).is_absolute() => Ok(Listener::Unix(rest.into())),
            "unix" => Err(format!("{rest:?} is not an absolute path")),
            _ => Err(format!(
                "{kind}:// is not one of udp://, tcp://, tls:// and unix://"
            )),
        }
    }
}

/// An address with a port; without an address, all interfaces.
fn address(text: &str) -> Result<SocketAddr, String> {
    let found = match text.strip_prefix(':') {
        Some(port) => {
            ("::", port.parse::<u16>().map_err(|_| not_an_address(text))?).to_socket_addrs()
        }
        None => text.to_socket_addrs(),
    };
    found
        .ok()
        .and_then(|mut addresses| addresses.next())
        .ok_or_else(|| not_an_address(text))
}

fn not_an_address(text: &str) -> String {
    format!("{text:?} is not an address with a port")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_is_parsed_from_its_own_display() {
        for text in [
            "udp://127.0.0.1:514",
            "tcp://[::1]:601",
            "tls://[::1]:6514",
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

    #[test]
    fn what_is_wrong_with_a_listener_is_said() {
        for (text, expected) in [
            (
                "514",
                "\"514\" does not begin with udp://, tcp://, tls:// or unix://",
            ),
            ("unix://dev/log", "\"dev/log\" is not an absolute path"),
            (
                "http://[::1]:80",
                "http:// is not one of udp://, tcp://, tls:// and unix://",
            ),
            ("udp://:x", "\":x\" is not an address with a port"),
        ] {
            assert_eq!(text.parse::<Listener>(), Err(expected.to_owned()));
        }
    }
}
