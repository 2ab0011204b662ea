//! What one HTTP connection is doing, to decide which connection may be closed for another one.
//!
//! A connection is busy from the moment a request is received until its response is written to the
//! socket. hyper does not report the latter, so it is derived from two events: hyper drops the
//! response body once all of it is in its write buffer, and it flushes the stream only while that
//! buffer is empty. The first flush after the drop ends the response.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// A client that accepts no byte of its response for this long may lose its connection to another
/// client.
const STALLED_AFTER: Duration = Duration::from_secs(10);

/// The activity of one connection.
pub struct Activity {
    phase: Mutex<Phase>,
    evicted: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Without a request since this time.
    Idle(Instant),
    /// Requests are being answered, of which so many responses are not wholly in hyper's write buffer. A byte was written
    /// last, or a request received, at this time.
    Responding {
        progress: Instant,
        unbuffered: usize,
    },
    /// Must be closed.
    Evicted,
}

impl Activity {
    /// A new connection, which is idle.
    pub fn new() -> Arc<Self> {
        Arc::new(Activity {
            phase: Mutex::new(Phase::Idle(Instant::now())),
            evicted: Notify::new(),
        })
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was received. Its response is being made until the returned value is dropped.
    pub fn begin_response(self: &Arc<Self>) -> PendingResponse {
        let mut phase = self.phase();
        let others = match *phase {
            Phase::Responding { unbuffered, .. } => unbuffered,
            Phase::Idle(_) | Phase::Evicted => 0,
        };
        if *phase != Phase::Evicted {
            *phase = Phase::Responding {
                progress: Instant::now(),
                unbuffered: others + 1,
            };
        }
        PendingResponse(Arc::clone(self))
    }

    /// Whether no request is being answered.
    pub fn is_idle(&self) -> bool {
        matches!(*self.phase(), Phase::Idle(_))
    }

    /// Since when this connection may be closed for another one: it is idle, or its response is
    /// stalled. `None` if it may not be closed.
    pub fn evictable_since(&self) -> Option<Instant> {
        match *self.phase() {
            Phase::Idle(since) => Some(since),
            Phase::Responding { progress, .. } if progress.elapsed() >= STALLED_AFTER => {
                Some(progress)
            }
            Phase::Responding { .. } | Phase::Evicted => None,
        }
    }

    /// Whether the connection must be closed.
    pub fn is_evicted(&self) -> bool {
        *self.phase() == Phase::Evicted
    }

    /// Requests that the connection be closed.
    pub fn evict(&self) {
        *self.phase() = Phase::Evicted;
        self.evicted.notify_one();
    }

    /// Waits until the connection must be closed.
    pub async fn evicted(&self) {
        self.evicted.notified().await;
    }

    /// A whole response is in hyper's write buffer, or is not wanted any more.
    fn response_buffered(&self) {
        if let Phase::Responding { unbuffered, .. } = &mut *self.phase() {
            *unbuffered = unbuffered.saturating_sub(1);
        }
    }

    fn bytes_written(&self) {
        if let Phase::Responding { progress, .. } = &mut *self.phase() {
            *progress = Instant::now();
        }
    }

    /// hyper's write buffer was empty, and the stream is flushed.
    fn flushed(&self) {
        let mut phase = self.phase();
        if matches!(*phase, Phase::Responding { unbuffered: 0, .. }) {
            *phase = Phase::Idle(Instant::now());
        }
    }
}

/// A response that is being made.
pub struct PendingResponse(Arc<Activity>);

impl Drop for PendingResponse {
    fn drop(&mut self) {
        self.0.response_buffered();
    }
}

/// A response body that reports when hyper has taken all of it.
pub struct TrackedBody {
    body: Full<Bytes>,
    _pending: PendingResponse,
}

impl TrackedBody {
    /// The body of a response.
    pub fn new(body: Full<Bytes>, pending: PendingResponse) -> Self {
        let _pending = pending;
        TrackedBody { body, _pending }
    }
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = <Full<Bytes> as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The stream of a connection, which reports what is written.
pub struct TrackedStream<S> {
    stream: S,
    activity: Arc<Activity>,
}

impl<S> TrackedStream<S> {
    /// The stream of the connection with this activity.
    pub fn new(stream: S, activity: Arc<Activity>) -> Self {
        TrackedStream { stream, activity }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TrackedStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TrackedStream<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, bytes))?;
        self.activity.bytes_written();
        Poll::Ready(Ok(written))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.stream).poll_write_vectored(context, slices))?;
        self.activity.bytes_written();
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.stream).poll_flush(context))?;
        self.activity.flushed();
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_idle_and_stalled_connections_are_evictable() {
        let activity = Activity::new();
        assert!(activity.evictable_since().is_some());
        let first = activity.begin_response();
        let second = activity.begin_response();
        activity.flushed();
        assert_eq!(
            activity.evictable_since(),
            None,
            "the response is not buffered"
        );
        drop(first);
        activity.flushed();
        assert_eq!(activity.evictable_since(), None, "the other one is not");
        drop(second);
        assert_eq!(
            activity.evictable_since(),
            None,
            "the response is not flushed"
        );

        let stalled = Instant::now().checked_sub(STALLED_AFTER);
        let stalled = stalled.expect("the machine runs longer than that");
        *activity.phase() = Phase::Responding {
            progress: stalled,
            unbuffered: 0,
        };
        assert_eq!(activity.evictable_since(), Some(stalled));
        activity.bytes_written();
        assert_eq!(activity.evictable_since(), None, "the client reads again");

        activity.flushed();
        assert!(activity.is_idle());
        activity.evict();
        activity.begin_response();
        assert_eq!(activity.evictable_since(), None, "it is closed already");
    }
}
