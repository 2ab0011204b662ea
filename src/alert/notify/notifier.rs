//! [`Notifier`]: the thread that sends alerts, and the queues in front of it.

use std::io;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::notification::Notification;
use super::peer::Peer;
use super::sender::{self, RetryTiming, SenderState};
use crate::metrics::AlertmanagerStats;

/// Sends alerts until it is dropped. Alerts still queued then are not sent; a firing alert ends by itself at its
/// `ends_at`.
pub struct Notifier {
    pub(super) peers: Vec<Arc<SenderState>>,
    /// Dropping it ends the thread.
    _stop: oneshot::Sender<()>,
}

/// Starts sending to all `peers`.
///
/// # Errors
///
/// If the thread or its runtime cannot be created.
pub fn start(peers: Vec<Peer>) -> io::Result<Notifier> {
    start_with(peers, RetryTiming::default())
}

pub(super) fn start_with(peers: Vec<Peer>, timing: RetryTiming) -> io::Result<Notifier> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel();
    let mut shared = Vec::with_capacity(peers.len());
    for peer in peers {
        let one = Arc::new(SenderState::new(peer.url.to_string()));
        runtime.spawn(sender::run(peer, Arc::clone(&one), timing));
        shared.push(one);
    }
    std::thread::Builder::new()
        .name("alertmanagers".into())
        .spawn(move || {
            // Nothing is ever sent; it completes when the other end is dropped.
            let _ = runtime.block_on(stopped);
            // Does not wait for a name lookup in progress.
            runtime.shutdown_background();
        })?;
    Ok(Notifier {
        peers: shared,
        _stop: stop,
    })
}

impl Notifier {
    /// Puts alerts into the queue of every Alertmanager without blocking. A queued alert with the same labels
    /// is replaced; if a queue is full, its oldest alert is dropped.
    pub fn send(&self, alerts: Vec<Notification>) {
        let alerts: Vec<Arc<Notification>> = alerts.into_iter().map(Arc::new).collect();
        for peer in &self.peers {
            peer.add(&alerts);
        }
    }

    /// Statistics of each Alertmanager, in the order of `peers`.
    pub fn stats(&self) -> Vec<AlertmanagerStats> {
        self.peers.iter().map(|peer| peer.stats()).collect()
    }
}
