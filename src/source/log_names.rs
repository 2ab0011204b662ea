//! The names of log files: patterns, and what rotation and compression make of a name.
//!
//! A rotated file that is mistaken for a live log would be counted twice.

use std::net::IpAddr;
use std::path::{Component, Path, PathBuf};

/// The extensions of compressed files.
const COMPRESSED: [&str; 7] = ["gz", "xz", "bz2", "zst", "lz4", "lzma", "Z"];

/// Whether a name has wildcards (`*`, `?`, `[…]`).
pub fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// Whether a file is compressed, by its name.
pub fn is_compressed(path: &Path) -> bool {
    path.extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|e| COMPRESSED.contains(&e))
}

/// Whether a file was rotated, by its name: `mail.log.1`, `mail.log.2.gz`,
/// `mail.log-20260101`, `mail-20260101.log`, `mail.log.old`, `mail.log~` and similar names.
pub(crate) fn is_rotated(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
        return false;
    };
    if is_compressed(path) || name.ends_with('~') {
        return true;
    }
    // A log that is named after the address of a host ends in a number, and is live.
    if name.parse::<IpAddr>().is_ok() {
        return false;
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    is_rotation_number(ending) || is_backup(ending) || find_date(name).is_some()
}

/// Whether the extension of a name is the number of a rotation.
pub(super) fn is_rotation_number(ending: &str) -> bool {
    !ending.is_empty() && ending.len() <= 4 && ending.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the extension of a name marks a backup.
pub(super) fn is_backup(ending: &str) -> bool {
    matches!(
        ending,
        "old" | "bak" | "save" | "swp" | "tmp" | "dpkg-old" | "rpmsave"
    )
}

/// Where in a name a date begins, after a dash, dot or underscore: eight digits (`-20260101`), with
/// or without a time after them, or `2026-01-01`.
pub(super) fn find_date(name: &str) -> Option<usize> {
    let bytes = name.as_bytes();
    (1..bytes.len())
        .find(|at| matches!(bytes[at - 1], b'-' | b'.' | b'_') && starts_with_date(&bytes[*at..]))
}

fn starts_with_date(text: &[u8]) -> bool {
    let digits = |from: usize, to: usize| {
        text.get(from..to)
            .is_some_and(|part| part.iter().all(u8::is_ascii_digit))
    };
    let century = text.starts_with(b"19") || text.starts_with(b"20");
    let compact = digits(0, 8);
    let dashed = digits(0, 4)
        && text.get(4) == Some(&b'-')
        && digits(5, 7)
        && text.get(7) == Some(&b'-')
        && digits(8, 10);
    century && (compact || dashed)
}

/// The paths that match a pattern, in the order of their names, without rotated files. Directories
/// are included.
pub(crate) fn expand(pattern: &str) -> impl Iterator<Item = PathBuf> {
    // Directories that cannot be listed are skipped: the source is not `up` if nothing else matches.
    let paths = glob::glob(pattern)
        .ok()
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    paths.filter(|path| !is_rotated(path))
}

/// The files that a configured path stands for: those that match it, or the file itself.
pub fn find(name: &str) -> Vec<PathBuf> {
    if is_pattern(name) {
        return expand(name).filter(|path| path.is_file()).collect();
    }
    Some(PathBuf::from(name))
        .filter(|path| path.exists())
        .into_iter()
        .collect()
}

/// The directory of a path or pattern, up to the first component with wildcards.
pub(crate) fn base_directory(name: &str) -> PathBuf {
    let mut base = PathBuf::new();
    if let Some(parent) = Path::new(name).parent() {
        for part in parent.components() {
            match part {
                Component::Normal(text) if is_pattern(&text.to_string_lossy()) => break,
                part => base.push(part),
            }
        }
    }
    if base.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        base
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_distinguished_from_live_logs() {
        for name in [
            "mail.log.1",
            "mail.log.0",
            "mail.log.12",
            "mail.log.2.gz",
            "maillog-20260101",
            "mail-20260101.log",
            "mail.log.2026-01-01",
            "mainlog.01",
            "mail.log.old",
            "mail.log~",
            "mail.log-20260101.xz",
            "maillog-2026010103",
            "mail_20260101.log",
            "0.log.20260101-120000",
            "0.log.20260101-120000.gz",
            "0123abcd-json.log.1",
        ] {
            assert!(is_rotated(Path::new(name)), "{name}");
        }
        for name in [
            "mail.log",
            "maillog",
            "mail",
            "mainlog",
            "main.log",
            "mx1.log",
            "mail-01.log",
            "postfix-3.9.log",
            "mail.2.log",
            "mx-10.example.com.log",
            "relay-12345678.log",
            "192.0.2.1",
            "198.51.100.20.log",
            "0.log",
            "12.log",
            "0123abcd-json.log",
        ] {
            assert!(!is_rotated(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn the_base_directory_of_a_pattern_ends_before_its_first_wildcard() {
        assert_eq!(base_directory("/var/log/mail.log"), Path::new("/var/log"));
        assert_eq!(
            base_directory("/var/log/*/mail*.log"),
            Path::new("/var/log")
        );
        assert_eq!(base_directory("mail.log"), Path::new("."));
        assert_eq!(base_directory("logs/mail.log"), Path::new("logs"));
    }

    #[test]
    fn a_pattern_stands_for_live_files_only() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in [
            "b.log",
            "a.log",
            "a.log.1",
            "a.log.2.gz",
            "a-20260101.log",
            "other",
        ] {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        std::fs::create_dir(folder.path().join("c.log")).expect("a folder");
        let pattern = format!("{}/*.log*", folder.path().display());
        let names: Vec<_> = find(&pattern)
            .into_iter()
            .filter_map(|path| {
                path.file_name()
                    .map(|name| name.to_string_lossy().into_owned())
            })
            .collect();
        assert_eq!(names, ["a.log", "b.log"]);
    }
}
