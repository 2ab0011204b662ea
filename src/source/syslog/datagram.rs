//! UDP and Unix datagram sockets, of which each datagram is a message.

use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{UdpSocket, UnixDatagram};
use tokio::time::sleep;
use tracing::warn;

use super::super::stream_id::StreamId;
use super::collector::{Collector, stream_of};
use super::socket_file::SocketFile;
use super::tcp::NOT_ALLOWED;
use crate::bind;

/// The receive buffer that is requested of the kernel, in bytes. It grants at most
/// `net.core.rmem_max`.
const RECEIVE_BUFFER: usize = 4 * 1024 * 1024;

/// How soon a socket is read again after an error.
const RETRY: Duration = Duration::from_secs(1);

/// A bound datagram socket.
pub(super) enum DatagramSocket {
    Udp {
        socket: UdpSocket,
        /// Its inode in the kernel's tables.
        inode: u64,
    },
    Unix {
        socket: UnixDatagram,
        /// Removed with the socket.
        _file: SocketFile,
    },
}

impl DatagramSocket {
    /// Listens on a UDP port. Must be called within a runtime.
    pub fn udp(address: SocketAddr) -> io::Result<Self> {
        let socket = bind::datagram(address)?;
        // A smaller buffer is no error.
        let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
        let copy = OwnedFd::from(socket.try_clone()?);
        Ok(DatagramSocket::Udp {
            inode: File::from(copy).metadata()?.ino(),
            socket: UdpSocket::from_std(socket.into())?,
        })
    }

    /// Listens on a Unix socket. Must be called within a runtime.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let (socket, file) = SocketFile::bind(path)?;
        Ok(DatagramSocket::Unix {
            socket: UnixDatagram::from_std(socket)?,
            _file: file,
        })
    }

    async fn readable(&self) -> io::Result<()> {
        match self {
            DatagramSocket::Udp { socket, .. } => socket.readable().await,
            DatagramSocket::Unix { socket, .. } => socket.readable().await,
        }
    }

    /// Reads a datagram: its length, and its sender's address, if it has one.
    fn try_recv(&self, buffer: &mut [u8]) -> io::Result<(usize, Option<IpAddr>)> {
        match self {
            DatagramSocket::Udp { socket, .. } => {
                let (length, peer) = socket.try_recv_from(buffer)?;
                Ok((length, Some(peer.ip())))
            }
            DatagramSocket::Unix { socket, .. } => Ok((socket.try_recv(buffer)?, None)),
        }
    }

    /// Receives until the batch is full, or no datagram is left, which is the error `WouldBlock`.
    fn receive_all(&self, collector: &Collector) -> io::Result<()> {
        if let DatagramSocket::Unix { .. } = self {
            // Its senders wait after a few messages.
            collector.skip_delay();
        }
        let mut buffer = collector.buffer();
        while !collector.is_full() {
            let (length, sender) = self.try_recv(&mut buffer)?;
            if let Some(sender) = sender.filter(|sender| !collector.allows(*sender)) {
                collector.refuse(sender, NOT_ALLOWED);
                continue;
            }
            let stream = sender.map_or(StreamId::SINGLE, stream_of);
            collector.push(stream, &buffer[..length], length);
        }
        Ok(())
    }

    /// Receives every datagram as one message, until it is dropped.
    pub async fn receive(self, collector: Rc<Collector>) {
        loop {
            collector.wait_for_room().await;
            let received = match self.readable().await {
                Ok(()) => self.receive_all(&collector),
                Err(error) => Err(error),
            };
            match received {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    warn!(%error, "cannot read from socket, trying again");
                    sleep(RETRY).await;
                }
            }
        }
    }
}
