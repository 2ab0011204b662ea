//! Log files on file systems that may not answer, followed by a thread of their own.
//!
//! The engine's thread reads all other logs, and must not wait for a file system over a network. This thread looks for changes
//! at intervals, because such file systems do not report those that other machines make.

use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::time::{Duration, Instant};

use tracing::{error, info};

use super::channel_source::Batch;
use super::input::{Files, Framing, Input};
use super::interface::{Hint, Progress, Source, Status, Wake};
use super::position::Position;
use super::read_buffer::ReadBuffer;
use super::stream_id::StreamId;
use super::tail::Tail;

/// How often the logs are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(500);
/// About how many bytes of lines are handed over together, with the position after them.
const PORTION: usize = 256 * 1024;
/// How many portions the queue holds.
const QUEUE: usize = 4;
/// How long an operation may take before the file system counts as not answering.
const SILENT_AFTER: Duration = Duration::from_secs(15);

/// What was read by one call of [`Tail::read`].
struct Portion {
    lines: Batch,
    bytes: usize,
    /// How much is read and left after these lines.
    status: Status,
    /// Where another process continues after these lines, if that has changed.
    position: Option<Position>,
}

/// The engine's end.
pub(super) struct ThreadedTail {
    /// The name of the source, for log messages.
    name: String,
    framing: Framing,
    portions: Receiver<Portion>,
    /// Changed configurations. The thread ends when this is closed.
    changes: Sender<Files>,
    activity: Arc<Activity>,
    /// As of the last portion that was handed over.
    status: Status,
    position: Position,
    /// Whether it was logged that the file system does not answer.
    is_silent: bool,
}

/// Starts a thread that follows files in lines of up to `cap` bytes. It continues from `position`.
///
/// # Errors
///
/// If the thread cannot be started.
pub(super) fn open(
    name: &str,
    files: &Files,
    position: Position,
    cap: usize,
    wake: Wake,
) -> io::Result<ThreadedTail> {
    let (sender, portions) = sync_channel(QUEUE);
    let (changes, changed) = channel();
    let activity = Arc::new(Activity::new());
    let follower = Follower {
        portions: sender,
        changes: changed,
        wake,
        activity: Arc::clone(&activity),
        buffer: ReadBuffer::new(cap),
        reported: Status::default(),
    };
    let start = (files.clone(), position.clone());
    std::thread::Builder::new()
        .name("tail".into())
        // It ends when the source is dropped; one that waits for its file system, when that answers.
        .spawn(move || follower.run(&start.0, start.1))?;
    Ok(ThreadedTail {
        name: name.to_owned(),
        framing: files.framing,
        portions,
        changes,
        activity,
        status: Status::default(),
        position,
        is_silent: false,
    })
}

impl ThreadedTail {
    /// Logs when the file system stops answering, and when it answers again.
    fn note_silence(&mut self) {
        let is_silent = self.activity.is_silent(SILENT_AFTER);
        if std::mem::replace(&mut self.is_silent, is_silent) != is_silent {
            let source = &self.name;
            if is_silent {
                error!(source, "the file system of the logs does not answer");
            } else {
                info!(source, "the file system of the logs answers again");
            }
        }
    }
}

impl Source for ThreadedTail {
    fn hint(&mut self, hint: Hint<'_>) {
        if hint == Hint::Tick {
            self.note_silence();
        }
    }

    fn read(
        &mut self,
        budget: usize,
        _: &mut ReadBuffer,
        sink: &mut dyn FnMut(StreamId, &[&[u8]]),
    ) -> Progress {
        let mut progress = Progress {
            bytes: 0,
            more: false,
            changed: false,
        };
        while let Ok(portion) = self.portions.try_recv() {
            portion.lines.hand_over(sink);
            self.status = portion.status;
            if let Some(position) = portion.position {
                self.position = position;
                progress.changed = true;
            }
            progress.bytes += portion.bytes;
            if progress.bytes >= budget {
                progress.more = true;
                break;
            }
        }
        progress
    }

    fn status(&self) -> Status {
        Status {
            up: self.status.up && !self.is_silent,
            ..self.status.clone()
        }
    }

    fn directories(&self) -> Vec<PathBuf> {
        // To watch them would wait for the file system.
        Vec::new()
    }

    fn position(&self) -> Position {
        self.position.clone()
    }

    fn reconfigure(&mut self, input: &Input) -> bool {
        match input {
            Input::Files(files) if files.framing == self.framing => {
                self.changes.send(files.clone()).is_ok()
            }
            _ => false,
        }
    }
}

/// The thread's end.
struct Follower {
    portions: SyncSender<Portion>,
    changes: Receiver<Files>,
    wake: Wake,
    activity: Arc<Activity>,
    buffer: ReadBuffer,
    /// The status in the last portion.
    reported: Status,
}

impl Follower {
    /// Runs until the source is dropped.
    fn run(mut self, files: &Files, position: Position) {
        let activity = Arc::clone(&self.activity);
        let mut tail = activity.during(|| Tail::new(files, position));
        while self.read(&mut tail).is_continue() {
            match self.changes.recv_timeout(CHECK_INTERVAL) {
                Ok(files) => activity.during(|| tail.configure(&files)),
                Err(RecvTimeoutError::Timeout) => activity.during(|| {
                    tail.hint(Hint::Rescan);
                    tail.hint(Hint::Tick);
                }),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    }

    /// Hands over all that is new. Breaks if the source was dropped.
    fn read(&mut self, tail: &mut Tail) -> ControlFlow<()> {
        loop {
            let mut lines = Batch::default();
            let sink = &mut |stream, cut: &[&[u8]]| {
                for line in cut {
                    lines.push_trimmed(stream, line);
                }
            };
            let buffer = &mut self.buffer;
            let progress = self.activity.during(|| tail.read(PORTION, buffer, sink));
            let status = tail.status();
            if progress.changed || status != self.reported {
                self.reported = status.clone();
                let portion = Portion {
                    lines,
                    bytes: progress.bytes,
                    status,
                    position: progress.changed.then(|| tail.position()),
                };
                if self.portions.send(portion).is_err() {
                    return ControlFlow::Break(());
                }
                (self.wake)();
            }
            if !progress.more {
                // The process could not end with open files while their file system does not answer: to close a file of FUSE
                // waits for it, too.
                self.activity.during(|| tail.close_read_files());
                return ControlFlow::Continue(());
            }
        }
    }
}

/// Since when the thread has been waiting for the file system.
struct Activity {
    start: Instant,
    /// In milliseconds after the start, plus one; 0 if it is not waiting.
    since: AtomicU64,
}

impl Activity {
    fn new() -> Self {
        Activity {
            start: Instant::now(),
            since: AtomicU64::new(0),
        }
    }

    /// Does something for which the file system has to answer.
    fn during<T>(&self, operation: impl FnOnce() -> T) -> T {
        let now = self.start.elapsed().as_millis() as u64;
        self.since.store(now + 1, Ordering::Relaxed);
        let result = operation();
        self.since.store(0, Ordering::Relaxed);
        result
    }

    /// Whether the thread has been waiting for longer than `limit`.
    fn is_silent(&self, limit: Duration) -> bool {
        let since = self.since.load(Ordering::Relaxed);
        since.checked_sub(1).is_some_and(|since| {
            self.start.elapsed() > limit.saturating_add(Duration::from_millis(since))
        })
    }
}

#[cfg(test)]
#[path = "threaded_tail_tests.rs"]
mod tests;
