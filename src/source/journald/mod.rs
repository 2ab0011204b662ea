//! The systemd journal, read through `journalctl --follow --output=json`.
//!
//! The format of the journal's files is internal to systemd, and `journalctl` is installed wherever
//! there is a journal. `reader` says with which arguments, and `record` turns each of its records into a log line; this
//! module starts it, and starts it again when it ends.
//!
//! If this process is killed, `journalctl` ends with the next record that it cannot write.

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
mod reader;
mod record;

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::channel_source::{Batch, ChannelSender, ChannelSource, Closed};
use super::input::Journal;
use super::interface::Wake;
use super::lines::Lines;
use super::stream_id::StreamId;
use reader::{PROGRAM, Reader};
use record::Record;

/// The longest record that is read, in bytes of JSON: up to four for each byte of a message that is
/// not UTF-8, and the message is truncated anyway.
const MAX_RECORD_BYTES: usize = 1024 * 1024;

/// The shortest and the longest pause before it is started again.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// Starts reading the journal after `cursor`.
///
/// # Errors
///
/// If `journalctl` cannot be run, or the thread cannot be started.
pub(crate) fn open(
    name: String,
    journal: &Journal,
    cursor: Option<String>,
    cap: usize,
    wake: Wake,
) -> io::Result<ChannelSource> {
    let reader = Reader::new(journal.clone())?;
    let child = Arc::new(Mutex::new(None));
    let (stop, stopped) = channel();
    let running = Arc::clone(&child);
    let (source, sender) = ChannelSource::new(cursor.clone(), wake, move || {
        drop(stop);
        if let Some(child) = lock(&running).as_mut() {
            // It may have ended by itself.
            let _ = Child::kill(child);
        }
    });
    let follower = Follower {
        name,
        reader,
        cursor,
        cap,
        sender,
        child,
    };
    std::thread::Builder::new()
        .name("journald".into())
        .spawn(move || follower.run(&stopped))?;
    Ok(source)
}

/// Keeps `journalctl` running.
struct Follower {
    name: String,
    reader: Reader,
    /// That of the last record that was handed over.
    cursor: Option<String>,
    cap: usize,
    sender: ChannelSender,
    child: Arc<Mutex<Option<Child>>>,
}

impl Follower {
    fn run(mut self, stopped: &Receiver<()>) {
        let mut pause = PAUSES.0;
        loop {
            let started = Instant::now();
            match self.follow(stopped) {
                Ok(None) => return,
                Ok(Some((status, stderr))) => {
                    warn!(source = self.name, %status, stderr, "{PROGRAM} has ended, starting it again");
                }
                Err(error) => warn!(source = self.name, %error, "cannot follow the journal"),
            }
            self.sender.set_up(false);
            if started.elapsed() > PAUSES.1 {
                pause = PAUSES.0;
            }
            match stopped.recv_timeout(pause) {
                Err(RecvTimeoutError::Timeout) => pause = (2 * pause).min(PAUSES.1),
                _ => return,
            }
        }
    }

    /// Runs `journalctl` once, to its end. Returns its status and the last line of its standard error,
    /// or `None` if the source was closed.
    fn follow(&mut self, stopped: &Receiver<()>) -> io::Result<Option<(ExitStatus, String)>> {
        let (stdout, stderr) = {
            // Closing the source either finds the child or is seen here.
            let mut running = lock(&self.child);
            if let Err(std::sync::mpsc::TryRecvError::Disconnected) = stopped.try_recv() {
                return Ok(None);
            }
            let mut child = self.reader.command(self.cursor.as_deref()).spawn()?;
            let pipes = (child.stdout.take(), child.stderr.take());
            *running = Some(child);
            pipes
        };
        info!(
            source = self.name,
            cursor = self.cursor,
            "following the journal"
        );
        self.sender.set_up(true);
        let last_error = std::thread::spawn(move || stderr.map_or(String::new(), last_line));
        let read = stdout.map_or(Ok(()), |stdout| {
            hand_over(stdout, self.cap, &mut self.cursor, &self.sender)
        });
        let child = lock(&self.child).take();
        let status = match child {
            Some(mut child) => {
                // It has closed its output, or its output is no longer read.
                let _ = child.kill();
                child.wait()?
            }
            None => return Ok(None),
        };
        let last_error = last_error.join().unwrap_or_default();
        match read {
            Ok(()) => Ok(Some((status, last_error))),
            Err(Failure::Closed) => Ok(None),
            Err(Failure::Io(error)) => Err(error),
        }
    }
}

/// Hands over all records of one run, of which `cursor` is that of the last one then.
fn hand_over(
    stdout: impl Read,
    cap: usize,
    cursor: &mut Option<String>,
    sender: &ChannelSender,
) -> Result<(), Failure> {
    let mut lines = Lines::new(stdout, MAX_RECORD_BYTES);
    let mut text = Vec::new();
    let mut cut = 0;
    loop {
        let mut batch = Batch::default();
        let mut full = Vec::new();
        let more = lines
            .read(|records| {
                for raw in records {
                    // A record that is cut off was too long, or is read again after a restart.
                    let Ok(record) = serde_json::from_slice::<Record<'_>>(raw) else {
                        continue;
                    };
                    if record.write(&mut text) {
                        batch.push(StreamId::SINGLE, &text, cap, raw.len() + 1);
                    }
                    let of_record = record.cursor.into_owned();
                    *cursor = Some(of_record.clone());
                    batch.set_cursor(of_record);
                    if batch.is_full() {
                        full.push(std::mem::take(&mut batch));
                    }
                }
            })
            .map_err(Failure::Io)?;
        let too_long = lines.truncated() - cut;
        if too_long > 0 {
            cut += too_long;
            sender.count_dropped(too_long);
        }
        full.push(batch);
        for batch in full.into_iter().filter(|batch| !batch.is_empty()) {
            sender.send(batch).map_err(|Closed| Failure::Closed)?;
        }
        if !more {
            return Ok(());
        }
    }
}

enum Failure {
    Closed,
    Io(io::Error),
}

/// A panic cannot leave the value in an inconsistent state.
fn lock(child: &Mutex<Option<Child>>) -> MutexGuard<'_, Option<Child>> {
    child.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads to the end. Returns the last line that was not empty.
fn last_line(input: impl Read) -> String {
    let mut last = String::new();
    // A line longer than this is read as several.
    let mut input = BufReader::new(input);
    loop {
        let mut line = Vec::new();
        match input.by_ref().take(1000).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return last,
            Ok(_) => {
                let line = String::from_utf8_lossy(&line);
                if !line.trim().is_empty() {
                    line.trim().clone_into(&mut last);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::interface::Source;
    use super::super::position::Position;
    use super::super::read_buffer::ReadBuffer;
    use super::*;

    #[test]
    fn the_last_line_of_the_error_output_is_kept() {
        assert_eq!(last_line(&b"one\ntwo \n\n"[..]), "two");
        assert_eq!(last_line(&b""[..]), "");
    }

    #[test]
    fn records_are_handed_over_with_their_cursor_and_those_that_are_too_long_are_counted() {
        let (mut source, sender) = ChannelSource::new(None, Arc::new(|| {}), || {});
        let record = |cursor: &str, text: &str| {
            format!("{{\"__CURSOR\":\"{cursor}\",\"_PID\":\"7\",\"MESSAGE\":\"{text}\"}}\n")
        };
        let (one, two) = (record("a", "one"), record("c", "a line that is cut"));
        let too_long = record("b", &"x".repeat(MAX_RECORD_BYTES));
        let without_message = "{\"__CURSOR\":\"d\"}\n";
        let output = [&one, &too_long, &two, without_message, "{\"__CUR"].concat();
        let mut cursor = None;
        let read = hand_over(output.as_bytes(), 20, &mut cursor, &sender);
        assert!(read.is_ok());
        assert_eq!(cursor.as_deref(), Some("d"));
        let mut lines = Vec::new();
        source.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, batch| {
            let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
            lines.extend(batch.iter().map(text));
        });
        assert_eq!(lines, ["unknown[7]: one", "unknown[7]: a line t"]);
        let status = source.status();
        assert_eq!(status.bytes, (one.len() + two.len()) as u64);
        assert_eq!((status.dropped, status.truncated), (1, 1));
        assert_eq!(source.position(), Position::Cursor("d".to_owned()));
    }
}
