//! From a listen address as people write it to a listening socket.
//!
//! It stands apart because `:9925` means more than the standard library's addresses can say:
//! every interface, IPv6 and IPv4 alike, on machines without IPv6 too.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::str::FromStr;

use crate::bind;

/// How many connections may wait to be accepted.
const BACKLOG: i32 = 128;

/// Where to listen: `:port` for every interface, `host:port`, `192.0.2.1:port`, `[2001:db8::1]:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// Without brackets; empty for every interface.
    host: String,
    port: u16,
}

/// What is wrong with a listen address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a valid listen address: {reason}; expected an address such as \":9925\", \"127.0.0.1:9925\" or \"[::1]:9925\""
)]
pub struct BadAddress {
    text: String,
    reason: &'static str,
}

impl BadAddress {
    /// What is wrong, without what would be right.
    pub fn problem(&self) -> String {
        format!(
            "{:?} is not a valid listen address: {}",
            self.text, self.reason
        )
    }
}

impl FromStr for ListenAddress {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let bad = |reason| BadAddress {
            text: text.to_owned(),
            reason,
        };
        let (host, port) = text
            .rsplit_once(':')
            .ok_or_else(|| bad("the port is missing"))?;
        // u16's parser takes a plus sign.
        let digits = port.bytes().all(|byte| byte.is_ascii_digit());
        let port = port
            .parse()
            .ok()
            .filter(|_| digits)
            .ok_or_else(|| bad("the port is not a number up to 65535"))?;
        let host = match host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
        {
            Some(inner) => {
                inner
                    .parse::<Ipv6Addr>()
                    .map_err(|_| bad("the text in brackets is not an IPv6 address"))?;
                inner
            }
            None if host.contains(':') && !host.contains('/') => {
                return Err(bad("an IPv6 address needs brackets"));
            }
            None if host.is_empty() || host.parse::<Ipv4Addr>().is_ok() => host,
            // The last part of a name is no number (RFC 1123 section 2.1).
            None if host
                .rsplit('.')
                .next()
                .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) =>
            {
                return Err(bad("the host is not a valid IPv4 address"));
            }
            None if !is_name(host) => return Err(bad("the host is not a valid host name")),
            None => host,
        };
        Ok(ListenAddress {
            host: host.to_owned(),
            port,
        })
    }
}

impl std::fmt::Display for ListenAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// Whether a resolver could know it: labels of letters, digits, `-` and `_`.
fn is_name(host: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let host = host.strip_suffix('.').unwrap_or(host);
    host.split('.')
        .all(|label| (1..=63).contains(&label.len()) && label.bytes().all(plain))
}

impl ListenAddress {
    /// The host, without brackets; empty for every interface.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; the system chooses one for 0.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Listens on every address that it means.
    ///
    /// # Errors
    ///
    /// If the name has no address, or one of them cannot be listened on.
    pub fn bind(&self) -> io::Result<Vec<TcpListener>> {
        if self.host.is_empty() {
            return Ok(vec![listen((Ipv6Addr::UNSPECIFIED, self.port).into())?]);
        }
        (self.host.as_str(), self.port)
            .to_socket_addrs()?
            .map(listen)
            .collect()
    }
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = bind::stream(address)?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, host, port) in [
            (":9925", "", 9925),
            ("127.0.0.1:0", "127.0.0.1", 0),
            ("[::1]:9925", "::1", 9925),
            ("mail.example.com:80", "mail.example.com", 80),
        ] {
            let address = ListenAddress::from_str(text).expect("an address");
            assert_eq!((address.host.as_str(), address.port), (host, port));
            assert_eq!(address.to_string(), text);
        }
    }

    #[test]
    fn a_wrong_address_is_refused_with_what_would_be_right() {
        for (text, reason) in [
            ("9925", "the port is missing"),
            (":", "the port is not a number"),
            (":99999", "the port is not a number"),
            (":+1", "the port is not a number"),
            ("::1:9925", "needs brackets"),
            ("[mail]:9925", "the text in brackets is not an IPv6 address"),
            ("http://x:80", "the host is not a valid host name"),
            ("a b:80", "the host is not a valid host name"),
            ("a..b:80", "the host is not a valid host name"),
            ("[::1:80", "needs brackets"),
            ("1.2.3.4.5:9925", "the host is not a valid IPv4 address"),
            ("1.2.3.400:9925", "the host is not a valid IPv4 address"),
        ] {
            let error = ListenAddress::from_str(text).expect_err(text).to_string();
            assert!(
                error.contains(reason) && error.contains("[::1]:9925"),
                "{text}: {error}"
            );
        }
    }

    #[test]
    fn every_interface_means_ipv4_too() {
        let listeners = ListenAddress::from_str(":0")
            .expect("an address")
            .bind()
            .expect("bound");
        let port = listeners[0].local_addr().expect("an address").port();
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
    }
}
