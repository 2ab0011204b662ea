//! The requests that other threads send to the engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tracing::{error, info};

use super::heartbeat::{BLOCKED_AFTER, Heartbeat};
use super::setup::Setup;
use crate::metrics::View;

/// How long a request for a view waits for the engine: a day without lines that is evaluated at once takes some seconds on
/// a slow machine.
const VIEW_TIMEOUT: Duration = BLOCKED_AFTER;

/// How often it is checked whether the engine is blocked.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

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
    /// Read the sources once more, write a snapshot, and end by this time.
    Shutdown(Instant),
}

/// Why there is no view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoView {
    /// The engine has ended: the process is shutting down.
    Ended,
    /// The engine does not answer. It may be blocked by a file system.
    Blocked,
}

/// Sends requests to the engine from other threads.
#[derive(Clone)]
pub struct Handle {
    pub(super) requests: Sender<Request>,
    pub(super) ready: Arc<AtomicBool>,
    pub(super) heartbeat: Arc<Heartbeat>,
    /// How long a request for a view waits.
    timeout: Duration,
}

impl Handle {
    pub(super) fn new(
        requests: Sender<Request>,
        ready: Arc<AtomicBool>,
        heartbeat: Arc<Heartbeat>,
    ) -> Self {
        Handle {
            requests,
            ready,
            heartbeat,
            timeout: VIEW_TIMEOUT,
        }
    }

    /// The counts of one moment.
    ///
    /// # Errors
    ///
    /// If the engine has ended, or does not answer in time.
    pub async fn view(&self) -> Result<Arc<View>, NoView> {
        if self.heartbeat.is_blocked() {
            return Err(NoView::Blocked);
        }
        let (answer, view) = oneshot::channel();
        let sent = self.requests.send(Request::View(answer));
        sent.map_err(|_| NoView::Ended)?;
        match tokio::time::timeout(self.timeout, view).await {
            Ok(view) => view.map_err(|_| NoView::Ended),
            Err(_) => Err(NoView::Blocked),
        }
    }

    /// Waits until the engine has handled all earlier requests; `false` if it has ended.
    pub async fn answers(&self) -> bool {
        let (answer, done) = oneshot::channel();
        self.requests.send(Request::Confirm(answer)).is_ok() && done.await.is_ok()
    }

    /// Whether the engine thread is at work, rather than blocked for a while by something that it waits for.
    pub fn is_at_work(&self) -> bool {
        !self.heartbeat.is_blocked()
    }

    /// Logs when the engine is blocked, and when it is at work again. Never returns.
    pub async fn watch(&self) {
        let mut checks = tokio::time::interval(CHECK_INTERVAL);
        let mut blocked = false;
        loop {
            checks.tick().await;
            if blocked == self.heartbeat.is_blocked() {
                continue;
            }
            blocked = !blocked;
            let source = self.heartbeat.source();
            if blocked {
                error!(
                    source,
                    seconds = self.heartbeat.age().as_secs(),
                    "reading is blocked: a file system may not answer; scrapes are refused until it does"
                );
            } else {
                info!(source, "reading is no longer blocked");
            }
        }
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

    /// Ends the engine by this time, after a last read and a last snapshot.
    pub fn shut_down(&self, end: Instant) {
        let _ = self.requests.send(Request::Shutdown(end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[test]
    fn a_request_does_not_wait_for_an_engine_that_does_not_answer() {
        let (requests, unanswered) = channel();
        let heartbeat = Arc::new(Heartbeat::new());
        let mut handle = Handle::new(requests, Arc::default(), Arc::clone(&heartbeat));
        handle.timeout = Duration::from_millis(1);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_time().build().expect("a runtime");
        let view = runtime.block_on(handle.view());
        assert_eq!(view.err(), Some(NoView::Blocked));
        drop(unanswered);
        let view = runtime.block_on(handle.view());
        assert_eq!(view.err(), Some(NoView::Ended));
    }
}
