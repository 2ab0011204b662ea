//! Lists the rotated files of a log, newest first, by their names.
//!
//! Names are a heuristic: they only decide which files are looked at, and in which order. Whether a
//! file is the one that is looked for is decided by its content.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use super::compression::Compression;
use super::identity::FileTime;
use super::log_names;

/// The parts of a file name.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    /// The name without dates, numbers and extensions of rotation: equal for all siblings.
    base: String,
    /// The date in the name, with the time after it.
    date: Option<String>,
    number: Option<u32>,
    /// The name without the extension of compression.
    plain: String,
}

impl Parts {
    fn of(name: &str) -> Parts {
        let plain = if log_names::is_compressed(Path::new(name)) {
            name.rsplit_once('.').map_or(name, |(plain, _)| plain)
        } else {
            name
        };
        let mut rest = plain.trim_end_matches('~');
        let mut number = None;
        if rest.parse::<IpAddr>().is_err()
            && let Some((before, ending)) = rest.rsplit_once('.')
        {
            if log_names::is_rotation_number(ending) {
                number = ending.parse().ok();
                rest = before;
            } else if log_names::is_backup(ending) {
                rest = before;
            }
        }
        let mut base = rest.to_owned();
        let mut date = None;
        if let Some(at) = log_names::find_date(rest) {
            let bytes = rest.as_bytes();
            let mut end = at;
            while end < bytes.len()
                && (bytes[end].is_ascii_digit()
                    || (matches!(bytes[end], b'-' | b'_' | b':' | b'T')
                        && bytes.get(end + 1).is_some_and(u8::is_ascii_digit)))
            {
                end += 1;
            }
            date = Some(rest[at..end].to_owned());
            base.replace_range(at - 1..end, "");
        }
        Parts {
            base,
            date,
            number,
            plain: plain.to_owned(),
        }
    }
}

/// The rotated files of a path that can be read. Two listings are equal if no file was renamed in
/// between.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// Names and inodes.
    listed: Vec<(OsString, u64)>,
    paths: Vec<PathBuf>,
}

impl PartialEq for Listing {
    fn eq(&self, other: &Self) -> bool {
        self.listed == other.listed
    }
}

impl Listing {
    /// Their paths, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(PathBuf::as_path)
    }
}

/// Lists the rotated files of a path that can be read.
///
/// # Errors
///
/// If the directory cannot be listed.
pub(crate) fn list(path: &Path) -> io::Result<Listing> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Listing::default());
    };
    let Some(name) = name.to_str() else {
        return Ok(Listing::default());
    };
    let own = Parts::of(name);
    let listed = names_and_inodes(directory, &own, name)?;
    let mut found: Vec<(Parts, PathBuf)> = listed
        .iter()
        .filter_map(|(name, _)| {
            let path = directory.join(name);
            Some((Parts::of(name.to_str()?), path))
        })
        .collect();
    // A file that is being compressed exists twice for a while.
    let plain: Vec<PathBuf> = found
        .iter()
        .filter(|(_, path)| !log_names::is_compressed(path))
        .map(|(_, path)| path.clone())
        .collect();
    found.retain(|(parts, path)| {
        !log_names::is_compressed(path)
            || (Compression::of(path).is_some() && !plain.contains(&directory.join(&parts.plain)))
    });
    sort(&mut found);
    Ok(Listing {
        listed,
        paths: found.into_iter().map(|(_, path)| path).collect(),
    })
}

/// The names and inodes of the siblings of a file in its directory.
fn names_and_inodes(directory: &Path, own: &Parts, name: &str) -> io::Result<Vec<(OsString, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some(text) = file_name.to_str() else {
            continue;
        };
        // Cheap checks first: a directory may have many other files.
        let similar = own.base.as_bytes().first() == text.as_bytes().first();
        if similar
            && text != name
            && log_names::is_rotated(Path::new(text))
            && Parts::of(text).base == own.base
        {
            found.push((file_name, entry.ino()));
        }
    }
    found.sort();
    Ok(found)
}

/// By date if all have one, by number if all have one, and otherwise by modification time.
fn sort(found: &mut [(Parts, PathBuf)]) {
    if found.iter().all(|(parts, _)| parts.date.is_some()) {
        found.sort_by(|(a, _), (b, _)| b.date.cmp(&a.date).then(a.number.cmp(&b.number)));
    } else if found
        .iter()
        .all(|(parts, _)| parts.date.is_none() && parts.number.is_some())
    {
        found.sort_by_key(|(parts, _)| parts.number);
        if highest_is_newest(found) {
            found.reverse();
        }
    } else {
        found.sort_by_cached_key(|(_, path)| std::cmp::Reverse(modified(path)));
    }
}

/// Whether the highest number is the newest file. Nearly everywhere `.1` is the newest.
fn highest_is_newest(found: &[(Parts, PathBuf)]) -> bool {
    // The creation time of a compressed file is the time of its compression.
    let mut plain = found
        .iter()
        .map(|(_, path)| path)
        .filter(|path| !log_names::is_compressed(path));
    let (Some(first), Some(last)) = (plain.next(), plain.next_back()) else {
        return false;
    };
    // Either time alone can mislead: a copy is created after its log, and a late line is written
    // after the lines of the next log.
    match (fs::metadata(first), fs::metadata(last)) {
        (Ok(first), Ok(last)) => {
            FileTime::modified(&first) < FileTime::modified(&last)
                && FileTime::created(&first) < FileTime::created(&last)
        }
        _ => false,
    }
}

fn modified(path: &Path) -> FileTime {
    fs::metadata(path).map_or_else(
        |_| FileTime::default(),
        |metadata| FileTime::modified(&metadata),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_split_into_the_log_and_what_rotation_added() {
        for (name, base, date, number) in [
            ("mail.log", "mail.log", None, None),
            ("mail.log.1", "mail.log", None, Some(1)),
            ("mail.log.12.gz", "mail.log", None, Some(12)),
            ("mail.log.old", "mail.log", None, None),
            ("mail.log-20260101", "mail.log", Some("20260101"), None),
            ("mail.log-20260101.xz", "mail.log", Some("20260101"), None),
            ("mail-2026-01-01.log", "mail.log", Some("2026-01-01"), None),
            ("maillog-20260101-17", "maillog", Some("20260101-17"), None),
            ("192.0.2.1", "192.0.2.1", None, None),
            ("192.0.2.1.3", "192.0.2.1", None, Some(3)),
        ] {
            let parts = Parts::of(name);
            assert_eq!(parts.base, base, "{name}");
            assert_eq!(parts.date.as_deref(), date, "{name}");
            assert_eq!(parts.number, number, "{name}");
        }
    }

    #[test]
    fn siblings_are_listed_newest_first_and_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = |make: &[&str]| -> Vec<String> {
            let folder = tempfile::tempdir_in(&folder).expect("a folder");
            for name in make {
                fs::write(folder.path().join(name), name).expect("a file");
            }
            list(&folder.path().join("mail.log"))
                .expect("listed")
                .newest_first()
                .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
                .collect()
        };
        assert_eq!(
            names(&[
                "mail.log.10.gz",
                "mail.log.2",
                "mail.log.2.gz",
                "mail.log.1",
                "mail.log",
                "mail.err.1",
                "mail.log.lz4",
            ]),
            ["mail.log.1", "mail.log.2", "mail.log.10.gz"]
        );
        assert_eq!(
            names(&[
                "mail.log-20260102.gz",
                "mail.log-20260103",
                "mail.log-20260101"
            ]),
            [
                "mail.log-20260103",
                "mail.log-20260102.gz",
                "mail.log-20260101"
            ]
        );
    }
}
