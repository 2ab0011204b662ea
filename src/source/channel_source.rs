//! A source whose lines are received by a thread of its own, and handed over through a channel.
//!
//! The journal, syslog and pipes differ in how lines come in, and share everything after that: a
//! bounded queue from which the engine takes whole batches. While the queue is full, the thread waits,
//! or drops lines and counts them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::interface::{Hint, Progress, Source, Status, Wake};
use super::lines;
use super::position::Position;
use super::read_buffer::ReadBuffer;
use super::stream_id::StreamId;

/// How many batches the queue holds.
pub(crate) const QUEUE: usize = 32;

/// How many bytes make a batch full.
const FULL_BYTES: usize = 64 * 1024;

/// How many lines make a batch full: even an empty line takes memory.
const FULL_LINES: usize = 4096;

/// Lines that are handed over together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    /// Runs of lines of one stream: how many lines there are up to the run's end, and the stream.
    runs: Vec<(usize, StreamId)>,
    /// Bytes that were received for these lines, framing included.
    received: u64,
    truncated: u64,
    /// The cursor of the last line, if the source has cursors.
    cursor: Option<String>,
}

impl Batch {
    /// Adds a line of a stream without its newline, of which at most `cap` bytes are kept.
    /// `received` is how many bytes were received for it.
    pub fn push(&mut self, stream: StreamId, line: &[u8], cap: usize, received: usize) {
        let (line, truncated) = lines::trim(line, cap);
        self.push_trimmed(stream, line);
        self.count(received, u64::from(truncated));
    }

    /// Adds a line of a stream that has no line end and is not too long.
    pub fn push_trimmed(&mut self, stream: StreamId, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
        let end = self.ends.len();
        match self.runs.last_mut() {
            Some((run_end, last)) if *last == stream => *run_end = end,
            _ => self.runs.push((end, stream)),
        }
    }

    /// Counts bytes that were received, and lines that were truncated before they were added.
    pub fn count(&mut self, received: usize, truncated: u64) {
        self.received += received as u64;
        self.truncated += truncated;
    }

    /// Sets the cursor of the last line.
    pub fn set_cursor(&mut self, cursor: String) {
        self.cursor = Some(cursor);
    }

    /// Whether it should be sent before more lines are added.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL_BYTES || self.ends.len() >= FULL_LINES
    }

    /// Whether it has neither lines nor a cursor.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.cursor.is_none()
    }

    /// Hands over its lines, in their order.
    pub fn hand_over(&self, sink: &mut dyn FnMut(StreamId, &[&[u8]])) {
        let (mut start, mut first) = (0, 0);
        let mut cut = [&b""[..]; lines::MAX_BATCH];
        for &(end, stream) in &self.runs {
            for ends in self.ends[first..end].chunks(lines::MAX_BATCH) {
                for (line, &end) in cut.iter_mut().zip(ends) {
                    *line = &self.bytes[start..end];
                    start = end;
                }
                sink(stream, &cut[..ends.len()]);
            }
            first = end;
        }
    }
}

/// What both ends share.
#[derive(Default)]
struct Shared {
    up: AtomicBool,
    dropped: AtomicU64,
    refused: AtomicU64,
    /// Bytes received for the batches in the queue. A batch is added before it is put in, and
    /// subtracted after it is taken out, so that this never goes below zero.
    queued_bytes: AtomicU64,
}

/// The thread's end.
pub(crate) struct ChannelSender {
    batches: SyncSender<Batch>,
    shared: Arc<Shared>,
    wake: Wake,
}

/// The source was closed: the thread should end.
#[derive(Debug)]
pub(crate) struct Closed;

impl ChannelSender {
    /// Hands a batch over. Waits while the queue is full.
    pub fn send(&self, batch: Batch) -> Result<(), Closed> {
        self.enqueue(batch, |batch| self.batches.send(batch).map_err(|_| Closed))
    }

    /// Hands a batch over, or gives it back while the queue is full.
    pub fn try_send(&self, batch: Batch) -> Result<Option<Batch>, Closed> {
        match self.enqueue(batch, |batch| self.batches.try_send(batch)) {
            Ok(()) => Ok(None),
            Err(TrySendError::Full(batch)) => Ok(Some(batch)),
            Err(TrySendError::Disconnected(_)) => Err(Closed),
        }
    }

    /// Counts a batch as queued, and puts it into the queue with `put`. The receiver may take it out
    /// before `put` returns.
    fn enqueue<E>(&self, batch: Batch, put: impl FnOnce(Batch) -> Result<(), E>) -> Result<(), E> {
        let received = batch.received;
        let queued = &self.shared.queued_bytes;
        queued.fetch_add(received, Ordering::Relaxed);
        let result = put(batch);
        if result.is_err() {
            queued.fetch_sub(received, Ordering::Relaxed);
        } else {
            (self.wake)();
        }
        result
    }

    /// Counts lines that were lost before they could be handed over.
    pub fn count_dropped(&self, lines: u64) {
        self.shared.dropped.fetch_add(lines, Ordering::Relaxed);
    }

    /// Counts a refused datagram or connection.
    pub fn count_refused(&self) {
        self.shared.refused.fetch_add(1, Ordering::Relaxed);
    }

    /// Sets whether lines can be received now.
    pub fn set_up(&self, up: bool) {
        self.shared.up.store(up, Ordering::Relaxed);
    }
}

/// The engine's end.
pub(crate) struct ChannelSource {
    batches: Receiver<Batch>,
    shared: Arc<Shared>,
    bytes: u64,
    truncated: u64,
    cursor: Option<String>,
    /// Ends the thread.
    stop: Option<Box<dyn FnOnce() + Send>>,
}

impl ChannelSource {
    /// Both ends. `cursor` is where reading stopped the last time; `stop` ends the thread, and is
    /// called when the source is dropped.
    pub fn new(
        cursor: Option<String>,
        wake: Wake,
        stop: impl FnOnce() + Send + 'static,
    ) -> (Self, ChannelSender) {
        let (batches, receiver) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let sender = ChannelSender {
            batches,
            shared: Arc::clone(&shared),
            wake,
        };
        let source = ChannelSource {
            batches: receiver,
            shared,
            bytes: 0,
            truncated: 0,
            cursor,
            stop: Some(Box::new(stop)),
        };
        (source, sender)
    }
}

impl Source for ChannelSource {
    fn hint(&mut self, _: Hint<'_>) {}

    fn read(
        &mut self,
        budget: usize,
        _: &mut ReadBuffer,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress {
        let before = self.bytes;
        let mut changed = false;
        // Only whole batches: the cursor is that of a batch's last line.
        while self.bytes - before < budget as u64 {
            let Ok(batch) = self.batches.try_recv() else {
                return Progress {
                    bytes: (self.bytes - before) as usize,
                    more: false,
                    changed,
                };
            };
            batch.hand_over(sink);
            self.shared
                .queued_bytes
                .fetch_sub(batch.received, Ordering::Relaxed);
            self.bytes += batch.received;
            self.truncated += batch.truncated;
            self.cursor = batch.cursor.or(self.cursor.take());
            changed = true;
        }
        Progress {
            bytes: (self.bytes - before) as usize,
            more: true,
            changed,
        }
    }

    fn status(&self) -> Status {
        Status {
            bytes: self.bytes,
            lag_bytes: self.shared.queued_bytes.load(Ordering::Relaxed),
            up: self.shared.up.load(Ordering::Relaxed),
            truncated: self.truncated,
            dropped: self.shared.dropped.load(Ordering::Relaxed),
            refused: self.shared.refused.load(Ordering::Relaxed),
            ..Status::default()
        }
    }

    fn directories(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn position(&self) -> Position {
        match &self.cursor {
            Some(cursor) => Position::Cursor(cursor.clone()),
            None => Position::Unset,
        }
    }
}

impl Drop for ChannelSource {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends() -> (ChannelSource, ChannelSender) {
        ChannelSource::new(None, Arc::new(|| {}), || {})
    }

    fn batch_of(received: usize) -> Batch {
        let mut batch = Batch::default();
        batch.push(StreamId::SINGLE, b"line", 100, received);
        batch
    }

    #[test]
    fn lines_are_handed_over_in_order_in_runs_of_one_stream() {
        let (mut source, sender) = ends();
        let (one, two) = (StreamId(1), StreamId(2));
        let mut batch = Batch::default();
        let mut expected = Vec::new();
        for (stream, lines) in [(one, 2), (two, 1), (one, lines::MAX_BATCH + 1), (two, 1)] {
            for _ in 0..lines {
                let line = format!("line {}", expected.len());
                batch.push(stream, line.as_bytes(), 100, line.len());
                expected.push((stream, line));
            }
        }
        sender.send(batch).expect("sent");
        let (mut seen, mut calls) = (Vec::new(), Vec::new());
        let sink = &mut |stream, lines: &[&[u8]]| {
            let text = |line: &&[u8]| (stream, String::from_utf8_lossy(line).into_owned());
            seen.extend(lines.iter().map(text));
            calls.push((stream, lines.len()));
        };
        source.read(usize::MAX, &mut ReadBuffer::new(100), sink);
        assert_eq!(seen, expected);
        assert_eq!(
            calls,
            [
                (one, 2),
                (two, 1),
                (one, lines::MAX_BATCH),
                (one, 1),
                (two, 1)
            ]
        );
    }

    #[test]
    fn the_lag_is_right_even_if_a_batch_is_read_before_sending_it_has_returned() {
        let (mut source, sender) = ends();
        let buffer = &mut ReadBuffer::new(100);
        let sent = sender.enqueue(batch_of(7), |batch| {
            let sent = sender.batches.try_send(batch);
            assert_eq!(source.status().lag_bytes, 7);
            source.read(usize::MAX, buffer, &mut |_, _| {});
            assert_eq!(source.status().lag_bytes, 0);
            sent
        });
        assert!(sent.is_ok());
        assert_eq!(source.status().lag_bytes, 0);
    }

    #[test]
    fn a_batch_that_a_full_queue_gives_back_is_not_counted_as_lag() {
        let (mut source, sender) = ends();
        for _ in 0..QUEUE {
            assert!(matches!(sender.try_send(batch_of(5)), Ok(None)));
        }
        assert!(matches!(sender.try_send(batch_of(5)), Ok(Some(_))));
        assert_eq!(source.status().lag_bytes, 5 * QUEUE as u64);
        source.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, _| {});
        assert_eq!(source.status().lag_bytes, 0);
    }

    #[test]
    fn bytes_and_truncated_lines_of_all_batches_are_counted() {
        let (mut source, sender) = ends();
        for _ in 0..2 {
            let mut batch = Batch::default();
            batch.push(StreamId::SINGLE, b"a line that is too long", 4, 24);
            batch.push(StreamId::SINGLE, b"line", 4, 5);
            batch.count(100, 2);
            sender.send(batch).expect("sent");
        }
        source.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, _| {});
        let status = source.status();
        assert_eq!((status.bytes, status.truncated), (258, 6));
    }

    #[test]
    fn each_read_ends_with_the_batch_that_reaches_the_budget_and_its_cursor() {
        let (mut source, sender) = ends();
        assert_eq!(source.position(), Position::Unset);
        for cursor in [Some("a"), None, Some("b"), None] {
            let mut batch = batch_of(5);
            if let Some(cursor) = cursor {
                batch.set_cursor(cursor.to_owned());
            }
            sender.send(batch).expect("sent");
        }
        for (bytes, more, cursor) in [(10, true, "a"), (10, true, "b"), (0, false, "b")] {
            let progress = source.read(6, &mut ReadBuffer::new(100), &mut |_, _| {});
            assert_eq!((progress.bytes, progress.more), (bytes, more));
            assert_eq!(progress.changed, bytes > 0);
            assert_eq!(source.position(), Position::Cursor(cursor.to_owned()));
        }
    }
}
