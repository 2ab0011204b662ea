//! Resources that only one section of a configuration can use: an address, a socket path, a pipe.
//!
//! Two sections that ask for the same resource are reported by `check`, before the operating system
//! refuses the second one at the start.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use crate::source::Listener;
use crate::web::ListenAddress;
use crate::yaml::{Fault, Place};

/// Someresource that can be had once.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Resource {
    /// A port: protocol, host and number.
    Port(&'static str, String, u16),
    /// The path of a Unix socket.
    Socket(String),
    /// A pipe; `-` is standard input.
    Pipe(String),
}

impl Resource {
    /// Whether the two cannot be used at the same time.
    fn conflicts_with(&self, other: &Resource) -> bool {
        match (self, other) {
            (
                Resource::Port(kind, host, port),
                Resource::Port(other_kind, other_host, other_port),
            ) => {
                // The system chooses another port for each 0.
                kind == other_kind
                    && port == other_port
                    && *port != 0
                    && (covers(host, other_host) || covers(other_host, host))
            }
            _ => self == other,
        }
    }
}

/// Whether a socket that listens on one host also receives what is sent to the other.
fn covers(host: &str, other: &str) -> bool {
    let (Ok(address), Ok(other_address)) = (host.parse::<IpAddr>(), other.parse::<IpAddr>()) else {
        return host.eq_ignore_ascii_case(other);
    };
    match address {
        // Every interface, for IPv6 and IPv4.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => true,
        IpAddr::V4(address) if address.is_unspecified() => other_address.is_ipv4(),
        _ => address == other_address,
    }
}

/// The resources that are in use so far, with their places in the file.
#[derive(Debug, Default)]
pub struct UsedResources(Vec<(Resource, Place)>);

impl UsedResources {
    /// An address to serve HTTP on.
    ///
    /// # Errors
    ///
    /// If it conflicts with one that is in use.
    pub fn web(&mut self, address: &ListenAddress, place: Place) -> Result<(), Fault> {
        let host = match address.host() {
            "" => "::".to_owned(),
            host => host.to_owned(),
        };
        self.take(
            Resource::Port("tcp", host, address.port()),
            place,
            &address.to_string(),
        )
    }

    /// An address to receive syslog messages on.
    ///
    /// # Errors
    ///
    /// If it conflicts with one that is in use.
    pub fn syslog(&mut self, listener: &Listener, place: Place) -> Result<(), Fault> {
        let resource = match listener {
            Listener::Udp(address) => {
                Resource::Port("udp", address.ip().to_string(), address.port())
            }
            Listener::Tcp(address) | Listener::Tls(address) => {
                Resource::Port("tcp", address.ip().to_string(), address.port())
            }
            Listener::Unix(path) => Resource::Socket(path.display().to_string()),
        };
        self.take(resource, place, &listener.to_string())
    }

    /// A pipe to read, which delivers each line to one reader only.
    ///
    /// # Errors
    ///
    /// If another source reads it.
    pub fn pipe(&mut self, path: &str, place: Place) -> Result<(), Fault> {
        self.take(Resource::Pipe(path.to_owned()), place, path)
    }

    fn take(&mut self, resource: Resource, place: Place, written: &str) -> Result<(), Fault> {
        let first = self
            .0
            .iter()
            .find(|(other, _)| resource.conflicts_with(other));
        if let Some((_, first)) = first {
            let line = first.line();
            let (problem, hint) = match &resource {
                Resource::Pipe(path) => {
                    let name = match Path::new(path) == Path::new("-") {
                        true => "standard input",
                        false => written,
                    };
                    (
                        format!("{name} is already read by the source on line {line}"),
                        "remove one of them: a pipe delivers each line to one reader only",
                    )
                }
                Resource::Port(..) | Resource::Socket(_) => (
                    format!("{written} is already used on line {line}"),
                    "remove one of them, or change the address",
                ),
            };
            return Err(Fault::new(place, problem, hint));
        }
        self.0.push((resource, place));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_conflicts_with_itself_and_with_the_addresses_it_covers() {
        let port = |host: &str, port| Resource::Port("tcp", host.to_owned(), port);
        for (one, other, expected) in [
            (port("127.0.0.1", 1), port("127.0.0.1", 1), true),
            (port("127.0.0.1", 1), port("127.0.0.2", 1), false),
            (port("127.0.0.1", 1), port("127.0.0.1", 2), false),
            (port("127.0.0.1", 0), port("127.0.0.1", 0), false),
            (port("::", 1), port("127.0.0.1", 1), true),
            (port("::", 1), port("0.0.0.0", 1), true),
            (port("0.0.0.0", 1), port("127.0.0.1", 1), true),
            (port("0.0.0.0", 1), port("::1", 1), false),
            (
                port("mail.example.com", 1),
                port("Mail.example.com", 1),
                true,
            ),
            (
                port("mail.example.com", 1),
                port("mx.example.com", 1),
                false,
            ),
            (
                Resource::Port("udp", "::".into(), 1),
                Resource::Port("tcp", "::".into(), 1),
                false,
            ),
            (Resource::Pipe("-".into()), Resource::Pipe("-".into()), true),
            (
                Resource::Pipe("/a".into()),
                Resource::Socket("/a".into()),
                false,
            ),
        ] {
            assert_eq!(one.conflicts_with(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.conflicts_with(&one), expected, "{other:?} {one:?}");
        }
    }
}
