//! The live logs that a configured path or pattern stands for.
//!
//! A rotated file that is mistaken for a live log would be counted twice.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::rotated_names::{self, undated, unnumbered, without_trailing_numbers};

/// Whether a name has wildcards (`*`, `?`, `[…]`).
pub fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

/// The live files that match a pattern, in the order of their names. Directories are included. `is_followed` is whether
/// a path is followed already.
pub(crate) fn expand(pattern: &str, is_followed: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    // Directories that cannot be listed are skipped: the source is not `up` if nothing else matches.
    let paths = glob::glob(pattern).ok().into_iter().flatten();
    let mut live = Vec::new();
    // Files whose names differ in a date only, and without one that has none.
    let mut dated: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
    for path in paths.filter_map(Result::ok) {
        if is_followed(&path) {
            live.push(path);
        } else if !is_rotated(&path, &is_followed) {
            match path.file_name().and_then(|name| undated(name.as_bytes())) {
                Some(base) => dated.entry(sibling(&path, &base)).or_default().push(path),
                None => live.push(path),
            }
        }
    }
    let mut last_followed: HashMap<PathBuf, PathBuf> = HashMap::new();
    for path in live.iter().filter(|_| !dated.is_empty()) {
        if let Some(base) = path.file_name().and_then(|name| undated(name.as_bytes())) {
            let last = last_followed.entry(sibling(path, &base)).or_default();
            *last = path.max(last).clone();
        }
    }
    for (base, mut paths) in dated {
        paths.sort();
        // Those that are newer than a followed one were live since that was.
        match last_followed.get(&base) {
            Some(last) => live.extend(paths.into_iter().filter(|path| path > last)),
            None => live.extend(paths.pop()),
        }
    }
    live.sort();
    live
}

/// Whether the name of a file has a date: whether it is live depends on the other files with dates.
pub(crate) fn is_dated(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| undated(name.as_bytes()).is_some())
}

/// Whether a file was rotated, by its name and by whether the log exists that it was rotated from.
pub(crate) fn is_rotated(path: &Path, is_followed: impl Fn(&Path) -> bool) -> bool {
    let Some(name) = path.file_name() else {
        return false;
    };
    let bytes = name.as_bytes();
    let log_exists = |log: &[u8]| {
        let log = sibling(path, log);
        is_followed(&log) || log.exists()
    };
    rotated_names::is_rotated(name)
        || undated(bytes).is_some_and(|log| log_exists(&log))
        || unnumbered(bytes).is_some_and(|log| log_exists(&log))
        || without_trailing_numbers(bytes).is_some_and(log_exists)
}

/// The path with another file name.
fn sibling(path: &Path, name: &[u8]) -> PathBuf {
    path.with_file_name(OsStr::from_bytes(name))
}

/// The files that a configured path stands for: those that match it, or the file itself.
pub fn find(name: &str) -> Vec<PathBuf> {
    if is_pattern(name) {
        let mut paths = expand(name, |_| false);
        paths.retain(|path| path.is_file());
        return paths;
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
    fn the_base_directory_of_a_pattern_ends_before_its_first_wildcard() {
        assert_eq!(base_directory("/var/log/mail.log"), Path::new("/var/log"));
        assert_eq!(
            base_directory("/var/log/*/mail*.log"),
            Path::new("/var/log")
        );
        assert_eq!(base_directory("mail.log"), Path::new("."));
        assert_eq!(base_directory("logs/mail.log"), Path::new("logs"));
    }

    /// The names of the live files among these, of a pattern for all of them.
    fn live(names: &[&str], followed: &[&str]) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for name in names {
            std::fs::write(folder.path().join(name), "").expect("a file");
        }
        let pattern = format!("{}/*", folder.path().display());
        let name = |path: &Path| path.file_name().map(|it| it.to_string_lossy().into_owned());
        let is_followed = |path: &Path| name(path).is_some_and(|it| followed.contains(&&*it));
        let found = expand(&pattern, is_followed);
        found.iter().filter_map(|path| name(path)).collect()
    }

    #[test]
    fn a_pattern_stands_for_live_files_only() {
        let names = [
            "b.log",
            "a.log",
            "a.log.1",
            "a.log.2.gz",
            "a-20260101.log",
            "a.log-29112026-103000",
            "a.log.12345",
            "a.7.log",
            "c-01.log",
            "c.log",
            "d.2.log",
            "other",
        ];
        let expected = ["a.log", "b.log", "c-01.log", "c.log", "d.2.log", "other"];
        assert_eq!(live(&names, &[]), expected);
    }

    #[test]
    fn of_files_with_dates_only_the_last_is_live_and_those_after_a_followed_one() {
        let days = ["m-20260101.log", "m-20260102.log", "m-20260103.log"];
        assert_eq!(live(&days, &[]), ["m-20260103.log"]);
        assert_eq!(
            live(&days, &["m-20260102.log"]),
            ["m-20260102.log", "m-20260103.log"]
        );
        // Rotation has left no log.
        assert_eq!(live(&days, &["m.log"]), [] as [&str; 0]);
    }
}
