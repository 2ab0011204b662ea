//! Who is at the other end of a connection, for limits that hold for each peer.

use std::net::{IpAddr, Ipv6Addr};

/// A peer: an IPv4 address, or the /64 network of an IPv6 address, from which one host can use
/// any address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Peer(IpAddr);

/// The network part of an IPv6 address.
const NETWORK: u128 = u128::MAX << 64;

impl Peer {
    /// The peer with this address.
    pub fn of(address: IpAddr) -> Self {
        Peer(match address.to_canonical() {
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & NETWORK).into(),
            address => address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_host_are_one_peer() {
        let peer = |address: &str| Peer::of(address.parse().expect("an address"));
        for (one, other, same) in [
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("2001:db8::1", "2001:db8::2:3:4:5", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            assert_eq!(peer(one) == peer(other), same, "{one} {other}");
        }
    }
}
