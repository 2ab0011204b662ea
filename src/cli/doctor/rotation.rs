//! The rotated files of a log, how rotation names them, and what logrotate is configured to do with it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;

use crate::source::{LogrotateConfig, may_be_rotation_of};

/// The most files of a directory that are looked at.
const MAX_ENTRIES: usize = 20_000;

/// The longest configuration file that is read, in bytes.
const MAX_CONFIGURATION: u64 = 256 * 1024;

/// What is known about the rotation of a log.
#[derive(Debug, Default, Serialize)]
pub struct Rotation {
    /// How many rotated files there are.
    pub files: usize,
    /// How they are named, such as `numbered`.
    pub naming: Option<&'static str>,
    /// The newest of them.
    pub newest: Option<PathBuf>,
    /// When that was last written.
    #[serde(skip)]
    pub written: Option<SystemTime>,
    /// The file of logrotate's configuration that names the log.
    pub configured_in: Option<PathBuf>,
    /// Whether logrotate truncates the log after copying it.
    pub copytruncate: bool,
}

impl Rotation {
    /// Of a log, with logrotate's configuration below a root directory.
    pub fn of(log: &Path, root: &Path) -> Self {
        let mut rotation = Rotation::default();
        let parent = match log.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let name = log.file_name().unwrap_or_default();
        rotation.add(parent, name, false);
        for directory in LogrotateConfig::read().directories(log) {
            rotation.add(&directory, name, true);
        }
        rotation.read_configuration(log, root);
        rotation
    }

    /// Adds the rotated files in a directory.
    fn add(&mut self, directory: &Path, log: &OsStr, elsewhere: bool) {
        let entries = fs::read_dir(directory).into_iter().flatten().flatten();
        for entry in entries.take(MAX_ENTRIES) {
            let name = entry.file_name();
            let metadata = entry.metadata().ok().filter(fs::Metadata::is_file);
            let Some(metadata) = metadata.filter(|_| may_be_rotation_of(log, &name, elsewhere))
            else {
                continue;
            };
            self.files += 1;
            let written = metadata.modified().ok();
            if self.newest.is_none() || written > self.written {
                self.naming = Some(naming(log, &name));
                self.newest = Some(entry.path());
                self.written = written;
            }
        }
    }

    /// Finds the block of logrotate's configuration that names the log.
    fn read_configuration(&mut self, log: &Path, root: &Path) {
        let mut files = vec![root.join("etc/logrotate.conf")];
        let directory = fs::read_dir(root.join("etc/logrotate.d"));
        files.extend(
            directory
                .into_iter()
                .flatten()
                .flatten()
                .map(|it| it.path()),
        );
        for file in files {
            let is_small =
                fs::metadata(&file).is_ok_and(|it| it.is_file() && it.len() <= MAX_CONFIGURATION);
            let Some(text) = is_small.then(|| fs::read_to_string(&file).ok()).flatten() else {
                continue;
            };
            if let Some(block) = block_of(&text, log) {
                self.configured_in = Some(file);
                self.copytruncate = block.split_whitespace().any(|word| word == "copytruncate");
                return;
            }
        }
    }
}

/// The options of the block whose patterns match a log.
fn block_of(text: &str, log: &Path) -> Option<String> {
    let lines = text
        .lines()
        .map(|line| line.split('#').next().unwrap_or(""));
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    let mut rest = &*text;
    while let Some((head, after)) = rest.split_once('{') {
        let (block, next) = after.split_once('}').unwrap_or((after, ""));
        let patterns = head
            .split_whitespace()
            .map(|word| word.trim_matches(['"', '\'']));
        let is_named = patterns
            .filter(|word| word.starts_with('/'))
            .filter_map(|word| glob::Pattern::new(word).ok())
            .any(|pattern| pattern.matches_path(log));
        if is_named {
            return Some(block.to_owned());
        }
        rest = next;
    }
    None
}

/// How rotation has named a file.
fn naming(log: &OsStr, name: &OsStr) -> &'static str {
    let (log, name) = (log.as_bytes(), name.as_bytes());
    if name.starts_with(b"@") {
        return "with the time in TAI64N (multilog)";
    }
    let Some(added) = name.strip_prefix(log) else {
        return "with a number or date before the extension";
    };
    let digits = added.iter().filter(|byte| byte.is_ascii_digit()).count();
    match digits {
        0 => "with another suffix",
        1..=5 => "numbered",
        _ => "dated",
    }
}

/// The same in Chinese.
pub fn naming_in_chinese(naming: &str) -> &'static str {
    match naming {
        "with the time in TAI64N (multilog)" => "名称为 TAI64N 时间（multilog）",
        "with a number or date before the extension" => "扩展名之前带数字或日期",
        "with another suffix" => "带其他后缀",
        "numbered" => "按数字编号",
        _ => "带日期",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rotated_files_are_found_with_their_naming() {
        let folder = tempfile::tempdir().expect("a folder");
        for (names, expected) in [
            (&["a.log", "a.log.1", "a.log.2.gz"][..], "numbered"),
            (&["b.log", "b.log-20261122"], "dated"),
            (
                &["c.log", "c.1.log"],
                "with a number or date before the extension",
            ),
        ] {
            for name in names {
                fs::write(folder.path().join(name), "").expect("a file");
            }
            let rotation = Rotation::of(&folder.path().join(names[0]), folder.path());
            assert_eq!(rotation.files, names.len() - 1, "{names:?}");
            assert_eq!(rotation.naming, Some(expected));
            assert_eq!(rotation.configured_in, None);
        }
    }

    #[test]
    fn configuration_of_logrotate_that_names_the_log_is_found() {
        let root = tempfile::tempdir().expect("a folder");
        let directory = root.path().join("etc/logrotate.d");
        fs::create_dir_all(&directory).expect("a folder");
        let text = "# comment {\n/var/log/syslog\n{\n rotate 7\n}\n/var/log/mail.log /var/log/mail.*\n{\n copytruncate # yes\n}\n";
        fs::write(directory.join("rsyslog"), text).expect("written");
        for (log, copytruncate) in [("/var/log/syslog", false), ("/var/log/mail.err", true)] {
            let rotation = Rotation::of(Path::new(log), root.path());
            assert_eq!(
                rotation.configured_in,
                Some(directory.join("rsyslog")),
                "{log}"
            );
            assert_eq!(rotation.copytruncate, copytruncate, "{log}");
        }
        let rotation = Rotation::of(Path::new("/var/log/other"), root.path());
        assert_eq!(rotation.configured_in, None);
    }
}
