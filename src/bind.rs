//! Binding TCP and UDP sockets to an address, for HTTP and syslog alike.
//!
//! The unspecified IPv6 address `[::]` means every interface, IPv6 and IPv4, whatever the system's
//! default is (`net.ipv6.bindv6only`), and on machines without IPv6 it means `0.0.0.0`. All sockets
//! are non-blocking.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use rustix::io::Errno;
use socket2::{Domain, Socket, Type};

/// A bound TCP socket, not yet listening.
///
/// # Errors
///
/// If the socket cannot be created or the address is in use or not available.
pub(crate) fn stream(address: SocketAddr) -> io::Result<Socket> {
    bind(address, Type::STREAM)
}

/// A bound UDP socket.
///
/// # Errors
///
/// If the socket cannot be created or the address is in use or not available.
pub(crate) fn datagram(address: SocketAddr) -> io::Result<Socket> {
    bind(address, Type::DGRAM)
}

fn bind(address: SocketAddr, kind: Type) -> io::Result<Socket> {
    let any_address = address.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    match bind_to(address, kind, any_address) {
        Err(error) if any_address && is_ipv6_unavailable(&error) => {
            bind_to((Ipv4Addr::UNSPECIFIED, address.port()).into(), kind, false)
        }
        result => result,
    }
}

/// Whether binding failed because IPv6 is compiled out, disabled or without addresses.
fn is_ipv6_unavailable(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::AddrNotAvailable | io::ErrorKind::Unsupported)
        // Older standard libraries have no error kind for it.
        || error.raw_os_error() == Some(Errno::AFNOSUPPORT.raw_os_error())
}

fn bind_to(address: SocketAddr, kind: Type, dual_stack: bool) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), kind, None)?;
    if address.is_ipv6() {
        socket.set_only_v6(!dual_stack)?;
    }
    // For datagrams SO_REUSEADDR would let two programs share a port, each receiving a part.
    if kind == Type::STREAM {
        socket.set_reuse_address(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    Ok(socket)
}
