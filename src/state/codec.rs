//! How a snapshot is written down: a line for people, a checksum, and the snapshot in a compact
//! binary form.
//!
//! It stands apart so that what is damaged, foreign or from a newer version is told from what can
//! be used before anything of it is believed.

use std::io;

use thiserror::Error;

use super::Snapshot;

/// The first line's beginning, behind which stands the version.
const MAGIC: &str = "maillog_exporter state ";

/// The version that is written. It rises with every change to what a snapshot holds.
const VERSION: u32 = 3;

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
    let body = postcard::to_stdvec(snapshot).map_err(io::Error::other)?;
    let body = postcard::to_extend(&snapshot.second, body).map_err(io::Error::other)?;
    let body = postcard::to_extend(&snapshot.third, body).map_err(io::Error::other)?;
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
    let read = || {
        let (mut snapshot, mut rest) = postcard::take_from_bytes::<Snapshot>(body)?;
        if version >= 2 {
            (snapshot.second, rest) = postcard::take_from_bytes(rest)?;
        }
        if version >= 3 {
            snapshot.third = postcard::from_bytes(rest)?;
        }
        Ok(snapshot)
    };
    read().map_err(|_: postcard::Error| Damage::Damaged("its content makes no sense"))
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_of_an_earlier_version_is_read() {
        let snapshot = Snapshot {
            taken: 1_700_000_000,
            write_errors: 3,
            ..Snapshot::default()
        };
        let body = postcard::to_stdvec(&snapshot).expect("encoded");
        assert_eq!(decode(&framed(1, &body)), Ok(snapshot.clone()));
        assert!(matches!(decode(&framed(2, &body)), Err(Damage::Damaged(_))));
        let second = postcard::to_extend(&snapshot.second, body.clone()).expect("encoded");
        assert_eq!(decode(&framed(2, &second)), Ok(snapshot));
        assert!(matches!(
            decode(&framed(3, &second)),
            Err(Damage::Damaged(_))
        ));
        assert!(matches!(decode(&framed(0, &body)), Err(Damage::Damaged(_))));
    }
}
