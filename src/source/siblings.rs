//! The files that rotation has made of a log, newest first, by their names.
//!
//! It stands apart because it is guesswork about what rotation calls its files: nothing is
//! concluded from it but where to look, and in which order.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use super::discover;
use super::identity::Stamp;
use super::unpack::Packing;

/// A name, taken apart.
#[derive(Debug, PartialEq, Eq)]
struct Parts {
    /// What is left without the marks of rotation: the same for all siblings.
    base: String,
    /// The date in the name, and what stands behind it.
    date: Option<String>,
    number: Option<u32>,
    /// The name without the ending of compression.
    plain: String,
}

impl Parts {
    fn of(name: &str) -> Parts {
        let plain = if discover::is_compressed(Path::new(name)) {
            name.rsplit_once('.').map_or(name, |(plain, _)| plain)
        } else {
            name
        };
        let mut rest = plain.trim_end_matches('~');
        let mut number = None;
        if rest.parse::<IpAddr>().is_err()
            && let Some((before, ending)) = rest.rsplit_once('.')
        {
            if discover::is_counter(ending) {
                number = ending.parse().ok();
                rest = before;
            } else if discover::is_kept(ending) {
                rest = before;
            }
        }
        let mut base = rest.to_owned();
        let mut date = None;
        if let Some(at) = discover::date(rest) {
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

/// The rotated siblings of a path that can be read. Two are equal if no name has moved between
/// them.
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
    /// Their paths, the newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &Path> {
        self.paths.iter().map(PathBuf::as_path)
    }
}

/// The rotated siblings of a path that can be read, newest first.
///
/// # Errors
///
/// If the directory cannot be listed.
pub(crate) fn newest_first(path: &Path) -> io::Result<Listing> {
    let (Some(directory), Some(name)) = (path.parent(), path.file_name()) else {
        return Ok(Listing::default());
    };
    let Some(name) = name.to_str() else {
        return Ok(Listing::default());
    };
    let own = Parts::of(name);
    let listed = list(directory, &own, name)?;
    let mut found: Vec<(Parts, PathBuf)> = listed
        .iter()
        .filter_map(|(name, _)| {
            let path = directory.join(name);
            Some((Parts::of(name.to_str()?), path))
        })
        .collect();
    // One that is being compressed is there twice for a while.
    let plain: Vec<PathBuf> = found
        .iter()
        .filter(|(_, path)| !discover::is_compressed(path))
        .map(|(_, path)| path.clone())
        .collect();
    found.retain(|(parts, path)| {
        !discover::is_compressed(path)
            || (Packing::of(path).is_some() && !plain.contains(&directory.join(&parts.plain)))
    });
    sort(&mut found);
    Ok(Listing {
        listed,
        paths: found.into_iter().map(|(_, path)| path).collect(),
    })
}

/// The names of siblings in a directory, with their inodes.
fn list(directory: &Path, own: &Parts, name: &str) -> io::Result<Vec<(OsString, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let file_name = entry.file_name();
        let Some(text) = file_name.to_str() else {
            continue;
        };
        // Taking a name apart costs more than most names deserve.
        let near = own.base.as_bytes().first() == text.as_bytes().first();
        if near
            && text != name
            && discover::is_rotated(Path::new(text))
            && Parts::of(text).base == own.base
        {
            found.push((file_name, entry.ino()));
        }
    }
    found.sort();
    Ok(found)
}

/// By date if all have one, by number if all have one, and otherwise by when they were written to.
fn sort(found: &mut [(Parts, PathBuf)]) {
    if found.iter().all(|(parts, _)| parts.date.is_some()) {
        found.sort_by(|(a, _), (b, _)| b.date.cmp(&a.date).then(a.number.cmp(&b.number)));
    } else if found
        .iter()
        .all(|(parts, _)| parts.date.is_none() && parts.number.is_some())
    {
        found.sort_by_key(|(parts, _)| parts.number);
        if counts_up(found) {
            found.reverse();
        }
    } else {
        found.sort_by_cached_key(|(_, path)| std::cmp::Reverse(modified(path)));
    }
}

/// Whether higher numbers are newer. Rotation counts down nearly everywhere: `.1` is the newest.
fn counts_up(found: &[(Parts, PathBuf)]) -> bool {
    // Compressed ones came to be when they were compressed.
    let mut plain = found
        .iter()
        .map(|(_, path)| path)
        .filter(|path| !discover::is_compressed(path));
    let (Some(first), Some(last)) = (plain.next(), plain.next_back()) else {
        return false;
    };
    // A copy came to be later than the log it was made of, and a late line is written later than
    // the lines of the next log: only both together tell.
    match (fs::metadata(first), fs::metadata(last)) {
        (Ok(first), Ok(last)) => {
            Stamp::of(&first) < Stamp::of(&last) && Stamp::of_birth(&first) < Stamp::of_birth(&last)
        }
        _ => false,
    }
}

fn modified(path: &Path) -> Stamp {
    fs::metadata(path).map_or_else(|_| Stamp::default(), |metadata| Stamp::of(&metadata))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_its_log_and_the_marks_of_rotation() {
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
    fn siblings_come_newest_first_and_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let names = |make: &[&str]| -> Vec<String> {
            let folder = tempfile::tempdir_in(&folder).expect("a folder");
            for name in make {
                fs::write(folder.path().join(name), name).expect("a file");
            }
            newest_first(&folder.path().join("mail.log"))
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
