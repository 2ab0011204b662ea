//! The engine: one thread that owns the sources, the parser and the counters.
//!
//! Nothing here is shared or locked. Other threads send a `Request`; a scrape requests a [`View`],
//! which is a copy of the counts at one moment and is only made when requested. Sources are read in
//! blocks, and requests are handled between blocks, so that a scrape never waits for a backlog.

mod alerter;
mod publisher;
mod run;
mod source_handle;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use crate::catalog::Providers;
use crate::metrics::View;
use crate::parse::Format;
use crate::showq::Newest;
use crate::source::{Input, Wake, Watcher};
use crate::state::StateFile;
pub use alerter::AlertSetup;
use publisher::{Publisher, ViewSender, WriteResult};
use run::Engine;

/// One source to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSetup {
    /// The configured name, and its label.
    pub name: String,
    /// Where its lines come from, with absolute paths and patterns.
    pub input: Input,
    /// Which mail server's log it is, or that this is to be detected.
    pub format: Format,
}

/// What the engine reads, and how; can be changed while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// What to read.
    pub sources: Vec<SourceSetup>,
    /// The longest line that is read whole, in bytes.
    pub max_line_bytes: usize,
    /// The time zone of timestamps without one.
    pub time_zone: TimeZone,
}

/// What other threads send to the engine.
enum Request {
    /// A source may have something to read.
    Hint,
    /// Send a view that includes every line written before the request.
    View(ViewSender),
    /// Continue with another setup.
    Reload(Box<Setup>),
    /// The result of writing a snapshot.
    Written(Box<WriteResult>),
    /// Confirm that all earlier requests were handled.
    Confirm(oneshot::Sender<()>),
    /// Read the sources once more, write a snapshot, and end.
    Shutdown,
}

/// Sends requests to the engine from other threads.
#[derive(Clone)]
pub struct Handle {
    requests: Sender<Request>,
    ready: Arc<AtomicBool>,
}

impl Handle {
    /// The counts of one moment; `None` if the engine has ended.
    pub async fn view(&self) -> Option<Arc<View>> {
        let (answer, view) = oneshot::channel();
        self.requests.send(Request::View(answer)).ok()?;
        view.await.ok()
    }

    /// Waits until the engine has handled all earlier requests; `false` if it has ended.
    pub async fn answers(&self) -> bool {
        let (answer, done) = oneshot::channel();
        self.requests.send(Request::Confirm(answer)).is_ok() && done.await.is_ok()
    }

    /// Whether the engine has caught up once: every source that could be opened was read to its end.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Changes what is read. Sources that stay keep their positions and counts.
    pub fn reload(&self, setup: Setup) {
        // The engine may have ended.
        let _ = self.requests.send(Request::Reload(Box::new(setup)));
    }

    /// Ends the engine, after a last read and a last snapshot.
    pub fn shut_down(&self) {
        let _ = self.requests.send(Request::Shutdown);
    }
}

/// Starts the engine. `queues` holds the newest listing of Postfix's queue, if that is configured;
/// `alerts` is set if the exporter sends alerts itself; `state` is the snapshot of the process before
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
    alerts: Option<AlertSetup>,
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
        alerts,
        watcher,
        wake,
        publisher,
        ready: Arc::clone(&ready),
    };
    let engine = Engine::new(setup, parts, before)?;
    let handle = Handle { requests, ready };
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let _guard = AbortOnPanic;
            engine.run(&incoming);
        })?;
    Ok((handle, thread))
}

/// What the engine uses besides its setup.
struct Parts {
    providers: Providers,
    queues: Option<Newest>,
    alerts: Option<AlertSetup>,
    watcher: Watcher,
    /// Called by sources with threads of their own.
    wake: Wake,
    publisher: Publisher,
    ready: Arc<AtomicBool>,
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
