//! The systemd journal, read through `journalctl --follow --output=json`.
//!
//! The format of the journal's files is internal to systemd, and `journalctl` is installed wherever
//! there is a journal. `record` turns each of its records into a log line; this module starts it, and
//! starts it again when it ends.
//!
//! If this process is killed, `journalctl` ends with the next record that it cannot write.

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod fuzzing;
mod record;

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tracing::{info, warn};

use super::channel_source::{Batch, ChannelSender, ChannelSource, Closed};
use super::input::{Journal, ReadFrom};
use super::interface::Wake;
use super::lines::Lines;
use super::stream_id::StreamId;
use record::Record;

/// The program, which is searched for in `PATH`.
const PROGRAM: &str = "journalctl";

/// The longest record that is read, in bytes of JSON: up to four for each byte of a message that is
/// not UTF-8, and the message is truncated anyway.
const MAX_RECORD_BYTES: usize = 1024 * 1024;

/// The shortest and the longest pause before it is started again.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(30));

/// The fields that are requested; cursor and time are always included.
const FIELDS: &str =
    "MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_HOSTNAME,_SOURCE_REALTIME_TIMESTAMP";

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
    // Fail now rather than retry forever.
    Command::new(PROGRAM)
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .map_err(|error| io::Error::new(error.kind(), format!("cannot run {PROGRAM}: {error}")))?;
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
        journal: journal.clone(),
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
    journal: Journal,
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
            let mut child = command(&self.journal, self.cursor.as_deref()).spawn()?;
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
        let read = stdout.map_or(Ok(()), |stdout| self.read(stdout));
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

    /// Hands over all records of one run.
    fn read(&mut self, stdout: impl Read) -> Result<(), Failure> {
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
                            batch.push(StreamId::SINGLE, &text, self.cap, raw.len() + 1);
                        }
                        let cursor = record.cursor.into_owned();
                        self.cursor = Some(cursor.clone());
                        batch.set_cursor(cursor);
                        if batch.is_full() {
                            full.push(std::mem::take(&mut batch));
                        }
                    }
                })
                .map_err(Failure::Io)?;
            let too_long = lines.truncated() - cut;
            if too_long > 0 {
                cut += too_long;
                self.sender.count_dropped(too_long);
            }
            full.push(batch);
            for batch in full.into_iter().filter(|batch| !batch.is_empty()) {
                self.sender.send(batch).map_err(|Closed| Failure::Closed)?;
            }
            if !more {
                return Ok(());
            }
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

/// `journalctl` with its arguments.
fn command(journal: &Journal, cursor: Option<&str>) -> Command {
    let mut command = Command::new(PROGRAM);
    command
        .args(["--follow", "--output=json", "--all", "--quiet"])
        .arg(format!("--output-fields={FIELDS}"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    match (cursor, journal.from) {
        (Some(cursor), _) => command
            .arg("--no-tail")
            .arg(format!("--after-cursor={cursor}")),
        (None, ReadFrom::Beginning) => command.arg("--no-tail"),
        (None, ReadFrom::End) => command.arg("--lines=0"),
    };
    if let Some(directory) = &journal.directory {
        command.arg("--directory").arg(directory);
    }
    for file in &journal.files {
        command.arg("--file").arg(file);
    }
    command.args(matches(journal));
    command
}

/// The matches for records with one of the units or one of the identifiers. With `--unit` and
/// `--identifier`, records would have to match both.
fn matches(journal: &Journal) -> Vec<String> {
    let units = journal.units.iter().map(|unit| {
        let ending = if unit.contains('.') { "" } else { ".service" };
        format!("_SYSTEMD_UNIT={unit}{ending}")
    });
    let identifiers = journal.identifiers.iter();
    let identifiers = identifiers.map(|name| format!("SYSLOG_IDENTIFIER={name}"));
    let either = !journal.units.is_empty() && !journal.identifiers.is_empty();
    let or = either.then(|| "+".to_owned());
    units.chain(or).chain(identifiers).collect()
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
    use super::*;

    #[test]
    fn records_of_a_unit_or_with_an_identifier_match() {
        let texts = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let journal = |units: &[&str], identifiers: &[&str]| Journal {
            units: texts(units),
            identifiers: texts(identifiers),
            ..Journal::default()
        };
        assert_eq!(matches(&journal(&[], &[])), Vec::<String>::new());
        assert_eq!(
            matches(&journal(&["postfix@-.service", "exim4"], &["postfix/smtp"])),
            [
                "_SYSTEMD_UNIT=postfix@-.service",
                "_SYSTEMD_UNIT=exim4.service",
                "+",
                "SYSLOG_IDENTIFIER=postfix/smtp",
            ]
        );
        assert_eq!(
            matches(&journal(&[], &["exim"])),
            ["SYSLOG_IDENTIFIER=exim"]
        );
    }

    #[test]
    fn the_last_line_of_the_error_output_is_kept() {
        assert_eq!(last_line(&b"one\ntwo \n\n"[..]), "two");
        assert_eq!(last_line(&b""[..]), "");
    }
}
