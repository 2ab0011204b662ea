//! The engine: one thread that owns the sources, the parser and the counters.
//!
//! Nothing here is shared or locked. Other threads send a `Request`; a scrape requests a
//! [`View`](crate::metrics::View), which is a copy of the counts at one moment and is only made when
//! requested. Sources are read in blocks, and requests are handled between blocks, so that a scrape
//! never waits for a backlog.

mod alerter;
mod cpu_time;
mod heartbeat;
mod parts;
mod pipeline;
mod publisher;
mod recording;
mod request;
mod run;
mod setup;
mod source_clock;
mod source_handle;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::channel;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::catalog::Providers;
use crate::queue::Newest;
use crate::source::{Wake, Watcher};
use crate::state::StateFile;
pub use alerter::AlertSetup;
use heartbeat::Heartbeat;
use parts::Parts;
use publisher::Publisher;
use request::Request;
pub use request::{Handle, NoView};
use run::Engine;
pub use setup::{Setup, SourceSetup};

/// Starts the engine. `queues` holds the newest listing of Postfix's queue, if that is configured;
/// `alerts` has the alert rules and the way to Alertmanagers; `state` is the snapshot of the process before
/// and the store for new ones.
///
/// # Errors
///
/// If a thread cannot be started, or a source cannot be opened, for example because its address is
/// in use.
pub fn start(
    setup: Setup,
    providers: Providers,
    queues: Option<Newest>,
    alerts: AlertSetup,
    mut state: StateFile,
) -> std::io::Result<(Handle, EngineThread)> {
    let (requests, incoming) = channel();
    let ready = Arc::new(AtomicBool::new(false));
    let heartbeat = Arc::new(Heartbeat::new());
    let hint = requests.clone();
    let wake: Wake = Arc::new(move || {
        // The engine may have ended.
        let _ = hint.send(Request::Hint);
    });
    let watcher = Watcher::start(wake.clone())?;
    let before = state.snapshot.take();
    let publisher = Publisher::start(state, before.as_ref(), requests.clone())?;
    let parts = Parts {
        providers,
        queues,
        watcher,
        wake,
        publisher,
        ready: Arc::clone(&ready),
        heartbeat: Arc::clone(&heartbeat),
    };
    let engine = Engine::new(setup, parts, alerts, before)?;
    let handle = Handle::new(requests, ready, heartbeat);
    let (running, ended) = oneshot::channel();
    std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let _guard = AbortOnPanic;
            engine.run(&incoming);
            drop::<oneshot::Sender<()>>(running);
        })?;
    Ok((handle, EngineThread(ended)))
}

/// The thread of the engine.
pub struct EngineThread(oneshot::Receiver<()>);

impl EngineThread {
    /// Waits until it has ended, for at most `limit`. Returns whether it has.
    pub async fn ended(self, limit: Duration) -> bool {
        // The sender is dropped at the end of the thread.
        tokio::time::timeout(limit, self.0).await.is_ok()
    }
}

/// Aborts the process if its thread panics: otherwise the server would go on answering while nothing
/// is read.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}
