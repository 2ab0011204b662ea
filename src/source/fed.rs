//! A source whose lines come from a thread that waits for them.
//!
//! It stands apart because the journal, syslog and pipes differ in how lines come in, and in nothing
//! behind that: a bounded queue, from which the engine takes whole batches. A thread that is faster
//! than the engine waits, or drops and says how much.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use super::{News, Place, Progress, Scratch, Source, Status, StreamId, Wake, lines};

/// Batches that wait at a time.
pub(crate) const QUEUE: usize = 32;

/// From how many bytes on a batch is full.
const FULL: usize = 64 * 1024;

/// From how many lines on a batch is full: even the shortest take room.
const MANY: usize = 4096;

/// Lines that are handed over together.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    bytes: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    /// Runs of lines of one stream: how many lines there are up to the run's end, and the stream.
    runs: Vec<(usize, StreamId)>,
    /// Bytes that came in for these lines, their frames included.
    received: u64,
    truncated: u64,
    /// Where reading goes on behind the last of them, in words of the source's own.
    cursor: Option<String>,
}

impl Batch {
    /// Adds a line of a stream without its newline, of which at most `cap` bytes are kept.
    /// `received` is what it took to get it, in bytes.
    pub fn push(&mut self, stream: StreamId, line: &[u8], cap: usize, received: usize) {
        let (line, truncated) = lines::trim(line, cap);
        self.bytes.extend_from_slice(line);
        self.ends.push(self.bytes.len());
        let end = self.ends.len();
        match self.runs.last_mut() {
            Some((run_end, last)) if *last == stream => *run_end = end,
            _ => self.runs.push((end, stream)),
        }
        self.received += received as u64;
        self.truncated += u64::from(truncated);
    }

    /// Counts bytes that came in, and lines that were cut before they were added.
    pub fn count(&mut self, received: usize, truncated: u64) {
        self.received += received as u64;
        self.truncated += truncated;
    }

    /// Notes where reading goes on behind the last line.
    pub fn set_cursor(&mut self, cursor: String) {
        self.cursor = Some(cursor);
    }

    /// Whether it should be sent before more lines are added.
    pub fn is_full(&self) -> bool {
        self.bytes.len() >= FULL || self.ends.len() >= MANY
    }

    /// Hands over its lines, in their order.
    fn hand_over(&self, sink: &mut dyn FnMut(StreamId, &[&[u8]])) {
        let (mut start, mut first) = (0, 0);
        let mut cut = [&b""[..]; lines::AT_ONCE];
        for &(end, stream) in &self.runs {
            for ends in self.ends[first..end].chunks(lines::AT_ONCE) {
                for (line, &end) in cut.iter_mut().zip(ends) {
                    *line = &self.bytes[start..end];
                    start = end;
                }
                sink(stream, &cut[..ends.len()]);
            }
            first = end;
        }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty() && self.cursor.is_none()
    }
}

/// What both ends know.
#[derive(Default)]
struct Shared {
    up: AtomicBool,
    dropped: AtomicU64,
    waiting: AtomicU64,
}

/// The thread's end.
pub(crate) struct Feeder {
    batches: SyncSender<Batch>,
    shared: Arc<Shared>,
    wake: Wake,
}

/// The source is no longer wanted: the thread should end.
#[derive(Debug)]
pub(crate) struct Unwanted;

impl Feeder {
    /// Hands a batch over, and waits while the queue is full.
    pub fn send(&self, batch: Batch) -> Result<(), Unwanted> {
        self.shared
            .waiting
            .fetch_add(batch.received, Ordering::Relaxed);
        self.batches.send(batch).map_err(|_| Unwanted)?;
        (self.wake)();
        Ok(())
    }

    /// Hands a batch over if there is room, and gives it back while the queue is full.
    pub fn try_send(&self, batch: Batch) -> Result<Option<Batch>, Unwanted> {
        let received = batch.received;
        match self.batches.try_send(batch) {
            Ok(()) => {
                self.shared.waiting.fetch_add(received, Ordering::Relaxed);
                (self.wake)();
                Ok(None)
            }
            Err(TrySendError::Full(batch)) => Ok(Some(batch)),
            Err(TrySendError::Disconnected(_)) => Err(Unwanted),
        }
    }

    /// Counts lines that were lost before they could be handed over.
    pub fn count_dropped(&self, lines: u64) {
        self.shared.dropped.fetch_add(lines, Ordering::Relaxed);
    }

    /// Says whether lines can come in now.
    pub fn set_up(&self, up: bool) {
        self.shared.up.store(up, Ordering::Relaxed);
    }
}

/// The engine's end.
pub(crate) struct Fed {
    name: String,
    batches: Receiver<Batch>,
    shared: Arc<Shared>,
    bytes: u64,
    truncated: u64,
    cursor: Option<String>,
    /// Ends what feeds it.
    stop: Option<Box<dyn FnOnce() + Send>>,
}

impl Fed {
    /// Both ends. `cursor` is where reading went on the last time; `stop` ends what feeds it, and is
    /// called when the source is dropped.
    pub fn new(
        name: String,
        cursor: Option<String>,
        wake: Wake,
        stop: impl FnOnce() + Send + 'static,
    ) -> (Self, Feeder) {
        let (sender, batches) = sync_channel(QUEUE);
        let shared = Arc::new(Shared::default());
        let feeder = Feeder {
            batches: sender,
            shared: Arc::clone(&shared),
            wake,
        };
        let fed = Fed {
            name,
            batches,
            shared,
            bytes: 0,
            truncated: 0,
            cursor,
            stop: Some(Box::new(stop)),
        };
        (fed, feeder)
    }
}

impl Source for Fed {
    fn name(&self) -> &str {
        &self.name
    }

    fn notice(&mut self, _: News<'_>) {}

    fn read(
        &mut self,
        budget: usize,
        _: &mut Scratch,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress {
        let before = self.bytes;
        let mut changed = false;
        // Only whole batches: the cursor is that of a batch's end.
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
                .waiting
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
            lag_bytes: self.shared.waiting.load(Ordering::Relaxed),
            up: self.shared.up.load(Ordering::Relaxed),
            truncated: self.truncated,
            dropped: self.shared.dropped.load(Ordering::Relaxed),
            ..Status::default()
        }
    }

    fn directories(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn place(&self) -> Place {
        match &self.cursor {
            Some(cursor) => Place::Cursor(cursor.clone()),
            None => Place::Nowhere,
        }
    }
}

impl Drop for Fed {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_handed_over_in_order_in_runs_of_one_stream() {
        let (mut source, sender) = Fed::new("x".into(), None, Arc::new(|| {}), || {});
        let (one, two) = (StreamId(1), StreamId(2));
        let mut batch = Batch::default();
        let mut expected = Vec::new();
        for (stream, lines) in [(one, 2), (two, 1), (one, lines::AT_ONCE + 1), (two, 1)] {
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
        source.read(usize::MAX, &mut Scratch::new(100), sink);
        assert_eq!(seen, expected);
        assert_eq!(
            calls,
            [
                (one, 2),
                (two, 1),
                (one, lines::AT_ONCE),
                (one, 1),
                (two, 1)
            ]
        );
    }
}
