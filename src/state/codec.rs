//! The state file: a line of text with the version, length and checksum, and the snapshot in a compact
//! binary form. Damaged, foreign and newer files are recognized before anything in them is used.

use std::io;

use thiserror::Error;

use super::{Snapshot, legacy, sections};

/// The first line's beginning, behind which stands the version.
const MAGIC: &str = "maillog_exporter state ";

/// The version that is written. It rises when sections can no longer be found as this version writes them.
const VERSION: u32 = 4;

/// The first version that consists of sections.
const SECTIONS: u32 = 4;

/// Behind the first line: the length of the rest (8 bytes) and its CRC-32 (4), little-endian.
const HEADER: usize = 12;

/// What is wrong with a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// Not one of ours.
    #[error("this is no state of maillog_exporter")]
    Foreign,
    /// Of a version that did not exist yet.
    #[error(
        "this state is of version {0}, written by a newer maillog_exporter; this one reads up to version {VERSION}"
    )]
    Newer(u32),
    /// Cut off, or changed since it was written.
    #[error("this state is damaged ({0})")]
    Damaged(&'static str),
}

/// Writes a snapshot down.
pub(super) fn encode(snapshot: &Snapshot) -> io::Result<Vec<u8>> {
    let body = sections::encode(snapshot).map_err(io::Error::other)?;
    Ok(framed(VERSION, &body))
}

/// Puts what a reader checks first before the rest.
fn framed(version: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!("{MAGIC}{version}\n").into_bytes();
    bytes.extend((body.len() as u64).to_le_bytes());
    bytes.extend(checksum(body).to_le_bytes());
    bytes.extend(body);
    bytes
}

/// Reads what [`encode`] wrote.
pub(super) fn decode(bytes: &[u8]) -> Result<Snapshot, Damage> {
    let rest = match bytes.strip_prefix(MAGIC.as_bytes()) {
        Some(rest) => rest,
        None if MAGIC.as_bytes().starts_with(bytes) => {
            return Err(Damage::Damaged("it is cut off"));
        }
        None => return Err(Damage::Foreign),
    };
    let end = rest.iter().take(12).position(|&byte| byte == b'\n');
    let version = end
        .and_then(|end| std::str::from_utf8(&rest[..end]).ok())
        .and_then(|version| version.parse::<u32>().ok());
    let (Some(end), Some(version)) = (end, version) else {
        return Err(Damage::Damaged("it names no version"));
    };
    match version {
        1..=VERSION => {}
        newer if newer > VERSION => return Err(Damage::Newer(newer)),
        _ => return Err(Damage::Damaged("it is of a version that never was")),
    }
    let rest = &rest[end + 1..];
    let (Some((length, rest)), true) = (rest.split_first_chunk::<8>(), rest.len() >= HEADER) else {
        return Err(Damage::Damaged("it is cut off"));
    };
    let (sum, body) = rest.split_at(HEADER - 8);
    if body.len() as u64 != u64::from_le_bytes(*length) {
        return Err(Damage::Damaged("its length is not what it was"));
    }
    if checksum(body).to_le_bytes() != sum {
        return Err(Damage::Damaged("its checksum does not match"));
    }
    let read = match version {
        SECTIONS.. => sections::decode(body),
        _ => legacy::decode(version, body),
    };
    read.map_err(|_| Damage::Damaged("its content cannot be read"))
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}
