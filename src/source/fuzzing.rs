//! Any bytes as what sources read: syslog over TCP, container logs, records of the journal, compressed files.

use std::io::Write;

use super::compression::{CompressedFile, Compression};
use super::container::{self, ContainerLines};

pub use super::journald::fuzzing::journald;
pub use super::syslog::fuzzing::syslog_framing;

/// The longest line that is kept whole, in bytes.
const CAP: usize = 256;

/// How much is decompressed, in bytes: a small file may hold any amount.
const MAX_DECOMPRESSED: u64 = 4 << 20;

/// The bytes after the first as a log of a container runtime, in blocks of as many bytes as the first one says: lines
/// have at most [`CAP`] bytes and no newline.
///
/// # Panics
///
/// If one has.
pub fn container(input: &[u8]) {
    let Some((&size, log)) = input.split_first() else {
        return;
    };
    let mut container = Some(ContainerLines::default());
    let mut skipping = false;
    let mut sink = |lines: &[&[u8]]| {
        for line in lines {
            assert!(line.len() <= CAP);
        }
    };
    let mut unfinished = Vec::new();
    for block in log.chunks(1 + usize::from(size)) {
        unfinished.extend_from_slice(block);
        let cut = container::split(&mut container, &unfinished, CAP, &mut skipping, &mut sink);
        unfinished.drain(..cut.consumed);
    }
    if let Some(container) = &mut container {
        container.flush(CAP, &mut sink);
    }
}

/// The bytes after the first as a compressed file, whose kind the first one selects. It is read like a log: forwards,
/// with parts read again.
///
/// # Panics
///
/// If the same part differs when it is read again.
pub fn compressed(input: &[u8]) {
    let Some((&selector, bytes)) = input.split_first() else {
        return;
    };
    let kinds = [
        Compression::Gzip,
        Compression::Zstandard,
        Compression::Xz,
        Compression::Bzip2,
    ];
    let Ok(mut file) = tempfile::tempfile() else {
        return;
    };
    if file.write_all(bytes).is_err() || std::io::Seek::rewind(&mut file).is_err() {
        return;
    }
    let mut file = CompressedFile::new(file, kinds[usize::from(selector) % kinds.len()]);
    let (mut buffer, mut again) = (vec![0; 8192], vec![0; 4096]);
    let mut offset = 0;
    while offset < MAX_DECOMPRESSED {
        let Ok(read @ 1..) = file.read_at(&mut buffer, offset) else {
            return;
        };
        let back = read / 2;
        if let Ok(n) = file.read_at(&mut again, offset + back as u64) {
            let n = n.min(read - back);
            assert_eq!(again[..n], buffer[back..back + n]);
        }
        offset += read as u64;
    }
}
