//! Opens a log file, standard input or a pipe, decompresses what is compressed, and takes off what container runtimes write
//! around lines.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use jiff::Timestamp;

use super::error::Error;
use crate::source::{
    CONTAINER_HEAD, Compression, ContainerText, DEFAULT_MAX_LINE_BYTES, is_of_container,
};

/// The error for a file that cannot be read.
pub fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::Runtime(format!("{}: {error}", path.display()))
}

/// An open file.
pub struct OpenFile<'p> {
    /// As it was given on the command line.
    pub path: &'p Path,
    /// The content, which may be compressed.
    pub file: Box<dyn Read + Send>,
    /// When it was last written: no line in it can be newer.
    pub written: Timestamp,
    /// Bytes on disk, for the progress bar.
    pub size: u64,
    /// Whether it can be opened and read again, unlike a pipe.
    pub is_regular: bool,
}

/// Opens a file, or standard input for `-`.
///
/// # Errors
///
/// If there is no such file, or it is a directory or cannot be read.
pub fn open(path: &Path) -> Result<OpenFile<'_>, Error> {
    if path == Path::new("-") {
        return Ok(OpenFile {
            path,
            file: Box::new(io::stdin()),
            written: Timestamp::now(),
            size: 0,
            is_regular: false,
        });
    }
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    let metadata = file.metadata().map_err(|error| unreadable(path, &error))?;
    if metadata.is_dir() {
        return Err(Error::Usage(format!(
            "{}: is a directory, not a log file",
            path.display()
        )));
    }
    let written = metadata
        .modified()
        .ok()
        .and_then(|time| Timestamp::try_from(time).ok());
    Ok(OpenFile {
        path,
        file: Box::new(file),
        written: written.unwrap_or_else(Timestamp::now),
        size: metadata.len(),
        is_regular: metadata.is_file(),
    })
}

/// A reader of the decompressed content, and whether it was compressed. What a container runtime wrote around the lines of a
/// container is taken off. Both are detected from the content, not from the name.
///
/// # Errors
///
/// Those of reading the first bytes.
pub fn decompressed(input: impl Read + Send + 'static) -> io::Result<(Box<dyn Read + Send>, bool)> {
    let input = Peeked::new(input)?;
    let Some(compression) = Compression::by_content(input.head()) else {
        return Ok((without_container(input), false));
    };
    let content = compression.decoder(BufReader::with_capacity(HEAD_BUFFER, input));
    Ok((without_container(Peeked::new(content)?), true))
}

/// The content without what a container runtime wrote around it.
fn without_container(content: Peeked<impl Read + Send + 'static>) -> Box<dyn Read + Send> {
    match is_of_container(content.head()) {
        true => Box::new(ContainerText::new(content, DEFAULT_MAX_LINE_BYTES)),
        false => Box::new(content),
    }
}

/// The size of the buffer for the beginning of an input: as much as a pipe holds, so that many lines are read at once, as
/// the format of a log is detected from its first lines.
const HEAD_BUFFER: usize = 64 * 1024;

/// An input whose beginning has been looked at.
struct Peeked<R> {
    /// The beginning, of which `at` bytes have been read.
    buffer: Vec<u8>,
    at: usize,
    input: R,
}

impl<R: Read> Peeked<R> {
    fn new(mut input: R) -> io::Result<Self> {
        let mut buffer = vec![0; HEAD_BUFFER];
        let mut length = 0;
        // The next line of a live input may be long in coming.
        while length < Compression::HEAD
            || length < CONTAINER_HEAD && !buffer[..length].contains(&b'\n')
        {
            match input.read(&mut buffer[length..]) {
                Ok(0) => break,
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        buffer.truncate(length);
        Ok(Peeked {
            buffer,
            at: 0,
            input,
        })
    }

    /// The beginning: its first line, or [`CONTAINER_HEAD`] bytes, if it has as many.
    fn head(&self) -> &[u8] {
        &self.buffer
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.at == self.buffer.len() {
            self.buffer = Vec::new();
            self.at = 0;
            return self.input.read(target);
        }
        let read = (&self.buffer[self.at..]).read(target)?;
        self.at += read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lines, `one` and `two`, in each compression format.
    const COMPRESSED: [&[u8]; 4] = [
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\xcf\x4b\xe5\x2a\x29\xcf\xe7\x02\x00\
          \xe6\x0b\xba\x12\x08\x00\x00\x00",
        b"\xfd\x37\x7a\x58\x5a\x00\x00\x04\xe6\xd6\xb4\x46\x02\x00\x21\x01\x1c\x00\x00\x00\
          \x10\xcf\x58\xcc\x01\x00\x07one\ntwo\n\x00\x51\xab\x9e\xaf\x57\x75\x70\x49\x00\
          \x01\x20\x08\xbb\x19\xd9\xbb\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04YZ",
        b"\x28\xb5\x2f\xfd\x24\x08\x41\x00\x00one\ntwo\n\xe6\xa6\x0e\x40",
        b"BZh91AY&SY\xa7\x14\x2b\x77\x00\x00\x02\xc1\x80\x00\x10\x02\x01\x84\x80\x20\x00\x21\
          \x80\x0c\x02\x38\xf5\x1b\x8b\xb9\x22\x9c\x28\x48\x53\x8a\x15\xbb\x80",
    ];

    fn read(bytes: &'static [u8]) -> Vec<u8> {
        let mut text = Vec::new();
        let (mut reader, _) = decompressed(bytes).expect("a reader");
        reader.read_to_end(&mut text).expect("read");
        text
    }

    #[test]
    fn compression_is_detected_from_the_content() {
        for compressed in COMPRESSED {
            assert_eq!(read(compressed), b"one\ntwo\n");
        }
        for text in [&b""[..], b"o", b"one\ntwo\n", b"BZh9 is no bzip2", b"\x1f"] {
            assert_eq!(read(text), text);
        }
    }
}
