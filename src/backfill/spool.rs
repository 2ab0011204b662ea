//! A temporary file of chunks, of which each belongs to a list and knows the place of the one before it.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// The place of a chunk in the file; `None` at the beginning of a list.
pub(super) type Place = Option<u64>;

/// Bytes that are collected before they are written.
const BUFFER: usize = 256 * 1024;

/// Bytes before the content of a chunk: the place of the one before, and the length.
const HEADER: usize = 12;

/// Represents no place in the file.
const NOWHERE: u64 = u64::MAX;

/// The file. It has no name, and is gone with the process.
pub(super) struct Spool {
    file: File,
    /// Bytes that are in the file.
    written: u64,
    /// What comes after them.
    pending: Vec<u8>,
}

impl Spool {
    /// An empty file in the folder for temporary files (`TMPDIR`).
    pub(super) fn new() -> io::Result<Self> {
        Ok(Spool {
            file: tempfile::tempfile()?,
            written: 0,
            pending: Vec::new(),
        })
    }

    /// Appends a chunk to the list that ends at `last`, and returns the new end of it.
    pub(super) fn append(&mut self, last: Place, content: &[u8]) -> io::Result<Place> {
        let length = u32::try_from(content.len()).map_err(io::Error::other)?;
        let place = self.written + self.pending.len() as u64;
        let header = last.unwrap_or(NOWHERE).to_le_bytes();
        self.pending.extend_from_slice(&header);
        self.pending.extend_from_slice(&length.to_le_bytes());
        self.pending.extend_from_slice(content);
        if self.pending.len() >= BUFFER {
            self.flush()?;
        }
        Ok(Some(place))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.pending, self.written)?;
        self.written += self.pending.len() as u64;
        self.pending.clear();
        Ok(())
    }

    /// The places of all chunks of the list that ends at `last`, the first one first.
    pub(super) fn list(&mut self, last: Place) -> io::Result<Vec<u64>> {
        self.flush()?;
        let mut places = Vec::new();
        let mut next = last;
        while let Some(place) = next {
            places.push(place);
            next = self.header(place)?.0;
        }
        places.reverse();
        Ok(places)
    }

    /// The content of the chunk at a place that [`Spool::list`] returned.
    pub(super) fn read(&self, place: u64) -> io::Result<Vec<u8>> {
        let (_, length) = self.header(place)?;
        let mut content = vec![0; length as usize];
        self.file
            .read_exact_at(&mut content, place + HEADER as u64)?;
        Ok(content)
    }

    fn header(&self, place: u64) -> io::Result<(Place, u32)> {
        let (mut last, mut length) = ([0; 8], [0; 4]);
        self.file.read_exact_at(&mut last, place)?;
        self.file.read_exact_at(&mut length, place + 8)?;
        let last = u64::from_le_bytes(last);
        let last = (last != NOWHERE).then_some(last);
        Ok((last, u32::from_le_bytes(length)))
    }

    /// Drops all chunks.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.pending.clear();
        self.written = 0;
        self.file.set_len(0)
    }

    /// Bytes of all chunks.
    #[cfg(test)]
    pub(super) fn size(&self) -> u64 {
        self.written + self.pending.len() as u64
    }
}
