//! Sockets on which a datagram is a message: UDP and Unix.

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::{UdpSocket, UnixDatagram};
use tokio::time::sleep;
use tracing::warn;

use super::super::StreamId;
use super::collector::{Collector, stream_of};
use super::socket_file::SocketFile;
use crate::bind;

/// How much the kernel is asked to keep for us while we are busy, in bytes. It gives what
/// `net.core.rmem_max` allows.
const BUFFER: usize = 4 * 1024 * 1024;

/// How long a socket that fails is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// A bound socket.
pub(super) enum Datagrams {
    Udp {
        socket: UdpSocket,
        /// By which the kernel's tables name it.
        inode: u64,
    },
    Unix {
        socket: UnixDatagram,
        /// Goes with the socket.
        _file: SocketFile,
    },
}

impl Datagrams {
    /// Listens on a UDP port; within a runtime.
    pub fn udp(address: SocketAddr) -> io::Result<Self> {
        let socket = bind::datagram(address)?;
        // Asked for, not demanded.
        let _ = socket.set_recv_buffer_size(BUFFER);
        let copy = OwnedFd::from(socket.try_clone()?);
        Ok(Datagrams::Udp {
            inode: File::from(copy).metadata()?.ino(),
            socket: UdpSocket::from_std(socket.into())?,
        })
    }

    /// Listens on a Unix socket; within a runtime.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let (socket, file) = SocketFile::bind(path)?;
        Ok(Datagrams::Unix {
            socket: UnixDatagram::from_std(socket)?,
            _file: file,
        })
    }

    async fn readable(&self) -> io::Result<()> {
        match self {
            Datagrams::Udp { socket, .. } => socket.readable().await,
            Datagrams::Unix { socket, .. } => socket.readable().await,
        }
    }

    /// Reads a datagram: its length, and the stream that it belongs to.
    fn try_recv(&self, buffer: &mut [u8]) -> io::Result<(usize, StreamId)> {
        match self {
            Datagrams::Udp { socket, .. } => {
                let (length, peer) = socket.try_recv_from(buffer)?;
                Ok((length, stream_of(peer.ip())))
            }
            Datagrams::Unix { socket, .. } => Ok((socket.try_recv(buffer)?, StreamId::SINGLE)),
        }
    }

    /// Reads until the batch is full, or there is nothing left, which is an error of its own kind.
    fn drain(&self, collector: &Collector) -> io::Result<()> {
        if let Datagrams::Unix { .. } = self {
            // The kernel lets programs wait after a few messages.
            collector.hurry();
        }
        let mut scratch = collector.scratch();
        while !collector.is_full() {
            let (length, stream) = self.try_recv(&mut scratch)?;
            collector.push(stream, &scratch[..length], length);
        }
        Ok(())
    }

    /// Takes every datagram as one message.
    pub async fn receive(self, collector: Rc<Collector>) {
        loop {
            collector.room().await;
            let drained = match self.readable().await {
                Ok(()) => self.drain(&collector),
                Err(error) => Err(error),
            };
            match drained {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => {
                    warn!(%error, "cannot read from a socket, trying again");
                    sleep(RETRY).await;
                }
            }
        }
    }
}
