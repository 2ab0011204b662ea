//! From an address to a bound socket that does not block.
//!
//! It stands apart because HTTP and syslog need the same: `[::]` means every interface, IPv6 and
//! IPv4 alike, whatever the system's default is, and on machines without IPv6 too.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use socket2::{Domain, Socket, Type};

/// A TCP socket, to be listened on.
///
/// # Errors
///
/// If the address cannot be had.
pub(crate) fn stream(address: SocketAddr) -> io::Result<Socket> {
    bound(address, Type::STREAM)
}

/// A UDP socket.
///
/// # Errors
///
/// If the address cannot be had.
pub(crate) fn datagram(address: SocketAddr) -> io::Result<Socket> {
    bound(address, Type::DGRAM)
}

fn bound(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let everywhere = address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    match bound_to(address, kind, everywhere) {
        Err(error) if everywhere && no_ipv6(&error) => {
            bound_to((Ipv4Addr::UNSPECIFIED, address.port()).into(), kind, false)
        }
        result => result,
    }
}

/// Whether binding failed for want of IPv6: compiled out, disabled, or without addresses.
fn no_ipv6(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // EAFNOSUPPORT, which has no kind of its own everywhere.
        || error.raw_os_error() == Some(97)
}

fn bound_to(address: SocketAddr, kind: Type, ipv4_too: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(!ipv4_too)?;
    }
    // With datagrams it would let two programs share a port, each without part of what comes.
    if kind == Type::STREAM {
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
