//! A receiver of syslog messages: UDP (RFC 5426), TCP (RFC 6587), TLS (RFC 5425), and Unix datagram sockets such as
//! `/dev/log`.
//!
//! Nothing can be read again here, so one thread does nothing but receive messages and collect them
//! for the engine. While the engine is behind, nothing is received: the senders of TCP and Unix
//! datagrams wait, and the UDP datagrams that the kernel drops are counted.
//!
//! A datagram is one record: a newline inside it never makes a second line.

mod collector;
mod datagram;
#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
mod kernel_drops;
mod message_splitter;
#[cfg(test)]
mod sender_tests;
mod socket_file;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;

use std::io;
use std::rc::Rc;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use self::collector::Collector;
use self::datagram::DatagramSocket;
use self::kernel_drops::KernelDrops;
use self::tcp::TcpReceiver;
use self::tls::TlsServer;
use super::channel_source::ChannelSource;
use super::input::{Listener, Syslog, SyslogTls};
use super::interface::Wake;

/// A bound socket that messages are received from.
enum Socket {
    Datagram(DatagramSocket),
    Tcp(TcpReceiver),
}

impl Socket {
    /// Binds the socket. Must be called within a runtime.
    fn open(listener: &Listener, tls: Option<&SyslogTls>) -> io::Result<Self> {
        Ok(match listener {
            Listener::Udp(address) => Socket::Datagram(DatagramSocket::udp(*address)?),
            Listener::Unix(path) => Socket::Datagram(DatagramSocket::unix(path)?),
            Listener::Tcp(address) => Socket::Tcp(TcpReceiver::bind(*address, None)?),
            Listener::Tls(address) => {
                let files = tls.ok_or_else(|| io::Error::other("there is no certificate"))?;
                Socket::Tcp(TcpReceiver::bind(*address, Some(TlsServer::load(files)?))?)
            }
        })
    }
}

/// Starts listening.
///
/// # Errors
///
/// If an address is not available, which the error names, or the thread cannot be started.
pub(crate) fn open(syslog: &Syslog, cap: usize, wake: Wake) -> io::Result<ChannelSource> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (closing, closed) = mpsc::channel::<()>();
    let (source, sender) = ChannelSource::new(None, wake, move || {
        drop(stop);
        // The thread drops its end after closing every socket: then the addresses are free.
        let _ = closed.recv();
    });
    let (bound, is_bound) = mpsc::channel();
    let syslog = syslog.clone();
    // The runtime is made and dropped in its thread: it must not be dropped within another runtime,
    // where the daemon opens its sources.
    std::thread::Builder::new()
        .name("syslog".into())
        .spawn(move || {
            match listen(&syslog) {
                Ok((runtime, sockets)) => {
                    sender.set_up(true);
                    // The caller waits for it.
                    let _ = bound.send(Ok(()));
                    let collector = Collector::new(sender, cap, syslog.allowed_senders);
                    receive(&runtime, sockets, Rc::new(collector), stopped);
                    // A slow file system must not delay the end.
                    runtime.shutdown_background();
                }
                Err(error) => {
                    let _ = bound.send(Err(error));
                }
            }
            drop(closing);
        })?;
    is_bound
        .recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread has ended")))?;
    Ok(source)
}

/// Binds every address, in a new runtime. The error names the address that is not available.
fn listen(syslog: &Syslog) -> io::Result<(Runtime, Vec<Socket>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let sockets = syslog
        .listeners
        .iter()
        .map(|listener| {
            Socket::open(listener, syslog.tls.as_ref())
                .map_err(|error| io::Error::new(error.kind(), format!("{listener}: {error}")))
        })
        .collect::<io::Result<Vec<_>>>();
    drop(inside);
    Ok((runtime, sockets?))
}

/// Receives messages until the source is closed, and closes all sockets.
fn receive(
    runtime: &Runtime,
    sockets: Vec<Socket>,
    collector: Rc<Collector>,
    stopped: oneshot::Receiver<()>,
) {
    let tasks = LocalSet::new();
    let mut drops = Vec::new();
    for socket in sockets {
        let collector = Rc::clone(&collector);
        match socket {
            Socket::Datagram(socket) => {
                // The kernel drops no datagrams of a Unix socket: their senders wait.
                if let DatagramSocket::Udp { inode, .. } = socket {
                    drops.push(KernelDrops::new(inode));
                }
                tasks.spawn_local(socket.receive(collector));
            }
            Socket::Tcp(receiver) => {
                tasks.spawn_local(receiver.accept(collector));
            }
        }
    }
    if !drops.is_empty() {
        tasks.spawn_local(kernel_drops::watch(drops, Rc::clone(&collector)));
    }
    tasks.block_on(runtime, async {
        tokio::select! {
            _ = stopped => {}
            _ = collector.send_batches() => {}
        }
    });
}
