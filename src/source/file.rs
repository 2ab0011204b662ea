//! One open file, read from a position: what it takes to notice that the file is not what it was.
//!
//! It stands apart from [`super::tail`], which knows names and rotation, because a position
//! belongs to a file and not to its name.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::container::{self, Frames};
use super::{Framing, Scratch, lines};

/// How many bytes before the position are compared at each read. A file that was emptied and has
/// grown past the position since differs in them. Shorter ones can all be padding.
pub(crate) const ANCHOR: usize = 1024;

/// Which file a name meant when it was looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub fn of(metadata: &Metadata) -> Self {
        Identity {
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

/// What a file looked like when all of it had been read; as long as it looks the same, there is
/// nothing to read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    size: u64,
    seconds: i64,
    nanos: i64,
}

/// Where reading stopped in a file that is closed, and may go on if it is still the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FilePlace {
    /// The name by which it was read.
    pub(crate) path: PathBuf,
    identity: Identity,
    offset: u64,
    anchor: u32,
    skipping: bool,
    /// The parts of unfinished lines that lie before the position.
    #[serde(default)]
    frames: Option<Frames>,
}

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The budget is used up, and there may be more.
    More,
    /// All of it is read but for an unfinished line.
    AtEnd,
    /// The file was emptied; its position is at the beginning again.
    Truncated,
}

/// What a read handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Bytes of lines, newlines included.
    pub bytes: u64,
    /// Lines of which only the beginning was handed over.
    pub truncated: u64,
}

/// An open file and the position in it.
pub(crate) struct TailFile {
    file: File,
    identity: Identity,
    /// The offset of the first line that is not handed over.
    offset: u64,
    /// Checksum of the `min(offset, ANCHOR)` bytes before the position.
    anchor: u32,
    /// Inside a line whose beginning was handed over.
    skipping: bool,
    /// Takes the lines out of their frames, if they have any.
    frames: Option<Frames>,
    seen: Option<Seen>,
    size: u64,
    linked: bool,
    grew: Instant,
}

impl TailFile {
    /// Opens a file, to be read from its beginning.
    pub fn open(path: &Path, framing: Framing) -> io::Result<Self> {
        // Opening a pipe would wait for its writer.
        if !std::fs::metadata(path)?.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "not a regular file",
            ));
        }
        let file = File::open(path)?;
        // What the name means can change at any time; what is open cannot.
        let metadata = file.metadata()?;
        Ok(TailFile {
            file,
            identity: Identity::of(&metadata),
            offset: 0,
            anchor: checksum(b""),
            skipping: false,
            frames: (framing == Framing::Container).then(Frames::default),
            seen: None,
            size: metadata.len(),
            linked: true,
            grew: Instant::now(),
        })
    }

    /// Moves the position behind the last newline.
    pub fn seek_end(&mut self, scratch: &mut Scratch) -> io::Result<()> {
        let mut end = self.file.metadata()?.len();
        let buffer = &mut scratch.buffer;
        while end > 0 {
            let from = end.saturating_sub(buffer.len() as u64);
            let n = self.read_at(&mut buffer[..(end - from) as usize], from)?;
            if let Some(newline) = memchr::memrchr(b'\n', &buffer[..n]) {
                self.offset = from + newline as u64 + 1;
                let anchor = (self.offset as usize).min(ANCHOR);
                let n = self.read_at(&mut buffer[..anchor], self.offset - anchor as u64)?;
                self.anchor = checksum(&buffer[..n]);
                return Ok(());
            }
            end = from;
        }
        Ok(())
    }

    /// Which file it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The offset of the first line that is not handed over.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// What it takes to go on from here with another descriptor.
    pub fn place(&self, path: &Path) -> FilePlace {
        let &TailFile {
            identity,
            offset,
            anchor,
            skipping,
            ..
        } = self;
        FilePlace {
            path: path.to_owned(),
            identity,
            offset,
            anchor,
            skipping,
            frames: self.frames.clone(),
        }
    }

    /// Goes on from a position, if it is one in this file. Should the file have changed before
    /// it, the next read tells.
    pub fn resume(&mut self, position: &FilePlace) -> bool {
        let same = position.identity == self.identity;
        if same {
            self.offset = position.offset;
            self.anchor = position.anchor;
            self.skipping = position.skipping;
            if self.frames.is_some() {
                self.frames = Some(position.frames.clone().unwrap_or_default());
            }
        }
        same
    }

    /// Whether the file has a name now.
    pub fn has_name(&self) -> bool {
        self.file
            .metadata()
            .is_ok_and(|metadata| metadata.nlink() > 0)
    }

    /// Whether the file still had a name when it was last read.
    pub fn linked(&self) -> bool {
        self.linked
    }

    /// For how long nothing new has come.
    pub fn quiet(&self) -> Duration {
        self.grew.elapsed()
    }

    /// Bytes behind the position, as of the last read.
    pub fn lag(&self) -> u64 {
        self.size.saturating_sub(self.offset)
    }

    /// Hands over up to about `budget` bytes of complete lines.
    pub fn read(
        &mut self,
        budget: usize,
        scratch: &mut Scratch,
        tally: &mut Tally,
        sink: &mut dyn FnMut(&[u8]),
    ) -> io::Result<Read> {
        let metadata = self.file.metadata()?;
        self.size = metadata.len();
        self.linked = metadata.nlink() > 0;
        let now = Seen {
            size: metadata.len(),
            seconds: metadata.mtime(),
            nanos: metadata.mtime_nsec(),
        };
        if self.seen == Some(now) {
            return Ok(Read::AtEnd);
        }
        if self.size < self.offset {
            return Ok(self.restart());
        }
        self.grew = Instant::now();
        let mut used = 0;
        loop {
            let anchor = (self.offset as usize).min(ANCHOR);
            let n = self.read_at(&mut scratch.buffer, self.offset - anchor as u64)?;
            let (before, data) = scratch.buffer[..n].split_at(anchor.min(n));
            if before.len() < anchor || checksum(before) != self.anchor {
                return Ok(self.restart());
            }
            let cap = scratch.cap;
            let cut = split(&mut self.frames, data, cap, &mut self.skipping, sink);
            let at_end = n < scratch.buffer.len();
            if cut.consumed > 0 {
                self.offset += cut.consumed as u64;
                let to = anchor + cut.consumed;
                self.anchor = checksum(&scratch.buffer[to - to.min(ANCHOR)..to]);
                tally.bytes += cut.consumed as u64;
                tally.truncated += cut.truncated;
                used += cut.consumed;
                self.size = self.size.max(self.offset);
            }
            if at_end {
                // As it was before the read: what came since makes it look different.
                self.seen = Some(now);
                return Ok(Read::AtEnd);
            }
            if used >= budget {
                return Ok(Read::More);
            }
        }
    }

    /// Hands over the unfinished last line, because nothing will finish it.
    pub fn flush(
        &mut self,
        scratch: &mut Scratch,
        tally: &mut Tally,
        sink: &mut dyn FnMut(&[u8]),
    ) -> io::Result<()> {
        let n = self.read_at(&mut scratch.buffer, self.offset)?;
        // Something may have been written since the last read, newlines included.
        let (data, cap) = (&scratch.buffer[..n], scratch.cap);
        let cut = split(&mut self.frames, data, cap, &mut self.skipping, sink);
        tally.truncated += cut.truncated;
        let rest = &data[cut.consumed..];
        match &mut self.frames {
            Some(frames) => {
                if !rest.is_empty() {
                    tally.truncated += u64::from(frames.take(rest, cap, sink));
                }
                tally.truncated += frames.finish(cap, sink);
            }
            None if !rest.is_empty() => {
                let (line, truncated) = lines::trim(rest, cap);
                tally.truncated += u64::from(truncated);
                sink(line);
            }
            None => {}
        }
        tally.bytes += n as u64;
        self.offset += n as u64;
        Ok(())
    }

    fn restart(&mut self) -> Read {
        self.offset = 0;
        self.anchor = checksum(b"");
        self.skipping = false;
        // The rest of an unfinished line went with the file's content.
        if let Some(frames) = &mut self.frames {
            *frames = Frames::default();
        }
        self.seen = None;
        Read::Truncated
    }

    /// Fills the buffer from an offset as far as the file goes.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        loop {
            match self.file.read_at(buffer, offset) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                result => return result,
            }
        }
    }
}

/// Cuts lines, and takes them out of their frames if they have any.
fn split(
    frames: &mut Option<Frames>,
    data: &[u8],
    cap: usize,
    skipping: &mut bool,
    sink: &mut dyn FnMut(&[u8]),
) -> lines::Cut {
    let Some(frames) = frames else {
        return lines::split(data, cap, skipping, sink);
    };
    // What counts is whether the text was cut, not the frame.
    let mut truncated = 0;
    let cut = lines::split(data, container::raw_cap(cap), skipping, &mut |raw| {
        truncated += u64::from(frames.take(raw, cap, sink));
    });
    lines::Cut { truncated, ..cut }
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    struct Log {
        path: tempfile::TempPath,
        scratch: Scratch,
    }

    impl Log {
        fn new(text: &str) -> Self {
            let path = tempfile::NamedTempFile::new()
                .expect("a file")
                .into_temp_path();
            std::fs::write(&path, text).expect("written");
            Log {
                path,
                scratch: Scratch::new(4096),
            }
        }

        fn append(&self, text: &str) {
            let mut file = File::options()
                .append(true)
                .open(&self.path)
                .expect("the file");
            file.write_all(text.as_bytes()).expect("written");
        }

        fn open(&self) -> TailFile {
            TailFile::open(&self.path, Framing::Plain).expect("the file")
        }

        fn read(&mut self, file: &mut TailFile) -> (Read, Vec<String>) {
            let mut lines = Vec::new();
            let mut sink = |line: &[u8]| lines.push(String::from_utf8_lossy(line).into_owned());
            let read = file.read(
                usize::MAX,
                &mut self.scratch,
                &mut Tally::default(),
                &mut sink,
            );
            (read.expect("read"), lines)
        }
    }

    #[test]
    fn a_file_that_is_given_up_hands_over_its_unfinished_line() {
        let mut log = Log::new("one\nunfinished");
        let mut file = log.open();
        assert_eq!(log.read(&mut file), (Read::AtEnd, vec!["one".to_owned()]));
        log.append(" until now\nagain");
        let (mut tally, mut lines) = (Tally::default(), Vec::new());
        for _ in 0..2 {
            let mut sink = |line: &[u8]| lines.push(line.to_vec());
            file.flush(&mut log.scratch, &mut tally, &mut sink)
                .expect("flushed");
        }
        assert_eq!(lines, [&b"unfinished until now"[..], b"again"]);
        assert_eq!((tally.bytes, file.lag()), (26, 0));
    }

    #[test]
    fn reading_goes_on_from_a_position_unless_the_file_has_changed_before_it() {
        let mut log = Log::new("one\ntwo\n");
        let mut file = log.open();
        log.read(&mut file);
        let position = file.place(Path::new("mail.log"));
        drop(file);
        log.append("three\n");
        let mut file = log.open();
        assert!(file.resume(&position));
        assert_eq!(log.read(&mut file), (Read::AtEnd, vec!["three".to_owned()]));

        std::fs::write(&log.path, "another file of the same name\n").expect("written");
        let mut file = log.open();
        assert!(file.resume(&position));
        assert_eq!(log.read(&mut file), (Read::Truncated, vec![]));
        assert_eq!(log.read(&mut file).1, ["another file of the same name"]);
    }

    #[test]
    fn the_end_is_behind_the_last_newline_however_far_back_it_is() {
        let long = "x".repeat(300_000);
        for (text, expected) in [
            (format!("one\ntwo\n{long}"), 8),
            (format!("{long}\nrest"), 300_001),
            (long.clone(), 0),
            (String::new(), 0),
        ] {
            let mut log = Log::new(&text);
            let mut file = log.open();
            file.seek_end(&mut log.scratch).expect("the end");
            assert_eq!(file.offset(), expected);
            log.append("\nnext\n");
            let (read, lines) = log.read(&mut file);
            assert_eq!(read, Read::AtEnd);
            assert_eq!(lines.last().map(String::as_str), Some("next"));
        }
    }

    #[test]
    fn a_folder_is_no_log() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(TailFile::open(folder.path(), Framing::Plain).is_err());
    }
}
