//! Standard input and named pipes.
//!
//! What is read from a pipe cannot be read again, so nothing is dropped: a thread reads no faster
//! than the engine counts, and the writer waits meanwhile.

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use tracing::{info, warn};

use super::channel_source::{Batch, ChannelSender, ChannelSource, Closed};
use super::interface::Wake;
use super::lines;
use super::stream_id::StreamId;

/// How long to wait before the path is checked again: it may lead to another pipe, or to none.
const CHECK_INTERVAL: Timespec = Timespec {
    tv_sec: 1,
    tv_nsec: 0,
};

/// Starts reading a named pipe, or standard input if the path is `-`.
///
/// # Errors
///
/// If the path exists and is not a pipe, and if the thread cannot be started.
pub(crate) fn open(path: &Path, cap: usize, wake: Wake) -> io::Result<ChannelSource> {
    let stdin = path == Path::new("-");
    if !stdin && let Ok(metadata) = std::fs::metadata(path) {
        check(&metadata)?;
    }
    let (end, stop) = UnixStream::pair()?;
    // The thread ends when the other end is closed.
    let (source, sender) = ChannelSource::new(None, wake, move || drop(stop));
    let mut reader = Reader {
        path: path.to_owned(),
        sender,
        end,
        buffer: vec![0; lines::buffer_size(cap)],
        filled: 0,
        skipping: false,
        cap,
    };
    std::thread::Builder::new()
        .name("pipe".into())
        .spawn(move || {
            // The only error is that the source was closed.
            let _ = if stdin {
                reader.read_stdin()
            } else {
                reader.read_pipe()
            };
        })?;
    Ok(source)
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
    sender: ChannelSender,
    /// Closed when the source is dropped.
    end: UnixStream,
    buffer: Vec<u8>,
    /// How many bytes of the buffer hold an unfinished line.
    filled: usize,
    skipping: bool,
    cap: usize,
}

impl Reader {
    fn read_stdin(&mut self) -> Result<(), Closed> {
        let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        let result = match input {
            Ok(input) => {
                self.sender.set_up(true);
                self.read_to_end(&input, None)?
            }
            Err(error) => Err(error),
        };
        self.sender.set_up(false);
        match result {
            Ok(()) => info!("standard input has ended"),
            Err(error) => warn!(%error, "cannot read standard input"),
        }
        Ok(())
    }

    fn read_pipe(&mut self) -> Result<(), Closed> {
        let mut reported = None;
        let mut open: Option<File> = None;
        loop {
            // The old descriptor is closed after the new one is opened: a pipe that no process has
            // open loses its content.
            let result = match open_pipe(&self.path) {
                Ok(input) => {
                    drop(open.replace(input.0));
                    self.sender.set_up(true);
                    reported = None;
                    match &open {
                        Some(input_file) => self.read_to_end(input_file, Some(input.1))?,
                        None => Ok(()),
                    }
                }
                Err(error) => Err(error),
            };
            if let Err(error) = result {
                open = None;
                self.sender.set_up(false);
                if reported.replace(error.kind()) != Some(error.kind()) {
                    warn!(path = %self.path.display(), %error, "cannot read pipe, trying again");
                }
                self.wait(None)?;
            }
        }
    }

    /// Reads until every writer has closed the pipe, or the path no longer leads to `identity`.
    fn read_to_end(
        &mut self,
        mut input: &File,
        identity: Option<(u64, u64)>,
    ) -> Result<io::Result<()>, Closed> {
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

    /// Waits until there is something to read; `false` if there was nothing for
    /// [`CHECK_INTERVAL`].
    fn wait(&self, input: Option<&File>) -> Result<bool, Closed> {
        let mut descriptors = vec![PollFd::new(&self.end, PollFlags::IN)];
        descriptors.extend(input.map(|input| PollFd::new(input, PollFlags::IN)));
        // An interruption is treated as nothing to read.
        let _ = poll(&mut descriptors, Some(&CHECK_INTERVAL));
        if !descriptors[0].revents().is_empty() {
            return Err(Closed);
        }
        Ok(descriptors
            .get(1)
            .is_some_and(|it| !it.revents().is_empty()))
    }

    /// Hands over the lines that are complete with `n` more bytes.
    fn hand_over(&mut self, n: usize) -> Result<(), Closed> {
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
        self.sender.send(batch)
    }

    /// Hands over the unfinished line, as no more of it will come.
    fn finish(&mut self) -> Result<(), Closed> {
        self.skipping = false;
        let filled = std::mem::take(&mut self.filled);
        if filled == 0 {
            return Ok(());
        }
        let mut batch = Batch::default();
        let line = &self.buffer[..filled];
        batch.push(StreamId::SINGLE, line, self.cap, filled);
        self.sender.send(batch)
    }
}

fn identity_of(path: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.dev(), metadata.ino()))
}

/// Opens a named pipe without waiting for a writer. Returns its device and inode too.
fn open_pipe(path: &Path) -> io::Result<(File, (u64, u64))> {
    // Opening another kind of file, such as a device, may have side effects.
    check(&std::fs::metadata(path)?)?;
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    let metadata = file.metadata()?;
    check(&metadata)?;
    Ok((file, (metadata.dev(), metadata.ino())))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::super::interface::Source;
    use super::super::read_buffer::ReadBuffer;
    use super::*;

    #[test]
    fn a_path_that_is_not_a_pipe_is_rejected() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let error = open(file.path(), 100, Arc::new(|| {})).err();
        assert_eq!(error.expect("refused").to_string(), "not a named pipe");
    }

    #[test]
    fn a_pipe_that_is_created_later_is_read_and_the_thread_ends_with_the_source() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("mail.fifo");
        let (wake, woken) = channel();
        let wake = Arc::new(move || {
            let _ = wake.send(());
        });
        let mut source = open(&path, 100, wake).expect("a source");
        assert!(!source.status().up);
        rustix::fs::mkfifoat(rustix::fs::CWD, &path, Mode::RUSR | Mode::WUSR).expect("a pipe");
        // Opening waits for the reader.
        std::fs::write(&path, "one\ntwo\n").expect("written");
        woken.recv_timeout(Duration::from_secs(20)).expect("lines");
        let mut lines = Vec::new();
        source.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, batch| {
            lines.extend(batch.iter().map(|line| line.to_vec()));
        });
        assert_eq!(lines, [b"one", b"two"]);
        drop(source);
        // The thread held the only other end of `woken`.
        let ended = woken.recv_timeout(Duration::from_secs(20));
        assert_eq!(ended, Err(std::sync::mpsc::RecvTimeoutError::Disconnected));
    }

    /// A pipe, its source, and what waits for the next batch and returns its lines.
    fn pipe_in(folder: &Path) -> (PathBuf, impl FnMut() -> Vec<String>) {
        let path = folder.join("mail.fifo");
        make(&path);
        let (wake, woken) = channel();
        let wake = Arc::new(move || {
            let _ = wake.send(());
        });
        let mut source = open(&path, 100, wake).expect("a source");
        let next = move || {
            woken.recv_timeout(Duration::from_secs(20)).expect("lines");
            let mut lines = Vec::new();
            source.read(usize::MAX, &mut ReadBuffer::new(100), &mut |_, batch| {
                let text = |line: &&[u8]| String::from_utf8_lossy(line).into_owned();
                lines.extend(batch.iter().map(text));
            });
            lines
        };
        (path, next)
    }

    fn make(path: &Path) {
        rustix::fs::mkfifoat(rustix::fs::CWD, path, Mode::RUSR | Mode::WUSR).expect("a pipe");
    }

    #[test]
    fn lines_that_are_written_in_pieces_are_put_together() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, mut next) = pipe_in(folder.path());
        // Opening waits for the reader.
        let mut writer = File::options().write(true).open(path).expect("opened");
        for (piece, line) in [("one\ntw", "one"), ("o\nthr", "two"), ("ee\n", "three")] {
            writer.write_all(piece.as_bytes()).expect("written");
            assert_eq!(next(), [line]);
        }
    }

    #[test]
    fn a_pipe_in_place_of_another_one_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, mut next) = pipe_in(folder.path());
        let mut writer = File::options().write(true).open(&path).expect("opened");
        writer.write_all(b"one\nunfinished").expect("written");
        assert_eq!(next(), ["one"]);
        std::fs::rename(&path, folder.path().join("old.fifo")).expect("renamed");
        make(&path);
        assert_eq!(next(), ["unfinished"]);
        std::fs::write(&path, "two\n").expect("written");
        assert_eq!(next(), ["two"]);
    }

    #[test]
    fn a_pipe_is_the_same_until_the_path_leads_to_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, old) = (folder.path().join("pipe"), folder.path().join("old"));
        make(&path);
        let (_pipe, identity) = open_pipe(&path).expect("opened");
        assert_eq!(identity_of(&path), Some(identity));
        std::fs::rename(&path, &old).expect("renamed");
        assert_eq!(identity_of(&path), None);
        make(&path);
        assert_ne!(identity_of(&path), Some(identity));
        assert_eq!(identity_of(&old), Some(identity));
    }
}
