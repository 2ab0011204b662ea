//! The requests that other threads send to the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;

use tokio::sync::oneshot;

use super::setup::Setup;
use crate::metrics::View;

/// Where the view that was requested is sent.
pub(super) type ViewSender = oneshot::Sender<Arc<View>>;

/// The result of writing a snapshot.
pub(super) struct WriteResult {
    /// Its view, if it was written.
    pub view: Option<Arc<View>>,
    /// The processor time of the thread that wrote it.
    pub cost: Duration,
}

/// What other threads send to the engine.
pub(super) enum Request {
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
    pub(super) requests: Sender<Request>,
    pub(super) ready: Arc<AtomicBool>,
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
