//! The log that is written and rotated, and the number of lines written with each code.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::random::Random;

/// Number of rotated logs to keep.
const ROTATED: usize = 20;

/// Number of different reply codes in the lines.
const CODES: u64 = 60;

/// A log and its writer.
pub struct MailLog {
    pub path: PathBuf,
    pub random: Random,
    current: File,
    /// The file that was rotated last, and is still written to.
    late: Option<File>,
    /// Lines written, by code.
    pub written: BTreeMap<u16, u64>,
    pub lines: u64,
    pub rotations: u64,
    pub late_lines: u64,
    /// Lines written between a copy and the truncation, which the daemon may not have read.
    pub truncated_lines: u64,
}

impl MailLog {
    pub fn new(path: PathBuf, seed: u64) -> Result<Self> {
        Ok(MailLog {
            current: append(&path)?,
            path,
            random: Random::new(seed),
            late: None,
            written: BTreeMap::new(),
            lines: 0,
            rotations: 0,
            late_lines: 0,
            truncated_lines: 0,
        })
    }

    /// Creates lines and counts their codes.
    fn lines(&mut self, count: u64) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let number = self.lines;
            self.lines += 1;
            let code = self.random.below(CODES) as u16;
            let code = if code < 30 { 400 + code } else { 470 + code };
            *self.written.entry(code).or_default() += 1;
            text += &format!(
                "Nov 23 10:{:02}:{:02} mx postfix/smtp[{}]: {:X}: to=<u{number}@example.org>, \
                 relay=mx{}.example.net[192.0.2.1]:25, delay=1.2, delays=0.1/0/0.5/0.6, dsn=4.0.0, \
                 status=deferred (host mx.example.net[192.0.2.1] said: {code} no {number} \
                 (in reply to RCPT TO command))\n",
                number / 60 % 60,
                number % 60,
                number % 999,
                number + 0x10_0000,
                number % 50,
            );
        }
        text
    }

    /// Writes lines in several writes that end anywhere, some of them to the file that was rotated last.
    pub fn write(&mut self, count: u64) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let some = (1 + self.random.below(200)).min(left);
            left -= some;
            let text = self.lines(some);
            if self.late.is_some() && self.random.below(12) == 0 {
                self.late_lines += some;
            } else {
                self.write_current(&text)?;
                continue;
            }
            if let Some(late) = &mut self.late {
                late.write_all(text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn write_current(&mut self, text: &str) -> Result<()> {
        let middle = self.random.below(text.len() as u64) as usize;
        self.current.write_all(&text.as_bytes()[..middle])?;
        Ok(self.current.write_all(&text.as_bytes()[middle..])?)
    }

    /// Writes lines to the file that was rotated last.
    pub fn write_late(&mut self, count: u64) -> Result<()> {
        let text = self.lines(count);
        self.late_lines += count;
        let late = self.late.as_mut().unwrap_or(&mut self.current);
        Ok(late.write_all(text.as_bytes())?)
    }

    /// Renames the log and creates a new one. Some lines are still written to the old file.
    pub fn rename(&mut self) -> Result<()> {
        self.shift()?;
        fs::rename(&self.path, self.numbered(1))?;
        let new = append(&self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        self.compress(2)
    }

    /// Copies and truncates the log. `between` lines are written between the two, so they are in neither.
    pub fn copy_and_truncate(&mut self, between: u64) -> Result<()> {
        self.shift()?;
        fs::copy(&self.path, self.numbered(1))?;
        if between > 0 {
            let text = self.lines(between);
            self.truncated_lines += between;
            self.current.write_all(text.as_bytes())?;
        }
        File::options()
            .write(true)
            .truncate(true)
            .open(&self.path)?;
        self.compress(2)
    }

    /// Removes the log and creates a new one.
    pub fn remove(&mut self) -> Result<()> {
        self.rotations += 1;
        fs::remove_file(&self.path)?;
        let new = append(&self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        Ok(())
    }

    /// Replaces the log atomically with a new file.
    pub fn replace(&mut self) -> Result<()> {
        self.rotations += 1;
        let beside = self.path.with_extension("new");
        let new = append(&beside)?;
        fs::rename(&beside, &self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        Ok(())
    }

    /// Changes the symbolic link to a new file.
    pub fn relink(&mut self) -> Result<()> {
        self.rotations += 1;
        let target = self.path.with_extension(format!("day{}", self.rotations));
        let new = append(&target)?;
        let beside = self.path.with_extension("link");
        std::os::unix::fs::symlink(&target, &beside)?;
        fs::rename(&beside, &self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        Ok(())
    }

    fn numbered(&self, number: usize) -> PathBuf {
        let mut name = self.path.as_os_str().to_owned();
        name.push(format!(".{number}"));
        name.into()
    }

    /// Renumbers the rotated logs, as logrotate does.
    fn shift(&mut self) -> Result<()> {
        self.rotations += 1;
        for number in (1..=ROTATED).rev() {
            for ending in ["", ".gz"] {
                let from = with(&self.numbered(number), ending);
                if !from.exists() {
                    continue;
                }
                if number == ROTATED {
                    fs::remove_file(from)?;
                } else {
                    fs::rename(from, with(&self.numbered(number + 1), ending))?;
                }
            }
        }
        Ok(())
    }

    /// Compresses a rotated log that is no longer written to.
    fn compress(&mut self, number: usize) -> Result<()> {
        let plain = self.numbered(number);
        if !plain.exists() {
            return Ok(());
        }
        let mut compressed =
            GzEncoder::new(File::create(with(&plain, ".gz"))?, Compression::fast());
        compressed.write_all(&fs::read(&plain)?)?;
        compressed.finish()?;
        Ok(fs::remove_file(plain)?)
    }
}

fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn append(path: &Path) -> Result<File> {
    Ok(File::options().append(true).create(true).open(path)?)
}
