//! What only one part of a configuration can have: an address, a socket's file, a pipe.
//!
//! It stands apart because those who want the same thing stand in different parts of the file: the
//! system would refuse the second of them at the start, long after `check` has said that all is
//! right.

use std::net::{IpAddr, Ipv6Addr};
use std::path::Path;

use serde_saphyr::Location;

use crate::source::Listener;
use crate::web::ListenAddress;
use crate::yaml::Fault;

/// Something that can be had once.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Thing {
    /// A port, by its protocol, and the host that it is on.
    Port(&'static str, String, u16),
    /// A socket's file.
    Socket(String),
    /// A pipe; `-` is standard input.
    Pipe(String),
}

impl Thing {
    /// Whether who has one of them cannot have the other.
    fn excludes(&self, other: &Thing) -> bool {
        match (self, other) {
            (Thing::Port(kind, host, port), Thing::Port(other_kind, other_host, other_port)) => {
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

/// Whether a socket on one host gets what comes for the other too.
fn covers(host: &str, other: &str) -> bool {
    let (Ok(address), Ok(other_address)) = (host.parse::<IpAddr>(), other.parse::<IpAddr>()) else {
        return host.eq_ignore_ascii_case(other);
    };
    match address {
        // Every interface, IPv6 and IPv4 alike.
        IpAddr::V6(Ipv6Addr::UNSPECIFIED) => true,
        IpAddr::V4(address) if address.is_unspecified() => other_address.is_ipv4(),
        _ => address == other_address,
    }
}

/// What is taken so far, and where in the file.
#[derive(Debug, Default)]
pub(super) struct Claims(Vec<(Thing, Location)>);

impl Claims {
    /// An address to answer HTTP on.
    ///
    /// # Errors
    ///
    /// If it, or one that means it too, is taken.
    pub fn web(&mut self, address: &ListenAddress, place: Location) -> Result<(), Fault> {
        let host = match address.host() {
            "" => "::".to_owned(),
            host => host.to_owned(),
        };
        self.take(
            Thing::Port("tcp", host, address.port()),
            place,
            &address.to_string(),
        )
    }

    /// An address to receive syslog messages on.
    ///
    /// # Errors
    ///
    /// If it, or one that means it too, is taken.
    pub fn syslog(&mut self, listener: &Listener, place: Location) -> Result<(), Fault> {
        let thing = match listener {
            Listener::Udp(address) => Thing::Port("udp", address.ip().to_string(), address.port()),
            Listener::Tcp(address) => Thing::Port("tcp", address.ip().to_string(), address.port()),
            Listener::Unix(path) => Thing::Socket(path.display().to_string()),
        };
        self.take(thing, place, &listener.to_string())
    }

    /// A pipe to read, which gives each line to one reader only.
    ///
    /// # Errors
    ///
    /// If another source reads it.
    pub fn pipe(&mut self, path: &str, place: Location) -> Result<(), Fault> {
        self.take(Thing::Pipe(path.to_owned()), place, path)
    }

    fn take(&mut self, thing: Thing, place: Location, written: &str) -> Result<(), Fault> {
        let first = self.0.iter().find(|(other, _)| thing.excludes(other));
        if let Some((_, first)) = first {
            let line = first.line();
            return Err(match thing {
                Thing::Pipe(path) if Path::new(&path) == Path::new("-") => Fault::new(
                    place,
                    format!("line {line} reads standard input already"),
                    "leave one of them out: each line comes once",
                ),
                Thing::Pipe(_) => Fault::new(
                    place,
                    format!("line {line} reads {written} already"),
                    "leave one of them out: each line comes once",
                ),
                Thing::Port(..) | Thing::Socket(_) => Fault::new(
                    place,
                    format!("{written} cannot be had twice: line {line} listens there already"),
                    "leave one of them out, or give it an address of its own",
                ),
            });
        }
        self.0.push((thing, place));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_excludes_itself_and_what_it_covers() {
        let port = |host: &str, port| Thing::Port("tcp", host.to_owned(), port);
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
                Thing::Port("udp", "::".into(), 1),
                Thing::Port("tcp", "::".into(), 1),
                false,
            ),
            (Thing::Pipe("-".into()), Thing::Pipe("-".into()), true),
            (Thing::Pipe("/a".into()), Thing::Socket("/a".into()), false),
        ] {
            assert_eq!(one.excludes(&other), expected, "{one:?} {other:?}");
            assert_eq!(other.excludes(&one), expected, "{other:?} {one:?}");
        }
    }
}
