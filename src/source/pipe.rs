//! Standard input and named pipes.
//!
//! They stand apart because they are the one input that cannot be read again: a thread reads them
//! no faster than the engine counts, so that the writer waits and nothing is dropped. It waits for
//! the pipe and for its own end at once.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use tracing::{info, warn};

use super::fed::{Batch, Fed, Feeder, Unwanted};
use super::{StreamId, Wake, lines};

/// How long it waits before it looks whether the name means another pipe now, or one at all.
const LOOK: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// Starts reading a named pipe, or standard input if the path is `-`.
///
/// # Errors
///
/// If there is something else than a pipe, and if no thread can be started.
pub(crate) fn open(name: String, path: &Path, cap: usize, wake: Wake) -> io::Result<Fed> {
    let stdin = path == Path::new("-");
    if !stdin && let Ok(metadata) = std::fs::metadata(path) {
        check(&metadata)?;
    }
    let (end, stop) = UnixStream::pair()?;
    // Closing the other end is what the thread sees.
    let (fed, feeder) = Fed::new(name, None, wake, move || drop(stop));
    let mut reader = Reader {
        path: path.to_owned(),
        feeder,
        end,
        buffer: vec![0; lines::buffer_size(cap)],
        filled: 0,
        skipping: false,
        cap,
    };
    std::thread::Builder::new()
        .name("pipe".into())
        .spawn(move || {
            // It ends early only because it is no longer wanted.
            let _ = if stdin {
                reader.read_stdin()
            } else {
                reader.read_pipe()
            };
        })?;
    Ok(fed)
}

fn check(metadata: &std::fs::Metadata) -> io::Result<()> {
    if metadata.file_type().is_fifo() {
        return Ok(());
    }
    let kind = io::ErrorKind::InvalidInput;
    Err(io::Error::new(kind, "not a named pipe"))
}

struct Reader {
    path: PathBuf,
    feeder: Feeder,
    /// At its end when the source is dropped.
    end: UnixStream,
    buffer: Vec<u8>,
    /// How much of the buffer holds an unfinished line.
    filled: usize,
    skipping: bool,
    cap: usize,
}

impl Reader {
    fn read_stdin(&mut self) -> Result<(), Unwanted> {
        let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let result = match input {
            Ok(input) => {
                self.feeder.set_up(true);
                self.read_to_end(&input, None)?
            }
            Err(error) => Err(error),
        };
        self.feeder.set_up(false);
        match result {
            Ok(()) => info!("standard input is at its end"),
            Err(error) => warn!(%error, "cannot read standard input"),
        }
        Ok(())
    }

    fn read_pipe(&mut self) -> Result<(), Unwanted> {
        let mut trouble = None;
        let mut open: Option<File> = None;
        loop {
            // The old descriptor is closed behind the opening of the new one: a pipe that nobody
            // has open forgets what is in it.
            let result = match open_pipe(&self.path) {
                Ok(input) => {
                    drop(open.replace(input.0));
                    self.feeder.set_up(true);
                    trouble = None;
                    match &open {
                        Some(input_file) => self.read_to_end(input_file, Some(input.1))?,
                        None => Ok(()),
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                open = None;
                self.feeder.set_up(false);
                if trouble.replace(error.kind()) != Some(error.kind()) {
                    warn!(path = %self.path.display(), %error, "cannot read pipe, trying again");
                }
                self.wait(None)?;
            }
        }
    }

    /// Reads until every writer has gone, or the path means something else than `identity`.
    fn read_to_end(
        &mut self,
        mut input: &File,
        identity: Option<(u64, u64)>,
    ) -> Result<io::Result<()>, Unwanted> {
        loop {
            if !self.wait(Some(input))? {
                let moved = identity.is_some() && identity_of(&self.path) != identity;
                if !moved {
                    continue;
                }
                self.finish()?;
                return Ok(Ok(()));
            }
            match input.read(&mut self.buffer[self.filled..]) {
                Ok(0) => {
                    self.finish()?;
                    return Ok(Ok(()));
                }
                Ok(n) => self.hand_over(n)?,
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock
                    ) => {}
                Err(error) => {
                    self.finish()?;
                    return Ok(Err(error));
                }
            }
        }
    }

    /// Waits until there is something to read; false if there was nothing for a while.
    fn wait(&self, input: Option<&File>) -> Result<bool, Unwanted> {
        let mut descriptors = vec![PollFd::new(&self.end, PollFlags::IN)];
        descriptors.extend(input.map(|input| PollFd::new(input, PollFlags::IN)));
        // An interruption is as good as nothing to read.
        let _ = poll(&mut descriptors, Some(&LOOK));
        if !descriptors[0].revents().is_empty() {
            return Err(Unwanted);
        }
        Ok(descriptors
            .get(1)
            .is_some_and(|it| !it.revents().is_empty()))
    }

    /// Hands over the lines that `n` more bytes finish.
    fn hand_over(&mut self, n: usize) -> Result<(), Unwanted> {
        let filled = self.filled + n;
        let mut batch = Batch::default();
        let cap = self.cap;
        let cut = lines::split(
            &self.buffer[..filled],
            cap,
            &mut self.skipping,
            &mut |lines| {
                for line in lines {
                    batch.push(StreamId::SINGLE, line, cap, 0);
                }
            },
        );
        batch.count(cut.consumed, cut.truncated);
        self.buffer.copy_within(cut.consumed..filled, 0);
        self.filled = filled - cut.consumed;
        if cut.consumed == 0 {
            return Ok(());
        }
        self.feeder.send(batch)
    }

    /// Hands over the unfinished line, because nothing will finish it.
    fn finish(&mut self) -> Result<(), Unwanted> {
        self.skipping = false;
        let filled = std::mem::take(&mut self.filled);
        if filled == 0 {
            return Ok(());
        }
        let mut batch = Batch::default();
        let line = &self.buffer[..filled];
        batch.push(StreamId::SINGLE, line, self.cap, filled);
        self.feeder.send(batch)
    }
}

fn identity_of(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Opens a named pipe without waiting for a writer, and tells which it is.
fn open_pipe(path: &Path) -> io::Result<(File, (u64, u64))> {
    // What is no pipe may do something when it is opened.
    check(&std::fs::metadata(path)?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok((file, (metadata.dev(), metadata.ino())))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::super::{Scratch, Source};
    use super::*;

    #[test]
    fn a_path_that_is_no_pipe_is_refused_with_the_reason() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = open("x".into(), file.path(), 100, Arc::new(|| {})).err();
        assert_eq!(error.expect("refused").to_string(), "not a named pipe");
    }

    #[test]
    fn a_pipe_that_comes_later_is_read_and_the_thread_ends_with_the_source() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mail.fifo");
        let (news, woken) = channel();
        let wake = Arc::new(move || {
            let _ = news.send(());
        });
        let mut fed = open("x".into(), &path, 100, wake).expect("a source");
        assert!(!fed.status().up);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, Mode::RUSR | Mode::WUSR).expect("a pipe");
        // Opening waits for the reader.
        std::fs::write(&path, "one\ntwo\n").expect("written");
        woken.recv_timeout(Duration::from_secs(20)).expect("lines");
        let mut lines = Vec::new();
        fed.read(usize::MAX, &mut Scratch::new(100), &mut |_, batch| {
            lines.extend(batch.iter().map(|line| line.to_vec()));
        });
        assert_eq!(lines, [b"one", b"two"]);
        drop(fed);
        // The thread held the only other end of `woken`.
        let ended = woken.recv_timeout(Duration::from_secs(20));
        assert_eq!(ended, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
    }
}
