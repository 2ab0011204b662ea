//! Reads compressed logs.

use std::fs::File;
use std::io::{self, BufRead, Read};
use std::path::Path;

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compression {
    Gzip,
    Zstandard,
    Xz,
    Bzip2,
}

impl Compression {
    /// By the extension of a name; `None` if it is not one that can be read.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "gz" => Some(Compression::Gzip),
            "zst" => Some(Compression::Zstandard),
            "xz" => Some(Compression::Xz),
            "bz2" => Some(Compression::Bzip2),
            _ => None,
        }
    }

    /// By the first [`Compression::HEAD`] bytes of a file.
    pub fn by_content(head: &[u8]) -> Option<Self> {
        // The block size is followed by the magic number of the first block.
        let bzip2 = |head: &[u8]| {
            head.starts_with(b"BZh")
                && head.get(3).is_some_and(|size| matches!(size, b'1'..=b'9'))
                && head[4..].starts_with(b"\x31\x41\x59\x26\x53\x59")
        };
        match head {
            [0x1f, 0x8b, ..] => Some(Compression::Gzip),
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Some(Compression::Zstandard),
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some(Compression::Xz),
            head if bzip2(head) => Some(Compression::Bzip2),
            _ => None,
        }
    }

    /// How many bytes [`Compression::by_content`] needs.
    pub const HEAD: usize = 10;

    /// A reader of the decompressed bytes.
    pub fn decoder(self, input: impl BufRead + Send + 'static) -> Box<dyn Read + Send> {
        match self {
            Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(input)),
            Compression::Zstandard => Box::new(Zstandard::Between(input)),
            Compression::Xz => Box::new(lzma_rust2::XzReader::new(input, true)),
            Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(input)),
        }
    }
}

/// A compressed file that is read by offset.
///
/// A decoder only goes forwards, while the bytes before a position are compared again at each read:
/// so what was decoded from the offset of the last read on is kept.
pub(crate) struct CompressedFile {
    compression: Compression,
    /// Until the first read: a decoder takes memory.
    file: Option<File>,
    decoder: Option<Box<dyn Read + Send>>,
    /// The decoded bytes that may be read again.
    window: Vec<u8>,
    /// The offset of the window's first byte.
    window_offset: u64,
}

impl CompressedFile {
    pub fn new(file: File, compression: Compression) -> Self {
        CompressedFile {
            compression,
            file: Some(file),
            decoder: None,
            window: Vec::new(),
            window_offset: 0,
        }
    }

    /// Fills the buffer from an offset, as far as the file goes.
    ///
    /// # Errors
    ///
    /// Those of the decoder, and if the offset is before that of the last call.
    pub fn read_at(&mut self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if let Some(file) = self.file.take() {
            self.decoder = Some(self.compression.decoder(io::BufReader::new(file)));
        }
        let Some(decoder) = &mut self.decoder else {
            return Ok(0);
        };
        if offset < self.window_offset {
            return Err(io::Error::other(
                "a compressed log cannot be read backwards",
            ));
        }
        let mut skip = offset - self.window_offset;
        let held = skip.min(self.window.len() as u64);
        self.window.drain(..held as usize);
        skip -= held;
        if skip > 0 {
            skip -= io::copy(&mut decoder.by_ref().take(skip), &mut io::sink())?;
        }
        if skip > 0 {
            // The file ends before the offset.
            self.window_offset = offset - skip;
            return Ok(0);
        }
        self.window_offset = offset;
        let missing = buffer.len().saturating_sub(self.window.len());
        decoder
            .by_ref()
            .take(missing as u64)
            .read_to_end(&mut self.window)?;
        let n = buffer.len().min(self.window.len());
        buffer[..n].copy_from_slice(&self.window[..n]);
        Ok(n)
    }
}

/// Decodes the frames of a Zstandard file, one after the other.
enum Zstandard<R: BufRead> {
    Between(R),
    Inside(Box<ruzstd::decoding::StreamingDecoder<R, ruzstd::decoding::FrameDecoder>>),
    Ended,
}

impl<R: BufRead> Read for Zstandard<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match std::mem::replace(self, Zstandard::Ended) {
                Zstandard::Between(mut input) => {
                    if input.fill_buf()?.is_empty() {
                        return Ok(0);
                    }
                    let frame = ruzstd::decoding::StreamingDecoder::new(input)
                        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
                    *self = Zstandard::Inside(Box::new(frame));
                }
                Zstandard::Inside(mut frame) => {
                    let n = frame.read(buffer)?;
                    if n > 0 || buffer.is_empty() {
                        *self = Zstandard::Inside(frame);
                        return Ok(n);
                    }
                    *self = Zstandard::Between(frame.into_inner());
                }
                Zstandard::Ended => return Ok(0),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::Command;

    use super::*;

    #[test]
    fn a_compressed_file_reads_as_its_original() {
        let folder = tempfile::tempdir().expect("a folder");
        let text: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
        let text = text.as_bytes();
        for (program, ending) in [
            ("gzip", "gz"),
            ("bzip2", "bz2"),
            ("xz", "xz"),
            ("zstd", "zst"),
        ] {
            let plain = folder.path().join("mail.log.2");
            let path = folder.path().join(format!("mail.log.2.{ending}"));
            // In two parts, as some programs write them.
            let mut compressed = File::create(&path).expect("a file");
            for part in [&text[..100_000], &text[100_000..]] {
                std::fs::write(&plain, part).expect("written");
                let Ok(output) = Command::new(program).arg("-c").arg(&plain).output() else {
                    // Not every machine has every one of them.
                    continue;
                };
                compressed.write_all(&output.stdout).expect("written");
            }
            if compressed.metadata().expect("metadata").len() == 0 {
                continue;
            }
            let compression = Compression::of(&path).expect("a compression");
            let mut compressed =
                CompressedFile::new(File::open(&path).expect("opened"), compression);
            let mut buffer = vec![0; 70_000];
            for offset in [0, 0, 1_000, 99_999, 150_000, text.len()] {
                let n = compressed
                    .read_at(&mut buffer, offset as u64)
                    .expect("read");
                let expected = &text[offset..text.len().min(offset + 70_000)];
                assert!(buffer[..n] == *expected, "{program} at {offset}");
            }
            // Nothing is after the end, however far, and the end itself can still be asked for.
            for offset in [1 << 40, 1 << 30, text.len() as u64] {
                assert_eq!(compressed.read_at(&mut buffer, offset).expect("read"), 0);
            }
            assert!(compressed.read_at(&mut buffer, 0).is_err());
        }
    }

    #[test]
    fn a_compression_is_known_by_its_magic_number() {
        for (head, expected) in [
            (b"\x1f\x8b\x08\0\0\0\0\0\0\0", Some(Compression::Gzip)),
            (
                b"\x28\xb5\x2f\xfd\0\0\0\0\0\0",
                Some(Compression::Zstandard),
            ),
            (b"\xfd7zXZ\0\0\0\0\0", Some(Compression::Xz)),
            (b"BZh1\x31\x41\x59\x26\x53\x59", Some(Compression::Bzip2)),
            (b"BZh9\x31\x41\x59\x26\x53\x59", Some(Compression::Bzip2)),
            (b"BZh0\x31\x41\x59\x26\x53\x59", None),
            (b"BZx9\x31\x41\x59\x26\x53\x59", None),
            (b"BZh9 1AY&S", None),
            (b"\xfd7zXZ1\0\0\0\0", None),
            (b"Nov 23 10:", None),
        ] {
            assert_eq!(Compression::by_content(head), expected, "{head:?}");
        }
        assert_eq!(Compression::by_content(b"BZh"), None);
        assert_eq!(Compression::by_content(b""), None);
    }
}
