//! Alertmanager's client: every alert goes to every configured Alertmanager.
//!
//! It stands apart, on a thread of its own, because what is on the other side may be down, slow
//! or wrong, and none of that may reach whoever hands the alerts over. Each Alertmanager has its
//! own task (`peer.rs`) and its own bounded queue (`queue.rs`), so none waits for another.
//! `request.rs` is one request, `tls.rs` whom it trusts, `credentials.rs` who asks.
//!
//! The interface is Alertmanager's API v2 (`api/v2/openapi.yaml` in its repository).

mod credentials;
mod peer;
mod queue;
mod request;
#[cfg(test)]
mod tests;
mod tls;
mod url;

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;

pub use credentials::{Auth, Secret};
pub use tls::Tls;
pub use url::BaseUrl;

use crate::metrics::AlertmanagerStats;
use peer::{Pace, Shared};

/// How many alerts wait for one Alertmanager at most; as many as in Prometheus.
pub const QUEUE_CAPACITY: usize = 10_000;

/// How long a request may take unless it is told otherwise; as long as in Prometheus.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// One alert, as Alertmanager takes it. Its labels say which alert it is; what is sent later with
/// the same labels is a newer state of the same alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// What tells it from others; `alertname` is among them.
    pub labels: BTreeMap<String, String>,
    /// What a person reads.
    pub annotations: BTreeMap<String, String>,
    /// Since when it fires.
    #[serde(serialize_with = "rfc3339")]
    pub starts_at: Timestamp,
    /// Until when it fires if nothing further is sent; not in the future if it is resolved.
    #[serde(serialize_with = "rfc3339")]
    pub ends_at: Timestamp,
    /// A page about what raised it; may be empty.
    #[serde(rename = "generatorURL", skip_serializing_if = "String::is_empty")]
    pub generator_url: String,
}

fn rfc3339<S: serde::Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(time)
}

/// One Alertmanager, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Where it is, without `/api/v2/alerts`.
    pub url: BaseUrl,
    /// Whom to trust there, and as whom; of no meaning without https.
    pub tls: Tls,
    /// What is sent in `Authorization`.
    pub auth: Auth,
    /// How long a request may take, from looking up the name to the end of the answer.
    pub timeout: Duration,
}

/// Sends alerts until it is dropped. What still waits then is not sent: an alert that fires ends
/// by itself at its `ends_at`.
pub struct Notifier {
    peers: Vec<Arc<Shared>>,
    /// The thread ends when this goes.
    _stop: oneshot::Sender<()>,
}

/// Begins to send to every one of `peers`.
///
/// # Errors
///
/// If there is no thread or runtime to be had.
pub fn start(peers: Vec<Peer>) -> io::Result<Notifier> {
    start_with(peers, Pace::default())
}

fn start_with(peers: Vec<Peer>, pace: Pace) -> io::Result<Notifier> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let (stop, stopped) = oneshot::channel();
    let mut shared = Vec::with_capacity(peers.len());
    for peer in peers {
        let one = Arc::new(Shared::new(peer.url.to_string()));
        runtime.spawn(peer::run(peer, Arc::clone(&one), pace));
        shared.push(one);
    }
    std::thread::Builder::new()
        .name("alertmanagers".into())
        .spawn(move || {
            // Nothing is ever said there: it ends as its sender goes.
            let _ = runtime.block_on(stopped);
            // A name that is being looked up is not waited for.
            runtime.shutdown_background();
        })?;
    Ok(Notifier {
        peers: shared,
        _stop: stop,
    })
}

impl Notifier {
    /// Hands alerts over to every Alertmanager's queue. Never waits for one of them. An alert that
    /// still waits there with the same labels is replaced; if the queue is full, the one that has
    /// waited the longest goes.
    pub fn send(&self, alerts: Vec<Alert>) {
        let alerts: Vec<Arc<Alert>> = alerts.into_iter().map(Arc::new).collect();
        for peer in &self.peers {
            peer.add(&alerts);
        }
    }

    /// What became of the alerts so far, for each Alertmanager in the order they were given.
    pub fn stats(&self) -> Vec<AlertmanagerStats> {
        self.peers.iter().map(|peer| peer.stats()).collect()
    }
}
