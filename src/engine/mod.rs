//! The one thread that owns the sources, the parser and the counters.
//!
//! Nothing here is shared or locked. Whoever wants something of it sends a `Request`; a scrape
//! asks for a [`View`] and gets a copy of one consistent moment, which costs nothing while nobody
//! asks. Reading goes in blocks, and requests are looked at between them, so that a scrape never
//! waits for a backlog.

mod alarm;
mod keep;
mod run;
mod slot;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

use jiff::tz::TimeZone;
use tokio::sync::oneshot;

use crate::catalog::Providers;
use crate::metrics::View;
use crate::showq::Newest;
use crate::source::{Input, Wake, Watcher};
use crate::state::State;
pub use alarm::AlarmSetup;
use keep::{Keeper, Viewer, Written};
use run::Engine;

/// One source to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceSetup {
    /// The configured name, and its label.
    pub name: String,
    /// Where its lines come from, with absolute paths and patterns.
    pub input: Input,
}

/// What the engine works with; can be changed while it runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// What to read.
    pub sources: Vec<SourceSetup>,
    /// The longest line that is looked at whole, in bytes.
    pub max_line_bytes: usize,
    /// The time zone of stamps that name none.
    pub time_zone: TimeZone,
}

/// What others want of the engine.
enum Request {
    /// There are hints about files.
    Hint,
    /// One consistent moment, with everything that was written before.
    View(Viewer),
    /// Work with another setup.
    Reload(Box<Setup>),
    /// A snapshot was written, or could not be.
    Written(Box<Written>),
    /// Say that the requests before are done.
    Answer(oneshot::Sender<()>),
    /// Read what is there once more, and end.
    Shutdown,
}

/// The way to ask the engine for something.
#[derive(Clone)]
pub struct Handle {
    requests: Sender<Request>,
    ready: Arc<AtomicBool>,
}

impl Handle {
    /// Everything there is to show; `None` if the engine has ended.
    pub async fn view(&self) -> Option<Arc<View>> {
        let (answer, view) = oneshot::channel();
        self.requests.send(Request::View(answer)).ok()?;
        view.await.ok()
    }

    /// Waits until the engine has done what was asked of it before; `false` if it has ended.
    pub async fn answers(&self) -> bool {
        let (answer, done) = oneshot::channel();
        self.requests.send(Request::Answer(answer)).is_ok() && done.await.is_ok()
    }

    /// Whether every source was opened and read up to its end once.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Acquire)
    }

    /// Changes what is read. Sources that stay keep their positions and counts.
    pub fn reload(&self, setup: Setup) {
        // An engine that has ended has nothing to change.
        let _ = self.requests.send(Request::Reload(Box::new(setup)));
    }

    /// Ends the engine after a last read.
    pub fn shut_down(&self) {
        let _ = self.requests.send(Request::Shutdown);
    }
}

/// Starts the engine. `queues` is where the newest listing of the queue is found, if there is one;
/// `alarm` is whom to tell when; `state` is what goes on from the process before, and where this one
/// keeps its own.
///
/// # Errors
///
/// If no thread can be started, or a source cannot have what it needs, such as its address.
pub fn start(
    setup: Setup,
    providers: Providers,
    queues: Option<Newest>,
    alarm: Option<AlarmSetup>,
    mut state: State,
) -> std::io::Result<(Handle, JoinHandle<()>)> {
    let (requests, incoming) = channel();
    let ready = Arc::new(AtomicBool::new(false));
    let hint = requests.clone();
    let wake: Wake = Arc::new(move || {
        // An engine that has ended needs no hint.
        let _ = hint.send(Request::Hint);
    });
    let watcher = Watcher::start(wake.clone())?;
    let before = state.snapshot.take();
    let keeper = Keeper::start(state, before.as_ref(), requests.clone())?;
    let parts = Parts {
        providers,
        queues,
        alarm,
        watcher,
        wake,
        keeper,
        ready: Arc::clone(&ready),
    };
    let engine = Engine::new(setup, parts, before)?;
    let handle = Handle { requests, ready };
    let thread = std::thread::Builder::new()
        .name("engine".into())
        .spawn(move || {
            let _guard = EndProcess;
            engine.run(&incoming);
        })?;
    Ok((handle, thread))
}

/// What the engine works with besides its setup.
struct Parts {
    providers: Providers,
    queues: Option<Newest>,
    alarm: Option<AlarmSetup>,
    watcher: Watcher,
    /// For sources with threads of their own.
    wake: Wake,
    keeper: Keeper,
    ready: Arc<AtomicBool>,
}

/// Ends the process with a panic of its thread: a daemon that answers and no longer reads would
/// look healthy and be wrong.
struct EndProcess;

impl Drop for EndProcess {
    fn drop(&mut self) {
        if std::thread::panicking() {
            std::process::abort();
        }
    }
}
