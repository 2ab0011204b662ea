//! A receiver of syslog messages: datagrams (RFC 5426), streams (RFC 6587) and a Unix datagram
//! socket such as `/dev/log`.
//!
//! It stands apart from the other sources because nothing can be read again: what is not taken in
//! time is lost. So one thread does nothing but take messages and gather them for the engine. While
//! the engine is behind, nothing is read: the senders of streams and Unix datagrams wait, and what
//! the kernel then drops of UDP is counted.
//!
//! A datagram is one record, whatever is in it: a newline that a sender has put inside never makes
//! a second line.

mod collector;
mod datagram;
mod drops;
mod framing;
mod socket_file;
mod stream;
#[cfg(test)]
mod tests;

use std::io;
use std::rc::Rc;
use std::sync::mpsc;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use self::collector::Collector;
use self::datagram::Datagrams;
use self::drops::KernelDrops;
use self::stream::Streams;
use super::fed::{Fed, Feeder};
use super::{Listener, Wake};

/// A socket that messages come in by.
enum Inlet {
    Datagrams(Datagrams),
    Streams(Streams),
}

impl Inlet {
    /// Binds the socket; within a runtime.
    fn open(listener: &Listener) -> io::Result<Self> {
        Ok(match listener {
            Listener::Udp(address) => Inlet::Datagrams(Datagrams::udp(*address)?),
            Listener::Unix(path) => Inlet::Datagrams(Datagrams::unix(path)?),
            Listener::Tcp(address) => Inlet::Streams(Streams::bind(*address)?),
        })
    }
}

/// Starts listening.
///
/// # Errors
///
/// If an address cannot be had, which the error names, or no thread can be started.
pub(crate) fn open(
    name: String,
    listeners: &[Listener],
    cap: usize,
    wake: Wake,
) -> io::Result<Fed> {
    let (stop, stopped) = oneshot::channel::<()>();
    let (closing, closed) = mpsc::channel::<()>();
    let (fed, feeder) = Fed::new(name, None, wake, move || {
        drop(stop);
        // The thread drops its end once every socket is closed: then the addresses are free.
        let _ = closed.recv();
    });
    let (say, said) = mpsc::channel();
    let listeners = listeners.to_vec();
    // The runtime lives and ends in its thread: it must not be dropped in another one's task, which
    // is where the daemon starts its sources.
    std::thread::Builder::new()
        .name("syslog".into())
        .spawn(move || {
            match listen(&listeners) {
                Ok((runtime, inlets)) => {
                    feeder.set_up(true);
                    // Whoever has asked waits for it.
                    let _ = say.send(Ok(()));
                    receive(runtime, inlets, feeder, cap, stopped);
                }
                Err(error) => {
                    let _ = say.send(Err(error));
                }
            }
            drop(closing);
        })?;
    said.recv()
        .unwrap_or_else(|_| Err(io::Error::other("the thread has ended")))?;
    Ok(fed)
}

/// Binds every address, in a runtime of its own; the error names the address that cannot be had.
fn listen(listeners: &[Listener]) -> io::Result<(Runtime, Vec<Inlet>)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let inside = runtime.enter();
    let inlets = listeners
        .iter()
        .map(|listener| {
            Inlet::open(listener)
                .map_err(|error| io::Error::new(error.kind(), format!("{listener}: {error}")))
        })
        .collect::<io::Result<Vec<_>>>();
    drop(inside);
    Ok((runtime, inlets?))
}

/// The thread: takes messages until it is stopped, and closes everything.
fn receive(
    runtime: Runtime,
    inlets: Vec<Inlet>,
    feeder: Feeder,
    cap: usize,
    stopped: oneshot::Receiver<()>,
) {
    let tasks = LocalSet::new();
    let collector = Rc::new(Collector::new(feeder, cap));
    let mut drops = Vec::new();
    for inlet in inlets {
        let collector = Rc::clone(&collector);
        match inlet {
            Inlet::Datagrams(datagrams) => {
                // The senders of a Unix socket wait instead.
                if let Datagrams::Udp { inode, .. } = datagrams {
                    drops.push(KernelDrops::new(inode));
                }
                tasks.spawn_local(datagrams.receive(collector));
            }
            Inlet::Streams(streams) => {
                tasks.spawn_local(streams.accept(collector));
            }
        }
    }
    if !drops.is_empty() {
        tasks.spawn_local(drops::watch(drops, Rc::clone(&collector)));
    }
    tasks.block_on(&runtime, async {
        tokio::select! {
            _ = stopped => {}
            _ = collector.hand_over() => {}
        }
    });
}
