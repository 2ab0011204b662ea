//! The `olddir` of logrotate's configuration, where it can be read: the directory to which rotation moves a log
//! (logrotate(8)).

use std::fs;
use std::path::{Path, PathBuf};

/// Where logrotate is configured.
const CONFIGURATION: [&str; 2] = ["/etc/logrotate.conf", "/etc/logrotate.d"];

/// The longest configuration file that is read, in bytes.
const MAX_BYTES: u64 = 256 * 1024;

/// The directories to which logrotate moves logs, by the patterns of the logs.
#[derive(Debug, Default)]
pub(crate) struct LogrotateConfig {
    olddirs: Vec<(glob::Pattern, PathBuf)>,
}

impl LogrotateConfig {
    /// The configuration of this machine. What cannot be read is ignored.
    pub fn read() -> Self {
        LogrotateConfig::of(&CONFIGURATION.map(Path::new))
    }

    /// The configuration in these files, and in the files of these directories.
    fn of(paths: &[&Path]) -> Self {
        let mut config = LogrotateConfig::default();
        for &path in paths {
            let mut files = vec![path.to_owned()];
            if let Ok(entries) = fs::read_dir(path) {
                files = entries.flatten().map(|entry| entry.path()).collect();
                files.sort();
            }
            for file in files {
                let is_file = fs::metadata(&file)
                    .is_ok_and(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES);
                if is_file && let Ok(text) = fs::read_to_string(&file) {
                    config.add(&text);
                }
            }
        }
        config
    }

    /// Adds the directories of one file. A directory outside of all blocks applies to all that follow.
    fn add(&mut self, text: &str) {
        let mut everywhere: Option<PathBuf> = None;
        let mut patterns: Vec<String> = Vec::new();
        let mut block: Option<Option<PathBuf>> = None;
        let lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or(""));
        for line in lines {
            let words = line.replace('{', " { ").replace('}', " } ");
            let words: Vec<&str> = words.split_whitespace().collect();
            let value = |name: &str| match words[..] {
                [first, value, ..] if first == name => Some(value.trim_matches('"')),
                _ => None,
            };
            if let Some(directory) = value("olddir") {
                let directory = Some(PathBuf::from(directory));
                match &mut block {
                    Some(olddir) => *olddir = directory,
                    None => everywhere = directory,
                }
                continue;
            }
            if words.first() == Some(&"noolddir") {
                block = block.map(|_| None);
                continue;
            }
            for word in words {
                match word {
                    "{" => block = Some(everywhere.clone()),
                    "}" => {
                        let directory = block.take().flatten();
                        for pattern in patterns.drain(..) {
                            let pattern = glob::Pattern::new(&pattern).ok();
                            self.olddirs.extend(pattern.zip(directory.clone()));
                        }
                    }
                    word if block.is_none() && word.trim_start_matches('"').starts_with('/') => {
                        patterns.push(word.trim_matches('"').to_owned());
                    }
                    _ => {}
                }
            }
        }
    }

    /// The directories to which a log is moved.
    pub fn directories(&self, log: &Path) -> impl Iterator<Item = PathBuf> {
        let parent = log.parent().unwrap_or(Path::new(""));
        self.olddirs
            .iter()
            .filter(|(pattern, _)| pattern.matches_path(log))
            .map(|(_, directory)| parent.join(directory))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_the_block_or_of_the_file_applies() {
        let mut config = LogrotateConfig::default();
        config.add(
            "weekly\nolddir /var/old # for all\n/var/log/a.log /var/log/b.log\n\"/var/log/c d.log\" {\n  rotate 4\n}\n\
             /var/log/mail.* {\n  olddir archive\n  postrotate\n    /usr/bin/true\n  endscript\n}\n\
             /var/log/here.log { noolddir }\n/var/log/one.log { daily\nnoolddir\n}\n",
        );
        let of = |path: &str| -> Vec<PathBuf> { config.directories(Path::new(path)).collect() };
        assert_eq!(of("/var/log/a.log"), [Path::new("/var/old")]);
        assert_eq!(of("/var/log/b.log"), [Path::new("/var/old")]);
        assert_eq!(of("/var/log/mail.log"), [Path::new("/var/log/archive")]);
        assert!(of("/var/log/one.log").is_empty());
        assert!(of("/var/log/other.log").is_empty());
        // Neither is a log.
        assert!(of("weekly").is_empty() && of("/usr/bin/true").is_empty());
    }

    #[test]
    fn files_that_are_too_long_are_ignored() {
        let folder = tempfile::tempdir().expect("a folder");
        let (main, directory) = (folder.path().join("main"), folder.path().join("more"));
        fs::create_dir(&directory).expect("a folder");
        let write = |path: &Path, text: &str| fs::write(path, text).expect("written");
        write(&main, "/var/log/a.log {\nolddir a\n}");
        write(&directory.join("1"), "/var/log/b.log {\nolddir b\n}");
        let long = "#".repeat(MAX_BYTES as usize);
        write(
            &directory.join("2"),
            &format!("/var/log/c.log {{\nolddir c\n}}\n{long}"),
        );
        fs::create_dir(directory.join("3")).expect("a folder");
        let config = LogrotateConfig::of(&[&main, &directory, &folder.path().join("missing")]);
        let count = |path: &str| config.directories(Path::new(path)).count();
        assert_eq!(
            ["/var/log/a.log", "/var/log/b.log", "/var/log/c.log"].map(count),
            [1, 1, 0]
        );
    }
}
