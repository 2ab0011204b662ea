//! The engine: one thread that owns the sources, the parser and the counters.
//!
//! Nothing here is shared or locked. Other threads send a `Request`; a scrape requests a
//! [`View`](crate::metrics::View), which is a copy of the counts at one moment and is only made when
//! requested. Sources are read in blocks, and requests are handled between blocks, so that a scrape
//! never waits for a backlog.

mod alerter;
mod cpu_time;
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
use std::thread::JoinHandle;

use crate::catalog::Providers;
use crate::queue::Newest;
use crate::source::{Wake, Watcher};
use crate::state::StateFile;
pub use alerter::AlertSetup;
use parts::Parts;
use publisher::Publisher;
pub use request::Handle;
use request::Request;
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
) -> std::io::Result<(Handle, JoinHandle<()>)> {
    let (requests, incoming) = channel();
    let ready = Arc::new(AtomicBool::new(false));
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
    };
    let engine = Engine::new(setup, parts, alerts, before)?;
    let handle = Handle { requests, ready };
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let _guard = AbortOnPanic;
            engine.run(&incoming);
        })?;
    Ok((handle, thread))
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
