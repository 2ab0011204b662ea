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

/// How long a new connection has for its first request, handshake included, before it may lose its place as early as those
/// that had one.
const SETTLING: Duration = Duration::from_secs(2);

/// Since when a connection may be closed for another one; the first in this order is closed first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Evictable {
    /// Whether it is new, and its first request may be on its way.
    is_settling: bool,
    since: Instant,
}

/// The activity of one connection.
pub struct Activity {
    phase: Mutex<Phase>,
    evicted: Notify,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Opened at this time, without a request until now.
    New(Instant),
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
            phase: Mutex::new(Phase::New(Instant::now())),
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
            Phase::New(_) | Phase::Idle(_) | Phase::Evicted => 0,
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
        matches!(*self.phase(), Phase::New(_) | Phase::Idle(_))
    }

    /// Since when this connection may be closed for another one: it is idle, or its response is
    /// stalled. `None` if it may not be closed.
    pub fn evictable(&self) -> Option<Evictable> {
        let (is_settling, since) = match *self.phase() {
            Phase::New(since) => (since.elapsed() < SETTLING, since),
            Phase::Idle(since) => (false, since),
            Phase::Responding { progress, .. } if progress.elapsed() >= STALLED_AFTER => {
                (false, progress)
            }
            Phase::Responding { .. } | Phase::Evicted => return None,
        };
        Some(Evictable { is_settling, since })
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
    pub(super) fn flushed(&self) {
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
        assert!(activity.evictable().is_some());
        let first = activity.begin_response();
        let second = activity.begin_response();
        activity.flushed();
        assert_eq!(activity.evictable(), None, "the response is not buffered");
        drop(first);
        activity.flushed();
        assert_eq!(activity.evictable(), None, "the other one is not");
        drop(second);
        assert_eq!(activity.evictable(), None, "the response is not flushed");

        let stalled = Instant::now().checked_sub(STALLED_AFTER);
        let stalled = stalled.expect("the machine runs longer than that");
        *activity.phase() = Phase::Responding {
            progress: stalled,
            unbuffered: 0,
        };
        let since = activity.evictable().map(|it| it.since);
        assert_eq!(since, Some(stalled));
        activity.bytes_written();
        assert_eq!(activity.evictable(), None, "the client reads again");

        activity.flushed();
        assert!(activity.is_idle());
        activity.evict();
        activity.begin_response();
        assert_eq!(activity.evictable(), None, "it is closed already");
    }
}
