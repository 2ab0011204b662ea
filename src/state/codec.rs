//! Encodes the state file: a text line with the version, then length and checksum, then the snapshot in a binary
//! format. Damaged, foreign and newer files are detected before any of the content is used.

use std::io;

use thiserror::Error;

use super::snapshot::Snapshot;
use super::{legacy, sections};

/// The beginning of the first line, followed by the version.
const MAGIC: &str = "maillog_exporter state ";

/// The version written by this program; incremented when the encoding of sections changes.
const VERSION: u32 = 4;

/// The first version with sections.
const SECTIONS: u32 = 4;

/// The size of the binary header after the first line: the length of the content (8 bytes) and its CRC-32 (4),
/// little-endian.
const HEADER: usize = 12;

/// Why a state file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// Not a state file of this program.
    #[error("not a state file of maillog_exporter")]
    Foreign,
    /// Written by a newer version of this program.
    #[error(
        "the state file has version {0}, written by a newer maillog_exporter; supported up to version {VERSION}"
    )]
    Newer(u32),
    /// Truncated or modified.
    #[error("the state file is damaged ({0})")]
    Damaged(&'static str),
}

/// Encodes a snapshot.
///
/// # Errors
///
/// If a part cannot be encoded.
pub(super) fn encode(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let body = sections::encode(snapshot).map_err(io::Error::other)?;
    Ok(framed(VERSION, &body))
}

/// The content with version, length and checksum.
fn framed(version: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{MAGIC}{version}\n").into_bytes();
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(checksum(body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Decodes the result of [`encode`], or a state file of an earlier version.
///
/// # Errors
///
/// If the file is damaged, foreign or newer.
pub(super) fn decode(bytes: &[u8]) -> Result<Snapshot, Damage> {
    let rest = match bytes.strip_prefix(MAGIC.as_bytes()) {
        Some(rest) => rest,
        None if MAGIC.as_bytes().starts_with(bytes) => {
            return Err(Damage::Damaged("truncated"));
        }
        None => return Err(Damage::Foreign),
    };
    let end = rest.iter().take(12).position(|&byte| byte == b'\n');
    let version = end
        .and_then(|end| std::str::from_utf8(&rest[..end]).ok())
        .and_then(|version| version.parse::<u32>().ok());
    let (Some(end), Some(version)) = (end, version) else {
        return Err(Damage::Damaged("no version"));
    };
    match version {
        0 => return Err(Damage::Damaged("invalid version")),
        1..=VERSION => {}
        newer => return Err(Damage::Newer(newer)),
    }
    let rest = &rest[end + 1..];
    let (Some((length, rest)), true) = (rest.split_first_chunk::<8>(), rest.len() >= HEADER) else {
        return Err(Damage::Damaged("truncated"));
    };
    let (sum, body) = rest.split_at(HEADER - 8);
    if body.len() as u64 != u64::from_le_bytes(*length) {
        return Err(Damage::Damaged("wrong length"));
    }
    if checksum(body).to_le_bytes() != sum {
        return Err(Damage::Damaged("checksum mismatch"));
    }
    let read = match version {
        SECTIONS.. => sections::decode(body),
        _ => legacy::decode(version, body),
    };
    read.map_err(|_| Damage::Damaged("content cannot be decoded"))
}

/// The file with the length and checksum that its content has; `None` without a complete header.
#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn with_right_checksum(bytes: &[u8]) -> Option<Vec<u8>> {
    let rest = bytes.strip_prefix(MAGIC.as_bytes())?;
    let end = memchr::memchr(b'\n', rest)?;
    let version = std::str::from_utf8(&rest[..end]).ok()?.parse().ok()?;
    let body = rest.get(end + 1 + HEADER..)?;
    Some(framed(version, body))
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
