//! Listen addresses of the HTTP server: parsing and binding.
//!
//! Unlike the standard library's addresses, `:9925` means every interface, IPv6 and IPv4 alike, also on
//! machines without IPv6.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::str::FromStr;

use crate::bind;

/// The length of the queue of connections that are not accepted yet.
const BACKLOG: i32 = 128;

/// Where to listen: `:port` for every interface, `host:port`, `192.0.2.1:port`, `[2001:db8::1]:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenAddress {
    /// Without brackets; empty for every interface.
    host: String,
    port: u16,
}

/// An invalid listen address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{text:?} is not a valid listen address: {reason}; expected an address such as \":9925\", \"127.0.0.1:9925\" or \"[::1]:9925\""
)]
pub struct BadAddress {
    text: String,
    reason: &'static str,
}

impl BadAddress {
    /// The problem, without the examples of valid addresses.
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
        // The parser of u16 accepts a plus sign.
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
            // The last label of a host name is not a number (RFC 1123 section 2.1).
            None if host
                .rsplit('.')
                .next()
                .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit())) =>
            {
                return Err(bad("the host is not a valid IPv4 address"));
            }
            None if !is_host_name(host) => return Err(bad("the host is not a valid host name")),
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

/// Whether it has the form of a host name: labels of letters, digits, `-` and `_`.
fn is_host_name(host: &str) -> bool {
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

    /// The port; for 0 the system chooses one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Listens on every address that it stands for.
    ///
    /// # Errors
    ///
    /// If the host name has no address, or the system refuses to listen on one of them.
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
    fn valid_addresses_are_parsed() {
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
    fn invalid_addresses_are_refused_with_a_reason_and_examples() {
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
    fn an_address_without_host_accepts_ipv4() {
        let listeners = ListenAddress::from_str(":0")
            .expect("an address")
            .bind()
            .expect("bound");
        let port = listeners[0].local_addr().expect("an address").port();
        std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("a connection");
    }
}
