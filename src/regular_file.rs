//! Reading a whole regular file without ever blocking on it.
//!
//! A FIFO, a socket or a terminal in the place of a configuration file, certificate or secret would
//! block its reader until somebody writes to it. Such a file is refused.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

use crate::sandbox;

/// Reads a regular file of at most `limit` bytes; symbolic links are followed.
///
/// # Errors
///
/// If the file cannot be opened or read, is not a regular file, or is longer than `limit`. The error
/// does not name the file: the caller does.
pub(crate) fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_with(path, limit, OFlags::empty())
}

/// As [`read`], but a symbolic link in place of the file is an error.
pub(crate) fn read_unlinked(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    read_with(path, limit, OFlags::NOFOLLOW)
}

fn read_with(path: &Path, limit: u64, added: OFlags) -> io::Result<Vec<u8>> {
    let invalid = |problem: String| io::Error::new(io::ErrorKind::InvalidData, problem);
    // Opening a device can have side effects.
    if !std::fs::metadata(path)?.is_file() {
        return Err(invalid("it is not a regular file".to_owned()));
    }
    // The path may name another file by now: opening a FIFO must not block.
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY | added;
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(flags.bits().cast_signed())
        .open(path)
        .map_err(|error| sandbox::explain(path, error))?;
    if !file.metadata()?.is_file() {
        return Err(invalid("it is not a regular file".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(invalid(format!("the file is longer than {limit} bytes")));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_regular_file_within_the_limit_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("file");
        std::fs::write(&file, "12345").expect("written");
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&file, &link).expect("a link");
        assert_eq!(read(&link, 5).expect("read"), b"12345");

        let too_long = read(&file, 4).expect_err("too long").to_string();
        assert!(too_long.contains("longer than 4 bytes"), "{too_long}");
        let fifo = folder.path().join("fifo");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &fifo, mode).expect("a FIFO");
        for refused in [folder.path(), &fifo, Path::new("/dev/null")] {
            let error = read(refused, 5).expect_err("refused").to_string();
            assert_eq!(error, "it is not a regular file", "{}", refused.display());
        }
    }
}
