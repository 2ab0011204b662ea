//! The log that is written and rotated, and the truth about it.
//!
//! It stands apart from what is done to the daemon: a mail server writes and rotates without
//! knowing of readers.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Result;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::random::Random;

/// Rotated logs that are kept.
const KEPT: usize = 20;

/// How many different codes the lines tell of; each of them has a counter of its own.
const CODES: u64 = 60;

/// A log and who writes to it.
pub struct MailLog {
    pub path: PathBuf,
    pub random: Random,
    current: File,
    /// The file that was rotated last; its writer has not noticed yet.
    late: Option<File>,
    /// What was written, by code.
    pub truth: BTreeMap<u16, u64>,
    pub lines: u64,
    pub rotations: u64,
    pub late_lines: u64,
    /// Lines that nobody can have read: cut off by a copy and truncate behind its back.
    pub beyond_copies: u64,
}

impl MailLog {
    pub fn new(path: PathBuf, seed: u64) -> Result<Self> {
        Ok(MailLog {
            current: append(&path)?,
            path,
            random: Random::new(seed),
            late: None,
            truth: BTreeMap::new(),
            lines: 0,
            rotations: 0,
            late_lines: 0,
            beyond_copies: 0,
        })
    }

    /// Makes lines, and notes what they say.
    fn make(&mut self, count: u64) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let number = self.lines;
            self.lines += 1;
            let code = self.random.below(CODES) as u16;
            let code = if code < 30 { 400 + code } else { 470 + code };
            *self.truth.entry(code).or_default() += 1;
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

    /// Writes lines, in a few writes that end anywhere, and now and then some of them late, to the
    /// file that was rotated.
    pub fn write(&mut self, count: u64) -> Result<()> {
        let mut left = count;
        while left > 0 {
            let some = (1 + self.random.below(200)).min(left);
            left -= some;
            let text = self.make(some);
            if self.late.is_some() && self.random.below(12) == 0 {
                self.late_lines += some;
            } else {
                self.late_to_current(&text)?;
                continue;
            }
            if let Some(late) = &mut self.late {
                late.write_all(text.as_bytes())?;
            }
        }
        Ok(())
    }

    fn late_to_current(&mut self, text: &str) -> Result<()> {
        let middle = self.random.below(text.len() as u64) as usize;
        self.current.write_all(&text.as_bytes()[..middle])?;
        Ok(self.current.write_all(&text.as_bytes()[middle..])?)
    }

    /// Writes lines late, to the file that was rotated.
    pub fn write_late(&mut self, count: u64) -> Result<()> {
        let text = self.make(count);
        self.late_lines += count;
        let late = self.late.as_mut().unwrap_or(&mut self.current);
        Ok(late.write_all(text.as_bytes())?)
    }

    /// Renames the log and makes a new one; the old file goes on being written to for a while.
    pub fn rename(&mut self) -> Result<()> {
        self.shift()?;
        fs::rename(&self.path, self.numbered(1))?;
        let new = append(&self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        self.compress(2)
    }

    /// Copies the log and empties it. Between the two, `meanwhile` lines are written: they are in
    /// neither.
    pub fn copy_and_truncate(&mut self, meanwhile: u64) -> Result<()> {
        self.shift()?;
        fs::copy(&self.path, self.numbered(1))?;
        if meanwhile > 0 {
            let text = self.make(meanwhile);
            self.beyond_copies += meanwhile;
            self.current.write_all(text.as_bytes())?;
        }
        File::options()
            .write(true)
            .truncate(true)
            .open(&self.path)?;
        self.compress(2)
    }

    /// Removes the log and makes a new one.
    pub fn remove(&mut self) -> Result<()> {
        self.rotations += 1;
        fs::remove_file(&self.path)?;
        let new = append(&self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        Ok(())
    }

    /// Puts another file in the log's place in one step.
    pub fn replace(&mut self) -> Result<()> {
        self.rotations += 1;
        let beside = self.path.with_extension("new");
        let new = append(&beside)?;
        fs::rename(&beside, &self.path)?;
        self.late = Some(std::mem::replace(&mut self.current, new));
        Ok(())
    }

    /// Lets the log, a link, lead to another file.
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

    /// Makes the first number free, as logrotate does.
    fn shift(&mut self) -> Result<()> {
        self.rotations += 1;
        for number in (1..=KEPT).rev() {
            for ending in ["", ".gz"] {
                let from = with(&self.numbered(number), ending);
                if !from.exists() {
                    continue;
                }
                if number == KEPT {
                    fs::remove_file(from)?;
                } else {
                    fs::rename(from, with(&self.numbered(number + 1), ending))?;
                }
            }
        }
        Ok(())
    }

    /// Compresses a rotated log that nobody writes to any more.
    fn compress(&mut self, number: usize) -> Result<()> {
        let plain = self.numbered(number);
        if !plain.exists() {
            return Ok(());
        }
        let mut packed = GzEncoder::new(File::create(with(&plain, ".gz"))?, Compression::fast());
        packed.write_all(&fs::read(&plain)?)?;
        packed.finish()?;
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
