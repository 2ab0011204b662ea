//! Rotation against a model: whatever a writer and a rotation do in whatever order, every line is
//! read once.
//!
//! The model keeps to what a reader can know: it lets the reader look before a name moves on for
//! the second time, and before a log is emptied.

use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use proptest::prelude::*;

use super::{Files, Framing, News, Place, ReadFrom, Scratch, Source, Tail};

#[derive(Clone, Copy, Debug)]
enum Step {
    /// The writer writes some lines to what it has open.
    Write(u8),
    /// It writes half a line, and later the rest.
    WriteHalf,
    /// One that still has the previous file open writes a line there.
    WriteLate,
    /// The log is renamed; the writer keeps it open.
    Rename,
    /// The log is removed; the writer keeps it open.
    Remove,
    /// The writer opens the log by its name, and makes it if it is not there.
    Reopen,
    /// Another file is put in the log's place.
    Replace,
    /// The log is copied and emptied.
    CopyTruncate,
    /// The reader looks.
    Read,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1u8..20).prop_map(Step::Write),
        2 => Just(Step::WriteHalf),
        3 => Just(Step::WriteLate),
        1 => Just(Step::Rename),
        1 => Just(Step::Remove),
        3 => Just(Step::Reopen),
        1 => Just(Step::Replace),
        1 => Just(Step::CopyTruncate),
        4 => Just(Step::Read),
    ]
}

struct Model {
    folder: tempfile::TempDir,
    tail: Tail,
    scratch: Scratch,
    current: File,
    previous: Option<File>,
    half: bool,
    count: u32,
    renamed: u32,
    read: HashMap<String, u32>,
}

impl Model {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("mail.log");
        let current = append(&path);
        let files = Files {
            paths: vec![path],
            from: ReadFrom::Beginning,
            framing: Framing::Plain,
        };
        let tail = Tail::new("mail".into(), &files, Place::Nowhere);
        let scratch = Scratch::new(4096);
        let read = HashMap::new();
        Model {
            folder,
            tail,
            scratch,
            current,
            previous: None,
            half: false,
            count: 0,
            renamed: 0,
            read,
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("mail.log")
    }

    fn look(&mut self) {
        self.tail.notice(News::Tick);
        let read = &mut self.read;
        while self
            .tail
            .read(64, &mut self.scratch, &mut |line| {
                *read
                    .entry(String::from_utf8_lossy(line).into_owned())
                    .or_default() += 1;
            })
            .more
        {}
    }

    fn finish_line(&mut self) {
        if std::mem::take(&mut self.half) {
            self.current.write_all(b"rest\n").expect("written");
        }
    }

    fn write(&mut self) {
        self.finish_line();
        self.count += 1;
        writeln!(self.current, "line {}", self.count).expect("written");
    }

    fn reopen(&mut self) {
        self.finish_line();
        let new = append(&self.path());
        self.previous = Some(std::mem::replace(&mut self.current, new));
    }

    fn apply(&mut self, step: Step) {
        let path = self.path();
        match step {
            Step::Write(lines) => (0..lines).for_each(|_| self.write()),
            Step::WriteHalf if !self.half => {
                self.count += 1;
                self.half = true;
                write!(self.current, "line {} ", self.count).expect("written");
            }
            Step::WriteHalf => {}
            Step::WriteLate => {
                // Two writers of one file do not write into each other's lines.
                let same = self
                    .previous
                    .as_ref()
                    .is_some_and(|old| inode(old) == inode(&self.current));
                if same {
                    self.finish_line();
                }
                if let Some(previous) = &mut self.previous {
                    self.count += 1;
                    writeln!(previous, "line {}", self.count).expect("written");
                }
            }
            Step::Rename if path.exists() => {
                self.look();
                self.renamed += 1;
                fs::rename(
                    &path,
                    self.folder
                        .path()
                        .join(format!("mail.log.{}", self.renamed)),
                )
                .expect("renamed");
            }
            Step::Remove if path.exists() => {
                self.look();
                fs::remove_file(&path).expect("removed");
            }
            Step::Rename | Step::Remove => {}
            Step::Reopen => self.reopen(),
            Step::Replace => {
                self.look();
                self.count += 1;
                let new = self.folder.path().join("new");
                fs::write(&new, format!("line {}\n", self.count)).expect("written");
                fs::rename(&new, &path).expect("renamed");
            }
            Step::CopyTruncate if path.exists() => {
                self.finish_line();
                self.look();
                fs::copy(&path, self.folder.path().join("mail.log.copy")).expect("copied");
                File::options()
                    .write(true)
                    .truncate(true)
                    .open(&path)
                    .expect("emptied");
            }
            Step::CopyTruncate => {}
            Step::Read => self.look(),
        }
    }
}

fn inode(file: &File) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&file.metadata().expect("metadata"))
}

fn append(path: &std::path::Path) -> File {
    OpenOptions::new()
        .append(true)
        .create(true)
        .open(path)
        .expect("a file")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_line_is_read_once_whatever_happens(steps in prop::collection::vec(step(), 1..60)) {
        let mut model = Model::new();
        for step in steps {
            model.apply(step);
        }
        model.finish_line();
        model.look();
        let mut missing = Vec::new();
        for number in 1..=model.count {
            let whole = model.read.remove(&format!("line {number}")).unwrap_or(0);
            let halves = model.read.remove(&format!("line {number} rest")).unwrap_or(0);
            if whole + halves != 1 {
                missing.push((number, whole + halves));
            }
        }
        prop_assert_eq!(missing, vec![]);
        prop_assert_eq!(model.read, HashMap::new());
        prop_assert_eq!(model.tail.status().lag_bytes, 0);
    }
}
