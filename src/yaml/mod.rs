//! Settings files in YAML: read strictly, with errors that name line, column and field.
//!
//! Used for the daemon's configuration, alert policies and web-config files.

mod error;
mod library_errors;
mod path;
mod place;
mod suggest;

use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Deserializer, Track};

use crate::regular_file;

pub use error::{Error, Fault};
pub use place::Place;
pub use suggest::{hint, suggest};

/// The largest accepted file, in bytes.
const MAX_BYTES: u64 = 16 * 1024 * 1024;

/// The text of a file.
///
/// # Errors
///
/// If it cannot be read, is not a regular file, or is not UTF-8; then the error names the place.
pub fn text(path: &Path) -> Result<String, Error> {
    let name = path.display().to_string();
    let bytes =
        regular_file::read(path, MAX_BYTES).map_err(|error| Error::unreadable(&name, &error))?;
    decode(&name, bytes)
}

fn decode(file: &str, bytes: Vec<u8>) -> Result<String, Error> {
    // UTF-16 is recognised by its byte order mark, or by a NUL in one of the first two bytes.
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    let utf_16 = marked || matches!(*bytes, [0, 1..=255, ..] | [1..=255, 0, ..]);
    let zero = bytes.iter().position(|byte| *byte == 0);
    let (bytes, at, problem) = match String::from_utf8(bytes) {
        Ok(text) => match zero {
            None => return Ok(text),
            Some(zero) => (
                text.into_bytes(),
                zero,
                "the file contains a NUL byte and is not text".to_owned(),
            ),
        },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let bytes = error.into_bytes();
            let byte = bytes.get(at).copied().unwrap_or_default();
            (
                bytes,
                at,
                format!("the byte 0x{byte:02x} is not valid UTF-8"),
            )
        }
    };
    let (at, problem) = match utf_16 {
        true => (0, "the file is encoded in UTF-16".to_owned()),
        false => (at, problem),
    };
    Err(Error {
        file: file.to_owned(),
        position: Some(position_after(&bytes[..at])),
        field: String::new(),
        problem,
        hint: "expected YAML in UTF-8".to_owned(),
    })
}

/// Line and column, counted from 1, after these bytes.
fn position_after(before: &[u8]) -> (u64, u64) {
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    let begin = before.iter().rposition(|byte| *byte == b'\n');
    let line = &before[begin.map_or(0, |at| at + 1)..];
    let column = String::from_utf8_lossy(line).chars().count();
    (lines as u64 + 1, column as u64 + 1)
}

/// Reads a file's text. An empty file is the default.
///
/// # Errors
///
/// The first error, with its place and field.
pub fn read<T: DeserializeOwned + Default>(text: &str) -> Result<T, Fault> {
    let mut field = String::new();
    let read = serde_saphyr::with_deserializer_from_str(text, |deserializer| {
        let mut track = Track::new();
        Option::<T>::deserialize(Deserializer::new(deserializer, &mut track))
            .inspect_err(|_| field = path::of_failure(&track.path()))
    });
    match read {
        Ok(file) => Ok(file.unwrap_or_default()),
        Err(error) => Err(library_errors::fault(error.without_snippet(), field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_not_utf_8_is_refused_with_its_place() {
        let wide = |order: fn(u16) -> [u8; 2]| -> Vec<u8> {
            "\u{feff}log: {}\n".encode_utf16().flat_map(order).collect()
        };
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        for (bytes, expected) in [
            (
                &b"log:\n  level: caf\xe9\n"[..],
                "x.yml:2:13: the byte 0xe9 is not valid UTF-8;",
            ),
            (
                b"# \xc3\xa9\n# \xc3\xa9\xe9",
                "x.yml:2:4: the byte 0xe9 is not valid UTF-8;",
            ),
            (b"\xff", "x.yml:1:1: the byte 0xff is not valid UTF-8;"),
            (b"log:\n\0\0", "x.yml:2:1: the file contains a NUL byte"),
            (&little, "x.yml:1:1: the file is encoded in UTF-16;"),
            (&little[2..], "x.yml:1:1: the file is encoded in UTF-16;"),
            (&big, "x.yml:1:1: the file is encoded in UTF-16;"),
            (&big[2..], "x.yml:1:1: the file is encoded in UTF-16;"),
        ] {
            let error = decode("x.yml", bytes.to_vec()).expect_err(expected);
            let text = error.to_string();
            assert!(
                text.starts_with(expected) && text.contains("UTF-8"),
                "{text}"
            );
        }
        for text in ["", "a", "# é\n", "\u{feff}log: {}\n"] {
            assert_eq!(decode("x.yml", text.into()).as_deref(), Ok(text));
        }
    }

    #[test]
    fn a_file_that_is_not_a_regular_file_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, mode).expect("a pipe");
        for path in [&*pipe, folder.path(), Path::new("/dev/null")] {
            let error = text(path).expect_err("refused").to_string();
            assert_eq!(
                error,
                format!(
                    "{}: cannot read the file: it is not a regular file; expected the path of a \
                     readable file",
                    path.display()
                )
            );
        }
    }
}
