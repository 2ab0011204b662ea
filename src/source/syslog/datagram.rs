//! Sockets on which a datagram is a message: UDP and Unix.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use socket2::Socket;
use tokio::io::unix::AsyncFd;
use tokio::time::sleep;
use tracing::warn;

use super::collector::{Collector, PAUSE};
use super::drops;
use super::socket_file::SocketFile;
use crate::bind;

/// How much the kernel is asked to keep for us while we are busy, in bytes. It gives what
/// `net.core.rmem_max` allows.
const BUFFER: usize = 4 * 1024 * 1024;

/// How long a socket that fails is left alone.
const RETRY: Duration = Duration::from_secs(1);

/// A bound socket.
pub(super) struct Datagrams {
    socket: AsyncFd<Socket>,
    /// Goes with the socket.
    file: Option<SocketFile>,
}

impl Datagrams {
    /// Listens on a UDP port; within a runtime.
    pub fn udp(address: SocketAddr) -> io::Result<Self> {
        let socket = bind::datagram(address)?;
        // Asked for, not demanded.
        let _ = socket.set_recv_buffer_size(BUFFER);
        Ok(Datagrams {
            socket: AsyncFd::register(socket)?,
            file: None,
        })
    }

    /// Listens on a Unix socket; within a runtime.
    pub fn unix(path: &Path) -> io::Result<Self> {
        let (socket, file) = SocketFile::bind(path)?;
        Ok(Datagrams {
            socket: AsyncFd::register(socket)?,
            file: Some(file),
        })
    }

    /// The socket's inode, if it is one whose kernel buffer can run over. The senders of a Unix
    /// socket wait instead.
    pub fn inode(&self) -> Option<u64> {
        if self.file.is_some() {
            return None;
        }
        drops::inode(self.socket.get_ref()).ok()
    }

    /// Takes every datagram as one message.
    pub async fn receive(self, collector: Rc<Collector>) {
        loop {
            collector.room().await;
            // Fails only with the runtime.
            let Ok(mut ready) = self.socket.readable().await else {
                return;
            };
            let result = ready.try_io(|socket| drain(socket.get_ref(), &collector));
            if let Ok(Err(error)) = &result {
                warn!(%error, "cannot read from a socket, trying again");
                sleep(RETRY).await;
            }
            // Whoever writes to a Unix socket waits for us after a few messages.
            if self.file.is_none() && !matches!(result, Ok(Ok(()))) {
                sleep(PAUSE).await;
            }
        }
    }
}

/// Reads until the batch is full, or there is nothing left, which is an error of its own kind.
fn drain(mut socket: &Socket, collector: &Collector) -> io::Result<()> {
    let mut scratch = collector.scratch();
    while !collector.is_full() {
        match socket.read(&mut scratch) {
            Ok(length) => collector.push(&scratch[..length], length),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
