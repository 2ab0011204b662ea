//! One open log file and the position in it. Detects whether the file was emptied.

use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::container::{self, ContainerLines};
use super::content::Content;
use super::identity::{ANCHOR_BYTES, Checksum, FileStat, FileTime, HEAD_BYTES, Identity};
use super::input::Framing;
use super::lines;
use super::position::{FilePosition, FileState};
use super::read_buffer::ReadBuffer;
use crate::descriptors::OpenLogFile;

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReadEnd {
    /// At the budget: there may be more to read.
    Budget,
    /// At the end of the file; an unfinished line may be left.
    AtEnd,
    /// The file was emptied: nothing can be read before [`TailFile::restart`].
    Truncated,
}

/// What was read, summed up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ReadTotals {
    /// Bytes of lines, newlines included.
    pub bytes: u64,
    /// Lines of which only the beginning was handed over.
    pub truncated: u64,
    /// How often a file was found changed since the read before.
    pub changes: u64,
}

/// An open file and the position in it.
pub(crate) struct TailFile {
    content: Content,
    _counted: OpenLogFile,
    identity: Identity,
    /// Where its path led, if it was a symbolic link.
    pub target: Option<PathBuf>,
    /// Whether nothing is written to it any more: it is closed at its end.
    pub complete: bool,
    /// The offset of the first line that was not handed over.
    offset: u64,
    /// The first bytes of the file, at most [`HEAD_BYTES`].
    head: Checksum,
    /// The `min(offset, ANCHOR_BYTES)` bytes before the position.
    anchor: Checksum,
    /// Whether the position is inside a line whose beginning was handed over.
    skipping: bool,
    /// Set if the file is configured to have the format of a container runtime, or begins so.
    container: Option<ContainerLines>,
    /// What the file was when it was last read to its end; `None` if there is more to read.
    read_as: Option<FileStat>,
    size: u64,
    modified: FileTime,
    created: FileTime,
    has_links: bool,
    last_growth: Instant,
}

impl TailFile {
    /// Opens a file, to be read from its beginning.
    ///
    /// # Errors
    ///
    /// If it cannot be opened or read, or is not a regular file.
    pub fn open(path: &Path, framing: Framing) -> io::Result<Self> {
        let (content, metadata) = Content::open(path)?;
        TailFile::of_content(content, &metadata, framing)
    }

    fn of_content(mut content: Content, metadata: &Metadata, framing: Framing) -> io::Result<Self> {
        let complete = content.is_compressed();
        // The position must identify the file before anything is read: it may have to wait for older
        // files, and another process may find it compressed.
        let beginning = content.head()?;
        let head = Checksum::of(&beginning);
        let is_shorter = |it: &Metadata| it.len() < u64::from(head.len);
        // It may have grown meanwhile. Otherwise it would seem to be emptied with every look.
        if !complete
            && is_shorter(metadata)
            && content.metadata()?.is_some_and(|it| is_shorter(&it))
        {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it has more content than its size tells, which no log has",
            ));
        }
        Ok(TailFile {
            content,
            _counted: OpenLogFile::count(),
            identity: Identity::of(metadata),
            target: None,
            complete,
            offset: 0,
            head,
            anchor: Checksum::of(b""),
            skipping: false,
            container: (framing == Framing::Container || container::begins(&beginning))
                .then(ContainerLines::default),
            read_as: None,
            size: if complete { 0 } else { metadata.len() },
            modified: FileTime::modified(metadata),
            created: FileTime::created(metadata),
            has_links: true,
            last_growth: Instant::now(),
        })
    }

    /// Moves the position after the last newline.
    pub fn seek_end(&mut self, buffer: &mut ReadBuffer) -> io::Result<()> {
        let mut end = self.size;
        let buffer = &mut buffer.bytes;
        while end > 0 {
            let from = end.saturating_sub(buffer.len() as u64);
            let block = &mut buffer[..(end - from) as usize];
            let n = self.content.read_at(block, from)?;
            if let Some(newline) = memchr::memrchr(b'\n', &block[..n]) {
                self.offset = from + newline as u64 + 1;
                let anchor = &mut buffer[..(self.offset as usize).min(ANCHOR_BYTES)];
                let from = self.offset - anchor.len() as u64;
                let n = self.content.read_at(anchor, from)?;
                self.anchor = Checksum::of(&anchor[..n]);
                self.head = Checksum::of(&self.head_bytes()?);
                return Ok(());
            }
            end = from;
        }
        Ok(())
    }

    /// The first bytes of the file, at most [`HEAD_BYTES`].
    pub fn head_bytes(&mut self) -> io::Result<Vec<u8>> {
        self.content.head()
    }

    /// The checksum of the first bytes, as of the last read.
    pub fn head(&self) -> Checksum {
        self.head
    }

    /// Whether it is the file of a position, or a copy of it. `head` is this file's
    /// [`TailFile::head_bytes`].
    pub fn matches(&mut self, head: &[u8], position: &FilePosition) -> bool {
        if position.head.len == 0 {
            // An empty file is identified by device and inode alone. It must not be younger than the
            // position: the inode may be that of another file by now.
            let plain = !self.content.is_compressed();
            let same = plain && position.identity == self.identity && position.offset == 0;
            return same && self.created <= position.modified;
        }
        if !position.is_valid() || !position.head.matches_start_of(head) {
            return false;
        }
        if self.content.is_compressed() {
            // Its anchor is compared when reading gets there.
            return true;
        }
        let mut anchor = [0; ANCHOR_BYTES];
        let anchor = &mut anchor[..position.anchor.len as usize];
        let from = position.offset - anchor.len() as u64;
        self.content
            .read_at(anchor, from)
            .is_ok_and(|n| Checksum::of(&anchor[..n]) == position.anchor)
    }

    /// Continues from a position in this file. If the file has changed before it, the next read is
    /// [`ReadEnd::Truncated`].
    pub fn resume(&mut self, position: &FilePosition) {
        self.offset = position.offset;
        self.head = position.head;
        self.anchor = position.anchor;
        self.skipping = position.skipping;
        if self.container.is_some() || position.unfinished.is_some() {
            self.container = Some(position.unfinished.clone().unwrap_or_default());
        }
        self.read_as = None;
    }

    /// Device and inode.
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The inode, for log messages.
    pub fn inode(&self) -> u64 {
        self.identity.inode
    }

    /// The offset of the first line that was not handed over.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// When it was last written to, as of the last read.
    pub fn modified(&self) -> FileTime {
        self.modified
    }

    /// Whether it was empty when it was last read.
    pub fn is_empty(&self) -> bool {
        self.head.len == 0
    }

    /// Whether it was read, and was empty then.
    pub fn was_read_empty(&self) -> bool {
        self.read_as.is_some() && self.is_empty()
    }

    /// Where another process, or another descriptor, continues.
    pub fn position(&self, path: &Path, state: FileState) -> FilePosition {
        FilePosition {
            path: path.to_owned(),
            target: self.target.clone(),
            identity: self.identity,
            offset: self.offset,
            head: self.head,
            anchor: self.anchor,
            modified: self.modified,
            state,
            skipping: self.skipping,
            unfinished: self.container.clone(),
        }
    }

    /// What the file was when it was last read to its end; `None` if there is more to read.
    pub fn read_as(&self) -> Option<FileStat> {
        self.read_as
    }

    /// Whether a path leads to it.
    pub fn is_at(&self, path: &Path) -> io::Result<bool> {
        match std::fs::metadata(path) {
            Ok(metadata) => Ok(Identity::of(&metadata) == self.identity),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether the file has a name now, rather than being removed.
    pub fn has_name(&self) -> bool {
        self.content.has_name()
    }

    /// Where it is now, if that is in another directory than `path`, which has led to it.
    pub fn moved_from(&self, path: &Path) -> Option<PathBuf> {
        let now = self.content.path()?;
        let before = path.parent()?.canonicalize().ok()?;
        let moved = self.has_name() && now.parent() != Some(&before);
        moved.then_some(now)
    }

    /// Whether the file had a name when it was last read.
    pub fn has_links(&self) -> bool {
        self.has_links
    }

    /// When it was last found changed.
    pub fn last_growth(&self) -> Instant {
        self.last_growth
    }

    /// For how long it has not changed.
    pub fn idle_time(&self) -> Duration {
        self.last_growth.elapsed()
    }

    /// As if it had last changed this long ago.
    #[cfg(test)]
    pub fn set_idle_time(&mut self, time: Duration) {
        let growth = Instant::now().checked_sub(time);
        self.last_growth = growth.expect("after the start of the machine");
    }

    /// Bytes after the position, as of the last read.
    pub fn lag(&self) -> u64 {
        self.size.saturating_sub(self.offset)
    }

    /// Hands over up to about `budget` bytes of complete lines.
    pub fn read(
        &mut self,
        budget: usize,
        buffer: &mut ReadBuffer,
        totals: &mut ReadTotals,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> io::Result<ReadEnd> {
        let mut now = None;
        // Until it is certain that the file was not emptied, the size tells what was not read of its old content.
        let mut size = self.size;
        if let Some(metadata) = self.content.metadata()? {
            size = metadata.len();
            self.has_links = metadata.nlink() > 0;
            now = Some(FileStat::of(&metadata));
            if self.read_as == now {
                return Ok(ReadEnd::AtEnd);
            }
            self.modified = FileTime::modified(&metadata);
            if size < self.offset.max(u64::from(self.head.len)) {
                return Ok(ReadEnd::Truncated);
            }
        }
        totals.changes += 1;
        self.last_growth = Instant::now();
        let cap = buffer.cap;
        let buffer = &mut buffer.bytes;
        let mut used = 0;
        loop {
            let anchor = self.anchor.len as usize;
            let n = self.content.read_at(buffer, self.offset - anchor as u64)?;
            let from_start = anchor as u64 == self.offset;
            let same_head = !from_start || self.head.matches_start_of(&buffer[..n]);
            if !same_head || !self.anchor.matches_start_of(&buffer[..n]) {
                if self.content.is_compressed() {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        "its content differs from what was read before",
                    ));
                }
                return Ok(ReadEnd::Truncated);
            }
            if from_start && (self.head.len as usize) < HEAD_BYTES {
                self.head = Checksum::of(&buffer[..n.min(HEAD_BYTES)]);
            }
            let block = &buffer[anchor..n];
            // It may have been empty when it was opened.
            if self.offset == 0 && self.container.is_none() && container::begins(block) {
                self.container = Some(ContainerLines::default());
            }
            let cut = container::split(&mut self.container, block, cap, &mut self.skipping, sink);
            let at_end = n < buffer.len();
            if cut.consumed > 0 {
                self.offset += cut.consumed as u64;
                let to = anchor + cut.consumed;
                self.anchor = Checksum::of(&buffer[to - to.min(ANCHOR_BYTES)..to]);
                totals.bytes += cut.consumed as u64;
                totals.truncated += cut.truncated;
                used += cut.consumed;
            }
            self.size = size.max(self.offset);
            if at_end {
                // The metadata from before the read: what was written since makes it differ.
                self.read_as = now;
                return Ok(ReadEnd::AtEnd);
            }
            if used >= budget {
                return Ok(ReadEnd::Budget);
            }
        }
    }

    /// Reads to the end and hands over an unfinished last line, as no more of it will be written.
    pub fn flush(
        &mut self,
        buffer: &mut ReadBuffer,
        totals: &mut ReadTotals,
        sink: &mut dyn FnMut(&[&[u8]]),
    ) -> io::Result<()> {
        // More may have been written since the last read, newlines included.
        while self.read(usize::MAX, buffer, totals, sink)? == ReadEnd::Budget {}
        let n = self.content.read_at(&mut buffer.bytes, self.offset)?;
        let (rest, cap) = (&buffer.bytes[..n], buffer.cap);
        let is_line = !rest.is_empty() && !self.skipping;
        match &mut self.container {
            Some(container) => {
                if is_line {
                    totals.truncated += u64::from(container.push(rest, cap, sink));
                }
                totals.truncated += container.flush(cap, sink);
            }
            None if is_line => {
                let (line, truncated) = lines::trim(rest, cap);
                totals.truncated += u64::from(truncated);
                sink(&[line]);
            }
            None => {}
        }
        totals.bytes += n as u64;
        if n > 0 {
            // Nothing is read after it, but the position is compared with other files.
            self.anchor = Checksum::of(&rest[n - n.min(ANCHOR_BYTES)..]);
        }
        self.offset += n as u64;
        Ok(())
    }

    /// Goes back to the beginning of a file that was emptied.
    pub fn restart(&mut self) {
        self.offset = 0;
        if let Ok(Some(metadata)) = self.content.metadata() {
            self.size = metadata.len();
        }
        // Of the new content, by which copies of it are recognised.
        self.head = Checksum::of(&self.head_bytes().unwrap_or_default());
        self.anchor = Checksum::of(b"");
        self.skipping = false;
        // The rest of an unfinished line is lost with the old content.
        if let Some(container) = &mut self.container {
            *container = ContainerLines::default();
        }
        self.read_as = None;
    }
}

#[cfg(test)]
#[path = "tail_file_tests.rs"]
mod tests;
