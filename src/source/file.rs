//! One open file, read from a position: what it takes to notice that the file is not what it was.
//!
//! It stands apart from [`super::tail`], which knows names and rotation, because a position
//! belongs to a file and not to its name.

use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::container::{self, Frames};
use super::identity::{ANCHOR, FilePlace, HEAD, Identity, Stamp, State, Sum};
use super::unpack::{Packed, Packing};
use super::{Framing, Scratch, lines};

/// What a file looked like when all of it had been read; as long as it looks the same, there is
/// nothing to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub identity: Identity,
    size: u64,
    modified: Stamp,
}

impl Seen {
    pub fn of(metadata: &Metadata) -> Self {
        Seen {
            identity: Identity::of(metadata),
            size: metadata.len(),
            modified: Stamp::of(metadata),
        }
    }

    /// Whether a file that looks so is the one in which reading stopped there, unwritten since.
    pub fn is_that_of(&self, place: &FilePlace) -> bool {
        self.identity == place.identity && self.modified == place.modified
    }
}

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    /// The budget is used up, and there may be more.
    More,
    /// All of it is read but for an unfinished line.
    AtEnd,
    /// The file was emptied: nothing of it can be read before [`TailFile::restart`].
    Truncated,
}

/// What a read handed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Bytes of lines, newlines included.
    pub bytes: u64,
    /// Lines of which only the beginning was handed over.
    pub truncated: u64,
    /// Files that did not look as they did at the read before.
    pub looks: u64,
}

enum Content {
    Plain(File),
    Packed(Packed),
}

impl Content {
    /// Fills the buffer from an offset as far as the file goes.
    fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        match self {
            Content::Plain(file) => loop {
                match file.read_at(buffer, offset) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    result => return result,
                }
            },
            Content::Packed(packed) => packed.read_at(buffer, offset),
        }
    }
}

/// An open file and the position in it.
pub(crate) struct TailFile {
    content: Content,
    identity: Identity,
    /// Where its name led, if it was a link.
    pub target: Option<PathBuf>,
    /// Nobody writes to it: it is read once.
    pub settled: bool,
    /// The offset of the first line that is not handed over.
    offset: u64,
    head: Sum,
    /// The `min(offset, ANCHOR)` bytes before the position.
    anchor: Sum,
    /// Inside a line whose beginning was handed over.
    skipping: bool,
    /// Takes the lines out of their frames, if they have any.
    frames: Option<Frames>,
    seen: Option<Seen>,
    size: u64,
    modified: Stamp,
    born: Stamp,
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
        let packing = Packing::of(path);
        let mut file = TailFile {
            content: match packing {
                Some(packing) => Content::Packed(Packed::new(file, packing)),
                None => Content::Plain(file),
            },
            identity: Identity::of(&metadata),
            target: None,
            settled: packing.is_some(),
            offset: 0,
            head: Sum::of(b""),
            anchor: Sum::of(b""),
            skipping: false,
            frames: (framing == Framing::Container).then(Frames::default),
            seen: None,
            size: if packing.is_some() { 0 } else { metadata.len() },
            modified: Stamp::of(&metadata),
            born: Stamp::of_birth(&metadata),
            linked: true,
            grew: Instant::now(),
        };
        // Before anything of it is read its place must tell it from others already: it may wait
        // behind older files, and another process may have to find it compressed.
        file.head = Sum::of(&file.beginning()?);
        Ok(file)
    }

    /// Moves the position behind the last newline.
    pub fn seek_end(&mut self, scratch: &mut Scratch) -> io::Result<()> {
        let mut end = self.size;
        let buffer = &mut scratch.buffer;
        while end > 0 {
            let from = end.saturating_sub(buffer.len() as u64);
            let n = self
                .content
                .read_at(&mut buffer[..(end - from) as usize], from)?;
            if let Some(newline) = memchr::memrchr(b'\n', &buffer[..n]) {
                self.offset = from + newline as u64 + 1;
                let anchor = (self.offset as usize).min(ANCHOR);
                let n = self
                    .content
                    .read_at(&mut buffer[..anchor], self.offset - anchor as u64)?;
                self.anchor = Sum::of(&buffer[..n]);
                self.head = Sum::of(&self.beginning()?);
                return Ok(());
            }
            end = from;
        }
        Ok(())
    }

    /// The first bytes of the file, as many as there are up to [`HEAD`].
    pub fn beginning(&mut self) -> io::Result<Vec<u8>> {
        let mut head = vec![0; HEAD];
        let n = self.content.read_at(&mut head, 0)?;
        head.truncate(n);
        Ok(head)
    }

    /// Whether it is the file in which reading stopped there, or holds what that one held.
    /// `beginning` is that of this file.
    pub fn matches(&mut self, beginning: &[u8], place: &FilePlace) -> bool {
        if place.head.len == 0 {
            // Nothing but where it lies tells an empty file from others, and that it is not younger:
            // the inode may be that of another by now.
            let plain = matches!(self.content, Content::Plain(_));
            let same = plain && place.identity == self.identity && place.offset == 0;
            return same && self.born <= place.modified;
        }
        if !place.is_sound() || !place.head.begins(beginning) {
            return false;
        }
        match &mut self.content {
            // Its anchor is compared when reading has come to it.
            Content::Packed(_) => true,
            Content::Plain(_) => {
                let mut before = [0; ANCHOR];
                let before = &mut before[..place.anchor.len as usize];
                let from = place.offset - before.len() as u64;
                self.content
                    .read_at(before, from)
                    .is_ok_and(|n| Sum::of(&before[..n]) == place.anchor)
            }
        }
    }

    /// Goes on from a place in this file. Should the file have changed before it, the next read
    /// tells.
    pub fn resume(&mut self, place: &FilePlace) {
        self.offset = place.offset;
        self.head = place.head;
        self.anchor = place.anchor;
        self.skipping = place.skipping;
        if self.frames.is_some() {
            self.frames = Some(place.frames.clone().unwrap_or_default());
        }
        self.seen = None;
    }

    /// Which file it is.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Its inode, for the log.
    pub fn inode(&self) -> u64 {
        self.identity.inode
    }

    /// The offset of the first line that is not handed over.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// When it was last written to, as of the last read.
    pub fn modified(&self) -> Stamp {
        self.modified
    }

    /// When it came to be, or was last written to before it was opened.
    pub fn born(&self) -> Stamp {
        self.born
    }

    /// Whether nothing was in it when it was last read.
    pub fn is_empty(&self) -> bool {
        self.head.len == 0
    }

    /// Whether it was looked at and had nothing in it.
    pub fn was_empty(&self) -> bool {
        self.seen.is_some() && self.is_empty()
    }

    /// What it takes to go on from here with another descriptor.
    pub fn place(&self, path: &Path, state: State) -> FilePlace {
        FilePlace {
            path: path.to_owned(),
            target: self.target.clone(),
            identity: self.identity,
            offset: self.offset,
            head: self.head,
            anchor: self.anchor,
            modified: self.modified,
            state,
            skipping: self.skipping,
            frames: self.frames.clone(),
        }
    }

    /// What it looked like when all of it had been read; `None` if there is something to read.
    pub fn seen(&self) -> Option<Seen> {
        self.seen
    }

    /// Whether the file has a name now.
    pub fn has_name(&self) -> bool {
        match &self.content {
            Content::Plain(file) => file.metadata().is_ok_and(|metadata| metadata.nlink() > 0),
            Content::Packed(_) => true,
        }
    }

    /// Whether the file still had a name when it was last read.
    pub fn linked(&self) -> bool {
        self.linked
    }

    /// When something new had come for the last time.
    pub fn grew(&self) -> Instant {
        self.grew
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
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> io::Result<Read> {
        let mut now = None;
        if let Content::Plain(file) = &self.content {
            let metadata = file.metadata()?;
            self.size = metadata.len();
            self.linked = metadata.nlink() > 0;
            now = Some(Seen::of(&metadata));
            if self.seen == now {
                return Ok(Read::AtEnd);
            }
            self.modified = Stamp::of(&metadata);
            if self.size < self.offset.max(u64::from(self.head.len)) {
                return Ok(Read::Truncated);
            }
        }
        tally.looks += 1;
        self.grew = Instant::now();
        let mut used = 0;
        loop {
            let anchor = self.anchor.len as usize;
            let n = self
                .content
                .read_at(&mut scratch.buffer, self.offset - anchor as u64)?;
            let whole = anchor as u64 == self.offset;
            let same = !whole || self.head.begins(&scratch.buffer[..n]);
            if !same || !self.anchor.begins(&scratch.buffer[..n]) {
                if let Content::Packed(_) = self.content {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "it does not hold what was read of it before",
                    ));
                }
                return Ok(Read::Truncated);
            }
            if whole && (self.head.len as usize) < HEAD {
                self.head = Sum::of(&scratch.buffer[..n.min(HEAD)]);
            }
            let data = &scratch.buffer[anchor..n];
            let cap = scratch.cap;
            let cut = split(&mut self.frames, data, cap, &mut self.skipping, sink);
            let at_end = n < scratch.buffer.len();
            if cut.consumed > 0 {
                self.offset += cut.consumed as u64;
                let to = anchor + cut.consumed;
                self.anchor = Sum::of(&scratch.buffer[to - to.min(ANCHOR)..to]);
                tally.bytes += cut.consumed as u64;
                tally.truncated += cut.truncated;
                used += cut.consumed;
                self.size = self.size.max(self.offset);
            }
            if at_end {
                // As it was before the read: what came since makes it look different.
                self.seen = now;
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
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> io::Result<()> {
        // Something may have been written since the last read, newlines included.
        while self.read(usize::MAX, scratch, tally, sink)? == Read::More {}
        let n = self.content.read_at(&mut scratch.buffer, self.offset)?;
        let (rest, cap) = (&scratch.buffer[..n], scratch.cap);
        let open = !rest.is_empty() && !self.skipping;
        match &mut self.frames {
            Some(frames) => {
                if open {
                    tally.truncated += u64::from(frames.take(rest, cap, sink));
                }
                tally.truncated += frames.finish(cap, sink);
            }
            None if open => {
                let (line, truncated) = lines::trim(rest, cap);
                tally.truncated += u64::from(truncated);
                sink(&[line]);
            }
            None => {}
        }
        tally.bytes += n as u64;
        if n > 0 {
            // Only for whoever compares: nothing is read behind it any more.
            self.anchor = Sum::of(&rest[n - n.min(ANCHOR)..]);
        }
        self.offset += n as u64;
        Ok(())
    }

    /// Goes back to the beginning of a file that was emptied.
    pub fn restart(&mut self) {
        self.offset = 0;
        // What it holds now tells its own copies from those of others.
        self.head = Sum::of(&self.beginning().unwrap_or_default());
        self.anchor = Sum::of(b"");
        self.skipping = false;
        // The rest of an unfinished line went with the file's content.
        if let Some(frames) = &mut self.frames {
            *frames = Frames::default();
        }
        self.seen = None;
    }
}

/// Cuts lines, and takes them out of their frames if they have any.
fn split(
    frames: &mut Option<Frames>,
    data: &[u8],
    cap: usize,
    skipping: &mut bool,
    sink: &mut dyn FnMut(&[&[u8]]),
) -> lines::Cut {
    let Some(frames) = frames else {
        return lines::split(data, cap, skipping, sink);
    };
    // What counts is whether the text was cut, not the frame.
    let mut truncated = 0;
    let cut = lines::split(data, container::raw_cap(cap), skipping, &mut |raw| {
        for raw in raw {
            truncated += u64::from(frames.take(raw, cap, sink));
        }
    });
    lines::Cut { truncated, ..cut }
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
